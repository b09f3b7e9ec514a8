/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory of this core: the extents of the boot information, the window through which it
 * is reached, and an allocator of pages.
 */
#ifndef MEMORY_H
#define MEMORY_H

#include <abi/boot.h>
#include <machine.h>

/** memory_at - address in the window of physical address @pa */
static inline void *memory_at(uint64_t pa)
{
	return arch_window(pa);
}

/** memory_physical - physical address of something in the window */
static inline uint64_t memory_physical(const void *at)
{
	return arch_window_offset(at);
}

/**
 * memory_init - check the extents and the pages named in the boot information
 * Dies when an extent is ill-formed or no memory of kind ABI_EXTENT_KERNEL is there.
 */
void memory_init(void);

/**
 * memory_page - take a zeroed page of kind ABI_EXTENT_KERNEL
 * Pages that the boot information uses for something else are passed over.
 * Return: its physical address. Dies when there is none left.
 */
uint64_t memory_page(void);

/** memory_page_try - the same. Return: 0 when there is none left */
uint64_t memory_page_try(void);

/** memory_page_free - give a page back, for memory_page(). @pa: what that returned */
void memory_page_free(uint64_t pa);

/** memory_pages_taken - pages that were given out and have not come back */
uint64_t memory_pages_taken(void);

/** memory_pages_left - how many memory_page() can give out, about */
uint64_t memory_pages_left(void);

/** memory_total - bytes in all extents of a kind (enum abi_extent_kind) of the boot information */
uint64_t memory_total(uint32_t kind);

/** memory_within - is a range not empty and wholly inside one extent of that kind? Any values */
bool memory_within(uint64_t base, uint64_t bytes, uint32_t kind);

/**
 * memory_touched - does a range share a byte with any extent? memory_reached - does it lie in memory of programs
 * that the window has: this core's own, or what is shared? memory_touched() for one that does not wrap
 */
bool memory_touched(uint64_t base, uint64_t bytes);
bool memory_reached(uint64_t base, uint64_t bytes);

/**
 * memory_reserved - does a range touch a page of the boot information's own: boot, host and core
 * page, console, trace ring, table of peers?
 */
bool memory_reserved(uint64_t base, uint64_t bytes);

/**
 * memory_extent - the extent of just that base and size; @bytes 0: a free one
 * @index: of a slot of ABI_SLOT_EXTENTS
 * Return: NULL: there is none.
 */
struct abi_extent *memory_extent(uint64_t base, uint64_t bytes, uint32_t *index);

struct abi_ctl_memory;

/** memory_add, memory_take - ABI_CTL_MEMORY_ADD, _TAKE. Return: the status to answer with */
int memory_add(const struct abi_ctl_memory *m);
int memory_take(const struct abi_ctl_memory *m);

/** memory_overlap - do two ranges share a byte? Neither may wrap. */
static inline bool memory_overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
	return a < b + b_bytes && b < a + a_bytes;
}

#endif
