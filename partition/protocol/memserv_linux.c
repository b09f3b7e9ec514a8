// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Memory that Linux adds to a node and takes from it. A take marks what is free, calls back what is
 * lent, and is over when all of the range is marked, or somebody is found who uses a part.
 */
#include "memserv_priv.h"

static void answer(struct memserv *m, uint64_t number, uint32_t error, uint32_t node,
		   uint32_t domain, uint64_t base)
{
	struct memory_done done = { .number = number, .error = error, .node = node,
				    .domain = domain, .base = base };

	memory_done_out(&m->port, 0, &done);
}

int memserv_on_add(void *ctx, uint32_t from, const struct memory_add *a)
{
	struct memserv *m = ctx;
	uint32_t error;

	if (from || !memserv_good(a->base, a->bytes))
		return -URPC_EPROTO;
	error = memserv_spare(m) > MEMSERV_SPARE ?
			(uint32_t)memserv_extent(m, a->base, a->bytes, a->numa) :
			MEMSERV_E_TABLE;
	if (!error && !m->hooks.added(m->ctx, a->base, a->bytes)) {
		struct memserv_piece *p = memserv_at(m, a->base, PIECE_FREE);

		__builtin_memset(p, 0, sizeof(*p));
		error = MEMSERV_E_REFUSED;
	}
	answer(m, a->number, error, m->self, MEMSERV_NOBODY, a->base);
	return 0;
}

/* It ends without anything taken. */
static void give_up(struct memserv *m, uint32_t error, uint32_t node, uint32_t domain,
		    uint64_t base)
{
	struct memserv_job job = m->jobs[0];

	m->jobs[0].used = false;
	for (uint32_t i = 0; i < m->count; i++) {
		if (m->pieces[i].state != PIECE_TAKEN)
			continue;
		m->pieces[i].state = PIECE_FREE;
		memserv_join(m, &m->pieces[i]);
	}
	answer(m, job.number, error, node, domain, base);
}

static void finish(struct memserv *m)
{
	struct memserv_job job = m->jobs[0];

	m->jobs[0].used = false;
	for (uint32_t i = 0; i < m->count; i++)
		if (m->pieces[i].state == PIECE_TAKEN)
			__builtin_memset(&m->pieces[i], 0, sizeof(m->pieces[i]));
	m->hooks.removed(m->ctx, job.base, job.bytes);
	answer(m, job.number, MEMSERV_OK, m->self, MEMSERV_NOBODY, job.base);
}

/* Mark what is free in the range. Return: bytes of it that are marked; ~0: no room to cut. */
static uint64_t mark(struct memserv *m, const struct memserv_job *job)
{
	uint64_t marked = 0, end = job->base + job->bytes;

	for (uint32_t i = 0; i < m->count; i++) {
		struct memserv_piece *p = &m->pieces[i];
		uint64_t from = p->base > job->base ? p->base : job->base;
		uint64_t to = p->base + p->bytes < end ? p->base + p->bytes : end;

		if (p->state != PIECE_FREE || !memserv_inside(p, job->base, job->bytes))
			continue;
		if (memserv_spare(m) < MEMSERV_SPARE)
			return ~0ull;
		memserv_cut(m, p, from, to - from)->state = PIECE_TAKEN;
	}
	for (uint32_t i = 0; i < m->count; i++)
		if (m->pieces[i].state == PIECE_TAKEN)
			marked += m->pieces[i].bytes;
	return marked;
}

/* Whenever something has become free, lent, or somebody else's. */
void memserv_take_on(struct memserv *m)
{
	uint64_t marked;

	if (!m->self || !m->jobs[0].used)
		return;
	marked = mark(m, &m->jobs[0]);
	if (marked == ~0ull)
		give_up(m, MEMSERV_E_TABLE, m->self, MEMSERV_NOBODY, m->jobs[0].base);
	else if (marked == m->jobs[0].bytes)
		finish(m);
}

/*
 * What stands in the way from the beginning: a domain of this node, or the range is not all here.
 */
static bool hopeless(struct memserv *m, const struct memory_take *t)
{
	uint64_t known = 0, end = t->base + t->bytes;

	for (uint32_t i = 0; i < m->count; i++) {
		const struct memserv_piece *p = &m->pieces[i];
		uint64_t from = p->base > t->base ? p->base : t->base;
		uint64_t to = p->base + p->bytes < end ? p->base + p->bytes : end;

		if (!memserv_inside(p, t->base, t->bytes) || p->state >= PIECE_CACHED)
			continue;
		if (p->state == PIECE_USED || p->state == PIECE_LENDING) {
			answer(m, t->number, MEMSERV_E_HELD,
			       p->state == PIECE_USED ? m->self : p->node,
			       p->state == PIECE_USED ? p->domain : MEMSERV_NOBODY, p->base);
			return true;
		}
		known += to - from;
	}
	if (known == t->bytes)
		return false;
	answer(m, t->number, MEMSERV_E_UNKNOWN, m->self, MEMSERV_NOBODY, t->base);
	return true;
}

int memserv_on_take(void *ctx, uint32_t from, const struct memory_take *t)
{
	struct memserv *m = ctx;

	if (from || !memserv_good(t->base, t->bytes))
		return -URPC_EPROTO;
	if (m->jobs[0].used) {
		answer(m, t->number, MEMSERV_E_BUSY, m->self, MEMSERV_NOBODY, t->base);
		return 0;
	}
	if (hopeless(m, t))
		return 0;
	m->jobs[0] = (struct memserv_job){ .used = true, .takes = true, .number = t->number,
					   .base = t->base, .bytes = t->bytes };
	for (uint32_t i = 0; i < m->count; i++) {
		const struct memserv_piece *p = &m->pieces[i];
		struct memory_recall recall = { .base = p->base, .bytes = p->bytes };

		if (p->state == PIECE_LENT && memserv_inside(p, t->base, t->bytes))
			memory_recall_out(&m->port, p->node, &recall);
	}
	memserv_take_on(m);
	return 0;
}

int memserv_on_held(void *ctx, uint32_t from, const struct memory_held *h)
{
	struct memserv *m = ctx;
	struct memserv_piece *p = memserv_at(m, h->base, PIECE_LENT);

	if (!p || p->node != from || h->domain == MEMSERV_NOBODY)
		return -URPC_EPROTO;
	if (m->self && m->jobs[0].used && memserv_inside(p, m->jobs[0].base, m->jobs[0].bytes))
		give_up(m, MEMSERV_E_HELD, from, h->domain, h->base);
	return 0;
}

/* ---- node 0 ---- */

static int begin(struct memserv *m, uint64_t tag, uint32_t node, uint64_t base, uint64_t bytes,
		 bool takes)
{
	if (m->self || !memserv_good(base, bytes))
		return MEMSERV_E_INVALID;
	if (!node || !protocol_set_has(&m->members, node))
		return MEMSERV_E_NODE;
	for (uint32_t i = 0; i < MEMSERV_JOBS; i++) {
		if (m->jobs[i].used)
			continue;
		m->jobs[i] = (struct memserv_job){ true, takes, node, tag, ++m->number, base,
						   bytes };
		return MEMSERV_OK;
	}
	return MEMSERV_E_BUSY;
}

int memserv_add(struct memserv *m, uint64_t tag, uint32_t node, uint64_t base, uint64_t bytes,
		uint16_t numa)
{
	int error = begin(m, tag, node, base, bytes, false);
	struct memory_add add = { .number = m->number, .base = base, .bytes = bytes,
				  .numa = numa };

	if (!error)
		memory_add_out(&m->port, node, &add);
	return error;
}

int memserv_take(struct memserv *m, uint64_t tag, uint32_t node, uint64_t base, uint64_t bytes)
{
	int error = begin(m, tag, node, base, bytes, true);
	struct memory_take take = { .number = m->number, .base = base, .bytes = bytes };

	if (!error)
		memory_take_out(&m->port, node, &take);
	return error;
}

int memserv_on_done(void *ctx, uint32_t from, const struct memory_done *d)
{
	struct memserv *m = ctx;

	for (uint32_t i = 0; !m->self && i < MEMSERV_JOBS; i++) {
		struct memserv_job job = m->jobs[i];

		if (!job.used || job.node != from || job.number != d->number ||
		    d->error >= MEMSERV_E_COUNT)
			continue;
		m->jobs[i].used = false;
		m->hooks.done(m->ctx, job.tag, d->error, d->node, d->domain, d->base);
		return 0;
	}
	return -URPC_EPROTO;
}

void memserv_jobs_gone(struct memserv *m, uint32_t node)
{
	for (uint32_t i = 0; !m->self && i < MEMSERV_JOBS; i++) {
		struct memserv_job job = m->jobs[i];

		if (!job.used || job.node != node)
			continue;
		m->jobs[i].used = false;
		m->hooks.done(m->ctx, job.tag, MEMSERV_E_NODE, node, MEMSERV_NOBODY, job.base);
	}
}
