// SPDX-License-Identifier: GPL-2.0-only
/* Threads: their life, and that nothing of theirs is ever lost. */
#include <lib/crt.h>

#include "rt.h"

#define MANY 64

static volatile uint64_t turns[MANY];

/* ---- life ---- */

static void *give_back(void *argument)
{
	return argument;
}

static void *leave(void *argument)
{
	rt_thread_exit(argument);
}

static void *join_me(void *argument)
{
	CHECK(rt_thread_join(rt_thread_self(), NULL) == -RT_EDEADLK);
	return argument;
}

static void *wait_post(void *argument)
{
	return (void *)(int64_t)rt_semaphore_wait(argument);
}

static void *join_other(void *argument)
{
	return (void *)(int64_t)rt_thread_join(argument, NULL);
}

void test_threads(void)
{
	const struct rt_thread_options small = { .stack_bytes = RT_STACK_MIN - 1 };
	struct rt_semaphore semaphore = { 0 };
	struct rt_thread *a, *b;
	void *result;

	CHECK(rt_threads() == 1 && rt_thread_self()->id == 1);
	a = start(give_back, &semaphore);
	CHECK(rt_thread_join(a, &result) == 0 && result == &semaphore);
	a = start(leave, &a);
	rt_thread_yield();
	CHECK(rt_thread_join(a, &result) == 0 && result == &a);
	CHECK(rt_thread_join(start(join_me, NULL), NULL) == 0);
	CHECK(rt_thread_create(&a, &small, leave, NULL) == -RT_EINVAL);
	CHECK(rt_thread_create(&a, NULL, NULL, NULL) == -RT_EINVAL);
	/* A second one may not join. */
	a = start(wait_post, &semaphore);
	b = start(join_other, a);
	rt_thread_yield();
	CHECK(rt_thread_join(a, NULL) == -RT_EINVAL && rt_thread_detach(a) == -RT_EINVAL);
	rt_semaphore_post(&semaphore);
	CHECK(rt_thread_join(b, &result) == 0 && !result);
	/* Detached before and after its end. */
	a = start(wait_post, &semaphore);
	CHECK(rt_thread_detach(a) == 0 && rt_thread_detach(a) == -RT_EINVAL);
	CHECK(rt_thread_join(a, NULL) == -RT_EINVAL);
	CHECK(rt_threads() == 2);
	rt_semaphore_post(&semaphore);
	while (rt_threads() > 1)
		rt_thread_yield();
	a = start(give_back, NULL);
	rt_thread_yield();
	CHECK(rt_threads() == 2 && rt_thread_detach(a) == 0 && rt_threads() == 1);
}

/* As many as there may be, or as the little memory of a test lets be; again and again, so nothing is lost. */
void test_limit(void)
{
	static struct rt_thread *threads[RT_THREADS_MAX];
	const struct rt_thread_options options = { .stack_bytes = RT_STACK_MIN };
	unsigned int counts[4];

	for (int round = 0; round < 4; round++) {
		unsigned int count = 0;
		int rc = 0;

		while (!rc && count < RT_THREADS_MAX) {
			rc = rt_thread_create(&threads[count], &options, give_back, NULL);
			count += !rc;
		}
		say("%u threads, then %d", count, rc);
		CHECK((rc == -RT_EAGAIN && count == RT_THREADS_MAX - 1) ||
		      (rc == -RT_ENOMEM && count > 300));
		counts[round] = count;
		join_all(threads, count);
		CHECK(rt_threads() == 1);
	}
	CHECK(counts[3] + 8 >= counts[1]);
}

static void *storm(void *argument)
{
	struct rt_thread *children[4];

	if (!argument)
		return NULL;
	for (int i = 0; i < 4; i++)
		children[i] = start(storm, (void *)((uint64_t)argument - 1));
	join_all(children, 4);
	return NULL;
}

void test_storm(void)
{
	struct rt_thread *threads[2];

	rt_turn_us = 50;
	for (int round = 0; round < 4; round++) {
		threads[0] = start(storm, (void *)4);
		threads[1] = start(storm, (void *)3);
		join_all(threads, 2);
		CHECK(rt_threads() == 1);
	}
}

/* Main ends, another thread goes on: the program ends with it. */
static void *last(void *argument)
{
	rt_sleep_ns(2000000);
	say("the last thread ends");
	return argument;
}

void test_last(void)
{
	start(last, NULL);
	rt_thread_exit(NULL);
}

/* ---- turns ---- */

static uint64_t fair_end;

static void *count_turns(void *argument)
{
	while (rt_tsc() < fair_end)
		turns[(uint64_t)argument]++;
	return NULL;
}

void test_fairness(void)
{
	struct rt_thread *threads[4];
	uint64_t least = ~0ull, most = 0;

	rt_turn_us = 2000;
	fair_end = rt_tsc() + us(400000);
	start_all(threads, 4, count_turns);
	join_all(threads, 4);
	for (int i = 0; i < 4; i++) {
		least = turns[i] < least ? turns[i] : least;
		most = turns[i] > most ? turns[i] : most;
	}
	say("from %lu to %lu", least, most);
	CHECK(least > most / 4);
}

/* One thread that could run is never interrupted: the test counts the core's timers. */
void test_quiet(void)
{
	uint64_t end;

	rt_thread_join(start(give_back, NULL), NULL);
	rt_sleep_ns(1000000);
	for (end = rt_tsc() + us(30000); rt_tsc() < end;)
		;
	say("quiet from here");
	for (end = rt_tsc() + us(1000000); rt_tsc() < end;)
		;
	say("quiet until here");
}

/* ---- registers ---- */

static struct check checks[MANY];
static volatile bool over;

static void *check_thread(void *argument)
{
	const uint64_t n = (uint64_t)argument;
	struct check *c = &checks[n];
	uint64_t seed = 0x1000003 * (n + 1);
	uint32_t mxcsr = 0x1f80 | (uint32_t)(n % 4) << 13, now;
	uint16_t control = (uint16_t)(0x37f & ~0xc00) | (uint16_t)(n % 4) << 10, control_now;
	uint64_t fs = 0x100000 + 0x1000 * n;
	struct {
		uint32_t control, status;
		uint16_t tags, rest[9];
	} x87;

	rt_thread_set_fs(fs);
	while (!over) {
		c->seed = random(&seed) << 8;
		c->turns = 50;
		/* Rounding modes are each thread's own, also across voluntary changes of threads. */
		if (check_registers(c))
			return (void *)1;
		__asm__ volatile("ldmxcsr %0; fldcw %1" ::"m"(mxcsr), "m"(control));
		rt_thread_yield();
		__asm__ volatile("stmxcsr %0; fnstcw %1; fnstenv %2; fldenv %2"
				 : "=m"(now), "=m"(control_now), "=m"(x87));
		/* All registers are empty, as a function finds them. */
		if (x87.tags != 0xffff)
			return (void *)3;
		if ((now & ~0x3fu) != mxcsr || control_now != control || rt_thread_fs() != fs)
			return (void *)2;
	}
	return NULL;
}

void test_registers(void)
{
	struct rt_thread *threads[24];
	uint64_t seed = 99, progress = 0;

	rt_turn_us = 20;
	start_all(threads, 24, check_thread);
	for (int i = 0; i < 300; i++) {
		rt_turn_us = (uint32_t)(random(&seed) % 60);
		rt_sleep_ns(random(&seed) % 3000000);
	}
	over = true;
	join_all(threads, 24);
	for (int i = 0; i < 24; i++)
		progress += checks[i].progress;
	say("%lu turns, preempted %lu times", progress, rt_dispatcher->preempted);
	CHECK(progress > 10000);
}
