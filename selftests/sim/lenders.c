// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is one domain's at a time, wherever that is: what is granted, lent, or taken by Linux, nobody
 * has. No domain gets more than its quota. Who asks is answered once. At rest each node has all of its
 * own memory, lent or not.
 */
#include <string.h>

#include "world.h"

#define NODE_BASE(life, node) ((uint64_t)(life) << 44 | (uint64_t)((node) + 1) << 32)
#define ADD_BASE(number) (1ull << 60 | (uint64_t)(number) << 32)

/* States of memserv_priv.h: this node's own memory is below the first of another's. */
enum { PIECE_KEPT = 5, PIECE_CACHED = 7 };

static void nobody_has(const struct lenders *l, uint64_t base, uint64_t bytes, const char *what)
{
	const struct lenders_truth *t = l->truth;

	for (uint32_t i = 0; i < t->grants; i++) {
		const struct lenders_grant *g = &t->grant[i];

		if (g->base < base + bytes && base < g->base + g->bytes)
			sim_fail(l->sim, "node %u: [%llx, %llx) is %s, node %u domain %u has [%llx, %llx)",
				 l->self, (unsigned long long)base, (unsigned long long)(base + bytes),
				 what, g->node, g->domain, (unsigned long long)g->base,
				 (unsigned long long)(g->base + g->bytes));
	}
}

static void answered(struct lenders *l, uint32_t domain, uint64_t tag)
{
	for (uint32_t i = 0; i < LENDERS_ASKS; i++)
		if (tag && l->asked[i] == tag && l->asker[i] == domain) {
			l->asked[i] = 0;
			return;
		}
	sim_fail(l->sim, "node %u: an answer about memory that nobody waits for", l->self);
}

static void granted(void *ctx, uint32_t domain, uint64_t tag, uint64_t base, uint64_t bytes)
{
	struct lenders *l = ctx;
	struct lenders_truth *t = l->truth;
	uint64_t sum = bytes;

	if (l->stopped)
		return;
	sim_note(l->sim, l->self, "is granted", base, bytes);
	answered(l, domain, tag);
	nobody_has(l, base, bytes, "granted");
	for (uint32_t i = 0; i < t->grants; i++)
		if (t->grant[i].node == l->self && t->grant[i].domain == domain)
			sum += t->grant[i].bytes;
	if (sum > LENDERS_QUOTA)
		sim_fail(l->sim, "node %u: domain %u has %llu bytes", l->self, domain,
			 (unsigned long long)sum);
	if (t->grants == LENDERS_GRANTS)
		sim_fail(l->sim, "more grants than can be noted");
	else
		t->grant[t->grants++] = (struct lenders_grant){ l->self, domain, base, bytes };
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	struct lenders *l = ctx;

	if (l->stopped)
		return;
	sim_note(l->sim, l->self, "is refused memory", tag, error);
	answered(l, domain, tag);
}

static uint32_t nearest(void *ctx, uint32_t rank)
{
	const struct lenders *l = ctx;

	return rank + 1 < l->sim->nodes ? (l->self + rank + 1) % l->sim->nodes : PROTOCOL_NODE_NONE;
}

static void later(struct lenders *l, uint32_t what, uint64_t base)
{
	uint32_t i = 0;

	while (i < LENDERS_TODO && l->todo[i].what)
		i++;
	if (i == LENDERS_TODO) {
		sim_fail(l->sim, "node %u: more transfers of memory than there may be", l->self);
		return;
	}
	l->todo[i].what = what;
	l->todo[i].base = base;
	sim_plan(l->sim, (1 + sim_random(l->sim, 100)) * SIM_US, l->self, PLAN_LENT,
		 (uint64_t)l->sim->node[l->self].life << 8 | i);
}

static void lend(void *ctx, uint32_t to, uint64_t base, uint64_t bytes)
{
	struct lenders *l = ctx;

	if (l->stopped)
		return;
	sim_note(l->sim, l->self, "lends", base, to);
	nobody_has(l, base, bytes, "lent");
	later(l, LENDERS_LEND, base);
}

static void home(void *ctx, uint64_t base, uint64_t bytes)
{
	struct lenders *l = ctx;

	if (l->stopped)
		return;
	sim_note(l->sim, l->self, "has again", base, l->self);
	nobody_has(l, base, bytes, "here again");
	later(l, LENDERS_HOME, base);
}

static void give_back(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	struct lenders *l = ctx;

	if (l->stopped)
		return;
	sim_note(l->sim, l->self, "gives back", base, owner);
	nobody_has(l, base, bytes, "given back");
	later(l, LENDERS_BACK, base);
}

void lenders_event(struct lenders *l, uint64_t value)
{
	struct lenders_todo *t = &l->todo[(value & 0xff) % LENDERS_TODO], was = *t;

	if (value >> 8 != l->sim->node[l->self].life || l->stopped)
		return;
	t->what = LENDERS_NOTHING;
	if (was.what == LENDERS_LEND)
		memserv_lent(&l->memserv, was.base, !sim_chance(l->sim, 8));
	else if (was.what == LENDERS_HOME)
		memserv_lent(&l->memserv, was.base, false);
	else if (was.what == LENDERS_BACK)
		memserv_given(&l->memserv, was.base);
}

static bool added(void *ctx, uint64_t base, uint64_t bytes)
{
	struct lenders *l = ctx;

	nobody_has(l, base, bytes, "added");
	return !sim_chance(l->sim, 8);
}

static void removed(void *ctx, uint64_t base, uint64_t bytes)
{
	nobody_has(ctx, base, bytes, "taken");
}

static void done(void *ctx, uint64_t tag, uint32_t error, uint32_t node, uint32_t domain, uint64_t base)
{
	struct lenders *l = ctx;
	struct lenders_truth *t = l->truth;
	uint32_t i = 0;

	(void)node, (void)domain, (void)base;
	sim_note(l->sim, l->self, "Linux is told", tag, error);
	while (i < t->adds && t->add[i].tag != tag)
		i++;
	if (!tag || i == t->adds) {
		sim_fail(l->sim, "Linux is told of memory %llu, for which it did not ask",
			 (unsigned long long)tag);
		return;
	}
	t->add[i].tag = 0;
	if (error)
		return;
	t->add[i].has = !t->add[i].takes;
}

static void reclaim(void *ctx, uint32_t node)
{
	struct lenders *l = ctx;

	if (l->self || !node)
		sim_fail(l->sim, "node %u reclaims what node %u had", l->self, node);
}

static void kept(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	(void)ctx, (void)owner, (void)base, (void)bytes;
}

static void returned(void *ctx, uint64_t base, uint64_t bytes)
{
	nobody_has(ctx, base, bytes, "returned");
}

static int message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		   uint64_t now)
{
	(void)now;
	return memserv_message(&((struct lenders *)ctx)->memserv, from, type, payload, bytes);
}

static void freeze(void *ctx)
{
	memserv_freeze(&((struct lenders *)ctx)->memserv);
}

static void thaw(void *ctx)
{
	memserv_thaw(&((struct lenders *)ctx)->memserv);
}

static void install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	(void)old, (void)time;
	memserv_view(&((struct lenders *)ctx)->memserv, &now->members);
}

void lenders_init(struct lenders *l, struct lenders_truth *truth, struct sim *sim, uint32_t self,
		  struct node *node)
{
	static const struct memserv_hooks hooks = { granted, failed, nearest, lend, give_back, added,
						    removed, done, reclaim, kept, returned, home,
						    NULL };
	static const struct memserv_limits limits = { LENDERS_QUOTA, 4 * MEMSERV_PAGE, 4 * MEMSERV_PAGE,
						      2 * MEMSERV_PAGE, LENDERS_EXTENT / 2 };
	struct protocol_set *untold = self ? NULL :
					     sim_zalloc(sim, PROTOCOL_NODES_MAX * sizeof(*untold));

	memset(l, 0, sizeof(*l));
	l->sim = sim;
	l->self = self;
	l->truth = truth;
	l->pieces = sim_zalloc(sim, LENDERS_PIECES * sizeof(*l->pieces));
	l->part = (struct node_part){ .interface = PROTOCOL_MEMORY, .ctx = l, .message = message,
				      .freeze = freeze, .thaw = thaw, .install = install };
	if (memserv_init(&l->memserv, self, &limits, l->pieces, LENDERS_PIECES, untold, &node->port,
			 &hooks, l) ||
	    node_add(node, &l->part) ||
	    (self && memserv_extent(&l->memserv, NODE_BASE(sim->node[self].life, self), LENDERS_EXTENT,
				    (uint16_t)(self % 2))))
		sim_fail(sim, "node %u: there is no memory server", self);
}

bool lenders_may_join(const struct lenders *l, uint32_t node)
{
	return !protocol_set_has(&l->memserv.lost, node) &&
	       !protocol_set_has(&l->memserv.members, node);
}

/* What a domain had is nobody's, before the machine may give it to others. */
static void forget(struct lenders *l, uint32_t domain, bool all)
{
	struct lenders_truth *t = l->truth;

	for (uint32_t i = 0; i < LENDERS_ASKS; i++)
		if (all || l->asker[i] == domain)
			l->asked[i] = 0;
	for (uint32_t i = 0; i < t->grants;)
		if (t->grant[i].node == l->self && (all || t->grant[i].domain == domain))
			t->grant[i] = t->grant[--t->grants];
		else
			i++;
}

static void alloc(struct lenders *l, uint32_t domain)
{
	uint64_t bytes = (1 + sim_random(l->sim, 6)) * MEMSERV_PAGE;
	uint16_t numa = (uint16_t)(sim_chance(l->sim, 2) ? sim_random(l->sim, 2) : MEMSERV_ANY);
	uint32_t i = 0;

	while (i < LENDERS_ASKS && l->asked[i])
		i++;
	if (i == LENDERS_ASKS)
		return;
	l->asked[i] = ++l->tag;
	l->asker[i] = domain;
	sim_note(l->sim, l->self, "wants memory", l->tag, bytes);
	if (memserv_alloc(&l->memserv, domain, l->tag, bytes,
			  (uint64_t)MEMSERV_PAGE << sim_random(l->sim, 3), numa, sim_chance(l->sim, 3)))
		l->asked[i] = 0;
}

static void free_one(struct lenders *l)
{
	struct lenders_truth *t = l->truth;
	struct lenders_grant g;
	uint32_t i = t->grants ? sim_random(l->sim, t->grants) : 0;

	while (i < t->grants && t->grant[i].node != l->self)
		i++;
	if (i >= t->grants)
		return;
	g = t->grant[i];
	t->grant[i] = t->grant[--t->grants];
	sim_note(l->sim, l->self, "frees", g.base, g.bytes);
	if (memserv_free(&l->memserv, g.domain, g.base))
		sim_fail(l->sim, "node %u: domain %u cannot free what it has", l->self, g.domain);
}

/* Linux gives memory to a node, or wants it back. */
static void linux_acts(struct lenders *l)
{
	struct lenders_truth *t = l->truth;
	uint32_t node = 1 + sim_random(l->sim, l->sim->nodes - 1), i = sim_random(l->sim, LENDERS_ADDS);
	struct lenders_add *a = &t->add[i];
	int error;

	if (i >= t->adds) {
		if (t->adds == LENDERS_ADDS)
			return;
		a = &t->add[t->adds++];
		*a = (struct lenders_add){ .node = node, .life = l->sim->node[node].life,
					   .base = ADD_BASE(t->adds), .tag = ++l->tag };
		error = memserv_add(&l->memserv, l->tag, node, a->base, LENDERS_EXTENT, 0);
	} else {
		if (!a->has || a->tag || a->life != l->sim->node[a->node].life)
			return;
		a->tag = ++l->tag;
		a->takes = true;
		error = memserv_take(&l->memserv, l->tag, a->node, a->base, LENDERS_EXTENT);
	}
	if (error)
		a->tag = 0;
}

void lenders_act(struct lenders *l)
{
	uint32_t domain = 1 + sim_random(l->sim, LENDERS_DOMAINS), what = sim_random(l->sim, 8);

	if (!l->self && what < 3) {
		linux_acts(l);
	} else if (what < 5) {
		alloc(l, domain);
	} else if (what < 7) {
		free_one(l);
	} else {
		forget(l, domain, false);
		memserv_domain_end(&l->memserv, domain);
	}
}

void lenders_stop(struct lenders *l)
{
	l->stopped = true;
	forget(l, 0, true);
	memset(l->todo, 0, sizeof(l->todo));
}

bool lenders_quiet(const struct lenders *l)
{
	for (uint32_t i = 0; i < LENDERS_ASKS; i++)
		if (l->asked[i])
			return false;
	for (uint32_t i = 0; i < LENDERS_TODO; i++)
		if (l->todo[i].what)
			return false;
	for (uint32_t i = 0; i < l->truth->adds; i++)
		if (l->truth->add[i].tag)
			return false;
	return memserv_quiet(&l->memserv);
}

void lenders_check(struct lenders *l)
{
	uint64_t own = 0, expected = l->self ? LENDERS_EXTENT : 0;
	uint32_t life = l->sim->node[l->self].life;

	if (!memserv_check(&l->memserv))
		sim_fail(l->sim, "node %u: pieces of memory overlap", l->self);
	for (uint32_t i = 0; i < LENDERS_PIECES; i++)
		if (l->pieces[i].state && l->pieces[i].state != PIECE_KEPT &&
		    l->pieces[i].state < PIECE_CACHED)
			own += l->pieces[i].bytes;
	for (uint32_t i = 0; i < l->truth->adds; i++)
		if (l->truth->add[i].has && l->truth->add[i].node == l->self &&
		    l->truth->add[i].life == life)
			expected += LENDERS_EXTENT;
	if (own != expected)
		sim_fail(l->sim, "node %u: of its %llu bytes of memory it knows %llu", l->self,
			 (unsigned long long)expected, (unsigned long long)own);
}
