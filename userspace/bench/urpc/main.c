// SPDX-License-Identifier: GPL-2.0-only
/*
 * bench-urpc: the transport between two pinned threads, against the cache line itself and against
 * what one would use instead. Subjects are measured in turn, run after run, so that a change of
 * the machine's mood meets them all.
 */
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "results.h"

#define MAX_ROUNDS 400 /* then give up */
#define SECONDS 120
#define PATIENCE 9 /* so many times as long is waited for the other placement */

const unsigned int lengths[LENGTHS] = { 64, 512, 4096 };

static const char usage[] =
	"usage: bench-urpc [--cpus A,B] [--runs N] [--only WORD] [--fifo] [--csv FILE]\n"
	"                  [--seconds N] [--both] [--goals] [--pairs]\n"
	"  --cpus A,B   the two CPUs (default: two that are not SMT siblings)\n"
	"  --runs N     runs to take the median of, 5 to 99 (default 7)\n"
	"  --only WORD  only the subjects whose name contains WORD\n"
	"  --fifo       run the two threads with SCHED_FIFO (needs permission)\n"
	"  --csv FILE   write every figure there too\n"
	"  --seconds N  then stop once the figures of one placement are complete (default 120)\n"
	"  --both       wait that long for CPUs that have not changed places yet to do so;\n"
	"               with --goals up to ten times as long\n"
	"  --goals      only what the goals need, in short rounds, for as long as --seconds says\n"
	"  --pairs      only figures by pair of CPUs: a few pairs of each distance\n";

bool subject_chosen(const struct subject *s, const struct options *o)
{
	return (!o->goals || goals_need(s->name)) && (!o->only || strstr(s->name, o->only));
}

unsigned int subject_streams(const struct subject *s)
{
	if (!(s->flags & SUBJECT_STREAM))
		return 0;
	return s->flags & SUBJECT_SLOTS ? LENGTHS : 1;
}

void results_rename(struct results *r, unsigned int by)
{
	unsigned int i, k;

	for (i = 0; i < MAX_SUBJECTS; i++) {
		cell_rename(r->trip[i].value, r->trip[i].n, by);
		for (k = 0; k < LENGTHS; k++)
			cell_rename(r->stream[i][k].value, r->stream[i][k].n, by);
	}
	shootdown_rename(by);
}

/* Measure one figure once more. */
static bool measure_cell(struct results *r, struct cell *c, const struct subject *s,
			 const struct options *o, unsigned int slots)
{
	struct measurement m = { s, o, slots };
	enum placement place;
	double value;

	place = guard_measure(&m, &value);
	results_rename(r, guard_renamed());
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
		if (!subject_chosen(subjects[i], o) || r->failed[i])
			continue;
		n = r->trip[i].n[p] < n ? r->trip[i].n[p] : n;
		for (k = 0; k < subject_streams(subjects[i]); k++)
			n = r->stream[i][k].n[p] < n ? r->stream[i][k].n[p] : n;
	}
	return n;
}

static bool measure_round(struct results *r, const struct options *o, unsigned int round)
{
	unsigned int i, k;

	if (o->goals)
		return quick_measure(r, o, round);
	for (i = 0; subjects[i]; i++) {
		const struct subject *s = subjects[i];

		if (!subject_chosen(s, o) || r->failed[i])
			continue;
		r->failed[i] = !measure_cell(r, &r->trip[i], s, o, 0);
		for (k = 0; k < subject_streams(s) && !r->failed[i]; k++)
			r->failed[i] = !measure_cell(r, &r->stream[i][k], s, o, lengths[k]);
	}
	shootdown_measure(o);
	return true;
}

/* Are all placements that were seen complete, or is it time to stop? */
static bool enough(const struct results *r, const struct options *o, bool late,
		   bool very_late)
{
	unsigned int p, complete = 0;

	for (p = 0; p < PLACEMENTS; p++)
		complete += r->complete[p];
	if (o->goals)
		return late && (complete >= 2 || !o->both || very_late);
	return complete && (late || complete >= (guard_moved() || o->both ? 2u : 1u));
}

static void say_progress(const struct options *o, unsigned int round,
			 const unsigned int runs[PLACEMENTS])
{
	static double last;

	if (o->goals && machine_seconds() < last + 1)
		return;
	last = machine_seconds();
	fprintf(stderr, "bench: round %u: of %u runs complete: %u nearest, %u near, %u apart\n", round,
		o->runs, runs[PLACED_NEAREST], runs[PLACED_NEAR], runs[PLACED_APART]);
}

/*
 * Round after round, until every placement that was seen has all its figures, or the time is over
 * and one has. Return: false when no placement is complete.
 */
static bool measure(struct results *r, const struct options *o)
{
	const double end = machine_seconds() + o->seconds;
	unsigned int round, p, runs[PLACEMENTS];
	bool any = false;

	guard_init(o);
	for (round = 1; round <= (o->goals ? UINT_MAX : MAX_ROUNDS); round++) {
		if (!measure_round(r, o, round))
			return false;
		for (p = 0, any = false; p < PLACEMENTS; p++) {
			runs[p] = fewest(r, o, (enum placement)p);
			r->complete[p] = runs[p] >= o->runs;
			any |= r->complete[p];
		}
		say_progress(o, round, runs);
		if (enough(r, o, machine_seconds() > end,
			   machine_seconds() > end + PATIENCE * o->seconds))
			break;
	}
	if (!any)
		fprintf(stderr, "bench: in %u rounds these CPUs stayed in no place for %u runs\n",
			round, o->runs);
	return any;
}

static int pairs_only(const struct options *o)
{
	FILE *csv = o->csv ? fopen(o->csv, "w") : NULL;
	int status;

	if (o->csv && !csv) {
		perror(o->csv);
		return 1;
	}
	machine_describe(stdout, o);
	if (csv)
		fprintf(csv, "distance,subject,what,slots,median,min,max,unit\n");
	status = pairs_report(o, csv);
	return csv && fclose(csv) ? 1 : status;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option table[] = {
		{ "cpus", required_argument, NULL, 'c' },
		{ "runs", required_argument, NULL, 'r' },
		{ "csv", required_argument, NULL, 'v' },
		{ "only", required_argument, NULL, 'o' },
		{ "fifo", no_argument, NULL, 'f' },
		{ "goals", no_argument, NULL, 'g' },
		{ "pairs", no_argument, NULL, 'p' },
		{ "both", no_argument, NULL, 'b' },
		{ "seconds", required_argument, NULL, 's' },
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
		if (opt == 's' && sscanf(optarg, "%u%c", &o->seconds, &rest) != 1) {
			fprintf(stderr, "bench: --seconds %s: expected a number\n", optarg);
			return false;
		}
		if (opt == 'v')
			o->csv = optarg;
		if (opt == 'o')
			o->only = optarg;
		o->fifo |= opt == 'f';
		o->pairs |= opt == 'p';
		o->goals |= opt == 'g';
		o->both |= opt == 'b';
		if (opt == '?') {
			fputs(usage, stderr);
			return false;
		}
	}
	return optind == argc;
}

static bool any_chosen(const struct options *o)
{
	unsigned int i;

	for (i = 0; subjects[i]; i++)
		if (subject_chosen(subjects[i], o))
			return true;
	return shootdown_chosen(o);
}

int main(int argc, char **argv)
{
	struct options o = { .cpu = { -1, -1 }, .runs = 7, .seconds = SECONDS };
	static struct results r;

	if (!parse(argc, argv, &o))
		return 2;
	if (!any_chosen(&o)) {
		fprintf(stderr, "bench: --only %s: no subject is named like that\n", o.only);
		return 2;
	}
	if (o.cpu[0] < 0 && !machine_default_cpus(o.cpu)) {
		fprintf(stderr, "bench: two CPUs are needed, this process may use fewer\n");
		return 1;
	}
	if (o.pairs)
		return pairs_only(&o);
	return measure(&r, &o) ? report(&r, &o) : 1;
}
