/* SPDX-License-Identifier: GPL-2.0-only */
/* The two ends of the clock, a thread or a program each; they know of each other what clock.if says. */
#ifndef CLOCK_ENDS_H
#define CLOCK_ENDS_H

#include <lib/carrier.h>

#include "clock_stub.h"

/* @lmp: of this end; @other: the other end's endpoint. Return: 0, or what ended it. */
int server(struct rt_lmp *lmp, struct abi_cap_at other);
int client(struct rt_lmp *lmp, struct abi_cap_at other, unsigned int version);

/*
 * The other end's endpoint, when that is another program of this core; it gets that of @lmp. Return: 0, or -1:
 * why not was said.
 */
int meet_client(struct rt_lmp *lmp, struct abi_cap_at *other);
int meet_server(struct rt_lmp *lmp, struct abi_cap_at *other);

/* A little for room, of which nobody tells. */
static inline void wait_for_room(void)
{
	rt_sleep_until(rt_deadline_ns(1000000));
}

/* For what NAME_bind() or NAME_receive() lacks. While that is room, a message is no reason to wake up. */
static inline void wait_for(struct urpc_bound *bound, struct rt_lmp *lmp)
{
	struct rt_waitset set = { 0 };
	struct rt_event *event;

	if (bound->room) {
		wait_for_room();
		return;
	}
	if (rt_waitset_add(&set, &lmp->event))
		return;
	rt_waitset_wait(&set, rt_deadline_ns(1000000), &event);
	rt_waitset_remove(&lmp->event);
}

#endif
