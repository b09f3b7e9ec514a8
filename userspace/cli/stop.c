// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora stop
 */
#include "cli.h"

int cli_stop(int argc, char **argv)
{
	struct cli_number timeout = { .value = 0, .min = 1, .max = 60000 };
	bool force = false;
	const struct cli_option options[] = {
		{ "force", 'f', NULL, "do not ask the cores, stop them", &force, NULL, NULL },
		{ "timeout", 't', "MS", "how long to ask politely; 2000 if not given", NULL, NULL,
		  &timeout },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"stop NAME [--force] [--timeout MS]",
		"Stops all cores of a partition. Its CPUs and memory stay with it.", options, 1, 1,
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
	err = remora_partition_stop(partition, force ? REMORA_FORCE : 0, (uint32_t)timeout.value,
				    &error);
	if (err)
		code = cli_errno(err, &error, name);
	remora_partition_close(partition);
	return code;
}
