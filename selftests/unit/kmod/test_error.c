// SPDX-License-Identifier: GPL-2.0-only
/* The table of reasons is complete and its sentences fit; the first failure stays. */
#include "unit.h"
#include "error.h"

struct row {
	const char *name;
	unsigned int number;
	int error;
	const char *text;
};

static const struct row rows[] = {
#define ROW(name, number, error, text) { #name, number, error, text },
	REMORA_REASONS(ROW)
#undef ROW
};

static void table_is_complete(void **state)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		assert_int_equal(rows[i].number, i);
		assert_int_equal(remora_reason_errno(i), rows[i].error);
		assert_string_equal(remora_reason_text(i), rows[i].text);
		assert_in_range(strlen(rows[i].text), 5, REMORA_MESSAGE_MAX - 1);
		for (j = 0; j < i; j++)
			assert_string_not_equal(rows[i].text, rows[j].text);
	}
}

static void unknown_numbers(void **state)
{
	assert_int_equal(remora_reason_errno(ARRAY_SIZE(rows)), 0);
	assert_int_equal(remora_reason_errno(~0u), 0);
	assert_string_equal(remora_reason_text(ARRAY_SIZE(rows)), "unknown reason");
	assert_string_equal(remora_reason_text(~0u), "unknown reason");
}

static void fail_fills(void **state)
{
	struct remora_error err = { 0 };

	assert_int_equal(remora_fail(&err, REMORA_R_CPU_UNKNOWN, "there is no CPU %u", 9), -ENODEV);
	assert_int_equal(err.reason, REMORA_R_CPU_UNKNOWN);
	assert_string_equal(err.message, "there is no CPU 9");
}

static void first_failure_stays(void **state)
{
	struct remora_error err = { 0 };

	assert_int_equal(remora_fail(&err, REMORA_R_CPU_ZERO, NULL), -EPERM);
	assert_int_equal(remora_fail(&err, REMORA_R_NO_MEMORY, "later"), -ENOMEM);
	assert_int_equal(err.reason, REMORA_R_CPU_ZERO);
	assert_string_equal(err.message, remora_reason_text(REMORA_R_CPU_ZERO));
}

static void nobody_listens(void **state)
{
	assert_int_equal(remora_fail(NULL, REMORA_R_STATE_WRONG, NULL), -EBUSY);
	/* a warning is no errno: never 0, which would read as success */
	assert_int_equal(remora_fail(NULL, REMORA_R_CPU_SMT_SPLIT, NULL), -EINVAL);
	assert_int_equal(remora_fail(NULL, REMORA_R_NONE, NULL), -EINVAL);
}

static void long_and_odd_sentences(void **state)
{
	struct remora_error err = { 0 };
	char culprit[400];

	memset(culprit, 'x', sizeof(culprit));
	culprit[sizeof(culprit) - 1] = '\0';
	remora_fail(&err, REMORA_R_NAME_INVALID, "%s", culprit);
	assert_int_equal(strlen(err.message), REMORA_MESSAGE_MAX - 1);

	err.reason = 0;
	remora_fail(&err, REMORA_R_NAME_INVALID, "a\x1b[31m\nb\xff%c", 0x7f);
	assert_string_equal(err.message, "a?[31m?b??");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table_is_complete),
		cmocka_unit_test(unknown_numbers),
		cmocka_unit_test(fail_fills),
		cmocka_unit_test(first_failure_stays),
		cmocka_unit_test(nobody_listens),
		cmocka_unit_test(long_and_odd_sentences),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
