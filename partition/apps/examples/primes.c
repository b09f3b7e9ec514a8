// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts primes with a sieve on the heap, and says how long it took.
 *
 *   remora-cc -O2 -o primes primes.c && remora run NAME primes 1000000
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static size_t count_primes(size_t limit, size_t *last)
{
	unsigned char *crossed = calloc(limit + 1, 1);
	size_t count = 0;

	if (!crossed)
		return 0;
	for (size_t i = 2; i <= limit; i++) {
		if (crossed[i])
			continue;
		count++;
		*last = i;
		for (size_t k = i * i; i <= limit / i && k <= limit; k += i)
			crossed[k] = 1;
	}
	free(crossed);
	return count;
}

int main(int argc, char **argv)
{
	const size_t limit = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	struct timespec start, end;
	size_t last = 0, count;

	clock_gettime(CLOCK_MONOTONIC, &start);
	count = count_primes(limit, &last);
	clock_gettime(CLOCK_MONOTONIC, &end);
	if (!count) {
		fprintf(stderr, "primes: no primes up to %zu, or not that much memory\n", limit);
		return 1;
	}
	printf("%zu primes up to %zu, the last is %zu\n", count, limit, last);
	fprintf(stderr, "%.3f s\n",
		(double)(end.tv_sec - start.tv_sec) + (double)(end.tv_nsec - start.tv_nsec) / 1e9);
	return 0;
}
