// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora start
 */
#include "cli.h"

int cli_start(int argc, char **argv)
{
	const struct cli_syntax syntax = {
		"start NAME", "Boots all cores of a partition, and returns when all of them run.",
		NULL, 1, 1,
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
	err = remora_partition_start(partition, &error);
	if (err)
		code = cli_errno(err, &error, name);
	remora_partition_close(partition);
	return code;
}
