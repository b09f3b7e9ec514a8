// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Semaphores, locks for readers and writers, and what is done once. */
#include <lib/sync.h>

/* ---- semaphores: one that is put while somebody waits is handed over ---- */

int rt_semaphore_try(struct rt_semaphore *semaphore)
{
	uint32_t was = rt_disable();
	int rc = semaphore->count ? 0 : -RT_EAGAIN;

	if (!rc)
		semaphore->count--;
	rt_enable(was);
	return rc;
}

int rt_semaphore_wait_until(struct rt_semaphore *semaphore, uint64_t deadline)
{
	uint32_t was = rt_disable();
	int rc = 0;

	if (semaphore->count)
		semaphore->count--;
	else
		rc = rt_block(&semaphore->waiters, deadline);
	rt_enable(was);
	return rc;
}

int rt_semaphore_wait(struct rt_semaphore *semaphore)
{
	return rt_semaphore_wait_until(semaphore, RT_NEVER);
}

int rt_semaphore_post(struct rt_semaphore *semaphore)
{
	uint32_t was = rt_disable();
	int rc = semaphore->count == UINT32_MAX ? -RT_EOVERFLOW : 0;

	if (!rc && !rt_wake(&semaphore->waiters, 1))
		semaphore->count++;
	rt_enable(was);
	return rc;
}

/* ---- readers and writers: who unlocks it hands it over ---- */

static int acquire(struct rt_rwlock *l, bool write, bool wait)
{
	struct rt_thread *self = rt_thread_self();

	if (l->writer == self)
		return wait ? -RT_EDEADLK : -RT_EBUSY;
	if (l->writer || (write ? l->readers : l->waiting_writers.first != NULL)) {
		if (!wait)
			return -RT_EBUSY;
		return rt_block(write ? &l->waiting_writers : &l->waiting_readers, RT_NEVER);
	}
	if (write)
		l->writer = self;
	else
		l->readers++;
	return 0;
}

static int release(struct rt_rwlock *l)
{
	if (l->writer == rt_thread_self())
		l->writer = NULL;
	else if (!l->writer && l->readers)
		l->readers--;
	else
		return -RT_EPERM;
	if (l->readers)
		return 0;
	if (l->waiting_writers.first) {
		l->writer = l->waiting_writers.first;
		rt_wake(&l->waiting_writers, 1);
	} else {
		l->readers = rt_wake(&l->waiting_readers, UINT32_MAX);
	}
	return 0;
}

static int rwlock(struct rt_rwlock *lock, bool write, bool wait)
{
	uint32_t was = rt_disable();
	int rc = acquire(lock, write, wait);

	rt_enable(was);
	return rc;
}

int rt_rwlock_read(struct rt_rwlock *lock)
{
	return rwlock(lock, false, true);
}

int rt_rwlock_write(struct rt_rwlock *lock)
{
	return rwlock(lock, true, true);
}

int rt_rwlock_try_read(struct rt_rwlock *lock)
{
	return rwlock(lock, false, false);
}

int rt_rwlock_try_write(struct rt_rwlock *lock)
{
	return rwlock(lock, true, false);
}

int rt_rwlock_unlock(struct rt_rwlock *lock)
{
	uint32_t was = rt_disable();
	int rc = release(lock);

	rt_enable(was);
	return rc;
}

/* ---- once ---- */

enum { ONCE_NOT, ONCE_CALLED, ONCE_DONE };

void rt_once(struct rt_once *once, void (*call)(void))
{
	uint32_t was = rt_disable();

	if (once->state == ONCE_NOT) {
		once->state = ONCE_CALLED;
		rt_enable(was);
		call();
		was = rt_disable();
		once->state = ONCE_DONE;
		rt_wake(&once->waiters, UINT32_MAX);
	}
	while (once->state != ONCE_DONE)
		rt_block(&once->waiters, RT_NEVER);
	rt_enable(was);
}
