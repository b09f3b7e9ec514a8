// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The pieces of memory that a node knows: cut, joined, found. First fit; all loops are over the
 * table.
 */
#include "memserv_priv.h"

struct memserv_piece *memserv_new(struct memserv *m)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (!m->pieces[i].state)
			return &m->pieces[i];
	return NULL;
}

uint32_t memserv_spare(const struct memserv *m)
{
	uint32_t spare = 0;

	for (uint32_t i = 0; i < m->count; i++)
		spare += !m->pieces[i].state;
	return spare;
}

struct memserv_piece *memserv_at(struct memserv *m, uint64_t base, uint8_t state)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (m->pieces[i].state == state && m->pieces[i].base == base)
			return &m->pieces[i];
	return NULL;
}

struct memserv_piece *memserv_overlap(struct memserv *m, uint64_t base, uint64_t bytes)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (memserv_inside(&m->pieces[i], base, bytes))
			return &m->pieces[i];
	return NULL;
}

/*
 * The part [base, base + bytes) of @p as a piece of its own. The caller has seen two spare
 * entries.
 */
struct memserv_piece *memserv_cut(struct memserv *m, struct memserv_piece *p, uint64_t base,
				  uint64_t bytes)
{
	struct memserv_piece *rest;

	if (p->base < base) {
		rest = memserv_new(m);
		*rest = *p;
		rest->bytes = base - p->base;
		p->base = base;
		p->bytes -= rest->bytes;
	}
	if (p->bytes > bytes) {
		rest = memserv_new(m);
		*rest = *p;
		rest->base = p->base + bytes;
		rest->bytes = p->bytes - bytes;
		p->bytes = bytes;
	}
	return p;
}

/* The smallest piece in that state that has room for @bytes so aligned. */
struct memserv_piece *memserv_find(struct memserv *m, uint8_t state, uint64_t bytes,
				   uint64_t align, uint16_t numa)
{
	struct memserv_piece *best = NULL;

	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *p = &m->pieces[i];
		uint64_t skip = (0 - p->base) & (align - 1);

		if (p->state == state && (numa == MEMSERV_ANY || p->numa == numa) &&
		    p->bytes >= bytes && p->bytes - bytes >= skip &&
		    (!best || p->bytes < best->bytes))
			best = p;
	}
	return best;
}

static bool joins(const struct memserv_piece *a, const struct memserv_piece *b)
{
	return a->state == b->state && a->unit == b->unit && a->node == b->node &&
	       (a->base + a->bytes == b->base || b->base + b->bytes == a->base);
}

/* With free neighbours of the same extent or grant. */
void memserv_join(struct memserv *m, struct memserv_piece *p)
{
	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *q = &m->pieces[i];

		if (q == p || !q->state || !joins(p, q))
			continue;
		p->base = p->base < q->base ? p->base : q->base;
		p->bytes += q->bytes;
		__builtin_memset(q, 0, sizeof(*q));
	}
}

/* Bytes in that state; of or at @node, PROTOCOL_NODE_NONE: any. */
uint64_t memserv_sum(const struct memserv *m, uint8_t state, uint32_t node)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->count; i++)
		if (m->pieces[i].state == state &&
		    (node == PROTOCOL_NODE_NONE || m->pieces[i].node == node))
			sum += m->pieces[i].bytes;
	return sum;
}
