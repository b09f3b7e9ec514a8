// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Events that come from the dispatcher itself. */
#include <lib/waitset.h>

/* ---- timers ---- */

static bool timer_ready(struct rt_event *event)
{
	return ((struct rt_timer_event *)event)->due;
}

static const struct rt_event_kind timer_kind = { .ready = timer_ready };

static void expire(struct rt_timer *timer)
{
	struct rt_timer_event *t = (struct rt_timer_event *)((char *)timer -
							     offsetof(struct rt_timer_event, timer));

	t->due = true;
	rt_event_woken(&t->event);
}

void rt_timer_event_init(struct rt_timer_event *timer, void (*handler)(struct rt_event *event),
			 void *context)
{
	*timer = (struct rt_timer_event){
		.event = { .handler = handler, .context = context, .kind = &timer_kind },
		.timer = { .expire = expire },
	};
}

void rt_timer_event_set(struct rt_timer_event *timer, uint64_t deadline)
{
	uint32_t was = rt_disable();

	timer->due = false;
	if (deadline == RT_NEVER)
		rt_timer_stop(&timer->timer);
	else
		rt_timer_start(&timer->timer, deadline);
	rt_enable(was);
}

/* ---- flags ---- */

static bool flag_ready(struct rt_event *event)
{
	return ((struct rt_flag_event *)event)->raised;
}

static const struct rt_event_kind flag_kind = { .ready = flag_ready };

void rt_flag_event_init(struct rt_flag_event *flag, void (*handler)(struct rt_event *event),
			void *context)
{
	*flag = (struct rt_flag_event){
		.event = { .handler = handler, .context = context, .kind = &flag_kind },
	};
}

void rt_flag_event_raise(struct rt_flag_event *flag)
{
	uint32_t was = rt_disable();

	flag->raised = true;
	rt_event_woken(&flag->event);
	rt_enable(was);
}

void rt_flag_event_clear(struct rt_flag_event *flag)
{
	__atomic_store_n(&flag->raised, false, __ATOMIC_RELAXED);
}

/* ---- semaphores: found by the scheduler, when the thread that put one gives way ---- */

static bool semaphore_ready(struct rt_event *event)
{
	return ((struct rt_semaphore_event *)event)->semaphore->count;
}

static const struct rt_event_kind semaphore_kind = { .ready = semaphore_ready };

void rt_semaphore_event_init(struct rt_semaphore_event *event, struct rt_semaphore *semaphore,
			     void (*handler)(struct rt_event *event), void *context)
{
	*event = (struct rt_semaphore_event){
		.event = { .handler = handler, .context = context, .kind = &semaphore_kind },
		.semaphore = semaphore,
	};
}
