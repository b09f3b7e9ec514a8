// SPDX-License-Identifier: GPL-2.0-only
#include "memserv_world.h"

struct memserv servers[NET_NODES];
struct memserv_piece server_pieces[NET_NODES][PIECES];
static struct protocol_set untold[PROTOCOL_NODES_MAX];
static uint32_t numbers[NET_NODES] = { 0, 1, 2, 3, 4, 5, 6, 7 };
struct memserv_limits memserv_limits_used;
struct told told[8192];
uint32_t told_count, memserv_errors, reclaimed, kept_count, returned_count, removed_count;
struct todo todos[256];
uint32_t todo_count;
bool adding_fails;

static void tell(uint32_t node, uint32_t domain, uint64_t tag, uint64_t base, uint64_t bytes,
		 uint32_t error, uint32_t who)
{
	MUST(told_count < 8192 && error < MEMSERV_E_COUNT);
	told[told_count++] = (struct told){ node, domain, tag, base, bytes, error, who };
}

static void granted(void *ctx, uint32_t domain, uint64_t tag, uint64_t base, uint64_t bytes)
{
	tell(*(uint32_t *)ctx, domain, tag, base, bytes, 0, 0);
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	MUST(error);
	tell(*(uint32_t *)ctx, domain, tag, 0, 0, error, 0);
}

/* Next to each other by number. */
static uint32_t nearest(void *ctx, uint32_t rank)
{
	uint32_t self = *(uint32_t *)ctx, step = rank / 2 + 1;

	if (rank >= 2 * net.nodes)
		return PROTOCOL_NODE_NONE;
	return (rank % 2 ? self + net.nodes * 2 - step : self + step) % net.nodes;
}

static void lend(void *ctx, uint32_t to, uint64_t base, uint64_t bytes)
{
	MUST(todo_count < 256 && to < net.nodes && bytes);
	todos[todo_count++] = (struct todo){ *(uint32_t *)ctx, true, false, base };
}

/* Its capabilities are deleted later, as those of one that was not sent. */
static void home(void *ctx, uint64_t base, uint64_t bytes)
{
	MUST(*(uint32_t *)ctx && base >> 32 == *(uint32_t *)ctx);
	lend(ctx, *(uint32_t *)ctx, base, bytes);
	todos[todo_count - 1].home = true;
}

static void give_back(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	MUST(todo_count < 256 && owner < net.nodes && bytes);
	todos[todo_count++] = (struct todo){ *(uint32_t *)ctx, false, false, base };
}

static bool added(void *ctx, uint64_t base, uint64_t bytes)
{
	MUST(*(uint32_t *)ctx && base && bytes);
	return !adding_fails;
}

static void removed(void *ctx, uint64_t base, uint64_t bytes)
{
	MUST(*(uint32_t *)ctx && base && bytes);
	removed_count++;
}

static void done(void *ctx, uint64_t tag, uint32_t error, uint32_t node, uint32_t domain,
		 uint64_t base)
{
	MUST(*(uint32_t *)ctx == 0);
	tell(0, domain, tag, base, 0, error, node);
}

static void reclaim(void *ctx, uint32_t node)
{
	MUST(*(uint32_t *)ctx == 0 && node);
	reclaimed |= 1u << node;
}

static void kept(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	MUST(*(uint32_t *)ctx == 0 && base >> 32 == owner && bytes);
	MUST(!(reclaimed & 1u << owner));
	kept_count++;
}

static void returned(void *ctx, uint64_t base, uint64_t bytes)
{
	MUST(*(uint32_t *)ctx == 0 && base && bytes);
	returned_count++;
}

static void message(uint32_t node, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes)
{
	memserv_errors += memserv_message(&servers[node], from, type, payload, bytes) != 0;
}

static void view(uint32_t node, uint32_t number, const struct protocol_set *members)
{
	(void)number;
	memserv_view(&servers[node], members);
}

static void freeze(uint32_t node)
{
	memserv_freeze(&servers[node]);
}

static void thaw(uint32_t node)
{
	memserv_thaw(&servers[node]);
}

static const struct net_machine machine = {
	message, freeze, view, thaw, MEMSERV_UNSENT(PIECES)
};

void memserv_world_node(uint32_t node)
{
	static const struct memserv_hooks hooks = { granted, failed, nearest, lend, give_back,
						    added, removed, done, reclaim, kept,
						    returned, home, NULL };
	struct protocol_port port = net_port(node);

	memset(server_pieces[node], 0, sizeof(server_pieces[node]));
	MUST(!memserv_init(&servers[node], node, &memserv_limits_used, server_pieces[node],
			   PIECES, node ? NULL : untold, &port, &hooks, &numbers[node]));
	if (node)
		MUST(!memserv_extent(&servers[node], EXTENT(node), EXTENT_PAGES * PAGE,
				     (uint16_t)(node % 2)));
	for (uint32_t i = 0; i < todo_count;)
		if (todos[i].node == node)
			todos[i] = todos[--todo_count];
		else
			i++;
}

void memserv_world(uint32_t nodes, uint64_t seed)
{
	struct protocol_set members;

	net_begin(&machine, nodes, seed);
	memset(untold, 0, sizeof(untold));
	told_count = memserv_errors = reclaimed = kept_count = returned_count = todo_count = 0;
	removed_count = 0;
	adding_fails = false;
	protocol_set_clear(&members);
	for (uint32_t node = 0; node < nodes; node++) {
		net.alive[node] = true;
		memserv_world_node(node);
		protocol_set_add(&members, node);
	}
	net_change(&members);
}

void memserv_do(uint32_t at, bool well)
{
	struct todo t = todos[at];

	todos[at] = todos[--todo_count];
	if (!net.alive[t.node])
		return;
	if (t.lend)
		memserv_lent(&servers[t.node], t.base, well && !t.home);
	else
		memserv_given(&servers[t.node], t.base);
}

void memserv_settle(void)
{
	do {
		net_drain();
		while (todo_count)
			memserv_do(0, true);
	} while (net_step() || todo_count);
}

struct told *memserv_told_of(uint64_t tag)
{
	struct told *found = NULL;

	for (uint32_t i = 0; i < told_count; i++) {
		if (told[i].tag != tag)
			continue;
		MUST(!found);
		found = &told[i];
	}
	return found;
}

/*
 * States of memserv_priv.h, as the test sees them: used here, of this node's own or of another's.
 */
enum { USED = 2, BORROWED = 8, FIRST_FOREIGN = 7 };

static bool member(uint32_t node)
{
	return net.alive[node] && protocol_set_has(&net.members, node);
}

void memserv_sane(void)
{
	static const struct memserv_piece *all[NET_NODES * PIECES];
	uint32_t count = 0;

	for (uint32_t node = 0; node < net.nodes; node++) {
		if (!member(node))
			continue;
		MUST(memserv_check(&servers[node]));
		for (uint32_t i = 0; i < PIECES; i++) {
			const struct memserv_piece *p = &server_pieces[node][i];

			if (p->state == USED || p->state == BORROWED)
				all[count++] = p;
		}
	}
	for (uint32_t i = 0; i < count; i++)
		for (uint32_t j = 0; j < i; j++)
			MUST(all[i]->base >= all[j]->base + all[j]->bytes ||
			     all[j]->base >= all[i]->base + all[i]->bytes);
}

void memserv_conserved(void)
{
	for (uint32_t node = 1; node < net.nodes; node++) {
		uint64_t own = 0;

		if (!member(node))
			continue;
		for (uint32_t i = 0; i < PIECES; i++)
			if (server_pieces[node][i].state &&
			    server_pieces[node][i].state < FIRST_FOREIGN)
				own += server_pieces[node][i].bytes;
		MUST(own == EXTENT_PAGES * PAGE);
		MUST(memserv_quiet(&servers[node]));
	}
	MUST(memserv_quiet(&servers[0]) && !memserv_errors);
	memserv_sane();
}
