// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Every node's end of membership: abi/protocol/view.h, Documentation/membership.md.
 *
 * The leader is a member too, but is told of each step by view_lead.c and not by messages.
 */
#include "view_priv.h"

void view_init(struct view_state *v, uint32_t self, const struct view_hooks *hooks, void *ctx,
	       const struct protocol_port *port, const struct view_settings *settings,
	       uint64_t now)
{
	static const struct view_settings usual = VIEW_SETTINGS_DEFAULT;

	__builtin_memset(v, 0, sizeof(*v));
	v->self = self;
	v->hooks = hooks;
	v->ctx = ctx;
	v->port = *port;
	v->settings = settings ? *settings : usual;
	v->watch_at = now + (view_leads(v) ? v->settings.patrol / 2 : 0);
	if (view_leads(v)) {
		v->now.number = 1;
		v->now.members = protocol_set_only(v->self);
		v->epoch[v->self] = 1;
		v->next = v->now;
		v->phase = VIEW_OPEN;
	}
}

void view_freeze(struct view_state *v)
{
	if (v->phase == VIEW_OPEN && v->hooks->freeze)
		v->hooks->freeze(v->ctx);
	v->phase = VIEW_FROZEN;
}

void view_thaw(struct view_state *v)
{
	v->phase = VIEW_OPEN;
	if (v->hooks->thaw)
		v->hooks->thaw(v->ctx, &v->now);
}

/* Into v->facts. Return: bytes. */
uint32_t view_report_facts(struct view_state *v)
{
	if (!v->now.number || !v->hooks->report)
		return 0;
	return v->hooks->report(v->ctx, &v->next, v->facts, VIEW_BLOB_MAX);
}

void view_make_current(struct view_state *v, struct view *old)
{
	struct protocol_set gone = view_less(&v->now.members, &v->next.members);
	uint32_t node;

	*old = v->now;
	v->now = v->next;
	view_watch_forget(v, &gone);
	protocol_set_clear(&v->told);
	protocol_set_each(node, &gone)
		v->epoch[node] = 0;
	protocol_set_each(node, &v->now.members)
		if (!v->epoch[node])
			v->epoch[node] = v->now.number;
}

static void leave_views(struct view_state *v, bool left)
{
	v->phase = VIEW_GONE;
	protocol_set_clear(&v->asked);
	protocol_set_clear(&v->doubted);
	if (v->hooks->gone)
		v->hooks->gone(v->ctx, left);
}

bool view_accepts(const struct view_state *v, uint32_t node)
{
	switch (v->phase) {
	case VIEW_FROZEN:
		if (!v->now.number)
			return node == VIEW_LEADER;
		return protocol_set_has(&v->now.members, node) &&
		       protocol_set_has(&v->next.members, node);
	case VIEW_SET:
	case VIEW_OPEN:
		return protocol_set_has(&v->now.members, node);
	default:
		return false;
	}
}

/* A newcomer must be in the set, a member may be about to leave. */
static int on_prepare(void *ctx, uint32_t from, const struct view_prepare *m)
{
	struct view_state *v = ctx;
	const struct protocol_set *mine = v->now.number ? &v->now.members : &m->members;
	struct view_report r = { m->number, 0, v->facts };

	if (from != VIEW_LEADER || v->phase == VIEW_FROZEN || m->number <= v->next.number ||
	    !protocol_set_has(&m->members, VIEW_LEADER) || !protocol_set_has(mine, v->self))
		return -URPC_EPROTO;
	v->next.number = m->number;
	v->next.members = m->members;
	view_freeze(v);
	r.facts_count = view_report_facts(v);
	view_report_out(&v->port, VIEW_LEADER, &r, v->wire);
	return 0;
}

/* The node that has @index others before it in @s; PROTOCOL_NODE_NONE. */
static uint32_t nth(const struct protocol_set *s, uint32_t index)
{
	uint32_t node = protocol_set_first(s);

	while (index-- && node != PROTOCOL_NODE_NONE)
		node = protocol_set_next(s, node);
	return node;
}

static int on_epochs(void *ctx, uint32_t from, const struct view_epochs *m)
{
	struct view_state *v = ctx;
	uint32_t node;

	if (from != VIEW_LEADER || v->phase != VIEW_FROZEN || v->now.number ||
	    m->number != v->next.number || m->first >= PROTOCOL_NODES_MAX)
		return -URPC_EPROTO;
	node = nth(&v->next.members, m->first);
	for (uint32_t i = 0; i < m->epoch_count; i++) {
		if (node == PROTOCOL_NODE_NONE || !m->epoch[i] || m->epoch[i] > m->number)
			return -URPC_EPROTO;
		v->epoch[node] = m->epoch[i];
		node = protocol_set_next(&v->next.members, node);
	}
	return 0;
}

static bool epochs_are_known(const struct view_state *v)
{
	uint32_t node;

	protocol_set_each(node, &v->next.members)
		if (!v->epoch[node])
			return false;
	return true;
}

static int on_install(void *ctx, uint32_t from, const struct view_install *m)
{
	struct view_state *v = ctx;
	struct view_installed answer = { m->number };
	struct view old;

	if (from != VIEW_LEADER || v->phase != VIEW_FROZEN || m->number != v->next.number ||
	    !protocol_set_equal(&m->members, &v->next.members) ||
	    (!v->now.number && !epochs_are_known(v)))
		return -URPC_EPROTO;
	view_make_current(v, &old);
	if (!protocol_set_has(&v->now.members, v->self)) {
		leave_views(v, true);
		return 0;
	}
	v->phase = VIEW_SET;
	if (v->hooks->install &&
	    v->hooks->install(v->ctx, &old, &v->now, m->facts, m->facts_count))
		return -URPC_EPROTO;
	view_installed_out(&v->port, VIEW_LEADER, &answer);
	return 0;
}

static int on_go(void *ctx, uint32_t from, const struct view_go *m)
{
	struct view_state *v = ctx;

	if (from != VIEW_LEADER || v->phase != VIEW_SET || m->number != v->now.number)
		return -URPC_EPROTO;
	view_thaw(v);
	return 0;
}

static int on_drain(void *ctx, uint32_t from, const struct view_drain *m)
{
	struct view_state *v = ctx;

	if (from != VIEW_LEADER || v->phase != VIEW_OPEN || m->view != v->now.number ||
	    protocol_set_has(&v->draining, v->self))
		return -URPC_EPROTO;
	protocol_set_add(&v->draining, v->self);
	if (v->hooks->drain)
		v->hooks->drain(v->ctx, m->microseconds);
	else
		view_drained(v);
	return 0;
}

void view_drained(struct view_state *v)
{
	struct view_drained m = { v->now.number };

	if (view_leads(v) || v->phase == VIEW_GONE || !protocol_set_has(&v->draining, v->self))
		return;
	protocol_set_remove(&v->draining, v->self);
	view_drained_out(&v->port, VIEW_LEADER, &m);
}

static int on_expelled(void *ctx, uint32_t from, const struct view_expelled *m)
{
	struct view_state *v = ctx;

	if (from != VIEW_LEADER)
		return -URPC_EPROTO;
	/* One of before this node came in is not for it, but for the one that had its number. */
	if (v->phase != VIEW_OUT && m->number > v->now.number)
		leave_views(v, false);
	return 0;
}

/* False: said by one that had the number of @from before it. */
static bool is_fresh(const struct view_state *v, uint32_t from, uint32_t view)
{
	return !protocol_set_has(&v->now.members, from) || view >= v->epoch[from];
}

static int on_ping(void *ctx, uint32_t from, const struct view_ping *m)
{
	struct view_state *v = ctx;
	struct view_pong answer = { v->now.number };

	if (is_fresh(v, from, m->view))
		view_pong_out(&v->port, from, &answer);
	return 0;
}

static int on_pong(void *ctx, uint32_t from, const struct view_pong *m)
{
	(void)ctx;
	(void)from;
	(void)m;
	return 0;
}

static int on_report(void *ctx, uint32_t from, const struct view_report *m)
{
	struct view_state *v = ctx;

	return view_leads(v) ? view_lead_report(v, from, m) : -URPC_EPROTO;
}

static int on_installed(void *ctx, uint32_t from, const struct view_installed *m)
{
	struct view_state *v = ctx;

	return view_leads(v) ? view_lead_installed(v, from, m) : -URPC_EPROTO;
}

static int on_leave(void *ctx, uint32_t from, const struct view_leave *m)
{
	struct view_state *v = ctx;

	if (!view_leads(v))
		return -URPC_EPROTO;
	/* Now is when it was last heard: just now. */
	if (is_fresh(v, from, m->view))
		view_leave(v, from, VIEW_DRAIN_US, v->heard[from]);
	return 0;
}

static int on_drained(void *ctx, uint32_t from, const struct view_drained *m)
{
	struct view_state *v = ctx;

	if (!view_leads(v))
		return -URPC_EPROTO;
	return is_fresh(v, from, m->view) ? view_lead_drained(v, from) : 0;
}

static int on_suspect(void *ctx, uint32_t from, const struct view_suspect *m)
{
	struct view_state *v = ctx;

	if (!view_leads(v))
		return -URPC_EPROTO;
	if (is_fresh(v, from, m->view) && !protocol_set_has(&v->failed, from))
		view_watch_suspects(v, from, m, v->heard[from]);
	return 0;
}

static const struct view_handlers handlers = {
	.prepare = on_prepare,
	.report = on_report,
	.epochs = on_epochs,
	.install = on_install,
	.installed = on_installed,
	.go = on_go,
	.leave = on_leave,
	.drain = on_drain,
	.drained = on_drained,
	.ping = on_ping,
	.pong = on_pong,
	.suspect = on_suspect,
	.expelled = on_expelled,
};

/* Whether @from has a say here; one that has not is told so by the leader, once a message. */
static bool is_known(struct view_state *v, uint32_t from)
{
	struct view_expelled m = { v->now.number };

	if (view_leads(v)) {
		if (view_lead_knows(v, from))
			return true;
		view_expelled_out(&v->port, from, &m);
		return false;
	}
	return from == VIEW_LEADER || protocol_set_has(&v->now.members, from);
}

int view_message(struct view_state *v, uint32_t from, uint16_t type, const void *buffer,
		 uint32_t bytes, uint64_t now)
{
	if (from >= PROTOCOL_NODES_MAX || from == v->self)
		return -URPC_EPROTO;
	if (v->phase == VIEW_GONE || !is_known(v, from))
		return 0;
	view_heard(v, from, now);
	return view_dispatch(&handlers, v, from, type, buffer, bytes);
}

uint64_t view_tick(struct view_state *v, uint64_t now)
{
	uint64_t next = PROTOCOL_NEVER, watch;

	if (v->phase == VIEW_GONE)
		return PROTOCOL_NEVER;
	view_watch_tick(v, now);
	if (view_leads(v))
		next = view_lead_tick(v, now);
	watch = view_next(v);
	return watch < next ? watch : next;
}
