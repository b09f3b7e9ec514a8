// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The address space's operations. */
#include "area_priv.h"

int rt_vspace_init(const struct abi_cap_at *caps, unsigned int count)
{
	uint32_t was = memory_lock();
	int rc = count ? rt_ram_add(caps[0]) : -RT_ENOMEM;

	if (!rc)
		rc = meta_init();
	if (!rc)
		rc = ram_complete();
	for (unsigned int i = 1; i < count && !rc; i++)
		rc = rt_ram_add(caps[i]);
	memory_unlock(was);
	return rc;
}

static uint64_t round_up(uint64_t bytes)
{
	return (bytes + PAGE - 1) & ~(PAGE - 1);
}

static int range_check(uint64_t va, uint64_t bytes)
{
	return va % PAGE || bytes % PAGE || !bytes || va < RT_VSPACE_BASE ||
	       va >= RT_VSPACE_END || bytes > RT_VSPACE_END - va ? -RT_EINVAL : 0;
}

static int protection_check(uint32_t protection)
{
	if (protection & ~(uint32_t)(RT_READ | RT_WRITE | RT_EXECUTE))
		return -RT_EINVAL;
	return (protection & RT_WRITE) && (protection & RT_EXECUTE) ? -RT_EACCES : 0;
}

/* Bytes of a range that have no memory yet. */
static uint64_t owed(uint64_t start, uint64_t end)
{
	return end - start - chunks_present(start, end);
}

/* What both ends need so that a range can be changed without its neighbours. */
static int range_cut(uint64_t start, uint64_t end)
{
	int rc = areas_reserve(3);

	if (!rc)
		rc = chunks_split(start);
	if (!rc)
		rc = chunks_split(end);
	if (rc)
		return rc;
	area_cut(start);
	area_cut(end);
	return 0;
}

static int range_unmap(uint64_t start, uint64_t end)
{
	int rc = range_cut(start, end);

	if (rc)
		return rc;
	for (uint64_t i = area_index(start); i < area_count && areas[i].start < end; i++) {
		if (areas[i].promised)
			promise_end(owed(areas[i].start, areas[i].end));
	}
	chunks_drop(start, end);
	areas_remove(start, end);
	return 0;
}

/* Choose or clear the place. */
static int place_find(uint64_t *va, uint64_t bytes, uint32_t flags, uint64_t align)
{
	const struct area *next;
	int rc;

	if (!(flags & (RT_MAP_FIXED | RT_MAP_EXACTLY))) {
		uint64_t at = area_place(*va, bytes, align);

		if (!at)
			return -RT_ENOMEM;
		*va = at;
		return 0;
	}
	rc = range_check(*va, bytes);
	if (rc)
		return rc;
	next = &areas[area_index(*va)];
	if (next == areas + area_count || next->start >= *va + bytes)
		return 0;
	return flags & RT_MAP_FIXED ? range_unmap(*va, *va + bytes) : -RT_EEXIST;
}

static int map_memory(uint64_t *va, uint64_t bytes, uint32_t protection, uint32_t flags)
{
	struct area a = { .protection = (uint8_t)protection,
			  .kind = flags & RT_MAP_GUARD ? AREA_GUARD : AREA_MEMORY,
			  .promise = !(flags & RT_MAP_UNCOUNTED) };
	int rc = areas_reserve(1);

	if (!rc)
		rc = place_find(va, bytes, flags, bytes >= LARGE ? LARGE : PAGE);
	if (!rc && a.promise && protection) {
		rc = promise(bytes);
		a.promised = !rc;
	}
	if (rc)
		return rc;
	a.start = *va;
	a.end = *va + bytes;
	area_insert(&a);
	if (!(flags & RT_MAP_NOW))
		return 0;
	rc = populate_all(area_find(*va), *va, *va + bytes);
	if (rc && range_unmap(*va, *va + bytes))
		memory_fatal("a mapping could not be undone", rc);
	return rc;
}

int (*rt_vspace_short)(uint64_t bytes);

/* Who is disabled, or has the lock, cannot wait. */
static bool relieved(uint32_t was, uint64_t bytes)
{
	return !was && rt_vspace_short && !rt_vspace_short(bytes);
}

int rt_vspace_map(uint64_t *va, uint64_t bytes, uint32_t protection, uint32_t flags)
{
	uint64_t wish = *va;
	uint32_t was;
	int rc = protection_check(protection);

	if (rc)
		return rc;
	if (!bytes)
		return -RT_EINVAL;
	if (bytes > RT_VSPACE_END - RT_VSPACE_BASE)
		return -RT_ENOMEM;
	was = memory_lock();
	rc = map_memory(va, round_up(bytes), protection, flags);
	memory_unlock(was);
	if (rc != -RT_ENOMEM || !relieved(was, bytes))
		return rc;
	*va = wish;
	was = memory_lock();
	rc = map_memory(va, round_up(bytes), protection, flags);
	memory_unlock(was);
	return rc;
}

/* Pages of a frame in as few chunks as tables and large pages allow. */
static int frame_chunks(uint64_t va, uint64_t bytes, uint32_t protection, struct abi_cap_at frame,
			uint64_t offset, uint64_t physical)
{
	int rc = 0;

	for (uint64_t done = 0, part; done < bytes && !rc; done += part) {
		uint64_t at = va + done;
		bool large = !(at % LARGE) && !((physical + done) % LARGE) && bytes - done >= LARGE;

		part = LARGE - at % LARGE;
		if (part > bytes - done)
			part = bytes - done;
		rc = chunk_frame(at, (uint32_t)(part / PAGE), large, protection, frame,
				 offset + done);
		if (rc)
			chunks_drop(va, at);
	}
	return rc;
}

static int map_frame(struct abi_cap_at frame, uint64_t offset, uint64_t bytes, uint32_t protection,
		     uint32_t flags, uint64_t *va)
{
	struct area a = { .protection = (uint8_t)protection, .kind = AREA_FRAME };
	uint64_t physical;
	int rc = areas_reserve(1);

	if (rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, frame.depth, 0, 0, 0),
		      frame.address, 0, 0, 0, ABI_INVOKE_BASE, &physical))
		return -RT_EINVAL;
	if (!rc)
		rc = place_find(va, bytes, flags, bytes >= LARGE ? LARGE : PAGE);
	if (!rc)
		rc = frame_chunks(*va, bytes, protection, frame, offset, physical + offset);
	if (rc)
		return rc;
	a.start = *va;
	a.end = *va + bytes;
	area_insert(&a);
	return 0;
}

int rt_vspace_map_frame(struct abi_cap_at frame, uint64_t offset, uint64_t bytes,
			uint32_t protection, uint32_t flags, uint64_t *va)
{
	uint32_t was;
	int rc = protection_check(protection);

	if (rc)
		return rc;
	if (!bytes || bytes % PAGE || offset % PAGE || !protection)
		return -RT_EINVAL;
	if (bytes > RT_VSPACE_END - RT_VSPACE_BASE)
		return -RT_ENOMEM;
	was = memory_lock();
	rc = map_frame(frame, offset, bytes, protection, flags, va);
	memory_unlock(was);
	return rc;
}

int rt_vspace_unmap(uint64_t va, uint64_t bytes)
{
	uint32_t was;
	int rc = range_check(va, round_up(bytes));

	if (rc)
		return rc;
	was = memory_lock();
	rc = range_unmap(va, va + round_up(bytes));
	memory_unlock(was);
	return rc;
}

/* Is every address between in an area, and may it become @protection? Bytes to promise for that. */
static int protect_check(uint64_t start, uint64_t end, uint32_t protection, uint64_t *more)
{
	uint64_t at = start;

	*more = 0;
	for (uint64_t i = area_index(start); at < end; i++) {
		const struct area *a = &areas[i];
		uint64_t low = at, high;

		if (i >= area_count || a->start > at)
			return -RT_ENOMEM;
		high = a->end < end ? a->end : end;
		if (a->kind == AREA_GUARD && protection)
			return -RT_EACCES;
		if (a->promise && !a->promised && protection)
			*more += owed(low, high);
		at = high;
	}
	return 0;
}

static int range_protect(uint64_t start, uint64_t end, uint32_t protection)
{
	uint64_t more;
	int rc = protect_check(start, end, protection, &more);

	if (!rc)
		rc = promise(more);
	if (rc)
		return rc;
	rc = range_cut(start, end);
	if (!rc)
		rc = chunks_protect(start, end, protection);
	if (rc) {
		promise_end(more);
		return rc == -RT_EPERM ? -RT_EACCES : rc;
	}
	for (uint64_t i = area_index(start); i < area_count && areas[i].start < end; i++) {
		areas[i].protection = (uint8_t)protection;
		if (areas[i].promise && protection)
			areas[i].promised = true;
	}
	areas_join(start, end);
	return 0;
}

int rt_vspace_protect(uint64_t va, uint64_t bytes, uint32_t protection)
{
	uint32_t was;
	int rc = range_check(va, round_up(bytes));

	if (!rc)
		rc = protection_check(protection);
	if (rc)
		return rc;
	was = memory_lock();
	rc = range_protect(va, va + round_up(bytes), protection);
	memory_unlock(was);
	return rc;
}

static int area_grow(uint64_t end, uint64_t more)
{
	const struct area *a = area_find(end - 1);
	struct area added;
	int rc = areas_reserve(1);

	if (rc || !a || a->end != end || a->kind != AREA_MEMORY || more > RT_VSPACE_END - end)
		return -RT_ENOMEM;
	if (area_index(end) < area_count && areas[area_index(end)].start < end + more)
		return -RT_ENOMEM;
	a = area_find(end - 1);
	added = *a;
	if (added.promised)
		rc = promise(more);
	if (rc)
		return rc;
	added.start = end;
	added.end = end + more;
	area_insert(&added);
	return 0;
}

int rt_vspace_grow(uint64_t va, uint64_t bytes, uint64_t more)
{
	uint32_t was;
	int rc = range_check(va, round_up(bytes));

	if (rc)
		return rc;
	if (!more || more % PAGE)
		return -RT_EINVAL;
	was = memory_lock();
	rc = area_grow(va + round_up(bytes), more);
	memory_unlock(was);
	return rc;
}

/* What had memory is promised again: there is enough, it was just given back. */
static int range_discard(uint64_t start, uint64_t end)
{
	int rc = range_cut(start, end);

	for (uint64_t i = area_index(start); !rc && i < area_count && areas[i].start < end; i++) {
		struct area *a = &areas[i];

		if (a->kind == AREA_FRAME)
			rc = -RT_EINVAL;
		if (a->kind != AREA_MEMORY)
			continue;
		if (a->promised)
			promise_again(chunks_present(a->start, a->end));
		chunks_drop(a->start, a->end);
	}
	areas_join(start, end);
	return rc;
}

int rt_vspace_discard(uint64_t va, uint64_t bytes)
{
	uint32_t was;
	int rc = range_check(va, round_up(bytes));

	if (rc)
		return rc;
	was = memory_lock();
	rc = range_discard(va, va + round_up(bytes));
	memory_unlock(was);
	return rc;
}

uint64_t rt_vspace_stack(uint64_t bytes, uint64_t *low)
{
	uint64_t va = 0, guard;

	bytes = round_up(bytes);
	if (bytes < 2 * PAGE || rt_vspace_map(&va, bytes, RT_NONE, RT_MAP_UNCOUNTED))
		return 0;
	guard = va;
	if (rt_vspace_map(&guard, PAGE, RT_NONE, RT_MAP_FIXED | RT_MAP_UNCOUNTED | RT_MAP_GUARD) ||
	    rt_vspace_protect(va + PAGE, bytes - PAGE, RT_READ | RT_WRITE)) {
		rt_vspace_unmap(va, bytes);
		return 0;
	}
	*low = va;
	return va + bytes;
}

void rt_vspace_count(struct rt_vspace_counts *counts)
{
	uint32_t was = memory_lock();

	*counts = (struct rt_vspace_counts){ .areas = area_count, .faults = fault_count,
					     .promised_bytes = promised_bytes() };
	for (uint64_t i = 0; i < area_count; i++) {
		counts->mapped_bytes += areas[i].end - areas[i].start;
		counts->present_bytes += chunks_present(areas[i].start, areas[i].end);
	}
	tables_count(counts);
	memory_unlock(was);
}
