// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Threads that wait for a word, in queues by a hash of its address. */
#include <lib/sync.h>

#include "thread_core.h"

#define QUEUES 64u

static struct rt_queue queues[QUEUES];

static struct rt_queue *queue_of(const uint32_t *word)
{
	uint64_t address = (uint64_t)word >> 2;

	return &queues[(address ^ address >> 6 ^ address >> 12) % QUEUES];
}

int rt_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline)
{
	uint32_t was = rt_disable();
	int rc = -RT_EAGAIN;

	if (__atomic_load_n(word, __ATOMIC_RELAXED) == expected) {
		rt_thread_self()->what = (uint64_t)word;
		rc = rt_block(queue_of(word), deadline);
	}
	rt_enable(was);
	return rc;
}

unsigned int rt_futex_wake(const uint32_t *word, unsigned int count)
{
	return rt_futex_requeue(word, count, NULL, 0);
}

unsigned int rt_futex_requeue(const uint32_t *word, unsigned int count, const uint32_t *other,
			      unsigned int move)
{
	uint32_t was = rt_disable();
	struct rt_thread *next, *t = queue_of(word)->first;
	unsigned int woken = 0, moved = 0;

	if (other == word)
		move = 0;
	/* What is moved may come behind @t in the same queue: it waits for another word then. */
	for (; t && (woken < count || moved < move); t = next) {
		next = t->next;
		if (t->what != (uint64_t)word)
			continue;
		if (woken < count) {
			rt_wake_thread(t, 0);
			woken++;
			continue;
		}
		t->what = (uint64_t)other;
		rt_queue_remove(t);
		rt_queue_append(queue_of(other), t);
		moved++;
	}
	rt_enable(was);
	return woken + moved;
}
