// SPDX-License-Identifier: GPL-2.0-only
/* Domains that ask at random, and hold the answers against what is possible. */
#include <string.h>

#include "callers.h"

/* Names, few so that domains meet. The first ones are locks. */
static const char *const table[] = { "l0", "l1", "s", "b", "r", "r/a", "r/b" };

enum { NAME_LOCK, NAME_SEMAPHORE = CALLERS_LOCKS, NAME_BARRIER, NAME_RECORD, NAME_COUNT = 7 };

static struct callers_truth *truth_now;

static struct caller_request *find(struct callers *c, uint64_t tag)
{
	for (uint32_t i = 0; i < CALLERS_REQUESTS; i++)
		if (c->asked[i].tag == tag)
			return &c->asked[i];
	return NULL;
}

static uint32_t holder_of(const struct callers *c, uint32_t domain)
{
	return (c->node << 8 | domain) + 1;
}

static void release(const struct callers *c, uint32_t domain)
{
	for (uint32_t i = 0; i < CALLERS_LOCKS; i++)
		if (truth_now->holder[i] == holder_of(c, domain))
			truth_now->holder[i] = 0;
}

static void granted(struct callers *c, const struct caller_request *r)
{
	struct callers_truth *t = truth_now;

	switch (r->op) {
	case NAMES_OP_LOCK:
		if (t->holder[r->name])
			sim_fail(c->sim, "lock %s: given to node %u domain %u, holder is %x",
				 table[r->name], c->node, r->domain, t->holder[r->name] - 1);
		t->holder[r->name] = holder_of(c, r->domain);
		break;
	case NAMES_OP_WAIT:
		if (++t->passed > t->posted)
			sim_fail(c->sim, "semaphore: %llu passed, %llu could",
				 (unsigned long long)t->passed, (unsigned long long)t->posted);
		break;
	case NAMES_OP_BARRIER:
		if (++t->left > t->entered || t->entered < CALLERS_BARRIER)
			sim_fail(c->sim, "barrier: %llu went on, %llu came",
				 (unsigned long long)t->left, (unsigned long long)t->entered);
		break;
	}
}

static void answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		   const struct names_slot *slot)
{
	struct callers *c = ctx;
	struct caller_request *r = tag ? find(c, tag) : NULL;
	struct caller_request was;

	sim_note(c->sim, c->node, "answer", tag, error);
	if (c->stopped || domain >= CALLERS_DOMAINS)
		return;
	if (!r || r->domain != domain) {
		sim_fail(c->sim, "node %u: an answer to what nobody waits for, tag %llu", c->node,
			 (unsigned long long)tag);
		return;
	}
	was = *r;
	r->tag = 0;
	c->open--;
	if (error >= NAMES_ERROR_COUNT)
		sim_fail(c->sim, "node %u: error %u is none", c->node, error);
	if (error == NAMES_TIMEOUT && was.deadline > sim_time_us(c->sim))
		sim_fail(c->sim, "node %u: gave up before the deadline", c->node);
	if (!error && (was.op == NAMES_OP_SET || !was.op) &&
	    (!slot || slot->kind != NAMES_RECORD || strcmp(slot->name, table[was.name])))
		sim_fail(c->sim, "node %u: an answer without its record", c->node);
	if (!error)
		granted(c, &was);
}

/* Now and then a domain has no room for the news. */
static bool changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		    const struct names_slot *slot)
{
	struct callers *c = ctx;
	uint32_t bit = 1u << domain;

	sim_note(c->sim, c->node, "changed", tag, what);
	if (c->stopped)
		return true;
	if (tag != domain || (c->ending & bit))
		sim_fail(c->sim, "node %u: a watch of nobody", c->node);
	if ((c->missed & bit) && what != NAMES_MISSED)
		sim_fail(c->sim, "node %u: a watch was not told that it missed something", c->node);
	if (what != NAMES_MISSED && (!slot || slot->name[0] != 'r'))
		sim_fail(c->sim, "node %u: a watch is told of another name", c->node);
	c->missed &= ~bit;
	if (!sim_chance(c->sim, 8))
		return true;
	c->missed |= bit;
	return false;
}

static void ended(void *ctx, uint32_t domain)
{
	struct callers *c = ctx;

	sim_note(c->sim, c->node, "ended", domain, 0);
	if (c->stopped || domain >= CALLERS_DOMAINS)
		return;
	if (!(c->ending & 1u << domain))
		sim_fail(c->sim, "node %u: domain %u has not ended", c->node, domain);
	c->ending &= ~(1u << domain);
}

const struct names_hooks callers_hooks = {
	.answer = answer,
	.changed = changed,
	.ended = ended,
};

const struct names_limits callers_limits = {
	.slots = CALLERS_SLOTS,
	.records = 4,
	.waits = 3,
	.node = 16,
};

void callers_init(struct callers *c, struct callers_truth *truth, struct sim *sim, uint32_t node,
		  struct names *names, struct names_memory *memory)
{
	*memory = (struct names_memory){
		.slots = sim_zalloc(sim, CALLERS_SLOTS * sizeof(struct names_slot)),
		.index = sim_zalloc(sim, CALLERS_SLOTS * sizeof(struct names_index)),
		.pending = sim_zalloc(sim, CALLERS_REQUESTS * sizeof(struct names_pending)),
		.pendings = CALLERS_REQUESTS,
		.domains = CALLERS_DOMAINS + CALLERS_OTHERS,
		.domain_pending = 4,
		.watches = sim_zalloc(sim, 6 * sizeof(struct names_watch)),
		.watch_count = 6,
		.domain_watches = 2,
	};
	if (!node) {
		memory->peer_count = sim->nodes;
		memory->peers = sim_zalloc(sim, sim->nodes * sizeof(struct names_peer));
		memory->queue_count = sim->nodes * (NAMES_OUTSTANDING + 1);
		memory->queue = sim_zalloc(sim, memory->queue_count * sizeof(struct names_entry));
	}
	memset(c, 0, sizeof(*c));
	c->sim = sim;
	c->node = node;
	c->names = names;
	truth_now = truth;
}

/* The operations, with the kind of name each is for. */
static const struct {
	uint8_t op;
	uint8_t name;
	uint8_t names;
	uint8_t flags;
	bool waits;
} acts[] = {
	{ NAMES_OP_SET, NAME_RECORD, 3, NAMES_CREATE | NAMES_EPHEMERAL | NAMES_SHARED, false },
	{ NAMES_OP_SET, NAME_RECORD, 3, NAMES_OVERWRITE | NAMES_SHARED, false },
	{ NAMES_OP_REMOVE, NAME_RECORD, 3, 0, false },
	{ NAMES_OP_LOCK, NAME_LOCK, CALLERS_LOCKS, NAMES_NOWAIT, true },
	{ NAMES_OP_LOCK, NAME_LOCK, CALLERS_LOCKS, 0, true },
	{ NAMES_OP_SEMAPHORE, NAME_SEMAPHORE, 1, NAMES_EPHEMERAL, false },
	{ NAMES_OP_POST, NAME_SEMAPHORE, 1, 0, false },
	{ NAMES_OP_WAIT, NAME_SEMAPHORE, 1, NAMES_NOWAIT, true },
	{ NAMES_OP_BARRIER, NAME_BARRIER, 1, 0, true },
	{ NAMES_OP_SET, 0, NAME_COUNT, 0, false },
};

#define ACTS (sizeof(acts) / sizeof(acts[0]))

/* What becomes possible with a request, whatever is answered. */
static void count_on(const struct callers *c, const struct names_ask *ask, uint32_t domain)
{
	struct callers_truth *t = truth_now;

	if (ask->op == NAMES_OP_SEMAPHORE || ask->op == NAMES_OP_POST)
		t->posted += ask->value[0];
	else if (ask->op == NAMES_OP_BARRIER)
		t->entered++;
	else if (ask->op == NAMES_OP_UNLOCK)
		for (uint32_t i = 0; i < CALLERS_LOCKS; i++)
			if (!strcmp(ask->name, table[i]) &&
			    t->holder[i] == holder_of(c, domain))
				t->holder[i] = 0;
}

static void submit(struct callers *c, uint32_t domain, const struct names_ask *ask, uint32_t name,
		   bool waits)
{
	struct caller_request *r = find(c, 0);
	uint64_t now = sim_time_us(c->sim);
	int error;

	if (!r)
		return;
	*r = (struct caller_request){ .tag = ++c->tag, .deadline = PROTOCOL_NEVER, .op = ask->op,
				      .domain = domain, .name = (uint8_t)name };
	if ((waits && !truth_now->last) || sim_chance(c->sim, 4))
		r->deadline = now + sim_random(c->sim, 5000);
	c->open++;
	sim_note(c->sim, c->node, ask->op ? table[name] : "await", r->tag,
		 (uint64_t)ask->op << 8 | domain);
	count_on(c, ask, domain);
	error = ask->op ? names_submit(c->names, domain, r->tag, ask, r->deadline, now) :
			  names_await(c->names, domain, r->tag, ask->name, r->deadline, now);
	if (error && r->tag) {
		r->tag = 0;
		c->open--;
	}
}

static bool unlock_some(struct callers *c, uint32_t domain)
{
	for (uint32_t i = 0; i < CALLERS_LOCKS; i++) {
		struct names_ask ask = { .op = NAMES_OP_UNLOCK };

		if (truth_now->holder[i] != holder_of(c, domain))
			continue;
		strcpy(ask.name, table[i]);
		submit(c, domain, &ask, i, false);
		return true;
	}
	return false;
}

void callers_act(struct callers *c)
{
	struct sim *sim = c->sim;
	uint32_t domain = sim_random(sim, CALLERS_DOMAINS), which = sim_random(sim, ACTS + 4);
	struct names_ask ask = { 0 };
	uint32_t name;

	if (c->ending & 1u << domain)
		return;
	if (which >= ACTS + 3) {
		callers_end(c, domain);
		return;
	}
	if (which == ACTS + 2) {
		names_unwatch(c->names, domain, domain);
		c->missed &= ~(1u << domain);
		names_watch(c->names, domain, domain, "r");
		return;
	}
	if (which == ACTS + 1 || sim_chance(sim, 3)) {
		if (unlock_some(c, domain))
			return;
	}
	if (which >= ACTS) {
		name = NAME_RECORD + sim_random(sim, 3);
		strcpy(ask.name, table[name]);
		submit(c, domain, &ask, name, true);
		return;
	}
	name = acts[which].name + sim_random(sim, acts[which].names);
	ask.op = acts[which].op;
	ask.flags = acts[which].flags & (uint8_t)sim_random(sim, 256);
	if (ask.op == NAMES_OP_BARRIER)
		ask.value[0] = CALLERS_BARRIER;
	else if (ask.op == NAMES_OP_POST || ask.op == NAMES_OP_SEMAPHORE)
		ask.value[0] = 1 + sim_random(sim, 2);
	else if (ask.op == NAMES_OP_SET)
		ask.value[0] = sim_random(sim, 1000);
	strcpy(ask.name, table[name]);
	submit(c, domain, &ask, name, acts[which].waits && !(ask.flags & NAMES_NOWAIT));
}

void callers_end(struct callers *c, uint32_t domain)
{
	if (c->stopped || (c->ending & 1u << domain))
		return;
	sim_note(c->sim, c->node, "domain ends", domain, 0);
	release(c, domain);
	for (uint32_t i = 0; i < CALLERS_REQUESTS; i++) {
		if (!c->asked[i].tag || c->asked[i].domain != domain)
			continue;
		c->asked[i].tag = 0;
		c->open--;
	}
	c->missed &= ~(1u << domain);
	c->ending |= 1u << domain;
	if (names_domain_end(c->names, domain, sim_time_us(c->sim)))
		sim_fail(c->sim, "node %u: the end of domain %u is refused", c->node, domain);
}

void callers_stop(struct callers *c)
{
	c->stopped = true;
	if (!c->names)
		return;
	for (uint32_t i = 0; i < CALLERS_DOMAINS; i++)
		release(c, i);
}

bool callers_quiet(const struct callers *c)
{
	return !c->open && !c->ending && names_quiet(c->names);
}

void callers_check(struct callers *c, const struct callers *same)
{
	const struct names_slot *slot;
	uint32_t at = 0;

	if (!names_check(c->names))
		sim_fail(c->sim, "node %u: the table of names is not sound", c->node);
	if (same && names_hash(c->names) != names_hash(same->names))
		sim_fail(c->sim, "the tables of names of nodes %u and %u differ", same->node,
			 c->node);
	while (truth_now->last && (slot = names_list(c->names, "", &at)))
		if ((slot->flags & NAMES_EPHEMERAL) || slot->kind == NAMES_LOCK)
			sim_fail(c->sim, "node %u: %s is left over of domains that ended", c->node,
				 slot->name);
}
