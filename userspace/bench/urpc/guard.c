// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a virtual machine two CPUs may be near each other at one moment (threads of a core, or cores
 * that share a cache) and far apart at the next. The raw cache line tells: it is measured before
 * and after every measurement, what was not taken in one placement is thrown away, and figures of
 * different placements are kept apart.
 */
#include <stdlib.h>
#include <time.h>

#include "bench.h"

#define PROBES 40
#define PROBE_GAP_NS 25000000
#define TRIES 5
/*
 * Threads of a core, cores that share a cache and cores that do not were seen at 1 : 2 : 9. Noise
 * is less than NEAR.
 */
#define NEAR 1.45
#define APART 3.5
#define SURE 3 /* looks in a row that show CPUs nearer than all before */

/*
 * @fastest: the raw line's round trip of the nearest CPUs; @slowest: seen at all
 * @faster:  looks in a row that were shorter by more than noise
 * @renamed: places by which all figures so far are farther than was thought
 */
static double fastest, slowest;
static unsigned int faster, renamed;

static double probe(const struct options *o)
{
	double cycles = 0;

	if (!bench_round_trip(subjects[0], o, &cycles))
		exit(1);
	return cycles;
}

/* Look for a second: what placements are there? Not the very fastest look: now and then one is odd. */
void guard_init(const struct options *o)
{
	const struct timespec gap = { .tv_nsec = PROBE_GAP_NS };
	double seen[PROBES];
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		seen[i] = probe(o);
		nanosleep(&gap, NULL);
	}
	bench_figure(seen, PROBES);
	fastest = seen[PROBES / 8];
}

enum placement guard_place(double cycles)
{
	slowest = cycles > slowest ? cycles : slowest;
	faster = cycles * NEAR < fastest ? faster + 1 : 0;
	if (faster == SURE) {
		renamed += fastest > cycles * APART ? 2 : 1;
		fastest = cycles;
		faster = 0;
	}
	if (faster)
		return PLACED_UNSTEADY;
	if (cycles > fastest * APART)
		return PLACED_APART;
	return cycles > fastest * NEAR ? PLACED_NEAR : PLACED_NEAREST;
}

unsigned int guard_renamed(void)
{
	const unsigned int by = renamed < PLACED_APART ? renamed : PLACED_APART;

	renamed = 0;
	return by;
}

static enum placement placement(const struct options *o)
{
	return guard_place(probe(o));
}

/* Measure once, if that can be done within one placement. */
enum placement guard_measure(const struct measurement *m, double *value)
{
	const struct options *o = m->options;
	unsigned int i;
	bool ok;

	for (i = 0; i < TRIES; i++) {
		enum placement before = placement(o);

		if (m->slots)
			ok = bench_stream(m->subject, o, m->slots, value);
		else
			ok = bench_round_trip(m->subject, o, value);
		if (!ok)
			return PLACED_FAILED;
		if (placement(o) == before && before < PLACEMENTS)
			return before;
	}
	return PLACED_UNSTEADY;
}

bool guard_moved(void)
{
	return slowest > fastest * NEAR;
}

const char *guard_name(enum placement p)
{
	static const char *const name[PLACEMENTS] = { "nearest", "near", "apart" };

	return guard_moved() ? name[p] : "steady";
}

void guard_describe(FILE *to, enum placement p)
{
	if (guard_moved())
		fprintf(to,
			"# these CPUs change places: the raw line's round trip was seen from %.0f to %.0f "
			"cycles;\n# here are the figures of CPUs %s\n",
			fastest, slowest, guard_name(p));
}
