// SPDX-License-Identifier: GPL-2.0-only
/*
 * Between the machine and a node's capabilities: what is done is held against what all nodes have at
 * that moment, which no node knows. Now and then the machine must wait.
 */
#include <string.h>

#include "programs.h"

static unsigned long long ull(uint64_t value)
{
	return value;
}

static bool must_wait(struct programs *p)
{
	p->place.touched = true;
	return sim_chance(p->sim, 12);
}

static int vote(void *ctx, const struct agree_request *q, bool mine,
		uint64_t cookie, uint32_t *relations)
{
	struct programs *p = ctx;

	return must_wait(p) ? -ABI_CAP_E_AGAIN : p->hooks.vote(ctx, q, mine, cookie, relations);
}

/*
 * No other node may have anything of what this one was told is free (@made, @same false), or is gone
 * (@same true: the object itself too).
 */
static void nobody_has(struct programs *p, const struct place_cap *object,
		       const struct place_cap *part, bool same, uint64_t decided, const char *what)
{
	bool frame = cap_types[object->type].traits & ABI_CAP_IS_SHARED;
	uint64_t until = frame ? decided : SIM_NEVER;

	for (uint32_t node = 0; node < p->sim->nodes; node++) {
		const struct place *other = p->truth->places[node];

		if (node == p->node || !other || !p->sim->node[node].alive)
			continue;
		for (uint32_t i = 0; i < other->count; i++) {
			const struct place_cap *seen = &other->seen[i];

			/* Who holds a frame around it may cut a new one since, without asking. */
			if (!place_overlap(seen, part) || seen->since >= until ||
			    !(place_derived(object, seen) || (same && place_same(object, seen))))
				continue;
			sim_fail(p->sim, "node %u: %s of [%llx, %llx) of type %u is done, node %u has type %u [%llx, %llx)",
				 p->node, what, ull(part->base), ull(part->end), object->type, node,
				 seen->type, ull(seen->base), ull(seen->end));
		}
	}
}

/* The asker is at it in the step in which it decides; others later, or never if it died first. */
static void note_revoke(struct programs *p, const struct place_cap *object, enum agree_part part)
{
	struct programs_truth *t = p->truth;
	struct revoke *last = NULL;

	for (uint32_t i = 0; i < t->revokes; i++)
		if (place_same(&t->revoke[i].object, object))
			last = &t->revoke[i];
	if (part != AGREE_MINE && !last && t->revokes < PROGRAMS_REVOKES)
		sim_fail(p->sim, "node %u: revokes [%llx, %llx), which nobody decided", p->node,
			 ull(object->base), ull(object->end));
	else if (part != AGREE_MINE && last)
		protocol_set_add(&last->carried, p->node);
	else if (part == AGREE_MINE && t->revokes < PROGRAMS_REVOKES &&
		 !(last && last->node == p->node && protocol_set_empty(&last->carried)))
		t->revoke[t->revokes++] = (struct revoke){ *object, p->node,
							   p->sim->node[p->node].life, { { 0 } } };
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	struct programs *p = ctx;
	struct place_cap object = { q->object.base, q->object.base + q->object.bytes,
				    q->object.type, p->sim->now };
	struct place_cap made = { q->piece, q->piece + q->piece_bytes, q->into, 0 };
	int rc;

	if (q->kind == AGREE_REVOKE)
		note_revoke(p, &object, part);
	if (part == AGREE_MINE && cookie < LOCAL_CALLS && p->decided[cookie] == SIM_NEVER)
		p->decided[cookie] = p->sim->now;
	if (must_wait(p))
		return -ABI_CAP_E_AGAIN;
	if (part == AGREE_MINE && (cookie >= LOCAL_CALLS || !p->local.calls[cookie].used)) {
		sim_fail(p->sim, "node %u: performs what nobody asked for", p->node);
		return 0;
	}
	rc = p->hooks.perform(ctx, q, part, cookie);
	sim_note(p->sim, p->node, "performs", q->kind << 8 | part, (uint64_t)-rc);
	if (part == AGREE_MINE && !rc && q->kind == AGREE_RETYPE) {
		p->performed[cookie] = true;
		nobody_has(p, &object, &made, false, p->sim->now, "retype");
	}
	return rc;
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	struct programs *p = ctx;
	struct local_call *call = &p->local.calls[cookie];
	struct place_cap object = { call->object.base, call->object.base + call->object.bytes,
				    call->object.type, 0 };
	uint64_t took = sim_time_us(p->sim) - p->began[cookie];
	uint32_t kind = call->op.kind;

	sim_note(p->sim, p->node, "done", cookie, (uint64_t)-result << 8 | relations);
	if (cookie >= LOCAL_CALLS || !call->used) {
		sim_fail(p->sim, "node %u: an operation ended twice", p->node);
		return;
	}
	if (p->began[cookie] != SIM_NEVER && took > p->truth->longest)
		p->truth->longest = took;
	p->began[cookie] = SIM_NEVER;
	if (!result && kind == ABI_CAP_DO_REVOKE)
		nobody_has(p, &object, &object, true, p->decided[cookie], "revoke");
	if (!result && kind == ABI_CAP_DO_DELETE && !relations)
		nobody_has(p, &object, &object, true, p->decided[cookie], "the last delete");
	if (!result && kind == ABI_CAP_DO_RETYPE && !p->performed[cookie])
		sim_fail(p->sim, "node %u: a retype is done that was never performed", p->node);
	if (result && kind == ABI_CAP_DO_RETYPE && p->performed[cookie])
		sim_fail(p->sim, "node %u: a retype is refused that was performed", p->node);
	p->decided[cookie] = SIM_NEVER;
	p->hooks.done(ctx, cookie, result, relations);
}

static int mark(void *ctx, const struct agree_object *object)
{
	return must_wait(ctx) ? -ABI_CAP_E_AGAIN : ((struct programs *)ctx)->hooks.mark(ctx, object);
}

static int create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		  uint64_t handle)
{
	struct programs *p = ctx;
	int rc;

	if (must_wait(p))
		return -ABI_CAP_E_AGAIN;
	if (sim_chance(p->sim, 16))
		return -ABI_CAP_E_OCCUPIED;
	if (handle >= p->truth->count || p->truth->giver[handle] != from) {
		sim_fail(p->sim, "node %u: a capability that node %u did not give", p->node, from);
		return -ABI_CAP_E_OCCUPIED;
	}
	rc = p->hooks.create(ctx, from, object, rights, handle);
	sim_note(p->sim, p->node, "is given", object->base, (uint64_t)-rc);
	if (!rc && p->truth->created[handle]++)
		sim_fail(p->sim, "node %u: the same capability comes twice", p->node);
	return rc;
}

static void given(void *ctx, uint64_t cookie, int result)
{
	struct programs *p = ctx;
	struct programs_truth *t = p->truth;

	sim_note(p->sim, p->node, "given", cookie, (uint64_t)-result);
	if (cookie >= t->count || t->giver[cookie] != p->node || !p->gives) {
		sim_fail(p->sim, "node %u: a transfer ended that never began", p->node);
		return;
	}
	if (!result && !t->created[cookie])
		sim_fail(p->sim, "node %u: a capability has arrived nowhere", p->node);
	if (result && t->created[cookie] && result != -AGREE_E_GONE)
		sim_fail(p->sim, "node %u: a capability arrived, and the sender is told %d",
			 p->node, result);
	p->gives--;
}

static int forget(void *ctx, uint32_t node)
{
	return must_wait(ctx) ? -ABI_CAP_E_AGAIN : ((struct programs *)ctx)->hooks.forget(ctx, node);
}

static struct cap_range extent(void *ctx, uint32_t node)
{
	struct programs *p = ctx;
	struct place_cap range = programs_range(p->truth, node);

	return (struct cap_range){ range.base, range.end - range.base, range.type };
}

struct agree_local programs_hooks(struct programs *p)
{
	struct agree_local hooks = local_hooks(&p->local);

	p->hooks = hooks;
	p->local.ctx = p;
	p->local.extent = extent;
	hooks.vote = vote;
	hooks.perform = perform;
	hooks.done = done;
	hooks.mark = mark;
	hooks.create = create;
	hooks.given = given;
	hooks.forget = forget;
	return hooks;
}
