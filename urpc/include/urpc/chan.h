/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One end of a URPC channel: private state, and the operations on it.
 *
 * An end belongs to one thread at a time; it takes no lock. Nothing here blocks or enters a
 * kernel. Values read from the other side are read once and checked before use; a peer that breaks
 * the protocol yields URPC_EPROTO, and the end stays broken from then on.
 */
#ifndef URPC_CHAN_H
#define URPC_CHAN_H

#include <urpc/abi.h>

/* Errors, as negative numbers with the values of Linux's errno, which every world has. */
#define URPC_EAGAIN 11   /* no message, or no room for one: try again */
#define URPC_EINVAL 22   /* the caller's argument is wrong */
#define URPC_EPROTO 71   /* the peer broke the protocol */
#define URPC_EMSGSIZE 90 /* payload longer than URPC_PAYLOAD_BYTES */

/**
 * struct urpc_chan - one end
 * @tx:        ring this end writes
 * @rx:        ring this end reads; never written, may be mapped read-only
 * @slots:     slots of either ring
 * @broken:    the peer broke the protocol
 * @tx_next:   number of the next message to send (first is 1)
 * @tx_acked:  number of the last message the peer consumed, checked
 * @rx_next:   number of the next message to receive (first is 1)
 * @rx_told:   number of the last message whose acknowledgement was published
 */
struct urpc_chan {
	struct urpc_ring *tx;
	const struct urpc_ring *rx;
	uint32_t slots;
	bool broken;
	uint64_t tx_next;
	uint64_t tx_acked;
	uint64_t rx_next;
	uint64_t rx_told;
};

/**
 * struct urpc_msg - a message, copied out of its slot
 * @type:    meaning is the channel's; 16 bits travel
 * @len:     payload bytes, 0 to URPC_PAYLOAD_BYTES
 * @payload: the bytes; words past @len are zero
 */
struct urpc_msg {
	uint16_t type;
	uint16_t len;
	uint32_t reserved;
	uint64_t payload[URPC_PAYLOAD_WORDS];
};

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
 * Return: 0, -URPC_EAGAIN (window full), -URPC_EMSGSIZE, -URPC_EPROTO.
 */
int urpc_send(struct urpc_chan *c, uint16_t type, const void *payload, size_t len);

/**
 * urpc_recv - take the next message out of the ring
 * Acknowledges by itself, in the control line, once half the window is unacknowledged.
 * Return: 0 and *@m filled, -URPC_EAGAIN (none), -URPC_EPROTO.
 */
int urpc_recv(struct urpc_chan *c, struct urpc_msg *m);

/** urpc_can_recv - would urpc_recv() find a message (or a broken protocol)? One acquire load. */
bool urpc_can_recv(const struct urpc_chan *c);

/** urpc_can_send - is there room for one message? Reads the peer's acknowledgement when full. */
bool urpc_can_send(struct urpc_chan *c);

/** urpc_ack - publish the acknowledgement of all that was received, in the control line. */
void urpc_ack(struct urpc_chan *c);

/**
 * urpc_notify_needed - must the peer be woken?
 * Full fence, then one load of the peer's armed flag: pairs with urpc_arm().
 * Return: true when the peer sleeps or is about to; the caller then rings its doorbell.
 */
bool urpc_notify_needed(const struct urpc_chan *c);

/**
 * urpc_arm - announce sleep
 * Publishes all acknowledgements, sets armed, full fence, looks again.
 * Return: true when the caller may sleep; false (and disarmed) when a message has come meanwhile.
 */
bool urpc_arm(struct urpc_chan *c);

/** urpc_disarm - awake again. */
void urpc_disarm(struct urpc_chan *c);

#endif
