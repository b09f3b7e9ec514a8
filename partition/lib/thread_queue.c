// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include "thread_core.h"

void rt_queue_append(struct rt_queue *queue, struct rt_thread *thread)
{
	thread->queue = queue;
	thread->next = NULL;
	thread->before = queue->last;
	if (queue->last)
		queue->last->next = thread;
	else
		queue->first = thread;
	queue->last = thread;
}

void rt_queue_remove(struct rt_thread *thread)
{
	struct rt_queue *queue = thread->queue;

	if (!queue)
		return;
	if (thread->before)
		thread->before->next = thread->next;
	else
		queue->first = thread->next;
	if (thread->next)
		thread->next->before = thread->before;
	else
		queue->last = thread->before;
	thread->next = thread->before = NULL;
	thread->queue = NULL;
}
