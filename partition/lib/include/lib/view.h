/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The view of this core's monitor: which nodes are members of the partition; and that this core is about to
 * leave it. See Documentation/membership.md.
 */
#ifndef LIB_VIEW_H
#define LIB_VIEW_H

#include <lib/waitset.h>

/**
 * struct rt_view
 * @number:  grows with each view
 * @members: bit of each node, 0 is Linux; 0: this core is in none, not yet or not any more
 * @leaves:  this core is about to leave: until @deadline (TSC) it waits for rt_view_ready()
 */
struct rt_view {
	uint32_t number;
	bool leaves;
	uint64_t members;
	uint64_t deadline;
};

/** struct rt_view_watch - the caller's memory, from rt_view_watch() to rt_view_unwatch() */
struct rt_view_watch {
	struct rt_event event; /* has something while there is a view to take */
	bool news;
	struct rt_view view;
	struct rt_view_watch *next;
};

/**
 * rt_view_watch - the view that there is comes first, then the latest one whenever there is a new one
 * From then on the core waits for this program before it leaves, as long as it waits for any: half a second.
 * Return: 0, -RT_EOPNOTSUPP, -RT_EPROTO. Waits; by a thread.
 */
int rt_view_watch(struct rt_view_watch *watch);

/** rt_view_unwatch - the program is asked all the same when the core leaves */
void rt_view_unwatch(struct rt_view_watch *watch);

/** rt_view_next - take it. Return: 0, -RT_EAGAIN: it has been taken. */
int rt_view_next(struct rt_view_watch *watch, struct rt_view *view);

/**
 * rt_view_ready - this program has handed over what others need: the core may go without it
 * Return: 0, -RT_ENOENT: nobody waits for that; or as rt_view_watch()
 */
int rt_view_ready(void);

#endif
