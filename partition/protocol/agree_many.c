// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Votes, outcomes and acknowledgements of several attempts of one coordinator in one message: what
 * comes up in a turn is put together here, and sent at its end. A slot of the coordinator's stands for
 * the attempt that has it: the next one gets it after all have acknowledged, so never while something
 * about the last is under way in the same view.
 *
 * What is received is checked as a whole before any of it counts.
 */
#include "agree_priv.h"

#define for_each_slot(slot, mask) \
	for (uint32_t rest_ = (mask), slot; rest_ && (slot = (uint32_t)__builtin_ctz(rest_), true); \
	     rest_ &= rest_ - 1)

static struct agree_say *say_of(struct agree *a, uint32_t coordinator)
{
	protocol_set_add(&a->saying, coordinator);
	a->says = true;
	return &a->memory.peers[coordinator].say;
}

/* ---- what is to be said ---- */

/* A yes, to an operation that needs no heir. Return: false: it must be said alone */
bool agree_say_vote(struct agree *a, const struct agree_entry *e)
{
	if (e->vote != AGREE_VOTE_YES || e->kind == AGREE_DELETE)
		return false;
	say_of(a, e->coordinator)->yes |= 1u << SLOT_OF(e->id);
	return true;
}

/* Return: to how many. */
uint32_t agree_say_outcome(struct agree *a, const struct agree_entry *e, bool commit)
{
	uint32_t bit = 1u << SLOT_OF(e->id), children = route_children(&a->route, e->coordinator);
	struct agree_say *s;

	if (!children)
		return 0;
	s = say_of(a, e->coordinator);
	s->commit |= commit ? bit : 0;
	s->abort |= commit ? 0 : bit;
	a->outcomes = true;
	return children;
}

void agree_say_done(struct agree *a, uint32_t coordinator, uint32_t id)
{
	say_of(a, coordinator)->done |= 1u << SLOT_OF(id);
}

static void send_outcomes(struct agree *a, uint32_t coordinator, struct agree_say *s)
{
	const struct agree_outcomes m = { a->view, (uint16_t)coordinator, s->commit, s->abort };
	uint8_t buffer[AGREE_OUTCOMES_MAX];
	uint32_t bytes, child, index = 0;

	if (!(s->commit | s->abort))
		return;
	bytes = agree_outcomes_encode(&m, buffer);
	while ((child = route_child(&a->route, coordinator, index++)) != PROTOCOL_NODE_NONE)
		protocol_send(&a->port, child, AGREE_OUTCOMES, buffer, bytes);
	s->commit = 0;
	s->abort = 0;
}

/* Before a new attempt is told of: what it would have met has been decided, and that is known there. */
void agree_say_outcomes(struct agree *a)
{
	uint32_t node;

	if (!a->outcomes)
		return;
	a->outcomes = false;
	protocol_set_each(node, &a->saying)
		send_outcomes(a, node, &a->memory.peers[node].say);
}

static void send_up(struct agree *a, uint32_t coordinator, const struct agree_say *s)
{
	uint32_t parent = route_parent(&a->route, coordinator);

	if (s->yes) {
		const struct agree_votes m = { a->view, (uint16_t)coordinator, a->clock, s->yes };

		agree_votes_out(&a->port, parent, &m);
	}
	if (s->done) {
		const struct agree_acks m = { a->view, (uint16_t)coordinator, s->done };

		agree_acks_out(&a->port, parent, &m);
	}
}

void agree_say_all(struct agree *a)
{
	uint32_t node;

	if (!a->says)
		return;
	agree_say_outcomes(a);
	protocol_set_each(node, &a->saying)
		send_up(a, node, &a->memory.peers[node].say);
	agree_say_nothing(a);
}

void agree_say_nothing(struct agree *a)
{
	uint32_t node;

	protocol_set_each(node, &a->saying)
		a->memory.peers[node].say = (struct agree_say){ 0 };
	protocol_set_clear(&a->saying);
	a->says = false;
	a->outcomes = false;
}

/* ---- what has come ---- */

static struct agree_entry *entry_of(struct agree *a, uint32_t coordinator, uint32_t slot)
{
	return agree_entry_find(a, coordinator, a->memory.peers[coordinator].id[slot]);
}

static bool votes_fit(struct agree *a, uint32_t from, const struct agree_votes *m)
{
	if (!m->yes || m->clock >= TIME_MAX || m->coordinator >= a->memory.nodes ||
	    !route_is_child(&a->route, m->coordinator, from))
		return false;
	for_each_slot(slot, m->yes) {
		struct agree_entry *e = entry_of(a, m->coordinator, slot);

		if (!e || agree_decided(e) || !e->missing || e->kind == AGREE_DELETE ||
		    agree_has_heard(a, e, from))
			return false;
	}
	return true;
}

int agree_take_votes(struct agree *a, uint32_t from, const struct agree_votes *m)
{
	if (!votes_fit(a, from, m))
		return -URPC_EPROTO;
	agree_clock(a, m->clock);
	for_each_slot(slot, m->yes) {
		struct agree_entry *e = entry_of(a, m->coordinator, slot);

		agree_heard(a, e, from);
		if (!--e->missing)
			agree_advance(a, e);
	}
	return 0;
}

/* An attempt for which there was no room here: it cannot have been committed. */
static bool unknown_fits(const struct agree_peer *p, uint32_t slot, bool commit)
{
	return p->id[slot] && !(p->ended >> slot & 1) && !commit;
}

static bool outcomes_fit(struct agree *a, uint32_t from, const struct agree_outcomes *m)
{
	if ((m->commit & m->abort) || !(m->commit | m->abort) || m->coordinator == a->self ||
	    !protocol_set_has(&a->members, m->coordinator) ||
	    route_parent(&a->route, m->coordinator) != from)
		return false;
	for_each_slot(slot, m->commit | m->abort) {
		const struct agree_entry *e = entry_of(a, m->coordinator, slot);
		bool commit = m->commit >> slot & 1;

		if (!e && !unknown_fits(&a->memory.peers[m->coordinator], slot, commit))
			return false;
		if (e && (agree_decided(e) || !(e->flags & F_SENT) || (e->flags & F_ALONE) ||
			  (commit && (e->vote != AGREE_VOTE_YES || e->kind == AGREE_DELETE))))
			return false;
	}
	return true;
}

/* Those below have not heard of it. */
static void abort_unknown(struct agree *a, uint32_t coordinator, uint32_t id)
{
	const struct agree_decide m = {
		.view = a->view,
		.coordinator = (uint16_t)coordinator,
		.id = id,
		.heir = NONE,
		.what = AGREE_OUTCOME_ABORT,
	};

	agree_peer_decided(a, coordinator, id, false);
	agree_send_decide(a, &m);
	agree_say_done(a, coordinator, id);
}

int agree_take_outcomes(struct agree *a, uint32_t from, const struct agree_outcomes *m)
{
	if (!outcomes_fit(a, from, m))
		return -URPC_EPROTO;
	for_each_slot(slot, m->commit | m->abort) {
		struct agree_entry *e = entry_of(a, m->coordinator, slot);
		bool commit = m->commit >> slot & 1;

		if (!e) {
			abort_unknown(a, m->coordinator,
				      a->memory.peers[m->coordinator].id[slot]);
			continue;
		}
		e->missing = (uint16_t)agree_say_outcome(a, e, commit);
		agree_decide_entry(a, e, commit);
		agree_advance(a, e);
	}
	return 0;
}

/* Of a child of a node that had no entry: nobody counts it. */
static bool uncounted(const struct agree *a, uint32_t coordinator, uint32_t slot)
{
	return coordinator != a->self && protocol_set_has(&a->members, coordinator) &&
	       a->memory.peers[coordinator].id[slot];
}

static bool acks_fit(struct agree *a, uint32_t from, const struct agree_acks *m)
{
	if (!m->done || m->coordinator >= a->memory.nodes ||
	    !route_is_child(&a->route, m->coordinator, from))
		return false;
	for_each_slot(slot, m->done) {
		const struct agree_entry *e = entry_of(a, m->coordinator, slot);

		if (!e && !uncounted(a, m->coordinator, slot))
			return false;
		if (e && (!agree_decided(e) || !e->missing || agree_has_heard(a, e, from)))
			return false;
	}
	return true;
}

int agree_take_acks(struct agree *a, uint32_t from, const struct agree_acks *m)
{
	if (!acks_fit(a, from, m))
		return -URPC_EPROTO;
	for_each_slot(slot, m->done) {
		struct agree_entry *e = entry_of(a, m->coordinator, slot);

		if (!e)
			continue;
		agree_heard(a, e, from);
		if (!--e->missing)
			agree_advance(a, e);
	}
	return 0;
}
