/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One end of a URPC channel: private state, and the operations on it.
 *
 * An end belongs to one thread at a time; it takes no lock. Nothing here blocks or enters a
 * kernel. Values read from the other side are read once and checked before use; a peer that breaks
 * the protocol yields URPC_EPROTO, and the end stays broken from then on.
 *
 * The loop of an end that sleeps (a pure receiver leaves the sending out, and so on):
 *
 *	for (;;) {
 *		while (urpc_recv(c, &m) == 0)
 *			... urpc_send(c, ...) ...
 *		if (urpc_notify_needed(c))	(also tells about acknowledgements)
 *			ring the peer's doorbell
 *		poll for a while; then
 *		if (urpc_arm(c)) {
 *			wait for the own doorbell
 *			urpc_disarm(c);
 *		}
 *	}
 *
 * A sender whose urpc_send() says -URPC_EAGAIN notifies, then sleeps in the same way with
 * urpc_arm_send() in the place of urpc_arm(), or after it, to be woken for either. When the second
 * of the two says false, urpc_disarm() clears the first one's bit.
 */
#ifndef URPC_CHAN_H
#define URPC_CHAN_H

#include <urpc/abi.h>
#include <urpc/barrier.h>

/* Errors, as negative numbers with the values of Linux's errno, which every world has. */
#define URPC_EAGAIN 11   /* no message, or no room for one: try again */
#define URPC_EINVAL 22   /* the caller's argument is wrong */
#define URPC_EPROTO 71   /* the peer broke the protocol */
#define URPC_EMSGSIZE 90 /* message longer than the call, or its buffer, can take */

/**
 * struct urpc_chan - one end
 * @tx:        ring this end writes
 * @rx:        ring this end reads; never written, may be mapped read-only
 * @slots:     slots of either ring
 * @broken:    the peer broke the protocol
 * @armed:     URPC_ARMED_* bits now in @tx
 * @acked:     an acknowledgement was published that urpc_ack_notify_needed() has not looked at
 * @run:       messages received in a row since the last look ahead (see urpc/ops.h)
 * @sure:      messages from rx_next on that are believed to have been sent: a hint
 * @tx_next:   number of the next message to send (first is 1)
 * @tx_acked:  number of the last message the peer is known to have consumed, checked
 * @tx_heard:  the part of @tx_acked that rode in headers: no header yet to come carries less
 * @rx_next:   number of the next message to receive (first is 1)
 * @rx_told:   number of the last message whose acknowledgement is in the control line
 *
 * Private to the end, a cache line in all. rx_next - 1 - rx_told < slots / 4 whenever urpc_recv()
 * has returned; tx_heard <= tx_acked < tx_next <= tx_acked + slots + 1 always.
 */
struct urpc_chan {
	struct urpc_ring *tx;
	const struct urpc_ring *rx;
	uint16_t slots;
	bool broken;
	uint8_t armed;
	bool acked;
	uint8_t run;
	uint8_t sure;
	uint8_t reserved;
	uint64_t tx_next;
	uint64_t tx_acked;
	uint64_t tx_heard;
	uint64_t rx_next;
	uint64_t rx_told;
};

/**
 * struct urpc_msg - a message, copied out of its slot
 * @type:    meaning is the channel's; 16 bits travel
 * @len:     payload bytes, 0 to URPC_PAYLOAD_BYTES
 * @reserved: zero
 * @payload: the bytes; those past @len are zero
 */
struct urpc_msg {
	uint16_t type;
	uint16_t len;
	uint32_t reserved;
	uint64_t payload[URPC_PAYLOAD_WORDS];
};

URPC_STATIC_ASSERT(offsetof(struct urpc_msg, len) == URPC_HDR_LEN_SHIFT / 8 - 4 &&
			   offsetof(struct urpc_msg, payload) == 8,
		   "a message begins with the upper half of its header");

#ifdef __cplusplus
extern "C" {
#endif

/**
 * urpc_chan_init - open an end on zeroed rings
 * Return: 0, or -URPC_EINVAL when @slots is not valid or a ring is NULL or not aligned to a line.
 */
int urpc_chan_init(struct urpc_chan *c, struct urpc_ring *tx, const struct urpc_ring *rx,
		   uint32_t slots);

/**
 * urpc_send - put one message into the ring
 * Publishes it (release) and lets the acknowledgement ride along. Does not ring the doorbell: after
 * the last message of a burst call urpc_notify_needed().
 * @payload may have any alignment; it may be NULL when @len is 0.
 * Return: 0, -URPC_EAGAIN (window full), -URPC_EMSGSIZE, -URPC_EPROTO.
 */
static inline int urpc_send(struct urpc_chan *c, uint16_t type, const void *payload, size_t len);

/**
 * urpc_recv - take the next message out of the ring
 * Acknowledges by itself, in the control line, once an eighth of the window is unacknowledged there.
 * After a burst, a receiver that does not go on to urpc_notify_needed() asks
 * urpc_ack_notify_needed(), in case the peer sleeps for want of room.
 * Return: 0 and *@m filled, -URPC_EAGAIN (none), -URPC_EPROTO, -URPC_EMSGSIZE: the next message is
 * longer than a slot's payload and stays where it is, for urpc_recv_long() (urpc/bulk.h).
 */
static inline int urpc_recv(struct urpc_chan *c, struct urpc_msg *m);

/** urpc_can_recv - would urpc_recv() find a message (or a broken protocol)? One acquire load. */
static inline bool urpc_can_recv(const struct urpc_chan *c);

/**
 * urpc_can_send - is there room for one message? Reads the peer's acknowledgement when full.
 * True also on a broken end, so that nobody waits for room there.
 */
static inline bool urpc_can_send(struct urpc_chan *c);

/** urpc_has_room - the same for messages that take @slots slots in all, 1 to the ring's. */
static inline bool urpc_has_room(struct urpc_chan *c, uint32_t slots);

/** urpc_ack - publish the acknowledgement of all that was received, in the control line. */
void urpc_ack(struct urpc_chan *c);

/**
 * urpc_notify_needed - must the peer be woken, for a message or for room?
 * Full fence, then a look at the peer's armed line: pairs with urpc_arm() and urpc_arm_send().
 * Return: true when the peer sleeps or is about to, and what it waits for has happened; the caller
 * then rings its doorbell.
 */
static inline bool urpc_notify_needed(const struct urpc_chan *c);

/**
 * urpc_ack_notify_needed - must the peer be woken because it has room again?
 * As urpc_notify_needed(), for an end that received and sent nothing; costs no fence when no
 * acknowledgement was published in the control line since it was asked last.
 */
static inline bool urpc_ack_notify_needed(struct urpc_chan *c);

/**
 * urpc_arm - announce sleep until a message comes
 * Publishes all acknowledgements, sets URPC_ARMED_RECV, full fence, looks again.
 * Return: true when the caller may sleep; false (and that bit cleared) when a message has come
 * meanwhile, or the end is broken.
 */
bool urpc_arm(struct urpc_chan *c);

/**
 * urpc_arm_send - announce sleep until there is room to send
 * Sets URPC_ARMED_SEND, full fence, looks at the peer's acknowledgement again.
 * The wake-up comes when the peer has consumed a quarter of a window at the latest.
 * Return: true when the caller may sleep; false (and that bit cleared) when there is room, or the
 * end is broken.
 */
bool urpc_arm_send(struct urpc_chan *c);

/**
 * urpc_arm_room - the same, until there is room for @slots slots
 * @slots: 1 to three quarters of the ring; for more than that the peer would have to sleep itself
 */
bool urpc_arm_room(struct urpc_chan *c, uint32_t slots);

/** urpc_disarm - awake again: clears every armed bit. */
void urpc_disarm(struct urpc_chan *c);

/* The parts of the fast path that are rarely taken. For urpc/ops.h only. */
bool urpc_window_refresh(struct urpc_chan *c, uint64_t last);
uint32_t urpc_long_slots(const struct urpc_chan *c, uint64_t header);
int urpc_break(struct urpc_chan *c);
void urpc_clear_rest(uint64_t *words, size_t len);

#ifdef __cplusplus
}
#endif

#include <urpc/ops.h>

#endif
