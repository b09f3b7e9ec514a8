// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora reset
 */
#include "cli.h"

int cli_reset(int argc, char **argv)
{
	const struct cli_syntax syntax = {
		"reset NAME",
		"Stops all cores by force, whatever they do, and boots them again.", NULL, 1, 1,
	};
	struct remora_partition *partition;
	struct remora_error error;
	const char *name;
	int code, err;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	code = cli_open_partition(&partition, name, true);
	if (code)
		return code;
	err = remora_partition_reset(partition, &error);
	if (err)
		code = cli_errno(err, &error, name);
	remora_partition_close(partition);
	return code;
}
