/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* One end of a URPC channel (urpc/chan.h) in a dispatcher: its doorbells, and an event for waitsets. */
#ifndef LIB_CHANNEL_H
#define LIB_CHANNEL_H

#include <urpc/bulk.h>

#include <lib/waitset.h>

/**
 * struct rt_channel
 * @event: has something while a message is there (unless @deaf), while there is room for @want_room slots
 *         or will be none as the peer is gone (0: nobody wants to know), and for ever once the peer broke
 *         the protocol
 * @deaf:  set by the owner while it takes no messages, because it wants room first
 * @urpc:  for urpc_recv(), urpc_send() and all others, by the thread that owns the channel; after a
 *         burst, rt_channel_flush()
 * @cap:   URPC capability of the channel, or ENDPOINT of the other end's dispatcher when that is @near
 * @over:  the peer is gone; what it had sent can still be received, then the end is broken
 */
struct rt_channel {
	struct rt_event event;
	struct urpc_chan urpc;
	uint32_t want_room;
	bool deaf;
	bool near;
	bool over;
	struct abi_cap_at cap;
};

/**
 * rt_channel_open - an end on two rings that are mapped
 * @cap: read and write; from now on its doorbells wake this dispatcher
 * Return: 0; -RT_EINVAL: rings or slots; -RT_EPERM: the CPU driver refused the capability.
 */
int rt_channel_open(struct rt_channel *channel, struct urpc_ring *tx, const struct urpc_ring *rx,
		    uint32_t slots, struct abi_cap_at cap);

/**
 * rt_channel_open_near - the same between two dispatchers of one core
 * @cap: ENDPOINT of the other one, its first: a message there tells it to look. Return: 0, -RT_EINVAL.
 */
int rt_channel_open_near(struct rt_channel *channel, struct urpc_ring *tx,
			 const struct urpc_ring *rx, uint32_t slots, struct abi_cap_at cap);

/** rt_channel_flush - ring the peer's doorbell, if it waits for what was sent or received. */
void rt_channel_flush(struct rt_channel *channel);

/** rt_channel_close - the event leaves its set; the rings are the caller's again. */
void rt_channel_close(struct rt_channel *channel);

#endif
