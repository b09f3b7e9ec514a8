/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The broadcast line: one end writes a line that many poll; each answers on a line of its own.
 *
 * Both kinds of line are call lines in memory (urpc/line.h), of which only half is used:
 *
 *   shared line   call: written by the caster only, with the header of a request; armed[CALLER]:
 *                 the caster sleeps, or is about to
 *   own line      call: written by one listener only, with the header of the reply; armed[CALLEE]:
 *                 that listener sleeps, or is about to
 *
 * One cast is outstanding at a time: the next is posted when all own lines have answered the last.
 * Headers, numbers and what is accepted are as on a call line. Lines may be mapped read-only by
 * those who do not write them. Nothing here blocks or enters a kernel.
 *
 * Barrier pairs:
 *   header release (urpc_cast_post, urpc_cast_answer)   header acquire (urpc_cast_take)
 *       payload is written before its header is seen
 *   header store, full fence, armed load (urpc_cast_wakes)
 *   armed store, full fence, header load (urpc_cast_arm, then the caller's own look)
 *       at least one of the two sees the other's store, so that no wake-up is lost
 */
#ifndef URPC_CAST_H
#define URPC_CAST_H

#include <urpc/line.h>

#ifdef __cplusplus
extern "C" {
#endif

/**
 * struct urpc_cast - what one end knows of a line that it reads or writes; private
 * @line: the shared memory
 * @seen: the header that was last written there, or last read there; 0 before the first
 */
struct urpc_cast {
	struct urpc_line *line;
	uint64_t seen;
};

static inline uint64_t urpc_cast_header(uint64_t number, uint64_t turn)
{
	return (number & URPC_HDR_SEQ_MASK) << URPC_HDR_SEQ_SHIFT | turn;
}

static inline void urpc_cast_write(struct urpc_cast *c, uint64_t header, uint16_t type,
				   const void *payload, size_t len)
{
	header |= (uint64_t)type << URPC_HDR_TYPE_SHIFT | (uint64_t)len << URPC_HDR_LEN_SHIFT;
	urpc_copy_in(c->line->call.payload, payload, len);
	urpc_store_release(&c->line->call.header, header);
	c->seen = header;
}

/**
 * urpc_cast_post - caster: write request @number into the shared line
 * @len: at most URPC_PAYLOAD_BYTES; the caller checks it
 */
static inline void urpc_cast_post(struct urpc_cast *shared, uint64_t number, uint16_t type,
				  const void *payload, size_t len)
{
	urpc_cast_write(shared, urpc_cast_header(number, 0), type, payload, len);
}

/** urpc_cast_answer - listener: write the reply to request @number into its own line. */
static inline void urpc_cast_answer(struct urpc_cast *own, uint64_t number, uint16_t type)
{
	urpc_cast_write(own, urpc_cast_header(number, URPC_LINE_REPLY), type, NULL, 0);
}

/** urpc_cast_news - has the line changed since it was last read? */
static inline bool urpc_cast_news(const struct urpc_cast *c)
{
	return urpc_line_changed(c->line, c->seen);
}

/**
 * urpc_cast_take - read message @number of a line: a request where @turn is 0, a reply where it is
 * URPC_LINE_REPLY
 * Return: 0, -URPC_EAGAIN when the line is as it was, -URPC_EPROTO for anything but that message.
 */
static inline int urpc_cast_take(struct urpc_cast *c, uint64_t number, uint64_t turn,
				 struct urpc_msg *m)
{
	uint64_t header = urpc_load_acquire(&c->line->call.header);
	uint64_t len = header >> URPC_HDR_LEN_SHIFT; /* with the reserved bits: they must be zero */

	if (header == c->seen)
		return -URPC_EAGAIN;
	if ((uint32_t)header != urpc_cast_header(number, turn) || len > URPC_PAYLOAD_BYTES)
		return -URPC_EPROTO;
	c->seen = header;
	m->type = (uint16_t)(header >> URPC_HDR_TYPE_SHIFT);
	m->len = (uint16_t)len;
	m->reserved = 0;
	urpc_copy_out(m->payload, c->line->call.payload, (size_t)len);
	return 0;
}

/**
 * urpc_cast_wakes - does the end of @role that sleeps on @line want to be woken?
 * Full fence first: ask after urpc_cast_post() for each listener's own line (URPC_LINE_CALLEE), and
 * after urpc_cast_answer() for the shared one (URPC_LINE_CALLER).
 */
static inline bool urpc_cast_wakes(const struct urpc_line *line, enum urpc_line_role role)
{
	urpc_fence_full();
	return urpc_load_acquire(&line->armed[role].armed);
}

/** urpc_cast_arm - announce sleep on the line of one's own; look at what is awaited afterwards. */
static inline void urpc_cast_arm(struct urpc_cast *own, enum urpc_line_role role)
{
	urpc_store_release(&own->line->armed[role].armed, 1);
	urpc_fence_full();
}

/** urpc_cast_disarm - awake again. */
static inline void urpc_cast_disarm(struct urpc_cast *own, enum urpc_line_role role)
{
	if (urpc_load_relaxed(&own->line->armed[role].armed))
		urpc_store_release(&own->line->armed[role].armed, 0);
}

#ifdef __cplusplus
}
#endif

#endif
