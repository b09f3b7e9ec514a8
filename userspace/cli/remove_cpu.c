// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora remove-cpu
 */
#include "cli.h"

static int act(struct remora_partition *partition, const void *arg, struct remora_error *error)
{
	struct remora_remove_cpu request = *(const struct remora_remove_cpu *)arg;
	int err = remora_partition_remove_cpu(partition, &request);

	*error = request.error;
	return err;
}

int cli_remove_cpu(int argc, char **argv)
{
	struct cli_number core = { .min = 1, .max = REMORA_CPUS_MAX };
	struct cli_number timeout = { .min = 1, .max = 60000 };
	bool force = false;
	const struct cli_option options[] = {
		{ "core", 'c', "N", "the core of this number, instead of CPU", NULL, NULL, &core },
		{ "force", 'f', NULL, "stop it even if it does not stop when asked", &force, NULL,
		  NULL },
		{ "timeout", 't', "MS", "how long to ask politely; 2000 if not given", NULL, NULL,
		  &timeout },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"remove-cpu NAME CPU|--core N [--force] [--timeout MS]",
		"Stops one core of a partition whose other cores go on, and gives its CPU back to\n"
		"Linux. Its channels hang up. The core may have crashed.",
		options, 1, 2,
	};
	struct remora_remove_cpu request = { 0 };
	const char *words[2];
	int code = cli_parse(argc, argv, &syntax, words);

	if (code != CLI_PARSED)
		return code;
	if (!words[1] == !core.given)
		return cli_usage("which core is to leave? Either a CPU or --core is expected");
	code = words[1] ? cli_one_cpu(words[1], &request.cpu) : CLI_OK;
	if (code)
		return code;
	request.node = (uint32_t)core.value;
	request.timeout_ms = (uint32_t)timeout.value;
	request.flags = force ? REMORA_FORCE : 0;
	return cli_on_partition(words[0], act, &request);
}
