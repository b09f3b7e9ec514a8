// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What comes from other nodes: checked against what this one knows, then handed on. Nothing of a
 * message that is refused has an effect.
 */
#include "agree_priv.h"

/* Return: 0; 1: of an earlier view, or held up by a change: to be dropped; -URPC_EPROTO. */
static int view_check(struct agree *a, uint32_t view)
{
	if (view > a->view)
		return -URPC_EPROTO;
	if (view == a->view && !a->frozen)
		return 0;
	a->counts.late++;
	return 1;
}

static bool node_known(const struct agree *a, uint32_t node)
{
	return node == NONE || node < a->memory.nodes;
}

/* Is it the next of a slot of its coordinator's, in its tree, and about something? */
static bool prepare_fits(const struct agree *a, uint32_t from, const struct agree_prepare *m,
			 const struct agree_request *q)
{
	uint32_t slot = SLOT_OF(m->id);
	const struct agree_peer *p;

	if (m->coordinator == a->self || !protocol_set_has(&a->members, m->coordinator) ||
	    route_parent(&a->route, m->coordinator) != from || !node_known(a, m->after))
		return false;
	p = &a->memory.peers[m->coordinator];
	return !agree_request_check(q) && m->time && m->time < TIME_MAX &&
	       (int32_t)(m->id - p->id[slot]) > 0 && (!p->id[slot] || (p->ended >> slot & 1));
}

/* No entry is left: give up for all below, who need not know. */
static void no_entry(struct agree *a, uint32_t from, const struct agree_prepare *m)
{
	struct agree_ballot answer = {
		.view = a->view,
		.coordinator = m->coordinator,
		.id = m->id,
		.clock = a->clock,
		.answer = AGREE_VOTE_BUSY,
		.blocker = NONE,
		.heir = NONE,
	};

	a->counts.full++;
	agree_ballot_out(&a->port, from, &answer);
}

static int take_prepare(void *ctx, uint32_t from, const struct agree_prepare *m)
{
	struct agree *a = ctx;
	int rc = view_check(a, m->view);
	const struct agree_request q = {
		.kind = m->kind,
		.into = m->into,
		.object = { m->base, m->pages * PAGE, m->type },
		.piece = m->kind == AGREE_RETYPE ? m->base + m->offset * PAGE : m->offset,
		.piece_bytes = m->length * PAGE,
	};
	struct agree_entry *e;
	struct agree_peer *p;

	if (rc)
		return rc < 0 ? rc : 0;
	if (!prepare_fits(a, from, m, &q))
		return -URPC_EPROTO;
	p = &a->memory.peers[m->coordinator];
	p->id[SLOT_OF(m->id)] = m->id;
	p->ended &= ~(1u << SLOT_OF(m->id));
	p->committed &= ~(1u << SLOT_OF(m->id));
	agree_clock(a, m->time);
	e = agree_entry_new(a, m->coordinator, m->id);
	if (!e) {
		no_entry(a, from, m);
		return 0;
	}
	e->parent = (uint16_t)from;
	e->time = m->time;
	agree_request_into(e, &q);
	agree_forward_prepare(a, e, m->after, m->after_id);
	/* Who has lost against one that came before need not wait for the others. */
	agree_meet(a, e, m->after, m->after_id);
	agree_advance(a, e);
	return 0;
}

static bool ballot_fits(const struct agree *a, const struct agree_ballot *m)
{
	return m->relations <= AGREE_HAS_ALL && node_known(a, m->blocker) &&
	       node_known(a, m->heir) && m->clock < TIME_MAX && m->error < AGREE_ERROR_END &&
	       (m->answer == AGREE_VOTE_NO) == (m->error != 0);
}

static int take_ballot(void *ctx, uint32_t from, const struct agree_ballot *m)
{
	struct agree *a = ctx;
	int rc = view_check(a, m->view);
	struct agree_entry *e;

	if (rc)
		return rc < 0 ? rc : 0;
	e = agree_entry_find(a, m->coordinator, m->id);
	if (!e || agree_decided(e) || !e->missing || !ballot_fits(a, m) ||
	    !route_is_child(&a->route, m->coordinator, from) || agree_heard(a, e, from))
		return -URPC_EPROTO;
	agree_clock(a, m->clock);
	e->missing--;
	e->relations |= m->relations;
	if (m->heir < e->heir)
		e->heir = m->heir;
	if (m->answer > e->vote) {
		e->vote = (uint8_t)m->answer;
		e->error = m->error;
		e->blocker = m->blocker;
		e->blocker_id = m->blocker_id;
	}
	/* It will not be committed: what this node would say does not matter any more. */
	if (e->vote != AGREE_VOTE_YES && e->state < ENTRY_VOTED) {
		agree_release(a, e);
		e->state = ENTRY_VOTED;
	}
	agree_advance(a, e);
	return 0;
}

static void acknowledge(struct agree *a, const struct agree_decide *m)
{
	const struct agree_ack answer = { a->view, m->coordinator, m->id };

	if (m->direct)
		agree_ack_out(&a->port, m->coordinator, &answer);
	else
		agree_say_done(a, m->coordinator, m->id);
}

/* The outcome of what this node has no entry for: it is done with, or never came. */
static int decide_unknown(struct agree *a, const struct agree_decide *m)
{
	const struct agree_peer *p = &a->memory.peers[m->coordinator];
	uint32_t slot = SLOT_OF(m->id);
	bool commit = m->what == AGREE_OUTCOME_COMMIT;
	int32_t newer = (int32_t)(m->id - p->id[slot]);

	if (!m->id || newer < 0)
		return -URPC_EPROTO;
	if (!newer && (p->ended >> slot & 1)) {
		if (!m->direct || commit != (p->committed >> slot & 1))
			return -URPC_EPROTO;
	} else if (commit && (!m->direct || p->id[slot])) {
		return -URPC_EPROTO; /* not without this node's vote; a newcomer had none */
	} else {
		agree_peer_decided(a, m->coordinator, m->id, commit);
		if (!m->direct)
			agree_send_decide(a, m);
	}
	acknowledge(a, m);
	return 0;
}

static bool decide_fits(const struct agree *a, const struct agree_entry *e, uint32_t from,
			const struct agree_decide *m)
{
	bool commit = m->what == AGREE_OUTCOME_COMMIT;

	if (agree_decided(e))
		return m->direct && (e->flags & F_ALONE) && commit == !!(e->flags & F_COMMIT);
	if (!(e->flags & F_SENT) || (commit && e->vote != AGREE_VOTE_YES))
		return false;
	if (commit && m->heir == a->self && !(e->flags & F_COPY))
		return false;
	return m->direct ? !!(e->flags & F_ALONE) : e->parent == from;
}

static int take_decide(void *ctx, uint32_t from, const struct agree_decide *m)
{
	struct agree *a = ctx;
	int rc = view_check(a, m->view);
	struct agree_entry *e;

	if (rc)
		return rc < 0 ? rc : 0;
	if (m->coordinator == a->self || !protocol_set_has(&a->members, m->coordinator) ||
	    !node_known(a, m->heir) ||
	    from != (m->direct ? m->coordinator : route_parent(&a->route, m->coordinator)))
		return -URPC_EPROTO;
	e = agree_entry_find(a, m->coordinator, m->id);
	if (!e)
		return decide_unknown(a, m);
	if (!decide_fits(a, e, from, m))
		return -URPC_EPROTO;
	if (m->direct)
		e->flags |= F_DIRECT;
	if (agree_decided(e))
		return 0; /* acknowledged when it has been carried out */
	if (m->heir == a->self)
		e->flags |= F_HEIR;
	if (!m->direct)
		e->missing = (uint16_t)agree_send_decide(a, m);
	agree_decide_entry(a, e, m->what == AGREE_OUTCOME_COMMIT);
	agree_advance(a, e);
	return 0;
}

static int take_ack(void *ctx, uint32_t from, const struct agree_ack *m)
{
	struct agree *a = ctx;
	int rc = view_check(a, m->view);
	struct agree_op *op;

	if (rc)
		return rc < 0 ? rc : 0;
	op = agree_op_of(a, m->id);
	if (m->coordinator != a->self || !op || !protocol_set_has(&op->waiting, from))
		return -URPC_EPROTO;
	protocol_set_remove(&op->waiting, from);
	agree_op_end(a, op);
	return 0;
}

/* Several at once: what is of another view is dropped as a whole. */

static int take_votes(void *ctx, uint32_t from, const struct agree_votes *m)
{
	int rc = view_check(ctx, m->view);

	return rc > 0 ? 0 : rc ? rc : agree_take_votes(ctx, from, m);
}

static int take_outcomes(void *ctx, uint32_t from, const struct agree_outcomes *m)
{
	int rc = view_check(ctx, m->view);

	return rc > 0 ? 0 : rc ? rc : agree_take_outcomes(ctx, from, m);
}

static int take_acks(void *ctx, uint32_t from, const struct agree_acks *m)
{
	int rc = view_check(ctx, m->view);

	return rc > 0 ? 0 : rc ? rc : agree_take_acks(ctx, from, m);
}

static int take_give(void *ctx, uint32_t from, const struct agree_give *m)
{
	return agree_take_give(ctx, from, m);
}

static int take_taken(void *ctx, uint32_t from, const struct agree_taken *m)
{
	return agree_take_taken(ctx, from, m);
}

static int take_released(void *ctx, uint32_t from, const struct agree_released *m)
{
	(void)m;
	agree_take_released(ctx, from);
	return 0;
}

int agree_message(struct agree *a, uint32_t from, uint16_t type, const void *payload,
		  uint32_t bytes)
{
	static const struct agree_handlers handlers = {
		.prepare = take_prepare,
		.ballot = take_ballot,
		.decide = take_decide,
		.ack = take_ack,
		.give = take_give,
		.taken = take_taken,
		.released = take_released,
		.votes = take_votes,
		.outcomes = take_outcomes,
		.acks = take_acks,
	};
	int rc;

	if (from == a->self || from >= a->memory.nodes)
		return -URPC_EPROTO;
	if (!protocol_set_has(&a->members, from)) {
		a->counts.late++;
		return 0;
	}
	rc = agree_dispatch(&handlers, a, from, type, payload, bytes);
	if (rc)
		a->counts.broken++;
	return rc;
}
