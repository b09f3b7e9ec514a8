// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <lib/monitor.h>
#include <lib/view.h>

#include "list.h"

RT_MONITOR_CALL(view_watch)
RT_MONITOR_CALL(view_ready)

static struct rt_view_watch *watches;

static bool ready(struct rt_event *event)
{
	return ((const struct rt_view_watch *)event)->news;
}

/* As for names: the monitor's channel is polled before. */
static const struct rt_event_kind kind = { .ready = ready, .outside = true };

static struct rt_view view_of(const struct monitor_view_changed *m)
{
	return (struct rt_view){ .number = m->number,
				 .members = m->members,
				 .leaves = m->leaves,
				 .deadline = m->leaves ? rt_deadline_ns(m->leaves_us * 1000) : RT_NEVER };
}

/* Disabled. */
static int on_changed(void *ctx, uint32_t from, const struct monitor_view_changed *m)
{
	(void)ctx, (void)from;
	for (struct rt_view_watch *w = watches; w; w = w->next) {
		w->view = view_of(m);
		w->news = true;
		rt_event_woken(&w->event);
	}
	return 0;
}

int rt_view_watch(struct rt_view_watch *watch)
{
	struct monitor_view_watch m = { 0 };
	struct monitor_view_watch_reply reply;
	uint32_t was = rt_disable();
	int rc;

	rt_monitor_handlers.view_changed = on_changed;
	*watch = (struct rt_view_watch){ .event.kind = &kind };
	list_add(watches, watch);
	rt_enable(was);
	rc = rt_monitor_call(send_view_watch, &m, &reply);
	if (rc) {
		rt_view_unwatch(watch);
		return rc;
	}
	was = rt_disable();
	/* A message may have come behind the answer, and been taken before this thread. */
	if (!watch->news) {
		const struct monitor_view_changed first = { .number = reply.number,
							    .members = reply.members,
							    .leaves = reply.leaves,
							    .leaves_us = reply.leaves_us };

		watch->view = view_of(&first);
		watch->news = true;
	}
	rt_enable(was);
	return 0;
}

void rt_view_unwatch(struct rt_view_watch *watch)
{
	uint32_t was = rt_disable();

	list_remove(watches, watch);
	rt_waitset_remove(&watch->event);
	rt_enable(was);
}

int rt_view_next(struct rt_view_watch *watch, struct rt_view *view)
{
	uint32_t was = rt_disable();
	int rc = watch->news ? 0 : -RT_EAGAIN;

	*view = watch->view;
	watch->news = false;
	rt_enable(was);
	return rc;
}

int rt_view_ready(void)
{
	struct monitor_view_ready m = { 0 };
	struct monitor_view_ready_reply reply;
	int rc = rt_monitor_call(send_view_ready, &m, &reply);

	return rc ? rc : reply.error ? -RT_ENOENT : 0;
}
