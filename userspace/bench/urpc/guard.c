// SPDX-License-Identifier: GPL-2.0-only
/*
 * In a virtual machine two CPUs may be two cores at one moment and two threads of one core at the
 * next. The raw cache line tells: it is measured before and after every measurement, what was not
 * taken in one placement is thrown away, and figures of different placements are kept apart.
 */
#include <stdlib.h>
#include <time.h>

#include "bench.h"

#define PROBES 40
#define PROBE_GAP_NS 25000000
#define TRIES 5
/* Two threads of a core and two cores differ by more than this, noise by less. */
#define APART 2.5

static double fastest, slowest;

static double probe(const struct options *o)
{
	double cycles = 0;

	if (!bench_round_trip(subjects[0], o, &cycles))
		exit(1);
	return cycles;
}

/* Look for a second: what placements are there? */
void guard_init(const struct options *o)
{
	const struct timespec gap = { .tv_nsec = PROBE_GAP_NS };
	unsigned int i;

	for (i = 0; i < PROBES; i++) {
		double now = probe(o);

		fastest = !i || now < fastest ? now : fastest;
		nanosleep(&gap, NULL);
	}
}

static enum placement placement(const struct options *o)
{
	double now = probe(o);

	slowest = now > slowest ? now : slowest;
	return now > fastest * APART ? PLACED_APART : PLACED_CLOSE;
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
		if (placement(o) == before)
			return before;
	}
	return PLACED_UNSTEADY;
}

bool guard_moved(void)
{
	return slowest > fastest * APART;
}

const char *guard_name(enum placement p)
{
	if (!guard_moved())
		return "steady";
	return p == PLACED_APART ? "apart" : "close";
}

void guard_describe(FILE *to, enum placement p)
{
	if (!guard_moved())
		return;
	fprintf(to,
		"# these CPUs change places: the raw line's round trip was seen from %.0f to %.0f "
		"cycles;\n# here are the figures of CPUs %s\n",
		fastest, slowest,
		p == PLACED_APART ? "apart, as two cores" : "close, as two threads of a core");
}
