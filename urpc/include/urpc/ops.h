/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The fast path of the transport, inline. Include <urpc/chan.h>, which documents it.
 *
 * Barrier pairs:
 *   header release (urpc_send)          header acquire (urpc_recv, urpc_ring_ready)
 *       payload and acknowledgement are written before the header is seen
 *   first slot's release (urpc_send_long)   header acquire (urpc_recv_long, urpc_recv)
 *       all further slots of the message, headers too, are written before its first header is seen
 *   control-line ack release (urpc_ack) control-line ack acquire (urpc_window_refresh)
 *       a slot is read to the end before its sender writes it again; a header release does the
 *       same for the acknowledgement that it carries
 *   header or ack store, full fence, armed load (urpc_notify_needed, urpc_ack_notify_needed)
 *   armed store, full fence, header or ack load (urpc_arm, urpc_arm_room)
 *       at least one of the two sees the other's store, so that no wake-up is lost
 *   armed release (urpc_arm, urpc_arm_room)
 *                                       armed acquire (urpc_peer_waits, who wakes a mapped end)
 *       armed_at and armed_ack are at least as new as the bit seen
 */
#ifndef URPC_OPS_H
#define URPC_OPS_H

#include <urpc/chan.h>

/*
 * Both ends fetch lines ahead. The sender asks for a slot early, and for the right to write it when
 * its turn is near: in a ring that is not too short it was read long ago. (Processors differ in
 * which of the two matters.) The receiver fetches only what it knows to be written, because a line
 * fetched before that is taken away from its writer: now and then it looks at a header further on,
 * and has learnt about all up to that one. (But for a long message in between, whose slots are
 * written last first: then a hint is wrong for once.)
 */
#define URPC_AHEAD_SLOTS 64u
#define URPC_TX_AHEAD 20u
#define URPC_TX_AHEAD_OWN 3u
#define URPC_RX_AHEAD 8u
#define URPC_RX_LOOK 16u

/*
 * The control line acknowledges at least this part of the window: what a peer relies on. This end
 * does so more often, because across two caches the way back is most of what a short ring waits for.
 */
#define URPC_ACK_PART 4u
#define URPC_ACK_OFTEN 8u

/* A word at any address, of any type. */
struct urpc_unaligned {
	uint64_t word;
} __attribute__((packed, may_alias));

/* Copy in @len bytes as words; the bytes that fill up the last word are zero. */
static inline void urpc_copy_in(uint64_t *to, const void *from, size_t len)
{
	const unsigned char *byte = (const unsigned char *)from;
	size_t i;

#pragma GCC unroll 7
	for (i = 0; i < len / 8; i++)
		to[i] = ((const struct urpc_unaligned *)(const void *)(byte + 8 * i))->word;
	if (len % 8) {
		uint64_t last = 0;
		size_t k;

		for (k = 0; k < len % 8; k++)
			last |= (uint64_t)byte[8 * i + k] << (8 * k);
		to[i] = last;
	}
}

/*
 * Copy out what the slot holds; bytes past @len become zero whatever the peer left there. Each word
 * is loaded once, and nobody goes back to the slot.
 */
static inline void urpc_copy_out(uint64_t *to, const uint64_t *from, size_t len)
{
	urpc_copy_payload(to, from);
	if (urpc_unlikely(len < URPC_PAYLOAD_BYTES))
		urpc_clear_rest(to, len);
}

/*
 * Does the slot of message @number still hold what it held before that message: the message one
 * lap earlier or, in the first lap, nothing?
 */
static inline bool urpc_header_stale(uint64_t header, uint32_t slots, uint64_t number)
{
	if (urpc_unlikely(number <= slots))
		return header == 0;
	return ((header ^ (number - slots)) & URPC_HDR_SEQ_MASK) == 0;
}

/**
 * urpc_ring_ready - is there a message of that number (or a header that breaks the protocol)?
 * For a kernel that serves a mapped end whose private state it does not have: @number is armed_at
 * of that end's own ring, @rx the opposite ring. Any @number is safe, one acquire load is done.
 * It says nothing of use about an end that is not armed.
 */
static inline bool urpc_ring_ready(const struct urpc_ring *rx, uint32_t slots, uint64_t number)
{
	const struct urpc_slot *slot = &rx->slots[number & (slots - 1)];

	return !urpc_header_stale(urpc_load_acquire(&slot->header), slots, number);
}

/**
 * urpc_ring_acked - does @rx, the opposite ring, acknowledge message @number?
 * The same for URPC_ARMED_SEND: @number is armed_ack of the served end's own ring.
 */
static inline bool urpc_ring_acked(const struct urpc_ring *rx, uint64_t number)
{
	return urpc_load_acquire(&rx->ack) >= number;
}

/* Has what the peer sleeps for happened? The caller has put a full fence before. */
static inline bool urpc_peer_waits(const struct urpc_chan *c)
{
	uint32_t armed = urpc_load_acquire(&c->rx->armed);

	if (urpc_likely(!armed))
		return false;
	if ((armed & URPC_ARMED_RECV) && urpc_load_relaxed(&c->rx->armed_at) < c->tx_next)
		return true;
	return (armed & URPC_ARMED_SEND) && urpc_load_relaxed(&c->rx->armed_ack) <= c->rx_told;
}

static inline bool urpc_notify_needed(const struct urpc_chan *c)
{
	urpc_fence_full();
	return urpc_peer_waits(c);
}

static inline bool urpc_ack_notify_needed(struct urpc_chan *c)
{
	if (urpc_likely(!c->acked))
		return false;
	c->acked = false;
	return urpc_notify_needed(c);
}

static inline bool urpc_can_recv(const struct urpc_chan *c)
{
	return c->broken || urpc_ring_ready(c->rx, c->slots, c->rx_next);
}

static inline bool urpc_can_send(struct urpc_chan *c)
{
	return urpc_has_room(c, 1);
}

static inline bool urpc_has_room(struct urpc_chan *c, uint32_t slots)
{
	const uint64_t last = c->tx_next - 1 + slots;

	if (urpc_likely(last - c->tx_acked <= c->slots))
		return true;
	return urpc_window_refresh(c, last) || c->broken;
}

static urpc_always_inline int urpc_send(struct urpc_chan *c, uint16_t type, const void *payload,
					size_t len)
{
	const uint64_t number = c->tx_next, slots = c->slots;
	struct urpc_ring *tx = c->tx;
	struct urpc_slot *slot = &tx->slots[number & (slots - 1)];
	uint64_t header;

	if (urpc_unlikely(c->broken))
		return -URPC_EPROTO;
	if (urpc_unlikely(len > URPC_PAYLOAD_BYTES))
		return -URPC_EMSGSIZE;
	if (urpc_unlikely(number - c->tx_acked > slots) && !urpc_window_refresh(c, number))
		return c->broken ? -URPC_EPROTO : -URPC_EAGAIN;

	header = (number & URPC_HDR_SEQ_MASK) << URPC_HDR_SEQ_SHIFT;
	header |= ((c->rx_next - 1) & URPC_HDR_SEQ_MASK) << URPC_HDR_ACK_SHIFT;
	header |= (uint64_t)type << URPC_HDR_TYPE_SHIFT;
	header |= (uint64_t)len << URPC_HDR_LEN_SHIFT;
	c->tx_next = number + 1;
	urpc_copy_in(slot->payload, payload, len);
	urpc_store_release(&slot->header, header);
	if (urpc_likely(slots >= URPC_AHEAD_SLOTS)) {
		urpc_prefetch(&tx->slots[(number + URPC_TX_AHEAD) & (slots - 1)]);
		urpc_prefetchw(&tx->slots[(number + URPC_TX_AHEAD_OWN) & (slots - 1)]);
	}
	return 0;
}

/*
 * The header of message rx_next is not there. Is it to come, or is the protocol broken?
 * Return: -URPC_EAGAIN or -URPC_EPROTO.
 */
static inline int urpc_absent(struct urpc_chan *c, uint64_t header)
{
	if (urpc_unlikely(!urpc_header_stale(header, c->slots, c->rx_next)))
		return urpc_break(c);
	/* The message to come is younger than every acknowledgement read so far. */
	c->tx_heard = c->tx_acked;
	c->run = 0;
	c->sure = 0;
	return -URPC_EAGAIN;
}

/*
 * Take the acknowledgement of a header of the right sequence. The 16 bits are widened to the
 * smallest number from tx_heard on that ends in them. An honest peer's true number ends in them as
 * well and is not smaller than tx_heard, so what comes out is never too high, however many messages
 * were sent while this header waited in its slot.
 * Return: false, and nothing taken, when no such number was sent.
 */
static inline bool urpc_take_ack(struct urpc_chan *c, uint64_t header)
{
	uint16_t ahead = (uint16_t)((header >> URPC_HDR_ACK_SHIFT) - c->tx_heard);

	if (!ahead)
		return true;
	if (urpc_unlikely(c->tx_heard + ahead >= c->tx_next))
		return false;
	c->tx_heard += ahead;
	if (c->tx_heard > c->tx_acked)
		c->tx_acked = c->tx_heard;
	return true;
}

/*
 * Check a header of the right sequence, and take its acknowledgement.
 * Return: payload bytes, -URPC_EMSGSIZE when it begins a message of several slots, -URPC_EPROTO.
 */
static inline int urpc_accept(struct urpc_chan *c, uint64_t header)
{
	/* With the bits of messages over several slots, which are zero in others. */
	uint64_t len = header >> URPC_HDR_LEN_SHIFT;

	if (urpc_unlikely(len > URPC_PAYLOAD_BYTES))
		return urpc_long_slots(c, header) ? -URPC_EMSGSIZE : urpc_break(c);
	if (urpc_unlikely(!urpc_take_ack(c, header)))
		return urpc_break(c);
	return (int)len;
}

/* Message @number is about to be taken: keep URPC_RX_AHEAD further ones on their way here. */
static inline void urpc_look_ahead(struct urpc_chan *c, uint64_t number)
{
	if (c->sure <= URPC_RX_AHEAD) {
		if (c->run < URPC_RX_AHEAD) {
			c->run++;
			c->sure = 0;
			return;
		}
		c->run = 0;
		if (!urpc_ring_ready(c->rx, c->slots, number + URPC_RX_LOOK))
			return;
		c->run = URPC_RX_AHEAD;
		c->sure = URPC_RX_LOOK;
	}
	c->sure--;
	urpc_prefetch(&c->rx->slots[(number + URPC_RX_AHEAD) & (c->slots - 1u)]);
}

/*
 * Type and length of a message, of a header that was checked: its upper half is what a struct
 * urpc_msg begins with, on a processor that stores the low byte first.
 */
static inline void urpc_describe(struct urpc_msg *m, uint64_t header)
{
	const uint64_t words = header >> URPC_HDR_TYPE_SHIFT;

	__builtin_memcpy(m, &words, sizeof(words));
}

static urpc_always_inline int urpc_recv(struct urpc_chan *c, struct urpc_msg *m)
{
	const uint64_t number = c->rx_next, slots = c->slots;
	const struct urpc_slot *slot = &c->rx->slots[number & (slots - 1)];
	uint64_t header;
	int len;

	if (urpc_unlikely(c->broken))
		return -URPC_EPROTO;
	header = urpc_load_acquire(&slot->header);
	if ((header ^ number) & URPC_HDR_SEQ_MASK)
		return urpc_absent(c, header);
	len = urpc_accept(c, header);
	if (urpc_unlikely(len < 0))
		return len;

	if (slots >= URPC_AHEAD_SLOTS)
		urpc_look_ahead(c, number);
	urpc_describe(m, header);
	c->rx_next = number + 1;
	urpc_copy_out(m->payload, slot->payload, (size_t)len);
	if (urpc_unlikely(number - c->rx_told >= slots / URPC_ACK_OFTEN))
		urpc_ack(c);
	return 0;
}

#endif
