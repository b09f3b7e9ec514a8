// SPDX-License-Identifier: GPL-2.0-only
/* Rings and channel memory, by NUMA node. */
#include <linux/cpumask.h>
#include <linux/genalloc.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/topology.h>

#include "regions.h"

#define SHARED_MIN SZ_1M
#define SHARED_MAX SZ_64M

static_assert(REMORA_CONTROL_SLOTS == REMORA_PEER_SLOTS);
static_assert(REMORA_PLACES_MAX <= U8_MAX);

/* ---- which places there are ---- */

static unsigned int place_find(const struct remora_places *s, int numa)
{
	unsigned int i;

	for (i = 0; i < s->count; i++)
		if (s->place[i].numa == numa)
			return i;
	return s->count;
}

static void places_find(struct remora_partition *p)
{
	struct remora_places *s = &p->places;
	unsigned int i;

	memset(s, 0, sizeof(*s));
	s->nodes = p->core_count + 1;
	for (i = 0; i < p->memory.count && s->count < REMORA_PLACES_MAX; i++)
		if (place_find(s, p->memory.extent[i].numa) == s->count)
			s->place[s->count++].numa = p->memory.extent[i].numa;
}

static void place_assign(struct remora_places *s, unsigned int node, int numa)
{
	unsigned int i = place_find(s, numa);

	if (i == s->count)
		i = 0;
	s->of[node] = i;
	s->row[node] = s->place[i].receivers++;
}

/* ---- rings ---- */

static size_t ring_offset(const struct remora_partition *p, unsigned int row, unsigned int from)
{
	return (row * p->places.nodes + from) * urpc_ring_bytes(REMORA_PEER_SLOTS);
}

/* The core that joined, if one of the two is: then the other is node 0. */
static const struct remora_core *joined_of(const struct remora_partition *p, unsigned int from,
					   unsigned int to)
{
	unsigned int node = from ?: to;

	return node && p->cores[node - 1].joined ? &p->cores[node - 1] : NULL;
}

const struct remora_region *remora_ring_region(const struct remora_partition *p, unsigned int to)
{
	const struct remora_core *core = joined_of(p, 0, to);

	return core ? &core->control : &p->places.place[p->places.of[to]].rings;
}

/* Where in a region a ring is. */
static size_t ring_at(const struct remora_partition *p, unsigned int from, unsigned int to,
		      const struct remora_region **region)
{
	const struct remora_core *core = joined_of(p, from, to);

	if (core) {
		*region = &core->control;
		return from ? 0 : urpc_ring_bytes(REMORA_CONTROL_SLOTS);
	}
	*region = remora_ring_region(p, to);
	return ring_offset(p, p->places.row[to], from);
}

struct urpc_ring *remora_ring(const struct remora_partition *p, unsigned int from, unsigned int to)
{
	const struct remora_region *region;
	size_t at = ring_at(p, from, to, &region);

	return region->virt + at;
}

phys_addr_t remora_ring_phys(const struct remora_partition *p, unsigned int from, unsigned int to)
{
	const struct remora_region *region;
	size_t at = ring_at(p, from, to, &region);

	return region->phys + at;
}

int remora_control_alloc(struct remora_core *core)
{
	struct remora_partition *p = core->partition;
	int ret;

	mutex_lock(&p->shared_memory.lock);
	ret = remora_shared_alloc(p, 2 * urpc_ring_bytes(REMORA_CONTROL_SLOTS), core->cpu.numa,
				  &core->control);
	mutex_unlock(&p->shared_memory.lock);
	return ret;
}

void remora_control_free(struct remora_core *core)
{
	struct remora_partition *p = core->partition;

	mutex_lock(&p->shared_memory.lock);
	remora_shared_free(p, &core->control);
	mutex_unlock(&p->shared_memory.lock);
}

void remora_places_clear(struct remora_partition *p)
{
	unsigned int i;

	for (i = 0; i < p->places.count; i++)
		if (p->places.place[i].rings.bytes)
			memset(p->places.place[i].rings.virt, 0, p->places.place[i].rings.bytes);
}

int remora_places_rings(struct remora_partition *p, struct remora_error *err)
{
	unsigned int i;

	places_find(p);
	place_assign(&p->places, 0, cpu_to_node(cpumask_first(cpu_online_mask)));
	for (i = 0; i < p->core_count; i++)
		place_assign(&p->places, p->cores[i].node, p->cores[i].cpu.numa);
	for (i = 0; i < p->places.count; i++) {
		struct remora_place *place = &p->places.place[i];
		size_t bytes = ring_offset(p, place->receivers, 0);

		if (bytes && remora_region_alloc(&p->memory, bytes, PAGE_SIZE, place->numa,
						 &place->rings))
			return remora_regions_short(p, "rings", bytes, err);
	}
	return 0;
}

/* ---- channel memory ---- */

/*
 * The first place's: a quarter less each time it does not fit in one piece. The smallest partition
 * has room for the least; what other places get comes on top, and only where memory abounds.
 */
static int shared_alloc_first(struct remora_partition *p, u64 bytes, struct remora_error *err)
{
	struct remora_place *place = &p->places.place[0];

	for (;;) {
		bytes = round_down(bytes, PAGE_SIZE);
		if (!remora_region_alloc(&p->memory, bytes, PAGE_SIZE, place->numa, &place->shared))
			return 0;
		if (bytes == SHARED_MIN)
			return remora_regions_short(p, "channel memory", bytes, err);
		bytes = max_t(u64, bytes / 4 * 3, SHARED_MIN);
	}
}

int remora_places_shared(struct remora_partition *p, struct remora_error *err)
{
	struct remora_places *s = &p->places;
	u64 all = clamp_t(u64, p->memory.bytes / 8, SHARED_MIN, SHARED_MAX);
	bool each = all >= s->count * SHARED_MIN;
	unsigned int i;
	int ret;

	if (each)
		all = round_down(div_u64(all, s->count), PAGE_SIZE);
	ret = shared_alloc_first(p, all, err);
	for (i = 1; i < s->count && each && !ret; i++) {
		struct remora_place *place = &s->place[i];

		/* Memory elsewhere would be no better than the first place's. */
		if (!remora_region_alloc(&p->memory, all, PAGE_SIZE, place->numa, &place->shared) &&
		    place->shared.numa != place->numa)
			remora_region_free(&p->memory, &place->shared);
	}
	return ret;
}

void remora_places_free(struct remora_partition *p)
{
	unsigned int i;

	for (i = p->places.count; i > 0; i--) {
		remora_region_free(&p->memory, &p->places.place[i - 1].shared);
		remora_region_free(&p->memory, &p->places.place[i - 1].rings);
	}
}

/* ---- the allocator of channel memory ---- */

static int pool_open(struct remora_place *place)
{
	struct gen_pool *pool = gen_pool_create(PAGE_SHIFT, place->shared.numa);

	if (!pool)
		return -ENOMEM;
	if (gen_pool_add_virt(pool, (unsigned long)place->shared.virt, place->shared.phys,
			      place->shared.bytes, place->shared.numa)) {
		gen_pool_destroy(pool);
		return -ENOMEM;
	}
	place->pool = pool;
	return 0;
}

int remora_shared_open(struct remora_partition *p, struct remora_error *err)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&p->shared_memory.lock);
	for (i = 0; i < p->places.count && !ret; i++)
		if (p->places.place[i].shared.bytes)
			ret = pool_open(&p->places.place[i]);
	if (ret)
		remora_shared_close(p);
	mutex_unlock(&p->shared_memory.lock);
	return ret ? remora_fail(err, REMORA_R_NO_MEMORY, NULL) : 0;
}

void remora_shared_close(struct remora_partition *p)
{
	unsigned int i;

	lockdep_assert_held(&p->shared_memory.lock);
	for (i = 0; i < p->places.count; i++) {
		if (p->places.place[i].pool)
			gen_pool_destroy(p->places.place[i].pool);
		p->places.place[i].pool = NULL;
	}
}

u64 remora_shared_bytes(const struct remora_partition *p)
{
	u64 bytes = 0;
	unsigned int i;

	for (i = 0; i < p->places.count; i++)
		bytes += p->places.place[i].shared.bytes;
	return bytes;
}

static int shared_alloc_from(struct remora_partition *p, unsigned int i, size_t bytes,
			     struct remora_region *r)
{
	struct remora_place *place = &p->places.place[i];
	unsigned long virt = place->pool ? gen_pool_alloc(place->pool, bytes) : 0;

	if (!virt)
		return -ENOSPC;
	*r = (struct remora_region){
		.phys = gen_pool_virt_to_phys(place->pool, virt),
		.bytes = bytes,
		.virt = (void *)virt,
		.numa = place->shared.numa,
		.extent = i,
	};
	memset(r->virt, 0, bytes);
	return 0;
}

int remora_shared_alloc(struct remora_partition *p, size_t bytes, int numa, struct remora_region *r)
{
	unsigned int near = place_find(&p->places, numa), i;

	lockdep_assert_held(&p->shared_memory.lock);
	memset(r, 0, sizeof(*r));
	bytes = PAGE_ALIGN(bytes);
	if (!bytes)
		return -ENOSPC;
	if (near < p->places.count && !shared_alloc_from(p, near, bytes, r))
		return 0;
	for (i = 0; i < p->places.count; i++)
		if (i != near && !shared_alloc_from(p, i, bytes, r))
			return 0;
	return -ENOSPC;
}

void remora_shared_free(struct remora_partition *p, struct remora_region *r)
{
	lockdep_assert_held(&p->shared_memory.lock);
	if (!r->bytes)
		return;
	gen_pool_free(p->places.place[r->extent].pool, (unsigned long)r->virt, r->bytes);
	memset(r, 0, sizeof(*r));
}
