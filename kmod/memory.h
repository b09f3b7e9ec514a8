/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Partition memory: extents from three sources, one page allocator over them. Owned by the
 * partition; the partition's lock protects it, except that pages may be allocated and freed for channels from any process
 * context (the pools are lock-free or locked by themselves).
 */
#ifndef REMORA_MEMORY_H
#define REMORA_MEMORY_H

#include "error.h"
#include "ledger.h"

struct gen_pool;
struct remora_memory_source_ops;

/** struct remora_memory_extent - memory obtained from one source */
struct remora_memory_extent {
	phys_addr_t base;
	u64 bytes;
	int numa;
	enum remora_memory_source source; /* never AUTO */
	const struct remora_memory_source_ops *ops;
	void *virt;             /* write-back mapping for the module */
	void *cookie;           /* of the source */
	struct gen_pool *pool;  /* of physical addresses, granule one page */
};

struct remora_memory {
	struct remora_memory_extent extent[REMORA_EXTENTS_MAX * 2];
	unsigned int count;
	u64 bytes;
};

/** struct remora_region - pages allocated from a partition's memory */
struct remora_region {
	phys_addr_t phys;
	size_t bytes; /* 0: none */
	void *virt;
	int numa;
	unsigned int extent;
};

/** remora_memory_check - could this be had now? Touches nothing; cores: for the least amount. */
int remora_memory_check(const struct remora_extent *want, unsigned int count, unsigned int cores,
			struct remora_error *err);

/** remora_memory_check_joining - the same, of memory for one core that joins */
int remora_memory_check_joining(const struct remora_extent *want, unsigned int count,
				struct remora_error *err);

/** remora_memory_check_adding - the same, of memory for a core that runs */
int remora_memory_check_adding(const struct remora_extent *want, unsigned int count,
			       struct remora_error *err);

/** remora_memory_cut - the last piece of @m becomes all of @piece; no region is allocated from it */
void remora_memory_cut(struct remora_memory *m, struct remora_memory *piece);

/** remora_memory_acquire - obtain and zero it, all or nothing. Process context, may take seconds. */
int remora_memory_acquire(struct remora_memory *m, const struct remora_extent *want,
			  unsigned int count, struct remora_ledger *ledger,
			  struct remora_error *err);

/**
 * remora_memory_release - scrub and give back; no core may run, no mapping may exist
 * What cannot be given back stays counted in the ledger and is reported in the log.
 */
void remora_memory_release(struct remora_memory *m, struct remora_ledger *ledger);

/**
 * remora_region_alloc - zeroed pages
 * @align: bytes, power of two, at least a page
 * @numa:  preferred node, or -1
 * Return: 0 or -ENOMEM
 */
int remora_region_alloc(struct remora_memory *m, size_t bytes, size_t align, int numa,
			struct remora_region *r);
/** remora_region_scrub - zero it; nothing when it is empty. Sleeps */
void remora_region_scrub(const struct remora_region *r);
void remora_region_free(struct remora_memory *m, struct remora_region *r);

/** remora_memory_virt - module's address of a physical range inside the memory, or NULL */
void *remora_memory_virt(const struct remora_memory *m, phys_addr_t phys, size_t bytes);

/** remora_memory_minimum - least bytes of a partition of so many cores */
u64 remora_memory_minimum(unsigned int cores);

#endif
