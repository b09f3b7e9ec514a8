// SPDX-License-Identifier: GPL-2.0-only
/*
 * Prints what this machine's TSC counts, in kHz: between two pairs of TSC and clock, each the closest of many,
 * so that it does not matter when this program runs and when others do.
 */
#include <stdint.h>
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

#define PAIRS 200
#define BETWEEN_NS 50000000

struct pair {
	uint64_t tsc;
	uint64_t ns;
};

static struct pair look(void)
{
	uint64_t closest = UINT64_MAX;
	struct pair best = { 0, 0 };

	for (int i = 0; i < PAIRS; i++) {
		uint64_t before = __rdtsc(), after;
		struct timespec t;

		clock_gettime(CLOCK_MONOTONIC_RAW, &t);
		after = __rdtsc();
		if (after - before >= closest)
			continue;
		closest = after - before;
		best.tsc = before + closest / 2;
		best.ns = (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
	}
	return best;
}

int main(void)
{
	const struct timespec between = { 0, BETWEEN_NS };
	struct pair from = look(), to;

	nanosleep(&between, NULL);
	to = look();
	if (to.ns <= from.ns)
		return 1;
	return printf("%lu\n", (to.tsc - from.tsc) * 1000000 / (to.ns - from.ns)) < 0;
}
