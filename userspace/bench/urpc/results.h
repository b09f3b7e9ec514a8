/* SPDX-License-Identifier: GPL-2.0-only */
/* What was measured so far, and what is made of it. */
#ifndef BENCH_URPC_RESULTS_H
#define BENCH_URPC_RESULTS_H

#include <string.h>

#include "bench.h"

#define MAX_SUBJECTS 40
#define MAX_RUNS 99
#define LENGTHS 3

extern const unsigned int lengths[LENGTHS]; /* queue lengths of streams */

/* Values of one figure, a run each, by placement. */
struct cell {
	double value[PLACEMENTS][MAX_RUNS];
	unsigned int n[PLACEMENTS];
};

struct results {
	struct cell trip[MAX_SUBJECTS]; /* cycles there and back */
	struct cell stream[MAX_SUBJECTS][LENGTHS]; /* cycles a message */
	bool failed[MAX_SUBJECTS];
	bool complete[PLACEMENTS];
};

/**
 * cell_rename - CPUs nearer than all before were seen: what was taken for the nearest is @by places
 * farther, see guard_renamed()
 */
static inline void cell_rename(double value[PLACEMENTS][MAX_RUNS], unsigned int n[PLACEMENTS],
			       unsigned int by)
{
	unsigned int to;

	for (to = by ? PLACEMENTS : 0; to-- > 0;) {
		const unsigned int from = to - by;

		if (to < by) {
			n[to] = 0;
		} else if (to != PLACED_APART || !n[to] || !from) {
			memcpy(value[to], value[from], sizeof(value[to]));
			n[to] = n[from];
		}
	}
}

/** results_rename - the same for all */
void results_rename(struct results *r, unsigned int by);

/** subject_chosen - do the options ask for it? */
bool subject_chosen(const struct subject *s, const struct options *o);

/** subject_streams - how many queue lengths it is measured with */
unsigned int subject_streams(const struct subject *s);

/** cell_figure - of a placement that is complete */
struct figure cell_figure(struct cell *c, enum placement p);

/** report - tables to stdout, figures to the CSV. Return: the program's exit status. */
int report(struct results *r, const struct options *o);

/** goals_report - what this transport is meant to reach, and whether it did; @csv may be NULL */
void goals_report(struct results *r, const struct options *o, enum placement p, FILE *csv);

/** goals_need - does a goal name this subject? */
bool goals_need(const char *name);

/** quick_measure - a short round of every chosen subject. Return: false when it cannot be done. */
bool quick_measure(struct results *r, const struct options *o, unsigned int round);

/** quick_describe - how many samples counted, and why the others did not */
void quick_describe(FILE *to);

/** quick_describe_place - were they two cores, in this placement? */
void quick_describe_place(FILE *to, enum placement p);

/** pairs_report - figures by pair of CPUs, a few pairs of each distance. Return: exit status. */
int pairs_report(const struct options *o, FILE *csv);

#endif
