/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Waiting for several things at once. Events are put into a set; a thread waits until one of them has
 * something, and gets it, or calls its handler: an event loop. What an event has stays there until
 * somebody takes it (receives the message, takes from the semaphore), and makes the event come again.
 *
 * Events of a set take turns. Before the dispatcher sleeps, channels from other cores are polled for a
 * short while, then armed. Sets and events are their owner's memory; all functions may be called by
 * any thread, and by handlers.
 */
#ifndef LIB_WAITSET_H
#define LIB_WAITSET_H

#include <lib/sync.h>

struct rt_event;

/**
 * struct rt_event_kind - all called disabled
 * @ready:  has it something?
 * @arm:    before the dispatcher sleeps. Return: false: it has something now. NULL: it needs nothing
 * @disarm: afterwards; also when @arm said false. NULL with @arm
 * @outside: it comes from outside the dispatcher; @other_core: from one that works at the same time
 */
struct rt_event_kind {
	bool (*ready)(struct rt_event *event);
	bool (*arm)(struct rt_event *event);
	void (*disarm)(struct rt_event *event);
	bool outside;
	bool other_core;
};

/**
 * struct rt_event
 * @handler, @context: of the owner; @handler is called by rt_waitset_dispatch(), enabled
 */
struct rt_event {
	void (*handler)(struct rt_event *event);
	void *context;
	const struct rt_event_kind *kind;
	struct rt_waitset *set;
	struct rt_event *next;
	struct rt_event *before;
};

/** struct rt_waitset - all zero: empty */
struct rt_waitset {
	struct rt_event *first;
	struct rt_event *last;
	struct rt_queue waiters;
	struct rt_waitset *next; /* of those in which a thread waits */
};

/** rt_waitset_add - Return: 0, -RT_EBUSY: the event is in a set, -RT_EINVAL: it was not initialized. */
int rt_waitset_add(struct rt_waitset *set, struct rt_event *event);

/** rt_waitset_remove - an event that is in no set may be removed, too. */
void rt_waitset_remove(struct rt_event *event);

/**
 * rt_waitset_wait - wait until an event has something
 * @event: set to it
 * Return: 0, -RT_ETIMEDOUT.
 */
int rt_waitset_wait(struct rt_waitset *set, uint64_t deadline, struct rt_event **event);

/** rt_waitset_dispatch - and call its handler. Return: 0, -RT_ETIMEDOUT. */
int rt_waitset_dispatch(struct rt_waitset *set, uint64_t deadline);

/* ---- events of the dispatcher itself; others: lib/lmp.h, lib/channel.h ---- */

/** struct rt_timer_event - has something from its time on, until it is set anew or stopped */
struct rt_timer_event {
	struct rt_event event;
	struct rt_timer timer;
	bool due;
};

void rt_timer_event_init(struct rt_timer_event *timer, void (*handler)(struct rt_event *event),
			 void *context);

/** rt_timer_event_set - @deadline: TSC, RT_NEVER: stopped. */
void rt_timer_event_set(struct rt_timer_event *timer, uint64_t deadline);

/** struct rt_flag_event - has something while it is raised; disabled or not */
struct rt_flag_event {
	struct rt_event event;
	bool raised;
};

void rt_flag_event_init(struct rt_flag_event *flag, void (*handler)(struct rt_event *event),
			void *context);
void rt_flag_event_raise(struct rt_flag_event *flag);
void rt_flag_event_clear(struct rt_flag_event *flag);

/** struct rt_semaphore_event - has something while the semaphore can be taken without waiting */
struct rt_semaphore_event {
	struct rt_event event;
	struct rt_semaphore *semaphore;
};

void rt_semaphore_event_init(struct rt_semaphore_event *event, struct rt_semaphore *semaphore,
			     void (*handler)(struct rt_event *event), void *context);

/** rt_event_woken - for kinds: an event of the dispatcher itself has something now; disabled. */
void rt_event_woken(struct rt_event *event);

#endif
