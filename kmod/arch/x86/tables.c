// SPDX-License-Identifier: GPL-2.0-only
/*
 * Boot page tables, four levels: SDM Vol. 3A, 4.5. The trampoline never turns LA57 on, so Linux's
 * own number of levels does not matter.
 */
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <asm/cpufeature.h>
#include <asm/pgtable_types.h>

#include <abi/layout.h>
#include "tables.h"

#define TABLE_ENTRIES 512u
#define TABLE_LEVELS 4u
#define TABLE_LINK (_PAGE_PRESENT | _PAGE_RW)
#define TABLE_LEAF (_PAGE_PRESENT | _PAGE_ACCESSED | _PAGE_DIRTY)
#define TABLE_ADDRESS 0x000ffffffffff000ull

#define GIGANTIC_PAGE_SIZE (1ull << 30)

static u64 *table_new(struct remora_tables *t)
{
	struct page *page = alloc_page(GFP_KERNEL | GFP_DMA32 | __GFP_ZERO);

	if (!page)
		return NULL;
	list_add(&page->lru, &t->pages);
	return page_address(page);
}

int remora_tables_init(struct remora_tables *t)
{
	INIT_LIST_HEAD(&t->pages);
	t->root = table_new(t);
	if (!t->root)
		return -ENOMEM;
	t->cr3 = virt_to_phys(t->root);
	return 0;
}

void remora_tables_free(struct remora_tables *t)
{
	struct page *page, *next;

	if (!t->pages.next)
		return;
	list_for_each_entry_safe(page, next, &t->pages, lru) {
		list_del(&page->lru);
		__free_page(page);
	}
	t->root = NULL;
	t->cr3 = 0;
}

/*
 * Finds the entry for @va at @level (1: 4 KiB pages, 2: 2 MiB, 3: 1 GiB), making tables on the way.
 * Return: NULL when out of memory, or an entry of a larger page on the way, which the caller
 * recognises by _PAGE_PSE.
 */
static u64 *table_entry(struct remora_tables *t, u64 va, unsigned int level)
{
	u64 *table = t->root;
	unsigned int l;

	for (l = TABLE_LEVELS;; l--) {
		u64 *entry = &table[(va >> (PAGE_SHIFT + 9 * (l - 1))) % TABLE_ENTRIES];

		if (l == level || (*entry & _PAGE_PSE))
			return entry;
		if (!*entry) {
			u64 *next = table_new(t);

			if (!next)
				return NULL;
			*entry = virt_to_phys(next) | TABLE_LINK;
		}
		table = phys_to_virt(*entry & TABLE_ADDRESS);
	}
}

int remora_tables_map(struct remora_tables *t, u64 va, phys_addr_t pa, u64 bytes,
		      unsigned int rights)
{
	u64 leaf = TABLE_LEAF, offset;

	if (rights & REMORA_MAP_WRITE)
		leaf |= _PAGE_RW;
	if (!(rights & REMORA_MAP_EXECUTE))
		leaf |= _PAGE_NX;

	for (offset = 0; offset < bytes; offset += PAGE_SIZE) {
		u64 *entry = table_entry(t, va + offset, 1);

		if (!entry)
			return -ENOMEM;
		if (*entry)
			return -EEXIST;
		*entry = (pa + offset) | leaf;
	}
	return 0;
}

int remora_tables_window(struct remora_tables *t, phys_addr_t pa, u64 bytes)
{
	const u64 leaf = TABLE_LEAF | _PAGE_RW | _PAGE_NX | _PAGE_PSE;
	u64 at = round_down(pa, ABI_LARGE_PAGE_SIZE);
	u64 end = round_up(pa + bytes, ABI_LARGE_PAGE_SIZE);

	while (at < end) {
		bool gigantic = boot_cpu_has(X86_FEATURE_GBPAGES) && !(at % GIGANTIC_PAGE_SIZE) &&
				end - at >= GIGANTIC_PAGE_SIZE;
		u64 *entry = table_entry(t, ABI_WINDOW_VA + at, gigantic ? 3 : 2);

		if (!entry)
			return -ENOMEM;
		/* A table of 2 MiB pages may be there already where a 1 GiB page would fit. */
		if (gigantic && *entry && !(*entry & _PAGE_PSE)) {
			gigantic = false;
			entry = table_entry(t, ABI_WINDOW_VA + at, 2);
			if (!entry)
				return -ENOMEM;
		}
		if (!*entry)
			*entry = at | leaf;
		at += gigantic ? GIGANTIC_PAGE_SIZE : ABI_LARGE_PAGE_SIZE;
	}
	return 0;
}
