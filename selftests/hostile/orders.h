/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hostile core is told. The test finds the orders in the image's file by their magic, fills
 * them, and creates a partition from the result: so the core is hostile from its first turn on, and
 * no contract has a word about it.
 */
#ifndef HOSTILE_ORDERS_H
#define HOSTILE_ORDERS_H

#include <stdint.h>

#define HOSTILE_MAGIC 0x656c6974736f4852ull /* "RHostile" */

/** enum hostile_way - bits of struct hostile_orders.ways */
enum hostile_way {
	HOSTILE_HEADERS = 1 << 0,  /* message headers: sequence, type, length, reserved bits */
	HOSTILE_ACKS = 1 << 1,     /* acknowledges what was never sent, or less than before */
	HOSTILE_ARMED = 1 << 2,    /* sleeps for anything and nothing */
	HOSTILE_RINGS = 1 << 3,    /* random words in either ring of a channel */
	HOSTILE_SHARED = 1 << 4,   /* random words anywhere in shared memory */
	HOSTILE_PAGE = 1 << 5,     /* counters of the core page */
	HOSTILE_STATE = 1 << 6,    /* its state, also a crash without report */
	HOSTILE_CONSOLE = 1 << 7,  /* header and records of the console */
	HOSTILE_BELLS = 1 << 8,    /* rings node 0 and its peers without end */
	HOSTILE_REPLIES = 1 << 9,  /* answers twice, not at all, wrongly, or what nobody asked */
	HOSTILE_HOST = 1 << 10,    /* boot and host page, which are not its to write */
	HOSTILE_SILENCE = 1 << 11, /* does nothing for a while: never acknowledges, never answers */
	HOSTILE_TRACE = 1 << 12,   /* the trace ring: indices, counts, records */
	HOSTILE_WAYS = 13,
};

/**
 * struct hostile_orders - @magic first
 * @seed:   of all that is random, with the node number
 * @ways:   enum hostile_way bits
 * @period: one turn of the event loop in so many does harm; at least 1
 * @node:   the one core that is hostile; 0: all
 * @peace:  turns before the first one
 */
struct hostile_orders {
	uint64_t magic;
	uint64_t seed;
	uint32_t ways;
	uint32_t period;
	uint32_t node;
	uint32_t reserved;
	uint64_t peace;
};

#endif
