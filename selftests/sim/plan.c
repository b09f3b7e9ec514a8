// SPDX-License-Identifier: GPL-2.0-only
/* What happens in a schedule. */
#include <string.h>

#include "world.h"

static void plan(struct sim *sim, uint64_t us, uint32_t node, uint32_t code, uint64_t value)
{
	struct world *w = sim->state;

	w->planned++;
	sim_plan(sim, us * SIM_US, node, code, value);
}

/* Few nodes meet in more ways a second than many: most schedules have few. */
static uint32_t choose_nodes(struct sim *sim)
{
	uint32_t kind = sim_random(sim, 4096);

	if (kind == 0)
		return 64 + sim_random(sim, SIM_NODES_MAX - 63);
	if (kind < 64)
		return 6 + sim_random(sim, 27);
	return 2 + sim_random(sim, 4);
}

/* Deaths and moves in a schedule; not in every one. */
static void plan_moves(struct sim *sim, uint64_t span)
{
	uint32_t moves = sim_chance(sim, 3) ? 0 : 1 + sim_random(sim, 4);

	for (uint32_t i = 0; i < moves && sim->nodes > 1; i++) {
		uint32_t node = 1 + sim_random(sim, sim->nodes - 1);
		uint64_t at = sim_random(sim, (uint32_t)span);

		switch (sim_random(sim, 6)) {
		case 0:
			plan(sim, at, node, PLAN_CRASH, 0);
			break;
		case 1:
			plan(sim, at, node, PLAN_DOOM, sim_random(sim, 4));
			break;
		case 2:
			plan(sim, at, node, PLAN_DOOM, sim_random(sim, sim->nodes));
			if (sim_chance(sim, 2))
				plan(sim, at + sim_random(sim, 2000), node, PLAN_TOLD, 0);
			break;
		case 3:
			plan(sim, at, node, PLAN_LEAVE, sim_random(sim, 2));
			break;
		default:
			plan(sim, at, node, PLAN_JOIN, 0);
		}
		if (sim_chance(sim, 4))
			plan(sim, at + VIEW_DEAD_US + sim_random(sim, 5000), node, PLAN_JOIN, 0);
	}
}

void plan_begin(struct sim *sim)
{
	static const uint32_t spans[] = { 100, 1000, 1000, 10000 };
	struct world *w = sim_zalloc(sim, sizeof(*w));
	uint64_t span = spans[sim_random(sim, 4)];
	uint32_t acts;

	sim->state = w;
	sim->limit = 50000;
	sim_nodes(sim, choose_nodes(sim));
	sim->limit += 4000 * (uint64_t)sim->nodes;
	w->member = sim_zalloc(sim, sim->nodes * sizeof(w->member[0]));
	w->places = sim_zalloc(sim, sim->nodes * sizeof(w->places[0]));
	w->names = sim_chance(sim, 3);
	w->caps = !w->names || sim_chance(sim, 2);
	w->batches = sim_chance(sim, 2);
	w->jobs = sim->nodes <= 32 && sim_chance(sim, 4);
	w->lending = sim->nodes <= 32 && sim_chance(sim, 4);
	w->binding = w->names && sim->nodes <= 32 && sim_chance(sim, 2);
	w->memory.places = w->places;
	programs_topology(&w->memory, sim);
	w->truth.last = sim_chance(sim, 2);
	for (uint32_t node = 0; node < sim->nodes; node++)
		w->died[node] = SIM_NEVER;
	member_start(sim, 0);
	for (uint32_t node = 1; node < sim->nodes; node++)
		plan(sim, sim_random(sim, 4) ? 0 : sim_random(sim, (uint32_t)span), node,
		     PLAN_JOIN, 0);
	acts = w->names ? 4 + sim_random(sim, 24) : 0;
	for (uint32_t i = 0; i < acts; i++)
		plan(sim, 50 + sim_random(sim, (uint32_t)span), sim_random(sim, sim->nodes),
		     PLAN_NAMES, 0);
	if (w->caps)
		plan(sim, 40, 0, PLAN_SPREAD, 0);
	acts = w->caps ? 4 + sim_random(sim, 28) : 0;
	for (uint32_t i = 0; i < acts; i++)
		plan(sim, 50 + sim_random(sim, (uint32_t)span), sim_random(sim, sim->nodes),
		     PLAN_CAPS, 0);
	acts = w->binding ? 4 + sim_random(sim, 20) : 0;
	for (uint32_t i = 0; i < acts; i++)
		plan(sim, 50 + sim_random(sim, (uint32_t)span), sim_random(sim, sim->nodes),
		     PLAN_BIND, 0);
	acts = w->lending ? 4 + sim_random(sim, 28) : 0;
	for (uint32_t i = 0; i < acts; i++)
		plan(sim, 50 + sim_random(sim, (uint32_t)span), sim_random(sim, sim->nodes),
		     PLAN_MEMORY, 0);
	acts = w->jobs ? 2 + sim_random(sim, 12) : 0;
	for (uint32_t i = 0; i < acts; i++)
		plan(sim, 50 + sim_random(sim, (uint32_t)span), sim_random(sim, sim->nodes),
		     PLAN_START, 0);
	plan_moves(sim, span);
	plan(sim, 2 * span + 50, 0, PLAN_LAST, 0);
}

static void join(struct sim *sim, uint32_t node)
{
	struct world *w = sim->state;

	/* Started again only where the leader's machine has let it go. */
	if ((w->member[node] && sim->node[node].alive && !w->member[node]->stopped) ||
	    protocol_set_has(&w->joining, node) || protocol_set_has(&w->leaving, node))
		return;
	if (w->lending && !lenders_may_join(&w->member[0]->lenders, node))
		return;
	if (node_join(&w->member[0]->machines, node, w->memory.package[node]))
		return;
	protocol_set_add(&w->joining, node);
	w->died[node] = SIM_NEVER;
	member_start(sim, node);
	member_turn(w->member[node]);
}

static void leave(struct sim *sim, uint32_t node, bool itself)
{
	struct world *w = sim->state;
	uint64_t now = sim_time_us(sim);
	uint64_t us = sim_random(sim, 5000);

	if (!node || !member_active(sim, node))
		return;
	if (itself && !view_leave(&w->member[node]->machines.view, node, us, now))
		protocol_set_add(&w->asked, node);
	else if (!itself && !protocol_set_has(&w->joining, node) && !protocol_set_has(&w->leaving, node) &&
		 !view_leave(&w->member[0]->machines.view, node, us, now))
		protocol_set_add(&w->leaving, node);
}

/* Nothing new comes from now on. */
static void last(struct sim *sim)
{
	struct world *w = sim->state;

	for (uint32_t node = 0; node < sim->nodes && w->names && w->truth.last; node++) {
		if (!w->member[node] || !member_active(sim, node))
			continue;
		node_at(&w->member[node]->machines, sim_time_us(sim));
		for (uint32_t domain = 0; domain < CALLERS_DOMAINS; domain++)
			callers_end(&w->member[node]->callers, domain);
		if (w->binding)
			binders_last(&w->member[node]->binders);
		member_turn(w->member[node]);
	}
}

static void member_event(struct sim *sim, uint32_t node, uint32_t code, uint64_t value)
{
	struct world *w = sim->state;
	struct member *m = w->member[node];

	node_at(&m->machines, sim_time_us(sim));
	switch (code) {
	case PLAN_CRASH:
		sim_crash(sim, node);
		return;
	case PLAN_DOOM:
		m->doom = (uint32_t)value + 1;
		return;
	case PLAN_LEAVE:
		leave(sim, node, value);
		break;
	case PLAN_DRAINED:
		if (value == sim->node[node].life && !m->stopped)
			member_drained(m);
		break;
	case PLAN_CAPS:
		if (w->caps && member_active(sim, node))
			programs_act(&m->programs);
		break;
	case PLAN_SPREAD:
		programs_spread(&m->programs);
		break;
	case PLAN_BIND:
		if (w->binding && member_active(sim, node))
			binders_act(&m->binders);
		break;
	case PLAN_MEMORY:
		if (w->lending && member_active(sim, node))
			lenders_act(&m->lenders);
		break;
	case PLAN_START:
		if (w->jobs && member_active(sim, node))
			starters_act(&m->starters);
		break;
	case PLAN_NAMES:
		if (w->names && member_active(sim, node))
			callers_act(&m->callers);
		break;
	}
	member_turn(m);
}

/* No event of the plan: a node looks at what it left waiting. */
static void again(struct sim *sim, uint32_t node, uint64_t life)
{
	struct member *m = member_of(sim, node);

	if (!sim->node[node].alive || life != sim->node[node].life)
		return;
	m->working = false;
	member_turn(m);
}

/* Nor are these: a program goes on, a capability has been sent. */
static void goes_on(struct sim *sim, uint32_t node, uint32_t code, uint64_t value)
{
	struct member *m = member_of(sim, node);

	if (!sim->node[node].alive || m->stopped)
		return;
	node_at(&m->machines, sim_time_us(sim));
	if (code == PLAN_PROGRAM)
		starters_event(&m->starters, value);
	else if (code == PLAN_BOUND)
		binders_event(&m->binders, value);
	else
		lenders_event(&m->lenders, value);
	member_turn(m);
}

void plan_event(struct sim *sim, uint32_t node, uint32_t code, uint64_t value)
{
	struct world *w = sim->state;
	struct member *leader = w->member[0];

	if (code == PLAN_WORK) {
		again(sim, node, value);
		return;
	}
	if (code == PLAN_PROGRAM || code == PLAN_LENT || code == PLAN_BOUND) {
		goes_on(sim, node, code, value);
		return;
	}
	w->planned--;
	sim_note(sim, node, "event", code, value);
	if (code == PLAN_LAST)
		last(sim);
	else if (code == PLAN_JOIN)
		join(sim, node);
	else if (code == PLAN_TOLD && w->member[node] && !sim->node[node].alive)
		view_failed(&leader->machines.view, node);
	else if (w->member[node] && sim->node[node].alive)
		member_event(sim, node, code, value);
	if (code == PLAN_LEAVE || code == PLAN_TOLD || code == PLAN_JOIN)
		member_turn(leader);
	w->late = sim_time_us(sim) + WORLD_REST_US;
}

static bool background(uint16_t type)
{
	(void)type;
	return false;
}

const struct sim_world nodes_world = {
	.name = "nodes",
	.begin = plan_begin,
	.message = member_message,
	.tick = member_tick,
	.event = plan_event,
	.crashed = check_crashed,
	.after = check_after,
	.quiet = check_quiet,
	.end = check_end,
	.background = background,
};
