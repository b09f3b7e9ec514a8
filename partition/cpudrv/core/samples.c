// SPDX-License-Identifier: GPL-2.0-only
#include <samples.h>

/* Shell sort, gaps of Ciura's sequence; a few hundred microseconds at most for 4096 values. */
static void sort(uint64_t *values, uint32_t count)
{
	static const uint32_t gaps[] = { 1750, 701, 301, 132, 57, 23, 10, 4, 1 };

	for (uint32_t g = 0; g < sizeof(gaps) / sizeof(gaps[0]); g++) {
		for (uint32_t i = gaps[g]; i < count; i++) {
			uint64_t value = values[i];
			uint32_t at = i;

			for (; at >= gaps[g] && values[at - gaps[g]] > value; at -= gaps[g])
				values[at] = values[at - gaps[g]];
			values[at] = value;
		}
	}
}

void samples_begin(struct samples *s, uint64_t *value, uint32_t room, uint32_t expected)
{
	s->value = value;
	s->room = room;
	s->count = 0;
	s->stride = expected / room + (expected % room != 0);
	if (!s->stride)
		s->stride = 1;
	s->seen = 0;
	s->min = UINT64_MAX;
	s->max = 0;
}

void samples_add(struct samples *s, uint64_t value)
{
	if (value < s->min)
		s->min = value;
	if (value > s->max)
		s->max = value;
	if (!(s->seen % s->stride) && s->count < s->room)
		s->value[s->count++] = value;
	s->seen++;
}

uint64_t samples_quantile(struct samples *s, uint32_t percent)
{
	if (!s->count)
		return 0;
	sort(s->value, s->count);
	return s->value[(uint64_t)(s->count - 1) * percent / 100];
}
