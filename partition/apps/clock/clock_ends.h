/* SPDX-License-Identifier: GPL-2.0-only */
/* The two ends of the clock, a thread each; they know of each other what clock.if says. */
#ifndef CLOCK_ENDS_H
#define CLOCK_ENDS_H

#include <lib/carrier.h>

#include "clock_stub.h"

/* @lmp: of this end; @other: the other end's endpoint. Return: 0, or what ended it. */
int server(struct rt_lmp *lmp, struct abi_cap_at other);
int client(struct rt_lmp *lmp, struct abi_cap_at other, unsigned int version);

/* Wait for a message; or a little for room, which nobody tells of. */
static inline void wait_for(struct rt_lmp *lmp)
{
	struct rt_waitset set = { 0 };
	struct rt_event *event;

	if (rt_waitset_add(&set, &lmp->event))
		return;
	rt_waitset_wait(&set, rt_deadline_ns(1000000), &event);
	rt_waitset_remove(&lmp->event);
}

#endif
