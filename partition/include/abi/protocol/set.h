/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Sets of nodes, as the protocols keep and send them. Node 0 is Linux. A number of
 * PROTOCOL_NODES_MAX or more is in no set, and adding or removing it changes nothing, so that a
 * number out of a message may be asked for before it is checked.
 */
#ifndef ABI_PROTOCOL_SET_H
#define ABI_PROTOCOL_SET_H

#include <urpc/types.h>

/** PROTOCOL_NODES_MAX - node numbers are below this, in the simulator; a partition has fewer */
#define PROTOCOL_NODES_MAX 512
#define PROTOCOL_SET_WORDS (PROTOCOL_NODES_MAX / 64)
/** PROTOCOL_NODE_NONE - no node */
#define PROTOCOL_NODE_NONE 0xffffffffu

/**
 * struct protocol_set - node n is in it when bit n % 64 of word n / 64 is set; the same on the wire
 * @bits: the words
 */
struct protocol_set {
	uint64_t bits[PROTOCOL_SET_WORDS];
};

URPC_STATIC_ASSERT(sizeof(struct protocol_set) == 64, "a set is one line");

static inline void protocol_set_clear(struct protocol_set *s)
{
	__builtin_memset(s, 0, sizeof(*s));
}

static inline bool protocol_set_has(const struct protocol_set *s, uint32_t node)
{
	return node < PROTOCOL_NODES_MAX && (s->bits[node / 64] >> (node % 64) & 1);
}

static inline void protocol_set_add(struct protocol_set *s, uint32_t node)
{
	if (node < PROTOCOL_NODES_MAX)
		s->bits[node / 64] |= 1ull << (node % 64);
}

static inline void protocol_set_remove(struct protocol_set *s, uint32_t node)
{
	if (node < PROTOCOL_NODES_MAX)
		s->bits[node / 64] &= ~(1ull << (node % 64));
}

/** protocol_set_only - the set of one node */
static inline struct protocol_set protocol_set_only(uint32_t node)
{
	struct protocol_set s;

	protocol_set_clear(&s);
	protocol_set_add(&s, node);
	return s;
}

static inline bool protocol_set_empty(const struct protocol_set *s)
{
	uint64_t any = 0;

	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++)
		any |= s->bits[i];
	return !any;
}

static inline bool protocol_set_equal(const struct protocol_set *a, const struct protocol_set *b)
{
	uint64_t differs = 0;

	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++)
		differs |= a->bits[i] ^ b->bits[i];
	return !differs;
}

/** protocol_set_within - true when every node of @a is in @b */
static inline bool protocol_set_within(const struct protocol_set *a, const struct protocol_set *b)
{
	uint64_t outside = 0;

	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++)
		outside |= a->bits[i] & ~b->bits[i];
	return !outside;
}

/** protocol_set_and - leave in @s what is in @other too */
static inline void protocol_set_and(struct protocol_set *s, const struct protocol_set *other)
{
	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++)
		s->bits[i] &= other->bits[i];
}

/** protocol_set_or - add to @s what is in @other */
static inline void protocol_set_or(struct protocol_set *s, const struct protocol_set *other)
{
	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++)
		s->bits[i] |= other->bits[i];
}

/** protocol_set_without - take from @s what is in @other */
static inline void protocol_set_without(struct protocol_set *s, const struct protocol_set *other)
{
	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++)
		s->bits[i] &= ~other->bits[i];
}

/* Without the popcount builtin: that one calls a library the kernel does not have. */
static inline uint32_t protocol_set_count(const struct protocol_set *s)
{
	uint32_t count = 0;

	for (unsigned int i = 0; i < PROTOCOL_SET_WORDS; i++) {
		uint64_t w = s->bits[i];

		w -= w >> 1 & 0x5555555555555555ull;
		w = (w & 0x3333333333333333ull) + (w >> 2 & 0x3333333333333333ull);
		w = (w + (w >> 4)) & 0x0f0f0f0f0f0f0f0full;
		count += (uint32_t)(w * 0x0101010101010101ull >> 56);
	}
	return count;
}

/**
 * protocol_set_from - the smallest node of the set that is at least @node
 * @s: the set
 * @node: where to begin; any value
 *
 * Return: the node, PROTOCOL_NODE_NONE if there is none.
 */
static inline uint32_t protocol_set_from(const struct protocol_set *s, uint32_t node)
{
	uint64_t mask = ~0ull << (node % 64);

	for (uint32_t word = node / 64; word < PROTOCOL_SET_WORDS; word++, mask = ~0ull) {
		uint64_t w = s->bits[word] & mask;

		if (w)
			return word * 64 + (uint32_t)__builtin_ctzll(w);
	}
	return PROTOCOL_NODE_NONE;
}

/** protocol_set_first - the smallest node of the set, PROTOCOL_NODE_NONE if it is empty */
static inline uint32_t protocol_set_first(const struct protocol_set *s)
{
	return protocol_set_from(s, 0);
}

/** protocol_set_next - the smallest node greater than @node, PROTOCOL_NODE_NONE if there is none */
static inline uint32_t protocol_set_next(const struct protocol_set *s, uint32_t node)
{
	return node >= PROTOCOL_NODES_MAX ? PROTOCOL_NODE_NONE : protocol_set_from(s, node + 1);
}

/** protocol_set_each - for each node of @s, in order; the body may take the node it is at away */
#define protocol_set_each(node, s)                                         \
	for ((node) = protocol_set_first(s); (node) != PROTOCOL_NODE_NONE; \
	     (node) = protocol_set_next(s, node))

#endif
