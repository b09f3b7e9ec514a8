// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Timers in a pairing heap: a tree in which no child is due before its parent. Starting one takes
 * constant time, taking the earliest one log n on average. Equal deadlines: in no particular order.
 */
#include "thread_core.h"

static struct rt_timer *root;

/* Two roots become one. */
static struct rt_timer *meld(struct rt_timer *a, struct rt_timer *b)
{
	struct rt_timer *swap = a;

	if (!a || !b)
		return a ? a : b;
	if (b->deadline < a->deadline) {
		a = b;
		b = swap;
	}
	b->before = a;
	b->sibling = a->child;
	if (a->child)
		a->child->before = b;
	a->child = b;
	return a;
}

/* Children without their parent: melded in pairs from the left, the pairs from the right. */
static struct rt_timer *meld_all(struct rt_timer *first)
{
	struct rt_timer *pairs = NULL, *whole = NULL;

	while (first) {
		struct rt_timer *a = first, *b = a->sibling;

		first = b ? b->sibling : NULL;
		a->sibling = a->before = NULL;
		if (b)
			b->sibling = b->before = NULL;
		a = meld(a, b);
		a->sibling = pairs;
		pairs = a;
	}
	while (pairs) {
		struct rt_timer *next = pairs->sibling;

		pairs->sibling = NULL;
		whole = meld(whole, pairs);
		pairs = next;
	}
	return whole;
}

void rt_timer_start(struct rt_timer *timer, uint64_t deadline)
{
	rt_timer_stop(timer);
	timer->deadline = deadline;
	timer->child = timer->sibling = timer->before = NULL;
	timer->started = true;
	root = meld(root, timer);
}

void rt_timer_stop(struct rt_timer *timer)
{
	struct rt_timer *rest;

	if (!timer->started)
		return;
	timer->started = false;
	rest = meld_all(timer->child);
	timer->child = NULL;
	if (timer == root) {
		root = rest;
		return;
	}
	if (timer->before->child == timer)
		timer->before->child = timer->sibling;
	else
		timer->before->sibling = timer->sibling;
	if (timer->sibling)
		timer->sibling->before = timer->before;
	timer->sibling = timer->before = NULL;
	root = meld(root, rest);
}

uint64_t rt_timer_next(void)
{
	return root ? root->deadline : RT_NEVER;
}

void rt_timer_run(uint64_t now)
{
	while (root && root->deadline <= now) {
		struct rt_timer *due = root;

		rt_timer_stop(due);
		due->expire(due);
	}
}
