// SPDX-License-Identifier: GPL-2.0-only
/* remora trace: lines of tracefs into the order of time. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace.h"

static struct trace_counts counts;

/* What comes of @text; to be freed. */
static char *merged(const char *text, const char *partition)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, strlen(text) + 1, "r"), *out;
	char *result = NULL;
	size_t size;

	assert_non_null(in);
	out = open_memstream(&result, &size);
	assert_non_null(out);
	assert_int_equal(trace_merge(in, out, partition, &counts), 0);
	fclose(in);
	fclose(out);
	return result;
}

static void expect(const char *text, const char *partition, const char *wanted)
{
	char *got = merged(text, partition);

	assert_string_equal(got, wanted);
	free(got);
}

#define HEAD "# tracer: nop\n#\n"
#define LINE(rest) "   worker-17 [001] d..1. 5: " rest "\n"

/* A core's records stand behind Linux's later ones; those of one moment stay as they were read. */
static void test_order(void **state)
{
	(void)state;
	expect(HEAD LINE("remora_send: partition=a node=0 number=1 tsc=1000")
	       LINE("remora_receive: partition=a node=0 number=2 tsc=1900")
	       LINE("remora_receive: partition=a node=1 number=1 tsc=1500")
	       LINE("remora_send: partition=a node=1 number=2 tsc=1500"), NULL,
	       "             0  remora_send: partition=a node=0 number=1 tsc=1000\n"
	       "           500  remora_receive: partition=a node=1 number=1 tsc=1500\n"
	       "           500  remora_send: partition=a node=1 number=2 tsc=1500\n"
	       "           900  remora_receive: partition=a node=0 number=2 tsc=1900\n");
	assert_int_equal(counts.events, 4);
	assert_int_equal(counts.lost, 0);
	assert_false(counts.overrun);
}

static void test_partition(void **state)
{
	(void)state;
	expect(LINE("remora_send: partition=ab node=0 tsc=10") LINE("remora_send: partition=a node=0 tsc=30")
	       LINE("remora_send: partition=a node=1 tsc=20"), "a",
	       "             0  remora_send: partition=a node=1 tsc=20\n"
	       "            10  remora_send: partition=a node=0 tsc=30\n");
	expect(LINE("remora_send: partition=ab node=0 tsc=10"), "b", "");
}

/* What is missing is counted, and what is no event of the module is left out. */
static void test_gaps(void **state)
{
	(void)state;
	expect("CPU:1 [LOST 77 EVENTS]\n"
	       LINE("remora_lost: partition=a node=1 lost=40 bad=0 tsc=7")
	       LINE("remora_lost: partition=a node=2 lost=2 bad=1 tsc=6")
	       LINE("sched_switch: prev_comm=x tsc=1") LINE("remora_send: partition=a node=0"), NULL,
	       "             0  remora_lost: partition=a node=2 lost=2 bad=1 tsc=6\n"
	       "             1  remora_lost: partition=a node=1 lost=40 bad=0 tsc=7\n");
	assert_int_equal(counts.lost, 42);
	assert_true(counts.overrun);
	expect("", NULL, "");
	assert_int_equal(counts.events, 0);
	assert_false(counts.overrun);
}

static void test_many(void **state)
{
	char *text = NULL, *got, *at;
	size_t size;
	FILE *f = open_memstream(&text, &size);
	unsigned int i;

	(void)state;
	assert_non_null(f);
	for (i = 0; i < 5000; i++)
		fprintf(f, LINE("remora_send: partition=a node=0 number=%u tsc=%u"), i, 1000000 - i * 3);
	fclose(f);
	got = merged(text, NULL);
	assert_int_equal(counts.events, 5000);
	for (i = 5000, at = got; i--; at = strchr(at, '\n') + 1)
		assert_int_equal(strtoul(at, NULL, 10), 3 * (4999 - i));
	free(got);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_partition),
		cmocka_unit_test(test_gaps),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
