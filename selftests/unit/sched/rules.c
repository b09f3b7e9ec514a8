// SPDX-License-Identifier: GPL-2.0-only
/* What the scheduler promises: shares, deadlines, admission, quiet. Time is in units of nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include <errors.h>
#include <scheduler.h>

#define SLICE 1000u
#define PERIOD 10000u
#define TASKS 12

static struct sched s;
static struct sched_task task[TASKS];
static uint64_t ran[TASKS];
static uint64_t now;

static int setup(void **state)
{
	(void)state;
	sched_init(&s, SLICE, PERIOD);
	for (int i = 0; i < TASKS; i++) {
		task[i] = (struct sched_task){ 0 };
		ran[i] = 0;
	}
	now = 12345;
	return 0;
}

static int add(int i, uint32_t class, uint32_t weight, uint64_t budget, uint64_t period)
{
	struct sched_params p = { class, weight, budget, period };

	return sched_add(&s, &task[i], &p, now);
}

/* Let whoever is picked run until @end. */
static void run_until(uint64_t end)
{
	while (now < end) {
		uint64_t until, stop;
		struct sched_task *t = sched_pick(&s, now, &until);

		assert_true(until > now);
		stop = until < end ? until : end;
		if (t)
			ran[t - task] += stop - now;
		now = stop;
	}
}

static void near(uint64_t value, double wanted, double off)
{
	if ((double)value < wanted - off || (double)value > wanted + off)
		fail_msg("%lu, wanted %.0f, %.0f more or less", value, wanted, off);
}

static void test_weights(void **state)
{
	static const uint32_t weight[5] = { 1, 2, 3, 10, 100 };
	uint64_t total = 0, start = now;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(add(i, SCHED_BEST_EFFORT, weight[i], 0, 0), 0);
		sched_wake(&s, &task[i], now);
		total += weight[i];
	}
	run_until(start + 20000000);
	for (int i = 0; i < 5; i++)
		near(ran[i], 20000000.0 * weight[i] / (double)total, 2 * SLICE);
}

/* One that slept gets no arrears, and loses nothing of what it wakes for. */
static void test_sleeper(void **state)
{
	uint64_t before;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(i, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	sched_wake(&s, &task[0], now);
	sched_wake(&s, &task[1], now);
	run_until(now + 1000000);
	sched_wake(&s, &task[2], now);
	run_until(now + 300000);
	for (int i = 0; i < 3; i++)
		near(ran[i] - (i < 2 ? 500000 : 0), 100000, 2 * SLICE);
	sched_sleep(&s, &task[1], now);
	run_until(now + 1000000);
	before = ran[1];
	sched_wake(&s, &task[1], now);
	run_until(now + 3 * SLICE);
	near(ran[1] - before, SLICE, 1);
}

/* ---- quiet ---- */

static void test_no_timer(void **state)
{
	uint64_t until;

	(void)state;
	assert_int_equal(add(0, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	assert_int_equal(add(1, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	assert_int_equal(add(2, SCHED_SOFT, 0, 100, 1000), 0);
	assert_int_equal(add(3, SCHED_HARD, 0, 100, 1000), 0);
	assert_null(sched_pick(&s, now, &until));
	assert_true(until == SCHED_NEVER);
	sched_wake(&s, &task[0], now);
	assert_ptr_equal(sched_pick(&s, now, &until), &task[0]);
	assert_true(until == SCHED_NEVER);
	sched_wake(&s, &task[1], now += 500);
	assert_ptr_equal(sched_pick(&s, now, &until), &task[0]);
	assert_int_equal(until, now + SLICE);
	sched_sleep(&s, &task[0], now);
	sched_sleep(&s, &task[1], now);
	sched_wake(&s, &task[2], now);
	assert_ptr_equal(sched_pick(&s, now += 100000, &until), &task[2]);
	assert_true(until == SCHED_NEVER);
	sched_wake(&s, &task[3], now);
	assert_non_null(sched_pick(&s, now, &until));
	assert_int_equal(until, now + 100);
}

/* Time that nobody else wanted is not held against those who used it. */
static void test_alone_costs_nothing(void **state)
{
	(void)state;
	assert_int_equal(add(0, SCHED_SOFT, 0, 500, 1000), 0);
	assert_int_equal(add(1, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	sched_wake(&s, &task[0], now);
	run_until(now + 1000000);
	sched_wake(&s, &task[1], now);
	run_until(now + 1000000);
	near(ran[0], 1500000, PERIOD);
	sched_sleep(&s, &task[0], now);
	run_until(now + 1000000);
	sched_wake(&s, &task[0], now);
	run_until(now + 1000000);
	near(ran[0], 2000000, PERIOD);
}

/* ---- real time ---- */

static void test_hard_is_bounded(void **state)
{
	(void)state;
	assert_int_equal(add(0, SCHED_HARD, 0, 200, 1000), 0);
	sched_wake(&s, &task[0], now);
	run_until(now + 1000000);
	near(ran[0], 200000, 200);
	assert_int_equal(add(1, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	sched_wake(&s, &task[1], now);
	run_until(now + 1000000);
	near(ran[0], 400000, 200);
	near(ran[1], 800000, 200);
}

/* A timer that comes late does not give a hard task more over time. */
static void test_overrun_is_paid_back(void **state)
{
	uint64_t start = now, until;

	(void)state;
	assert_int_equal(add(0, SCHED_HARD, 0, 200, 1000), 0);
	sched_wake(&s, &task[0], now);
	while (now < start + 1000000) {
		struct sched_task *t = sched_pick(&s, now, &until);

		assert_true(until != SCHED_NEVER);
		if (t)
			ran[0] += until + 77 - now;
		now = t ? until + 77 : until;
	}
	near(ran[0], 200000, 500);
}

static void test_defer(void **state)
{
	uint64_t until;

	(void)state;
	assert_int_equal(add(0, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	assert_int_equal(add(1, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	assert_int_equal(add(2, SCHED_HARD, 0, 500, 1000), 0);
	sched_wake(&s, &task[0], now);
	sched_wake(&s, &task[1], now);
	for (int i = 0; i < 10; i++) {
		struct sched_task *t = sched_pick(&s, now, &until);

		assert_ptr_equal(t, &task[i % 2]);
		sched_defer(&s, t, ++now);
	}
	/* The period's work is done: the rest of the budget is given up. */
	sched_wake(&s, &task[2], now);
	assert_ptr_equal(sched_pick(&s, now, &until), &task[2]);
	sched_defer(&s, &task[2], now + 10);
	for (uint64_t t = now + 10; t < now + 1000; t++)
		assert_ptr_not_equal(sched_pick(&s, t, &until), &task[2]);
	assert_ptr_equal(sched_pick(&s, now + 1000, &until), &task[2]);
}

static void test_hand_over(void **state)
{
	uint64_t until, start;

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(add(i, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	sched_wake(&s, &task[0], now);
	sched_wake(&s, &task[2], now);
	assert_ptr_equal(sched_pick(&s, now, &until), &task[0]);
	sched_hand_over(&s, &task[0], &task[1], now += 100);
	assert_ptr_equal(sched_pick(&s, now, &until), &task[1]);
	assert_int_equal(until, now + SLICE - 100);
	sched_hand_over(&s, &task[1], &task[0], now += 100);
	assert_ptr_equal(sched_pick(&s, now, &until), &task[0]);
	assert_int_equal(until, now + SLICE - 200);
	/* Two that pass the turn between them get no more than a third does. */
	start = ran[2];
	for (uint64_t end = now + 3000000; now < end;) {
		struct sched_task *t = sched_pick(&s, now, &until);
		uint64_t stop = now + 50 < until ? now + 50 : until;

		ran[t - task] += stop - now;
		now = stop;
		if (t != &task[2])
			sched_hand_over(&s, t, &task[t == &task[0]], now);
	}
	near(ran[2] - start, 1000000, 3 * SLICE);
}

/* The short way comes to what the long one does: two schedulers, the same life. */
static struct sched other;
static struct sched_task copy[TASKS];

static bool hand_over(struct sched *at, struct sched_task *t, int from, int to, bool sleep,
		      struct sched_task **picked, uint64_t *until, bool quick)
{
	if (quick && sched_switch(at, &t[from], &t[to], sleep, now, until)) {
		*picked = &t[to];
		return true;
	}
	sched_hand_over(at, &t[from], &t[to], now);
	if (sleep)
		sched_sleep(at, &t[from], now);
	*picked = sched_pick(at, now, until);
	return false;
}

static void test_switch(void **state)
{
	struct sched_task *a, *b;
	uint64_t until_a, until_b, quick = 0;

	(void)state;
	sched_init(&other, SLICE, PERIOD);
	for (int i = 0; i < 6; i++) {
		struct sched_params p = { i < 5 ? SCHED_BEST_EFFORT : SCHED_HARD,
					  (uint32_t)(i % 3 + 1), 500, 10000 };

		copy[i] = (struct sched_task){ 0 };
		assert_int_equal(sched_add(&s, &task[i], &p, now), 0);
		assert_int_equal(sched_add(&other, &copy[i], &p, now), 0);
	}
	srand(7);
	for (int turn = 0; turn < 200000; turn++) {
		int i = rand() % 6, k = rand() % 5;
		bool sleep = rand() % 2;

		/* The real-time one is there now and then. */
		if (i < 5 || !(rand() % 50)) {
			sched_wake(&s, &task[i], now);
			sched_wake(&other, &copy[i], now);
		}
		a = sched_pick(&s, now, &until_a);
		b = sched_pick(&other, now, &until_b);
		for (int step = 0; step < 4; step++) {
			assert_int_equal(a ? a - task : -1, b ? b - copy : -1);
			assert_int_equal(until_a, until_b);
			if (!a)
				break;
			now += (uint64_t)(rand() % 700);
			now = now > until_a ? until_a : now;
			i = (int)(a - task);
			if (i == k || i == 5)
				break;
			hand_over(&s, task, i, k, sleep, &a, &until_a, false);
			quick += hand_over(&other, copy, i, k, sleep, &b, &until_b, true);
			k = rand() % 5;
		}
		for (i = 0; i < 6; i++) {
			assert_int_equal(task[i].virtual, copy[i].virtual);
			assert_int_equal(task[i].used, copy[i].used);
			if (!(rand() % 3)) {
				sched_sleep(&s, &task[i], now);
				sched_sleep(&other, &copy[i], now);
			}
		}
	}
	assert_true(quick > 50000);
}

/* ---- admission ---- */

static void test_admission(void **state)
{
	(void)state;
	assert_int_equal(add(0, SCHED_HARD, 0, 500, 1000), 0);
	assert_int_equal(add(1, SCHED_SOFT, 0, 256, 1024), 0);
	assert_int_equal(add(2, SCHED_HARD, 0, 251, 1000), -ERR_BUSY);
	assert_int_equal(add(2, SCHED_HARD, 0, 1, 1), -ERR_BUSY);
	assert_int_equal(add(2, SCHED_HARD, 0, 1, 4), 0);
	assert_int_equal(add(3, SCHED_SOFT, 0, 1, SCHED_PERIOD_MAX), -ERR_BUSY);
	assert_int_equal(add(3, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	sched_remove(&s, &task[2], now);
	assert_int_equal(add(4, SCHED_HARD, 0, 1, 4), 0);
	assert_int_equal(add(5, SCHED_HARD, 0, 1, 4), -ERR_BUSY);
}

/* A promise holds until its deadline even when whoever it was given to is gone. */
static void test_ghost(void **state)
{
	(void)state;
	assert_int_equal(add(0, SCHED_HARD, 0, 800, 1000), 0);
	sched_wake(&s, &task[0], now);
	run_until(now + 500);
	sched_remove(&s, &task[0], now);
	assert_int_equal(add(1, SCHED_HARD, 0, 300, 1000), -ERR_BUSY);
	now += 499;
	assert_int_equal(add(1, SCHED_HARD, 0, 300, 1000), -ERR_BUSY);
	now += 1;
	assert_int_equal(add(1, SCHED_HARD, 0, 1000, 1000), 0);
}

static void test_bad_parameters(void **state)
{
	(void)state;
	assert_int_equal(add(0, SCHED_BEST_EFFORT, 0, 0, 0), -ERR_INVAL);
	assert_int_equal(add(0, SCHED_BEST_EFFORT, SCHED_WEIGHT_MAX + 1, 0, 0), -ERR_INVAL);
	assert_int_equal(add(0, SCHED_HARD, 0, 0, 100), -ERR_INVAL);
	assert_int_equal(add(0, SCHED_SOFT, 0, 101, 100), -ERR_INVAL);
	assert_int_equal(add(0, SCHED_SOFT, 0, 1, SCHED_PERIOD_MAX + 1), -ERR_INVAL);
	assert_int_equal(add(0, SCHED_HARD, 0, 0, 0), -ERR_INVAL);
	assert_int_equal(add(0, 3, 1, 1, 1), -ERR_INVAL);
	/* A task that was never admitted does nothing. */
	sched_wake(&s, &task[0], now);
	sched_sleep(&s, &task[0], now);
	sched_remove(&s, &task[0], now);
	assert_null(sched_pick(&s, now, &(uint64_t){ 0 }));
}

/* ---- deadlines: random sets of tasks, each job of the whole budget ---- */

struct job {
	uint64_t release; /* next one */
	uint64_t left;    /* of the job in hand */
	uint64_t deadline;
};

static struct job job[TASKS];
static uint64_t jobs_done;

static void release(int i)
{
	const struct sched_params *p = &task[i].params;

	if (p->class == SCHED_BEST_EFFORT || now < job[i].release)
		return;
	assert_int_equal(job[i].left, 0); /* the one before was done in time */
	job[i].left = p->budget;
	job[i].deadline = now + p->period;
	job[i].release = now + p->period + (rand() % 3 ? 0 : (uint64_t)rand() % p->period);
	sched_wake(&s, &task[i], now);
}

static void run_jobs(int count, uint64_t end)
{
	while (now < end) {
		struct sched_task *t;
		uint64_t until, stop = end;
		int i;

		for (i = 0; i < count; i++)
			release(i);
		t = sched_pick(&s, now, &until);
		for (i = 0; i < count; i++) {
			if (task[i].params.class != SCHED_BEST_EFFORT && job[i].release < stop)
				stop = job[i].release;
		}
		stop = until < stop ? until : stop;
		i = t ? (int)(t - task) : -1;
		if (i >= 0 && t->params.class != SCHED_BEST_EFFORT && now + job[i].left < stop)
			stop = now + job[i].left;
		assert_true(stop > now);
		if (i >= 0 && t->params.class != SCHED_BEST_EFFORT) {
			job[i].left -= stop - now;
			if (!job[i].left) {
				assert_true(stop <= job[i].deadline);
				sched_sleep(&s, t, stop);
				jobs_done++;
			}
		}
		now = stop;
	}
}

static void test_deadlines(void **state)
{
	(void)state;
	jobs_done = 0;
	for (unsigned int seed = 1; seed <= 300; seed++) {
		int count = 0;

		setup(NULL);
		srand(seed);
		for (int tries = 0; tries < 40 && count < TASKS - 2; tries++) {
			uint64_t period = 20 + (uint64_t)rand() % 3000;
			uint64_t budget = 1 + (uint64_t)rand() % period;

			if (rand() % 2)
				budget = 1 + budget / 8;
			if (add(count, 1 + (uint32_t)rand() % 2, 0, budget, period))
				continue;
			job[count] = (struct job){ .release = now + (uint64_t)rand() % 500 };
			count++;
		}
		for (int i = 0; i < 2; i++, count++) {
			assert_int_equal(add(count, SCHED_BEST_EFFORT, 1, 0, 0), 0);
			sched_wake(&s, &task[count], now);
		}
		run_jobs(count, now + 60000);
	}
	assert_true(jobs_done > 100000);
}

/* Real-time tasks that never stop take no more than they were promised from a best-effort one. */
static void test_hogs(void **state)
{
	(void)state;
	assert_int_equal(add(0, SCHED_SOFT, 0, 300, 1000), 0);
	assert_int_equal(add(1, SCHED_HARD, 0, 40, 200), 0);
	assert_int_equal(add(2, SCHED_BEST_EFFORT, 1, 0, 0), 0);
	for (int i = 0; i < 3; i++)
		sched_wake(&s, &task[i], now);
	run_until(now + 10000000);
	near(ran[0], 3000000, 2 * PERIOD);
	near(ran[1], 2000000, 2 * PERIOD);
	near(ran[2], 5000000, 2 * PERIOD);
	sched_remove(&s, &task[1], now);
	ran[0] = ran[2] = 0;
	run_until(now + 10000000);
	near(ran[0], 3000000, 2 * PERIOD);
	near(ran[2], 7000000, 2 * PERIOD);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_weights),	TEST(test_sleeper),	   TEST(test_no_timer),
		TEST(test_hard_is_bounded), TEST(test_overrun_is_paid_back), TEST(test_defer),
		TEST(test_alone_costs_nothing), TEST(test_hand_over), TEST(test_switch), TEST(test_admission),
		TEST(test_ghost),	TEST(test_bad_parameters), TEST(test_deadlines),
		TEST(test_hogs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
