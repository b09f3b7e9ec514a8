// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that make address spaces and dispatchers of capabilities, and try what must be refused. All
 * but the long ones run on an image that holds the invariants after each operation.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"
#include "user/report.h"

#define PROGRAM "build/caps"
#define HUGE (1ul << 30)

static struct report *report;

/* @image: name of an environment variable */
static void caps(const char *image, uint64_t mode, uint64_t argument)
{
	const uint64_t magic = REPORT_MAGIC;
	unsigned char *file;
	struct report *r;
	uint64_t bytes;

	guest_image(getenv(image));
	file = guest_module(PROGRAM, "caps", &bytes);
	r = memmem(file, bytes, &magic, sizeof(magic));
	assert_non_null(r);
	r->mode = mode;
	r->argument = argument;
	report = NULL;
}

static bool found(void)
{
	for (uint64_t pa = GUEST_OWN; pa < GUEST_OWN + GUEST_OWN_BYTES; pa += ABI_PAGE_SIZE) {
		struct report *r = guest_at(pa);

		if (r->magic == REPORT_MAGIC && r->running)
			report = r;
	}
	return report;
}

static bool over(void)
{
	return guest_line(1, "caps ended") || guest_line(1, "caps killed") || report->wrong;
}

static bool gone(void)
{
	return guest_line(1, "the core's first program is gone");
}

static void check_report(void)
{
	if (report->wrong) {
		guest_show_console();
		fail_msg("check %lu of the program: %ld, not %ld", report->wrong,
			 (int64_t)report->result[0], (int64_t)report->result[1]);
	}
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
}

static void run(void)
{
	guest_running();
	guest_wait(found, "the program");
	guest_wait(over, "the program's end");
	check_report();
}

static void run_checked(uint64_t mode, uint64_t argument)
{
	caps("CHECKED", mode, argument);
	assert_true(guest_symbol("cap_check"));
	run();
}

static void test_spaces(void **state)
{
	(void)state;
	run_checked(MODE_SPACES, 0);
	assert_true(guest_line(1, "caps ended with status 0"));
}

static void test_huge(void **state)
{
	uint64_t *last;

	(void)state;
	caps("CHECKED", MODE_HUGE, 0x123456789);
	guest_extent(HUGE, HUGE, ABI_EXTENT_SHARED);
	last = guest_at(2 * HUGE - 8);
	*last = 0x123456789;
	run();
	assert_true(guest_line(1, "caps ended with status 0"));
	assert_int_equal(*(uint64_t *)guest_at(HUGE), 0x12345678a);
}

static void test_write_execute(void **state)
{
	(void)state;
	run_checked(MODE_WRITE_EXECUTE, 0);
	assert_true(guest_line(1, "caps ended with status 0"));
}

static void test_unmappable(void **state)
{
	(void)state;
	run_checked(MODE_UNMAPPABLE, 0);
	assert_true(guest_line(1, "caps ended with status 0"));
}

static void test_set_up(void **state)
{
	(void)state;
	run_checked(MODE_SET_UP, 0);
	assert_true(guest_line(1, "caps ended with status 0"));
	assert_true(guest_line(1, "child killed at 0x405000"));
}

static void test_revoked(void **state)
{
	(void)state;
	run_checked(MODE_REVOKED, 0);
	assert_int_equal(report->result[3], 1);
	assert_true(guest_line(1, "caps killed"));
	guest_wait(gone, "the end of the first program");
}

static void test_paging(void **state)
{
	(void)state;
	run_checked(MODE_PAGING, 0);
	assert_true(guest_line(1, "caps ended with status 0"));
}

static void test_agreed(void **state)
{
	(void)state;
	run_checked(MODE_AGREED, GUEST_KERNEL);
	assert_true(guest_line(1, "caps ended with status 0"));
}

static void test_many_checked(void **state)
{
	(void)state;
	run_checked(MODE_MANY, 30);
	assert_int_equal(report->progress, 30);
	assert_true(guest_line(1, "caps ended with status 0"));
}

static void test_many(void **state)
{
	(void)state;
	caps("IMAGE", MODE_MANY, 1000);
	run();
	assert_int_equal(report->progress, 1000);
	assert_true(guest_line(1, "caps ended with status 0"));
}

/* Messages are served while a program clears megabytes and empties thousands of slots. */
static void test_lengthy(void **state)
{
	struct abi_ctl_bind bind;

	(void)state;
	caps("IMAGE", MODE_LENGTHY, 0);
	guest_running();
	guest_wait(found, "the program");
	bind = guest_bind(ABI_SERVICE_ECHO);
	assert_int_equal(guest_ask(ABI_CTL_BIND, &bind, sizeof(bind)), 0);
	for (uint64_t i = 0; i < 200 || !report->progress; i++) {
		assert_int_equal(urpc_send(&guest_bound, 1, &i, sizeof(i)), 0);
		if (urpc_notify_needed(&guest_bound))
			guest_bell();
		assert_int_equal(guest_receive().payload[0], i);
	}
	check_report();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_spaces),  TEST(test_huge),	TEST(test_write_execute), TEST(test_unmappable),
		TEST(test_set_up),  TEST(test_revoked), TEST(test_paging),	  TEST(test_many_checked),
		TEST(test_many),    TEST(test_lengthy), TEST(test_agreed),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
