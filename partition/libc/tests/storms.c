// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Threads under stress: everything of pthreads at once, with floating-point work whose results are
 * known, while turns are so short that threads are stopped everywhere.
 */
#include <math.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

#define WORKERS 12
#define JOBS 3000

/* Of the run-time library; not there on Linux. */
extern uint32_t rt_turn_us __attribute__((weak));

/* Small stacks: the memory of a test is little, and what is promised counts. */
static pthread_attr_t small;

static int begin(pthread_t *thread, void *(*call)(void *argument), void *argument)
{
	return pthread_create(thread, &small, call, argument);
}

/* ---- work with a known result ---- */

static double work(unsigned int n)
{
	double sum = 0, x = n % 17 + 1;

	for (unsigned int i = 1; i < 40; i++)
		sum += sqrt(x * i) / (x + i) - (double)(n % i) * 0.5;
	return sum;
}

static double expected[JOBS];

/* ---- a queue of jobs between threads ---- */

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t some, room;
	unsigned int first, count;
	int job[8];
} queue = { .mutex = PTHREAD_MUTEX_INITIALIZER,
	    .some = PTHREAD_COND_INITIALIZER,
	    .room = PTHREAD_COND_INITIALIZER };

static _Atomic unsigned int wrong, done;
static _Thread_local uint64_t mine = 0x5555;
static pthread_rwlock_t table_lock = PTHREAD_RWLOCK_INITIALIZER;
static uint64_t table[2];
static sem_t places;
static pthread_key_t key;
static _Atomic unsigned int destroyed;

static void put(int job)
{
	pthread_mutex_lock(&queue.mutex);
	while (queue.count == 8)
		pthread_cond_wait(&queue.room, &queue.mutex);
	queue.job[(queue.first + queue.count++) % 8] = job;
	pthread_cond_signal(&queue.some);
	pthread_mutex_unlock(&queue.mutex);
}

static int take(void)
{
	struct timespec soon;
	int job;

	pthread_mutex_lock(&queue.mutex);
	while (!queue.count) {
		clock_gettime(CLOCK_REALTIME, &soon);
		soon.tv_nsec += 500000;
		if (soon.tv_nsec >= 1000000000) {
			soon.tv_nsec -= 1000000000;
			soon.tv_sec++;
		}
		pthread_cond_timedwait(&queue.some, &queue.mutex, &soon);
	}
	job = queue.job[queue.first];
	queue.first = (queue.first + 1) % 8;
	queue.count--;
	pthread_cond_signal(&queue.room);
	pthread_mutex_unlock(&queue.mutex);
	return job;
}

static void look_at_table(int job)
{
	if (job % 8) {
		pthread_rwlock_rdlock(&table_lock);
		wrong += table[0] != table[1];
	} else {
		pthread_rwlock_wrlock(&table_lock);
		table[0]++;
		sched_yield();
		table[1]++;
	}
	pthread_rwlock_unlock(&table_lock);
}

static void *worker(void *argument)
{
	uint64_t count = 0;
	int job;

	(void)argument;
	pthread_setspecific(key, &count);
	while ((job = take()) >= 0) {
		double result;
		char *memory = malloc((size_t)(job % 300) + 1);

		sem_wait(&places);
		memory[job % 300] = (char)job;
		result = work((unsigned int)job);
		wrong += result != expected[job] || memory[job % 300] != (char)job;
		sem_post(&places);
		free(memory);
		look_at_table(job);
		wrong += mine != 0x5555 + count;
		mine = 0x5555 + ++count;
		done++;
	}
	return NULL;
}

static void destroy(void *value)
{
	destroyed += *(uint64_t *)value != 0;
}

static void test_workers(void)
{
	pthread_t threads[WORKERS];

	check(!pthread_key_create(&key, destroy) && !sem_init(&places, 0, 3));
	for (int i = 0; i < WORKERS; i++)
		check(!begin(&threads[i], worker, NULL));
	for (int i = 0; i < JOBS; i++)
		put(i);
	for (int i = 0; i < WORKERS; i++)
		put(-1);
	for (int i = 0; i < WORKERS; i++)
		check(!pthread_join(threads[i], NULL));
	check(done == JOBS && !wrong && table[0] == table[1] && table[0] == JOBS / 8);
	check(destroyed > 0 && destroyed <= WORKERS);
	test("workers with a queue, a lock for readers, a semaphore, their own state");
}

/* ---- threads that make threads ---- */

static void *grow(void *argument)
{
	pthread_t children[3];
	intptr_t depth = (intptr_t)argument, sum = 1;
	void *result;

	for (int i = 0; depth && i < 3; i++) {
		if (begin(&children[i], grow, (void *)(depth - 1)))
			return (void *)-1000000;
	}
	for (int i = 0; depth && i < 3; i++) {
		pthread_join(children[i], &result);
		sum += (intptr_t)result;
	}
	return (void *)sum;
}

static _Atomic unsigned int detached;

static void *vanish(void *argument)
{
	usleep(100);
	detached++;
	return argument;
}

static void test_families(void)
{
	pthread_attr_t attributes;
	pthread_t thread;
	void *result;

	for (int round = 0; round < 5; round++) {
		check(!begin(&thread, grow, (void *)3));
		check(!pthread_join(thread, &result) && (intptr_t)result == 1 + 3 + 9 + 27);
	}
	test("threads that make and join threads");
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 32768);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	for (int i = 0; i < 100; i++) {
		check(!pthread_create(&thread, &attributes, vanish, NULL));
		if (i % 10 == 9)
			usleep(1000);
	}
	while (detached < 100)
		usleep(1000);
	test("detached threads");
}

/* ---- one word for all, and all at once ---- */

static pthread_barrier_t barrier;
static uint64_t shared;
static pthread_spinlock_t spin;

static void *meet(void *argument)
{
	for (int i = 0; i < 200; i++) {
		pthread_barrier_wait(&barrier);
		pthread_spin_lock(&spin);
		shared++;
		pthread_spin_unlock(&spin);
	}
	return argument;
}

static void test_barrier(void)
{
	pthread_t threads[6];

	check(!pthread_barrier_init(&barrier, NULL, 6) && !pthread_spin_init(&spin, 0));
	for (int i = 0; i < 6; i++)
		check(!begin(&threads[i], meet, NULL));
	for (int i = 0; i < 6; i++)
		check(!pthread_join(threads[i], NULL));
	check(shared == 6 * 200);
	test("a barrier and a lock that spins");
}

int main(void)
{
	if (&rt_turn_us)
		rt_turn_us = 30;
	pthread_attr_init(&small);
	check(!pthread_attr_setstacksize(&small, 32768));
	for (unsigned int i = 0; i < JOBS; i++)
		expected[i] = work(i);
	test_workers();
	test_families();
	test_barrier();
	puts("1..4");
	return 0;
}
