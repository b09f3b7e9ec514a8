// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs with a C library in ring 3, on the CPU driver's image without Linux: each test is one of
 * partition/libc/tests, as the core's first domain. Runs in ../bare. PROGRAMS: where they are.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

static bool over(void)
{
	return guest_line(1, " ended with status ") || guest_line(1, "killed at");
}

static void run(const char *name, int status, const char *says)
{
	char line[80], path[4096];

	assert_non_null(getenv("PROGRAMS"));
	snprintf(path, sizeof(path), "%s/%s", getenv("PROGRAMS"), name);
	guest_module(path, name, NULL);
	guest_boot->flags = 0;
	guest_running();
	guest_wait(over, "the program's end");
	snprintf(line, sizeof(line), "%s ended with status %d", name, status);
	if (getenv("SHOW") || !guest_line(1, line) || !guest_line(1, says))
		guest_show_console();
	assert_true(guest_line(1, line));
	assert_true(guest_line(1, says));
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
}

/* The last line of a program that found nothing wrong is its plan. */
static void test_calls(void **state)
{
	(void)state;
	run("calls", 0, "1..8");
}

static void test_pthreads(void **state)
{
	(void)state;
	run("pthreads", 0, "1..8");
}

static void test_storms(void **state)
{
	(void)state;
	run("storms", 0, "1..4");
}

static void test_mallocs(void **state)
{
	(void)state;
	run("mallocs", 0, "1..3");
}

static void test_aborts(void **state)
{
	(void)state;
	run("aborts", 134, "the program aborted");
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, guest_setup, guest_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(calls), TEST(pthreads), TEST(storms), TEST(mallocs), TEST(aborts),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
