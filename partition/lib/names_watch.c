// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Watching names: the monitor's messages wait in the watch until somebody takes them. */
#include <base/string.h>

#include <lib/monitor.h>
#include <lib/names.h>

#include "list.h"
#include "names_core.h"

RT_MONITOR_CALL(name_watch)
RT_MONITOR_CALL(name_unwatch)

static struct rt_name_watch *watches;
static uint64_t last_number;

static bool ready(struct rt_event *event)
{
	const struct rt_name_watch *w = (const struct rt_name_watch *)event;

	return w->count || w->missed;
}

/* Its set is polled after the monitor's channel, or again before the dispatcher sleeps. */
static const struct rt_event_kind kind = { .ready = ready, .outside = true };

static void put(struct rt_name_watch *w, const struct monitor_name_changed *m)
{
	struct rt_name_change *c = &w->change[(w->first + w->count) % RT_NAME_CHANGES];

	if (m->what == NAMES_MISSED || w->count == RT_NAME_CHANGES) {
		w->missed = true;
		return;
	}
	*c = (struct rt_name_change){ .what = m->what,
				      .name = { .kind = NAMES_RECORD, .flags = m->flags,
						.node = m->node, .domain = m->domain } };
	memcpy(c->name.value, m->value, sizeof(c->name.value));
	memcpy(c->name.name, m->name, sizeof(c->name.name));
	w->count++;
}

/* Disabled. */
static int on_changed(void *ctx, uint32_t from, const struct monitor_name_changed *m)
{
	(void)ctx, (void)from;
	for (struct rt_name_watch *w = watches; w; w = w->next) {
		if (w->number != m->watch)
			continue;
		put(w, m);
		rt_event_woken(&w->event);
	}
	return 0;
}

static void forget(struct rt_name_watch *watch)
{
	uint32_t was = rt_disable();

	list_remove(watches, watch);
	rt_waitset_remove(&watch->event);
	rt_enable(was);
}

int rt_name_watch(struct rt_name_watch *watch, const char *prefix)
{
	struct monitor_name_watch m = { 0 };
	struct monitor_name_watch_reply reply;
	size_t length = base_strlen(prefix, sizeof(m.prefix));
	uint32_t was;
	int rc;

	if (length == sizeof(m.prefix))
		return -RT_EINVAL;
	memcpy(m.prefix, prefix, length);
	was = rt_disable();
	rt_monitor_handlers.name_changed = on_changed;
	watch->event.kind = &kind;
	watch->event.set = NULL;
	watch->first = watch->count = 0;
	watch->missed = false;
	watch->number = m.watch = ++last_number;
	list_add(watches, watch);
	rt_enable(was);
	rc = rt_monitor_call(send_name_watch, &m, &reply);
	if (!rc)
		rc = rt_names_error(reply.error);
	if (rc)
		forget(watch);
	return rc;
}

int rt_name_unwatch(struct rt_name_watch *watch)
{
	struct monitor_name_unwatch m = { .watch = watch->number };
	struct monitor_name_unwatch_reply reply;
	int rc = rt_monitor_call(send_name_unwatch, &m, &reply);

	forget(watch);
	return rc ? rc : rt_names_error(reply.error);
}

int rt_name_changed(struct rt_name_watch *watch, struct rt_name_change *change)
{
	uint32_t was = rt_disable();
	int rc = 0;

	if (watch->count) {
		*change = watch->change[watch->first];
		watch->first = (watch->first + 1) % RT_NAME_CHANGES;
		watch->count--;
	} else if (watch->missed) {
		*change = (struct rt_name_change){ .what = NAMES_MISSED };
		watch->missed = false;
	} else {
		rc = -RT_EAGAIN;
	}
	rt_enable(was);
	return rc;
}
