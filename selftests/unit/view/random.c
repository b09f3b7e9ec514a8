// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random lives of 2 to 12 nodes: joins, leaves, deaths, silence, numbers used again, slow and quick
 * links. usage: random [RUNS [FIRST_SEED]]
 *
 * Beside what world.c holds at each step: at the end, when all is quiet, everybody who lives and was
 * asked in is a member and operates, nobody else; each join and each leave was answered once; a death is
 * over within VIEW_DEAD_US.
 */
#include "world.h"

static uint32_t nodes;
static bool wanted[NODES], leaving[NODES];
static uint32_t asked[NODES];
static uint64_t deaths, changes, slowest;

static void try_join(uint32_t node)
{
	struct node *n = &world.nodes[node];
	uint32_t done = n->done;
	int rc;

	/* The number is free when the leader says so; the node is started before. */
	if (n->runs && wanted[node])
		return;
	if (protocol_set_has(&LEADER->now.members, node) || asked[node] != done)
		return;
	rc = view_join(LEADER, node);
	MUST(rc == 0 || rc == -VIEW_EBUSY || rc == -VIEW_EEXIST);
	if (rc)
		return;
	world_start(node);
	n->done = done;
	n->prompt = world_random(4) != 0;
	wanted[node] = true;
	leaving[node] = false;
	asked[node]++;
}

static void try_leave(uint32_t node)
{
	if (leaving[node] || !wanted[node])
		return;
	if (!view_leave(LEADER, node, world_random(2) ? 100000 : 1000, world.now)) {
		leaving[node] = true;
		asked[node]++;
	}
}

static void act(void)
{
	uint32_t node = 1 + (uint32_t)world_random(nodes);
	struct node *n = &world.nodes[node];

	switch (world_random(10)) {
	case 0:
	case 1:
	case 2:
		try_join(node);
		break;
	case 3:
		try_leave(node);
		break;
	case 4:
		if (!world_random(3) && n->runs) {
			world_kill(node);
			deaths++;
		}
		break;
	case 5:
		if (!world_random(8) && n->runs && world_member(node))
			view_failed(LEADER, node);
		break;
	case 6:
		if (n->runs && n->drains && !n->gone)
			view_drained(&n->v);
		break;
	default:
		/* Some traffic. */
		if (n->runs && !n->gone)
			view_sent(&n->v, (uint32_t)world_random(nodes + 1), world.now);
		break;
	}
	if (n->runs)
		world_tick(node);
	world_tick(0);
}

static void run(uint64_t seed)
{
	uint32_t acts;

	world_reset(seed);
	memset(wanted, 0, sizeof(wanted));
	memset(leaving, 0, sizeof(leaving));
	memset(asked, 0, sizeof(asked));
	nodes = 1 + (uint32_t)world_random(11);
	world.delay = world_random(2) ? 100 : VIEW_TRANSIT_US - 1;
	for (acts = 20 + (uint32_t)world_random(60); acts; acts--) {
		act();
		world_run(world.now + world_random(world_random(4) ? 3 * world.delay : 100000));
	}
	world_settle();
	world_agrees();
	for (uint32_t i = 1; i <= nodes; i++) {
		struct node *n = &world.nodes[i];

		MUST(!world_member(i) || (n->runs && wanted[i] && !(leaving[i] && n->left)));
		MUST(world_member(i) == (n->runs && !n->gone));
		MUST(n->done == asked[i]);
		changes += n->installs;
	}
	MUST(protocol_set_empty(&LEADER->failed) && protocol_set_empty(&LEADER->wanted_in) &&
	     protocol_set_empty(&LEADER->arrived) && protocol_set_empty(&LEADER->departed) &&
	     protocol_set_empty(&LEADER->draining) && protocol_set_empty(&LEADER->leaving) &&
	     protocol_set_empty(&LEADER->waiting) && protocol_set_empty(&LEADER->wanted_out));
	MUST(world.slowest <= VIEW_DEAD_US);
	if (world.slowest > slowest)
		slowest = world.slowest;
}

int main(int count, char **arguments)
{
	uint64_t runs = count > 1 ? strtoull(arguments[1], NULL, 0) : 1000;
	uint64_t first = count > 2 ? strtoull(arguments[2], NULL, 0) : 1;

	for (uint64_t i = 0; i < runs; i++)
		run(first + i);
	printf("1..1\nok 1 - %llu random lives: %llu installs, %llu deaths, the slowest over in %llu us\n",
	       (unsigned long long)runs, (unsigned long long)changes, (unsigned long long)deaths,
	       (unsigned long long)slowest);
	return 0;
}
