// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a virtual machine two CPUs may be two cores at one moment and two threads of one core at the
 * next. The raw cache line tells: it is measured before and after every measurement, and what was
 * not taken in the reference placement, the slower one, is measured again.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define PROBES 60
#define PROBE_GAP_NS 20000000
#define TRIES 300
#define NEAR_ENOUGH 1.3 /* the line's own figure varies by less than this within a placement */

static double reference;
static unsigned int refused;

static void wait_a_little(void)
{
	const struct timespec gap = { .tv_nsec = PROBE_GAP_NS };

	nanosleep(&gap, NULL);
}

static double probe(const struct options *o)
{
	double cycles = 0;

	if (!bench_round_trip(subjects[0], o, &cycles))
		exit(1);
	return cycles;
}

static bool in_place(const struct options *o)
{
	double now = probe(o);

	return now < reference * NEAR_ENOUGH && now > reference / NEAR_ENOUGH;
}

/* Look for a second or so: the reference is the median of the slowest group of probes. */
void guard_init(const struct options *o)
{
	double seen[PROBES], slowest;
	unsigned int i, first;

	for (i = 0; i < PROBES; i++) {
		seen[i] = probe(o);
		wait_a_little();
	}
	/* The tenth slowest: a probe that was interrupted is no placement. */
	bench_figure(seen, PROBES);
	slowest = seen[PROBES - PROBES / 10];
	for (first = 0; seen[first] < slowest / NEAR_ENOUGH; first++)
		;
	reference = bench_figure(seen + first, PROBES - first).median;
	if (seen[0] < reference / NEAR_ENOUGH)
		fprintf(stderr,
			"bench: these CPUs change places: round trips of the raw line from %.0f to %.0f "
			"cycles seen; measuring where it takes %.0f\n",
			seen[0], slowest, reference);
}

/* Call @measure until it was done in the reference placement, or there is no hope. */
bool guard_measure(const struct options *o, bool (*measure)(const struct measurement *, double *),
		   const struct measurement *m, double *value)
{
	unsigned int i;

	for (i = 0; i < TRIES; i++) {
		if (!in_place(o)) {
			wait_a_little();
			continue;
		}
		if (!measure(m, value))
			return false;
		if (in_place(o))
			return true;
		refused++;
	}
	fprintf(stderr, "bench: %s was not measured in one placement in %d tries\n",
		m->subject->name, TRIES);
	return false;
}

unsigned int guard_refused(void)
{
	return refused;
}
