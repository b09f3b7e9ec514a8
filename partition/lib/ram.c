// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Which pages of the domain's RAM are in use: a bit each. */
#include <base/string.h>

#include "memory_priv.h"

#define EARLY_WORDS 64u /* of the first region, before there is an address space: 16 MiB */

/*
 * @base:  physical address; @pages in all; @limit: those before it have bits in @used
 * @hint:  no page before it is free
 */
struct region {
	struct abi_cap_at cap;
	uint64_t base;
	uint64_t pages;
	uint64_t limit;
	uint64_t free;
	uint64_t hint;
	uint64_t *used;
};

static struct region regions[RT_RAM_REGIONS];

int64_t (*ram_agreed)(const uint64_t word[6]);
static uint32_t region_count;
static uint64_t early[EARLY_WORDS];

/* The first page from @at on whose bit is @wanted, or @end. */
static uint64_t bit_find(const struct region *r, uint64_t at, uint64_t end, bool wanted)
{
	while (at < end) {
		uint64_t word = wanted ? r->used[at / 64] : ~r->used[at / 64];

		word >>= at % 64;
		if (word) {
			at += (uint64_t)__builtin_ctzll(word);
			return at < end ? at : end;
		}
		at = (at | 63) + 1;
	}
	return end;
}

static void bits_change(struct region *r, uint64_t at, uint64_t pages, bool used)
{
	for (uint64_t end = at + pages; at < end;) {
		uint64_t count = 64 - at % 64, mask = ~0ull;

		if (count > end - at)
			count = end - at;
		if (count < 64)
			mask = ((1ull << count) - 1) << at % 64;
		if (used)
			r->used[at / 64] |= mask;
		else
			r->used[at / 64] &= ~mask;
		at += count;
	}
}

/* The next page from @at on that has an aligned address. */
static uint64_t align_up(const struct region *r, uint64_t at, uint64_t align)
{
	uint64_t base = r->base / PAGE;

	return ((base + at + align - 1) & ~(align - 1)) - base;
}

/* Return: the first page of a free range, or r->limit. */
static uint64_t range_find(const struct region *r, uint64_t pages, uint64_t align)
{
	uint64_t at = r->hint, used;

	for (;;) {
		at = align_up(r, bit_find(r, at, r->limit, false), align);
		if (at >= r->limit || pages > r->limit - at)
			return r->limit;
		used = bit_find(r, at, at + pages, true);
		if (used == at + pages)
			return at;
		at = used + 1;
	}
}

static bool region_alloc(uint32_t i, uint64_t pages, uint64_t align, struct rt_ram *ram)
{
	struct region *r = &regions[i];
	uint64_t at;

	if (r->free < pages)
		return false;
	r->hint = bit_find(r, r->hint, r->limit, false);
	at = range_find(r, pages, align);
	if (at >= r->limit)
		return false;
	bits_change(r, at, pages, true);
	r->free -= pages;
	*ram = (struct rt_ram){ .region = i, .first = at, .pages = (uint32_t)pages };
	return true;
}

int rt_ram_alloc(uint64_t bytes, uint64_t align, struct rt_ram *ram)
{
	uint32_t was;
	bool done = false;

	if (!bytes || bytes % PAGE || bytes / PAGE > UINT32_MAX || align < PAGE ||
	    (align & (align - 1)))
		return -RT_EINVAL;
	was = memory_lock();
	for (uint32_t i = 0; i < region_count && !done; i++)
		done = region_alloc(i, bytes / PAGE, align / PAGE, ram);
	memory_unlock(was);
	return done ? 0 : -RT_ENOMEM;
}

void rt_ram_free(const struct rt_ram *ram)
{
	struct region *r = &regions[ram->region];
	uint32_t was;

	if (!ram->pages)
		return;
	was = memory_lock();
	if (ram->region >= region_count || ram->first >= r->limit ||
	    ram->pages > r->limit - ram->first ||
	    bit_find(r, ram->first, ram->first + ram->pages, false) != ram->first + ram->pages)
		memory_fatal("memory was freed that is not in use, page", (int64_t)ram->first);
	bits_change(r, ram->first, ram->pages, false);
	r->free += ram->pages;
	if (ram->first < r->hint)
		r->hint = ram->first;
	memory_unlock(was);
}

uint64_t rt_ram_physical(const struct rt_ram *ram)
{
	return regions[ram->region].base + ram->first * PAGE;
}

int64_t rt_ram_make(const struct rt_ram *ram, uint32_t type, uint64_t bytes, uint64_t count,
		    struct abi_cap_at to)
{
	const struct region *r = &regions[ram->region];
	const uint64_t word[6] = {
		ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, r->cap.depth, to.depth, 0, count),
		r->cap.address, to.address, 0, ram->first * PAGE, bytes
	};
	int64_t rc = rt_invoke(word[0], word[1], word[2], word[3], word[4], word[5], NULL);

	return rc == -ABI_CAP_E_REMOTE && ram_agreed ? ram_agreed(word) : rc;
}

static int64_t identify(struct abi_cap_at cap, enum abi_invoke_word word, uint64_t *value)
{
	return rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, cap.depth, 0, 0, 0),
			 cap.address, 0, 0, 0, word, value);
}

/* A map for all pages in place of the one for the first ones, if need be. */
static int map_grow(struct region *r)
{
	uint64_t words = (r->pages + 63) / 64, *map;

	if (r->limit == r->pages)
		return 0;
	map = meta_alloc(words * sizeof(*map));
	if (!map)
		return -RT_ENOMEM;
	if (r->limit)
		memcpy(map, r->used, r->limit / 8);
	r->used = map;
	r->free += r->pages - r->limit;
	r->limit = r->pages;
	return 0;
}

/* The region is nobody's before it is counted: another thread may add one meanwhile. */
static int region_add(const struct region *added)
{
	struct region *r = &regions[region_count];
	int rc = 0;

	if (region_count == RT_RAM_REGIONS)
		return -RT_ENOMEM;
	*r = *added;
	if (!region_count) {
		r->used = early;
		r->limit = r->pages < EARLY_WORDS * 64 ? r->pages : EARLY_WORDS * 64;
		r->free = r->limit;
	} else {
		rc = map_grow(r);
	}
	region_count += !rc;
	return rc;
}

int rt_ram_add(struct abi_cap_at cap)
{
	struct region r = { .cap = cap };
	uint64_t kind, bytes;
	uint32_t was;
	int rc;

	if (identify(cap, ABI_INVOKE_KIND, &kind) || (kind & 0xffff) != ABI_CAP_RAM ||
	    identify(cap, ABI_INVOKE_BASE, &r.base) || identify(cap, ABI_INVOKE_BYTES, &bytes))
		return -RT_EINVAL;
	r.pages = bytes / PAGE;
	was = memory_lock();
	rc = region_add(&r);
	memory_unlock(was);
	return rc;
}

int ram_complete(void)
{
	return region_count ? map_grow(&regions[0]) : -RT_ENOMEM;
}

int rt_piece_new(uint32_t type, uint64_t bytes, struct rt_piece *piece)
{
	uint64_t align = bytes & (bytes - 1) ? PAGE : bytes;
	uint32_t slot = rt_slot_alloc();
	int rc = slot ? rt_ram_alloc(bytes, align, &piece->ram) : -RT_ENOMEM;

	if (rc)
		goto no_ram;
	if (rt_ram_make(&piece->ram, type, bytes, 1, rt_slot_at(slot))) {
		rc = -RT_EINVAL;
		goto not_made;
	}
	piece->slot = slot;
	return 0;

not_made:
	rt_ram_free(&piece->ram);
no_ram:
	rt_slot_free(slot);
	*piece = (struct rt_piece){ 0 };
	return rc;
}

void rt_piece_end(struct rt_piece *piece)
{
	uint32_t slot = piece->slot;

	if (!slot)
		return;
	rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, rt_slot_depth(slot), 0, 0, 0),
		  rt_slot_address(slot), 0, 0, 0, 0, NULL);
	rt_slot_drop(slot);
	rt_ram_free(&piece->ram);
	*piece = (struct rt_piece){ 0 };
}

uint64_t rt_ram_free_bytes(void)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < region_count; i++)
		pages += regions[i].free;
	return pages * PAGE;
}

uint64_t rt_ram_total_bytes(void)
{
	uint64_t pages = 0;

	for (uint32_t i = 0; i < region_count; i++)
		pages += regions[i].limit;
	return pages * PAGE;
}
