// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* At the coordinator: operations, their attempts, and how they end. */
#include "agree_priv.h"

static bool is_delete(const struct agree_op *op)
{
	return op->request.kind == AGREE_DELETE;
}

/* DELETEs have places of their own. */
static struct agree_op *op_new(struct agree *a, bool deletes)
{
	uint32_t i = deletes ? AGREE_OPS_MAX : 0, end = deletes ? OPS : AGREE_OPS_MAX;

	for (; i < end; i++) {
		if (a->ops[i].state == OP_FREE)
			return &a->ops[i];
	}
	return NULL;
}

struct agree_op *agree_op_of(struct agree *a, uint32_t id)
{
	for (uint32_t i = 0; i < OPS; i++) {
		if (a->ops[i].state >= OP_TRYING && a->ops[i].id == id)
			return &a->ops[i];
	}
	return NULL;
}

int agree_start(struct agree *a, const struct agree_request *q, uint64_t cookie)
{
	struct agree_op *op;
	int rc = agree_request_check(q);

	if (rc)
		return rc;
	if (!a->view)
		return -AGREE_E_VIEW;
	op = op_new(a, q->kind == AGREE_DELETE);
	if (!op)
		return -AGREE_E_FULL;
	*op = (struct agree_op){
		.request = *q,
		.cookie = cookie,
		.time = ++a->clock,
		.state = OP_PENDING,
		.blocker = NONE,
		.heir = NONE,
	};
	a->pending |= 1ull << (op - a->ops);
	a->counts.started++;
	a->wake = true;
	return 0;
}

static uint32_t slots_in_use(const struct agree *a)
{
	uint32_t w = a->slots;

	w -= w >> 1 & 0x55555555u;
	w = (w & 0x33333333u) + (w >> 2 & 0x33333333u);
	return ((w + (w >> 4)) & 0x0f0f0f0fu) * 0x01010101u >> 24;
}

/* The last of the window is for DELETEs: the others' ends may depend on them. */
static int slot_find(const struct agree *a, bool deletes)
{
	uint32_t in_use = slots_in_use(a);

	if (in_use + (deletes ? 0 : 1) >= a->window || a->slots == ~0u)
		return -1;
	return __builtin_ctz(~a->slots);
}

/* An attempt's end is heard of everywhere; a node's that went is as good as ended. */
static bool has_ended(const struct agree *a, uint32_t node, uint32_t id)
{
	const struct agree_peer *p;
	int32_t newer;

	if (node == NONE || !protocol_set_has(&a->members, node))
		return true;
	p = &a->memory.peers[node];
	newer = (int32_t)(p->id[SLOT_OF(id)] - id);
	return newer > 0 || (!newer && (p->ended >> SLOT_OF(id) & 1));
}

static bool conflicts(const struct agree_entry *mine, const struct agree_op *other)
{
	struct agree_entry e = { .state = ENTRY_FREE };

	agree_request_into(&e, &other->request);
	return agree_conflict(mine, &e);
}

/*
 * Would it lose here at once, or stand in the way of an older one of this node's that waits? @mine:
 * becomes the entry; what it has to wait for here has been decided.
 */
static bool must_wait(const struct agree *a, const struct agree_op *op, struct agree_entry *mine)
{
	if (!has_ended(a, op->blocker, op->blocker_id))
		return true;
	mine->clear = true;
	for_each_entry(f, a) {
		if (!agree_holds(f) || !agree_conflict(mine, f))
			continue;
		mine->clear = false;
		if (!agree_decided(f) && agree_older(f, op->time, a->self))
			return true;
	}
	for (uint64_t rest = a->pending; rest; rest &= rest - 1) {
		const struct agree_op *other = &a->ops[__builtin_ctzll(rest)];

		if (other->time < op->time && conflicts(mine, other))
			return true;
	}
	return false;
}

static void attempt(struct agree *a, struct agree_op *op)
{
	int slot = slot_find(a, is_delete(op));
	struct agree_peer *own = &a->memory.peers[a->self];
	struct agree_entry mine = { .state = ENTRY_FREE }, *e;
	uint32_t id;

	agree_request_into(&mine, &op->request);
	if (slot < 0 || must_wait(a, op, &mine))
		return;
	id = (a->slot_uses[slot] + 1) << SLOT_BITS | (uint32_t)slot;
	e = agree_entry_new(a, a->self, id);
	if (!e)
		return;
	a->slot_uses[slot]++;
	op->id = id;
	op->state = OP_TRYING;
	op->attempts++;
	a->pending &= ~(1ull << (op - a->ops));
	a->slots |= 1u << slot;
	own->id[slot] = op->id;
	own->ended &= ~(1u << slot);
	own->committed &= ~(1u << slot);
	a->counts.attempts++;
	agree_request_into(e, &op->request);
	e->time = op->time;
	e->op = (uint8_t)(op - a->ops);
	e->clear = mine.clear;
	/* What blocked the last attempt is known to have ended: it can be waited for where it has not. */
	agree_forward_prepare(a, e, op->blocker, op->blocker_id);
	agree_advance(a, e);
}

/* Begin what can begin, older ones first. */
void agree_ops_settle(struct agree *a)
{
	uint64_t left = a->open ? a->pending : 0;

	while (left) {
		struct agree_op *oldest = &a->ops[__builtin_ctzll(left)];

		for (uint64_t rest = left; rest; rest &= rest - 1) {
			struct agree_op *op = &a->ops[__builtin_ctzll(rest)];

			if (op->time < oldest->time)
				oldest = op;
		}
		left &= ~(1ull << (oldest - a->ops));
		attempt(a, oldest);
	}
}

/* All votes are there: decide, and tell the others. @e's own part follows in agree_advance(). */
void agree_op_counted(struct agree *a, struct agree_entry *e)
{
	struct agree_op *op = &a->ops[e->op];
	bool commit = e->vote == AGREE_VOTE_YES;
	struct agree_decide m = {
		.view = a->view,
		.coordinator = (uint16_t)a->self,
		.id = e->id,
		.heir = e->heir,
		.what = commit ? AGREE_OUTCOME_COMMIT : AGREE_OUTCOME_ABORT,
	};

	op->state = OP_ENDING;
	op->heir = e->heir;
	op->relations = is_delete(op) ? e->relations : 0;
	op->outcome = OP_COMMIT;
	if (e->vote == AGREE_VOTE_NO) {
		op->outcome = OP_ABORT;
		op->result = -(int32_t)e->error;
	} else if (!commit) {
		op->outcome = OP_AGAIN;
		op->blocker = e->blocker;
		op->blocker_id = e->blocker_id;
	}
	e->missing = (uint16_t)(commit && is_delete(op) ? agree_send_decide(a, &m) :
							  agree_say_outcome(a, e, commit));
	agree_decide_entry(a, e, commit);
}

/* The attempt is over when all have acknowledged: then nobody has an entry of it, or ever will. */
void agree_op_end(struct agree *a, struct agree_op *op)
{
	const struct agree_request *q = &op->request;
	struct agree_entry *e;

	if (op->state != OP_ENDING || !op->performed || !protocol_set_empty(&op->waiting))
		return;
	e = agree_entry_find(a, a->self, op->id);
	agree_release(a, e);
	agree_entry_free(a, e);
	a->slots &= ~(1u << SLOT_OF(op->id));
	a->wake = true;
	op->id = 0;
	op->performed = false;
	if (op->outcome == OP_AGAIN) {
		op->state = OP_PENDING;
		a->pending |= 1ull << (op - a->ops);
		return;
	}
	op->state = OP_FREE;
	if (op->outcome == OP_COMMIT)
		a->counts.committed++;
	else
		a->counts.refused++;
	if (op->outcome == OP_COMMIT && !op->result && q->kind == AGREE_REVOKE &&
	    (q->object.type == ABI_CAP_PHYSADDR || q->object.type == ABI_CAP_RAM))
		a->local.alone(a->local.ctx, q);
	a->local.done(a->local.ctx, op->cookie, op->result, op->relations);
}
