/* SPDX-License-Identifier: GPL-2.0-only */
/* Measured values, kept so that quantiles can be told: every n-th one, spread over the run. */
#ifndef SAMPLES_H
#define SAMPLES_H

#include <stdint.h>

/**
 * struct samples - values seen, and those kept
 * @value: the user's memory for @room values, in place until the last quantile was told
 * @count: values kept
 * @seen:  values added
 * @min, @max: of all added; @min is UINT64_MAX before the first
 */
struct samples {
	uint64_t *value;
	uint32_t room;
	uint32_t count;
	uint32_t stride;
	uint64_t seen;
	uint64_t min;
	uint64_t max;
};

/** samples_begin - forget all; @expected: how many values will be added, as far as is known */
void samples_begin(struct samples *s, uint64_t *value, uint32_t room, uint32_t expected);

/** samples_add - one more value; any number of them */
void samples_add(struct samples *s, uint64_t value);

/**
 * samples_quantile - the value below which that many percent of the kept ones are
 * Sorts; add nothing afterwards. Return: 0 when there is none.
 */
uint64_t samples_quantile(struct samples *s, uint32_t percent);

#endif
