// SPDX-License-Identifier: GPL-2.0-only
/* What threads wait for, with turns so short that they are stopped everywhere. */
#include "rt.h"

#define THREADS 12

static struct rt_mutex mutex;
static volatile uint64_t counter;

static void spin(uint64_t count)
{
	while (count--)
		__asm__ volatile("pause");
}

static uint64_t loops(void)
{
	return 2000;
}

/* ---- mutex ---- */

static void *add(void *argument)
{
	uint64_t seed = (uint64_t)argument;

	for (uint64_t i = 0; i < loops(); i++) {
		uint64_t value;

		CHECK(rt_mutex_lock(&mutex) == 0);
		value = counter;
		spin(random(&seed) % 100);
		counter = value + 1;
		CHECK(rt_mutex_unlock(&mutex) == 0);
	}
	return NULL;
}

static void *other_owner(void *argument)
{
	CHECK(rt_mutex_unlock(argument) == -RT_EPERM);
	CHECK(rt_mutex_try(argument) == -RT_EBUSY);
	CHECK(rt_mutex_lock_until(argument, rt_tsc() + us(500)) == -RT_ETIMEDOUT);
	CHECK(rt_mutex_lock_until(argument, 0) == -RT_ETIMEDOUT);
	return NULL;
}

void test_mutex(void)
{
	struct rt_mutex again = { .recursive = true };
	struct rt_thread *threads[THREADS];

	CHECK(rt_mutex_unlock(&mutex) == -RT_EPERM);
	CHECK(rt_mutex_lock(&mutex) == 0 && rt_mutex_lock(&mutex) == -RT_EDEADLK);
	CHECK(rt_mutex_try(&mutex) == -RT_EBUSY);
	CHECK(rt_mutex_lock_until(&again, 0) == 0 && rt_mutex_lock(&again) == 0);
	CHECK(rt_mutex_unlock(&again) == 0);
	threads[0] = start(other_owner, &again);
	threads[1] = start(other_owner, &mutex);
	join_all(threads, 2);
	CHECK(rt_mutex_unlock(&again) == 0 && rt_mutex_unlock(&again) == -RT_EPERM);
	CHECK(rt_mutex_unlock(&mutex) == 0);
	rt_turn_us = 10;
	start_all(threads, THREADS, add);
	join_all(threads, THREADS);
	CHECK(counter == THREADS * loops());
}

/* ---- conditions: a buffer of four places between producers and consumers ---- */

static struct rt_condition not_full, not_empty;
static uint64_t buffer[4], filled, taken_sum, next_in, next_out;

static void *produce(void *argument)
{
	uint64_t seed = (uint64_t)argument;

	for (uint64_t i = 1; i <= loops(); i++) {
		CHECK(rt_mutex_lock(&mutex) == 0);
		while (filled == 4)
			CHECK(rt_condition_wait(&not_full, &mutex) == 0);
		buffer[next_in++ % 4] = i;
		filled++;
		rt_condition_signal(&not_empty);
		CHECK(rt_mutex_unlock(&mutex) == 0);
		spin(random(&seed) % 30);
	}
	return NULL;
}

static void *consume(void *argument)
{
	(void)argument;
	for (uint64_t i = 1; i <= loops(); i++) {
		CHECK(rt_mutex_lock(&mutex) == 0);
		while (!filled)
			CHECK(rt_condition_wait_until(&not_empty, &mutex, RT_NEVER) == 0);
		taken_sum += buffer[next_out++ % 4];
		filled--;
		rt_condition_signal(&not_full);
		CHECK(rt_mutex_unlock(&mutex) == 0);
	}
	return NULL;
}

static void *until_told(void *argument)
{
	CHECK(rt_mutex_lock(&mutex) == 0);
	while (!*(bool *)argument)
		CHECK(rt_condition_wait(&not_full, &mutex) == 0);
	CHECK(rt_mutex_unlock(&mutex) == 0);
	return NULL;
}

void test_condition(void)
{
	struct rt_thread *threads[2 * 4];
	bool told = false;

	CHECK(rt_condition_wait(&not_full, &mutex) == -RT_EPERM);
	for (int i = 0; i < 8; i++)
		threads[i] = start(until_told, &told);
	rt_thread_yield();
	CHECK(rt_mutex_lock(&mutex) == 0);
	told = true;
	rt_condition_broadcast(&not_full);
	CHECK(rt_mutex_unlock(&mutex) == 0);
	join_all(threads, 8);
	rt_turn_us = 15;
	start_all(threads, 4, produce);
	start_all(threads + 4, 4, consume);
	join_all(threads, 8);
	CHECK(taken_sum == 4 * loops() * (loops() + 1) / 2 && !filled);
}

/* ---- deadlines ---- */

static void *signal_later(void *argument)
{
	rt_sleep_ns(3000000);
	rt_condition_signal(argument);
	return NULL;
}

void test_timed(void)
{
	struct rt_semaphore none = { 0 };
	struct rt_condition condition = { { NULL, NULL } };
	struct rt_thread *helper;
	uint64_t begin;
	uint32_t word = 7;

	for (int i = 1; i < 20; i++) {
		begin = rt_tsc();
		CHECK(rt_semaphore_wait_until(&none, begin + us(100 * i)) == -RT_ETIMEDOUT);
		CHECK(rt_tsc() >= begin + us(100 * i));
		CHECK(!none.waiters.first);
	}
	CHECK(rt_mutex_lock(&mutex) == 0);
	begin = rt_tsc();
	CHECK(rt_condition_wait_until(&condition, &mutex, begin + us(2000)) == -RT_ETIMEDOUT);
	CHECK(rt_tsc() >= begin + us(2000) && mutex.owner == rt_thread_self());
	helper = start(signal_later, &condition);
	CHECK(rt_condition_wait_until(&condition, &mutex, rt_tsc() + us(10000000)) == 0);
	CHECK(rt_tsc() < begin + us(9000000));
	CHECK(rt_mutex_unlock(&mutex) == 0);
	join_all(&helper, 1);
	begin = rt_tsc();
	CHECK(rt_futex_wait(&word, 7, begin + us(1000)) == -RT_ETIMEDOUT && rt_tsc() >= begin + us(1000));
}

static volatile uint32_t order[8], ended;

static void *sleep_some(void *argument)
{
	const uint64_t n = (uint64_t)argument, begin = rt_tsc();

	rt_sleep_ns((8 - n) * 4000000);
	CHECK(rt_tsc() >= begin + us((8 - n) * 4000));
	order[ended++] = (uint32_t)n;
	return NULL;
}

void test_sleep(void)
{
	struct rt_thread *threads[8];

	CHECK(rt_tsc_of_ns(1000000) == rt_dispatcher->tsc_khz && rt_tsc_of_ns(0) == 0);
	CHECK(rt_tsc_of_ns(1) >= 1 && rt_tsc_of_ns(~0ull) > us(1ull << 40));
	CHECK(rt_deadline_ns(~0ull) < RT_NEVER);
	start_all(threads, 8, sleep_some);
	join_all(threads, 8);
	for (uint32_t i = 0; i < 8; i++)
		CHECK(order[i] == 7 - i);
	rt_sleep_ns(0);
	rt_sleep_until(0);
}

/* ---- semaphores ---- */

static struct rt_semaphore places = { .count = 3 };
static volatile uint32_t inside, most_inside;

static void *enter(void *argument)
{
	uint64_t seed = (uint64_t)argument;

	for (uint64_t i = 0; i < loops() / 4; i++) {
		uint32_t was;

		CHECK(rt_semaphore_wait(&places) == 0);
		was = rt_disable();
		inside++;
		most_inside = inside > most_inside ? inside : most_inside;
		CHECK(inside <= 3);
		rt_enable(was);
		spin(random(&seed) % 200);
		if (i % 16 == 0)
			rt_thread_yield();
		was = rt_disable();
		inside--;
		rt_enable(was);
		CHECK(rt_semaphore_post(&places) == 0);
	}
	return NULL;
}

void test_semaphore(void)
{
	struct rt_semaphore full = { .count = UINT32_MAX };
	struct rt_thread *threads[THREADS];

	CHECK(rt_semaphore_post(&full) == -RT_EOVERFLOW);
	rt_turn_us = 10;
	start_all(threads, THREADS, enter);
	join_all(threads, THREADS);
	say("%u places, %u inside at once", places.count, most_inside);
	CHECK(places.count == 3 && most_inside == 3);
	CHECK(rt_semaphore_try(&places) == 0 && rt_semaphore_try(&places) == 0);
	CHECK(rt_semaphore_try(&places) == 0 && rt_semaphore_try(&places) == -RT_EAGAIN);
}

/* ---- readers and writers ---- */

static struct rt_rwlock lock;
static volatile uint64_t one, two, readers, most_readers;

static void *read_both(void *argument)
{
	(void)argument;
	for (uint64_t i = 0; i < loops() / 4; i++) {
		uint32_t was;

		CHECK(rt_rwlock_read(&lock) == 0);
		was = rt_disable();
		readers++;
		most_readers = readers > most_readers ? readers : most_readers;
		rt_enable(was);
		CHECK(one == two);
		spin(50);
		if (i % 16 == 0)
			rt_thread_yield();
		CHECK(one == two);
		was = rt_disable();
		readers--;
		rt_enable(was);
		CHECK(rt_rwlock_unlock(&lock) == 0);
	}
	return NULL;
}

static void *write_both(void *argument)
{
	(void)argument;
	for (uint64_t i = 0; i < loops() / 4; i++) {
		CHECK(rt_rwlock_write(&lock) == 0);
		CHECK(!readers);
		one++;
		spin(100);
		two++;
		CHECK(rt_rwlock_unlock(&lock) == 0);
	}
	return NULL;
}

void test_rwlock(void)
{
	struct rt_thread *threads[8];

	CHECK(rt_rwlock_unlock(&lock) == -RT_EPERM);
	CHECK(rt_rwlock_write(&lock) == 0 && rt_rwlock_write(&lock) == -RT_EDEADLK);
	CHECK(rt_rwlock_try_read(&lock) == -RT_EBUSY && rt_rwlock_unlock(&lock) == 0);
	CHECK(rt_rwlock_try_read(&lock) == 0 && rt_rwlock_try_read(&lock) == 0);
	CHECK(rt_rwlock_try_write(&lock) == -RT_EBUSY);
	CHECK(rt_rwlock_unlock(&lock) == 0 && rt_rwlock_unlock(&lock) == 0);
	rt_turn_us = 10;
	start_all(threads, 5, read_both);
	start_all(threads + 5, 3, write_both);
	join_all(threads, 8);
	CHECK(one == 3 * (loops() / 4) && two == one && most_readers > 1);
}

/* ---- words in memory: a mutex of three states made of them ---- */

static uint32_t futex, other_word, words[1000];

static void *add_by_futex(void *argument)
{
	(void)argument;
	for (uint64_t i = 0; i < loops(); i++) {
		uint64_t value;
		uint32_t zero = 0;

		if (!__atomic_compare_exchange_n(&futex, &zero, 1, false, __ATOMIC_ACQUIRE,
						 __ATOMIC_RELAXED)) {
			while (__atomic_exchange_n(&futex, 2, __ATOMIC_ACQUIRE))
				rt_futex_wait(&futex, 2, RT_NEVER);
		}
		value = counter;
		spin(20);
		counter = value + 1;
		if (__atomic_exchange_n(&futex, 0, __ATOMIC_RELEASE) == 2)
			rt_futex_wake(&futex, 1);
	}
	return NULL;
}

static void *wait_word(void *argument)
{
	CHECK(rt_futex_wait(argument, 0, RT_NEVER) == 0);
	return NULL;
}

void test_futex(void)
{
	struct rt_thread *threads[THREADS];

	CHECK(rt_futex_wait(&futex, 1, RT_NEVER) == -RT_EAGAIN);
	CHECK(rt_futex_wake(&futex, 9) == 0);
	for (int i = 0; i < 6; i++)
		threads[i] = start(wait_word, &futex);
	rt_thread_yield();
	/* One wakes, three move, two stay. */
	CHECK(rt_futex_requeue(&futex, 1, &other_word, 3) == 4);
	CHECK(rt_futex_wake(&other_word, 9) == 3);
	CHECK(rt_futex_requeue(&futex, 0, &futex, 9) == 0);
	CHECK(rt_futex_wake(&other_word, 9) == 0 && rt_futex_wake(&futex, 9) == 2);
	join_all(threads, 6);
	/* Some of these share a queue with the first. */
	threads[0] = start(wait_word, &words[0]);
	rt_thread_yield();
	for (int i = 1; i < 1000; i++)
		CHECK(rt_futex_wake(&words[i], 1) == 0);
	CHECK(rt_futex_wake(&words[0], 1) == 1);
	join_all(threads, 1);
	rt_turn_us = 10;
	start_all(threads, THREADS, add_by_futex);
	join_all(threads, THREADS);
	CHECK(counter == THREADS * loops());
}

/* ---- once, keys, thread-local storage ---- */

static struct rt_once once;
static uint32_t calls;

static void initialize(void)
{
	rt_sleep_ns(1000000);
	calls++;
}

static void *call_once(void *argument)
{
	(void)argument;
	rt_once(&once, initialize);
	CHECK(calls == 1);
	return NULL;
}

void test_once(void)
{
	struct rt_thread *threads[THREADS];

	start_all(threads, THREADS, call_once);
	join_all(threads, THREADS);
	CHECK(calls == 1);
}

static int key, key_too;
static uint64_t destroyed, rounds;

static void destroy(void *value)
{
	destroyed += (uint64_t)value;
}

static void set_again(void *value)
{
	rounds++;
	rt_key_set(key_too, value);
}

static void *use_keys(void *argument)
{
	CHECK(!rt_key_get(key) && !rt_key_get(key_too));
	CHECK(rt_key_set(key, (void *)((uint64_t)argument + 1)) == 0);
	CHECK(rt_key_set(key_too, (void *)1) == 0);
	rt_thread_yield();
	CHECK(rt_key_get(key) == (void *)((uint64_t)argument + 1));
	return NULL;
}

void test_keys(void)
{
	struct rt_thread *threads[THREADS];
	int keys[RT_KEYS], count = 0;

	key = rt_key_create(destroy);
	key_too = rt_key_create(set_again);
	CHECK(key >= 0 && key_too >= 0 && key != key_too);
	start_all(threads, THREADS, use_keys);
	join_all(threads, THREADS);
	CHECK(destroyed == THREADS * (THREADS + 1) / 2 && rounds == THREADS * RT_KEY_ROUNDS);
	/* A key that is used anew has no old values. */
	CHECK(rt_key_set(key, &once) == 0 && rt_key_delete(key) == 0 && rt_key_delete(key) == -RT_EINVAL);
	CHECK(rt_key_set(key, NULL) == -RT_EINVAL && !rt_key_get(key));
	CHECK(rt_key_create(NULL) == key && !rt_key_get(key));
	while (count < (int)RT_KEYS && (keys[count] = rt_key_create(NULL)) >= 0)
		count++;
	CHECK(count == RT_KEYS - 2 && keys[count] == -RT_EAGAIN);
	CHECK(!rt_key_get(-1) && !rt_key_get(RT_KEYS));
}

static _Thread_local uint64_t local = 0x1122334455667788;
static _Thread_local uint64_t local_zero[5] __attribute__((aligned(64)));
static _Thread_local char local_byte = 'x';

static void *use_local(void *argument)
{
	const uint64_t n = (uint64_t)argument;

	CHECK(local == 0x1122334455667788 && !local_zero[4] && local_byte == 'x');
	CHECK(!((uint64_t)local_zero % 64));
	local = n;
	local_zero[4] = n;
	local_byte = (char)n;
	for (int i = 0; i < 50; i++) {
		rt_thread_yield();
		CHECK(local == n && local_zero[4] == n && local_byte == (char)n);
	}
	return NULL;
}

void test_tls(void)
{
	struct rt_thread *threads[THREADS];

	start_all(threads, THREADS, use_local);
	use_local((void *)77);
	join_all(threads, THREADS);
	CHECK(local == 77);
}
