// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tables of steps: whatever fails, and wherever acquiring began, everything acquired is released
 * exactly once and in mirror order.
 */
#include "unit.h"
#include "steps.h"

#define STEPS 6

/* What happened, in order: +n for acquire of step n, -n for its release (n from 1). */
struct world {
	int log[4 * STEPS];
	unsigned int logged;
	int held[STEPS];
	int fail_at; /* step whose acquire fails, or -1 */
};

static const char *fault; /* step to fail by injection, or NULL */

bool remora_steps_fault(const char *name)
{
	if (!fault || strcmp(fault, name))
		return false;
	fault = NULL;
	return true;
}

static int acquire(struct world *w, int step, struct remora_error *err)
{
	assert_int_equal(w->held[step], 0);
	if (w->fail_at == step)
		return remora_fail(err, REMORA_R_NO_MEMORY, "step %d", step);
	w->held[step]++;
	w->log[w->logged++] = step + 1;
	return 0;
}

static void release(struct world *w, int step)
{
	assert_int_equal(w->held[step], 1);
	w->held[step]--;
	w->log[w->logged++] = -(step + 1);
}

#define STEP(n) \
	static int acquire_##n(void *w, struct remora_error *err) { return acquire(w, n, err); } \
	static void release_##n(void *w) { release(w, n); }
STEP(0) STEP(1) STEP(2) STEP(3) STEP(4) STEP(5)

static const struct remora_step table[STEPS] = {
	{ "zero", acquire_0, release_0 },
	{ "one", acquire_1, release_1 },
	{ "two", acquire_2, release_2 },
	{ "three", acquire_3, release_3 },
	{ "four", acquire_4, release_4 },
	{ "five", acquire_5, release_5 },
};

static void assert_log(const struct world *w, const int *expected, unsigned int count)
{
	assert_int_equal(w->logged, count);
	if (count)
		assert_memory_equal(w->log, expected, count * sizeof(int));
}

static void up_and_down(void **state)
{
	static const int expected[] = { 1, 2, 3, 4, 5, 6, -6, -5, -4, -3, -2, -1 };
	struct world w = { .fail_at = -1 };
	struct remora_error err = { 0 };
	unsigned int done = 0;

	assert_int_equal(remora_steps_acquire(table, STEPS, &done, &w, &err), 0);
	assert_int_equal(done, STEPS);
	assert_int_equal(remora_steps_acquire(table, STEPS, &done, &w, &err), 0);
	remora_steps_release(table, 0, &done, &w);
	assert_int_equal(done, 0);
	remora_steps_release(table, 0, &done, &w);
	assert_log(&w, expected, ARRAY_SIZE(expected));
	assert_int_equal(err.reason, REMORA_R_NONE);
}

/* Begin at @first, fail at @fail: exactly [first, fail) is acquired, then released in mirror. */
static void fail_once(unsigned int first, unsigned int fail, bool injected)
{
	struct world w = { .fail_at = -1 };
	struct remora_error err = { 0 };
	unsigned int done = 0, i, n = 0;
	int expected[4 * STEPS];
	int ret;

	assert_int_equal(remora_steps_acquire(table, first, &done, &w, &err), 0);
	w.logged = 0;
	if (injected)
		fault = table[fail].name;
	else
		w.fail_at = fail;
	ret = remora_steps_acquire(table, STEPS, &done, &w, &err);

	assert_int_equal(ret, injected ? -EIO : -ENOMEM);
	assert_int_equal(err.reason, injected ? REMORA_R_FAULT_INJECTED : REMORA_R_NO_MEMORY);
	if (injected)
		assert_non_null(strstr(err.message, table[fail].name));
	assert_int_equal(done, first);
	for (i = first; i < fail; i++)
		expected[n++] = i + 1;
	for (i = fail; i > first; i--)
		expected[n++] = -(int)i;
	assert_log(&w, expected, n);
	for (i = 0; i < STEPS; i++)
		assert_int_equal(w.held[i], i < first);

	/* the way is free again */
	w.fail_at = -1;
	w.logged = 0;
	assert_int_equal(remora_steps_acquire(table, STEPS, &done, &w, &err), 0);
	assert_int_equal(done, STEPS);
	remora_steps_release(table, 0, &done, &w);
	for (i = 0; i < STEPS; i++)
		assert_int_equal(w.held[i], 0);
}

static void every_step_fails(void **state)
{
	unsigned int first, fail;

	for (first = 0; first < STEPS; first++)
		for (fail = first; fail < STEPS; fail++) {
			fail_once(first, fail, false);
			fail_once(first, fail, true);
		}
}

static void release_keeps(void **state)
{
	static const int expected[] = { -6, -5, -4 };
	struct world w = { .fail_at = -1 };
	unsigned int done = 0;

	assert_int_equal(remora_steps_acquire(table, STEPS, &done, &w, NULL), 0);
	w.logged = 0;
	remora_steps_release(table, 3, &done, &w);
	assert_int_equal(done, 3);
	assert_log(&w, expected, ARRAY_SIZE(expected));
	remora_steps_release(table, STEPS, &done, &w);
	assert_int_equal(done, 3);
	remora_steps_release(table, 0, &done, &w);
}

static void nothing_to_release(void **state)
{
	static const struct remora_step some[] = {
		{ "zero", acquire_0, release_0 },
		{ "one", acquire_1, NULL },
		{ "two", acquire_2, release_2 },
	};
	static const int expected[] = { 1, 2, 3, -3, -1 };
	struct world w = { .fail_at = -1 };
	unsigned int done = 0;

	assert_int_equal(remora_steps_acquire(some, ARRAY_SIZE(some), &done, &w, NULL), 0);
	remora_steps_release(some, 0, &done, &w);
	assert_log(&w, expected, ARRAY_SIZE(expected));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(up_and_down),
		cmocka_unit_test(every_step_fails),
		cmocka_unit_test(release_keeps),
		cmocka_unit_test(nothing_to_release),
	};

	return cmocka_run_group_tests_name("steps", tests, NULL, NULL);
}
