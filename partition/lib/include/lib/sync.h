/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What threads of one dispatcher wait for. Everything that is all zero is ready for use. Functions
 * return 0 or a negative enum rt_error; deadlines are values of the TSC, RT_NEVER: none. Only threads
 * may wait; what says "disabled" may also be called by handlers of upcalls.
 */
#ifndef LIB_SYNC_H
#define LIB_SYNC_H

#include <lib/thread.h>

/* ---- mutual exclusion ---- */

/** struct rt_mutex - @recursive: set before the first use: its owner may lock it again */
struct rt_mutex {
	struct rt_thread *owner;
	uint32_t count; /* locks of the owner beyond the first */
	bool recursive;
	struct rt_queue waiters;
};

/** rt_mutex_lock - Return: 0, -RT_EDEADLK: the caller has it, -RT_EAGAIN: locked too often. */
int rt_mutex_lock(struct rt_mutex *mutex);

/** rt_mutex_lock_until - also -RT_ETIMEDOUT. rt_mutex_try - -RT_EBUSY: somebody has it. */
int rt_mutex_lock_until(struct rt_mutex *mutex, uint64_t deadline);
int rt_mutex_try(struct rt_mutex *mutex);

/** rt_mutex_unlock - Return: 0, -RT_EPERM: the caller does not have it. */
int rt_mutex_unlock(struct rt_mutex *mutex);

/* ---- conditions ---- */

struct rt_condition {
	struct rt_queue waiters;
};

/**
 * rt_condition_wait - unlock, wait for a signal, lock again; nobody signals in between unheard
 * @mutex: locked once by the caller
 * Return: 0, -RT_EPERM: nothing was done.
 */
int rt_condition_wait(struct rt_condition *condition, struct rt_mutex *mutex);

/** rt_condition_wait_until - also -RT_ETIMEDOUT, with the mutex locked again. */
int rt_condition_wait_until(struct rt_condition *condition, struct rt_mutex *mutex,
			    uint64_t deadline);

/** rt_condition_signal - one waits no more; rt_condition_broadcast - nobody does. Disabled or not. */
void rt_condition_signal(struct rt_condition *condition);
void rt_condition_broadcast(struct rt_condition *condition);

/* ---- semaphores ---- */

struct rt_semaphore {
	uint32_t count;
	struct rt_queue waiters;
};

/** rt_semaphore_wait - take one; until - also -RT_ETIMEDOUT; try - -RT_EAGAIN: there is none. */
int rt_semaphore_wait(struct rt_semaphore *semaphore);
int rt_semaphore_wait_until(struct rt_semaphore *semaphore, uint64_t deadline);
int rt_semaphore_try(struct rt_semaphore *semaphore);

/** rt_semaphore_post - put one. Return: 0, -RT_EOVERFLOW. Disabled or not. */
int rt_semaphore_post(struct rt_semaphore *semaphore);

/* ---- many readers or one writer; writers that wait go before new readers ---- */

struct rt_rwlock {
	struct rt_thread *writer;
	uint32_t readers;
	struct rt_queue waiting_readers;
	struct rt_queue waiting_writers;
};

/** rt_rwlock_read, rt_rwlock_write - Return: 0, -RT_EDEADLK: the caller has it for writing. */
int rt_rwlock_read(struct rt_rwlock *lock);
int rt_rwlock_write(struct rt_rwlock *lock);

/** rt_rwlock_try_read, rt_rwlock_try_write - also -RT_EBUSY. */
int rt_rwlock_try_read(struct rt_rwlock *lock);
int rt_rwlock_try_write(struct rt_rwlock *lock);

/** rt_rwlock_unlock - Return: 0, -RT_EPERM: nobody has it, or another thread for writing. */
int rt_rwlock_unlock(struct rt_rwlock *lock);

/* ---- once ---- */

struct rt_once {
	uint32_t state;
	struct rt_queue waiters;
};

/** rt_once - @call is called by the first; all others wait until it has returned. */
void rt_once(struct rt_once *once, void (*call)(void));

/* ---- keys ---- */

#define RT_KEY_ROUNDS 4u /* of destructors, while they set new values */

/**
 * rt_key_create - a value for each thread, NULL at first
 * @destroy: called by a thread that ends with its value, if that is not NULL; may be NULL
 * Return: the key, from 0 on; -RT_EAGAIN: RT_KEYS are in use.
 */
int rt_key_create(void (*destroy)(void *value));

/** rt_key_delete - no destructor is called for what threads have. Return: 0, -RT_EINVAL. */
int rt_key_delete(int key);

/** rt_key_set - Return: 0, -RT_EINVAL: no such key. rt_key_get - NULL: none, or no such key. */
int rt_key_set(int key, void *value);
void *rt_key_get(int key);

/* ---- a word in memory ---- */

/**
 * rt_futex_wait - wait, if the word still has a value
 * No wake-up between the look and the waiting is lost.
 * Return: 0: woken; -RT_EAGAIN: it has another value; -RT_ETIMEDOUT.
 */
int rt_futex_wait(const uint32_t *word, uint32_t expected, uint64_t deadline);

/** rt_futex_wake - Return: how many of at most @count were woken, first come first. Disabled or not. */
unsigned int rt_futex_wake(const uint32_t *word, unsigned int count);

/**
 * rt_futex_requeue - wake @count threads, and let up to @move others wait for another word
 * Disabled or not. Return: how many were woken or moved.
 */
unsigned int rt_futex_requeue(const uint32_t *word, unsigned int count, const uint32_t *other,
			      unsigned int move);

#endif
