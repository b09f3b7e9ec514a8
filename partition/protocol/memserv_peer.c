// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Memory of other nodes: asked for, granted, given back; and what becomes of it when a node is
 * gone. A grant goes back as a whole, so that its owner never has to cut what it lent.
 */
#include "memserv_priv.h"

static void end_ask(struct memserv *m, struct memserv_ask *a, uint32_t error)
{
	struct memserv_ask copy = *a;

	__builtin_memset(a, 0, sizeof(*a));
	if (!copy.orphan)
		m->hooks.failed(m->ctx, copy.domain, copy.tag, error);
}

/* Own memory or the cache, of whatever NUMA node, when others have none of the wanted one. */
static bool any_local(struct memserv *m, struct memserv_ask *a)
{
	struct memserv_piece *p = memserv_find(m, PIECE_FREE, a->bytes, a->align, MEMSERV_ANY);

	if (!p)
		p = memserv_find(m, PIECE_CACHED, a->bytes, a->align, MEMSERV_ANY);
	if (!p || memserv_spare(m) < 2)
		return false;
	p = memserv_cut(m, p, (p->base + a->align - 1) & ~(a->align - 1), a->bytes);
	p->state = p->state == PIECE_FREE ? PIECE_USED : PIECE_BORROWED;
	p->domain = a->domain;
	m->hooks.granted(m->ctx, a->domain, a->tag, p->base, p->bytes);
	__builtin_memset(a, 0, sizeof(*a));
	return true;
}

static void send_ask(struct memserv *m, struct memserv_ask *a, uint32_t node)
{
	struct memory_ask ask = {
		.number = a->number = ++m->number,
		.bytes = a->bytes,
		.most = a->bytes > m->limits.chunk ? a->bytes : m->limits.chunk,
		.align = a->align,
		.numa = a->pass ? MEMSERV_ANY : a->numa,
	};

	a->node = node;
	memory_ask_out(&m->port, node, &ask);
}

/*
 * The next node to ask, from a->rank on; after the last in any NUMA node, if that will do. While
 * the view changes nobody is asked: who is asked has to know this node.
 */
void memserv_ask_others(struct memserv *m, struct memserv_ask *a)
{
	while (!a->orphan) {
		uint32_t node;

		a->waits = m->frozen;
		a->node = PROTOCOL_NODE_NONE;
		if (m->frozen)
			return;
		node = a->rank < PROTOCOL_NODES_MAX ? m->hooks.nearest(m->ctx, a->rank) :
						      PROTOCOL_NODE_NONE;

		if (node == PROTOCOL_NODE_NONE) {
			if (a->pass || a->strict || a->numa == MEMSERV_ANY)
				break;
			a->pass = 1;
			a->rank = 0;
			if (any_local(m, a))
				return;
			continue;
		}
		if (node != m->self && protocol_set_has(&m->members, node)) {
			send_ask(m, a, node);
			return;
		}
		a->rank++;
	}
	end_ask(m, a, MEMSERV_E_OUT);
}

static void say_none(struct memserv *m, uint32_t to, uint64_t number)
{
	struct memory_none none = { .number = number };

	memory_none_out(&m->port, to, &none);
}

/* How much of piece @p from its first aligned address on may go to a node: @least, or nothing. */
static uint64_t lendable(const struct memserv *m, const struct memserv_piece *p, uint64_t skip,
			 uint64_t least, uint64_t most, uint32_t to)
{
	uint64_t free = memserv_sum(m, PIECE_FREE, PROTOCOL_NODE_NONE);
	uint64_t lent = memserv_sum(m, PIECE_LENT, to) + memserv_sum(m, PIECE_LENDING, to);
	uint64_t room = free > m->limits.reserve ? free - m->limits.reserve : 0;

	if (lent >= m->limits.lend)
		return 0;
	room = m->limits.lend - lent < room ? m->limits.lend - lent : room;
	room = p->bytes - skip < room ? p->bytes - skip : room;
	room = most < room ? most : room;
	return room < least ? 0 : room & ~(uint64_t)(MEMSERV_PAGE - 1);
}

int memserv_on_ask(void *ctx, uint32_t from, const struct memory_ask *a)
{
	struct memserv *m = ctx;
	struct memserv_piece *p;
	uint32_t lending = 0;
	uint64_t skip, bytes;

	if (!a->number || !memserv_good(0, a->bytes) || !memserv_good(0, a->most) ||
	    a->most < a->bytes || a->align < MEMSERV_PAGE || (a->align & (a->align - 1)))
		return -URPC_EPROTO;
	for (uint32_t i = 0; i < m->count; i++)
		lending += m->pieces[i].state == PIECE_LENDING && m->pieces[i].node == from;
	if (lending >= MEMSERV_ASKS)
		return -URPC_EPROTO;
	p = memserv_find(m, PIECE_FREE, a->bytes, a->align, a->numa);
	skip = p ? (0 - p->base) & (a->align - 1) : 0;
	bytes = 0;
	if (p && memserv_spare(m) >= MEMSERV_SPARE)
		bytes = lendable(m, p, skip, a->bytes, a->most, from);
	if (!bytes) {
		say_none(m, from, a->number);
		return 0;
	}
	p = memserv_cut(m, p, p->base + skip, bytes);
	p->state = PIECE_LENDING;
	p->node = from;
	p->number = a->number;
	m->hooks.lend(m->ctx, from, p->base, p->bytes);
	return 0;
}

static void own_again(struct memserv *m, struct memserv_piece *p)
{
	p->state = PIECE_FREE;
	p->node = m->self;
	p->number = 0;
	memserv_join(m, p);
	memserv_take_on(m);
}

/* It is here again, or as good as: nobody there has it any more. Capabilities of it may be left. */
static void come_home(struct memserv *m, struct memserv_piece *p)
{
	p->state = PIECE_LENDING;
	p->node = m->self;
	p->number = 0;
	if (m->hooks.home)
		m->hooks.home(m->ctx, p->base, p->bytes);
	else
		own_again(m, p);
}

void memserv_lent(struct memserv *m, uint64_t base, bool well)
{
	struct memserv_piece *p = memserv_at(m, base, PIECE_LENDING);
	struct memory_grant grant;

	if (!p)
		return;
	grant = (struct memory_grant){ .number = p->number, .base = p->base, .bytes = p->bytes,
				       .numa = p->numa };
	/* Who asked is gone; another may have its number by now. */
	if (!p->number) {
		if (well)
			come_home(m, p);
		else
			own_again(m, p);
		return;
	}
	if (well) {
		p->state = PIECE_LENT;
		memory_grant_out(&m->port, p->node, &grant);
		return;
	}
	say_none(m, p->node, p->number);
	own_again(m, p);
}

static struct memserv_ask *find_ask(struct memserv *m, uint32_t from, uint64_t number)
{
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++)
		if (m->asks[i].used && m->asks[i].node == from && m->asks[i].number == number)
			return &m->asks[i];
	return NULL;
}

/*
 * The domain gets its part, the rest is for the next one. Entries for it were kept when it was
 * asked.
 */
int memserv_on_grant(void *ctx, uint32_t from, const struct memory_grant *g)
{
	struct memserv *m = ctx;
	struct memserv_ask *a = find_ask(m, from, g->number), copy;
	struct memserv_piece *p = memserv_new(m);

	if (!a || !p || memserv_spare(m) < 2 || !memserv_good(g->base, g->bytes) ||
	    g->bytes < a->bytes || (g->base & (a->align - 1)) ||
	    memserv_overlap(m, g->base, g->bytes))
		return -URPC_EPROTO;
	copy = *a;
	__builtin_memset(a, 0, sizeof(*a));
	*p = (struct memserv_piece){ .state = PIECE_CACHED, .numa = g->numa, .node = from,
				     .base = g->base, .bytes = g->bytes, .unit = g->base,
				     .unit_bytes = g->bytes };
	if (!copy.orphan) {
		p = memserv_cut(m, p, p->base, copy.bytes);
		p->state = PIECE_BORROWED;
		p->domain = copy.domain;
		m->hooks.granted(m->ctx, copy.domain, copy.tag, p->base, p->bytes);
	}
	memserv_trim(m);
	return 0;
}

int memserv_on_none(void *ctx, uint32_t from, const struct memory_none *none)
{
	struct memserv *m = ctx;
	struct memserv_ask *a = find_ask(m, from, none->number);

	if (!a)
		return -URPC_EPROTO;
	a->rank++;
	memserv_ask_others(m, a);
	return 0;
}

static void give_back(struct memserv *m, struct memserv_piece *p)
{
	p->state = PIECE_RETURNING;
	m->hooks.give_back(m->ctx, p->node, p->base, p->bytes);
}

/*
 * Whole grants that nobody uses go back while the cache is over its limit, and in any case those of
 * node 0: it lends nothing, what is of it is what a node that is gone had lent.
 */
void memserv_trim(struct memserv *m)
{
	uint64_t cached = memserv_sum(m, PIECE_CACHED, PROTOCOL_NODE_NONE);

	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *p = &m->pieces[i];

		if (p->state != PIECE_CACHED || p->bytes != p->unit_bytes ||
		    (cached <= m->limits.cache && p->node))
			continue;
		cached -= p->bytes;
		give_back(m, p);
	}
}

void memserv_given(struct memserv *m, uint64_t base)
{
	struct memserv_piece *p = memserv_at(m, base, PIECE_RETURNING);
	struct memory_back back;
	uint32_t owner;

	if (!p)
		return;
	back = (struct memory_back){ .base = p->base, .bytes = p->bytes };
	owner = p->node;
	__builtin_memset(p, 0, sizeof(*p));
	if (owner == m->self)
		m->hooks.returned(m->ctx, back.base, back.bytes);
	else
		memory_back_out(&m->port, owner, &back);
}

int memserv_on_back(void *ctx, uint32_t from, const struct memory_back *back)
{
	struct memserv *m = ctx;
	struct memserv_piece *p = memserv_at(m, back->base, PIECE_LENT);

	if (!p)
		p = memserv_at(m, back->base, PIECE_KEPT);
	if (!p || p->node != from || p->bytes != back->bytes)
		return -URPC_EPROTO;
	if (p->state == PIECE_KEPT) {
		__builtin_memset(p, 0, sizeof(*p));
		m->hooks.returned(m->ctx, back->base, back->bytes);
		return 0;
	}
	come_home(m, p);
	return 0;
}

/*
 * Back with it, if nobody uses any of it; else who does. If it is on its way, that is the answer.
 */
int memserv_on_recall(void *ctx, uint32_t from, const struct memory_recall *r)
{
	struct memserv *m = ctx;
	struct memory_held held = { .base = r->base, .domain = MEMSERV_NOBODY };
	struct memserv_piece *whole = NULL;

	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *p = &m->pieces[i];

		if (p->state < PIECE_CACHED || p->node != from || p->unit != r->base)
			continue;
		if (p->state == PIECE_BORROWED)
			held.domain = p->domain;
		else if (p->state == PIECE_CACHED && p->bytes == p->unit_bytes)
			whole = p;
	}
	if (whole)
		give_back(m, whole);
	else if (held.domain != MEMSERV_NOBODY)
		memory_held_out(&m->port, from, &held);
	return 0;
}

/* Of node 0 from now on; it has to know before the memory of the gone one is used again. */
static void keep(struct memserv *m, uint32_t owner)
{
	struct memory_kept kept = { .owner = owner };

	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *p = &m->pieces[i];
		struct memory_keep one = { .owner = owner, .base = p->unit,
					   .bytes = p->unit_bytes };

		if (p->state < PIECE_CACHED || p->node != owner)
			continue;
		/* The first of a grant speaks for it, and takes the others along. */
		for (uint32_t j = i; j < m->count; j++)
			if (m->pieces[j].state >= PIECE_CACHED && m->pieces[j].node == owner &&
			    m->pieces[j].unit == one.base)
				m->pieces[j].node = 0;
		if (m->self)
			memory_keep_out(&m->port, 0, &one);
		else
			m->hooks.kept(m->ctx, owner, one.base, one.bytes);
	}
	if (m->self)
		memory_kept_out(&m->port, 0, &kept);
	else
		memserv_told(m, 0, owner);
	memserv_trim(m);
}

int memserv_on_keep(void *ctx, uint32_t from, const struct memory_keep *k)
{
	struct memserv *m = ctx;
	struct memserv_piece *p = memserv_new(m);

	if (m->self || k->owner >= PROTOCOL_NODES_MAX || !protocol_set_has(&m->lost, k->owner) ||
	    !protocol_set_has(&m->untold[k->owner], from) || !memserv_good(k->base, k->bytes) ||
	    memserv_overlap(m, k->base, k->bytes))
		return -URPC_EPROTO;
	if (!p) {
		m->overflow = true;
		return 0;
	}
	*p = (struct memserv_piece){ .state = PIECE_KEPT, .node = from, .base = k->base,
				     .bytes = k->bytes, .unit = k->base,
				     .unit_bytes = k->bytes };
	m->hooks.kept(m->ctx, k->owner, k->base, k->bytes);
	return 0;
}

/* @from has told all that it keeps of what @owner had. */
void memserv_told(struct memserv *m, uint32_t from, uint32_t owner)
{
	protocol_set_remove(&m->untold[owner], from);
	if (!protocol_set_empty(&m->untold[owner]))
		return;
	protocol_set_remove(&m->lost, owner);
	/* What could not be noted may be anybody's: nothing is used again. */
	if (!m->overflow)
		m->hooks.reclaim(m->ctx, owner);
}

int memserv_on_kept(void *ctx, uint32_t from, const struct memory_kept *k)
{
	struct memserv *m = ctx;

	if (m->self || k->owner >= PROTOCOL_NODES_MAX || !protocol_set_has(&m->lost, k->owner) ||
	    !protocol_set_has(&m->untold[k->owner], from))
		return -URPC_EPROTO;
	memserv_told(m, from, k->owner);
	return 0;
}

/*
 * At node 0: who may keep something of it: who was there with it, not who came as it went. And who is
 * gone keeps nothing of others any more.
 */
static void lose(struct memserv *m, uint32_t node, const struct protocol_set *stay)
{
	uint32_t other;

	m->untold[node] = *stay;
	protocol_set_add(&m->lost, node);
	protocol_set_each(other, &m->lost)
		if (other != node && protocol_set_has(&m->untold[other], node))
			memserv_told(m, node, other);
}

/*
 * It does not run any more: what was lent to it is free, what it had lent is kept, or asked
 * elsewhere.
 */
void memserv_gone(struct memserv *m, uint32_t node, const struct protocol_set *stay)
{
	if (!m->self)
		lose(m, node, stay);
	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *p = &m->pieces[i];
		uint64_t base = p->base, bytes = p->bytes;

		if (p->node == node && p->state == PIECE_LENDING)
			p->number = 0;
		if (p->node != node || (p->state != PIECE_LENT && p->state != PIECE_KEPT))
			continue;
		if (p->state == PIECE_KEPT) {
			__builtin_memset(p, 0, sizeof(*p));
			m->hooks.returned(m->ctx, base, bytes);
		} else {
			come_home(m, p);
		}
	}
	keep(m, node);
	memserv_jobs_gone(m, node);
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++) {
		if (!m->asks[i].used || m->asks[i].node != node)
			continue;
		m->asks[i].rank++;
		memserv_ask_others(m, &m->asks[i]);
	}
}

/* This node is no member any more: nobody will answer. */
void memserv_stop(struct memserv *m)
{
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++)
		if (m->asks[i].used)
			end_ask(m, &m->asks[i], MEMSERV_E_NODE);
}
