// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * An attempt at one node, the coordinator's included: the lock, this node's vote, what is put
 * together of it and the votes below, the decision, and carrying it out.
 *
 * Who waits for whom, so that nobody waits in a circle:
 *
 *   a transfer's answer        for nothing
 *   a DELETE's decision        for older and younger DELETEs by wait-die, and for transfers
 *   carrying out a decision    for DELETEs: what a dying object held
 *   another decision           for the above, and for others of its kind by wait-die
 */
#include "agree_priv.h"

/*
 * Was this attempt decided, as far as is known here, or is it of a node that went? What is decided
 * waits for nobody who has not been.
 */
static bool known(const struct agree_entry *f, uint32_t coordinator, uint32_t id)
{
	return agree_decided(f) || (f->coordinator == coordinator && f->id == id);
}

/* Nobody before it in the list stands in its way. */
static bool is_free(const struct agree *a, const struct agree_entry *e)
{
	if (e->clear)
		return true;
	for_each_entry(f, a) {
		if (f == e)
			break;
		if (agree_holds(f) && agree_conflict(e, f))
			return false;
	}
	return true;
}

/*
 * It has come: does it wait for all that stand in its way? Not for an older one, so that who waits
 * for that holds nothing.
 */
void agree_meet(const struct agree *a, struct agree_entry *e, uint32_t after, uint32_t after_id)
{
	e->clear = true;
	for_each_entry(f, a) {
		if (f == e || !agree_holds(f) || !agree_conflict(e, f))
			continue;
		e->clear = false;
		if (known(f, after, after_id) || agree_older(e, f->time, f->coordinator))
			continue;
		e->vote = AGREE_VOTE_BUSY;
		e->blocker = f->coordinator;
		e->blocker_id = f->id;
		e->state = ENTRY_VOTED;
		return;
	}
}

/* What is on its way belongs to nobody's vote: wait until it is here again, or there. */
static bool transfers_land(const struct agree *a, const struct agree_entry *e)
{
	for (uint32_t i = 0; i < AGREE_GIVES_MAX; i++) {
		if (a->gives[i].state == GIVE_FLYING && agree_give_conflict(&a->gives[i].object, e))
			return false;
	}
	return true;
}

static void hold_still(struct agree *a, struct agree_entry *e, bool on)
{
	struct agree_request q;

	if (e->kind != AGREE_DELETE || on == !!(e->flags & F_BUSY))
		return;
	agree_request_of(e, &q);
	a->local.busy(a->local.ctx, &q, on);
	e->flags ^= F_BUSY;
}

void agree_release(struct agree *a, struct agree_entry *e)
{
	hold_still(a, e, false);
	if (agree_holds(e))
		a->wake = true;
	if (e->flags & F_LOCKED)
		a->released = true;
	e->flags &= (uint8_t)~F_LOCKED;
}

/* This node's own vote. Return: false: not yet */
static bool vote(struct agree *a, struct agree_entry *e)
{
	bool mine = e->coordinator == a->self;
	struct agree_request q;
	uint32_t relations = 0;
	int rc;

	agree_request_of(e, &q);
	hold_still(a, e, true);
	rc = a->local.vote(a->local.ctx, &q, mine, mine ? a->ops[e->op].cookie : 0, &relations);
	if (rc == -ABI_CAP_E_AGAIN) {
		a->again = true;
		return false;
	}
	e->state = ENTRY_VOTED;
	if (rc) {
		agree_release(a, e);
		e->vote = AGREE_VOTE_NO;
		e->error = (uint8_t)-rc;
		return true;
	}
	e->relations |= (uint8_t)(relations & AGREE_HAS_ALL);
	if (e->kind == AGREE_DELETE && !mine && (relations & AGREE_HAS_COPY)) {
		e->flags |= F_COPY;
		if (a->self < e->heir)
			e->heir = (uint16_t)a->self;
	}
	return true;
}

static void send_ballot(struct agree *a, struct agree_entry *e)
{
	const struct agree_ballot m = {
		.view = a->view,
		.coordinator = e->coordinator,
		.id = e->id,
		.clock = a->clock,
		.answer = (enum agree_vote)e->vote,
		.error = e->error,
		.blocker = e->blocker,
		.blocker_id = e->blocker_id,
		.relations = e->relations,
		.heir = e->heir,
	};

	if (!agree_say_vote(a, e))
		agree_ballot_out(&a->port, e->parent, &m);
}

static void send_ack(struct agree *a, struct agree_entry *e)
{
	const struct agree_ack m = { a->view, e->coordinator, e->id };

	if (e->flags & F_DIRECT)
		agree_ack_out(&a->port, e->coordinator, &m);
	else if (!(e->flags & F_ALONE))
		agree_say_done(a, e->coordinator, e->id);
}

/*
 * One RETYPE of this node is carried out at a time: what two of them clear, a step of one and a step
 * of the other, would begin anew each time.
 */
static bool takes_turns(const struct agree *a, const struct agree_entry *e)
{
	for_each_entry(f, a) {
		if (f == e)
			break;
		if (f->kind == AGREE_RETYPE && f->state == ENTRY_DECIDED &&
		    f->coordinator == a->self && (f->flags & F_COMMIT))
			return true;
	}
	return false;
}

/* Return: is there nothing to carry out here, or no more? */
static bool perform(struct agree *a, struct agree_entry *e)
{
	struct agree_op *op = e->coordinator == a->self ? &a->ops[e->op] : NULL;
	struct agree_request q;
	int rc;

	if (!(e->flags & F_COMMIT) ||
	    (!op && e->kind != AGREE_REVOKE && !(e->flags & F_HEIR)))
		return true;
	if (e->kind == AGREE_RETYPE && takes_turns(a, e)) {
		a->again = true;
		return false;
	}
	agree_request_of(e, &q);
	rc = a->local.perform(a->local.ctx, &q,
			      op ? AGREE_MINE : e->flags & F_HEIR ? AGREE_HEIR : AGREE_OTHER,
			      op ? op->cookie : 0);
	if (rc == -ABI_CAP_E_AGAIN) {
		a->again = true;
		return false;
	}
	if (op)
		op->result = rc;
	return true;
}

/* Done here and below. An attempt of this node holds its range until all have acknowledged. */
static void end(struct agree *a, struct agree_entry *e)
{
	if (e->coordinator == a->self) {
		a->ops[e->op].performed = true;
		agree_op_end(a, &a->ops[e->op]);
		return;
	}
	agree_release(a, e);
	send_ack(a, e);
	agree_entry_free(a, e);
}

/* As far as it goes; @e may be gone afterwards. Each state is entered once, so this ends. */
void agree_advance(struct agree *a, struct agree_entry *e)
{
	if (e->state == ENTRY_WAITING && !a->frozen && transfers_land(a, e) && is_free(a, e)) {
		e->flags |= F_LOCKED;
		e->state = ENTRY_VOTING;
	}
	if (e->state == ENTRY_VOTING && (a->frozen || !vote(a, e)))
		return;
	if (e->state == ENTRY_VOTED && !e->missing && !(e->flags & F_SENT)) {
		e->flags |= F_SENT;
		if (e->coordinator != a->self)
			send_ballot(a, e);
		else
			agree_op_counted(a, e);
	}
	if (e->state == ENTRY_DECIDED && perform(a, e)) {
		/* The coordinator's range is nobody's before all others have done their part. */
		if (e->coordinator != a->self)
			agree_release(a, e);
		e->state = ENTRY_DONE;
	}
	if (e->state == ENTRY_DONE && !e->missing)
		end(a, e);
}

void agree_peer_decided(struct agree *a, uint32_t coordinator, uint32_t id, bool commit)
{
	struct agree_peer *p = &a->memory.peers[coordinator];
	uint32_t bit = 1u << SLOT_OF(id);

	p->id[SLOT_OF(id)] = id;
	p->ended |= bit;
	if (commit)
		p->committed |= bit;
	else
		p->committed &= ~bit;
	a->wake = true; /* who waited for its end */
}

/* Alone, to all children in the tree of the coordinator. Return: how many */
uint32_t agree_send_decide(struct agree *a, const struct agree_decide *m)
{
	uint32_t count = 0, child;

	for (;; count++) {
		child = route_child(&a->route, m->coordinator, count);
		if (child == PROTOCOL_NODE_NONE)
			return count;
		agree_decide_out(&a->port, child, m);
	}
}

/* The decision is known: nothing below can change it. */
void agree_decide_entry(struct agree *a, struct agree_entry *e, bool commit)
{
	agree_peer_decided(a, e->coordinator, e->id, commit);
	if (commit)
		e->flags |= F_COMMIT;
	else
		agree_release(a, e);
	hold_still(a, e, false);
	e->state = ENTRY_DECIDED;
	agree_heard_none(a, e);
}

void agree_forward_prepare(struct agree *a, struct agree_entry *e, uint32_t after,
			   uint32_t after_id)
{
	const struct agree_prepare m = {
		.view = a->view,
		.coordinator = e->coordinator,
		.id = e->id,
		.after = (uint16_t)after,
		.after_id = after_id,
		.time = e->time,
		.base = (e->first - e->offset) * PAGE,
		.pages = e->pages,
		.offset = e->offset,
		.length = e->kind == AGREE_RETYPE ? e->length : 0,
		.kind = e->kind,
		.type = e->type,
		.into = e->into,
	};
	uint8_t buffer[AGREE_PREPARE_MAX];
	uint32_t bytes = agree_prepare_encode(&m, buffer), child;

	agree_say_outcomes(a);
	for (; (child = route_child(&a->route, e->coordinator, e->missing)) != PROTOCOL_NODE_NONE;
	     e->missing++)
		protocol_send(&a->port, child, AGREE_PREPARE, buffer, bytes);
	e->state = ENTRY_WAITING;
}
