/* SPDX-License-Identifier: GPL-2.0-only */
/* The three sources of memory, as memory.c sees them. */
#ifndef REMORA_MEMORY_SOURCE_H
#define REMORA_MEMORY_SOURCE_H

#include <linux/sizes.h>

#include "memory.h"

#define REMORA_MEMORY_GRANULE SZ_2M

struct zone;

/**
 * struct remora_memory_source_ops - one source
 * @name:      for sentences
 * @check:     could @want be had? Touches nothing
 * @obtain:    append pieces that make up @want. On failure the pieces appended so far stay in
 *             @m: the caller gives them back
 * @give_back: one piece, scrubbed, no longer mapped. Return: 0, or an errno when Linux did not
 *             take it
 * Context: process, may sleep for long; the partition's lock is held.
 */
struct remora_memory_source_ops {
	const char *name;
	int (*check)(const struct remora_extent *want, struct remora_error *err);
	int (*obtain)(struct remora_memory *m, const struct remora_extent *want,
		      struct remora_error *err);
	int (*give_back)(struct remora_memory_extent *e);
};

extern const struct remora_memory_source_ops remora_memory_reserved;
extern const struct remora_memory_source_ops remora_memory_block;
extern const struct remora_memory_source_ops remora_memory_contiguous;

/** remora_memory_room - is there room for another piece? */
static inline bool remora_memory_room(const struct remora_memory *m)
{
	return m->count < ARRAY_SIZE(m->extent);
}

/** remora_memory_append - record a piece; the caller has seen that there is room */
static inline struct remora_memory_extent *
remora_memory_append(struct remora_memory *m, enum remora_memory_source source,
		     const struct remora_memory_source_ops *ops, phys_addr_t base, u64 bytes, int numa)
{
	struct remora_memory_extent *e = &m->extent[m->count++];

	*e = (struct remora_memory_extent){
		.base = base,
		.bytes = bytes,
		.numa = numa,
		.source = source,
		.ops = ops,
	};
	return e;
}

/**
 * remora_range_movable - could Linux probably move everything out of a range of page frames?
 * Return: the one zone it lies in, or NULL: some of it is unusable or will not move.
 */
struct zone *remora_range_movable(unsigned long pfn, unsigned long pages, int nid);

/** remora_node_next - iterate the nodes that @want allows, from -1; MAX_NUMNODES: no more */
int remora_node_next(int nid, const struct remora_extent *want);

#define for_each_wanted_node(nid, want) \
	for (nid = remora_node_next(-1, want); nid < MAX_NUMNODES; \
	     nid = remora_node_next(nid, want))

#endif
