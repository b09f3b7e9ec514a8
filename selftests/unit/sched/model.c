// SPDX-License-Identifier: GPL-2.0-only
/*
 * The scheduler against a model that does the same one unit of time after the other, from the rules
 * in scheduler.h alone: no events, no sums, no lists. Random tasks come, go, sleep, wake, defer and
 * hand over; after every unit both must have run the same task.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <errors.h>
#include <scheduler.h>

#define TASKS 8
#define SEEDS 400
#define UNITS 20000

struct server {
	int64_t budget, period, left, deadline;
};

struct model {
	bool added, runnable;
	struct sched_params p;
	struct server v;
	uint64_t virtual, remainder, order;
};

static struct model m[TASKS];
static struct server background;
static int turn, alone; /* alone: task, BACKGROUND or NOBODY */
static int64_t slice, slice_left;
static uint64_t top_virtual, orders;

static struct sched s;
static struct sched_task task[TASKS];

#define NOBODY (-1)
#define BACKGROUND TASKS

static bool is_real_time(int i)
{
	return m[i].p.class != SCHED_BEST_EFFORT;
}

static struct server *server(int i)
{
	return i == BACKGROUND || !is_real_time(i) ? &background : &m[i].v;
}

static void renew(struct server *v, int64_t start)
{
	v->left = (v->left < 0 ? v->left : 0) + v->budget;
	v->deadline = start + v->period;
}

static void joins(struct server *v, int64_t now)
{
	if (v->deadline <= now)
		renew(v, now);
	else if (v->left > 0 && (__int128)v->left * v->period >
					(__int128)(v->deadline - now) * v->budget)
		renew(v, now);
}

static int best_effort(void)
{
	int count = 0;

	for (int i = 0; i < TASKS; i++)
		count += m[i].runnable && !is_real_time(i);
	return count;
}

static int lowest(int except)
{
	int best = NOBODY;

	for (int i = 0; i < TASKS; i++) {
		if (!m[i].runnable || is_real_time(i) || i == except)
			continue;
		if (best == NOBODY || m[i].virtual < m[best].virtual ||
		    (m[i].virtual == m[best].virtual && m[i].order < m[best].order))
			best = i;
	}
	return best;
}

static void model_wake(int i, int64_t now)
{
	if (!m[i].added || m[i].runnable)
		return;
	if (is_real_time(i)) {
		joins(&m[i].v, now);
	} else {
		if (!best_effort())
			joins(&background, now);
		if (m[i].virtual < top_virtual) {
			m[i].virtual = top_virtual;
			m[i].remainder = 0;
		}
	}
	m[i].runnable = true;
	m[i].order = ++orders;
}

static void model_sleep(int i)
{
	m[i].runnable = false;
	if (turn == i)
		turn = NOBODY;
}

static void postpone(struct server *v)
{
	v->left += v->budget;
	v->deadline += v->period;
}

static void model_defer(int i)
{
	int other;

	if (!m[i].runnable)
		return;
	if (!is_real_time(i)) {
		other = lowest(i);
		if (other != NOBODY && m[other].virtual > m[i].virtual)
			m[i].virtual = m[other].virtual;
		m[i].order = ++orders;
		if (turn == i)
			turn = NOBODY;
	} else if (m[i].v.left > 0 && alone != i) {
		m[i].v.left = 0;
		if (m[i].p.class == SCHED_SOFT)
			postpone(&m[i].v);
	}
}

/* Who runs in the unit that begins now. */
static int model_run(int64_t now)
{
	int ready, best;

	for (int pass = 0;; pass++) {
		ready = best_effort() > 0;
		best = NOBODY;
		for (int i = 0; i < TASKS; i++) {
			struct server *v = &m[i].v;

			if (!m[i].runnable || !is_real_time(i))
				continue;
			if (v->left <= 0 && v->deadline <= now)
				renew(v, v->deadline);
			if (v->left <= 0)
				continue;
			ready++;
			if (best == NOBODY || v->deadline < m[best].v.deadline ||
			    (v->deadline == m[best].v.deadline && m[i].order < m[best].order))
				best = i;
		}
		if (alone == NOBODY || ready <= 1 || pass)
			break;
		joins(server(alone), now);
	}
	if (best_effort() &&
	    (best == NOBODY || (background.budget && background.deadline < m[best].v.deadline))) {
		if (turn == NOBODY || !slice_left) {
			turn = lowest(NOBODY);
			slice_left = slice;
			if (m[turn].virtual > top_virtual)
				top_virtual = m[turn].virtual;
		}
		best = turn;
	}
	alone = NOBODY;
	if (ready == 1 && best != NOBODY && m[best].p.class != SCHED_HARD)
		alone = is_real_time(best) ? best : BACKGROUND;
	return best;
}

static void model_unit(int i)
{
	struct server *v;

	if (i == NOBODY)
		return;
	v = server(i);
	if (!is_real_time(i)) {
		if (best_effort() > 1)
			slice_left--;
		if (++m[i].remainder == m[i].p.weight) {
			m[i].remainder = 0;
			m[i].virtual++;
		}
	}
	if (alone != NOBODY)
		return;
	if (!--v->left && (!is_real_time(i) || m[i].p.class == SCHED_SOFT))
		postpone(v);
}

static void add(int i, int64_t now)
{
	uint64_t whole = s.promised, period = 4 + (uint64_t)rand() % 200;
	struct sched_params p = { (uint32_t)rand() % 3, 1 + (uint32_t)rand() % 9,
				  1 + (uint64_t)rand() % (period / 2), period };

	if (sched_add(&s, &task[i], &p, (uint64_t)now))
		return;
	m[i] = (struct model){ .added = true, .p = p };
	m[i].v = (struct server){ (int64_t)p.budget, (int64_t)p.period, 0, 0 };
	m[i].virtual = top_virtual;
	if (p.class == SCHED_BEST_EFFORT)
		return;
	assert_true(s.promised > whole && s.promised <= SCHED_WHOLE);
	background.budget = (int64_t)((double)background.period *
				      (double)(SCHED_WHOLE - s.promised) / (double)SCHED_WHOLE);
	background.left = background.budget;
	background.deadline = (background.deadline > now ? background.deadline : now) +
			      background.period;
}

static void event(int64_t now)
{
	int i = rand() % TASKS, k = rand() % TASKS;

	switch (rand() % 8) {
	case 0:
	case 1:
	case 2:
		sched_wake(&s, &task[i], (uint64_t)now);
		model_wake(i, now);
		break;
	case 3:
	case 4:
		sched_sleep(&s, &task[i], (uint64_t)now);
		model_sleep(i);
		break;
	case 5:
		sched_defer(&s, &task[i], (uint64_t)now);
		model_defer(i);
		break;
	case 6:
		if (!m[i].added || !m[k].added)
			break;
		sched_hand_over(&s, &task[i], &task[k], (uint64_t)now);
		model_wake(k, now);
		if (turn == i && !is_real_time(k))
			turn = k;
		break;
	default:
		if (!m[i].added)
			add(i, now);
		else if (!is_real_time(i)) {
			sched_remove(&s, &task[i], (uint64_t)now);
			model_sleep(i);
			m[i].added = false;
		}
	}
}

static void run(unsigned int seed)
{
	uint64_t until = 0;
	int64_t start = 1000 + rand() % 1000;
	int picked = NOBODY, same = 0;
	int often = 1 + rand() % 60;

	for (int64_t now = start; now < start + UNITS; now++) {
		bool changed = false;
		int wanted;

		if (!(rand() % often)) {
			event(now);
			changed = true;
		}
		wanted = model_run(now);
		if (changed || (uint64_t)now == until || now == start) {
			struct sched_task *t = sched_pick(&s, (uint64_t)now, &until);

			assert_true(until > (uint64_t)now);
			picked = t ? (int)(t - task) : NOBODY;
		}
		if (picked != wanted)
			fail_msg("seed %u, time %ld: task %d runs, the model runs %d", seed, now,
				 picked, wanted);
		model_unit(wanted);
		same += wanted != NOBODY;
	}
	assert_true(same > 0);
}

static void test_same_as_model(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed <= SEEDS; seed++) {
		srand(seed);
		memset(m, 0, sizeof(m));
		memset(task, 0, sizeof(task));
		slice = 1 + rand() % 50;
		slice_left = 0;
		background = (struct server){ .period = 16 << rand() % 6 };
		background.budget = background.left = background.period;
		turn = alone = NOBODY;
		top_virtual = orders = 0;
		sched_init(&s, (uint64_t)slice, (uint64_t)background.period);
		run(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_same_as_model) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
