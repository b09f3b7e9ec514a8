/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Channels to programs of any core, by names. A server offers a service under a name and accepts who
 * connects; both ends then have a URPC channel, whether they are on two cores or on one. What waits, waits for
 * the calling thread alone.
 *
 * An end is over when its peer closes it, ends, or its core is gone: what came before that can still be
 * received. Then rt_bound_status() says -RT_EPIPE, urpc_recv() and urpc_send() -URPC_EPROTO, and the event
 * has something for ever. Before, the rings are the other program's, so the peer can write into
 * them whatever it likes: urpc/chan.h checks.
 */
#ifndef LIB_BIND_H
#define LIB_BIND_H

#include <abi/protocol/bind.h>

#include <lib/channel.h>

#define RT_OFFER_ASKS ABI_BOUND_MAX

/**
 * struct rt_offer - a service
 * @event: has something while somebody wants to connect; for waitsets
 * @error: enum bind_error of what was refused last, or names_error + RT_BIND_NAMES
 * All else is private.
 */
struct rt_offer {
	struct rt_event event;
	uint32_t error;
	uint64_t binding;
	uint32_t asks;
	uint32_t ask[RT_OFFER_ASKS];
	struct rt_queue waiters;
	struct rt_offer *next;
	char name[NAMES_NAME_BYTES];
};

#define RT_BIND_NAMES 1000u

/**
 * struct rt_bound - an end of a channel
 * @channel: as lib/channel.h has it: @channel.urpc to send and receive, rt_channel_flush() after a burst,
 *           @channel.event for waitsets
 * @error, @detail: enum bind_error of why it is not there, or over; the server's version or reason
 * @near:    the other program is on this core
 * All else is private.
 */
struct rt_bound {
	struct rt_channel channel;
	uint32_t error;
	uint32_t detail;
	bool near;
	uint8_t state;
	uint8_t place;
	bool copying;
	uint32_t slots;
	uint64_t binding;
	uint64_t tx;
	uint64_t rx;
	uint64_t bytes;
	struct rt_queue waiters;
	struct rt_bound *next;
};

/**
 * struct rt_wish - what a client wants
 * @interface, @version: as the server has them, or it is refused
 * @slots: of each ring, a power of two from 4 to BIND_SLOTS_MAX; 0: BIND_SLOTS_DEFAULT
 * @wait:  for the name, if nobody offers it yet
 */
struct rt_wish {
	const char *name;
	uint32_t interface;
	uint32_t version;
	uint32_t slots;
	bool wait;
};

/**
 * rt_offer - offer a service
 * Return: 0; -RT_EEXIST: there is something of that name; -RT_EINVAL: it is no name; -RT_EBUSY: there are
 * too many; or as rt_monitor_call(). @offer->error says more.
 */
int rt_offer(struct rt_offer *offer, const char *name, uint32_t interface, uint32_t version);

/** rt_offer_close - no more; who was not answered is refused. Connections go on. */
void rt_offer_close(struct rt_offer *offer);

/**
 * rt_accept - take the first who wants to connect, wait for one until @deadline (TSC)
 * Return: 0; -RT_ETIMEDOUT; or why this connection came to nothing: the next may do better.
 */
int rt_accept(struct rt_offer *offer, struct rt_bound *bound, uint64_t deadline);

/** rt_refuse - the first who wants to connect gets @reason. Return: 0, -RT_EAGAIN: there is nobody */
int rt_refuse(struct rt_offer *offer, uint32_t reason);

/**
 * rt_connect - wait until it is connected, or fails, or @ns nanoseconds have passed (RT_NEVER: no limit)
 * Return: 0; -RT_ENOENT: there is no such name, or it is no service; -RT_EPROTONOSUPPORT: of another
 * interface or version; -RT_ECONNREFUSED; -RT_ETIMEDOUT; -RT_EPIPE: the server is gone; -RT_EBUSY: there
 * are too many connections; -RT_ENOMEM; -RT_EINVAL; or as rt_monitor_call(). @bound->error says more.
 */
int rt_connect(struct rt_bound *bound, const struct rt_wish *wish, uint64_t ns);

/** rt_bound_status - look at once. Return: 0, -RT_EPIPE: it is over. */
int rt_bound_status(struct rt_bound *bound);

/** rt_bound_close - close this end; its memory is the caller's again. */
void rt_bound_close(struct rt_bound *bound);

/** rt_bind_sentence - for @error; never NULL */
const char *rt_bind_sentence(uint32_t error);

#endif
