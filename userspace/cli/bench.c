// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora bench: the table of benchmarks.
 */
#include <string.h>

#include "bench.h"
#include "cli.h"

static const struct cli_verb benches[] = {
	{ "wakeup", bench_wakeup, "pipe and futex round trips between two CPUs of Linux" },
	{ "shootdown", bench_shootdown, "TLB shootdown: Linux's, and by message, on the same CPUs" },
	{ "lrpc", bench_lrpc, "messages on one CPU: Linux, and between programs of a partition" },
	{ "quiet", bench_quiet, "what else a core does than compute: Linux, isolated, partition" },
	{ "trace", bench_trace, "what a trace event costs a core, on and off" },
	{ NULL, NULL, NULL },
};

static void help(FILE *file)
{
	fputs("usage: remora bench BENCHMARK [OPTIONS]\n\nbenchmarks:\n", file);
	for (const struct cli_verb *b = benches; b->name; b++)
		fprintf(file, "  %-10s %s\n", b->name, b->help);
}

int cli_bench(int argc, char **argv)
{
	if (argc < 2) {
		help(stderr);
		return CLI_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help(stdout);
		return CLI_OK;
	}
	for (const struct cli_verb *b = benches; b->name; b++)
		if (!strcmp(b->name, argv[1]))
			return b->run(argc - 1, argv + 1);
	return cli_usage("'%s' is no benchmark", argv[1]);
}
