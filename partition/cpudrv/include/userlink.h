/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels to services in ring 3, from node 0 or another core. The CPU driver checks where their rings are, as for its own
 * links, and carries what node 0 asks to the monitor and its answers back; it never touches
 * the messages. Of the rings it reads what says that the program sleeps, and what it sleeps for: then
 * it wakes it (the dispatcher that asked for that by ABI_URPC_WAKE).
 *
 *   free -> binding -> open -> unbinding -> free
 * From binding and open it also goes to free when the monitor refuses or closes it, or is over.
 * While it is not free the number is taken, by bound_links too when it was closed.
 */
#ifndef USERLINK_H
#define USERLINK_H

#include <link.h>

struct dispatcher;

/** userlink_bind, userlink_unbind - NO_ANSWER of control.c (1), or the status to answer with at once */
int userlink_bind(struct link *control, const struct abi_ctl_bind *bind);
int userlink_unbind(struct link *control, const struct abi_ctl_unbind *unbind);

/** userlink_taken - does a channel of that number belong to ring 3? Below ABI_CHANNEL_NUMBERS */
bool userlink_taken(uint32_t number);

/** userlinks_overlap - is a piece of physical memory used by a ring of one? */
bool userlinks_overlap(uint64_t base, uint64_t bytes);

/** userlinks_tell - tell the monitor what found no room */
void userlinks_tell(void);

/** userlinks_poll - wake the dispatchers whose armed channels have news. Return: was there any? */
bool userlinks_poll(void);

/** userlinks_news - has a channel that this dispatcher armed news? */
bool userlinks_news(const struct dispatcher *d);

/**
 * userlinks_last_copy - tell the monitor of the last copy of an object that something dying holds
 * Return: true: there is no monitor; false: it waits for its answer, or for room to tell it
 */
bool userlinks_last_copy(uint64_t base, uint64_t bytes, uint32_t type, bool *told);

/** userlinks_monitor - that is told of such things; NULL: none */
struct dispatcher *userlinks_monitor(void);

/** userlinks_over - a dispatcher is over; if it was the monitor, all channels are closed */
void userlinks_over(struct dispatcher *d);

/** userlinks_forget - the control channel is closed: nobody waits for answers */
void userlinks_forget(void);

#endif
