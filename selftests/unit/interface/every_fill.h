/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages of every.if, empty, full, and by chance; and a codec of each. */
#ifndef EVERY_FILL_H
#define EVERY_FILL_H

#include "codec.h"
#include "every.h"

CODEC(every, nothing, EVERY_NOTHING);
CODEC(every, numbers, EVERY_NUMBERS);
CODEC(every, arrays, EVERY_ARRAYS);
CODEC(every, texts, EVERY_TEXTS);
CODEC(every, members, EVERY_MEMBERS);
CODEC(every, give, EVERY_GIVE);
CODEC(every, submit, EVERY_SUBMIT);
CODEC(every, notice, EVERY_NOTICE);
CODEC(every, lookup, EVERY_LOOKUP);
CODEC(every, lookup_reply, EVERY_LOOKUP_REPLY);
CODEC(every, longest, EVERY_LONGEST);

static inline struct every_numbers numbers_full(void)
{
	return (struct every_numbers){ .a = 0xff, .b = 0xffff, .c = 0xffffffff, .d = ~0ull,
				       .e = INT32_MIN, .f = INT64_MIN, .g = true,
				       .h = EVERY_COLOUR_BLUE, .i = EVERY_WIDE_MIDDLE,
				       .j = EVERY_WIDER_FAR };
}

/* @n elements in each array, @n at most 3. */
static inline struct every_arrays arrays_of(uint32_t n)
{
	static const enum every_colour colours[] = { EVERY_COLOUR_RED, EVERY_COLOUR_GREEN,
						     EVERY_COLOUR_BLUE };
	struct every_arrays m;

	memset(&m, 0, sizeof(m));
	m.a_count = m.b_count = m.c_count = m.d_count = m.e_count = n;
	m.f_count = m.g_count = m.h_count = m.i_count = m.j_count = n;
	for (uint32_t i = 0; i < n; i++) {
		m.a[i] = (uint8_t)(0x11 * (i + 1));
		m.b[i] = (uint16_t)(0x1122 * (i + 1));
		m.c[i] = 0x11223344 * (i + 1);
		m.d[i] = 0x1122334455667788ull * (i + 1);
		m.e[i] = -(int32_t)i - 1;
		m.f[i] = -(int64_t)i - 1;
		m.g[i] = !(i & 1);
		m.h[i] = colours[i];
		m.i[i] = i & 1 ? EVERY_WIDE_SMALL : EVERY_WIDE_MIDDLE;
		m.j[i] = i & 1 ? EVERY_WIDER_ONE : EVERY_WIDER_FAR;
	}
	return m;
}

static inline struct every_texts texts_of(const char *name, const char *other, uint32_t data,
					  const uint8_t *rest, uint32_t bytes)
{
	struct every_texts m;

	memset(&m, 0, sizeof(m));
	strcpy(m.name, name);
	strcpy(m.other, other);
	m.data_count = data;
	memset(m.data, 0x5a, data);
	m.rest_count = bytes;
	m.rest = rest;
	return m;
}

#endif
