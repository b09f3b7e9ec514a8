/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The fast path of the call line, inline. Include <urpc/line.h>, which documents it.
 *
 * Barrier pairs:
 *   header release (urpc_line_post)     header acquire (urpc_line_take)
 *       payload is written before its header is seen; and the message that was in the line before
 *       is read to the end before it is overwritten, as its reader is the one that posts next
 *   header store, full fence, armed load (urpc_line_notify_needed)
 *   armed store, full fence, header load (urpc_line_arm)
 *       at least one of the two sees the other's store, so that no wake-up is lost
 *   armed release (urpc_line_arm)       armed acquire (whoever wakes a mapped end)
 *       seen is at least as new as the bit
 */
#ifndef URPC_LINE_OPS_H
#define URPC_LINE_OPS_H

#include <urpc/line.h>

static inline void urpc_line_post(struct urpc_line_end *e, uint64_t turn, uint16_t type,
				  const void *payload, size_t len)
{
	uint64_t header = (e->number & URPC_HDR_SEQ_MASK) << URPC_HDR_SEQ_SHIFT | turn;

	header |= (uint64_t)type << URPC_HDR_TYPE_SHIFT;
	header |= (uint64_t)len << URPC_HDR_LEN_SHIFT;
	urpc_copy_in(e->line->call.payload, payload, len);
	urpc_store_release(&e->line->call.header, header);
	e->seen = header;
}

/* Take what the peer put over the header that this end wrote last: message @number of @turn. */
static inline int urpc_line_take(struct urpc_line_end *e, uint64_t number, uint64_t turn,
				 struct urpc_msg *m)
{
	const struct urpc_slot *slot = &e->line->call;
	uint64_t header = urpc_load_acquire(&slot->header);
	uint64_t len = header >> URPC_HDR_LEN_SHIFT; /* with the reserved bits: they must be zero */

	if (header == e->seen)
		return -URPC_EAGAIN;
	/* The low half is sequence, turn and reserved bits, nothing else. */
	if (urpc_unlikely((uint32_t)header != ((number & URPC_HDR_SEQ_MASK) | turn) ||
			  len > URPC_PAYLOAD_BYTES))
		return urpc_line_break(e);

	urpc_describe(m, header);
	urpc_copy_out(m->payload, slot->payload, (size_t)len);
	return 0;
}

static inline int urpc_line_call(struct urpc_line_end *e, uint16_t type, const void *payload,
				 size_t len)
{
	if (urpc_unlikely(e->state != URPC_LINE_IDLE))
		return urpc_line_refuse(e, URPC_LINE_CALLED);
	if (urpc_unlikely(len > URPC_PAYLOAD_BYTES))
		return -URPC_EMSGSIZE;
	e->number++;
	e->state = URPC_LINE_CALLED;
	urpc_line_post(e, 0, type, payload, len);
	return 0;
}

static inline int urpc_line_finish(struct urpc_line_end *e, struct urpc_msg *m)
{
	int err;

	if (urpc_unlikely(e->state != URPC_LINE_CALLED))
		return urpc_line_refuse(e, URPC_LINE_BROKEN);
	err = urpc_line_take(e, e->number, URPC_LINE_REPLY, m);
	if (!err)
		e->state = URPC_LINE_IDLE;
	return err;
}

static inline int urpc_line_accept(struct urpc_line_end *e, struct urpc_msg *m)
{
	int err;

	if (urpc_unlikely(e->state != URPC_LINE_OPEN))
		return urpc_line_refuse(e, URPC_LINE_SERVING);
	err = urpc_line_take(e, e->number + 1, 0, m);
	if (!err) {
		e->number++;
		e->state = URPC_LINE_SERVING;
	}
	return err;
}

static inline int urpc_line_reply(struct urpc_line_end *e, uint16_t type, const void *payload,
				  size_t len)
{
	if (urpc_unlikely(e->state != URPC_LINE_SERVING))
		return urpc_line_refuse(e, URPC_LINE_BROKEN);
	if (urpc_unlikely(len > URPC_PAYLOAD_BYTES))
		return -URPC_EMSGSIZE;
	e->state = URPC_LINE_OPEN;
	urpc_line_post(e, URPC_LINE_REPLY, type, payload, len);
	return 0;
}

/* Is it the peer's turn? */
static inline bool urpc_line_waits(const struct urpc_line_end *e)
{
	return e->state == URPC_LINE_CALLED || e->state == URPC_LINE_OPEN;
}

static inline bool urpc_line_changed(const struct urpc_line *line, uint64_t seen)
{
	return urpc_load_acquire(&line->call.header) != seen;
}

static inline bool urpc_line_ready(const struct urpc_line_end *e)
{
	if (urpc_unlikely(!urpc_line_waits(e)))
		return e->state == URPC_LINE_BROKEN;
	return urpc_line_changed(e->line, e->seen);
}

static inline void urpc_line_pause(void)
{
	urpc_pause();
	urpc_pause();
	urpc_pause();
}

static inline void urpc_line_fetch(const struct urpc_line_end *e)
{
	urpc_prefetchw(&e->line->call);
}

static inline void urpc_line_relax(const struct urpc_line_end *e)
{
	if (e->fetch) {
		urpc_pause();
		urpc_line_fetch(e);
	} else {
		urpc_line_pause();
	}
}

static inline bool urpc_line_notify_needed(const struct urpc_line_end *e)
{
	urpc_fence_full();
	return urpc_load_acquire(&e->line->armed[!e->role].armed) && urpc_line_waits(e);
}

#endif
