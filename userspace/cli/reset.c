// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora reset
 */
#include "cli.h"

static int act(struct remora_partition *partition, const void *arg, struct remora_error *error)
{
	(void)arg;
	return remora_partition_reset(partition, error);
}

int cli_reset(int argc, char **argv)
{
	const struct cli_syntax syntax = {
		"reset NAME",
		"Stops all cores by force, whatever they do, and boots them again.", NULL, 1, 1,
	};
	const char *name;
	int code = cli_parse(argc, argv, &syntax, &name);

	return code == CLI_PARSED ? cli_on_partition(name, act, NULL) : code;
}
