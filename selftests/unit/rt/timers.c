// SPDX-License-Identifier: GPL-2.0-only
/* Timers and queues of the thread package against simple models. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include <thread_core.h>

#define TIMERS 200

static struct rt_timer timers[TIMERS];
static uint64_t expired_at[TIMERS], now, last;
static unsigned int expired;

static void expire(struct rt_timer *timer)
{
	assert_false(timer->started);
	assert_true(timer->deadline <= now && timer->deadline >= last);
	last = timer->deadline;
	expired_at[timer - timers] = now;
	expired++;
	/* Now and then it starts itself again, later. */
	if (rand() % 3 == 0)
		rt_timer_start(timer, now + 1 + (uint64_t)rand() % 50);
}

static uint64_t earliest(void)
{
	uint64_t next = RT_NEVER;

	for (int i = 0; i < TIMERS; i++) {
		if (timers[i].started && timers[i].deadline < next)
			next = timers[i].deadline;
	}
	return next;
}

static void test_timers(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < TIMERS; i++)
		timers[i].expire = expire;
	for (int step = 0; step < 200000; step++) {
		struct rt_timer *t = &timers[rand() % TIMERS];

		switch (rand() % 4) {
		case 0:
		case 1:
			rt_timer_start(t, now + (uint64_t)rand() % 1000);
			break;
		case 2:
			rt_timer_stop(t);
			assert_false(t->started);
			break;
		default:
			now += (uint64_t)rand() % 20;
			last = 0;
			rt_timer_run(now);
			assert_true(earliest() > now);
		}
		if (step % 16 == 0)
			assert_int_equal(rt_timer_next(), earliest());
	}
	assert_true(expired > 1000);
	for (int i = 0; i < TIMERS; i++)
		rt_timer_stop(&timers[i]);
	assert_int_equal(rt_timer_next(), RT_NEVER);
}

#define THREADS 20

static void test_queues(void **state)
{
	static struct rt_thread threads[THREADS];
	struct rt_queue queue = { NULL, NULL };
	unsigned int order[THREADS], count = 0;

	(void)state;
	srand(2);
	for (int step = 0; step < 100000; step++) {
		unsigned int n = (unsigned int)rand() % THREADS, at = 0;
		struct rt_thread *t = queue.first;

		while (at < count && order[at] != n)
			at++;
		if (at == count) {
			rt_queue_append(&queue, &threads[n]);
			order[count++] = n;
		} else {
			rt_queue_remove(&threads[n]);
			rt_queue_remove(&threads[n]); /* is nothing */
			for (count--; at < count; at++)
				order[at] = order[at + 1];
		}
		t = queue.first;
		for (at = 0; at < count; at++, t = t->next) {
			assert_ptr_equal(t, &threads[order[at]]);
			assert_ptr_equal(t->before, at ? &threads[order[at - 1]] : NULL);
		}
		assert_null(t);
		assert_ptr_equal(queue.last, count ? &threads[order[count - 1]] : NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_queues),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
