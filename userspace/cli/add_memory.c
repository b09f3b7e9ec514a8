// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora add-memory
 */
#include "cli.h"

static int act(struct remora_partition *partition, const char *name,
	       struct remora_memory_add *request)
{
	int err = remora_partition_add_memory(partition, request);

	if (err)
		return cli_errno(err, &request->error, name);
	printf("%llu MiB are core %u's, of '%s'\n", (unsigned long long)request->bytes >> 20,
	       request->given, name);
	return CLI_OK;
}

int cli_add_memory(int argc, char **argv)
{
	struct cli_number core = { .min = 1, .max = REMORA_CPUS_MAX };
	const struct cli_option options[] = {
		{ "core", 'c', "N", "this core's; if not given, that of a core near the memory", NULL, NULL,
		  &core },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"add-memory NAME SPEC [--core N]",
		"Takes more memory from Linux and gives it to a core of a partition, which may run.\n"
		"SPEC is as of create: 64M, 64M@1, block:128M, ... The core's programs can have it at\n"
		"once. 'remora status' shows where it lies.",
		options, 2, 2,
	};
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	struct remora_memory_add request = { .extents = (uintptr_t)extents };
	struct remora_partition *partition;
	struct remora_error error;
	const char *words[2];
	int code = cli_parse(argc, argv, &syntax, words);

	if (code != CLI_PARSED)
		return code;
	if (remora_parse_memory(words[1], extents, &request.extent_count, &error))
		return cli_usage("%s: %s (%s)", words[1], error.message,
				 remora_reason_name(error.reason));
	request.node = (uint32_t)core.value;
	code = cli_open_partition(&partition, words[0], true);
	if (code)
		return code;
	code = act(partition, words[0], &request);
	remora_partition_close(partition);
	return code;
}
