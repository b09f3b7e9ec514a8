// SPDX-License-Identifier: GPL-2.0-only
/* Capabilities of a node, and the rule that no two anywhere contradict each other. */
#include <string.h>

#include <cap_mdb.h>

#include "place.h"

/* Types that can be made of a type in any number of steps, from the list of steps alone. */
static uint32_t reach_of(uint32_t type)
{
	static uint32_t known[ABI_CAP_TYPE_COUNT];
	uint32_t reach = cap_types[type].into, before;

	if (known[type])
		return known[type];
	do {
		before = reach;
		for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++)
			if (reach & 1u << t)
				reach |= cap_types[t].into;
	} while (reach != before);
	known[type] = reach;
	return reach;
}

bool place_derived(const struct place_cap *outer, const struct place_cap *inner)
{
	if (inner->base < outer->base || inner->end > outer->end)
		return false;
	if (inner->base == outer->base && inner->end == outer->end && inner->type == outer->type)
		return false;
	return reach_of(outer->type) & 1u << inner->type;
}

bool place_same(const struct place_cap *a, const struct place_cap *b)
{
	return a->base == b->base && a->end == b->end && a->type == b->type;
}

/* May these two be at once? */
static bool compatible(const struct place_cap *a, const struct place_cap *b)
{
	return !place_overlap(a, b) || place_same(a, b) || place_derived(a, b) || place_derived(b, a) ||
	       (a->type == b->type && (cap_types[a->type].traits & ABI_CAP_IS_SHARED));
}

static void against_all(struct sim *sim, struct place *const *places, uint32_t node,
			const struct place_cap *cap)
{
	for (uint32_t other = 0; other < sim->nodes; other++) {
		const struct place *p = places[other];

		for (uint32_t i = 0; p && other != node && sim->node[other].alive && i < p->count; i++)
			if (!compatible(cap, &p->seen[i]))
				sim_fail(sim,
					 "type %u [%llx, %llx) at node %u, type %u [%llx, %llx) at node %u",
					 cap->type, (unsigned long long)cap->base,
					 (unsigned long long)cap->end, node, p->seen[i].type,
					 (unsigned long long)p->seen[i].base,
					 (unsigned long long)p->seen[i].end, other);
	}
}

void place_check(struct sim *sim, struct place *const *places, uint32_t node)
{
	struct place *p = places[node];
	struct place_cap before[PLACE_SEEN];
	uint32_t was = p->count, old = 0;
	const struct cap_entry *e;

	if (!p->touched)
		return;
	p->touched = false;
	p->count = 0;
	if (!sim->node[node].alive || !p->space)
		return;
	memcpy(before, p->seen, was * sizeof(before[0]));
	for (e = cap_mdb_first(p->space, ABI_CAP_SPACE_MEMORY); e; e = cap_mdb_next(e)) {
		struct place_cap cap = { e->base, e->end, e->type, sim->now };
		uint32_t i;

		if (p->count && place_same(&p->seen[p->count - 1], &cap))
			continue;
		if (p->count == PLACE_SEEN) {
			sim_fail(sim, "node %u has more capabilities than slots", node);
			return;
		}
		/* Both lists are in the same order. */
		for (i = old; i < was && !place_same(&before[i], &cap); i++)
			;
		if (i < was) {
			old = i + 1;
			cap.since = before[i].since;
		} else {
			against_all(sim, places, node, &cap);
		}
		p->seen[p->count++] = cap;
	}
}
