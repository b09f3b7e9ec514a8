// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Who waits for a lock, a semaphore or a barrier: a slot each, in a queue from the slot of what
 * they wait for. All of it is replicated, so that everybody agrees on who is next.
 */
#include "names_priv.h"

uint32_t names_enqueue(struct names *n, uint16_t i, const struct names_entry *e)
{
	struct names_slot *slots = n->memory.slots;
	uint32_t error = names_quota(n, e->node, e->domain, true);
	uint16_t w;

	if (error)
		return error;
	w = names_take(n, NAMES_WAITER, e->node, e->domain);
	if (w == NAMES_NONE)
		return NAMES_FULL;
	slots[w].number = e->number;
	slots[w].first = i;
	if (slots[i].last == NAMES_NONE) {
		slots[i].first = w;
	} else {
		slots[slots[i].last].next = w;
		names_touch(n, slots[i].last);
	}
	slots[i].last = w;
	names_touch(n, i);
	return NAMES_QUEUED;
}

/* The slot before @waiter in its queue; NAMES_NONE: it is the first. */
static uint16_t before(const struct names *n, uint16_t waiter)
{
	const struct names_slot *slots = n->memory.slots;
	uint16_t at = slots[slots[waiter].first].first, previous = NAMES_NONE;

	while (at != waiter) {
		previous = at;
		at = slots[at].next;
	}
	return previous;
}

/* A barrier is owned by the first who waits there, and gone with the last. */
static void barrier_left(struct names *n, uint16_t i)
{
	struct names_slot *slots = n->memory.slots, *s = &slots[i];

	s->value[1]--;
	if (s->first == NAMES_NONE)
		names_drop(n, i);
	else if (slots[s->first].node != s->node || slots[s->first].domain != s->domain)
		names_own(n, i, slots[s->first].node, slots[s->first].domain);
}

void names_leave(struct names *n, uint16_t waiter, uint32_t error)
{
	struct names_slot *slots = n->memory.slots;
	uint32_t node = slots[waiter].node;
	uint64_t number = slots[waiter].number;
	uint16_t i = slots[waiter].first, previous = before(n, waiter);

	if (previous == NAMES_NONE) {
		slots[i].first = slots[waiter].next;
	} else {
		slots[previous].next = slots[waiter].next;
		names_touch(n, previous);
	}
	if (slots[i].last == waiter)
		slots[i].last = previous;
	names_touch(n, i);
	names_drop(n, waiter);
	if (slots[i].kind == NAMES_BARRIER)
		barrier_left(n, i);
	names_done(n, node, number, error, NAMES_NONE);
}

/* All who wait at @i go on with @error; a barrier is gone then. */
void names_pass(struct names *n, uint16_t i, uint32_t error)
{
	struct names_slot *slots = n->memory.slots;
	uint16_t next, w = slots[i].first;

	for (; w != NAMES_NONE; w = next) {
		next = slots[w].next;
		names_leave(n, w, error);
	}
}

/*
 * The holder of lock @i has gone. A lock that is handed over counts as a name of its new holder,
 * even if that has as many as it may have: it was admitted as one who waits.
 */
void names_unlock(struct names *n, uint16_t i)
{
	struct names_slot *slots = n->memory.slots;
	uint16_t w = slots[i].first;

	if (w == NAMES_NONE) {
		names_drop(n, i);
		return;
	}
	names_own(n, i, slots[w].node, slots[w].domain);
	slots[i].version = n->counts.applied;
	names_leave(n, w, NAMES_OK);
}
