// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The machine as a whole: its beginning, its own work, and what it says of itself. */
#include "agree_priv.h"

int agree_init(struct agree *a, uint32_t self, const struct agree_memory *memory,
	       const struct protocol_port *port, const struct agree_local *local,
	       const struct route_topology *topology, enum route_kind kind)
{
	if (self >= memory->nodes || memory->nodes > PROTOCOL_NODES_MAX ||
	    memory->count < 2 * memory->nodes || memory->count >= NONE ||
	    topology->nodes > memory->nodes || kind < ROUTE_UNICAST || kind > ROUTE_NUMA)
		return -URPC_EINVAL;
	__builtin_memset(a, 0, sizeof(*a));
	__builtin_memset(memory->peers, 0, memory->nodes * sizeof(*memory->peers));
	__builtin_memset(memory->entries, 0, memory->count * sizeof(*memory->entries));
	a->memory = *memory;
	a->port = *port;
	a->local = *local;
	a->topology = *topology;
	a->kind = kind;
	a->self = self;
	a->frozen = true;
	a->first = NONE;
	a->last = NONE;
	for (uint32_t i = 0; i < memory->count; i++)
		memory->entries[i].next = (uint16_t)(i + 1 < memory->count ? i + 1 : NONE);
	return 0;
}

/* One node after the other, a step of it: what was begun is finished first, whoever goes meanwhile. */
static void forget_step(struct agree *a)
{
	if (!protocol_set_has(&a->forget, a->forgetting))
		a->forgetting = protocol_set_first(&a->forget);
	if (a->forgetting == PROTOCOL_NODE_NONE)
		return;
	if (a->local.forget(a->local.ctx, a->forgetting) != -ABI_CAP_E_AGAIN)
		protocol_set_remove(&a->forget, a->forgetting);
	if (!protocol_set_empty(&a->forget))
		a->again = true;
}

bool agree_work(struct agree *a)
{
	uint16_t next;

	if (!a->again && !a->wake && !a->released) {
		agree_say_all(a);
		return false;
	}
	a->again = false;
	a->wake = false;
	forget_step(a);
	for (uint16_t at = a->first; at != NONE; at = next) {
		next = agree_at(a, at)->next;
		agree_advance(a, agree_at(a, at));
	}
	agree_call_back(a);
	agree_gives_settle(a);
	agree_ops_settle(a);
	agree_say_all(a);
	return a->again || a->wake || a->released;
}

bool agree_quiet(const struct agree *a)
{
	for (uint32_t i = 0; i < OPS; i++) {
		if (a->ops[i].state != OP_FREE)
			return false;
	}
	for (uint32_t i = 0; i < AGREE_GIVES_MAX; i++) {
		if (a->gives[i].state != GIVE_FREE)
			return false;
	}
	return a->first == NONE && !a->says && protocol_set_empty(&a->forget) &&
	       protocol_set_empty(&a->locked_out) && protocol_set_empty(&a->put_off);
}

static const char *entry_check(const struct agree *a, const struct agree_entry *e)
{
	bool own = e->coordinator == a->self;

	if (e->state == ENTRY_FREE || e->state > ENTRY_DONE)
		return "an entry in use has no state";
	if ((e->flags & F_LOCKED) &&
	    (e->state == ENTRY_WAITING || (e->state == ENTRY_DONE && !own)))
		return "an entry holds a range too early or too late";
	if (own && (a->ops[e->op].state < OP_TRYING || a->ops[e->op].id != e->id))
		return "an attempt of this node has no operation";
	if (!own && e->parent == NONE && !(e->flags & F_ALONE))
		return "an entry has no parent";
	for_each_entry(f, a) {
		if (f == e)
			break;
		if ((f->flags & F_LOCKED) && (e->flags & F_LOCKED) && agree_conflict(e, f))
			return "two entries hold one range";
		if (f->coordinator == e->coordinator && f->id == e->id)
			return "two entries are of one attempt";
	}
	return NULL;
}

const char *agree_check(const struct agree *a)
{
	uint32_t used = 0, free = 0, slots = 0;
	const char *wrong;

	for_each_entry(e, a) {
		wrong = entry_check(a, e);
		if (wrong)
			return wrong;
		if (++used > a->memory.count)
			return "the list of entries has no end";
	}
	for (uint32_t at = a->free; at != NONE && free <= a->memory.count; free++)
		at = a->memory.entries[at].next;
	if (used != a->used || used + free != a->memory.count)
		return "an entry is lost";
	for (uint32_t i = 0; i < OPS; i++) {
		if (a->ops[i].state >= OP_TRYING)
			slots |= 1u << SLOT_OF(a->ops[i].id);
		if ((a->ops[i].state == OP_PENDING) != (a->pending >> i & 1))
			return "an operation is lost";
	}
	return slots != a->slots ? "a slot is lost" : NULL;
}

const char *agree_sentence(uint32_t error)
{
#define CAP_SENTENCE(name, sentence) [ABI_CAP_E_##name] = (sentence),
#define SENTENCE(name, sentence) [AGREE_E_##name] = (sentence),
	static const char *const sentences[AGREE_ERROR_END] = { ABI_CAP_ERRORS(CAP_SENTENCE)
									AGREE_ERRORS(SENTENCE) };

	return error < AGREE_ERROR_END && sentences[error] ? sentences[error] : "no error is known by this number";
}
