// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who connects is told once that the channel is open or why not; who has an open end is told once that
 * the other side let go. At rest an open end has another one, and there are no channels but those.
 */
#include <string.h>

#include "world.h"

/* Beyond all tags of ends. */
#define OFFER_TAG(domain) (1ull << 32 | (domain))

static const char *const services[] = { "x0", "x1", "x2" };

static struct binder_end *new_end(struct binders *b, uint32_t domain, bool server)
{
	static struct binder_end none;

	for (uint32_t i = 0; i < BINDERS_ENDS; i++) {
		struct binder_end *e = &b->end[i];

		if (e->state)
			continue;
		*e = (struct binder_end){ server ? BINDER_OFFERED : BINDER_ASKED, server, domain, 0, 0,
					  ++b->tag };
		return e;
	}
	sim_fail(b->sim, "node %u: more connections than there may be", b->self);
	return &none;
}

/* A server's end that was not accepted has no tag of its own yet. */
static struct binder_end *told(struct binders *b, uint32_t domain, uint64_t tag, uint32_t handle)
{
	static struct binder_end none;

	for (uint32_t i = 0; i < BINDERS_ENDS; i++) {
		struct binder_end *e = &b->end[i];

		if (e->state && e->domain == domain &&
		    (e->state == BINDER_OFFERED ? e->handle == handle : e->tag == tag))
			return e;
	}
	sim_fail(b->sim, "node %u: domain %u is told of a connection that it does not have", b->self,
		 domain);
	return &none;
}

static void later(struct binders *b, uint32_t what, uint64_t which, uint32_t us)
{
	uint32_t i = 0;

	while (i < BINDERS_TODO && b->todo[i].what)
		i++;
	if (i == BINDERS_TODO) {
		sim_fail(b->sim, "node %u: more to do about channels than there may be", b->self);
		return;
	}
	b->todo[i].what = what;
	b->todo[i].which = which;
	sim_plan(b->sim, (1 + sim_random(b->sim, us)) * SIM_US, b->self, PLAN_BOUND,
		 (uint64_t)b->sim->node[b->self].life << 8 | i);
}

static void offered(void *ctx, uint32_t domain, uint64_t offer_tag, uint32_t handle,
		    uint32_t client_node, uint32_t client_domain)
{
	struct binders *b = ctx;
	struct binder_end *e;

	(void)client_domain;
	if (b->stopped)
		return;
	sim_note(b->sim, b->self, "is asked by", client_node, handle);
	if (offer_tag != OFFER_TAG(domain) || (b->ended & 1u << domain))
		sim_fail(b->sim, "node %u: domain %u does not offer this", b->self, domain);
	e = new_end(b, domain, true);
	e->handle = handle;
	later(b, BINDERS_ANSWER, e->tag, 300);
}

static void opened(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t end)
{
	struct binders *b = ctx;
	struct binder_end *e;

	if (b->stopped)
		return;
	sim_note(b->sim, b->self, "has end", end, handle);
	e = told(b, domain, tag, handle);
	if (e->state != (e->server ? BINDER_ACCEPTED : BINDER_ASKED) || !end)
		sim_fail(b->sim, "node %u: an end is open that nobody wants, or twice", b->self);
	e->state = BINDER_OPEN;
	e->handle = handle;
	e->end = end;
	if (sim_chance(b->sim, 2))
		later(b, BINDERS_CLOSE, e->tag, 2000);
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t detail)
{
	struct binders *b = ctx;
	struct binder_end *e;

	(void)detail;
	if (b->stopped)
		return;
	sim_note(b->sim, b->self, "is not connected", tag, error);
	e = told(b, domain, tag, 0);
	if (e->state != BINDER_ASKED || !error || error >= BIND_E_COUNT)
		sim_fail(b->sim, "node %u: a connection fails that is open, or for no reason", b->self);
	e->state = BINDER_NONE;
}

static void closed(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t error)
{
	struct binders *b = ctx;
	struct binder_end *e;

	if (b->stopped)
		return;
	sim_note(b->sim, b->self, "is closed", tag, error);
	e = told(b, domain, tag, handle);
	if (!error || error >= BIND_E_COUNT || (!e->server && e->state != BINDER_OPEN))
		sim_fail(b->sim, "node %u: an end is closed that is not open, or for no reason", b->self);
	e->state = BINDER_NONE;
}

static void ends(struct binders *b, uint32_t end[2])
{
	b->truth->ends += 2;
	end[0] = b->truth->ends;
	end[1] = b->truth->ends + 1;
}

static int local(void *ctx, const struct bind_conn *client, const struct bind_conn *server,
		 uint32_t end[2])
{
	struct binders *b = ctx;

	(void)client, (void)server;
	if (sim_chance(b->sim, 8))
		return BIND_E_MEMORY;
	b->pairs++;
	ends(b, end);
	return 0;
}

static void unlocal(void *ctx, const uint32_t end[2])
{
	struct binders *b = ctx;

	if (b->stopped)
		return;
	if ((end[0] ^ end[1]) != 1 || !b->pairs--)
		sim_fail(b->sim, "node %u: ends are taken away that are no channel", b->self);
}

static void channel(void *ctx, uint64_t id, const struct bind_channel *c)
{
	struct binders *b = ctx;

	if (b->self || c->node[0] == c->node[1])
		sim_fail(b->sim, "node %u is to make a channel from %u to %u", b->self, c->node[0],
			 c->node[1]);
	later(b, BINDERS_MAKE, id, 200);
}

static void unmake(void *ctx, uint64_t id, const struct bind_channel *c)
{
	struct binders *b = ctx;

	(void)c;
	later(b, BINDERS_UNMAKE, id, 200);
}

static void stuck(void *ctx, uint32_t node)
{
	struct binders *b = ctx;

	if (member_active(b->sim, node))
		sim_fail(b->sim, "node %u is said not to let go of a channel", node);
}

static struct binder_end *by_tag(struct binders *b, uint64_t tag)
{
	for (uint32_t i = 0; i < BINDERS_ENDS; i++)
		if (b->end[i].state && b->end[i].tag == tag)
			return &b->end[i];
	return NULL;
}

static void make(struct binders *b, uint64_t id)
{
	bool well = !sim_chance(b->sim, 8);
	uint32_t end[2];

	ends(b, end);
	b->truth->made += well;
	bind_made(&b->bind, id, well ? 0 : BIND_E_MEMORY, end, sim_time_us(b->sim));
}

static void answer(struct binders *b, struct binder_end *e)
{
	int error;

	if (sim_chance(b->sim, 4)) {
		e->state = BINDER_NONE;
		error = bind_refuse(&b->bind, e->domain, e->handle, 3);
	} else {
		e->state = BINDER_ACCEPTED;
		error = bind_accept(&b->bind, e->domain, e->handle, e->tag, sim_time_us(b->sim));
	}
	if (error)
		sim_fail(b->sim, "node %u: an answer is not taken: %d", b->self, error);
}

static void close_end(struct binders *b, struct binder_end *e)
{
	uint32_t domain = e->domain, handle = e->handle;

	e->state = BINDER_NONE;
	sim_note(b->sim, b->self, "closes", e->tag, handle);
	if (bind_close(&b->bind, domain, handle))
		sim_fail(b->sim, "node %u: domain %u cannot close what it has", b->self, domain);
}

void binders_event(struct binders *b, uint64_t value)
{
	struct binders_todo *t = &b->todo[(value & 0xff) % BINDERS_TODO], was = *t;
	struct binder_end *e;

	if (value >> 8 != b->sim->node[b->self].life || b->stopped)
		return;
	t->what = BINDERS_NOTHING;
	e = by_tag(b, was.which);
	if (was.what == BINDERS_MAKE) {
		make(b, was.which);
	} else if (was.what == BINDERS_UNMAKE) {
		if (!b->truth->made--)
			sim_fail(b->sim, "a channel is taken away that was not made");
		bind_unmade(&b->bind, was.which);
	} else if (was.what == BINDERS_ANSWER && e && e->state == BINDER_OFFERED) {
		answer(b, e);
	} else if (was.what == BINDERS_CLOSE && e) {
		close_end(b, e);
	}
}

static int message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		   uint64_t now)
{
	return bind_message(&((struct binders *)ctx)->bind, from, type, payload, bytes, now);
}

static void freeze(void *ctx)
{
	bind_freeze(&((struct binders *)ctx)->bind);
}

static void thaw(void *ctx)
{
	struct binders *b = ctx;

	bind_thaw(&b->bind, sim_time_us(b->sim));
}

static void install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	struct binders *b = ctx;

	(void)old;
	bind_view(&b->bind, &now->members, b->node->view.epoch, time);
}

static uint64_t tick(void *ctx, uint64_t now)
{
	return bind_tick(&((struct binders *)ctx)->bind, now);
}

void binders_init(struct binders *b, struct binders_truth *truth, struct sim *sim, uint32_t self,
		  struct node *node)
{
	static const struct bind_hooks hooks = { offered, opened, failed, closed, local,
						 unlocal, channel, unmake, stuck };
	static const struct bind_limits limits = { 4, 8, 2, 3, 4, 12, 0 };
	const struct bind_memory memory = {
		.conns = sim_zalloc(sim, BINDERS_ENDS * sizeof(struct bind_conn)),
		.conn_count = BINDERS_ENDS,
		.offers = sim_zalloc(sim, 4 * sizeof(struct bind_offer)),
		.offer_count = 4,
		.channels = self ? NULL : sim_zalloc(sim, 24 * sizeof(struct bind_channel)),
		.channel_count = self ? 0 : 24,
	};

	memset(b, 0, sizeof(*b));
	b->sim = sim;
	b->self = self;
	b->node = node;
	b->truth = truth;
	b->part = (struct node_part){ .interface = PROTOCOL_BIND, .ctx = b, .message = message,
				      .freeze = freeze, .thaw = thaw, .install = install, .tick = tick };
	if (bind_init(&b->bind, self, &node->names, &limits, &memory, &node->port, &hooks, b) ||
	    node_add(node, &b->part))
		sim_fail(sim, "node %u: nobody can connect", self);
	if (!self)
		bind_view(&b->bind, &node->view.now.members, node->view.epoch, sim_time_us(sim));
}

static void serve(struct binders *b, uint32_t domain)
{
	struct names_ask ask = { .op = NAMES_OP_SET, .flags = NAMES_EPHEMERAL | NAMES_SHARED };
	uint32_t offer;

	if (bind_offer_open(&b->bind, domain, OFFER_TAG(domain), 40, 1, &offer))
		return;
	strcpy(ask.name, services[sim_random(b->sim, 3)]);
	bind_record(offer, 40, 1, ask.value);
	names_submit(&b->node->names, domain, 1, &ask, PROTOCOL_NEVER, sim_time_us(b->sim));
}

static void connect(struct binders *b, uint32_t domain)
{
	struct bind_ask ask = { .interface = 40, .version = 1 + sim_chance(b->sim, 8),
				.wait = sim_chance(b->sim, 2) };
	uint64_t now = sim_time_us(b->sim);
	struct binder_end *e = new_end(b, domain, false);
	uint32_t handle = 0;
	uint64_t tag = e->tag;

	strcpy(ask.name, services[sim_random(b->sim, 3)]);
	sim_note(b->sim, b->self, "connects", tag, domain);
	if (bind_connect(&b->bind, domain, tag, &ask, now + sim_random(b->sim, 6000), now, &handle))
		e->state = BINDER_NONE;
	else if (e->state && e->tag == tag)
		e->handle = handle;
}

static void domain_ends(struct binders *b, uint32_t domain)
{
	if (b->stopped || (b->ended & 1u << domain))
		return;
	sim_note(b->sim, b->self, "service ends", domain, 0);
	for (uint32_t i = 0; i < BINDERS_ENDS; i++)
		if (b->end[i].domain == domain)
			b->end[i].state = BINDER_NONE;
	b->ended |= 1u << domain;
	bind_domain_end(&b->bind, domain);
	names_domain_end(&b->node->names, domain, sim_time_us(b->sim));
}

void binders_act(struct binders *b)
{
	uint32_t domain = BINDERS_FIRST + sim_random(b->sim, BINDERS_DOMAINS);
	uint32_t what = sim_random(b->sim, 12);
	struct binder_end *e = &b->end[sim_random(b->sim, BINDERS_ENDS)];

	if (b->ended & 1u << domain)
		return;
	if (what < 4)
		serve(b, domain);
	else if (what < 9)
		connect(b, domain);
	else if (what < 11 && e->state && e->handle)
		close_end(b, e);
	else if (what == 11)
		domain_ends(b, domain);
}

void binders_last(struct binders *b)
{
	for (uint32_t i = 0; i < BINDERS_DOMAINS; i++)
		domain_ends(b, BINDERS_FIRST + i);
}

void binders_stop(struct binders *b)
{
	b->stopped = true;
	b->pairs = 0;
	memset(b->end, 0, sizeof(b->end));
	memset(b->todo, 0, sizeof(b->todo));
}

bool binders_quiet(const struct binders *b)
{
	uint32_t open;

	for (uint32_t i = 0; i < BINDERS_ENDS; i++)
		if (b->end[i].state && b->end[i].state != BINDER_OPEN)
			return false;
	for (uint32_t i = 0; i < BINDERS_TODO; i++)
		if (b->todo[i].what)
			return false;
	return bind_quiet(&b->bind, &open);
}

static bool is_open(const struct sim *sim, uint32_t end)
{
	for (uint32_t node = 0; node < sim->nodes; node++) {
		if (!member_of(sim, node) || !member_active(sim, node))
			continue;
		for (uint32_t i = 0; i < BINDERS_ENDS; i++)
			if (member_of(sim, node)->binders.end[i].state == BINDER_OPEN &&
			    member_of(sim, node)->binders.end[i].end == end)
				return true;
	}
	return false;
}

void binders_check(struct sim *sim)
{
	const struct world *w = sim->state;
	uint32_t open = 0, there = 2 * w->bound.made;

	for (uint32_t node = 0; node < sim->nodes; node++) {
		const struct binders *b = w->member[node] ? &w->member[node]->binders : NULL;

		if (!b || !member_active(sim, node))
			continue;
		there += 2 * b->pairs;
		for (uint32_t i = 0; i < BINDERS_ENDS; i++) {
			if (b->end[i].state != BINDER_OPEN)
				continue;
			open++;
			if (!is_open(sim, b->end[i].end ^ 1))
				sim_fail(sim, "node %u: end %u is open, the other is not", node,
					 b->end[i].end);
		}
	}
	if (open != there)
		sim_fail(sim, "%u ends are open, of channels there are %u", open, there);
}
