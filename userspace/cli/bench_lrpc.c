// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora bench lrpc: messages between programs of one core, beside what Linux has for one CPU.
 */
#include <errno.h>
#include <sched.h>
#include <string.h>
#include <time.h>

#include "bench.h"
#include "cli.h"
#include "lrpc.h"

/* The last CPU that this process may use: it was used least. */
static int choose_cpu(const struct cli_number *given, uint32_t *cpu)
{
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return cli_errno(-errno, NULL, "asking for the CPUs of this process");
	if (given->given && !CPU_ISSET(given->value, &set))
		return cli_usage("--cpu: this process may not use CPU %u", (unsigned int)given->value);
	*cpu = (uint32_t)given->value;
	for (uint32_t n = 0; !given->given && n < CPU_SETSIZE; n++)
		if (CPU_ISSET(n, &set))
			*cpu = n;
	return CLI_OK;
}

static int write_csv(const struct lrpc *lrpc, const char *name)
{
	FILE *file = fopen(name, "we");

	if (!file)
		return cli_errno(-errno, NULL, name);
	lrpc_csv(lrpc, file);
	if (ferror(file) | fclose(file))
		return cli_fail(CLI_FAILED, "writing %s failed", name);
	return CLI_OK;
}

static int run(struct lrpc *lrpc, const char *csv, bool json)
{
	time_t now = time(NULL);
	struct tm date;
	int code = CLI_OK;

	machine_describe(&lrpc->machine);
	lrpc->tsc_khz = machine_tsc_khz();
	if (gmtime_r(&now, &date))
		strftime(lrpc->date, sizeof(lrpc->date), "%Y-%m-%d %H:%M UTC", &date);
	if (lrpc->place.partition)
		code = lrpc_core(lrpc);
	if (!code)
		code = lrpc_linux(lrpc);
	if (code)
		return code;
	lrpc->instructions = instructions_counted(lrpc->host, CALIBRATIONS) &&
			     (!lrpc->place.partition || instructions_counted(lrpc->core, CALIBRATIONS));
	if (json)
		lrpc_json(lrpc, stdout);
	else
		lrpc_table(lrpc, stdout);
	return csv ? write_csv(lrpc, csv) : CLI_OK;
}

int bench_lrpc(int argc, char **argv)
{
	struct cli_number core = { .value = 1, .min = 1, .max = REMORA_CPUS_MAX };
	struct cli_number cpu = { .max = CPU_SETSIZE - 1 };
	struct cli_number count = { .value = 10000, .min = 10, .max = 100000 };
	const char *csv = NULL, *directory = PROGRAM_DIRECTORY, *name;
	bool json = false;
	const struct cli_option options[] = {
		{ "core", 'c', "N", "core of the partition; 1 if not given", NULL, NULL, &core },
		{ "cpu", 'l', "N", "CPU of Linux; the last one if not given", NULL, NULL, &cpu },
		{ "count", 'n', "N", "samples of each line; 10000 if not given", NULL, NULL,
		  &count },
		{ "csv", 0, "FILE", "CSV into a file", NULL, &csv, NULL },
		{ "programs", 0, "DIR", "with remora/lrpcbench; " PROGRAM_DIRECTORY
		  " if not given", NULL, &directory, NULL },
		{ "json", 'j', NULL, "JSON", &json, NULL, NULL },
		{ 0 },
	};
	const struct cli_syntax syntax = {
		"bench lrpc [NAME] [OPTIONS]",
		"Measures messages between two programs on a core of a partition (LRPC), and on a\n"
		"CPU of Linux between processes and threads by pipe, futex, eventfd and\n"
		"sched_yield. Without NAME: Linux alone.",
		options, 0, 1,
	};
	struct lrpc lrpc = { 0 };
	int code;

	code = cli_parse(argc, argv, &syntax, &name);
	if (code != CLI_PARSED)
		return code;
	lrpc.count = count.value;
	lrpc.directory = directory;
	lrpc.place = (struct program_place){ .partition = name, .number = (uint32_t)core.value };
	code = choose_cpu(&cpu, &lrpc.cpu);
	if (!code && name)
		code = program_core(&lrpc.place, &lrpc.core_cpu);
	return code ? code : run(&lrpc, csv, json);
}
