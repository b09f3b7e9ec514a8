/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * libremora: channels to programs of a partition, by name. Included by remora/remora.h.
 *
 * As the partition's own programs do with rt_offer(), rt_accept() and rt_connect(): a service is an interface
 * and a version under a name; who connects to it, and who offers it and accepts, has a channel (remora/chan.h)
 * to the other then. One of them is a program on a core: two programs of Linux are -EOPNOTSUPP, they have
 * sockets.
 *
 * All belongs to the struct remora_names by which it was done: with that, offers and channels are over, though
 * the objects are still to be closed. When the program at the other end closes, or ends, or its core goes, calls
 * on the channel are -EPIPE or -EHOSTDOWN, once all that had come before was received.
 */
#ifndef REMORA_BIND_H
#define REMORA_BIND_H

#include <stdint.h>

#include <linux/remora.h>

#ifdef __cplusplus
extern "C" {
#endif

struct remora_chan;
struct remora_names;
struct remora_offer;

/**
 * struct remora_wish - what a client wants
 * @slots: of each ring: a power of two from 4 to 4096, or 0 for 64
 * @flags: REMORA_BIND_MAPPED; REMORA_CONNECT_WAIT: for the name, if it is not there or its server is gone
 */
struct remora_wish {
	const char *name;
	uint32_t interface;
	uint32_t version;
	uint32_t slots;
	uint32_t flags;
};

/**
 * remora_connect - a channel to the program that offers a service
 * @detail: of -ECONNREFUSED: the server's own number; of -EPROTONOSUPPORT: the interface or version that it has;
 *          may be NULL
 * @timeout_ms: for the name and the server's answer; -1: none. A signal ends it with -EINTR
 * Return: 0, the channel to be closed with remora_chan_close(); -ENOENT (no such name), -ETIMEDOUT,
 * -EMEDIUMTYPE (no service), -EPROTONOSUPPORT, -ECONNREFUSED, -EPIPE (its server has just gone), -EHOSTDOWN,
 * -EBUSY (it has too many to answer), -EDQUOT, -ENOSPC, -EOPNOTSUPP (a service of Linux), -EINVAL, -ENODEV.
 */
int remora_connect(struct remora_chan **chan, struct remora_names *names,
		   const struct remora_wish *wish, int timeout_ms, uint32_t *detail,
		   struct remora_error *error);

/**
 * remora_offer - offer a service under a name, which is not taken yet
 * Return: 0, the offer to be closed with remora_offer_close(); -EEXIST, -EDQUOT, -ENOSPC, -EINVAL, -ENODEV.
 */
int remora_offer(struct remora_offer **offer, struct remora_names *names, const char *name,
		 uint32_t interface, uint32_t version, struct remora_error *error);

/** remora_offer_close - no more: the name goes, who asked is told. Channels stay. @offer may be NULL. */
void remora_offer_close(struct remora_offer *offer);

/** remora_offer_fd - for poll(2): POLLIN: somebody asks; POLLHUP: no names any more. It stays the object's. */
int remora_offer_fd(const struct remora_offer *offer);

/**
 * remora_accept - a channel to who has asked first
 * @flags: REMORA_BIND_MAPPED or 0; @timeout_ms: -1: none, 0: do not wait
 * Return: 0; -EAGAIN (nobody asks), -ETIMEDOUT, -EINTR, -ECONNABORTED (the client has just gone: accept again),
 * -EDQUOT, -ENOSPC, -EPIPE (the names were closed), -ENODEV.
 */
int remora_accept(struct remora_chan **chan, struct remora_offer *offer, uint32_t flags,
		  int timeout_ms, struct remora_error *error);

/** remora_refuse - who has asked first is refused; @reason is for him. Return: 0, -EAGAIN, -EPIPE, -ENODEV. */
int remora_refuse(struct remora_offer *offer, uint32_t reason);

#ifdef __cplusplus
}
#endif

#endif
