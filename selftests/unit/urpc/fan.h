/* SPDX-License-Identifier: GPL-2.0-only */
/* One end that calls several, and those, over either transport, for the fan's host tests. */
#ifndef UNIT_URPC_FAN_H
#define UNIT_URPC_FAN_H

#include "pair.h"

#include <urpc/fan.h>

#define FAN_LEGS 5u

struct fanned {
	struct urpc_line *lines; /* one a leg, then the shared one */
	struct urpc_fan fan;
	struct urpc_fan_callee callee[FAN_LEGS];
};

static inline void fan_open(struct fanned *f, bool cast)
{
	const size_t bytes = (FAN_LEGS + 1) * sizeof(struct urpc_line);
	struct urpc_line *shared;
	uint32_t i;

	f->lines = aligned_alloc(URPC_LINE_ALIGN, bytes);
	assert_non_null(f->lines);
	memset(f->lines, 0, bytes);
	shared = cast ? &f->lines[FAN_LEGS] : NULL;
	assert_int_equal(urpc_fan_init(&f->fan, shared), 0);
	for (i = 0; i < FAN_LEGS; i++) {
		assert_int_equal(urpc_fan_add(&f->fan, &f->lines[i], 100 + i), 0);
		assert_int_equal(urpc_fan_callee_init(&f->callee[i], shared, &f->lines[i]), 0);
	}
}

static inline void fan_close(struct fanned *f)
{
	free(f->lines);
}

#endif
