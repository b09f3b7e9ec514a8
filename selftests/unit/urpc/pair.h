/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two ends on two rings, for the host tests of the transport.
 */
#ifndef UNIT_URPC_PAIR_H
#define UNIT_URPC_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <urpc/chan.h>

/* Ring @ab is written by end @a, ring @ba by end @b. */
struct pair {
	struct urpc_ring *ab;
	struct urpc_ring *ba;
	struct urpc_chan a;
	struct urpc_chan b;
};

static inline struct urpc_ring *pair_ring(uint32_t slots)
{
	struct urpc_ring *ring = aligned_alloc(URPC_RING_ALIGN, urpc_ring_bytes(slots));

	assert_non_null(ring);
	memset(ring, 0, urpc_ring_bytes(slots));
	return ring;
}

static inline void pair_open(struct pair *p, uint32_t slots)
{
	p->ab = pair_ring(slots);
	p->ba = pair_ring(slots);
	assert_int_equal(urpc_chan_init(&p->a, p->ab, p->ba, slots), 0);
	assert_int_equal(urpc_chan_init(&p->b, p->ba, p->ab, slots), 0);
}

static inline void pair_close(struct pair *p)
{
	free(p->ab);
	free(p->ba);
}

/* Send a message whose payload is the number @value, and take one that must carry it. */
static inline int pair_send(struct urpc_chan *c, uint64_t value)
{
	return urpc_send(c, 1, &value, sizeof(value));
}

static inline void pair_expect(struct urpc_chan *c, uint64_t value)
{
	struct urpc_msg m;

	assert_int_equal(urpc_recv(c, &m), 0);
	assert_int_equal(m.len, sizeof(value));
	assert_int_equal(m.payload[0], value);
}

static inline void pair_expect_none(struct urpc_chan *c)
{
	struct urpc_msg m;

	assert_false(urpc_can_recv(c));
	assert_int_equal(urpc_recv(c, &m), -URPC_EAGAIN);
}

/* xorshift64*: seeded, so that a failure repeats. */
static inline uint64_t pair_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 2685821657736338717ull;
}

#endif
