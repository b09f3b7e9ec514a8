// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What is mapped where: a mirror of the page tables that knows the capabilities behind the entries.
 * Tables come with the first chunk in them and go with the last.
 */
#include "memory_priv.h"

/* What is in 1 GiB; @used: tables. */
struct directory {
	struct linked link;
	uint32_t used;
	struct table *table[ENTRIES];
};

static struct directory *directories[ENTRIES];
static struct meta_pool chunk_pool = { .bytes = sizeof(struct chunk) };
static struct meta_pool table_pool = { .bytes = sizeof(struct table) };
static struct directory *spare; /* records are two pages each and never freed; linked by table[0] */
static uint64_t large_pages;

static unsigned int directory_index(uint64_t va)
{
	return (unsigned int)(va / HUGE % ENTRIES);
}

static unsigned int table_index(uint64_t va)
{
	return (unsigned int)(va / LARGE % ENTRIES);
}

struct table *table_at(uint64_t va)
{
	struct directory *d = directories[directory_index(va)];

	return d ? d->table[table_index(va)] : NULL;
}

static struct directory *directory_get(uint64_t va)
{
	unsigned int i = directory_index(va);
	struct directory *d = directories[i];

	if (d)
		return d;
	d = spare;
	if (d)
		spare = (struct directory *)d->table[0];
	else
		d = meta_alloc(sizeof(*d));
	if (!d)
		return NULL;
	d->table[0] = NULL;
	if (table_new(&d->link, ABI_CAP_PD, meta_pdpt.piece.slot, i)) {
		d->table[0] = (struct table *)spare;
		spare = d;
		return NULL;
	}
	directories[i] = d;
	return d;
}

static void directory_put(uint64_t va)
{
	unsigned int i = directory_index(va);
	struct directory *d = directories[i];

	if (!d || d->used)
		return;
	table_end(&d->link);
	d->table[0] = (struct table *)spare;
	spare = d;
	directories[i] = NULL;
}

/* The record for 2 MiB, with a page table unless there will be a large page. */
static struct table *table_get(uint64_t va, bool large)
{
	struct directory *d = directory_get(va);
	struct table *t;

	if (!d)
		return NULL;
	t = d->table[table_index(va)];
	if (t)
		return t;
	t = pool_get(&table_pool);
	if (t && !large &&
	    table_new(&t->link, ABI_CAP_PT, d->link.piece.slot, table_index(va))) {
		pool_put(&table_pool, t);
		t = NULL;
	}
	if (!t) {
		directory_put(va);
		return NULL;
	}
	d->table[table_index(va)] = t;
	d->used++;
	return t;
}

/* If nothing is in it any more. */
static void table_put(uint64_t va)
{
	struct directory *d = directories[directory_index(va)];
	struct table *t = d ? d->table[table_index(va)] : NULL;

	if (!t || t->chunks)
		return;
	table_end(&t->link);
	pool_put(&table_pool, t);
	d->table[table_index(va)] = NULL;
	d->used--;
	directory_put(va);
}

static uint64_t chunk_end(const struct chunk *c)
{
	return c->va + c->pages * PAGE;
}

/* What the entries hold follows from @c: install them. */
static int64_t chunk_map(const struct chunk *c)
{
	struct directory *d = directories[directory_index(c->va)];
	uint32_t rights = c->protection;

	if (!rights)
		return 0;
	rights |= RT_READ;
	if (c->large)
		return cap_map(c->frame, c->offset, rights, d->link.piece.slot, table_index(c->va),
			       1, c->mapping);
	return cap_map(c->frame, c->offset, rights, table_at(c->va)->link.piece.slot,
		       c->va / PAGE % ENTRIES, c->pages, c->mapping);
}

static void chunk_link(struct chunk *c)
{
	struct chunk **at = &table_at(c->va)->chunks;

	while (*at && (*at)->va < c->va)
		at = &(*at)->next;
	c->next = *at;
	*at = c;
	large_pages += c->large;
}

/* A record with slots, not linked yet. */
static struct chunk *chunk_alloc(uint64_t va, uint32_t pages, bool large, uint32_t protection)
{
	struct chunk *c = pool_get(&chunk_pool);

	if (!c)
		return NULL;
	c->va = va;
	c->pages = (uint16_t)pages;
	c->large = large;
	c->protection = (uint8_t)protection;
	c->frame = rt_slot_alloc();
	c->mapping = rt_slot_alloc();
	if (c->frame && c->mapping)
		return c;
	rt_slot_free(c->frame);
	rt_slot_free(c->mapping);
	pool_put(&chunk_pool, c);
	return NULL;
}

/* Deleting the frame empties the mapping's slot. */
static void chunk_free(struct chunk *c)
{
	rt_slot_drop(c->frame);
	rt_slot_free(c->mapping);
	rt_ram_free(&c->ram);
	pool_put(&chunk_pool, c);
}

/* The frame is in its slot: map it. */
static int chunk_install(struct chunk *c)
{
	int64_t rc;

	if (!table_get(c->va, c->large))
		return -RT_ENOMEM;
	rc = chunk_map(c);
	if (rc) {
		table_put(c->va);
		return rc == -ABI_CAP_E_RIGHTS ? -RT_EPERM : -RT_EINVAL;
	}
	chunk_link(c);
	return 0;
}

int chunk_new(uint64_t va, uint32_t pages, bool large, uint32_t protection)
{
	struct chunk *c = chunk_alloc(va, pages, large, protection);
	int rc = -RT_ENOMEM;

	if (!c)
		return rc;
	if (!rt_ram_alloc(pages * PAGE, large ? LARGE : PAGE, &c->ram) &&
	    !rt_ram_make(&c->ram, ABI_CAP_FRAME, pages * PAGE, 1, rt_slot_at(c->frame)))
		rc = chunk_install(c);
	if (rc)
		chunk_free(c);
	return rc;
}

static int64_t frame_copy(struct abi_cap_at from, uint32_t to)
{
	return rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, from.depth, rt_slot_depth(to), 0, 0),
			 from.address, rt_slot_address(to), 0, 0, 0, NULL);
}

int chunk_frame(uint64_t va, uint32_t pages, bool large, uint32_t protection,
		struct abi_cap_at frame, uint64_t offset)
{
	struct chunk *c = chunk_alloc(va, pages, large, protection);
	int rc;

	if (!c)
		return -RT_ENOMEM;
	c->offset = offset;
	rc = frame_copy(frame, c->frame) ? -RT_EINVAL : chunk_install(c);
	if (rc)
		chunk_free(c);
	return rc;
}

/* The capability of @part, which is a part of @c's frame: cut out if the memory is ours. */
static int64_t part_make(const struct chunk *c, struct chunk *part)
{
	part->offset = c->offset + (part->va - c->va);
	if (!c->ram.pages)
		return frame_copy(rt_slot_at(c->frame), part->frame);
	part->ram = c->ram;
	part->ram.first += part->offset / PAGE;
	part->ram.pages = part->pages;
	part->offset = 0;
	return rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME,
					 rt_slot_depth(c->frame), rt_slot_depth(part->frame), 0, 1),
			 rt_slot_address(c->frame), rt_slot_address(part->frame), 0,
			 part->va - c->va, part->pages * PAGE, NULL);
}

static void part_undo(struct chunk *part)
{
	if (!part)
		return;
	part->ram.pages = 0;
	chunk_free(part);
}

/* The place of a large page gets a page table, which is made before. */
static void large_replace(struct chunk *c, const struct linked *link)
{
	struct directory *d = directories[directory_index(c->va)];
	struct table *t = table_at(c->va);
	int64_t rc = cap_map(link->piece.slot, 0, 0, d->link.piece.slot, table_index(c->va), 1,
			     link->mapping);

	if (rc)
		memory_fatal("a page table could not take a large page's place", rc);
	t->link = *link;
	large_pages--;
}

/* Nothing can fail any more: @low and @high have their frames. */
static void chunk_replace(struct chunk *c, struct chunk *low, struct chunk *high,
			  const struct linked *link)
{
	struct chunk **at = &table_at(c->va)->chunks;
	int64_t rc;

	while (*at != c)
		at = &(*at)->next;
	*at = c->next;
	cap_delete(c->frame);
	if (c->large)
		large_replace(c, link);
	rt_slot_free(c->frame);
	rt_slot_free(c->mapping);
	pool_put(&chunk_pool, c);
	rc = chunk_map(low);
	if (!rc)
		rc = chunk_map(high);
	if (rc)
		memory_fatal("a part of a mapping could not be mapped again", rc);
	chunk_link(low);
	chunk_link(high);
}

static int chunk_split(struct chunk *c, uint64_t va)
{
	uint32_t pages = (uint32_t)((va - c->va) / PAGE);
	struct chunk *low = chunk_alloc(c->va, pages, false, c->protection);
	struct chunk *high = chunk_alloc(va, c->pages - pages, false, c->protection);
	struct linked link = { 0 };
	int rc = -RT_ENOMEM;

	if (!low || !high)
		goto undo;
	if (c->large) {
		link.mapping = rt_slot_alloc();
		if (!link.mapping || rt_piece_new(ABI_CAP_PT, PAGE, &link.piece))
			goto undo;
	}
	/* The original's own range is no part of it: neither part is the whole. */
	if (part_make(c, low) || part_make(c, high))
		goto undo;
	chunk_replace(c, low, high, &link);
	return 0;

undo:
	rt_piece_end(&link.piece);
	rt_slot_free(link.mapping);
	part_undo(low);
	part_undo(high);
	return rc;
}

int chunks_split(uint64_t va)
{
	struct table *t = table_at(va);
	struct chunk *c = t ? t->chunks : NULL;

	while (c && chunk_end(c) <= va)
		c = c->next;
	return c && c->va < va ? chunk_split(c, va) : 0;
}

/* First byte of the next 2 MiB that may hold something. */
static uint64_t step(uint64_t va)
{
	if (!directories[directory_index(va)])
		return (va & ~(HUGE - 1)) + HUGE;
	return (va & ~(LARGE - 1)) + LARGE;
}

void chunks_drop(uint64_t start, uint64_t end)
{
	for (uint64_t va = start; va < end; va = step(va)) {
		struct table *t = table_at(va);
		struct chunk **at = t ? &t->chunks : NULL, *c;

		while (at && (c = *at)) {
			if (c->va < start || c->va >= end) {
				at = &c->next;
				continue;
			}
			*at = c->next;
			large_pages -= c->large;
			chunk_free(c);
		}
		if (t)
			table_put(va);
	}
}

static int chunk_protect(struct chunk *c, uint32_t protection)
{
	uint8_t was = c->protection;
	int64_t rc;

	if (was == protection)
		return 0;
	if (was)
		cap_delete(c->mapping);
	c->protection = (uint8_t)protection;
	rc = chunk_map(c);
	if (!rc)
		return 0;
	c->protection = was;
	if (chunk_map(c) && c->ram.pages)
		memory_fatal("a mapping could not be made again", rc);
	return -RT_EPERM;
}

int chunks_protect(uint64_t start, uint64_t end, uint32_t protection)
{
	int rc = 0;

	for (uint64_t va = start; va < end && !rc; va = step(va)) {
		struct table *t = table_at(va);

		for (struct chunk *c = t ? t->chunks : NULL; c && !rc; c = c->next) {
			if (c->va >= start && c->va < end)
				rc = chunk_protect(c, protection);
		}
	}
	return rc;
}

uint64_t chunks_present(uint64_t start, uint64_t end)
{
	uint64_t bytes = 0;

	for (uint64_t va = start; va < end; va = step(va)) {
		struct table *t = table_at(va);

		for (struct chunk *c = t ? t->chunks : NULL; c; c = c->next) {
			uint64_t low = c->va > start ? c->va : start;
			uint64_t high = chunk_end(c) < end ? chunk_end(c) : end;

			if (low < high)
				bytes += high - low;
		}
	}
	return bytes;
}

void tables_count(struct rt_vspace_counts *counts)
{
	counts->large_pages = large_pages;
	counts->tables = table_pool.used - large_pages;
}
