// SPDX-License-Identifier: GPL-2.0-only
/*
 * Address spaces of ring 3: what capabilities write into page tables, and what system calls read.
 *
 * A translation that ring 3 could still use must be gone before it runs again: clearing an entry
 * notes that, and the next entry to ring 3 invalidates. The CPU driver reaches memory by its window
 * alone; only arch_window_remove() takes something out of it, and invalidates at once. When a table
 * ends the processor must forget it at once: what it keeps of the levels above would let it walk
 * memory that becomes something else. There are no global pages and no PCIDs in ring 3's half, so
 * writing CR3 invalidates all of it.
 */
#include <base/string.h>

#include <abi/dispatcher.h>
#include <cap_arch.h>
#include <cold.h>
#include <memory.h>
#include <pagetable.h>
#include <space.h>
#include <user.h>
#include <x86.h>

#define CPUID_EXT_1_EDX_1GB (1u << 26)
#define ENTRIES (ABI_PAGE_SIZE / ABI_CAP_ENTRY_BYTES)

static uint64_t own_root; /* of the CPU driver's own address space */
static uint64_t root;     /* in the CPU */
static bool stale;        /* the CPU may know translations that are no more */

COLD void space_init(void)
{
	own_root = read_cr3() & PTE_ADDRESS;
	root = own_root;
}

void space_use(uint64_t to)
{
	if (!to)
		to = own_root;
	if (to == root && !stale)
		return;
	root = to;
	stale = false;
	write_cr3(to);
}

void space_refresh(void)
{
	if (stale)
		space_use(root);
}

COLD bool arch_huge_pages(void)
{
	return cpuid(0x80000001, 0).edx & CPUID_EXT_1_EDX_1GB;
}

static uint64_t bits_of(const struct cap_map *map)
{
	uint64_t bits = PTE_PRESENT | PTE_USER;

	if (!map->page)
		return bits | PTE_WRITE; /* rights are in the last level alone */
	if (map->page > ABI_PAGE_SIZE)
		bits |= PTE_LARGE;
	if (map->what == ABI_CAP_DEVFRAME)
		bits |= PTE_CACHE_OFF | PTE_WRITE_THROUGH;
	else if (!memory_reached(map->pa, map->count * map->page))
		bits |= PTE_OUTSIDE;
	return bits | (map->rights & ABI_CAP_WRITE ? PTE_WRITE : 0) |
	       (map->rights & ABI_CAP_EXECUTE ? 0 : PTE_NO_EXECUTE);
}

void arch_cap_map(struct cap_space *space, const struct cap_map *map)
{
	uint64_t *entry = (uint64_t *)memory_at(map->table) + map->index;
	uint64_t bits = bits_of(map);

	(void)space;
	for (uint32_t i = 0; i < map->count; i++)
		entry[i] = (map->pa + i * map->page) | bits;
}

void arch_cap_unmap(struct cap_space *space, const struct cap_map *map)
{
	uint64_t *entry = (uint64_t *)memory_at(map->table) + map->index;

	(void)space;
	memset(entry, 0, map->count * sizeof(*entry));
	stale = true;
}

COLD void arch_cap_table_init(struct cap_space *space, uint32_t type, uint64_t pa)
{
	const uint64_t *own = memory_at(own_root);
	uint64_t *top = memory_at(pa);

	(void)space;
	/* The upper half of all spaces is the CPU driver's, whose top level does not change any more. */
	if (type == ABI_CAP_PML4)
		memcpy(top + ENTRIES / 2, own + ENTRIES / 2, ABI_PAGE_SIZE / 2);
}

COLD void arch_cap_table_end(struct cap_space *space, uint32_t type, uint64_t pa)
{
	(void)space, (void)type;
	if (pa == root)
		space_use(0);
	space_refresh();
}

bool arch_space_find(uint64_t top, uint64_t va, bool write, uint64_t *pa)
{
	const struct pagetable tables = { .root = top, .at = memory_at };
	uint64_t rights;

	/* The window has no devices, and no memory of other cores. */
	return va < ABI_USER_END && pagetable_find(&tables, va, pa, &rights) &&
	       rights & PTE_USER && !(rights & (PTE_CACHE_OFF | PTE_OUTSIDE)) &&
	       (!write || rights & PTE_WRITE);
}
