/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the files of agree.h's machine share.
 *
 * An entry goes through the states in this order: WAITING, VOTING, VOTED, DECIDED, DONE. Its range
 * is held from VOTING on until the vote is other than yes, or the decision has been carried out.
 */
#ifndef AGREE_PRIV_H
#define AGREE_PRIV_H

#include <abi/if/agree.h>
#include <abi/protocol/agree.h>
#include <urpc/chan.h>

#define PAGE 4096ull
#define NONE 0xffffu /* of indices and nodes of 16 bits */
#define SLOT_BITS 5u
#define SLOT_OF(id) ((id) & (AGREE_SLOTS_MAX - 1))
#define TIME_MAX (1ull << 62)
#define OPS (AGREE_OPS_MAX + AGREE_DELETES_MAX)

enum entry_state {
	ENTRY_FREE,
	ENTRY_WAITING, /* for those before it in the list, or for a transfer of this node */
	ENTRY_VOTING,  /* for this node's own work */
	ENTRY_VOTED,   /* for the children's votes, then for the decision */
	ENTRY_DECIDED, /* is being carried out */
	ENTRY_DONE,    /* for the children's acknowledgements */
};

#define F_LOCKED 0x01u /* holds its range */
#define F_BUSY 0x02u   /* local copies are held still */
#define F_SENT 0x04u   /* the vote has gone up, or was counted */
#define F_COMMIT 0x08u
#define F_DIRECT 0x10u /* acknowledge to the coordinator itself */
#define F_ALONE 0x20u  /* of an earlier view: nobody above or below */
#define F_COPY 0x40u   /* voted that a copy is here */
#define F_HEIR 0x80u

enum op_state {
	OP_FREE,
	OP_PENDING, /* for its turn, a slot, or the end of an older attempt */
	OP_TRYING,
	OP_ENDING, /* decided: for this node's own part, and acknowledgements */
};

/* Outcomes of an attempt; flags of struct agree_op. */
#define OP_ABORT 0u
#define OP_COMMIT 1u
#define OP_AGAIN 2u /* abort, and try once more */

enum give_state {
	GIVE_FREE,
	GIVE_PARKED, /* until an agreement here ends */
	GIVE_AGAIN,  /* until this node can */
	GIVE_LATER,  /* until the other node says that it can */
	GIVE_FLYING, /* sent: where it is counts as here */
};

/* Tables: agree_table.c */

struct agree_entry *agree_entry_new(struct agree *a, uint32_t coordinator, uint32_t id);
void agree_entry_free(struct agree *a, struct agree_entry *e);
struct agree_entry *agree_entry_find(struct agree *a, uint32_t coordinator, uint32_t id);
bool agree_heard(struct agree *a, const struct agree_entry *e, uint32_t node);
bool agree_has_heard(const struct agree *a, const struct agree_entry *e, uint32_t node);
void agree_heard_none(struct agree *a, const struct agree_entry *e);
bool agree_conflict(const struct agree_entry *e, const struct agree_entry *f);
bool agree_give_conflict(const struct agree_object *object, const struct agree_entry *e);
void agree_request_of(const struct agree_entry *e, struct agree_request *q);
void agree_request_into(struct agree_entry *e, const struct agree_request *q);
int agree_request_check(const struct agree_request *q);
int agree_object_check(const struct agree_object *o);
uint8_t agree_rights_of(uint32_t type);

static inline struct agree_entry *agree_at(const struct agree *a, uint32_t index)
{
	return index == NONE ? NULL : &a->memory.entries[index];
}

#define for_each_entry(e, a) \
	for (struct agree_entry *(e) = agree_at(a, (a)->first); e; e = agree_at(a, (e)->next))

/* The ticket: who is older wins. */
static inline bool agree_older(const struct agree_entry *e, uint64_t time, uint32_t coordinator)
{
	return e->time < time || (e->time == time && e->coordinator < coordinator);
}

static inline bool agree_decided(const struct agree_entry *e)
{
	return e->state >= ENTRY_DECIDED;
}

/* Does it stand in the way of what came later? */
static inline bool agree_holds(const struct agree_entry *e)
{
	return e->state == ENTRY_WAITING || (e->flags & F_LOCKED);
}

static inline void agree_clock(struct agree *a, uint64_t time)
{
	if (time > a->clock)
		a->clock = time;
}

/* At each node: agree_entry.c */

void agree_advance(struct agree *a, struct agree_entry *e);
void agree_forward_prepare(struct agree *a, struct agree_entry *e, uint32_t after,
			   uint32_t after_id);
void agree_meet(const struct agree *a, struct agree_entry *e, uint32_t after, uint32_t after_id);
void agree_decide_entry(struct agree *a, struct agree_entry *e, bool commit);
void agree_release(struct agree *a, struct agree_entry *e);
void agree_peer_decided(struct agree *a, uint32_t coordinator, uint32_t id, bool commit);
uint32_t agree_send_decide(struct agree *a, const struct agree_decide *m);

/* Several at once: agree_many.c */

bool agree_say_vote(struct agree *a, const struct agree_entry *e);
uint32_t agree_say_outcome(struct agree *a, const struct agree_entry *e, bool commit);
void agree_say_done(struct agree *a, uint32_t coordinator, uint32_t id);
void agree_say_outcomes(struct agree *a);
void agree_say_all(struct agree *a);
void agree_say_nothing(struct agree *a);
int agree_take_votes(struct agree *a, uint32_t from, const struct agree_votes *m);
int agree_take_outcomes(struct agree *a, uint32_t from, const struct agree_outcomes *m);
int agree_take_acks(struct agree *a, uint32_t from, const struct agree_acks *m);

/* At the coordinator: agree_op.c */

struct agree_op *agree_op_of(struct agree *a, uint32_t id);
void agree_op_counted(struct agree *a, struct agree_entry *e);
void agree_op_end(struct agree *a, struct agree_op *op);
void agree_ops_settle(struct agree *a);

/* Messages: agree_message.c. Transfers: agree_give.c */

void agree_gives_settle(struct agree *a);
int agree_take_give(struct agree *a, uint32_t from, const struct agree_give *m);
int agree_take_taken(struct agree *a, uint32_t from, const struct agree_taken *m);
void agree_take_released(struct agree *a, uint32_t from);
void agree_call_back(struct agree *a);

#endif
