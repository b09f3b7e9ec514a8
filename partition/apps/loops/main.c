// SPDX-License-Identifier: GPL-2.0-only
/*
 * Integer and floating-point loops. Standard output has their checksums, the same on every system;
 * standard error has how fast they were. `loops [ROUNDS [NAME]]`: 20 rounds of all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "loops.h"

static const struct {
	const char *name;
	loop_run *run;
} loops[] = {
	{ "list", loop_list },	 { "matrix", loop_matrix },	    { "states", loop_states },
	{ "crc", loop_crc },	 { "nbody", loop_nbody },	    { "mandelbrot", loop_mandelbrot },
	{ "fft", loop_fft },
};

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void run(unsigned int i, unsigned long rounds)
{
	const double start = seconds();
	uint32_t sum = 0;
	double took;

	for (unsigned long round = 1; round <= rounds; round++)
		sum = loops[i].run((uint32_t)round * 2654435761u, sum);
	took = seconds() - start;
	printf("%-10s %8lu rounds  %08" PRIx32 "\n", loops[i].name, rounds, sum);
	fprintf(stderr, "%-10s %10.1f rounds/s\n", loops[i].name,
		took > 0 ? (double)rounds / took : 0);
}

int main(int argc, char **argv)
{
	unsigned long rounds = 20;
	unsigned int i, ran = 0;
	char *end = NULL;

	if (argc > 1) {
		errno = 0;
		rounds = strtoul(argv[1], &end, 10);
		if (errno || end == argv[1] || *end || rounds < 1 || argc > 3) {
			fprintf(stderr, "usage: loops [ROUNDS [NAME]]; ROUNDS is 1 or more\n");
			return 2;
		}
	}
	for (i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		if (argc > 2 && strcmp(argv[2], loops[i].name))
			continue;
		run(i, rounds);
		ran++;
	}
	if (!ran)
		fprintf(stderr, "loops: there is no loop '%s'\n", argv[2]);
	return ran ? 0 : 2;
}
