// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names, advice, statistics and JSON.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <remora/remora.h>

#include "advice.h"
#include "json.h"
#include "stats.h"

static void test_reasons(void **state)
{
	(void)state;
#define CHECK(name, number, error, text)                                                           \
	assert_string_equal(remora_reason_name(number), #name);                                    \
	assert_string_equal(remora_reason_text(number), text);                                     \
	assert_int_equal(remora_reason_errno(number), error);                                      \
	if (!advice_reason(number))                                                                \
		fail_msg("no advice about %s", #name);
	REMORA_REASONS(CHECK)
#undef CHECK
	assert_null(remora_reason_name(9999));
	assert_null(remora_reason_text(9999));
	assert_null(advice_reason(9999));
	assert_int_equal(remora_reason_errno(9999), -1);
}

/* Faults and services have a name of their own each, the small letters of the list's. */
static void test_faults(void **state)
{
	(void)state;
#define CHECK(name, number, text)                                                                  \
	assert_int_equal(strcasecmp(remora_fault_name(number), #name), 0);                         \
	assert_string_equal(remora_fault_text(number), text);
	REMORA_FAULTS(CHECK)
#undef CHECK
#define CHECK(name, number, text)                                                                  \
	assert_int_equal(strcasecmp(remora_service_name(number), #name), 0);
	REMORA_SERVICES(CHECK)
#undef CHECK
	assert_null(remora_fault_name(0));
	assert_null(remora_fault_text(0));
	assert_null(remora_service_name(0));
	assert_null(remora_state_name(99));
	assert_null(remora_source_name(99));
}

static int nearest_rank(const uint64_t *sorted, int count, int percent)
{
	for (int i = 0; i < count; i++)
		if ((i + 1) * 100 >= count * percent)
			return (int)sorted[i];
	return -1;
}

static void test_stats(void **state)
{
	uint64_t samples[300], sorted[300];
	struct stats s = stats_of(samples, 0);

	(void)state;
	assert_int_equal(s.count + s.min + s.median + s.p99 + s.max, 0);
	for (int count = 1; count <= 300; count++) {
		for (int i = 0; i < count; i++) {
			sorted[i] = (uint64_t)i * 3 + 5;
			samples[(i * 7 + 3) % count] = 0;
		}
		/* Backwards, so that sorting is needed. */
		for (int i = 0; i < count; i++)
			samples[i] = sorted[count - 1 - i];
		s = stats_of(samples, (size_t)count);
		assert_int_equal(s.count, count);
		assert_int_equal(s.min, 5);
		assert_int_equal(s.max, sorted[count - 1]);
		assert_int_equal(s.median, nearest_rank(sorted, count, 50));
		assert_int_equal(s.p99, nearest_rank(sorted, count, 99));
	}
}

static void test_ns(void **state)
{
	(void)state;
	assert_int_equal(stats_ns(1000, 0), 0);
	assert_int_equal(stats_ns(3000, 3000000), 1000);
	assert_int_equal(stats_ns(1, 2000000), 0);
	assert_true(stats_ns(~0ull, 1000000) == ~0ull);
}

static void test_json(void **state)
{
	char *text = NULL;
	size_t size = 0;
	FILE *file = open_memstream(&text, &size);
	struct json j;

	(void)state;
	json_begin(&j, file, '{');
	json_string(&j, "a\"b\\", "x\ny\x1b\x7f\xff\"\\");
	json_bytes(&j, "bytes", "\0z", 2);
	json_number(&j, "n", UINT64_MAX);
	json_signed(&j, "s", -1);
	json_hex(&j, "h", 0xffffffff80000000);
	json_open(&j, "empty", '[');
	json_close(&j);
	json_open(&j, "list", '[');
	json_bool(&j, NULL, true);
	json_real(&j, NULL, 1.25);
	json_end(&j);
	fclose(file);
	assert_string_equal(text,
			    "{\n  \"a\\\"b\\\\\": \"x\\u000ay\\u001b\\u007f\\u00ff\\\"\\\\\",\n"
			    "  \"bytes\": \"\\u0000z\",\n"
			    "  \"n\": 18446744073709551615,\n  \"s\": -1,\n"
			    "  \"h\": \"0xffffffff80000000\",\n  \"empty\": [],\n"
			    "  \"list\": [\n    true,\n    1.2\n  ]\n}\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reasons), cmocka_unit_test(test_faults),
		cmocka_unit_test(test_stats),   cmocka_unit_test(test_ns),
		cmocka_unit_test(test_json),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
