// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rights are in the last level alone: the levels above allow everything, but ring 3 only in the
 * lower half. Tables under construction are not in use, except in pagetable_find(), so that nothing
 * is flushed here.
 */
#include <pagetable.h>

#define PAGE 4096ull
#define LARGE (2ull << 20)
#define RIGHTS                                                                                     \
	(PTE_WRITE | PTE_USER | PTE_NO_EXECUTE | PTE_CACHE_OFF | PTE_WRITE_THROUGH | PTE_OUTSIDE)
#define HALF (1ull << 47)

/* Levels are counted from 1 (4 KiB pages) to 4 (the top). */
static unsigned int index_at(uint64_t va, unsigned int level)
{
	return va >> (3 + 9 * level) & 511;
}

static uint64_t new_table(struct pagetable *pt)
{
	pt->pages++;
	return pt->page();
}

void pagetable_init(struct pagetable *pt)
{
	pt->pages = 0;
	pt->large = 0;
	pt->root = new_table(pt);
}

/* Replace a large page by a table of small ones that map the same. */
static void split(struct pagetable *pt, uint64_t *entry)
{
	uint64_t old = *entry & ~PTE_LARGE;
	uint64_t table = new_table(pt);
	uint64_t *small = pt->at(table);

	for (unsigned int i = 0; i < 512; i++)
		small[i] = old + i * PAGE;
	*entry = table | PTE_PRESENT | PTE_WRITE | (old & PTE_USER);
	pt->large--;
}

/* The entry of @va in the table of a level; makes the tables above it. */
static uint64_t *entry_of(struct pagetable *pt, uint64_t va, unsigned int level)
{
	uint64_t table = pt->root;

	for (unsigned int l = 4;; l--) {
		uint64_t *entry = (uint64_t *)pt->at(table) + index_at(va, l);

		if (l == level)
			return entry;
		if (!(*entry & PTE_PRESENT))
			*entry = new_table(pt) | PTE_PRESENT | PTE_WRITE |
				 (va < HALF ? PTE_USER : 0);
		else if (*entry & PTE_LARGE)
			split(pt, entry);
		table = *entry & PTE_ADDRESS;
	}
}

/* Map one large page unless small ones are there already; returns whether it did. */
static bool map_large(struct pagetable *pt, uint64_t va, uint64_t pa, uint64_t rights)
{
	uint64_t *entry = entry_of(pt, va, 2);

	if (*entry & PTE_PRESENT && !(*entry & PTE_LARGE))
		return false;
	if (!*entry)
		pt->large++;
	*entry = pa | rights | PTE_PRESENT | PTE_LARGE;
	return true;
}

void pagetable_map(struct pagetable *pt, uint64_t va, uint64_t pa, uint64_t bytes, uint64_t rights)
{
	while (bytes) {
		uint64_t step = PAGE;

		if (!((va | pa) % LARGE) && bytes >= LARGE && map_large(pt, va, pa, rights))
			step = LARGE;
		else
			*entry_of(pt, va, 1) = pa | rights | PTE_PRESENT;
		va += step;
		pa += step;
		bytes -= step;
	}
}

void pagetable_clear(struct pagetable *pt, uint64_t va, uint64_t bytes)
{
	uint64_t *entry, *small, pa, rights;

	for (; bytes; va += LARGE, bytes -= LARGE) {
		if (!pagetable_find(pt, va, &pa, &rights))
			continue;
		entry = entry_of(pt, va, 2);
		if (*entry & PTE_LARGE) {
			*entry = 0;
			pt->large--;
			continue;
		}
		small = pt->at(*entry & PTE_ADDRESS);
		for (unsigned int i = 0; i < 512; i++)
			small[i] = 0;
	}
}

uint64_t *pagetable_entry(struct pagetable *pt, uint64_t va)
{
	return entry_of(pt, va, 1);
}

bool pagetable_find(const struct pagetable *pt, uint64_t va, uint64_t *pa, uint64_t *rights)
{
	uint64_t table = pt->root;

	for (unsigned int l = 4; l; l--) {
		uint64_t entry = ((uint64_t *)pt->at(table))[index_at(va, l)];
		uint64_t low = (1ull << (3 + 9 * l)) - 1;

		if (!(entry & PTE_PRESENT))
			return false;
		if (l == 1 || entry & PTE_LARGE) {
			*pa = (entry & PTE_ADDRESS & ~low) | (va & low);
			*rights = entry & RIGHTS;
			return true;
		}
		table = entry & PTE_ADDRESS;
	}
	return false;
}
