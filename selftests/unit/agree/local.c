// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <string.h>

#include <cap_arch.h>
#include <cap_mdb.h>
#include <cap_type.h>
#include <machine.h>

#include "local.h"

#define WORK_STEPS 8u

unsigned char local_memory[LOCAL_PAGES * ABI_PAGE_SIZE] __attribute__((aligned(4096)));

/* What the CPU driver's code asks of the machine: tests here map nothing. */
void arch_cap_map(struct cap_space *space, const struct cap_map *map)
{
	(void)space;
	(void)map;
}

void arch_cap_unmap(struct cap_space *space, const struct cap_map *map)
{
	(void)space;
	(void)map;
}

void arch_cap_table_init(struct cap_space *space, uint32_t type, uint64_t pa)
{
	(void)space;
	(void)type;
	(void)pa;
}

void arch_cap_table_end(struct cap_space *space, uint32_t type, uint64_t pa)
{
	(void)space;
	(void)type;
	(void)pa;
}

void arch_cap_dispatcher_end(struct cap_space *space, uint64_t pa)
{
	(void)space;
	(void)pa;
}

static struct cap_range range_of(const struct cap_entry *e)
{
	return (struct cap_range){ e->base, e->end - e->base, e->type };
}

static struct cap_range range_of_object(const struct agree_object *o)
{
	return (struct cap_range){ o->base, o->bytes, o->type };
}

static bool same(const struct cap_range *a, const struct cap_range *b)
{
	return a->base == b->base && a->bytes == b->bytes && a->type == b->type;
}

static bool holds(const struct local_node *n, uint32_t slot, const struct cap_range *o)
{
	struct cap_range here = range_of(&n->slots[slot]);

	return n->slots[slot].type != ABI_CAP_NONE && same(&here, o);
}

/* Is the last copy of what other nodes know about to go with something dying? Ask for it later. */
static bool last_copy_goes(struct cap_space *space, const struct cap_entry *e,
			   enum cap_question what)
{
	struct local_node *n = (struct local_node *)space;
	struct cap_range o = range_of(e);

	assert(what == CAP_ASK_LAST_COPY);
	for (uint32_t i = 0; i < LOCAL_CALLS; i++) {
		if (n->calls[i].used && n->calls[i].disown && same(&n->calls[i].object, &o))
			return false;
	}
	for (uint32_t i = 0; i < n->orphan_count; i++) {
		if (same(&n->orphans[i], &o))
			return false;
	}
	if (n->orphan_count < LOCAL_DISOWNS)
		n->orphans[n->orphan_count++] = o;
	return false;
}

void local_init(struct local_node *n, uint32_t self, struct agree *agree)
{
	memset(n, 0, sizeof(*n));
	cap_init(&n->space);
	n->space.agree = last_copy_goes;
	n->space.clear_step = ABI_PAGE_SIZE;
	n->space.revoke_step = 2;
	n->self = self;
	n->agree = agree;
}

int local_first(struct local_node *n, uint32_t slot, uint32_t type, uint64_t base, uint64_t bytes,
		uint8_t state)
{
	return cap_create(&n->space, &n->slots[slot], type, base, bytes, cap_types[type].rights,
			  state);
}

uint32_t local_free(const struct local_node *n, uint32_t from)
{
	while (from < LOCAL_SLOTS && n->slots[from].type != ABI_CAP_NONE)
		from++;
	return from;
}

/* A step of an operation. Return: as the operation; AGAIN covers all that passes by itself. */
static int step(struct local_node *n, struct cap_op *op)
{
	int rc = cap_decode(&n->space, op);

	if (!rc)
		rc = cap_invoke(&n->space, op);
	n->changed++;
	return rc == -ABI_CAP_E_BUSY && op->agreed ? -ABI_CAP_E_AGAIN : rc;
}

static int hook_vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		     uint32_t *relations)
{
	struct local_node *n = ctx;
	struct cap_range o = range_of_object(&q->object);

	*relations = cap_agree_relations(&n->space, &o);
	if (mine && !n->calls[cookie].disown && !holds(n, n->calls[cookie].slot, &o))
		return -ABI_CAP_E_EMPTY;
	if (mine && !(*relations & CAP_HAS_COPY))
		return -ABI_CAP_E_EMPTY;
	/* Copied, or given up, since the last one was to be deleted: that needs nobody now. */
	if (mine && q->kind == AGREE_DELETE &&
	    ((*relations & CAP_HAS_COPIES) || !(*relations & CAP_HAS_OWN)))
		return -ABI_CAP_E_BUSY;
	if (mine)
		*relations &= ~CAP_HAS_COPY;
	return q->kind == AGREE_RETYPE ? cap_agree_retype(&n->space, &o, q->piece, q->piece_bytes) :
					 0;
}

static void hook_busy(void *ctx, const struct agree_request *q, bool on)
{
	struct local_node *n = ctx;
	struct cap_range o = range_of_object(&q->object);

	cap_agree_state(&n->space, &o, on ? CAP_BUSY : 0, on ? 0 : CAP_BUSY);
}

static int perform_mine(struct local_node *n, struct local_call *call)
{
	bool there = !call->disown && holds(n, call->slot, &call->object);
	int rc;

	call->op.agreed = true;
	switch (call->op.kind) {
	case ABI_CAP_DO_RETYPE:
		return there ? step(n, &call->op) : -ABI_CAP_E_EMPTY;
	case ABI_CAP_DO_REVOKE:
		return there ? step(n, &call->op) :
			       cap_agree_drop(&n->space, &n->slots[LOCAL_DROP], &call->object);
	default:
		/* Copies may have come meanwhile. */
		if (there)
			return step(n, &call->op);
		rc = cap_agree_state(&n->space, &call->object, CAP_FOREIGN, 0);
		return rc == -ABI_CAP_E_EMPTY ? 0 : rc;
	}
}

static int hook_perform(void *ctx, const struct agree_request *q, enum agree_part part,
			uint64_t cookie)
{
	struct local_node *n = ctx;
	struct cap_range o = range_of_object(&q->object);

	if (part == AGREE_MINE)
		return perform_mine(n, &n->calls[cookie]);
	if (part == AGREE_HEIR)
		return cap_agree_state(&n->space, &o, 0, CAP_FOREIGN);
	return cap_agree_drop(&n->space, &n->slots[LOCAL_DROP], &o);
}

static void hook_alone(void *ctx, const struct agree_request *q)
{
	struct local_node *n = ctx;
	struct cap_range o = range_of_object(&q->object);

	cap_agree_state(&n->space, &o, 0, CAP_REMOTE | CAP_FOREIGN);
}

static void hook_done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	struct local_node *n = ctx;
	struct local_call *call = &n->calls[cookie];

	assert(call->used);
	call->used = false;
	if (call->op.kind == ABI_CAP_DO_DELETE && !result && !relations)
		n->ownerless++;
	if (n->done)
		n->done(n->ctx, call->disown ? LOCAL_SLOTS : call->slot, call->op.kind,
			&call->object, result, relations);
}

static int hook_mark(void *ctx, const struct agree_object *object)
{
	struct local_node *n = ctx;
	struct cap_range o = range_of_object(object);

	return cap_agree_mark(&n->space, &o);
}

static int hook_create(void *ctx, uint32_t from, const struct agree_object *o, uint8_t rights,
		       uint64_t handle)
{
	struct local_node *n = ctx;
	uint32_t slot = local_free(n, 0);
	int rc;

	(void)handle;
	if (slot == LOCAL_SLOTS)
		return -ABI_CAP_E_OCCUPIED;
	rc = cap_create(&n->space, &n->slots[slot], o->type, o->base, o->bytes, rights,
			CAP_FOREIGN | CAP_REMOTE);
	n->changed++;
	if (!rc && n->arrived)
		n->arrived(n->ctx, from, slot);
	return rc;
}

static bool hook_settled(void *ctx)
{
	const struct local_node *n = ctx;

	return !n->space.dying && !n->space.revoking;
}

static void hook_given(void *ctx, uint64_t cookie, int result)
{
	struct local_node *n = ctx;

	if (n->given)
		n->given(n->ctx, (uint32_t)cookie, result);
}

static int hook_forget(void *ctx, uint32_t node)
{
	struct local_node *n = ctx;
	struct cap_range o;

	if (!n->extent)
		return 0;
	o = n->extent(n->ctx, node);
	return o.bytes ? cap_agree_drop(&n->space, &n->slots[LOCAL_FORGET], &o) : 0;
}

struct agree_local local_hooks(struct local_node *n)
{
	return (struct agree_local){
		.ctx = n,
		.vote = hook_vote,
		.busy = hook_busy,
		.perform = hook_perform,
		.alone = hook_alone,
		.done = hook_done,
		.mark = hook_mark,
		.create = hook_create,
		.given = hook_given,
		.settled = hook_settled,
		.forget = hook_forget,
	};
}

/* Ask the other nodes. Return: LOCAL_WAITS, or why they cannot be asked */
static int ask(struct local_node *n, const struct cap_op *op, uint32_t slot,
	       const struct cap_range *o, bool disown)
{
	struct agree_request q = { .object = { o->base, o->bytes, o->type } };
	uint32_t i = 0;
	int rc;

	while (i < LOCAL_CALLS && n->calls[i].used)
		i++;
	if (i == LOCAL_CALLS)
		return -AGREE_E_FULL;
	q.kind = op->kind == ABI_CAP_DO_RETYPE ? AGREE_RETYPE :
		 op->kind == ABI_CAP_DO_REVOKE ? AGREE_REVOKE : AGREE_DELETE;
	if (q.kind == AGREE_RETYPE) {
		q.into = op->type;
		q.piece = o->base + op->offset;
		q.piece_bytes = op->count * (op->bytes ? op->bytes : cap_types[op->type].bytes);
	}
	rc = agree_start(n->agree, &q, i);
	if (rc)
		return rc;
	n->calls[i] = (struct local_call){ true, disown, slot, *o, *op };
	return LOCAL_WAITS;
}

/* What a system call does: on with it while it says AGAIN, and to the monitor if others must agree. */
static int call(struct local_node *n, struct cap_op *op, uint32_t slot)
{
	struct cap_range o = range_of(&n->slots[slot]);
	int rc;

	for (uint32_t turns = 0; turns < 1000; turns++) {
		rc = step(n, op);
		if (rc != -ABI_CAP_E_AGAIN)
			break;
		if (cap_work(&n->space, WORK_STEPS) == -ABI_CAP_E_BUSY)
			return -ABI_CAP_E_BUSY;
	}
	return rc == -ABI_CAP_E_REMOTE || rc == -ABI_CAP_E_FOREIGN ? ask(n, op, slot, &o, false) :
								     rc;
}

int local_copy(struct local_node *n, uint32_t from, uint32_t to)
{
	struct cap_op op = { .kind = ABI_CAP_DO_COPY, .from = cap_slot_own(&n->slots[from]),
			     .to = cap_slot_own(&n->slots[to]) };

	return call(n, &op, from);
}

int local_retype(struct local_node *n, uint32_t from, uint32_t to, uint32_t type, uint64_t offset,
		 uint64_t bytes, uint32_t count)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = cap_slot_own(&n->slots[from]),
			     .to = cap_slot_own(&n->slots[to]), .type = type, .offset = offset,
			     .bytes = bytes, .count = count };

	return call(n, &op, from);
}

int local_revoke(struct local_node *n, uint32_t slot)
{
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE, .from = cap_slot_own(&n->slots[slot]) };

	return call(n, &op, slot);
}

int local_delete(struct local_node *n, uint32_t slot)
{
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&n->slots[slot]) };

	return call(n, &op, slot);
}

int local_give(struct local_node *n, uint32_t slot, uint32_t to)
{
	const struct cap_entry *e = &n->slots[slot];
	struct agree_object o = { e->base, e->end - e->base, e->type };
	int rc;

	if (e->type == ABI_CAP_NONE)
		return -ABI_CAP_E_EMPTY;
	rc = agree_give(n->agree, to, &o, e->rights, 0, slot);
	return rc ? rc : LOCAL_WAITS;
}

/* Ask for what dying objects held; those for which there is no room are asked for again. */
static void disown(struct local_node *n)
{
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE };

	for (uint32_t i = 0; i < n->orphan_count; i++)
		ask(n, &op, 0, &n->orphans[i], true);
	n->orphan_count = 0;
}

bool local_work(struct local_node *n)
{
	int rc = cap_work(&n->space, WORK_STEPS);

	disown(n);
	return agree_work(n->agree) || rc == -ABI_CAP_E_AGAIN;
}

bool local_quiet(const struct local_node *n)
{
	for (uint32_t i = 0; i < LOCAL_CALLS; i++) {
		if (n->calls[i].used)
			return false;
	}
	return !n->orphan_count && !n->space.dying && !n->space.revoking &&
	       n->slots[LOCAL_DROP].type == ABI_CAP_NONE &&
	       n->slots[LOCAL_FORGET].type == ABI_CAP_NONE &&
	       agree_quiet(n->agree);
}
