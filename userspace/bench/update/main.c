// SPDX-License-Identifier: GPL-2.0-only
/*
 * `make bench-update`: rounds of all ways, in turn, until each has its runs; then a table and a CSV.
 */
#define _GNU_SOURCE
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../urpc/bench.h"
#include "update.h"

#define RUNS_MAX 99u
#define POINTS_MAX 8u /* of the number of cores */
#define SIZES 4u
#define UPDATES 20000u

static const uint32_t sizes[SIZES] = { 1, 2, 4, 8 };
static const char *const ways[UPDATE_WAYS] = { "shared", "message", "message-ring" };
static const char usage[] =
	"usage: bench-update [OPTION...]\n"
	"  --cores N     up to so many cores (default: all that this process may use)\n"
	"  --runs N      values for each figure, 5 to 99 (default 9); the medians are reported\n"
	"  --updates N   updates a core and run, 1000 to 10000000 (default 20000)\n"
	"  --csv FILE    the figures, a line each\n"
	"Figures are TSC cycles of one update. shared: each core writes the lines itself. message: one\n"
	"core does it for the others, asked by a call line; message-ring: by a channel of two rings.\n";

struct settings {
	struct options machine;
	uint32_t cores;
	uint32_t runs;
	uint32_t updates;
	int cpu[UPDATE_CORES_MAX];
};

/* Values of one figure. */
struct figures {
	double asks[RUNS_MAX];
	double server[RUNS_MAX];
};

static struct figures all[UPDATE_WAYS][SIZES][POINTS_MAX];

static uint32_t usable_cpus(int cpu[UPDATE_CORES_MAX])
{
	uint32_t count = 0;
	cpu_set_t set;

	if (sched_getaffinity(0, sizeof(set), &set))
		return 0;
	for (int i = 0; i < CPU_SETSIZE && count < UPDATE_CORES_MAX; i++) {
		if (CPU_ISSET(i, &set))
			cpu[count++] = i;
	}
	return count;
}

/* 2, 4, 8 and so on, and all. Return: how many. */
static uint32_t points(uint32_t cores, uint32_t point[POINTS_MAX])
{
	uint32_t count = 0;

	for (uint32_t n = 2; n < cores && count < POINTS_MAX - 1; n *= 2)
		point[count++] = n;
	point[count++] = cores;
	return count;
}

static bool number(const char *name, const char *text, uint32_t least, uint32_t most, uint32_t *to)
{
	char rest;

	if (sscanf(text, "%u%c", to, &rest) == 1 && *to >= least && *to <= most)
		return true;
	fprintf(stderr, "bench-update: --%s %s: expected %u to %u\n", name, text, least, most);
	return false;
}

static bool parse(int argc, char **argv, struct settings *s)
{
	static const struct option table[] = {
		{ "cores", required_argument, NULL, 'n' }, { "runs", required_argument, NULL, 'r' },
		{ "updates", required_argument, NULL, 'u' }, { "csv", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { NULL, 0, NULL, 0 },
	};
	bool good = true;
	int opt;

	while (good && (opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (opt == 'n')
			good = number("cores", optarg, 2, s->cores, &s->cores);
		else if (opt == 'r')
			good = number("runs", optarg, 5, RUNS_MAX, &s->runs);
		else if (opt == 'u')
			good = number("updates", optarg, 1000, 10000000, &s->updates);
		else if (opt == 'c')
			s->machine.csv = optarg;
		else {
			fputs(usage, opt == 'h' ? stdout : stderr);
			exit(opt == 'h' ? 0 : 2);
		}
	}
	if (good && optind < argc)
		fprintf(stderr, "bench-update: '%s' is not an option\n", argv[optind]);
	return good && optind == argc;
}

/* Each figure once more. Return: false: a round gave none. */
static bool measure(const struct settings *s, const uint32_t *point, uint32_t count, uint32_t run)
{
	for (uint32_t i = 0; i < count * SIZES * UPDATE_WAYS; i++) {
		const uint32_t way = i % UPDATE_WAYS, size = i / UPDATE_WAYS % SIZES,
			       at = i / UPDATE_WAYS / SIZES;
		struct update_round round = { .way = way, .lines = sizes[size], .cores = point[at],
					      .updates = s->updates, .cpu = s->cpu };

		update_run(&round);
		if (round.wrong) {
			fprintf(stderr, "bench-update: %s, %u lines, %u cores: %s\n", ways[way],
				sizes[size], point[at], round.wrong);
			return false;
		}
		all[way][size][at].asks[run] = round.cycles;
		all[way][size][at].server[run] = round.server;
	}
	return true;
}

static void table(const struct settings *s, const uint32_t *point, uint32_t count)
{
	printf("# TSC cycles an update, by who asks for it; median of %u runs of %u updates a core\n"
	       "cores  lines    in place   message  (server)   by ring  (server)  message/in place\n",
	       s->runs, s->updates);
	for (uint32_t at = 0; at < count; at++) {
		for (uint32_t size = 0; size < SIZES; size++) {
			double f[2 * UPDATE_WAYS];

			for (uint32_t way = 0; way < UPDATE_WAYS; way++) {
				struct figures *v = &all[way][size][at];

				f[2 * way] = bench_figure(v->asks, s->runs).median;
				f[2 * way + 1] = bench_figure(v->server, s->runs).median;
			}
			printf("%5u %6u %11.0f %9.0f %9.0f %9.0f %9.0f %17.2f\n", point[at],
			       sizes[size], f[0], f[2], f[3], f[4], f[5], f[2] / f[0]);
		}
	}
}

static int write_csv(const struct settings *s, const uint32_t *point, uint32_t count)
{
	FILE *csv = fopen(s->machine.csv, "w");

	if (!csv) {
		perror(s->machine.csv);
		return 1;
	}
	machine_describe(csv, &s->machine);
	fprintf(csv, "way,lines,cores,median,min,max,server,unit\n");
	for (uint32_t i = 0; i < count * SIZES * UPDATE_WAYS; i++) {
		const uint32_t way = i % UPDATE_WAYS, size = i / UPDATE_WAYS % SIZES,
			       at = i / UPDATE_WAYS / SIZES;
		struct figures *v = &all[way][size][at];
		struct figure f = bench_figure(v->asks, s->runs);

		fprintf(csv, "%s,%u,%u,%.1f,%.1f,%.1f,%.1f,cycles\n", ways[way], sizes[size], point[at],
			f.median, f.min, f.max, bench_figure(v->server, s->runs).median);
	}
	return fclose(csv) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct settings s = { .runs = 9, .updates = UPDATES };
	uint32_t point[POINTS_MAX], count;

	s.cores = usable_cpus(s.cpu);
	if (s.cores < 2) {
		fprintf(stderr, "bench-update: two CPUs are needed, this process may use %u\n", s.cores);
		return 1;
	}
	if (!parse(argc, argv, &s))
		return 2;
	s.machine.runs = s.runs;
	s.machine.cpu[0] = s.cpu[0];
	s.machine.cpu[1] = s.cpu[1];
	count = points(s.cores, point);
	for (uint32_t run = 0; run < s.runs; run++) {
		if (!measure(&s, point, count, run))
			return 1;
	}
	machine_describe(stdout, &s.machine);
	table(&s, point, count);
	return s.machine.csv ? write_csv(&s, point, count) : 0;
}
