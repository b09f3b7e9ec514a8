/* SPDX-License-Identifier: GPL-2.0-only */
/* What each node has of capabilities, as the checks see it: no two anywhere may contradict. */
#ifndef SIM_PLACE_H
#define SIM_PLACE_H

#include <cap_agree.h>
#include <cap_type.h>

#include "sim.h"

#define PLACE_SEEN 64u

/** struct place_cap - a capability as the checks see it; @since: when it was first seen, in ticks */
struct place_cap {
	uint64_t base;
	uint64_t end;
	uint32_t type;
	uint64_t since;
};

/**
 * struct place - of one node
 * @space:   the CPU driver's; NULL: the node has no capabilities
 * @seen:    the objects that were there after the last step, in the database's order; @count of them
 * @touched: they may have changed since
 */
struct place {
	const struct cap_space *space;
	struct place_cap seen[PLACE_SEEN];
	uint32_t count;
	bool touched;
};

/**
 * place_check - hold what a node has against what all others have
 * @places: of all nodes; those not alive have no capabilities
 */
void place_check(struct sim *sim, struct place *const *places, uint32_t node);

/** place_same - the same object? */
bool place_same(const struct place_cap *a, const struct place_cap *b);

/** place_derived - could @inner be made of @outer? Not of what is the same. */
bool place_derived(const struct place_cap *outer, const struct place_cap *inner);

/** place_overlap - do they share a byte? */
static inline bool place_overlap(const struct place_cap *a, const struct place_cap *b)
{
	return a->base < b->end && b->base < a->end;
}

#endif
