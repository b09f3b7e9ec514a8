// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora inject
 */
#include <string.h>

#include "cli.h"

#define KINDS_MAX 64

static uint32_t kind_of(const char *word)
{
	for (uint32_t kind = 1; kind < KINDS_MAX; kind++) {
		const char *name = remora_fault_name(kind);

		if (name && !strcmp(name, word))
			return kind;
	}
	return 0;
}

static int show_kinds(void)
{
	for (uint32_t kind = 1; kind < KINDS_MAX; kind++)
		if (remora_fault_name(kind))
			printf("%-9s %s\n", remora_fault_name(kind), remora_fault_text(kind));
	return CLI_OK;
}

int cli_inject(int argc, char **argv)
{
	struct cli_number core = { .value = 1, .min = 1, .max = REMORA_CPUS_MAX };
	const char *word = NULL;
	bool list = false;
	const struct cli_option options[] = {
		{ "core", 'c', "N", "which core; 1 if not given", NULL, NULL, &core },
		{ "kind", 'k', "KIND", "what is to happen", NULL, &word, NULL },
		{ "list", 'l', NULL, "list the kinds", &list, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"inject NAME --kind KIND [--core N]",
		"Makes a core of a partition fail on purpose. The partition must have been\n"
		"created with --allow-faults. 'remora inject --list' shows the kinds.",
		options, 0, 1,
	};
	struct remora_partition *partition;
	struct remora_error error;
	const char *name;
	uint32_t kind;
	int code, err;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	if (list)
		return show_kinds();
	if (!name || !word)
		return cli_usage("%s is missing", name ? "--kind" : "the name of a partition");
	kind = kind_of(word);
	if (!kind)
		return cli_usage("--kind: '%s' is no kind of fault; 'remora inject --list' shows "
				 "them", word);
	code = cli_open_partition(&partition, name, true);
	if (code)
		return code;
	err = remora_partition_inject(partition, (uint32_t)core.value, kind, &error);
	if (err)
		code = cli_errno(err, &error, name);
	remora_partition_close(partition);
	return code;
}
