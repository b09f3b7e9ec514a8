// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The entries of the log: what each does to the table. A pure function of both: nothing here
 * looks at the time, at this node, or at what only this node knows, but to tell this node's own
 * domains.
 */
#include "names_priv.h"

/* What an operation has a use for; the rest of a request is 0. */
static const struct {
	uint8_t flags;
	uint8_t values;
	bool counts; /* value[0] is 1 to NAMES_COUNT_MAX */
	bool named;
} uses[NAMES_OP_COUNT] = {
	[NAMES_OP_SET] = { NAMES_CREATE | NAMES_OVERWRITE | NAMES_EPHEMERAL | NAMES_SHARED,
			   NAMES_VALUES, false, true },
	[NAMES_OP_REMOVE] = { 0, 0, false, true },
	[NAMES_OP_LOCK] = { NAMES_NOWAIT, 0, false, true },
	[NAMES_OP_UNLOCK] = { 0, 0, false, true },
	[NAMES_OP_SEMAPHORE] = { NAMES_EPHEMERAL, 1, false, true },
	[NAMES_OP_POST] = { 0, 1, true, true },
	[NAMES_OP_WAIT] = { NAMES_NOWAIT, 0, false, true },
	[NAMES_OP_BARRIER] = { 0, 1, true, true },
	[NAMES_OP_CANCEL] = { 0, 0, false, true },
	[NAMES_OP_DOMAIN_END] = { 0, 0, false, false },
	[NAMES_OP_NODE_END] = { 0, 0, false, false },
};

uint32_t names_ask_error(const struct names_ask *ask)
{
	const uint8_t both = NAMES_CREATE | NAMES_OVERWRITE;

	if (!ask->op || ask->op >= NAMES_OP_COUNT || (ask->flags & ~uses[ask->op].flags) ||
	    (ask->flags & both) == both)
		return NAMES_INVALID;
	for (uint32_t i = uses[ask->op].values; i < NAMES_VALUES; i++)
		if (ask->value[i])
			return NAMES_INVALID;
	if (uses[ask->op].counts && !ask->value[0])
		return NAMES_INVALID;
	if (uses[ask->op].values == 1 && ask->value[0] > NAMES_COUNT_MAX)
		return NAMES_INVALID;
	if (uses[ask->op].named ? !names_name_good(ask->name) : ask->name[0])
		return NAMES_INVALID;
	return NAMES_OK;
}

bool names_entry_good(const struct names_entry *e)
{
	if (names_ask_error(&e->ask) || e->node >= PROTOCOL_NODES_MAX)
		return false;
	if (e->ask.op == NAMES_OP_NODE_END)
		return !e->number && !e->domain && !e->cancels;
	return e->number && e->domain != NAMES_NOBODY &&
	       (e->ask.op == NAMES_OP_CANCEL ? e->cancels && e->cancels < e->number : !e->cancels);
}

uint32_t names_quota(const struct names *n, uint32_t node, uint32_t domain, bool waits)
{
	uint32_t have, waiting;

	names_count(n, node, domain, &have, &waiting);
	if (!waits && have >= n->limits.records)
		return NAMES_RECORDS;
	if (waits && waiting >= n->limits.waits)
		return NAMES_WAITS;
	return n->owned[node] >= n->limits.node ? NAMES_NODE : NAMES_OK;
}

/* A new name of the one who asks; its slot in @i. */
static uint32_t make(struct names *n, uint8_t kind, const struct names_entry *e, uint16_t *i)
{
	uint32_t error = names_quota(n, e->node, e->domain, false);

	if (error)
		return error;
	*i = names_take(n, kind, e->node, e->domain);
	if (*i == NAMES_NONE)
		return NAMES_FULL;
	names_call(n, *i, e->ask.name);
	n->memory.slots[*i].flags = e->ask.flags & (NAMES_EPHEMERAL | NAMES_SHARED);
	return NAMES_OK;
}

static bool may_change(const struct names_slot *s, const struct names_entry *e)
{
	return (s->flags & NAMES_SHARED) || s->domain == NAMES_NOBODY ||
	       (s->node == e->node && s->domain == e->domain);
}

/* What nobody owns any more becomes the property of who writes it. */
static uint32_t adopt(struct names *n, uint16_t i, const struct names_entry *e)
{
	uint32_t error;

	if (n->memory.slots[i].domain != NAMES_NOBODY)
		return NAMES_OK;
	error = names_quota(n, e->node, e->domain, false);
	if (error)
		return error;
	names_own(n, i, e->node, e->domain);
	n->memory.slots[i].flags = e->ask.flags & (NAMES_EPHEMERAL | NAMES_SHARED);
	return NAMES_OK;
}

static uint32_t apply_set(struct names *n, const struct names_entry *e, uint16_t *i)
{
	struct names_slot *s;
	uint32_t error;

	if (*i == NAMES_NONE) {
		if (e->ask.flags & NAMES_OVERWRITE)
			return NAMES_MISSING;
		error = make(n, NAMES_RECORD, e, i);
	} else {
		s = &n->memory.slots[*i];
		if (s->kind != NAMES_RECORD)
			return NAMES_KIND;
		if (e->ask.flags & NAMES_CREATE)
			return NAMES_EXISTS;
		error = may_change(s, e) ? adopt(n, *i, e) : NAMES_OWNER;
	}
	if (error)
		return error;
	s = &n->memory.slots[*i];
	__builtin_memcpy(s->value, e->ask.value, sizeof(s->value));
	s->version = n->counts.applied;
	names_touch(n, *i);
	names_changed(n, NAMES_SET, *i);
	return NAMES_OK;
}

static uint32_t apply_remove(struct names *n, const struct names_entry *e, uint16_t *i)
{
	const struct names_slot *s = &n->memory.slots[*i];

	if (s->kind != NAMES_RECORD && s->kind != NAMES_SEMAPHORE)
		return NAMES_KIND;
	if (!may_change(s, e))
		return NAMES_OWNER;
	if (s->kind == NAMES_RECORD)
		names_changed(n, NAMES_GONE, *i);
	names_pass(n, *i, NAMES_REMOVED);
	names_drop(n, *i);
	*i = NAMES_NONE;
	return NAMES_OK;
}

static uint32_t apply_lock(struct names *n, const struct names_entry *e, uint16_t *i)
{
	if (*i == NAMES_NONE)
		return make(n, NAMES_LOCK, e, i);
	if (n->memory.slots[*i].kind != NAMES_LOCK)
		return NAMES_KIND;
	return e->ask.flags & NAMES_NOWAIT ? NAMES_BUSY : names_enqueue(n, *i, e);
}

static uint32_t apply_unlock(struct names *n, const struct names_entry *e, uint16_t *i)
{
	const struct names_slot *s = &n->memory.slots[*i];

	if (s->kind != NAMES_LOCK)
		return NAMES_KIND;
	if (s->node != e->node || s->domain != e->domain)
		return NAMES_OWNER;
	names_unlock(n, *i);
	*i = NAMES_NONE;
	return NAMES_OK;
}

static uint32_t apply_semaphore(struct names *n, const struct names_entry *e, uint16_t *i)
{
	uint32_t error;

	if (*i != NAMES_NONE)
		return NAMES_EXISTS;
	error = make(n, NAMES_SEMAPHORE, e, i);
	if (!error)
		n->memory.slots[*i].value[0] = e->ask.value[0];
	return error;
}

static uint32_t apply_post(struct names *n, const struct names_entry *e, uint16_t *i)
{
	struct names_slot *s = &n->memory.slots[*i];
	uint64_t count = e->ask.value[0];

	if (s->kind != NAMES_SEMAPHORE)
		return NAMES_KIND;
	if (s->value[0] + count > NAMES_COUNT_MAX)
		return NAMES_COUNT;
	for (; count && s->first != NAMES_NONE; count--)
		names_leave(n, s->first, NAMES_OK);
	s->value[0] += count;
	s->version = n->counts.applied;
	names_touch(n, *i);
	return NAMES_OK;
}

static uint32_t apply_wait(struct names *n, const struct names_entry *e, uint16_t *i)
{
	struct names_slot *s = &n->memory.slots[*i];

	if (s->kind != NAMES_SEMAPHORE)
		return NAMES_KIND;
	if (!s->value[0])
		return e->ask.flags & NAMES_NOWAIT ? NAMES_BUSY : names_enqueue(n, *i, e);
	s->value[0]--;
	names_touch(n, *i);
	return NAMES_OK;
}

/* Who comes last goes on with all others; the name is gone then. */
static uint32_t apply_barrier(struct names *n, const struct names_entry *e, uint16_t *i)
{
	struct names_slot *s = &n->memory.slots[*i];
	uint32_t error;

	if (*i == NAMES_NONE) {
		if (e->ask.value[0] == 1)
			return NAMES_OK;
		error = names_quota(n, e->node, e->domain, true);
		if (!error)
			error = make(n, NAMES_BARRIER, e, i);
		if (error)
			return error;
		s = &n->memory.slots[*i];
		s->value[0] = e->ask.value[0];
	} else if (s->kind != NAMES_BARRIER) {
		return NAMES_KIND;
	} else if (s->value[0] != e->ask.value[0]) {
		return NAMES_COUNT;
	} else if (s->value[1] + 1 == s->value[0]) {
		names_pass(n, *i, NAMES_OK);
		*i = NAMES_NONE;
		return NAMES_OK;
	}
	error = names_enqueue(n, *i, e);
	if (error == NAMES_QUEUED)
		s->value[1]++;
	else if (!s->value[1])
		names_drop(n, *i);
	return error;
}

/* The one that waits may have been let go meanwhile: then there is nothing to cancel. */
static uint32_t apply_cancel(struct names *n, const struct names_entry *e, uint16_t *i)
{
	const struct names_slot *slots = n->memory.slots;
	uint16_t w = slots[*i].first;

	while (w != NAMES_NONE && (slots[w].node != e->node || slots[w].number != e->cancels))
		w = slots[w].next;
	if (w == NAMES_NONE)
		return NAMES_MISSING;
	names_leave(n, w, NAMES_TIMEOUT);
	*i = NAMES_NONE;
	return NAMES_OK;
}

static uint32_t apply_domain_end(struct names *n, const struct names_entry *e, uint16_t *i)
{
	(void)i;
	names_sweep(n, e->node, e->domain, false);
	return NAMES_OK;
}

static uint32_t apply_node_end(struct names *n, const struct names_entry *e, uint16_t *i)
{
	(void)i;
	names_sweep(n, e->node, 0, true);
	return NAMES_OK;
}

/* @slot: of the name, NAMES_NONE: there is none. @makes: called for that, too */
static const struct {
	uint32_t (*apply)(struct names *n, const struct names_entry *e, uint16_t *slot);
	bool makes;
} operations[NAMES_OP_COUNT] = {
	[NAMES_OP_SET] = { apply_set, true },
	[NAMES_OP_REMOVE] = { apply_remove, false },
	[NAMES_OP_LOCK] = { apply_lock, true },
	[NAMES_OP_UNLOCK] = { apply_unlock, false },
	[NAMES_OP_SEMAPHORE] = { apply_semaphore, true },
	[NAMES_OP_POST] = { apply_post, false },
	[NAMES_OP_WAIT] = { apply_wait, false },
	[NAMES_OP_BARRIER] = { apply_barrier, true },
	[NAMES_OP_CANCEL] = { apply_cancel, false },
	[NAMES_OP_DOMAIN_END] = { apply_domain_end, true },
	[NAMES_OP_NODE_END] = { apply_node_end, true },
};

/*
 * Apply the next entry, which names_entry_good() has seen, and answer its requester if that is
 * here.
 */
void names_apply_entry(struct names *n, const struct names_entry *e)
{
	uint16_t slot = e->ask.name[0] ? names_find(n, e->ask.name) : NAMES_NONE;
	uint32_t error = NAMES_MISSING;

	n->counts.applied++;
	if (slot != NAMES_NONE || operations[e->ask.op].makes)
		error = operations[e->ask.op].apply(n, e, &slot);
	if (e->node == n->self && e->number)
		names_ordered(n, e, error, slot);
}
