// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * A change of view. From the freeze on everything of the old view is dropped, so votes and decisions
 * stand still everywhere while the nodes report. Then nobody's tree is valid any more:
 *
 *   coordinator, undecided    abort, and try again in the new view with the same age
 *   coordinator, decided      as decided; both are told to every member, by the coordinator itself
 *   other, had not voted      forgotten: without that vote nobody can have committed
 *   other, voted yes          holds the range until the coordinator tells the outcome; when that node
 *                             went, by the leader's word: committed if anybody saw it committed
 *   other, carrying out       goes on; acknowledges when the coordinator asks
 */
#include "agree_priv.h"

#define PAIR_BYTES 8u

static uint32_t get32(const uint8_t *at)
{
	uint32_t value;

	__builtin_memcpy(&value, at, sizeof(value));
	return value;
}

static void put32(uint8_t *at, uint32_t value)
{
	__builtin_memcpy(at, &value, sizeof(value));
}

void agree_freeze(struct agree *a)
{
	a->frozen = true;
	a->open = false;
}

/* A blob is a count, and as many pairs: node, attempt that was committed. */
uint32_t agree_report(struct agree *a, const struct protocol_set *proposed, uint8_t *blob,
		      uint32_t max)
{
	struct protocol_set gone = a->members;
	uint32_t node, bytes = 4, count = 0;

	agree_freeze(a);
	if (max < AGREE_BLOB_MAX)
		return 0;
	protocol_set_without(&gone, proposed);
	protocol_set_remove(&gone, a->self);
	protocol_set_each(node, &gone) {
		const struct agree_peer *p = &a->memory.peers[node];

		for (uint32_t slot = 0; slot < AGREE_SLOTS_MAX; slot++) {
			if (!(p->committed >> slot & 1) || bytes + PAIR_BYTES > AGREE_BLOB_MAX)
				continue;
			put32(blob + bytes, node);
			put32(blob + bytes + 4, p->id[slot]);
			bytes += PAIR_BYTES;
			count++;
		}
	}
	put32(blob, count);
	return bytes;
}

static bool blob_fits(const uint8_t *blob, uint32_t bytes)
{
	return bytes >= 4 && bytes <= AGREE_BLOB_MAX && (bytes - 4) / PAIR_BYTES == get32(blob) &&
	       !((bytes - 4) % PAIR_BYTES);
}

void agree_merge_begin(struct agree_merger *m, const struct protocol_set *members,
		       const struct protocol_set *proposed)
{
	struct protocol_set gone = *members;
	uint32_t node;

	protocol_set_without(&gone, proposed);
	__builtin_memset(m, 0, sizeof(*m));
	protocol_set_each(node, &gone) {
		if (m->nodes < AGREE_DEPART_MAX)
			m->node[m->nodes++] = node;
	}
}

static uint32_t *merged(struct agree_merger *m, uint32_t node, uint32_t id)
{
	for (uint32_t i = 0; i < m->nodes; i++) {
		if (m->node[i] == node)
			return &m->id[i][SLOT_OF(id)];
	}
	return NULL;
}

int agree_merge(struct agree_merger *m, const uint8_t *blob, uint32_t bytes)
{
	if (!blob_fits(blob, bytes))
		return -URPC_EPROTO;
	for (uint32_t at = 4; at < bytes; at += PAIR_BYTES) {
		if (!get32(blob + at + 4) || !merged(m, get32(blob + at), get32(blob + at + 4)))
			return -URPC_EPROTO;
	}
	for (uint32_t at = 4; at < bytes; at += PAIR_BYTES) {
		uint32_t id = get32(blob + at + 4), *known = merged(m, get32(blob + at), id);

		/* An older one of the same slot was done everywhere before this one began. */
		if (!*known || (int32_t)(id - *known) > 0)
			*known = id;
	}
	return 0;
}

uint32_t agree_outcome(const struct agree_merger *m, uint8_t *blob, uint32_t max)
{
	uint32_t bytes = 4;

	if (max < AGREE_BLOB_MAX)
		return 0;
	for (uint32_t i = 0; i < m->nodes; i++) {
		for (uint32_t slot = 0; slot < AGREE_SLOTS_MAX; slot++) {
			if (!m->id[i][slot])
				continue;
			put32(blob + bytes, m->node[i]);
			put32(blob + bytes + 4, m->id[i][slot]);
			bytes += PAIR_BYTES;
		}
	}
	put32(blob, (bytes - 4) / PAIR_BYTES);
	return bytes;
}

static bool is_committed(const uint8_t *blob, uint32_t bytes, uint32_t node, uint32_t id)
{
	for (uint32_t at = 4; at < bytes; at += PAIR_BYTES) {
		if (get32(blob + at) == node && get32(blob + at + 4) == id)
			return true;
	}
	return false;
}

static void forget_entry(struct agree *a, struct agree_entry *e)
{
	agree_release(a, e);
	agree_entry_free(a, e);
}

/* An attempt of this node: it stays until all have acknowledged. */
static void own_entry(struct agree *a, struct agree_entry *e)
{
	struct agree_op *op = &a->ops[e->op];

	if (e->state == ENTRY_DECIDED)
		return; /* its part is still to be carried out */
	if (!agree_decided(e)) {
		op->state = OP_ENDING;
		op->outcome = OP_AGAIN;
		op->blocker = NONE;
		agree_decide_entry(a, e, false);
		e->state = ENTRY_DONE;
	}
	op->performed = true;
}

static void entries_change(struct agree *a, const struct protocol_set *members,
			   const uint8_t *blob, uint32_t bytes)
{
	uint16_t next;

	for (uint16_t at = a->first; at != NONE; at = next) {
		struct agree_entry *e = agree_at(a, at);
		bool gone = !protocol_set_has(members, e->coordinator);
		bool prepared = (e->flags & F_SENT) && e->vote == AGREE_VOTE_YES;

		next = e->next;
		e->missing = 0;
		e->parent = NONE;
		e->flags |= F_ALONE;
		if (e->coordinator == a->self)
			own_entry(a, e);
		else if (e->state == ENTRY_DONE || (!agree_decided(e) && !prepared))
			forget_entry(a, e);
		else if (e->state == ENTRY_VOTED && gone)
			agree_decide_entry(a, e, is_committed(blob, bytes, e->coordinator, e->id));
	}
}

/* Attempts that are not over are told to all, newcomers too: others may wait for their ends. */
static void ops_change(struct agree *a, const struct protocol_set *members)
{
	for (uint32_t i = 0; i < OPS; i++) {
		struct agree_op *op = &a->ops[i];

		if (op->state != OP_ENDING)
			continue;
		op->waiting = *members;
		protocol_set_remove(&op->waiting, a->self);
		agree_op_end(a, op);
	}
}

static void members_go(struct agree *a, const struct protocol_set *gone)
{
	uint32_t node;

	protocol_set_each(node, gone)
		__builtin_memset(&a->memory.peers[node], 0, sizeof(a->memory.peers[node]));
	protocol_set_or(&a->forget, gone);
	protocol_set_without(&a->locked_out, gone);
	protocol_set_without(&a->put_off, gone);
	for (uint32_t i = 0; i < AGREE_GIVES_MAX; i++) {
		struct agree_transfer *g = &a->gives[i];

		if (g->state == GIVE_FREE || !protocol_set_has(gone, g->to))
			continue;
		g->state = GIVE_FREE;
		a->local.given(a->local.ctx, g->cookie, -AGREE_E_GONE);
	}
}

int agree_install(struct agree *a, uint32_t view, const struct protocol_set *members,
		  const uint8_t *blob, uint32_t bytes)
{
	struct protocol_set gone = a->members;
	uint32_t count = protocol_set_count(members);

	/* A newcomer has nothing that the outcome could be about. */
	if (a->view && !blob_fits(blob, bytes))
		return -URPC_EPROTO;
	if (route_build(&a->route, a->memory.room, &a->topology, (enum route_kind)a->kind, a->self,
			members))
		return -URPC_EINVAL;
	protocol_set_without(&gone, members);
	agree_freeze(a);
	agree_say_nothing(a);
	entries_change(a, members, blob, bytes);
	members_go(a, &gone);
	a->view = view;
	a->members = *members;
	a->window = a->memory.count / count;
	if (a->window > AGREE_SLOTS_MAX)
		a->window = AGREE_SLOTS_MAX;
	a->frozen = false;
	a->wake = true;
	ops_change(a, members);
	return 0;
}

void agree_thaw(struct agree *a)
{
	a->open = true;
	a->wake = true;
	for (uint32_t i = 0; i < OPS; i++) {
		struct agree_op *op = &a->ops[i];
		struct agree_decide m = {
			.view = a->view,
			.coordinator = (uint16_t)a->self,
			.id = op->id,
			.heir = op->heir,
			.what = op->outcome == OP_COMMIT ? AGREE_OUTCOME_COMMIT :
							   AGREE_OUTCOME_ABORT,
			.direct = true,
		};
		uint32_t node;

		if (op->state != OP_ENDING)
			continue;
		protocol_set_each(node, &op->waiting)
			agree_decide_out(&a->port, node, &m);
	}
}
