// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The memory server of a node: what its domains ask for, its messages, views. */
#include "memserv_priv.h"

int memserv_init(struct memserv *m, uint32_t self, const struct memserv_limits *limits,
		 struct memserv_piece *pieces, uint32_t count, struct protocol_set *untold,
		 const struct protocol_port *port, const struct memserv_hooks *hooks, void *ctx)
{
	if (self >= PROTOCOL_NODES_MAX || !count || count > MEMSERV_PIECES_MAX ||
	    (!self && !untold))
		return -URPC_EINVAL;
	__builtin_memset(m, 0, sizeof(*m));
	m->self = self;
	m->limits = *limits;
	m->pieces = pieces;
	m->count = count;
	m->untold = untold;
	m->frozen = self != 0;
	m->port = *port;
	m->hooks = *hooks;
	m->ctx = ctx;
	protocol_set_add(&m->members, 0);
	return 0;
}

int memserv_extent(struct memserv *m, uint64_t base, uint64_t bytes, uint16_t numa)
{
	struct memserv_piece *p = memserv_new(m);

	if (!memserv_good(base, bytes))
		return MEMSERV_E_INVALID;
	if (memserv_overlap(m, base, bytes))
		return MEMSERV_E_OVERLAP;
	if (!p)
		return MEMSERV_E_TABLE;
	*p = (struct memserv_piece){ .state = PIECE_FREE, .numa = numa, .node = m->self,
				     .base = base, .bytes = bytes, .unit = base,
				     .unit_bytes = bytes };
	return MEMSERV_OK;
}

uint64_t memserv_used(const struct memserv *m, uint32_t domain)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->count; i++)
		if ((m->pieces[i].state == PIECE_USED || m->pieces[i].state == PIECE_BORROWED) &&
		    m->pieces[i].domain == domain)
			sum += m->pieces[i].bytes;
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++)
		if (m->asks[i].used && !m->asks[i].orphan && m->asks[i].domain == domain)
			sum += m->asks[i].bytes;
	return sum;
}

/* From the cache before this node's own, so that grants are used up. False: there is none. */
static bool give_local(struct memserv *m, const struct memserv_ask *a, uint16_t numa)
{
	struct memserv_piece *p = memserv_find(m, PIECE_CACHED, a->bytes, a->align, numa);

	if (!p)
		p = memserv_find(m, PIECE_FREE, a->bytes, a->align, numa);
	if (!p)
		return false;
	p = memserv_cut(m, p, (p->base + a->align - 1) & ~(a->align - 1), a->bytes);
	p->state = p->state == PIECE_FREE ? PIECE_USED : PIECE_BORROWED;
	p->domain = a->domain;
	m->hooks.granted(m->ctx, a->domain, a->tag, p->base, p->bytes);
	return true;
}

static uint32_t refusal(const struct memserv *m, uint32_t domain, uint64_t bytes, uint64_t align,
			bool limited)
{
	uint64_t used = memserv_used(m, domain), quota;

	if (!memserv_good(0, bytes) || align < MEMSERV_PAGE || (align & (align - 1)))
		return MEMSERV_E_INVALID;
	quota = m->hooks.quota ? m->hooks.quota(m->ctx, domain) : m->limits.domain;
	if (limited && (bytes > quota || used > quota - bytes))
		return MEMSERV_E_QUOTA;
	return memserv_spare(m) < MEMSERV_SPARE ? MEMSERV_E_TABLE : MEMSERV_OK;
}

int memserv_own(struct memserv *m, uint32_t domain, uint64_t bytes, uint64_t align, uint16_t numa,
		bool strict, bool limited, uint64_t *base)
{
	uint32_t error = refusal(m, domain, bytes, align, limited);
	struct memserv_piece *p;

	if (error)
		return (int)error;
	p = memserv_find(m, PIECE_FREE, bytes, align, numa);
	if (!p && !strict)
		p = memserv_find(m, PIECE_FREE, bytes, align, MEMSERV_ANY);
	if (!p)
		return MEMSERV_E_OUT;
	p = memserv_cut(m, p, (p->base + align - 1) & ~(align - 1), bytes);
	p->state = PIECE_USED;
	p->domain = domain;
	*base = p->base;
	return MEMSERV_OK;
}

int memserv_alloc(struct memserv *m, uint32_t domain, uint64_t tag, uint64_t bytes,
		  uint64_t align, uint16_t numa, bool strict)
{
	struct memserv_ask a = { .used = true, .strict = strict, .numa = numa, .domain = domain,
				 .tag = tag, .bytes = bytes, .align = align };
	uint32_t error = refusal(m, domain, bytes, align, true);

	if (error)
		return (int)error;
	if (give_local(m, &a, numa))
		return MEMSERV_OK;
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++) {
		if (m->asks[i].used)
			continue;
		m->asks[i] = a;
		memserv_ask_others(m, &m->asks[i]);
		return MEMSERV_OK;
	}
	return MEMSERV_E_ASKS;
}

static void free_piece(struct memserv *m, struct memserv_piece *p)
{
	p->state = p->state == PIECE_USED ? PIECE_FREE : PIECE_CACHED;
	p->domain = 0;
	memserv_join(m, p);
}

static bool has(const struct memserv_piece *p, uint32_t domain)
{
	return (p->state == PIECE_USED || p->state == PIECE_BORROWED) && p->domain == domain;
}

int memserv_free(struct memserv *m, uint32_t domain, uint64_t base)
{
	for (uint32_t i = 0; i < m->count; i++) {
		if (!has(&m->pieces[i], domain) || m->pieces[i].base != base)
			continue;
		free_piece(m, &m->pieces[i]);
		memserv_trim(m);
		memserv_take_on(m);
		return MEMSERV_OK;
	}
	return MEMSERV_E_MISSING;
}

void memserv_orphan(struct memserv *m, uint32_t domain)
{
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++)
		m->asks[i].orphan |= m->asks[i].used && m->asks[i].domain == domain;
}

void memserv_domain_end(struct memserv *m, uint32_t domain)
{
	memserv_orphan(m, domain);
	for (uint32_t i = 0; i < m->count; i++)
		if (has(&m->pieces[i], domain))
			free_piece(m, &m->pieces[i]);
	memserv_trim(m);
	memserv_take_on(m);
}

static const struct memory_handlers handlers = {
	.ask = memserv_on_ask,
	.grant = memserv_on_grant,
	.none = memserv_on_none,
	.back = memserv_on_back,
	.recall = memserv_on_recall,
	.held = memserv_on_held,
	.keep = memserv_on_keep,
	.kept = memserv_on_kept,
	.add = memserv_on_add,
	.take = memserv_on_take,
	.done = memserv_on_done,
};

int memserv_message(struct memserv *m, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes)
{
	if (from == m->self || !protocol_set_has(&m->members, from)) {
		m->strangers++;
		return 0;
	}
	return memory_dispatch(&handlers, m, from, type, payload, bytes);
}

void memserv_freeze(struct memserv *m)
{
	m->frozen = true;
}

void memserv_thaw(struct memserv *m)
{
	m->frozen = false;
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++) {
		if (!m->asks[i].used || !m->asks[i].waits)
			continue;
		m->asks[i].waits = false;
		memserv_ask_others(m, &m->asks[i]);
	}
}

void memserv_view(struct memserv *m, const struct protocol_set *members)
{
	struct protocol_set gone = m->members, stay = m->members;
	uint32_t node;

	protocol_set_without(&gone, members);
	protocol_set_and(&stay, members);
	m->members = *members;
	if (!protocol_set_has(members, m->self)) {
		memserv_stop(m);
		return;
	}
	protocol_set_each(node, &gone)
		memserv_gone(m, node, &stay);
}

void memserv_left(const struct memserv *m, uint64_t *own, uint64_t *cached)
{
	*own = memserv_sum(m, PIECE_FREE, PROTOCOL_NODE_NONE);
	*cached = memserv_sum(m, PIECE_CACHED, PROTOCOL_NODE_NONE);
}

bool memserv_asked(const struct memserv *m, uint32_t node, uint64_t bytes)
{
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++) {
		const struct memserv_ask *a = &m->asks[i];

		if (a->used && a->node == node && bytes >= a->bytes &&
		    (bytes <= a->bytes || bytes <= m->limits.chunk))
			return true;
	}
	return false;
}

uint32_t memserv_owner(const struct memserv *m, uint64_t base)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (memserv_inside(&m->pieces[i], base, 1))
			return m->pieces[i].state < PIECE_CACHED ? m->self : m->pieces[i].node;
	return PROTOCOL_NODE_NONE;
}

uint16_t memserv_numa(const struct memserv *m, uint64_t base)
{
	for (uint32_t i = 0; i < m->count; i++)
		if (memserv_inside(&m->pieces[i], base, 1))
			return m->pieces[i].numa;
	return MEMSERV_ANY;
}

void memserv_sums(const struct memserv *m, uint64_t *lent, uint64_t *borrowed)
{
	*lent = memserv_sum(m, PIECE_LENT, PROTOCOL_NODE_NONE) +
		memserv_sum(m, PIECE_LENDING, PROTOCOL_NODE_NONE);
	*borrowed = memserv_sum(m, PIECE_BORROWED, PROTOCOL_NODE_NONE) +
		    memserv_sum(m, PIECE_CACHED, PROTOCOL_NODE_NONE) +
		    memserv_sum(m, PIECE_RETURNING, PROTOCOL_NODE_NONE);
}

uint64_t memserv_largest(const struct memserv *m, uint64_t align)
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < m->count; i++) {
		const struct memserv_piece *p = &m->pieces[i];
		uint64_t skip = (0 - p->base) & (align - 1);

		if (p->state == PIECE_FREE && p->bytes > skip && p->bytes - skip > most)
			most = p->bytes - skip;
	}
	return most;
}

bool memserv_quiet(const struct memserv *m)
{
	for (uint32_t i = 0; i < MEMSERV_ASKS; i++)
		if (m->asks[i].used)
			return false;
	for (uint32_t i = 0; i < MEMSERV_JOBS; i++)
		if (m->jobs[i].used)
			return false;
	for (uint32_t i = 0; i < m->count; i++)
		if (m->pieces[i].state == PIECE_LENDING || m->pieces[i].state == PIECE_RETURNING ||
		    m->pieces[i].state == PIECE_TAKEN)
			return false;
	return protocol_set_empty(&m->lost);
}

bool memserv_check(const struct memserv *m)
{
	for (uint32_t i = 0; i < m->count; i++) {
		const struct memserv_piece *p = &m->pieces[i];

		if (!p->state)
			continue;
		if (!memserv_good(p->base, p->bytes) || p->state > PIECE_RETURNING ||
		    p->base < p->unit || p->bytes > p->unit_bytes ||
		    p->base - p->unit > p->unit_bytes - p->bytes)
			return false;
		for (uint32_t j = 0; j < i; j++)
			if (memserv_inside(&m->pieces[j], p->base, p->bytes))
				return false;
	}
	return true;
}

const char *memserv_sentence(uint32_t error)
{
	static const char *const sentences[MEMSERV_E_COUNT] = {
		[MEMSERV_OK] = "done",
#define SENTENCE(name, sentence) [MEMSERV_E_##name] = sentence,
		MEMSERV_ERRORS(SENTENCE)
	};

	return error < MEMSERV_E_COUNT ? sentences[error] : "no known error";
}
