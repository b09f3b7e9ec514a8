// SPDX-License-Identifier: GPL-2.0-only
#include "net.h"

enum { NET_FREEZE = 1, NET_VIEW, NET_THAW };

struct control {
	uint32_t what;
	uint32_t view;
	struct protocol_set members;
};

struct net net;
static uint32_t numbers[NET_NODES];

uint32_t net_chance(uint32_t limit)
{
	net.random ^= net.random << 13;
	net.random ^= net.random >> 7;
	net.random ^= net.random << 17;
	return (uint32_t)((net.random * 0x2545f4914f6cdd1dull) >> 33) % limit;
}

void net_begin(const struct net_machine *machine, uint32_t nodes, uint64_t seed)
{
	net_end();
	memset(&net, 0, sizeof(net));
	net.machine = machine;
	net.nodes = nodes;
	net.seed = seed;
	net.random = seed * 0x9e3779b97f4a7c15ull + 1;
	net.now = 1000;
	net.alive[0] = true;
	for (uint32_t i = 0; i < NET_NODES; i++)
		numbers[i] = i;
	protocol_set_add(&net.members, 0);
}

static void cut(struct net_link *link, uint32_t keep)
{
	struct net_message **at = &link->first, *rest;

	link->last = NULL;
	for (uint32_t i = 0; i < keep && *at; i++) {
		link->last = *at;
		at = &(*at)->next;
	}
	rest = *at;
	*at = NULL;
	while (rest) {
		struct net_message *next = rest->next;

		free(rest);
		link->count--;
		rest = next;
	}
}

void net_end(void)
{
	for (uint32_t from = 0; from < NET_NODES; from++)
		for (uint32_t to = 0; to < NET_NODES; to++)
			cut(&net.link[from][to], 0);
}

void net_inject(uint32_t from, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct net_link *link = &net.link[from][to];
	struct net_message *m = malloc(sizeof(*m) + bytes);

	MUST(m);
	*m = (struct net_message){ .type = type, .bytes = bytes };
	if (bytes)
		memcpy(m->payload, payload, bytes);
	if (link->last)
		link->last->next = m;
	else
		link->first = m;
	link->last = m;
	link->count++;
}

static void send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	uint32_t from = *(uint32_t *)ctx, count = 0;
	const struct net_message *m;

	MUST(to < net.nodes && to != from && net.alive[from] && type);
	if (!net.alive[to])
		return;
	net_inject(from, to, type, payload, bytes);
	for (m = net.link[from][to].first; m; m = m->next)
		count += m->type != 0;
	MUST(count <= net.machine->unsent);
}

struct protocol_port net_port(uint32_t node)
{
	return (struct protocol_port){ &numbers[node], send };
}

static void deliver(uint32_t from, uint32_t to)
{
	struct net_link *link = &net.link[from][to];
	struct net_message *m = link->first;
	/* In a block of its own size, so that a read past its end is seen. */
	uint8_t *payload = malloc(m->bytes ? m->bytes : 1);
	struct control c;

	MUST(payload);
	memcpy(payload, m->payload, m->bytes);
	link->first = m->next;
	link->count--;
	if (!link->first)
		link->last = NULL;
	if (m->type) {
		net.machine->message(to, from, m->type, payload, m->bytes);
	} else {
		memcpy(&c, payload, sizeof(c));
		if (c.what == NET_FREEZE && net.machine->freeze)
			net.machine->freeze(to);
		else if (c.what == NET_VIEW)
			net.machine->view(to, net.seen[to] = c.view, &c.members);
		else if (c.what == NET_THAW)
			net.machine->thaw(to);
	}
	free(payload);
	free(m);
}

static void tell(uint32_t what, uint32_t to)
{
	struct control c = { what, net.view, net.members };

	net_inject(0, to, 0, &c, sizeof(c));
}

bool net_seen(void)
{
	uint32_t node;

	protocol_set_each(node, &net.members)
		if (node && net.alive[node] && net.seen[node] != net.view)
			return false;
	return true;
}

/* When every living member has the view they all go on. */
static bool thaw(void)
{
	uint32_t node;

	if (!net.machine->thaw || net.thawed == net.view || net.frozen || !net_seen())
		return false;
	net.thawed = net.view;
	protocol_set_each(node, &net.members)
		if (node && net.alive[node])
			tell(NET_THAW, node);
	net.machine->thaw(0);
	return true;
}

bool net_step(void)
{
	uint32_t first = net_chance(net.nodes * net.nodes);

	net.steps++;
	if (thaw())
		return true;
	for (uint32_t i = 0; i < net.nodes * net.nodes; i++) {
		uint32_t at = (first + i) % (net.nodes * net.nodes);
		uint32_t from = at / net.nodes, to = at % net.nodes;

		if (!net.link[from][to].first || !net.alive[to])
			continue;
		deliver(from, to);
		return true;
	}
	return false;
}

void net_drain(void)
{
	uint32_t left = 1000000;

	while (net_step())
		MUST(--left);
}

void net_freeze(void)
{
	uint32_t node;

	net.frozen = true;
	if (net.machine->freeze)
		net.machine->freeze(0);
	protocol_set_each(node, &net.members)
		if (node && net.alive[node])
			tell(NET_FREEZE, node);
}

void net_install(const struct protocol_set *members)
{
	struct protocol_set told = net.members;
	uint32_t node;

	net.view++;
	protocol_set_each(node, members)
		if (!protocol_set_has(&net.members, node))
			net.epoch[node] = net.view;
	protocol_set_or(&told, members);
	net.members = *members;
	net.frozen = false;
	protocol_set_each(node, &told)
		if (node && net.alive[node])
			tell(NET_VIEW, node);
	net.machine->view(0, net.view, members);
}

void net_change(const struct protocol_set *members)
{
	net_freeze();
	net_drain();
	net_install(members);
	net_drain();
}

void net_kill(uint32_t node)
{
	net.alive[node] = false;
	for (uint32_t other = 0; other < net.nodes; other++) {
		cut(&net.link[node][other], net_chance(net.link[node][other].count + 1));
		cut(&net.link[other][node], 0);
	}
}

void net_revive(uint32_t node)
{
	net.alive[node] = true;
	for (uint32_t other = 0; other < net.nodes; other++) {
		cut(&net.link[node][other], 0);
		cut(&net.link[other][node], 0);
	}
}

void net_lose(uint32_t node)
{
	cut(&net.link[node][0], net_chance(net.link[node][0].count + 1));
}

uint32_t net_count(uint32_t from, uint32_t to)
{
	return net.link[from][to].count;
}
