/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binding for the programs of this core: the machine of abi/protocol/bind.h, what programs ask of it
 * (interfaces/monitor.if), and what they are told. Ends of channels are bound.h's.
 *
 * Each offer, each connection of a program has a record here from its beginning until the program has
 * closed it (or was told that it failed), so that it can be told whatever becomes of it when there is room. A
 * program has at most BINDINGS_EACH of them; who would get more is refused, or his peer.
 */
#ifndef BINDINGS_H
#define BINDINGS_H

#include <abi/if/monitor.h>
#include <abi/protocol/node.h>

#include <mon.h>

#define BINDINGS 128u
#define BINDINGS_EACH 32u

/** bindings_init - this core's node binds, too. Return: 0 or -MON_EINVAL */
int bindings_init(struct node *n);

/** bindings_work - tell programs; after member_work(). Return: TSC of the next call at the latest; UINT64_MAX */
uint64_t bindings_work(void);

/** bindings_domain_end - a domain is about to go: its connections are closed */
void bindings_domain_end(uint32_t domain);

/** bindings_count - records in use, for all domains or (@domain not 0) one */
uint32_t bindings_count(uint32_t domain);

/* Handlers: @ctx is the struct requests, @from the domain. */
int request_bind_offer(void *ctx, uint32_t from, const struct monitor_bind_offer *m);
int request_bind_connect(void *ctx, uint32_t from, const struct monitor_bind_connect *m);
int request_bind_accept(void *ctx, uint32_t from, const struct monitor_bind_accept *m);
int request_bind_refuse(void *ctx, uint32_t from, const struct monitor_bind_refuse *m);
int request_bind_close(void *ctx, uint32_t from, const struct monitor_bind_close *m);

#endif
