// SPDX-License-Identifier: GPL-2.0-only
/*
 * The hostile program of partition/apps, for the most part on an image that checks all capabilities after
 * every operation (CHECK=1): whatever the calls are, the invariants hold, the core serves, and a program
 * beside is as before. SEED, CALLS, CALLS_CHECKED: of the calls at random.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest.h"
#include "user/report.h"
#include "user/ways.h"

#define FUZZERS 3u

static const char *names[FUZZERS] = { "first", "second", "third" };
static uint64_t over[FUZZERS]; /* console line that told of an end */

/* A program that only counts, in domain 0's place. */
static struct report *good_program(void)
{
	static const uint64_t magic = REPORT_MAGIC;
	uint64_t bytes;
	unsigned char *file = guest_module("build/program", "good", &bytes);
	struct report *r = memmem(file, bytes, &magic, sizeof(magic));

	assert_non_null(r);
	r->mode = MODE_SPIN;
	r->instance = 0;
	return r;
}

static const struct report *running(void)
{
	for (uint64_t pa = GUEST_OWN; pa < GUEST_OWN + GUEST_OWN_BYTES; pa += ABI_PAGE_SIZE) {
		const struct report *r = guest_at(pa);

		if (r->magic == REPORT_MAGIC && r->running)
			return r;
	}
	return NULL;
}

static bool good_runs(void)
{
	return running();
}

static uint64_t good_from;

static bool good_moves(void)
{
	const struct report *r = running();

	return r && __atomic_load_n(&r->progress, __ATOMIC_RELAXED) > good_from;
}

static void hostile(const char *name, const char *way, const char *argument)
{
	static const uint64_t magic = WAYS_MAGIC;
	uint64_t bytes;
	unsigned char *file = guest_module("build/ways", name, &bytes);
	struct ways_order *order = memmem(file, bytes, &magic, sizeof(magic));

	assert_non_null(order);
	strncpy(order->way, way, sizeof(order->way) - 1);
	strncpy(order->argument, argument, sizeof(order->argument) - 1);
}

static uint64_t line_of(const char *name, const char *what)
{
	char text[96];

	snprintf(text, sizeof(text), "%s %s", name, what);
	return guest_line(1, text);
}

static time_t late; /* when those that do not end are enough */

static bool all_over(void)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < FUZZERS; i++) {
		if (!over[i])
			over[i] = line_of(names[i], "ended with status");
		if (!over[i])
			over[i] = line_of(names[i], "killed at");
		n += !!over[i] || !names[i];
	}
	return n == FUZZERS || (late && time(NULL) >= late);
}

/* How many calls the fuzzers say they made, in all: "first: fuzz: N calls, M succeeded". */
static unsigned long calls_made(void)
{
	unsigned long sum = 0;

	for (unsigned int i = 0; i < FUZZERS; i++) {
		unsigned long most = 0, calls;
		char text[ABI_CONSOLE_TEXT + 1], format[48];

		snprintf(format, sizeof(format), "%s: %%*[a-z: ]%%lu calls", names[i]);
		for (unsigned int k = 0; k < GUEST_RECORDS; k++) {
			const struct abi_console_line *l = &guest_console->line[k];

			memcpy(text, l->text, ABI_CONSOLE_TEXT);
			text[l->length <= ABI_CONSOLE_TEXT ? l->length : ABI_CONSOLE_TEXT] = 0;
			if (sscanf(text, format, &calls) == 1 && calls > most)
				most = calls;
		}
		sum += most;
	}
	return sum;
}

/* The core serves, and so does the program that was left alone. */
static void check_alive(void)
{
	struct abi_ctl_bind bind = guest_bind(ABI_SERVICE_ECHO);
	const struct report *good = running();
	uint64_t payload = 7;
	struct urpc_msg msg;

	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
	assert_int_equal(guest_ask(ABI_CTL_BIND, &bind, sizeof(bind)), 0);
	assert_int_equal(urpc_send(&guest_bound, 1, &payload, sizeof(payload)), 0);
	if (urpc_notify_needed(&guest_bound))
		guest_bell();
	msg = guest_receive();
	assert_int_equal(msg.payload[0], 7);
	assert_non_null(good);
	good_from = __atomic_load_n(&good->progress, __ATOMIC_RELAXED);
	guest_wait(good_moves, "the good program's progress");
	assert_int_equal(good->wrong, 0);
	assert_false(guest_line(1, "BREACH"));
}

static int setup(void **state)
{
	memset(over, 0, sizeof(over));
	late = 0;
	return guest_setup(state);
}

/* The image that holds the invariants against all capabilities after every operation. */
static void checked(void)
{
	assert_non_null(getenv("CHECKED"));
	guest_image(getenv("CHECKED"));
}

static void run_all(const char *const ways[FUZZERS], const char *const arguments[FUZZERS])
{
	good_program();
	for (unsigned int i = 0; i < FUZZERS; i++)
		hostile(names[i], ways[i], arguments[i]);
	guest_running();
	guest_wait(good_runs, "the good program");
	guest_wait(all_over, "the end of the others");
	check_alive();
}

static void test_refused(void **state)
{
	static const char *const ways[FUZZERS] = { "calls", "steal", "suicide" };
	static const char *const arguments[FUZZERS] = { "", "", "pml4" };

	(void)state;
	checked();
	run_all(ways, arguments);
	assert_true(line_of(names[0], "ended with status 0"));
	assert_true(line_of(names[1], "ended with status 0"));
	assert_true(line_of(names[2], "killed"));
}

static void test_suicide(void **state)
{
	static const char *const ways[FUZZERS] = { "suicide", "suicide", "suicide" };
	static const char *const arguments[FUZZERS] = { "root", "control", "ram" };

	/* Without its ground a program ends, or runs in circles: both are its own business. */
	(void)state;
	checked();
	late = time(NULL) + 5;
	run_all(ways, arguments);
}

static void fuzz(const char *calls)
{
	static const char *const ways[FUZZERS] = { "fuzz", "fuzz", "fuzz" };
	const char *env = getenv("SEED");
	const unsigned long seed = env ? strtoul(env, NULL, 0) : 1;
	const char *arguments[FUZZERS];
	char text[FUZZERS][32];

	for (unsigned int i = 0; i < FUZZERS; i++) {
		snprintf(text[i], sizeof(text[i]), "%lu:%s", seed + i, calls);
		arguments[i] = text[i];
	}
	run_all(ways, arguments);
	if (calls_made() < 2000)
		guest_show_console();
	print_message("# seed %lu: %lu calls\n", seed, calls_made());
	assert_true(calls_made() >= 2000);
}

static void test_fuzz(void **state)
{
	(void)state;
	fuzz(getenv("CALLS") ? : "40000");
}

static void test_fuzz_checked(void **state)
{
	(void)state;
	checked();
	fuzz(getenv("CALLS_CHECKED") ? : "1000");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, guest_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refused), TEST(test_suicide), TEST(test_fuzz), TEST(test_fuzz_checked),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
