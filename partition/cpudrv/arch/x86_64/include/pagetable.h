/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Four-level page tables. Pure: memory for tables comes from the caller, so that host tests build
 * them as well.
 */
#ifndef PAGETABLE_H
#define PAGETABLE_H

#include <stdbool.h>
#include <stdint.h>

/* Bits of an entry, SDM volume 3, 4.5. */
#define PTE_PRESENT (1ull << 0)
#define PTE_WRITE (1ull << 1)
#define PTE_USER (1ull << 2)
#define PTE_WRITE_THROUGH (1ull << 3)
#define PTE_CACHE_OFF (1ull << 4)
#define PTE_OUTSIDE (1ull << 9) /* of no meaning to the CPU: the window does not have this memory */
#define PTE_LARGE (1ull << 7) /* in the two middle levels */
#define PTE_NO_EXECUTE (1ull << 63)
#define PTE_ADDRESS 0x000ffffffffff000ull

/* Rights of a mapping. */
#define MAP_TEXT 0ull
#define MAP_READ PTE_NO_EXECUTE
#define MAP_WRITE (PTE_WRITE | PTE_NO_EXECUTE)
#define MAP_DEVICE (MAP_WRITE | PTE_CACHE_OFF | PTE_WRITE_THROUGH)

/**
 * struct pagetable - page tables and where their pages come from
 * @root:  physical address of the top table
 * @page:  gives a zeroed page's physical address; cannot fail
 * @at:    turns a table's physical address into one to read and write
 * @pages: tables allocated, the top one included
 * @large: large pages in place
 */
struct pagetable {
	uint64_t root;
	uint64_t (*page)(void);
	void *(*at)(uint64_t pa);
	uint64_t pages;
	uint64_t large;
};

/** pagetable_init - start empty tables; @page and @at are set. */
void pagetable_init(struct pagetable *pt);

/**
 * pagetable_map - map a range, in the place of what was mapped there
 * @va, @pa, @bytes: multiples of 4096, @va canonical, no wrap
 * @rights: MAP_*, with PTE_USER for ring 3, which may use the lower half only
 * Uses pages of 2 MiB where both addresses allow; splits one where a part of it changes.
 */
void pagetable_map(struct pagetable *pt, uint64_t va, uint64_t pa, uint64_t bytes, uint64_t rights);

/**
 * pagetable_clear - unmap a range
 * @va, @bytes: multiples of 2 MiB; each such part is mapped as a whole or not at all
 * Its tables stay. Whoever calls it invalidates.
 */
void pagetable_clear(struct pagetable *pt, uint64_t va, uint64_t bytes);

/**
 * pagetable_entry - the last-level entry of an address, to be changed in place
 * Makes the tables above it, and splits a large page. Whoever changes it invalidates.
 */
uint64_t *pagetable_entry(struct pagetable *pt, uint64_t va);

/**
 * pagetable_find - what an address is mapped to
 * @rights: set to the entry's PTE_WRITE, PTE_USER, PTE_NO_EXECUTE and cache bits
 * Return: false when it is not mapped.
 */
bool pagetable_find(const struct pagetable *pt, uint64_t va, uint64_t *pa, uint64_t *rights);

#endif
