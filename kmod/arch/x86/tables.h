/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Boot page tables: what a core runs on from the trampoline until the CPU driver has built its
 * own. They lie in Linux's memory below 4 GiB, because the trampoline loads CR3 in 32-bit mode.
 */
#ifndef REMORA_TABLES_H
#define REMORA_TABLES_H

#include <linux/list.h>
#include <linux/types.h>

/** struct remora_tables - the pages of one set; all zero: none */
struct remora_tables {
	struct list_head pages; /* struct page by lru */
	u64 *root;
	phys_addr_t cr3;
};

#define REMORA_MAP_WRITE (1u << 0)
#define REMORA_MAP_EXECUTE (1u << 1)

/** remora_tables_init - an empty root. Return: 0 or -ENOMEM. Context: process. */
int remora_tables_init(struct remora_tables *t);

/** remora_tables_free - give all pages back; no core may run on them. Twice is harmless. */
void remora_tables_free(struct remora_tables *t);

/**
 * remora_tables_map - map pages of 4 KiB
 * @va, @pa, @bytes: multiples of 4 KiB
 * @rights: REMORA_MAP_*; never both for memory that stays mapped in the CPU driver's own tables
 * Return: 0, -ENOMEM, or -EEXIST when something else is mapped there.
 */
int remora_tables_map(struct remora_tables *t, u64 va, phys_addr_t pa, u64 bytes,
		      unsigned int rights);

/**
 * remora_tables_window - map [pa, pa + bytes) at ABI_WINDOW_VA + pa, writable, not executable
 * Rounds outward to 2 MiB: partition memory comes in whole multiples of that. Mapping a range
 * again is harmless. Return: 0 or -ENOMEM.
 */
int remora_tables_window(struct remora_tables *t, phys_addr_t pa, u64 bytes);

#endif
