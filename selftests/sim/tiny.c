// SPDX-License-Identifier: GPL-2.0-only
/*
 * A protocol small enough to be seen through, to test the engine itself: each node tells all others
 * its next number, now and then one dies, or comes back. Right: what a node has of another one is a
 * prefix, and all have the same of those that live. The wrong ones must be found out.
 */
#include <string.h>

#include "tiny.h"

#define NUMBER 1
#define ECHO 2

enum { SAY, DIE, DIE_SPEAKING, RETURN };

struct tiny {
	uint32_t echoes;                /* that one waits for */
	uint32_t said;                  /* in this life */
	uint64_t digest;                /* of all, in the order of arrival */
	uint32_t heard[TINY_NODES_MAX]; /* last number of each, in its life of @life */
	uint32_t life[TINY_NODES_MAX];
};

struct tiny_world {
	uint32_t planned;
	struct tiny node[TINY_NODES_MAX];
};

enum tiny_fault tiny_fault;
struct tiny_seen tiny_seen;

static void begin(struct sim *sim)
{
	struct tiny_world *w = sim_zalloc(sim, sizeof(*w));
	uint32_t nodes = 2 + sim_random(sim, TINY_NODES_MAX - 1), i;

	sim->state = w;
	sim->limit = 20000;
	sim_nodes(sim, nodes);
	for (i = 0; i < nodes; i++)
		sim_start(sim, i);
	w->planned = 4 + sim_random(sim, 24);
	for (i = 0; i < w->planned; i++) {
		uint32_t kind = sim_random(sim, 16);

		sim_plan(sim, sim_random(sim, 400 * SIM_US), sim_random(sim, nodes),
			 kind > 2 ? SAY : DIE + kind, sim_random(sim, nodes));
	}
}

static void say(struct sim *sim, uint32_t node)
{
	struct tiny_world *w = sim->state;
	uint32_t number = ++w->node[node].said;

	for (uint32_t to = 0; to < sim->nodes; to++)
		if (to != node)
			sim_send(sim, node, to, NUMBER, &number, sizeof(number));
	w->node[node].echoes += sim->nodes - 1;
}

/* Who comes to life knows what the others of now have said: only the simulator can do that. */
static void come_back(struct sim *sim, uint32_t node)
{
	struct tiny_world *w = sim->state;
	struct tiny *t = &w->node[node];

	memset(t, 0, sizeof(*t));
	sim_start(sim, node);
	for (uint32_t i = 0; i < sim->nodes; i++) {
		t->heard[i] = w->node[i].said;
		t->life[i] = sim->node[i].life;
	}
}

static void event(struct sim *sim, uint32_t node, uint32_t code, uint64_t value)
{
	struct tiny_world *w = sim->state;
	bool alive = sim->node[node].alive;

	w->planned--;
	if (alive && code == SAY) {
		say(sim, node);
	} else if (alive && code == DIE) {
		sim_crash(sim, node);
	} else if (alive && code == DIE_SPEAKING) {
		sim_doom(sim, node, (uint32_t)value);
		say(sim, node);
	} else if (!alive && code == RETURN) {
		come_back(sim, node);
	}
}

static void message(struct sim *sim, uint32_t node, const struct sim_message *m)
{
	struct tiny_world *w = sim->state;
	struct tiny *t = &w->node[node];
	uint32_t number;

	if (m->type == ECHO) {
		t->echoes--;
		return;
	}
	memcpy(&number, m->payload, sizeof(number));
	if (t->life[m->from] != sim->node[m->from].life) {
		t->life[m->from] = sim->node[m->from].life;
		t->heard[m->from] = 0;
	}
	if (number != t->heard[m->from] + 1)
		sim_fail(sim, "node %u has %u of node %u, then %u came", node, t->heard[m->from],
			 m->from, number);
	t->heard[m->from] = number;
	t->digest = t->digest * 31 + (m->from + 1) * number;
	if (tiny_fault != TINY_SILENT || sim->node[m->from].life == 1)
		sim_send(sim, node, m->from, ECHO, &number, sizeof(number));
}

static bool quiet(struct sim *sim)
{
	const struct tiny_world *w = sim->state;

	if (w->planned)
		return false;
	for (uint32_t i = 0; i < sim->nodes && tiny_fault == TINY_SILENT; i++)
		if (sim->node[i].alive && w->node[i].echoes)
			return false;
	return true;
}

/* How many @node has heard of @from in its life of now. */
static uint32_t heard_of(const struct sim *sim, uint32_t node, uint32_t from)
{
	const struct tiny_world *w = sim->state;

	return w->node[node].life[from] == sim->node[from].life ? w->node[node].heard[from] : 0;
}

/* All that @a and @b must agree on. */
static void same(struct sim *sim, uint32_t a, uint32_t b)
{
	const struct tiny_world *w = sim->state;

	if (tiny_fault == TINY_ORDER && w->node[a].digest != w->node[b].digest)
		sim_fail(sim, "nodes %u and %u heard in another order", a, b);
	for (uint32_t i = 0; i < sim->nodes; i++) {
		uint32_t heard[2] = { heard_of(sim, a, i), heard_of(sim, b, i) };

		if (i == a || i == b || heard[0] == heard[1])
			continue;
		if (sim->node[i].alive)
			sim_fail(sim, "nodes %u and %u: %u and %u of node %u, which lives", a, b,
				 heard[0], heard[1], i);
		tiny_seen.torn++;
		if (tiny_fault == TINY_TORN)
			sim_fail(sim, "nodes %u and %u: %u and %u of node %u", a, b, heard[0],
				 heard[1], i);
	}
}

static void end(struct sim *sim)
{
	tiny_seen.lost += sim->lost;
	for (uint32_t a = 0; a < sim->nodes; a++) {
		tiny_seen.lives += sim->node[a].life > 1;
		for (uint32_t b = a + 1; b < sim->nodes; b++)
			if (sim->node[a].alive && sim->node[b].alive && sim->node[a].life == 1 &&
			    sim->node[b].life == 1)
				same(sim, a, b);
	}
}

static void tick(struct sim *sim, uint32_t node)
{
	sim_fail(sim, "node %u has a tick it did not ask for", node);
}

static const char *type_name(uint16_t type)
{
	return type == NUMBER ? "number" : "echo";
}

const struct sim_world tiny_world = {
	.name = "tiny",
	.begin = begin,
	.message = message,
	.tick = tick,
	.event = event,
	.quiet = quiet,
	.end = end,
	.type_name = type_name,
};
