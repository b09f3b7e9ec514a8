// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* musl's pthreads. */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define THREADS 8
#define ROUNDS 2000

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static sem_t semaphore;
static __thread uint64_t own = 77;
static uint64_t counter, destroyed, begun;
static volatile uint64_t spins[2];

static void *count(void *argument)
{
	check(own == 77);
	own = (uintptr_t)argument;
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t seen;

		pthread_mutex_lock(&mutex);
		seen = counter;
		if (i % 64 == 0)
			sched_yield();
		counter = seen + 1;
		pthread_mutex_unlock(&mutex);
	}
	check(own == (uintptr_t)argument);
	return (void *)(own * 3);
}

static void mutexes(void)
{
	pthread_t t[THREADS];
	void *result;

	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&t[i], NULL, count, (void *)i));
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_join(t[i], &result) && (uintptr_t)result == i * 3);
	check(counter == THREADS * ROUNDS);
	check(own == 77);
	test("mutexes, thread-local storage, results");
}

/* Every thread's floating point registers are its own, whoever preempts it. */
static void *compute(void *argument)
{
	double x = (double)(uintptr_t)argument, sum = 0;

	for (int i = 0; i < 3000000; i++)
		sum += x / (x + i);
	return (void *)(uintptr_t)(sum * 1000);
}

static void preemption(void)
{
	void *alone[4], *together[4];
	pthread_t t[4];

	for (uintptr_t i = 0; i < 4; i++)
		alone[i] = compute((void *)(i + 1));
	for (uintptr_t i = 0; i < 4; i++)
		check(!pthread_create(&t[i], NULL, compute, (void *)(i + 1)));
	for (uintptr_t i = 0; i < 4; i++)
		check(!pthread_join(t[i], &together[i]) && together[i] == alone[i]);
	test("floating point over preemption");
}

static void *spin(void *argument)
{
	uintptr_t i = (uintptr_t)argument;

	while (spins[!i] < 1000000)
		spins[i]++;
	spins[i] += 1000000;
	return NULL;
}

static void turns(void)
{
	pthread_t t[2];

	for (uintptr_t i = 0; i < 2; i++)
		check(!pthread_create(&t[i], NULL, spin, (void *)i));
	for (uintptr_t i = 0; i < 2; i++)
		check(!pthread_join(t[i], NULL));
	test("threads that never wait take turns");
}

static void *pinger(void *argument)
{
	uint64_t mine = (uintptr_t)argument;

	pthread_mutex_lock(&mutex);
	while (counter < 2000) {
		if (counter % 2 == mine) {
			counter++;
			pthread_cond_signal(&condition);
		} else {
			pthread_cond_wait(&condition, &mutex);
		}
	}
	pthread_cond_broadcast(&condition);
	pthread_mutex_unlock(&mutex);
	return NULL;
}

static void conditions(void)
{
	struct timespec t;
	pthread_t p[2];

	counter = 0;
	for (uintptr_t i = 0; i < 2; i++)
		check(!pthread_create(&p[i], NULL, pinger, (void *)i));
	for (uintptr_t i = 0; i < 2; i++)
		check(!pthread_join(p[i], NULL));
	check(counter == 2000);
	clock_gettime(CLOCK_REALTIME, &t);
	t.tv_nsec += 50000000;
	t.tv_sec += t.tv_nsec / 1000000000;
	t.tv_nsec %= 1000000000;
	pthread_mutex_lock(&mutex);
	check(pthread_cond_timedwait(&condition, &mutex, &t) == ETIMEDOUT);
	check(pthread_mutex_trylock(&mutex) == EBUSY);
	pthread_mutex_unlock(&mutex);
	test("conditions");
}

static void *waiter(void *argument)
{
	for (int i = 0; i < 100; i++) {
		pthread_barrier_wait(&barrier);
		sem_wait(&semaphore);
		__atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
		pthread_barrier_wait(&barrier);
	}
	return argument;
}

static void barriers(void)
{
	pthread_t t[THREADS];
	struct timespec past = { 1, 0 };

	counter = 0;
	check(!sem_init(&semaphore, 0, 0));
	check(!pthread_barrier_init(&barrier, NULL, THREADS + 1));
	for (int i = 0; i < THREADS; i++)
		check(!pthread_create(&t[i], NULL, waiter, NULL));
	for (int i = 0; i < 100; i++) {
		pthread_barrier_wait(&barrier);
		check(__atomic_load_n(&counter, __ATOMIC_RELAXED) == (uint64_t)i * THREADS);
		for (int j = 0; j < THREADS; j++)
			sem_post(&semaphore);
		pthread_barrier_wait(&barrier);
	}
	for (int i = 0; i < THREADS; i++)
		check(!pthread_join(t[i], NULL));
	fails(sem_trywait(&semaphore), EAGAIN);
	fails(sem_timedwait(&semaphore, &past), ETIMEDOUT);
	test("barriers and semaphores");
}

static void destroy(void *value)
{
	destroyed += (uintptr_t)value;
}

static void begin(void)
{
	begun++;
}

static void *with_key(void *argument)
{
	pthread_once(&once, begin);
	pthread_setspecific(key, argument);
	if ((uintptr_t)argument % 2)
		pthread_exit(argument);
	return argument;
}

static void keys(void)
{
	pthread_t t[THREADS];

	check(!pthread_key_create(&key, destroy));
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_create(&t[i], NULL, with_key, (void *)(i + 1)));
	for (uintptr_t i = 0; i < THREADS; i++)
		check(!pthread_join(t[i], NULL));
	check(destroyed == THREADS * (THREADS + 1) / 2 && begun == 1);
	test("keys and once");
}

static void *detached(void *argument)
{
	(void)argument;
	sem_post(&semaphore);
	return NULL;
}

/* Many come and go: what they used is used again. */
static void many(void)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 1000; i++) {
		check(!pthread_create(&t, i % 2 ? &attr : NULL, detached, NULL));
		sem_wait(&semaphore);
		if (i % 2 == 0)
			check(!pthread_join(t, NULL));
	}
	test("a thousand threads, one after the other");
}

static void *big_stack(void *argument)
{
	volatile char room[1 << 20];

	for (size_t i = 0; i < sizeof(room); i += 4096)
		room[i] = (char)i;
	return argument;
}

static void stacks(void)
{
	pthread_attr_t attr;
	pthread_t t;

	pthread_attr_init(&attr);
	check(!pthread_attr_setstacksize(&attr, 2 << 20));
	check(!pthread_create(&t, &attr, big_stack, NULL));
	check(!pthread_join(t, NULL));
	test("stacks of one's own size");
}

int main(void)
{
	mutexes();
	preemption();
	turns();
	conditions();
	barriers();
	keys();
	many();
	stacks();
	printf("1..8\n");
	return 0;
}
