/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two ends on a call line, for its host tests.
 */
#ifndef UNIT_URPC_LINE_H
#define UNIT_URPC_LINE_H

#include "pair.h"

#include <urpc/line.h>

struct called {
	struct urpc_line *line;
	struct urpc_line_end caller;
	struct urpc_line_end callee;
};

static inline void line_open(struct called *l)
{
	l->line = aligned_alloc(URPC_LINE_ALIGN, sizeof(*l->line));
	assert_non_null(l->line);
	memset(l->line, 0, sizeof(*l->line));
	assert_int_equal(urpc_line_init(&l->caller, l->line, URPC_LINE_CALLER), 0);
	assert_int_equal(urpc_line_init(&l->callee, l->line, URPC_LINE_CALLEE), 0);
}

static inline void line_close(struct called *l)
{
	free(l->line);
}

/* One word each way. */
static inline int line_call(struct called *l, uint64_t value)
{
	return urpc_line_call(&l->caller, 1, &value, sizeof(value));
}

static inline int line_reply(struct called *l, uint64_t value)
{
	return urpc_line_reply(&l->callee, 2, &value, sizeof(value));
}

static inline void line_expect(int err, const struct urpc_msg *m, uint16_t type, uint64_t value)
{
	assert_int_equal(err, 0);
	assert_int_equal(m->type, type);
	assert_int_equal(m->len, sizeof(value));
	assert_int_equal(m->payload[0], value);
}

static inline void line_expect_request(struct called *l, uint64_t value)
{
	struct urpc_msg m;
	int err = urpc_line_accept(&l->callee, &m);

	line_expect(err, &m, 1, value);
}

static inline void line_expect_reply(struct called *l, uint64_t value)
{
	struct urpc_msg m;
	int err = urpc_line_finish(&l->caller, &m);

	line_expect(err, &m, 2, value);
}

static inline void line_round_trip(struct called *l, uint64_t value)
{
	assert_int_equal(line_call(l, value), 0);
	line_expect_request(l, value);
	assert_int_equal(line_reply(l, ~value), 0);
	line_expect_reply(l, ~value);
}

#endif
