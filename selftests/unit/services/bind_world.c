// SPDX-License-Identifier: GPL-2.0-only
#include "bind_world.h"

struct bind binds[NET_NODES];
static struct bind_conn conns[NET_NODES][CONNS];
static struct bind_offer offers[NET_NODES][OFFERS];
static struct bind_channel channels[CHANNELS];
static uint32_t numbers[NET_NODES] = { 0, 1, 2, 3, 4, 5, 6, 7 };
struct end ends[ENDS];
uint32_t end_count, life_of[NET_NODES];
uint64_t making[64], unmaking[64];
uint32_t making_count, unmaking_count, local_pairs[NET_NODES], bind_errors;
uint32_t bind_stuck, bind_refused_with;
static uint32_t next_end;
struct bind_limits bind_limits_used = { 4, 8, 2, 3, 4, 8, 0 };
bool local_fails;

static struct end *end_new(uint32_t node, uint32_t domain, bool server)
{
	struct end *e = &ends[end_count];

	MUST(end_count < ENDS);
	*e = (struct end){ .node = node, .life = life_of[node], .domain = domain,
			   .server = server, .tag = end_count };
	end_count++;
	return e;
}

static struct end *end_told(void *ctx, uint32_t domain, uint64_t tag)
{
	struct end *e = &ends[tag];

	MUST(tag < end_count && e->node == *(uint32_t *)ctx && e->domain == domain);
	MUST(e->life == life_of[e->node] && !e->over && !e->mute);
	return e;
}

static struct end *end_of(uint32_t node, uint32_t domain, uint32_t handle)
{
	for (uint32_t i = end_count; i--;)
		if (ends[i].server && ends[i].node == node && ends[i].life == life_of[node] &&
		    ends[i].domain == domain && ends[i].handle == handle)
			return &ends[i];
	return NULL;
}

static void offered(void *ctx, uint32_t domain, uint64_t offer_tag, uint32_t handle,
		    uint32_t client_node, uint32_t client_domain)
{
	struct end *e = end_new(*(uint32_t *)ctx, domain, true);

	MUST(offer_tag == 7000 + domain);
	e->handle = handle;
	e->asked = true;
	e->other_node = client_node;
	e->other_domain = client_domain;
}

static void opened(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t end)
{
	struct end *e = end_told(ctx, domain, tag);

	MUST(!e->opened && end && e->asked && (!e->server || e->accepted));
	MUST(!e->server || e->handle == handle);
	e->handle = handle;
	e->opened = true;
	e->end = end;
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t detail)
{
	struct end *e = end_told(ctx, domain, tag);

	MUST(!e->server && !e->opened && error && error < BIND_E_COUNT);
	e->over = true;
	e->error = error;
	e->detail = detail;
}

static void closed(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t error)
{
	uint32_t node = *(uint32_t *)ctx;
	struct end *e = tag >= 7000 ? end_of(node, domain, handle) : end_told(ctx, domain, tag);

	MUST(e && !e->over && !e->mute && e->handle == handle && error && error < BIND_E_COUNT);
	MUST(e->server || e->opened);
	e->over = true;
	e->error = error;
}

static int local(void *ctx, const struct bind_conn *client, const struct bind_conn *server,
		 uint32_t end[2])
{
	MUST(client && !client->server && server->server && client->number == server->number);
	if (local_fails)
		return BIND_E_MEMORY;
	local_pairs[*(uint32_t *)ctx]++;
	end[0] = ++next_end;
	end[1] = ++next_end;
	return 0;
}

static void unlocal(void *ctx, const uint32_t end[2])
{
	MUST(end[1] == end[0] + 1);
	local_pairs[*(uint32_t *)ctx]--;
}

static void channel(void *ctx, uint64_t id, const struct bind_channel *c)
{
	MUST(*(uint32_t *)ctx == 0 && making_count < 64 && c->node[0] != c->node[1]);
	making[making_count++] = id;
}

static void unmake(void *ctx, uint64_t id, const struct bind_channel *c)
{
	MUST(*(uint32_t *)ctx == 0 && unmaking_count < 64 && c->end[0]);
	unmaking[unmaking_count++] = id;
}

static void stuck(void *ctx, uint32_t node)
{
	MUST(*(uint32_t *)ctx == 0);
	bind_stuck = node;
}

static void message(uint32_t node, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes)
{
	if (PROTOCOL_INTERFACE_OF(type) == PROTOCOL_NAMES) {
		MUST(!names_message(&names[node], from, type, payload, bytes, net.now));
		bind_tick(&binds[node], net.now);
	} else if (bind_message(&binds[node], from, type, payload, bytes, net.now)) {
		bind_errors++;
	}
}

static void freeze(uint32_t node)
{
	names_freeze(&names[node]);
	bind_freeze(&binds[node]);
}

static void thaw(uint32_t node)
{
	bind_thaw(&binds[node], net.now);
}

static void view(uint32_t node, uint32_t number, const struct protocol_set *members)
{
	names_view(&names[node], number, members, net.now);
	bind_view(&binds[node], members, net.epoch, net.now);
}

static const struct net_machine machine = {
	message, freeze, view, thaw, NAMES_UNSENT + BIND_UNSENT(CONNS, CHANNELS)
};

void bind_world_node(uint32_t node)
{
	static const struct bind_hooks hooks = { offered, opened, failed, closed, local,
						 unlocal, channel, unmake, stuck };
	struct protocol_port port = net_port(node);
	struct bind_memory memory = { conns[node], CONNS, offers[node], OFFERS,
				      node ? NULL : channels, node ? 0 : CHANNELS };

	names_world_node(node);
	life_of[node]++;
	local_pairs[node] = 0;
	memset(conns[node], 0, sizeof(conns[node]));
	memset(offers[node], 0, sizeof(offers[node]));
	MUST(!bind_init(&binds[node], node, &names[node], &bind_limits_used, &memory, &port,
			&hooks, &numbers[node]));
}

void bind_world(uint32_t nodes, uint64_t seed)
{
	struct protocol_set members;

	end_count = making_count = unmaking_count = bind_errors = 0;
	memset(local_pairs, 0, sizeof(local_pairs));
	bind_stuck = PROTOCOL_NODE_NONE;
	local_fails = false;
	names_world(nodes, seed);
	net.machine = &machine;
	memset(channels, 0, sizeof(channels));
	protocol_set_clear(&members);
	for (uint32_t node = 0; node < nodes; node++) {
		bind_world_node(node);
		protocol_set_add(&members, node);
	}
	net.members = protocol_set_only(0);
	net_change(&members);
}

void bind_in(uint32_t node)
{
	struct protocol_set members = net.members;

	net_revive(node);
	bind_world_node(node);
	protocol_set_add(&members, node);
	net_change(&members);
}

void bind_out(uint32_t node)
{
	struct protocol_set members = net.members;

	protocol_set_remove(&members, node);
	net_change(&members);
}

uint32_t bind_serve(uint32_t node, uint32_t domain, const char *name, uint32_t version)
{
	struct names_ask ask = names_ask(NAMES_OP_SET, name, NAMES_EPHEMERAL | NAMES_SHARED, 0);
	uint32_t offer;

	bind_refused_with = (uint32_t)bind_offer_open(&binds[node], domain, 7000 + domain, 40,
						      version, &offer);
	if (bind_refused_with)
		return ~0u;
	bind_record(offer, 40, version, ask.value);
	names_submit(&names[node], domain, 1000000, &ask, PROTOCOL_NEVER, net.now);
	bind_tick(&binds[node], net.now);
	return offer;
}

struct end *bind_go(uint32_t node, uint32_t domain, const char *name, uint32_t version, bool wait,
		    uint64_t deadline)
{
	struct bind_ask ask = { .interface = 40, .version = version, .wait = wait };
	struct end *e = end_new(node, domain, false);
	uint32_t handle = 0;

	strcpy(ask.name, name);
	e->asked = true;
	bind_refused_with = (uint32_t)bind_connect(&binds[node], domain, e->tag, &ask, deadline,
						   net.now, &handle);
	if (bind_refused_with) {
		MUST(!e->over);
		e->over = true;
		return NULL;
	}
	e->handle = handle;
	return e;
}

struct end *bind_last_server(void)
{
	for (uint32_t i = end_count; i--;)
		if (ends[i].server)
			return &ends[i];
	MUST(false);
	return NULL;
}

void bind_end_accept(struct end *e)
{
	e->accepted = true;
	MUST(!bind_accept(&binds[e->node], e->domain, e->handle, e->tag, net.now));
}

void bind_end_close(struct end *e)
{
	e->mute = true;
	MUST(!bind_close(&binds[e->node], e->domain, e->handle));
}

void bind_end_domain(uint32_t node, uint32_t domain)
{
	for (uint32_t i = 0; i < end_count; i++)
		if (ends[i].node == node && ends[i].life == life_of[node] &&
		    ends[i].domain == domain)
			ends[i].mute = true;
	bind_domain_end(&binds[node], domain);
	names_domain_end(&names[node], domain, net.now);
}

void bind_make_one(uint32_t at, uint32_t error)
{
	uint32_t end[2] = { ++next_end, ++next_end };
	uint64_t id = making[at];

	making[at] = making[--making_count];
	bind_made(&binds[0], id, error, end, net.now);
}

void bind_unmake_one(uint32_t at)
{
	uint64_t id = unmaking[at];

	unmaking[at] = unmaking[--unmaking_count];
	bind_unmade(&binds[0], id);
}

void bind_make_all(void)
{
	while (making_count)
		bind_make_one(0, 0);
	while (unmaking_count)
		bind_unmake_one(0);
}

void bind_settle(void)
{
	do {
		net_drain();
		bind_make_all();
	} while (net_step() || making_count || unmaking_count);
}

void bind_left(uint32_t open)
{
	uint32_t node, sum = 0, here;

	protocol_set_each(node, &net.members) {
		if (!net.alive[node])
			continue;
		MUST(bind_quiet(&binds[node], &here));
		sum += here;
		MUST(open || !local_pairs[node]);
	}
	MUST(sum == open && !bind_errors);
}

int bind_setup(void **state)
{
	(void)state;
	names_limits_used = (struct names_limits){ SLOTS, 6, 4, 24 };
	bind_limits_used = (struct bind_limits){ 4, 8, 2, 3, 4, 8, 0 };
	bind_world(4, 3);
	return 0;
}

int bind_teardown(void **state)
{
	(void)state;
	bind_settle();
	bind_left(0);
	net_end();
	return 0;
}
