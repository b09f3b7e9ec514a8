// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora start
 */
#include "cli.h"

static int act(struct remora_partition *partition, const void *arg, struct remora_error *error)
{
	(void)arg;
	return remora_partition_start(partition, error);
}

int cli_start(int argc, char **argv)
{
	const struct cli_syntax syntax = {
		"start NAME", "Boots all cores of a partition, and returns when all of them run.",
		NULL, 1, 1,
	};
	const char *name;
	int code = cli_parse(argc, argv, &syntax, &name);

	return code == CLI_PARSED ? cli_on_partition(name, act, NULL) : code;
}
