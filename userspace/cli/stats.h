/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics of measured times.
 */
#ifndef REMORA_CLI_STATS_H
#define REMORA_CLI_STATS_H

#include <stddef.h>
#include <stdint.h>

/**
 * struct stats - of a set of samples, in their unit
 * Quantiles are nearest-rank: the smallest sample that at least that part of all does not exceed.
 */
struct stats {
	size_t count;
	uint64_t min;
	uint64_t median;
	uint64_t p99;
	uint64_t max;
};

/** stats_of - sorts @samples. @count 0 gives zeroes. */
struct stats stats_of(uint64_t *samples, size_t count);

/** stats_ns - TSC cycles to nanoseconds; @tsc_khz 0 gives 0. */
uint64_t stats_ns(uint64_t cycles, uint64_t tsc_khz);

#endif
