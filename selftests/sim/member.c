// SPDX-License-Identifier: GPL-2.0-only
/* A node: its machines, as abi/protocol/node.h puts them together, and what they tell their runner. */
#include <stdlib.h>
#include <string.h>

#include "world.h"

#define TURNS_MAX 4u /* that a node may want at once: what it finds then is done in the next */

static struct world *world_of(const struct member *m)
{
	return m->sim->state;
}

static void port_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct member *m = ctx;

	if (to == m->node)
		sim_fail(m->sim, "node %u sends to itself", to);
	sim_send(m->sim, m->node, to, type, payload, bytes);
}

/* Its programs run no more, for all that its machines may not know yet. */
static void stop_programs(struct member *m)
{
	m->fenced = true;
	programs_stop(&m->programs);
	callers_stop(&m->callers);
	if (world_of(m)->jobs)
		starters_stop(&m->starters);
	if (world_of(m)->binding)
		binders_stop(&m->binders);
	if (world_of(m)->lending)
		lenders_stop(&m->lenders);
}

/* Most are dead then, some only run no program: they must find out by themselves. */
static void on_fence(void *ctx, uint32_t node)
{
	struct member *m = ctx;

	sim_note(m->sim, m->node, "fences", node, 0);
	if (!m->sim->node[node].alive)
		return;
	if (sim_chance(m->sim, 2))
		sim_crash(m->sim, node);
	else
		stop_programs(member_of(m->sim, node));
}

static void on_changed(void *ctx, const struct view *old, const struct view *now)
{
	struct member *m = ctx;

	sim_note(m->sim, m->node, "installs view", now->number, protocol_set_count(&now->members));
	check_install(m, old, now);
}

static void on_operates(void *ctx, const struct view *now)
{
	struct member *m = ctx;

	sim_note(m->sim, m->node, "operates in view", now->number, 0);
	check_thaw(m, now);
	if (world_of(m)->caps && m->owner)
		programs_own(&m->programs);
	m->owner = false;
}

void member_drained(struct member *m)
{
	m->leaving = false;
	stop_programs(m);
	view_drained(&m->machines.view);
}

static void on_drain(void *ctx, uint64_t us)
{
	struct member *m = ctx;
	struct world *w = world_of(m);

	sim_note(m->sim, m->node, "drains", us, 0);
	for (uint32_t i = 0; i < CALLERS_DOMAINS && w->names; i++)
		callers_end(&m->callers, i);
	if (sim_chance(m->sim, 3)) {
		member_drained(m);
	} else if (!m->leaving) {
		m->leaving = true;
		w->planned++;
		sim_plan(m->sim, sim_random(m->sim, 3000) * SIM_US, m->node, PLAN_DRAINED,
			 m->sim->node[m->node].life);
	}
}

static void on_gone(void *ctx, bool left)
{
	struct member *m = ctx;

	sim_note(m->sim, m->node, left ? "has left" : "is out", 0, 0);
	m->stopped = true;
	world_of(m)->gone = true;
	if (!m->node)
		sim_fail(m->sim, "the leader is out");
	stop_programs(m);
}

static bool on_confirm(void *ctx, uint32_t node, enum view_reason why)
{
	struct member *m = ctx;

	sim_note(m->sim, m->node, "is asked about", node, why);
	if (why == VIEW_BROKEN)
		sim_fail(m->sim, "node %u is said to break a protocol", node);
	return !m->sim->node[node].alive;
}

static void on_done(void *ctx, uint32_t node, int error)
{
	struct member *m = ctx;
	struct world *w = world_of(m);

	sim_note(m->sim, m->node, "done with", node, (uint64_t)error);
	if (!protocol_set_has(&w->joining, node) && !protocol_set_has(&w->leaving, node) &&
	    !protocol_set_has(&w->asked, node))
		sim_fail(m->sim, "node %u: nobody asked it in or out", node);
	if (protocol_set_has(&w->joining, node)) {
		protocol_set_remove(&w->joining, node);
		return;
	}
	protocol_set_remove(&w->leaving, node);
	protocol_set_remove(&w->asked, node);
}

static void on_broken(void *ctx, uint32_t from, uint16_t type)
{
	struct member *m = ctx;

	sim_fail(m->sim, "node %u: message 0x%04x of node %u breaks its protocol", m->node, type,
		 from);
}

static const struct node_events events = {
	.changed = on_changed,
	.operates = on_operates,
	.drain = on_drain,
	.gone = on_gone,
	.confirm = on_confirm,
	.fence = on_fence,
	.done = on_done,
	.broken = on_broken,
};

static void machines_init(struct member *m)
{
	struct sim *sim = m->sim;
	struct world *w = sim->state;
	const struct programs_truth *t = &w->memory;
	struct node_memory memory = { .nodes = sim->nodes, .packages = t->packages };
	struct node_setup setup = { .self = m->node, .ctx = m, .port = { m, port_send },
				    .events = &events, .memory = &memory, .kind = t->kind };
	struct agree_local local;

	memory.package = sim_zalloc(sim, sim->nodes * sizeof(*memory.package));
	memory.distance = sim_zalloc(sim, t->packages * t->packages * sizeof(*memory.distance));
	if (!m->node) {
		memory.package[0] = t->package[0];
		memcpy(memory.distance, t->distance,
		       t->packages * t->packages * sizeof(*memory.distance));
	}
	if (w->batches)
		memory.batches = sim_alloc(sim, sim->nodes * sizeof(*memory.batches));
	m->callers.names = NULL;
	if (w->caps) {
		programs_init(&m->programs, &w->memory, sim, m->node, &m->machines.agree,
			      &memory.agree);
		local = programs_hooks(&m->programs);
		setup.local = &local;
	}
	if (w->names) {
		callers_init(&m->callers, &w->truth, sim, m->node, &m->machines.names,
			     &memory.names);
		setup.names_hooks = &callers_hooks;
		setup.names_limits = &callers_limits;
	}
	if (node_init(&m->machines, &setup, sim_time_us(sim)))
		abort();
	if (w->jobs)
		starters_init(&m->starters, sim, m->node, &m->machines);
	if (w->binding)
		binders_init(&m->binders, &w->bound, sim, m->node, &m->machines);
	if (w->lending)
		lenders_init(&m->lenders, &w->lent, sim, m->node, &m->machines);
}

void member_start(struct sim *sim, uint32_t node)
{
	struct world *w = sim->state;
	struct member *m = w->member[node];

	if (!m) {
		m = sim_alloc(sim, sizeof(*m));
		m->programs.truth = NULL;
		w->member[node] = m;
		w->places[node] = &m->programs.place;
	}
	sim_start(sim, node);
	m->sim = sim;
	m->node = node;
	m->stopped = false;
	m->leaving = false;
	m->fenced = false;
	m->doom = 0;
	m->working = false;
	m->patience = 4;
	m->owner = !node || sim_chance(sim, 3);
	programs_stop(&m->programs);
	machines_init(m);
}

bool member_active(const struct sim *sim, uint32_t node)
{
	return sim->node[node].alive && !member_of(sim, node)->stopped &&
	       !member_of(sim, node)->fenced &&
	       protocol_set_has(&member_of(sim, node)->machines.view.now.members, node);
}

/* What waits is looked at again soon, or, if that did not help, later. */
static void work(struct member *m)
{
	programs_work(&m->programs);
	if (!m->programs.waits)
		m->patience = 4;
	if (!m->programs.waits || m->working)
		return;
	m->working = true;
	m->patience *= m->patience < 4096 ? 2 : 1;
	sim_plan(m->sim, (1 + sim_random(m->sim, m->patience)) * SIM_US, m->node, PLAN_WORK,
		 m->sim->node[m->node].life);
}

void member_turn(struct member *m)
{
	struct sim *sim = m->sim;
	uint64_t now = sim_time_us(sim), next;
	uint32_t turns = 0;

	if (m->stopped) {
		sim_tick_at(sim, m->node, SIM_NEVER);
		return;
	}
	node_at(&m->machines, now);
	do {
		if (world_of(m)->caps)
			work(m);
		next = node_tick(&m->machines, now);
	} while (next <= now && ++turns < TURNS_MAX);
	/* It waits for its own work: that is planned. */
	if (next <= now && m->working)
		next = now + m->patience;
	if (next <= now)
		sim_fail(sim, "node %u does not come to an end of turns at %llu us", m->node,
			 (unsigned long long)now);
	sim_tick_at(sim, m->node, next == PROTOCOL_NEVER ? SIM_NEVER : next * SIM_US);
}

static void doom(struct member *m)
{
	if (m->doom)
		sim_doom(m->sim, m->node, m->doom - 1);
}

void member_message(struct sim *sim, uint32_t node, const struct sim_message *msg)
{
	struct member *m = member_of(sim, node);

	doom(m);
	node_message(&m->machines, msg->from, msg->type, msg->payload, msg->bytes,
		     sim_time_us(sim));
	member_turn(m);
}

void member_tick(struct sim *sim, uint32_t node)
{
	struct member *m = member_of(sim, node);

	doom(m);
	member_turn(m);
}
