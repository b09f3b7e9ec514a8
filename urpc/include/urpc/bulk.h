/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * More than one slot a call: messages longer than a slot's payload, and batches of short ones.
 *
 * A long message is sent whole or not at all, and seen whole or not at all: its slots are stored
 * last first, and its first slot's header last. So there is no half of a message in a ring, no end
 * keeps what came of one, and a receiver that finds a further slot missing or different has a peer
 * that broke the protocol. Window, acknowledgement and doorbell are those of as many short ones.
 */
#ifndef URPC_BULK_H
#define URPC_BULK_H

#include <urpc/chan.h>

#ifdef __cplusplus
extern "C" {
#endif

/** urpc_long_max - bytes of the longest message for a ring of @slots slots: half of it at most */
static inline size_t urpc_long_max(uint32_t slots)
{
	return (slots / 2 < URPC_LONG_SLOTS ? slots / 2 : URPC_LONG_SLOTS) * URPC_PAYLOAD_BYTES;
}

/** urpc_slots_of - slots that a message of @len bytes takes: at least 1 */
static inline uint32_t urpc_slots_of(size_t len)
{
	return len ? (uint32_t)((len + URPC_PAYLOAD_BYTES - 1) / URPC_PAYLOAD_BYTES) : 1;
}

/**
 * urpc_send_long - as urpc_send(), for up to urpc_long_max() bytes
 * A message of up to URPC_PAYLOAD_BYTES is the same as one of urpc_send().
 * Return: 0, -URPC_EAGAIN (no room for all of it: see urpc_has_room() and urpc_arm_room()),
 * -URPC_EMSGSIZE, -URPC_EPROTO.
 */
int urpc_send_long(struct urpc_chan *c, uint16_t type, const void *payload, size_t len);

/**
 * urpc_recv_long - take the next message, long or short
 * @type:   its type
 * @buffer: for the payload, any alignment; nothing past *@len is written
 * @room:   bytes there
 * @len:    payload bytes; with -URPC_EMSGSIZE those that it takes, and the message stays
 * Return: 0, -URPC_EAGAIN (none), -URPC_EMSGSIZE, -URPC_EPROTO.
 */
int urpc_recv_long(struct urpc_chan *c, uint16_t *type, void *buffer, size_t room, size_t *len);

/**
 * urpc_send_batch - send several messages of one slot
 * @m: @type, @len and @payload of each are used
 * Return: how many of the first were sent, at least 1; 0 when @count is 0; else what urpc_send()
 * said to the first.
 */
int urpc_send_batch(struct urpc_chan *c, const struct urpc_msg *m, uint32_t count);

/**
 * urpc_recv_batch - take several messages of one slot
 * Ends before a long message.
 * Return: how many were taken, at least 1; 0 when @count is 0; else what urpc_recv() said.
 */
int urpc_recv_batch(struct urpc_chan *c, struct urpc_msg *m, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
