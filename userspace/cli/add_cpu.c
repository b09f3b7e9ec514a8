// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora add-cpu
 */
#include "cli.h"

static int act(struct remora_partition *partition, const char *name, struct remora_add_cpu *request)
{
	int err = remora_partition_add_cpu(partition, request);

	cli_show_warnings(request->warnings, sizeof(request->warnings) / sizeof(uint32_t));
	if (err)
		return cli_errno(err, &request->error, name);
	printf("CPU %u is core %u of '%s'\n", request->cpu, request->node, name);
	return CLI_OK;
}

int cli_add_cpu(int argc, char **argv)
{
	const char *memory = NULL, *words[2];
	const struct cli_option options[] = {
		{ "memory", 'm', "SPEC", "memory of the core, as of create; 16M if not given", NULL,
		  &memory, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"add-cpu NAME CPU [--memory SPEC]",
		"Takes one more CPU from Linux, and boots it as another core of a partition whose\n"
		"cores go on. Without --memory it uses what a core that left has left behind, or\n"
		"else 16 MiB that Linux gives up.",
		options, 2, 2,
	};
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	struct remora_add_cpu request = { .extents = (uintptr_t)extents };
	struct remora_partition *partition;
	struct remora_error error;
	int code = cli_parse(argc, argv, &syntax, words);

	if (code != CLI_PARSED)
		return code;
	code = cli_one_cpu(words[1], &request.cpu);
	if (code)
		return code;
	if (memory && remora_parse_memory(memory, extents, &request.extent_count, &error))
		return cli_usage("%s: %s (%s)", memory, error.message,
				 remora_reason_name(error.reason));
	code = cli_open_partition(&partition, words[0], true);
	if (code)
		return code;
	code = act(partition, words[0], &request);
	remora_partition_close(partition);
	return code;
}
