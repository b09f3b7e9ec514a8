// SPDX-License-Identifier: GPL-2.0-only
/*
 * Statistics of measured times.
 */
#include <stdlib.h>

#include "stats.h"

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Nearest rank: ceil(count * percent / 100), counted from 1. */
static uint64_t quantile(const uint64_t *sorted, size_t count, unsigned int percent)
{
	size_t rank = (count * percent + 99) / 100;

	return sorted[rank ? rank - 1 : 0];
}

struct stats stats_of(uint64_t *samples, size_t count)
{
	struct stats s = { .count = count };

	if (!count)
		return s;
	qsort(samples, count, sizeof(*samples), compare);
	s.min = samples[0];
	s.median = quantile(samples, count, 50);
	s.p99 = quantile(samples, count, 99);
	s.max = samples[count - 1];
	return s;
}

uint64_t stats_ns(uint64_t cycles, uint64_t tsc_khz)
{
	if (!tsc_khz)
		return 0;
	return (uint64_t)((unsigned __int128)cycles * 1000000 / tsc_khz);
}
