// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Who is silent.
 *
 * A node that was sent to and from which nothing came since is asked; if it is silent still, the
 * leader is told, asks it itself, and takes it out. Nobody watches a node of which it wants nothing,
 * but for the leader's patrol, so that a core with nothing to do is woken by nobody. Nobody watches
 * the leader: with Linux everything ends.
 */
#include "view_priv.h"

static bool watchable(const struct view_state *v, uint32_t node)
{
	if (node == v->self || node == VIEW_LEADER)
		return false;
	if (view_leads(v))
		return view_lead_knows(v, node) && !protocol_set_has(&v->failed, node);
	return protocol_set_has(&v->now.members, node);
}

static void relax(struct view_state *v, uint32_t node)
{
	protocol_set_remove(&v->asked, node);
	protocol_set_remove(&v->pinged, node);
	protocol_set_remove(&v->doubted, node);
	v->tries[node] = 0;
}

void view_heard(struct view_state *v, uint32_t node, uint64_t now)
{
	if (node >= PROTOCOL_NODES_MAX)
		return;
	v->heard[node] = now;
	relax(v, node);
}

void view_watch_forget(struct view_state *v, const struct protocol_set *nodes)
{
	uint32_t node;

	protocol_set_each(node, nodes)
		relax(v, node);
}

void view_watch_sent(struct view_state *v, uint32_t node, uint64_t now)
{
	if (!watchable(v, node) || protocol_set_has(&v->asked, node))
		return;
	protocol_set_add(&v->asked, node);
	v->deadline[node] = now + v->settings.answer;
}

void view_sent(struct view_state *v, uint32_t node, uint64_t now)
{
	view_watch_sent(v, node, now);
}

static void ping(struct view_state *v, uint32_t node, uint64_t now)
{
	struct view_ping m = { v->now.number };

	protocol_set_add(&v->asked, node);
	protocol_set_add(&v->pinged, node);
	v->deadline[node] = now + v->settings.wait;
	view_ping_out(&v->port, node, &m);
}

void view_watch_ask(struct view_state *v, uint32_t node, uint64_t now)
{
	if (watchable(v, node) && !protocol_set_has(&v->pinged, node))
		ping(v, node, now);
}

/* Silent since a PING, for as long as may be. */
static void silent(struct view_state *v, uint32_t node, uint64_t now)
{
	bool late = now - v->deadline[node] > v->settings.wait / 2;

	/* It was perhaps this node that did not run, and the answer is still to be read. */
	if (late && v->tries[node] < VIEW_TRIES) {
		v->tries[node]++;
		ping(v, node, now);
	} else if (view_leads(v)) {
		view_lead_accuse(v, node, VIEW_SILENT, now);
	} else {
		/* Not for ever: the next message to it begins again. */
		protocol_set_add(&v->doubted, node);
		protocol_set_remove(&v->asked, node);
		protocol_set_remove(&v->pinged, node);
	}
}

/* Tell the leader of silent nodes, all in one message and not too often. */
static void tell(struct view_state *v, uint64_t now)
{
	struct view_suspect m = { v->now.number, VIEW_WHY_SILENT, v->doubted };

	if (protocol_set_empty(&v->doubted) || now < v->watch_at)
		return;
	view_suspect_out(&v->port, VIEW_LEADER, &m);
	protocol_set_clear(&v->doubted);
	v->watch_at = now + v->settings.wait;
}

/* The leader looks at all members twice in each period, so that none is overlooked for a whole one. */
static void patrol(struct view_state *v, uint64_t now)
{
	uint64_t half = v->settings.patrol / 2;
	struct protocol_set all = v->now.members;
	uint32_t node;

	if (!half || now < v->watch_at)
		return;
	v->watch_at = now + half;
	protocol_set_or(&all, &v->wanted_in);
	protocol_set_each(node, &all) {
		if (!watchable(v, node) || protocol_set_has(&v->asked, node) ||
		    now - v->heard[node] < half)
			continue;
		if (!v->hooks->asleep || !v->hooks->asleep(v->ctx, node))
			ping(v, node, now);
	}
}

void view_watch_tick(struct view_state *v, uint64_t now)
{
	uint32_t node;

	protocol_set_each(node, &v->asked) {
		if (now < v->deadline[node])
			continue;
		if (protocol_set_has(&v->pinged, node))
			silent(v, node, now);
		else
			ping(v, node, now);
	}
	if (view_leads(v))
		patrol(v, now);
	else
		tell(v, now);
}

uint64_t view_next(const struct view_state *v)
{
	uint64_t next = PROTOCOL_NEVER;
	uint32_t node;

	if (view_leads(v) ? v->settings.patrol / 2 : !protocol_set_empty(&v->doubted))
		next = v->watch_at;
	protocol_set_each(node, &v->asked)
		if (v->deadline[node] < next)
			next = v->deadline[node];
	return next;
}

void view_suspect(struct view_state *v, uint32_t node, enum view_reason why, uint64_t now)
{
	struct view_suspect m = { v->now.number, (enum view_why)why, protocol_set_only(node) };

	if (!watchable(v, node))
		return;
	if (why == VIEW_SILENT) {
		view_watch_ask(v, node, now);
	} else if (view_leads(v)) {
		view_lead_accuse(v, node, why, now);
	} else if (!protocol_set_has(&v->told, node)) {
		protocol_set_add(&v->told, node);
		view_suspect_out(&v->port, VIEW_LEADER, &m);
	}
}

/* A member accuses others: of the view it was in, so of no later node with the same number. */
void view_watch_suspects(struct view_state *v, uint32_t from, const struct view_suspect *m,
			 uint64_t now)
{
	uint32_t node;

	protocol_set_each(node, &m->nodes) {
		if (node != from && protocol_set_has(&v->now.members, node) &&
		    v->epoch[node] <= m->view)
			view_suspect(v, node, (enum view_reason)m->reason, now);
	}
}
