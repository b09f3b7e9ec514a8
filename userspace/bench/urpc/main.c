// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-urpc: the transport between two pinned threads, against the cache line itself and against
 * what one would use instead. Subjects are measured in turn, run after run, so that a change of
 * the machine's mood meets them all.
 */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define MAX_SUBJECTS 32
#define MAX_RUNS 99
#define ROUNDS_A_RUN 4 /* give up after so many times the rounds that would do */

static const unsigned int lengths[] = { 64, 512, 4096 };
#define LENGTHS (sizeof(lengths) / sizeof(lengths[0]))

/* Values of one figure, a run each, by placement. */
struct cell {
	double value[PLACEMENTS][MAX_RUNS];
	unsigned int n[PLACEMENTS];
};

struct results {
	struct cell trip[MAX_SUBJECTS];
	struct cell stream[MAX_SUBJECTS][LENGTHS];
	bool failed[MAX_SUBJECTS];
	bool complete[PLACEMENTS];
};

static const char usage[] =
	"usage: bench-urpc [--cpus A,B] [--runs N] [--only WORD] [--fifo] [--csv FILE] [--pairs]\n"
	"  --cpus A,B   the two CPUs (default: two that are not SMT siblings)\n"
	"  --runs N     runs to take the median of, 5 to 99 (default 7)\n"
	"  --only WORD  only the subjects whose name contains WORD\n"
	"  --fifo       run the two threads with SCHED_FIFO (needs permission)\n"
	"  --csv FILE   write every figure there too\n"
	"  --pairs      one-way latency of urpc and of the raw line for every pair of CPUs\n";

static bool chosen(const struct subject *s, const struct options *o)
{
	return !o->only || strstr(s->name, o->only);
}

static unsigned int streams(const struct subject *s)
{
	if (!(s->flags & SUBJECT_STREAM))
		return 0;
	return s->flags & SUBJECT_SLOTS ? LENGTHS : 1;
}

/* Measure one figure once more. */
static bool measure_cell(struct cell *c, const struct subject *s, const struct options *o,
			 unsigned int slots)
{
	struct measurement m = { s, o, slots };
	enum placement place;
	double value;

	place = guard_measure(&m, &value);
	if (place == PLACED_FAILED)
		return false;
	if (place < PLACEMENTS && c->n[place] < MAX_RUNS)
		c->value[place][c->n[place]++] = value;
	return true;
}

/* The fewest values that any figure has from placement @p. */
static unsigned int fewest(const struct results *r, const struct options *o, enum placement p)
{
	unsigned int i, k, n = shootdown_fewest(o, p);

	for (i = 0; subjects[i]; i++) {
		if (!chosen(subjects[i], o) || r->failed[i])
			continue;
		n = r->trip[i].n[p] < n ? r->trip[i].n[p] : n;
		for (k = 0; k < streams(subjects[i]); k++)
			n = r->stream[i][k].n[p] < n ? r->stream[i][k].n[p] : n;
	}
	return n;
}

static void measure_round(struct results *r, const struct options *o)
{
	unsigned int i, k;

	for (i = 0; subjects[i]; i++) {
		const struct subject *s = subjects[i];

		if (!chosen(s, o) || r->failed[i])
			continue;
		r->failed[i] = !measure_cell(&r->trip[i], s, o, 0);
		for (k = 0; k < streams(s) && !r->failed[i]; k++)
			r->failed[i] = !measure_cell(&r->stream[i][k], s, o, lengths[k]);
	}
	shootdown_measure(o);
}

/*
 * Round after round, until one placement has all its figures. Two cores are what is asked for: once
 * they were seen apart, it goes on for a while until those figures are complete.
 * Return: false when no placement is complete.
 */
static bool measure(struct results *r, const struct options *o)
{
	unsigned int round, close, apart;

	guard_init(o);
	for (round = 1; round <= ROUNDS_A_RUN * o->runs; round++) {
		measure_round(r, o);
		close = fewest(r, o, PLACED_CLOSE);
		apart = fewest(r, o, PLACED_APART);
		fprintf(stderr, "bench: round %u: of %u runs complete: %u close, %u apart\n", round,
			o->runs, close, apart);
		r->complete[PLACED_CLOSE] = close >= o->runs;
		r->complete[PLACED_APART] = apart >= o->runs;
		if (r->complete[PLACED_APART] || (r->complete[PLACED_CLOSE] && !apart))
			return true;
	}
	if (!r->complete[PLACED_CLOSE])
		fprintf(stderr, "bench: in %u rounds these CPUs stayed in no place for %u runs\n",
			round - 1, o->runs);
	return r->complete[PLACED_CLOSE];
}

static void csv_row(FILE *csv, const char *name, const char *what, unsigned int slots,
		    struct figure f, const char *unit)
{
	if (csv)
		fprintf(csv, "\"%s\",%s,%u,%.2f,%.2f,%.2f,%s\n", name, what, slots, f.median, f.min,
			f.max, unit);
}

/* Cycles a message to millions of messages a second; the extremes change places. */
static struct figure rate(struct figure cycles)
{
	double ghz = machine_tsc_ghz();
	struct figure f = { 1000 * ghz / cycles.median, 1000 * ghz / cycles.max,
			    1000 * ghz / cycles.min };

	return f;
}

static struct figure scaled(struct figure f, double by)
{
	f.median *= by;
	f.min *= by;
	f.max *= by;
	return f;
}

static struct figure cell_figure(struct cell *c, enum placement p)
{
	return bench_figure(c->value[p], c->n[p]);
}

static void report_one(struct results *r, enum placement p, unsigned int i, FILE *csv)
{
	const struct subject *s = subjects[i];
	struct figure trip = cell_figure(&r->trip[i], p);
	struct figure way = scaled(trip, 0.5), f;
	double ns = 1 / machine_tsc_ghz();
	unsigned int k;

	printf("%-28s %8.0f %8.0f %8.0f %8.0f", s->name, way.median, way.median * ns, trip.median,
	       trip.median * ns);
	csv_row(csv, s->name, "one-way", 0, way, "cycles");
	csv_row(csv, s->name, "one-way", 0, scaled(way, ns), "ns");
	csv_row(csv, s->name, "round-trip", 0, trip, "cycles");
	for (k = 0; k < LENGTHS; k++) {
		if (k >= streams(s)) {
			printf(" %8s", "-");
			continue;
		}
		f = rate(cell_figure(&r->stream[i][k], p));
		printf(" %8.1f", f.median);
		csv_row(csv, s->name, "stream", s->flags & SUBJECT_SLOTS ? lengths[k] : 0, f,
			"Mmsg/s");
	}
	printf("\n");
}

static bool report_placement(struct results *r, const struct options *o, enum placement p,
			     FILE *csv)
{
	bool all = true;
	unsigned int i;

	guard_describe(stdout, p);
	printf("%-28s %17s %17s %26s\n", "", "one way", "round trip", "M messages/s by slots");
	printf("%-28s %8s %8s %8s %8s %8u %8u %8u\n", "", "cycles", "ns", "cycles", "ns",
	       lengths[0], lengths[1], lengths[2]);
	for (i = 0; subjects[i]; i++) {
		if (!chosen(subjects[i], o))
			continue;
		if (r->failed[i]) {
			printf("%-28s could not be measured, see above\n", subjects[i]->name);
			all = false;
		} else {
			report_one(r, p, i, csv);
		}
	}
	shootdown_report(o, p, csv);
	return all;
}

/* Every complete placement as a table; the CSV has the distant one when there is a choice. */
static int report(struct results *r, const struct options *o)
{
	enum placement best = r->complete[PLACED_APART] ? PLACED_APART : PLACED_CLOSE;
	FILE *csv = o->csv ? fopen(o->csv, "w") : NULL;
	bool all = true;
	unsigned int p;

	if (o->csv && !csv) {
		perror(o->csv);
		return 1;
	}
	machine_describe(stdout, o);
	if (csv) {
		machine_describe(csv, o);
		guard_describe(csv, best);
		fprintf(csv, "subject,what,slots,median,min,max,unit\n");
	}
	for (p = 0; p < PLACEMENTS; p++)
		if (r->complete[p])
			all &= report_placement(r, o, (enum placement)p, p == best ? csv : NULL);
	if (csv && fclose(csv)) {
		perror(o->csv);
		return 1;
	}
	return all ? 0 : 1;
}

static const struct subject *find(const char *name)
{
	unsigned int i;

	for (i = 0; subjects[i]; i++)
		if (!strcmp(subjects[i]->name, name))
			return subjects[i];
	return NULL;
}

/* One line a pair: what the distance between two CPUs costs. */
static int pairs(struct options o)
{
	const struct subject *raw = find("raw cache line, two words"), *urpc = find("urpc");
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	double line[MAX_RUNS], ring[MAX_RUNS];
	unsigned int run;
	int a, b;

	machine_describe(stdout, &o);
	printf("cpu_a,cpu_b,distance,raw_cycles,urpc_cycles\n");
	for (a = 0; a < cpus; a++) {
		for (b = a + 1; b < cpus; b++) {
			o.cpu[0] = a;
			o.cpu[1] = b;
			for (run = 0; run < o.runs; run++) {
				if (!bench_round_trip(raw, &o, &line[run]) ||
				    !bench_round_trip(urpc, &o, &ring[run]))
					return 1;
			}
			printf("%d,%d,%s,%.0f,%.0f\n", a, b, machine_distance(a, b),
			       bench_figure(line, o.runs).median / 2,
			       bench_figure(ring, o.runs).median / 2);
		}
	}
	return 0;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{ "cpus", required_argument, NULL, 'c' },
		{ "runs", required_argument, NULL, 'r' },
		{ "csv", required_argument, NULL, 'v' },
		{ "only", required_argument, NULL, 'o' },
		{ "fifo", no_argument, NULL, 'f' },
		{ "pairs", no_argument, NULL, 'p' },
		{ NULL, 0, NULL, 0 },
	};
	char rest;
	int opt;

	while ((opt = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (opt == 'c' && (sscanf(optarg, "%d,%d%c", &o->cpu[0], &o->cpu[1], &rest) != 2 ||
				   o->cpu[0] < 0 || o->cpu[1] < 0 || o->cpu[0] == o->cpu[1])) {
			fprintf(stderr, "bench: --cpus %s: expected two different CPUs, as 0,1\n",
				optarg);
			return false;
		}
		if (opt == 'r' && (sscanf(optarg, "%u%c", &o->runs, &rest) != 1 || o->runs < 5 ||
				   o->runs > MAX_RUNS)) {
			fprintf(stderr, "bench: --runs %s: expected 5 to %d\n", optarg, MAX_RUNS);
			return false;
		}
		if (opt == 'v')
			o->csv = optarg;
		if (opt == 'o')
			o->only = optarg;
		o->fifo |= opt == 'f';
		o->pairs |= opt == 'p';
		if (opt == '?') {
			fputs(usage, stderr);
			return false;
		}
	}
	return optind == argc;
}

int main(int argc, char **argv)
{
	struct options o = { .cpu = { -1, -1 }, .runs = 7 };
	static struct results r;

	if (!parse(argc, argv, &o))
		return 2;
	if (o.cpu[0] < 0 && !machine_default_cpus(o.cpu)) {
		fprintf(stderr, "bench: two CPUs are needed, this process may use fewer\n");
		return 1;
	}
	if (o.pairs)
		return pairs(o);
	return measure(&r, &o) ? report(&r, &o) : 1;
}
