// SPDX-License-Identifier: GPL-2.0-only
/* A binary heap: heap[0] is due first, and no timer is due before its parent at (n - 1) / 2. */
#include <stddef.h>

#include <timer.h>

static struct timer *heap[TIMERS_MAX];
static uint32_t count;

static void place(struct timer *timer, uint32_t at)
{
	heap[at] = timer;
	timer->slot = at + 1;
}

static void sift_up(struct timer *timer, uint32_t at)
{
	while (at && timer->deadline < heap[(at - 1) / 2]->deadline) {
		place(heap[(at - 1) / 2], at);
		at = (at - 1) / 2;
	}
	place(timer, at);
}

static void sift_down(struct timer *timer, uint32_t at)
{
	for (;;) {
		uint32_t child = 2 * at + 1;

		if (child + 1 < count && heap[child + 1]->deadline < heap[child]->deadline)
			child++;
		if (child >= count || timer->deadline <= heap[child]->deadline)
			break;
		place(heap[child], at);
		at = child;
	}
	place(timer, at);
}

bool timer_start(struct timer *timer, uint64_t deadline, void (*expire)(struct timer *))
{
	if (count == TIMERS_MAX)
		return false;
	timer->deadline = deadline;
	timer->expire = expire;
	sift_up(timer, count++);
	return true;
}

void timer_cancel(struct timer *timer)
{
	uint32_t at = timer->slot - 1;
	struct timer *last;

	if (!timer->slot)
		return;
	timer->slot = 0;
	last = heap[--count];
	if (last == timer)
		return;
	if (at && last->deadline < heap[(at - 1) / 2]->deadline)
		sift_up(last, at);
	else
		sift_down(last, at);
}

uint64_t timer_next(void)
{
	return count ? heap[0]->deadline : UINT64_MAX;
}

bool timer_run(uint64_t now)
{
	bool any = false;

	while (count && heap[0]->deadline <= now) {
		struct timer *timer = heap[0];

		timer_cancel(timer);
		timer->expire(timer);
		any = true;
	}
	return any;
}
