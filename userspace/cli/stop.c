// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora stop
 */
#include "cli.h"

/* Both have defaults that the module knows. */
struct stop_words {
	bool force;
	struct cli_number timeout;
};

static int act(struct remora_partition *partition, const void *arg, struct remora_error *error)
{
	const struct stop_words *words = arg;

	return remora_partition_stop(partition, words->force ? REMORA_FORCE : 0,
				     (uint32_t)words->timeout.value, error);
}

int cli_stop(int argc, char **argv)
{
	struct stop_words words = { .timeout = { .min = 1, .max = 60000 } };
	const struct cli_option options[] = {
		{ "force", 'f', NULL, "do not ask the cores, stop them", &words.force, NULL,
		  NULL },
		{ "timeout", 't', "MS", "how long to ask politely; 2000 if not given", NULL, NULL,
		  &words.timeout },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"stop NAME [--force] [--timeout MS]",
		"Stops all cores of a partition. Its CPUs and memory stay with it.", options, 1, 1,
	};
	const char *name;
	int code = cli_parse(argc, argv, &syntax, &name);

	return code == CLI_PARSED ? cli_on_partition(name, act, &words) : code;
}
