/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the parts of the view machine share: view.c (every node's end), view_lead.c (the leader's),
 * view_watch.c (who is silent).
 */
#ifndef VIEW_PRIV_H
#define VIEW_PRIV_H

#include <abi/if/view.h>
#include <abi/protocol/view.h>
#include <urpc/chan.h>

URPC_STATIC_ASSERT(VIEW_WIRE >= VIEW_MESSAGE_MAX, "room for the longest message");
URPC_STATIC_ASSERT((int)VIEW_SILENT == VIEW_WHY_SILENT && (int)VIEW_BROKEN == VIEW_WHY_BROKEN &&
			   (int)VIEW_STUCK == VIEW_WHY_STUCK,
		   "reasons are sent as they are");

static inline bool view_leads(const struct view_state *v)
{
	return v->self == VIEW_LEADER;
}

/* The nodes of @a that are not in @b. */
static inline struct protocol_set view_less(const struct protocol_set *a,
					    const struct protocol_set *b)
{
	struct protocol_set s = *a;

	protocol_set_without(&s, b);
	return s;
}

/* The nodes that are in both. */
static inline struct protocol_set view_both(const struct protocol_set *a,
					    const struct protocol_set *b)
{
	struct protocol_set s = *a;

	protocol_set_and(&s, b);
	return s;
}

/* view.c: make next the view: epochs, nothing watched that went. The old view is put in *old. */
void view_make_current(struct view_state *v, struct view *old);
void view_freeze(struct view_state *v);
uint32_t view_report_facts(struct view_state *v);
void view_thaw(struct view_state *v);

/* view_lead.c: the leader's half of the messages, and its turn in view_tick(). */
int view_lead_report(struct view_state *v, uint32_t from, const struct view_report *m);
int view_lead_installed(struct view_state *v, uint32_t from, const struct view_installed *m);
int view_lead_drained(struct view_state *v, uint32_t from);
uint64_t view_lead_tick(struct view_state *v, uint64_t now);
/* Whether @node is one that the leader has to do with: a member, or about to be one. */
bool view_lead_knows(const struct view_state *v, uint32_t node);
/* Something is wrong with @node: take it out, or doubt it. */
void view_lead_accuse(struct view_state *v, uint32_t node, enum view_reason why, uint64_t now);

/* view_watch.c */
void view_watch_tick(struct view_state *v, uint64_t now);
void view_watch_forget(struct view_state *v, const struct protocol_set *nodes);
/* A message of this machine, which has an answer, was sent to @node. */
void view_watch_sent(struct view_state *v, uint32_t node, uint64_t now);
/* Ask @node now, whatever was sent to it. */
void view_watch_ask(struct view_state *v, uint32_t node, uint64_t now);
void view_watch_suspects(struct view_state *v, uint32_t from, const struct view_suspect *m,
			 uint64_t now);

#endif
