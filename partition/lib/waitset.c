// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <lib/waitset.h>

#include "list.h"

static struct rt_waitset *watched; /* those in which a thread waits */
static struct rt_poller poller;
static bool added;

/* ---- events of a set ---- */

static void append(struct rt_waitset *set, struct rt_event *event)
{
	event->set = set;
	event->next = NULL;
	event->before = set->last;
	if (set->last)
		set->last->next = event;
	else
		set->first = event;
	set->last = event;
}

static void detach(struct rt_event *event)
{
	struct rt_waitset *set = event->set;

	if (event->before)
		event->before->next = event->next;
	else
		set->first = event->next;
	if (event->next)
		event->next->before = event->before;
	else
		set->last = event->before;
	event->set = NULL;
}

static struct rt_event *find(struct rt_waitset *set)
{
	struct rt_event *e = set->first;

	while (e && !e->kind->ready(e))
		e = e->next;
	return e;
}

int rt_waitset_add(struct rt_waitset *set, struct rt_event *event)
{
	uint32_t was = rt_disable();
	int rc = event->set ? -RT_EBUSY : event->kind ? 0 : -RT_EINVAL;

	if (!rc) {
		append(set, event);
		if (set->waiters.first && event->kind->ready(event))
			rt_wake(&set->waiters, 1);
	}
	rt_enable(was);
	return rc;
}

void rt_waitset_remove(struct rt_event *event)
{
	uint32_t was = rt_disable();

	if (event->set)
		detach(event);
	rt_enable(was);
}

/* ---- what the scheduler asks: only for sets in which a thread waits ---- */

static void poll(void)
{
	for (struct rt_waitset *s = watched; s; s = s->next) {
		if (s->waiters.first && find(s))
			rt_wake(&s->waiters, 1);
	}
}

static void disarm(void)
{
	for (struct rt_waitset *s = watched; s; s = s->next) {
		for (struct rt_event *e = s->first; e; e = e->next) {
			if (e->kind->disarm)
				e->kind->disarm(e);
		}
	}
}

static bool arm(void)
{
	for (struct rt_waitset *s = watched; s; s = s->next) {
		for (struct rt_event *e = s->first; e; e = e->next) {
			if (s->waiters.first && e->kind->arm && !e->kind->arm(e)) {
				disarm();
				return false;
			}
		}
	}
	return true;
}

static bool spin(void)
{
	for (struct rt_waitset *s = watched; s; s = s->next) {
		for (struct rt_event *e = s->first; e; e = e->next) {
			if (e->kind->other_core)
				return true;
		}
	}
	return false;
}

/* A set stays watched until its last waiter has run again: it was armed for it. */
static void watch(struct rt_waitset *set)
{
	if (!added) {
		poller = (struct rt_poller){ .poll = poll, .arm = arm, .disarm = disarm, .spin = spin };
		rt_poller_add(&poller);
		added = true;
	}
	for (struct rt_waitset *s = watched; s; s = s->next) {
		if (s == set)
			return;
	}
	list_add(watched, set);
}

static void unwatch(struct rt_waitset *set)
{
	if (!set->waiters.first)
		list_remove(watched, set);
}

/* ---- waiting ---- */

static bool has_outside(const struct rt_waitset *set)
{
	for (const struct rt_event *e = set->first; e; e = e->next) {
		if (e->kind->outside)
			return true;
	}
	return false;
}

static int wait(struct rt_waitset *set, uint64_t deadline, struct rt_event **event)
{
	int rc = 0;

	while (!(*event = find(set))) {
		if (rc == -RT_ETIMEDOUT)
			return rc;
		watch(set);
		rc = has_outside(set) ? rt_block_outside(&set->waiters, deadline) :
					rt_block(&set->waiters, deadline);
		unwatch(set);
	}
	/* The others go first next time. */
	detach(*event);
	append(set, *event);
	return 0;
}

int rt_waitset_wait(struct rt_waitset *set, uint64_t deadline, struct rt_event **event)
{
	uint32_t was = rt_disable();
	int rc = wait(set, deadline, event);

	rt_enable(was);
	return rc;
}

int rt_waitset_dispatch(struct rt_waitset *set, uint64_t deadline)
{
	struct rt_event *event;
	int rc = rt_waitset_wait(set, deadline, &event);

	if (!rc && event->handler)
		event->handler(event);
	return rc;
}

void rt_event_woken(struct rt_event *event)
{
	if (event->set)
		rt_wake(&event->set->waiters, 1);
}
