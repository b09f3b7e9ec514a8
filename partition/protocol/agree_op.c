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
	a->counts.started++;
	a->wake = true;
	return 0;
}

static uint32_t slots_in_use(const struct agree *a)
{
	uint32_t count = 0;

	for (uint32_t mask = a->slots; mask; mask &= mask - 1)
		count++;
	return count;
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

static void entry_fill(struct agree_entry *e, const struct agree *a, const struct agree_op *op)
{
	const struct agree_request *q = &op->request;

	e->coordinator = (uint16_t)a->self;
	e->time = op->time;
	e->kind = (uint8_t)q->kind;
	e->type = (uint8_t)q->object.type;
	e->into = (uint8_t)q->into;
	e->base = q->object.base;
	e->pages = (uint32_t)(q->object.bytes / PAGE);
	if (q->kind == AGREE_RETYPE) {
		e->offset = (uint32_t)((q->piece - q->object.base) / PAGE);
		e->length = (uint32_t)(q->piece_bytes / PAGE);
	}
	e->op = (uint8_t)(op - a->ops);
}

/* Would it lose here at once, or stand in the way of an older one of this node's that waits? */
static bool must_wait(const struct agree *a, const struct agree_op *op)
{
	struct agree_entry mine = { .state = ENTRY_FREE }, other;

	if (!has_ended(a, op->blocker, op->blocker_id))
		return true;
	entry_fill(&mine, a, op);
	for_each_entry(f, a) {
		if (agree_holds(f) && !agree_decided(f) && agree_conflict(&mine, f) &&
		    agree_older(f, op->time, a->self))
			return true;
	}
	for (uint32_t i = 0; i < OPS; i++) {
		if (a->ops[i].state != OP_PENDING || a->ops[i].time >= op->time)
			continue;
		other = (struct agree_entry){ .state = ENTRY_FREE };
		entry_fill(&other, a, &a->ops[i]);
		if (agree_conflict(&mine, &other))
			return true;
	}
	return false;
}

static void attempt(struct agree *a, struct agree_op *op)
{
	int slot = slot_find(a, is_delete(op));
	struct agree_peer *own = &a->memory.peers[a->self];
	struct agree_entry *e;

	if (slot < 0 || must_wait(a, op))
		return;
	e = agree_entry_new(a);
	if (!e)
		return;
	op->id = ++a->slot_uses[slot] << SLOT_BITS | (uint32_t)slot;
	op->state = OP_TRYING;
	op->attempts++;
	a->slots |= 1u << slot;
	own->id[slot] = op->id;
	own->ended &= ~(1u << slot);
	own->committed &= ~(1u << slot);
	a->counts.attempts++;
	entry_fill(e, a, op);
	e->id = op->id;
	/* What blocked the last attempt is known to have ended: it can be waited for where it has not. */
	agree_forward_prepare(a, e, op->blocker, op->blocker_id);
	agree_advance(a, e);
}

/* Begin what can begin, older ones first. */
void agree_ops_settle(struct agree *a)
{
	uint64_t done = 0;

	for (uint32_t n = 0; a->open && n < OPS; n++) {
		struct agree_op *oldest = NULL;

		for (uint32_t i = 0; i < OPS; i++) {
			struct agree_op *op = &a->ops[i];

			if (op->state == OP_PENDING && op->time > done &&
			    (!oldest || op->time < oldest->time))
				oldest = op;
		}
		if (!oldest)
			return;
		done = oldest->time;
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
	op->relations = e->relations;
	op->outcome = OP_COMMIT;
	if (e->vote == AGREE_VOTE_NO) {
		op->outcome = OP_ABORT;
		op->result = -(int32_t)e->error;
	} else if (!commit) {
		op->outcome = OP_AGAIN;
		op->blocker = e->blocker;
		op->blocker_id = e->blocker_id;
	}
	e->missing = (uint16_t)agree_send_decide(a, &m);
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
