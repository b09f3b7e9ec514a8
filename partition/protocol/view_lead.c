// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The leader's end of membership: what is wanted is gathered into one change at a time.
 *
 * A change waits only for nodes that are not known to have failed. Once INSTALL was sent the view is
 * decided: who fails then is taken out by the next change, which follows before anybody operates.
 * All progress is made in view_tick(), so the hooks may ask for more at any time.
 */
#include "view_priv.h"

bool view_lead_knows(const struct view_state *v, uint32_t node)
{
	return protocol_set_has(&v->now.members, node) || protocol_set_has(&v->wanted_in, node);
}

void view_failed(struct view_state *v, uint32_t node)
{
	if (!view_leads(v) || node == VIEW_LEADER || !view_lead_knows(v, node) ||
	    protocol_set_has(&v->failed, node))
		return;
	/* What the others do once they know must not meet it alive. */
	if (v->hooks->fence)
		v->hooks->fence(v->ctx, node);
	protocol_set_add(&v->failed, node);
	protocol_set_remove(&v->waiting, node);
	protocol_set_remove(&v->asked, node);
	protocol_set_remove(&v->pinged, node);
}

void view_lead_accuse(struct view_state *v, uint32_t node, enum view_reason why, uint64_t now)
{
	if (!v->hooks->confirm || v->hooks->confirm(v->ctx, node, why) ||
	    v->tries[node] >= VIEW_TRIES) {
		view_failed(v, node);
		return;
	}
	v->tries[node]++;
	protocol_set_remove(&v->pinged, node);
	view_watch_ask(v, node, now);
}

int view_join(struct view_state *v, uint32_t node)
{
	if (!view_leads(v) || node == VIEW_LEADER || node >= PROTOCOL_NODES_MAX)
		return -VIEW_EINVAL;
	if (protocol_set_has(&v->failed, node) || protocol_set_has(&v->departed, node) ||
	    protocol_set_has(&v->leaving, node) || protocol_set_has(&v->draining, node) ||
	    protocol_set_has(&v->wanted_out, node))
		return -VIEW_EBUSY;
	if (view_lead_knows(v, node))
		return -VIEW_EEXIST;
	protocol_set_add(&v->wanted_in, node);
	return 0;
}

static int lead_leave(struct view_state *v, uint32_t node, uint64_t us, uint64_t now)
{
	if (node == VIEW_LEADER || node >= PROTOCOL_NODES_MAX)
		return -VIEW_EINVAL;
	if (!protocol_set_has(&v->now.members, node) || protocol_set_has(&v->failed, node))
		return -VIEW_ENOENT;
	if (protocol_set_has(&v->arrived, node))
		return -VIEW_EBUSY;
	if (protocol_set_has(&v->draining, node) || protocol_set_has(&v->wanted_out, node))
		return 0;
	protocol_set_add(&v->leaving, node);
	v->drain_by[node] = now + us;
	return 0;
}

int view_leave(struct view_state *v, uint32_t node, uint64_t us, uint64_t now)
{
	struct view_leave m = { v->now.number };

	if (view_leads(v))
		return lead_leave(v, node, us, now);
	if (node != v->self)
		return -VIEW_EINVAL;
	if (v->phase == VIEW_OUT || v->phase == VIEW_GONE)
		return -VIEW_ENOENT;
	view_leave_out(&v->port, VIEW_LEADER, &m);
	return 0;
}

/* A node that was taken out while it drained may still say so. */
int view_lead_drained(struct view_state *v, uint32_t from)
{
	if (protocol_set_has(&v->failed, from))
		return 0;
	if (!protocol_set_has(&v->draining, from))
		return -URPC_EPROTO;
	protocol_set_remove(&v->draining, from);
	protocol_set_add(&v->wanted_out, from);
	return 0;
}

static void tell_done(struct view_state *v, struct protocol_set nodes, int error)
{
	uint32_t node;

	if (!v->hooks->done)
		return;
	protocol_set_each(node, &nodes)
		v->hooks->done(v->ctx, node, error);
}

/* Who goes in this change: the dead first, as the living can wait. */
static struct protocol_set lead_pick(const struct view_state *v)
{
	const struct protocol_set *from[] = { &v->failed, &v->wanted_out };
	struct protocol_set out;
	uint32_t node, count = 0;

	protocol_set_clear(&out);
	for (unsigned int i = 0; i < 2; i++)
		protocol_set_each(node, from[i])
			if (count < VIEW_REMOVED_MAX && !protocol_set_has(&out, node)) {
				protocol_set_add(&out, node);
				count++;
			}
	return out;
}

static void lead_begin(struct view_state *v, uint64_t now)
{
	struct protocol_set lost = view_both(&v->failed, &v->wanted_in), out;
	struct view_prepare m;
	uint32_t node;

	protocol_set_without(&v->wanted_in, &lost);
	protocol_set_and(&v->failed, &v->now.members);
	out = lead_pick(v);
	v->next.number++;
	v->next.members = view_less(&v->now.members, &out);
	protocol_set_or(&v->next.members, &v->wanted_in);

	v->waiting = v->now.members;
	protocol_set_or(&v->waiting, &v->wanted_in);
	protocol_set_without(&v->waiting, &v->failed);
	protocol_set_remove(&v->waiting, v->self);
	v->step = VIEW_COLLECT;
	v->late = 0;
	v->step_by = now + v->settings.phase;

	m.number = v->next.number;
	m.members = v->next.members;
	protocol_set_each(node, &v->waiting) {
		view_prepare_out(&v->port, node, &m);
		view_watch_sent(v, node, now);
	}
	view_freeze(v);
	if (v->hooks->begin)
		v->hooks->begin(v->ctx, &v->next);
	if (v->hooks->merge)
		v->hooks->merge(v->ctx, v->self, v->facts, view_report_facts(v));
	tell_done(v, lost, -VIEW_EGONE);
}

/* Of an earlier change: too late; of a later one: made up. */
static int lead_answered(struct view_state *v, uint32_t from, uint32_t number, enum view_step step)
{
	if (number < v->next.number || protocol_set_has(&v->failed, from))
		return 0;
	if (number != v->next.number || v->step != step || !protocol_set_has(&v->waiting, from))
		return -URPC_EPROTO;
	protocol_set_remove(&v->waiting, from);
	return 1;
}

int view_lead_report(struct view_state *v, uint32_t from, const struct view_report *m)
{
	int rc = lead_answered(v, from, m->number, VIEW_COLLECT);

	if (rc <= 0)
		return rc;
	/* A newcomer has nothing to report. */
	if (!protocol_set_has(&v->now.members, from))
		return m->facts_count ? -URPC_EPROTO : 0;
	if (v->hooks->merge && v->hooks->merge(v->ctx, from, m->facts, m->facts_count))
		return -URPC_EPROTO;
	return 0;
}

int view_lead_installed(struct view_state *v, uint32_t from, const struct view_installed *m)
{
	int rc = lead_answered(v, from, m->number, VIEW_SPREAD);

	return rc < 0 ? rc : 0;
}

/* What a newcomer needs before INSTALL: the epochs of all, then what the other machines have. Kept
 * apart, as the kernel's stack is small. */
static __attribute__((__noinline__)) void lead_welcome(struct view_state *v, uint32_t newcomer)
{
	struct view_epochs m = { .number = v->next.number };
	uint32_t node, at = 0;

	protocol_set_each(node, &v->next.members) {
		bool is_member = protocol_set_has(&v->now.members, node);

		m.epoch[m.epoch_count++] = is_member ? v->epoch[node] : v->next.number;
		at++;
		if (m.epoch_count == sizeof(m.epoch) / sizeof(m.epoch[0])) {
			view_epochs_out(&v->port, newcomer, &m);
			m.first = at;
			m.epoch_count = 0;
		}
	}
	if (m.epoch_count)
		view_epochs_out(&v->port, newcomer, &m);
	if (v->hooks->welcome)
		v->hooks->welcome(v->ctx, newcomer, &v->next);
}

/* The view is installed here: what was wanted has come true, or has failed. */
static void lead_settle(struct view_state *v, const struct view *old)
{
	struct protocol_set gone = view_less(&old->members, &v->now.members);
	struct protocol_set came = view_less(&v->now.members, &old->members);
	struct protocol_set dead = view_both(&gone, &v->failed);
	struct protocol_set left = v->leaving, lost;
	struct view_expelled m = { v->now.number };
	uint32_t node;

	protocol_set_or(&left, &v->draining);
	protocol_set_or(&left, &v->wanted_out);
	protocol_set_and(&left, &gone);
	lost = view_both(&left, &dead);
	protocol_set_without(&left, &dead);
	protocol_set_or(&v->departed, &left);

	left = view_both(&v->arrived, &gone);
	protocol_set_or(&lost, &left);
	protocol_set_or(&v->arrived, &came);
	protocol_set_without(&v->arrived, &gone);

	protocol_set_without(&v->wanted_in, &came);
	protocol_set_without(&v->wanted_out, &gone);
	protocol_set_without(&v->leaving, &gone);
	protocol_set_without(&v->draining, &gone);
	protocol_set_without(&v->failed, &gone);

	protocol_set_each(node, &dead)
		view_expelled_out(&v->port, node, &m);
	tell_done(v, lost, -VIEW_EGONE);
}

static void lead_install(struct view_state *v, uint64_t now)
{
	struct view_install m = { v->next.number, v->next.members, 0, v->facts };
	struct protocol_set told = v->now.members, newcomers;
	struct view old;
	uint32_t node;

	if (v->hooks->outcome)
		m.facts_count = v->hooks->outcome(v->ctx, v->facts, VIEW_BLOB_MAX);
	protocol_set_or(&told, &v->next.members);
	protocol_set_without(&told, &v->failed);
	protocol_set_remove(&told, v->self);
	newcomers = view_less(&told, &v->now.members);
	protocol_set_each(node, &told) {
		if (protocol_set_has(&newcomers, node))
			lead_welcome(v, node);
		view_install_out(&v->port, node, &m, v->wire);
	}

	view_make_current(v, &old);
	v->step = VIEW_SPREAD;
	v->step_by = now + v->settings.phase;
	v->waiting = view_both(&told, &v->now.members);
	protocol_set_each(node, &v->waiting)
		view_watch_sent(v, node, now);
	v->phase = VIEW_SET;
	if (v->hooks->install)
		v->hooks->install(v->ctx, &old, &v->now, v->facts, m.facts_count);
	lead_settle(v, &old);
}

static void lead_go(struct view_state *v)
{
	struct protocol_set arrived = v->arrived, departed = v->departed;
	struct view_go m = { v->now.number };
	uint32_t node;

	v->step = VIEW_IDLE;
	protocol_set_each(node, &v->now.members)
		if (node != v->self)
			view_go_out(&v->port, node, &m);
	view_thaw(v);
	protocol_set_clear(&v->arrived);
	protocol_set_clear(&v->departed);
	tell_done(v, arrived, 0);
	tell_done(v, departed, 0);
}

/* All answered: the next step. With members dead nobody operates before they are out. */
static void lead_step(struct view_state *v, uint64_t now)
{
	if (v->step == VIEW_COLLECT)
		lead_install(v, now);
	else if (!protocol_set_empty(&v->failed))
		lead_begin(v, now);
	else
		lead_go(v);
}

static bool lead_wanted(const struct view_state *v)
{
	return !protocol_set_empty(&v->failed) || !protocol_set_empty(&v->wanted_in) ||
	       !protocol_set_empty(&v->wanted_out);
}

/* Only between changes, as a frozen node cannot hand over. */
static void lead_drain(struct view_state *v, uint64_t now)
{
	uint32_t node;

	protocol_set_each(node, &v->leaving) {
		struct view_drain m = { v->now.number, v->drain_by[node] - now };

		view_drain_out(&v->port, node, &m);
		view_watch_sent(v, node, now);
		protocol_set_add(&v->draining, node);
	}
	protocol_set_clear(&v->leaving);
}

/* Who takes too long to drain is taken out. Return: when to look again. */
static uint64_t lead_overdue(struct view_state *v, uint64_t now)
{
	struct protocol_set slow = v->leaving;
	uint64_t next = v->step == VIEW_IDLE ? PROTOCOL_NEVER : v->step_by;
	uint32_t node;

	protocol_set_or(&slow, &v->draining);
	protocol_set_each(node, &slow) {
		if (now >= v->drain_by[node])
			view_failed(v, node);
		else if (v->drain_by[node] < next)
			next = v->drain_by[node];
	}
	return next;
}

/* The step has lasted too long; unless it was this node that did not run. */
static void lead_hurry(struct view_state *v, uint64_t now)
{
	uint32_t node;

	if (v->step == VIEW_IDLE || now < v->step_by)
		return;
	if (now - v->step_by > v->settings.wait / 2 && v->late < VIEW_TRIES) {
		v->late++;
		v->step_by = now + v->settings.phase;
		return;
	}
	protocol_set_each(node, &v->waiting)
		view_failed(v, node);
}

uint64_t view_lead_tick(struct view_state *v, uint64_t now)
{
	lead_overdue(v, now);
	lead_hurry(v, now);
	if (v->step == VIEW_IDLE && lead_wanted(v))
		lead_begin(v, now);
	/* Ends: each begin takes a failed node out or lets somebody in, and IDLE ends it. */
	while (v->step != VIEW_IDLE && protocol_set_empty(&v->waiting))
		lead_step(v, now);
	if (v->step != VIEW_IDLE)
		return lead_overdue(v, now);
	/* The hooks may have asked for more. */
	if (lead_wanted(v))
		return now;
	lead_drain(v, now);
	return lead_overdue(v, now);
}
