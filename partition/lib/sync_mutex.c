// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * A mutex that is unlocked belongs to nobody until a thread that waited runs again: meanwhile the
 * one that unlocked it may lock it anew without a change of threads.
 */
#include <lib/sync.h>

static int lock(struct rt_mutex *m, uint64_t deadline)
{
	struct rt_thread *self = rt_thread_self();

	if (m->owner == self) {
		if (!m->recursive)
			return -RT_EDEADLK;
		if (m->count == UINT32_MAX)
			return -RT_EAGAIN;
		m->count++;
		return 0;
	}
	while (m->owner) {
		if (rt_block(&m->waiters, deadline) == -RT_ETIMEDOUT && m->owner)
			return -RT_ETIMEDOUT;
	}
	m->owner = self;
	return 0;
}

static int unlock(struct rt_mutex *m)
{
	if (m->owner != rt_thread_self())
		return -RT_EPERM;
	if (m->count) {
		m->count--;
		return 0;
	}
	m->owner = NULL;
	rt_wake(&m->waiters, 1);
	return 0;
}

int rt_mutex_lock_until(struct rt_mutex *mutex, uint64_t deadline)
{
	uint32_t was = rt_disable();
	int rc = lock(mutex, deadline);

	rt_enable(was);
	return rc;
}

int rt_mutex_lock(struct rt_mutex *mutex)
{
	return rt_mutex_lock_until(mutex, RT_NEVER);
}

int rt_mutex_try(struct rt_mutex *mutex)
{
	uint32_t was = rt_disable();
	bool other = mutex->owner && mutex->owner != rt_thread_self();
	int rc = other ? -RT_EBUSY : lock(mutex, RT_NEVER);

	rt_enable(was);
	return rc == -RT_EDEADLK ? -RT_EBUSY : rc;
}

int rt_mutex_unlock(struct rt_mutex *mutex)
{
	uint32_t was = rt_disable();
	int rc = unlock(mutex);

	rt_enable(was);
	return rc;
}

/* ---- conditions ---- */

int rt_condition_wait_until(struct rt_condition *condition, struct rt_mutex *mutex,
			    uint64_t deadline)
{
	uint32_t was = rt_disable();
	int rc = mutex->count ? -RT_EPERM : unlock(mutex);

	if (!rc) {
		rc = rt_block(&condition->waiters, deadline);
		lock(mutex, RT_NEVER);
	}
	rt_enable(was);
	return rc;
}

int rt_condition_wait(struct rt_condition *condition, struct rt_mutex *mutex)
{
	return rt_condition_wait_until(condition, mutex, RT_NEVER);
}

void rt_condition_signal(struct rt_condition *condition)
{
	uint32_t was = rt_disable();

	rt_wake(&condition->waiters, 1);
	rt_enable(was);
}

void rt_condition_broadcast(struct rt_condition *condition)
{
	uint32_t was = rt_disable();

	rt_wake(&condition->waiters, UINT32_MAX);
	rt_enable(was);
}
