// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views for programs: who is a member, and that this core is about to leave. A program that is slow is told
 * the latest view alone.
 */
#include <domain.h>
#include <member.h>
#include <requests.h>

static uint64_t leaves_at; /* of the node's clock: until then those who watch are waited for; 0: no leave */

static void fill(struct monitor_view_changed *m)
{
	const struct node *n = member_enter();
	const struct view *view = view_current(&n->view);

	m->number = view->number;
	m->members = protocol_set_has(&view->members, domains_place()->node) ? view->members.bits[0] : 0;
	m->leaves = leaves_at;
	m->leaves_us = leaves_at > n->now ? leaves_at - n->now : 0;
	member_leave();
}

void request_view_tell(struct requests *r)
{
	struct monitor_view_changed m = { 0 };

	if (!r->news || !requests_room(r, MONITOR_VIEW_CHANGED_MAX))
		return;
	r->news = false;
	fill(&m);
	monitor_view_changed_send(&r->end, &m);
}

static void ready(struct requests *r)
{
	r->asked = false;
	member_wake();
}

void request_view_end(struct requests *r)
{
	r->watches = r->news = false;
	if (r->asked)
		ready(r);
}

void requests_view(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		struct requests *r = requests_at(i);

		if (r)
			r->news = r->watches;
	}
}

void requests_leave(uint64_t until)
{
	leaves_at = until;
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		struct requests *r = requests_at(i);

		if (r)
			r->asked = r->watches && until;
	}
	if (until)
		requests_view();
}

bool requests_leaving(void)
{
	for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
		const struct requests *r = requests_at(i);

		if (r && r->asked)
			return true;
	}
	return false;
}

/* ---- requests ---- */

int request_view_watch(void *ctx, uint32_t from, const struct monitor_view_watch *m)
{
	struct monitor_view_changed now = { 0 };
	struct monitor_view_watch_reply reply = { .tag = m->tag };
	struct requests *r = ctx;

	(void)from;
	fill(&now);
	reply.number = now.number;
	reply.members = now.members;
	reply.leaves = now.leaves;
	reply.leaves_us = now.leaves_us;
	r->watches = true;
	r->news = false;
	r->asked = now.leaves;
	return monitor_view_watch_reply_send(&r->end, &reply);
}

int request_view_ready(void *ctx, uint32_t from, const struct monitor_view_ready *m)
{
	struct monitor_view_ready_reply reply = { .tag = m->tag };
	struct requests *r = ctx;

	(void)from;
	if (r->asked)
		ready(r);
	else
		reply.error = MONITOR_REFUSAL_MISSING;
	return monitor_view_ready_reply_send(&r->end, &reply);
}
