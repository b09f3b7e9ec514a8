/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What capabilities ask of the machine, beside arch_window() of machine.h. None of these may fail,
 * and none may call back.
 */
#ifndef CAP_ARCH_H
#define CAP_ARCH_H

#include <cap.h>

/**
 * struct cap_map - entries of one page table
 * @type:   enum abi_cap_type of the table
 * @table:  its physical address
 * @index:  first entry; @count: how many
 * @what:   enum abi_cap_type of what is mapped
 * @pa:     physical address for the first entry; each further one maps the next page
 * @page:   bytes an entry maps; 0: the entry holds a table
 * @rights: of ABI_CAP_RWX; for a table all
 */
struct cap_map {
	uint32_t type;
	uint32_t index;
	uint32_t count;
	uint32_t what;
	uint64_t table;
	uint64_t pa;
	uint64_t page;
	uint8_t rights;
};

/** arch_huge_pages - does the machine have pages of 1 GiB? */
bool arch_huge_pages(void);

/** arch_cap_map - write entries that are not present. Device frames are mapped uncached. */
void arch_cap_map(struct cap_space *space, const struct cap_map *map);

/**
 * arch_cap_unmap - clear entries, and see that no processor uses them any more
 * The table may be in several address spaces of this core, or in none. @what, @pa, @page and
 * @rights are not given.
 */
void arch_cap_unmap(struct cap_space *space, const struct cap_map *map);

/** arch_cap_table_init - a page, all zero, becomes a table: put in what is not ring 3's. */
void arch_cap_table_init(struct cap_space *space, uint32_t type, uint64_t pa);

/**
 * arch_cap_table_end - the last capability of a table is gone: this core must not walk it any more
 * No table above refers to it by now, but the processor may, when it is a PML4.
 */
void arch_cap_table_end(struct cap_space *space, uint32_t type, uint64_t pa);

/**
 * arch_cap_dispatcher_end - the last capability of a dispatcher is gone: never run it again
 * Its memory stays until its slots are empty and no endpoint is left.
 */
void arch_cap_dispatcher_end(struct cap_space *space, uint64_t pa);

#endif
