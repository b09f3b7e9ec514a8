// SPDX-License-Identifier: GPL-2.0-only
/* What must be true of the nodes: always, and at rest. */
#include <string.h>

#include "world.h"

static unsigned long long ull(uint64_t value)
{
	return value;
}

/*
 * Who is dead must be out of all views within the stated time from the last death on; more deaths
 * take more changes.
 */
static void check_deaths(struct member *m, const struct view *old, const struct view *now)
{
	struct world *w = m->sim->state;
	uint64_t bound = VIEW_DEAD_US * (uint64_t)(1 + w->deaths / VIEW_REMOVED_MAX);
	uint32_t node;

	protocol_set_each(node, &old->members) {
		if (node >= m->sim->nodes) {
			sim_fail(m->sim, "node %u: view %u has nodes that are not there", m->node,
				 old->number);
			return;
		}
		if (protocol_set_has(&now->members, node) || w->died[node] == SIM_NEVER)
			continue;
		if (sim_time_us(m->sim) > w->last_death + bound)
			sim_fail(m->sim, "node %u: a view without node %u %llu us after the last death",
				 m->node, node, ull(sim_time_us(m->sim) - w->last_death));
	}
}

void check_install(struct member *m, const struct view *old, const struct view *now)
{
	struct world *w = m->sim->state;

	if (now->number <= old->number)
		sim_fail(m->sim, "node %u: view %u after view %u", m->node, now->number,
			 old->number);
	if (!protocol_set_has(&now->members, m->node) || !protocol_set_has(&now->members, 0))
		sim_fail(m->sim, "node %u: view %u is without it or without the leader", m->node,
			 now->number);
	if (now->number >= WORLD_VIEWS) {
		sim_fail(m->sim, "more than %u views", WORLD_VIEWS);
		return;
	}
	if (!w->installed[now->number])
		w->views[now->number] = now->members;
	w->installed[now->number] = true;
	if (!protocol_set_equal(&w->views[now->number], &now->members))
		sim_fail(m->sim, "node %u: view %u has other members than elsewhere", m->node,
			 now->number);
	check_deaths(m, old, now);
}

void check_thaw(struct member *m, const struct view *now)
{
	uint32_t node;

	protocol_set_each(node, &now->members) {
		const struct member *other = member_of(m->sim, node);

		if (m->sim->node[node].alive && !other->stopped &&
		    other->machines.view.now.number < now->number)
			sim_fail(m->sim, "node %u operates in view %u, node %u has view %u",
				 m->node, now->number, node, other->machines.view.now.number);
	}
}

void check_crashed(struct sim *sim, uint32_t node)
{
	struct world *w = sim->state;
	struct member *m = w->member[node];

	w->died[node] = sim_time_us(sim);
	w->last_death = sim_time_us(sim);
	w->deaths++;
	w->gone = true;
	programs_stop(&m->programs);
	callers_stop(&m->callers);
	if (w->jobs)
		starters_stop(&m->starters);
	if (w->binding)
		binders_stop(&m->binders);
	if (w->lending)
		lenders_stop(&m->lenders);
}

/* Whom the leader takes to have forgotten those who went, has. */
static void check_settled(struct sim *sim, uint32_t node)
{
	struct world *w = sim->state;
	const struct node *leader = &w->member[0]->machines;

	if (!w->member[node] || !member_active(sim, node) || w->member[node]->machines.view.phase == VIEW_OUT ||
	    !protocol_set_has(&leader->view.now.members, node) ||
	    protocol_set_has(node_unsettled(leader), node))
		return;
	if (w->member[node]->machines.runs_agree && !agree_forgot(&w->member[node]->machines.agree))
		sim_fail(sim, "node %u is said to have forgotten those who went, and has not", node);
}

void check_after(struct sim *sim, uint32_t node)
{
	struct world *w = sim->state;

	check_settled(sim, node);
	if (w->caps && w->member[node])
		place_check(sim, w->places, node);
	if (!w->planned && sim_time_us(sim) > w->late)
		sim_fail(sim, "no rest %llu us after the last event",
			 ull(sim_time_us(sim) - w->late + WORLD_REST_US));
}

/* Has the leader nothing to do about membership, and do all know? */
static bool views_quiet(const struct sim *sim)
{
	const struct world *w = sim->state;
	const struct view_state *leader = &w->member[0]->machines.view;
	uint32_t node;

	if (leader->step != VIEW_IDLE || leader->phase != VIEW_OPEN ||
	    !protocol_set_empty(node_unsettled(&w->member[0]->machines)) ||
	    !protocol_set_empty(&w->joining) || !protocol_set_empty(&w->leaving))
		return false;
	protocol_set_each(node, &leader->now.members) {
		const struct view_state *v = &w->member[node]->machines.view;

		if (!sim->node[node].alive || v->phase != VIEW_OPEN ||
		    v->now.number != leader->now.number)
			return false;
	}
	return true;
}

bool check_quiet(struct sim *sim)
{
	const struct world *w = sim->state;

	if (w->planned || !views_quiet(sim))
		return false;
	for (uint32_t node = 0; node < sim->nodes; node++) {
		if (!w->member[node] || !member_active(sim, node))
			continue;
		if (w->names && !callers_quiet(&w->member[node]->callers))
			return false;
		if (w->caps && !programs_quiet(&w->member[node]->programs))
			return false;
		if (w->jobs && !starters_quiet(&w->member[node]->starters))
			return false;
		if (w->binding && !binders_quiet(&w->member[node]->binders))
			return false;
		if (w->lending && !lenders_quiet(&w->member[node]->lenders))
			return false;
	}
	return true;
}

void check_end(struct sim *sim)
{
	struct world *w = sim->state;
	const struct view *view = &w->member[0]->machines.view.now;

	if (w->binding)
		binders_check(sim);

	for (uint32_t node = 0; node < sim->nodes; node++) {
		struct member *m = w->member[node];

		if (!m || !sim->node[node].alive)
			continue;
		if (!m->stopped && !protocol_set_has(&view->members, node))
			sim_fail(sim, "node %u lives, is in no view and does not know", node);
		if (!member_active(sim, node))
			continue;
		if (!protocol_set_equal(&m->machines.view.now.members, &view->members))
			sim_fail(sim, "the views of nodes 0 and %u differ at rest", node);
		if (w->names)
			callers_check(&m->callers, node ? &w->member[0]->callers : NULL);
		if (w->caps)
			programs_check(&m->programs, w->gone);
		if (w->jobs)
			starters_check(&m->starters);
		if (w->lending)
			lenders_check(&m->lenders);
	}
}
