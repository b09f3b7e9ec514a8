// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The list of areas: sorted, in one array. */
#include <base/string.h>

#include "area_priv.h"

#define FIRST_AREAS 64u

static struct area first[FIRST_AREAS];
struct area *areas = first;
uint64_t area_count;
static uint64_t area_room = FIRST_AREAS;

uint64_t area_index(uint64_t va)
{
	uint64_t low = 0, high = area_count;

	while (low < high) {
		uint64_t middle = (low + high) / 2;

		if (areas[middle].end <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct area *area_find(uint64_t va)
{
	uint64_t i = area_index(va);

	return i < area_count && areas[i].start <= va ? &areas[i] : NULL;
}

static uint64_t place_from(uint64_t at, uint64_t bytes, uint64_t align)
{
	for (uint64_t i = area_index(at);; i++) {
		uint64_t end = i < area_count ? areas[i].start : RT_VSPACE_END;

		at = (at + align - 1) & ~(align - 1);
		if (at < end && bytes <= end - at)
			return at;
		if (i >= area_count)
			return 0;
		at = areas[i].end;
	}
}

uint64_t area_place(uint64_t wish, uint64_t bytes, uint64_t align)
{
	uint64_t at = 0;

	if (wish >= RT_VSPACE_BASE && wish < RT_VSPACE_END)
		at = place_from(wish & ~(PAGE - 1), bytes, align);
	return at ? at : place_from(RT_VSPACE_BASE, bytes, align);
}

int areas_reserve(uint64_t more)
{
	struct area *larger;

	if (area_count + more <= area_room)
		return 0;
	larger = meta_alloc(2 * area_room * sizeof(*larger));
	if (!larger)
		return -RT_ENOMEM;
	memcpy(larger, areas, area_count * sizeof(*larger));
	areas = larger;
	area_room *= 2;
	return 0;
}

static void array_insert(uint64_t i, const struct area *a)
{
	memmove(&areas[i + 1], &areas[i], (area_count - i) * sizeof(*a));
	areas[i] = *a;
	area_count++;
}

static void array_remove(uint64_t i, uint64_t count)
{
	memmove(&areas[i], &areas[i + count], (area_count - i - count) * sizeof(areas[0]));
	area_count -= count;
}

static bool alike(const struct area *a, const struct area *b)
{
	return a->kind == AREA_MEMORY && b->kind == AREA_MEMORY && a->end == b->start &&
	       a->protection == b->protection && a->promise == b->promise &&
	       a->promised == b->promised;
}

void areas_join(uint64_t start, uint64_t end)
{
	uint64_t i = area_index(start);

	if (i)
		i--;
	while (i + 1 < area_count && areas[i].start < end) {
		if (!alike(&areas[i], &areas[i + 1])) {
			i++;
			continue;
		}
		areas[i].end = areas[i + 1].end;
		array_remove(i + 1, 1);
	}
}

void area_insert(const struct area *a)
{
	array_insert(area_index(a->start), a);
	areas_join(a->start, a->end);
}

void area_cut(uint64_t va)
{
	struct area *a = area_find(va), high;

	if (!a || a->start == va)
		return;
	high = *a;
	high.start = va;
	a->end = va;
	array_insert((uint64_t)(a - areas) + 1, &high);
}

void areas_remove(uint64_t start, uint64_t end)
{
	uint64_t i = area_index(start), after = area_index(end);

	/* The one after begins at @end, or behind it. */
	array_remove(i, after - i);
}
