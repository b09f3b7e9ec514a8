// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The memory in which the library notes what is where: mapped in the first GiB of its part of the
 * address space, at once, and never given back. Also the making of page tables.
 */
#include <base/string.h>

#include "memory_priv.h"

#define META_END RT_VSPACE_BASE
#define META_STEP 16u /* pages that are mapped at a time, if there are so many */

uint32_t memory_locked;
struct linked meta_pdpt;

static struct linked meta_directory, meta_table; /* the latter: of the last 2 MiB */
static uint64_t meta_next = RT_VSPACE_META;      /* first byte that is not given out */
static uint64_t meta_mapped = RT_VSPACE_META;    /* first byte that is not mapped */
static uint64_t meta_tables = RT_VSPACE_META;    /* first byte without a page table */

int64_t cap_map(uint32_t from, uint64_t offset, uint32_t rights, uint32_t table, uint64_t index,
		uint64_t count, uint32_t to)
{
	return rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_MAP, rights, 0, rt_slot_depth(from),
					 rt_slot_depth(to), rt_slot_depth(table), count),
			 rt_slot_address(from), rt_slot_address(to), rt_slot_address(table),
			 offset, index, NULL);
}

int table_new(struct linked *t, uint32_t type, uint32_t parent, uint64_t index)
{
	struct linked made = { .mapping = rt_slot_alloc() };
	int rc = made.mapping ? rt_piece_new(type, PAGE, &made.piece) : -RT_ENOMEM;

	if (rc)
		goto no_piece;
	if (cap_map(made.piece.slot, 0, 0, parent, index, 1, made.mapping)) {
		rc = -RT_EINVAL;
		goto not_mapped;
	}
	*t = made;
	return 0;

not_mapped:
	rt_piece_end(&made.piece);
no_piece:
	rt_slot_free(made.mapping);
	return rc;
}

/* With the table's capability its mapping goes. */
void table_end(struct linked *t)
{
	rt_piece_end(&t->piece);
	rt_slot_free(t->mapping);
	*t = (struct linked){ 0 };
}

int meta_init(void)
{
	int rc = table_new(&meta_pdpt, ABI_CAP_PDPT, ABI_SLOT_PML4, RT_VSPACE_ENTRY);

	if (rc)
		return rc;
	rc = table_new(&meta_directory, ABI_CAP_PD, meta_pdpt.piece.slot, 0);
	if (rc)
		table_end(&meta_pdpt);
	return rc;
}

static int meta_frame(uint32_t pages)
{
	uint32_t mapping = rt_slot_alloc();
	struct rt_piece piece = { 0 };
	int rc = mapping ? rt_piece_new(ABI_CAP_FRAME, pages * PAGE, &piece) : -RT_ENOMEM;

	if (!rc && cap_map(piece.slot, 0, ABI_CAP_RW, meta_table.piece.slot,
			   meta_mapped / PAGE % ENTRIES, pages, mapping))
		rc = -RT_EINVAL;
	if (!rc) {
		meta_mapped += pages * PAGE;
		return 0;
	}
	rt_piece_end(&piece);
	rt_slot_free(mapping);
	return rc;
}

/* Map at least one more page; @wanted of them if that is easy. */
static int meta_map(uint64_t wanted)
{
	uint64_t pages = wanted < META_STEP ? META_STEP : wanted, room;

	if (meta_mapped == meta_tables) {
		int rc = meta_mapped == META_END ? -RT_ENOMEM :
			 table_new(&meta_table, ABI_CAP_PT, meta_directory.piece.slot,
				   meta_mapped % HUGE / LARGE);

		if (rc)
			return rc;
		meta_tables += LARGE;
	}
	room = (meta_tables - meta_mapped) / PAGE;
	for (pages = pages < room ? pages : room; pages > 1; pages /= 2) {
		if (!meta_frame((uint32_t)pages))
			return 0;
	}
	return meta_frame(1);
}

void *meta_alloc(uint64_t bytes)
{
	uint64_t at = meta_next;

	bytes = (bytes + PAGE - 1) & ~(PAGE - 1);
	if (bytes > META_END - at)
		return NULL;
	while (meta_mapped < at + bytes) {
		if (meta_map((at + bytes - meta_mapped) / PAGE))
			return NULL;
	}
	meta_next = at + bytes;
	return (void *)at;
}

static bool pool_fill(struct meta_pool *pool)
{
	char *page = meta_alloc(PAGE);

	if (!page)
		return false;
	for (uint64_t at = 0; at + pool->bytes <= PAGE; at += pool->bytes) {
		*(void **)(page + at) = pool->free;
		pool->free = page + at;
	}
	return true;
}

void *pool_get(struct meta_pool *pool)
{
	void *record;

	if (!pool->free && !pool_fill(pool))
		return NULL;
	record = pool->free;
	pool->free = *(void **)record;
	pool->used++;
	memset(record, 0, pool->bytes);
	return record;
}

void pool_put(struct meta_pool *pool, void *record)
{
	*(void **)record = pool->free;
	pool->free = record;
	pool->used--;
}
