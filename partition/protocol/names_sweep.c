// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* What is left by a domain that has ended, or a node that is gone: in the order of the slots. */
#include "names_priv.h"

static bool belongs(const struct names_slot *s, uint32_t node, uint32_t domain, bool whole_node)
{
	return s->kind && s->node == node && (whole_node || s->domain == domain);
}

/* A name goes, or stays without an owner; a lock is handed to who is next. */
static void leave_behind(struct names *n, uint16_t i, bool whole_node)
{
	const struct names_slot *s = &n->memory.slots[i];

	if (s->kind == NAMES_LOCK) {
		names_unlock(n, i);
	} else if (whole_node || (s->flags & NAMES_EPHEMERAL)) {
		if (s->kind == NAMES_RECORD)
			names_changed(n, NAMES_GONE, i);
		names_pass(n, i, NAMES_REMOVED);
		names_drop(n, i);
	} else {
		names_own(n, i, s->node, NAMES_NOBODY);
	}
}

/*
 * First all who wait are taken out of their queues, so that no lock is handed to one of them; with
 * its last waiter a barrier goes by itself, else it has become somebody else's.
 */
void names_sweep(struct names *n, uint32_t node, uint32_t domain, bool whole_node)
{
	for (uint32_t i = 0; i < n->limits.slots; i++) {
		const struct names_slot *s = &n->memory.slots[i];

		if (s->kind == NAMES_WAITER && belongs(s, node, domain, whole_node))
			names_leave(n, (uint16_t)i, NAMES_REMOVED);
	}
	for (uint32_t i = 0; i < n->limits.slots; i++)
		if (belongs(&n->memory.slots[i], node, domain, whole_node))
			leave_behind(n, (uint16_t)i, whole_node);
}
