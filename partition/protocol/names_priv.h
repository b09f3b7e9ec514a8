/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the files of the name service share. */
#ifndef PROTOCOL_NAMES_PRIV_H
#define PROTOCOL_NAMES_PRIV_H

#include <abi/if/names.h>
#include <abi/protocol/names.h>
#include <urpc/chan.h>

/* struct names.state */
enum {
	STATE_BEFORE,  /* no member yet: requests wait */
	STATE_JOINING, /* a member, the snapshot is not whole: requests wait */
	STATE_READY,
	STATE_STOPPED, /* no member any more */
};

/* struct names_pending.state */
enum {
	PENDING_FREE,
	PENDING_NEW,         /* to be sent */
	PENDING_SENT,
	PENDING_WAITING,     /* in the log, has a waiter in the table */
	PENDING_CANCEL_NEW,  /* the same, to be given up */
	PENDING_CANCEL_SENT, /* the same, node 0 was told */
	PENDING_ANSWERED,    /* but what was sent to give it up is not in the log yet */
};

/* struct names_watch.kind */
enum {
	WATCH_FREE,
	WATCH_CHANGES,
	WATCH_AWAIT,
};

/* struct names_peer.state */
enum {
	PEER_NONE,
	PEER_JOINING,
	PEER_LIVE,
};

/* What an operation of the log returns, beside enum names_error: its request waits. */
#define NAMES_QUEUED 0xffffu
#define NAMES_COUNT_MAX (1ull << 31)
/* Passes of a snapshot after which node 0 puts nothing in order until it is whole. */
#define NAMES_PASSES 3u

/* Values at the end of a request that are 0 are not sent. */
static inline uint32_t names_values(const uint64_t *value)
{
	uint32_t count = NAMES_VALUES;

	while (count && !value[count - 1])
		count--;
	return count;
}

static inline bool names_leads(const struct names *n)
{
	return n->self == 0;
}

/* names.c: send, and at node 0 put into order, whatever may be. */
void names_go_on(struct names *n);

/* names_table.c: slots and their index. Entry @sequence of the log is the one under way. */
uint16_t names_find(const struct names *n, const char *name);
uint16_t names_take(struct names *n, uint8_t kind, uint32_t node, uint32_t domain);
void names_call(struct names *n, uint16_t i, const char *name);
void names_drop(struct names *n, uint16_t i);
void names_own(struct names *n, uint16_t i, uint32_t node, uint32_t domain);
void names_touch(struct names *n, uint16_t i);
void names_count(const struct names *n, uint32_t node, uint32_t domain, uint32_t *records,
		 uint32_t *waits);
void names_reindex(struct names *n);

/* names_check.c: a slot by itself could be one of a table; the index fits it. */
bool names_slot_sane(const struct names *n, const struct names_slot *s);
bool names_name_good(const char *name);

/* names_wait.c: the queues of locks, semaphores and barriers. */
uint32_t names_enqueue(struct names *n, uint16_t i, const struct names_entry *e);
void names_leave(struct names *n, uint16_t waiter, uint32_t error);
void names_pass(struct names *n, uint16_t i, uint32_t error);
void names_unlock(struct names *n, uint16_t i);

/* names_apply.c: the next entry of the log; whether one makes sense at all. */
void names_apply_entry(struct names *n, const struct names_entry *e);
bool names_entry_good(const struct names_entry *e);
uint32_t names_ask_error(const struct names_ask *ask);
uint32_t names_quota(const struct names *n, uint32_t node, uint32_t domain, bool waits);

/* names_sweep.c: what is left by who has ended. */
void names_sweep(struct names *n, uint32_t node, uint32_t domain, bool whole_node);

/* names_local.c: requests of this node's domains. */
void names_pump(struct names *n);
void names_resend(struct names *n);
void names_done(struct names *n, uint32_t node, uint64_t number, uint32_t error, uint16_t slot);
void names_ordered(struct names *n, const struct names_entry *e, uint32_t error, uint16_t slot);
void names_stop(struct names *n);
uint64_t names_overdue(struct names *n);

/* names_watch.c */
void names_changed(struct names *n, enum names_what what, uint16_t slot);
void names_unwatch_domain(struct names *n, uint32_t domain);
bool names_watch_give_up(struct names *n, uint32_t domain, uint64_t tag, uint64_t now);
void names_watch_stop(struct names *n);
void names_watch_ready(struct names *n);
uint64_t names_watch_tick(struct names *n);

/* names_lead.c, names_join.c: node 0. */
int names_enter(struct names *n, uint32_t from, const struct names_entry *e);
void names_order(struct names *n);
int names_acked(struct names *n, uint32_t from, uint64_t sequence);
void names_gone(struct names *n, uint32_t node);
void names_come(struct names *n, uint32_t node);
uint64_t names_stuck(struct names *n);
void names_feed(struct names *n, uint32_t node);
int names_piece_acked(struct names *n, uint32_t from, uint32_t piece);

/* names_join.c: the node that joins. */
int names_take_piece(struct names *n, const struct names_piece *m);
int names_take_snapshot(struct names *n, const struct names_snapshot *m);

#endif
