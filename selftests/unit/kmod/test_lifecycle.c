// SPDX-License-Identifier: GPL-2.0-only
/* Every state against every event, from the drawing in Documentation/lifecycle.md. */
#include "unit.h"
#include "lifecycle.h"
#include "pure.h"

#define STATES 5
#define NO (-1)

static const int drawing[STATES][REMORA_EV_COUNT] = {
	/*                START           UP              FAILED          STOP             DOWN            CRASH                MENDED */
	/* offline */  { REMORA_BOOTING, NO,             NO,             NO,              NO,             NO,             NO },
	/* booting */  { NO,             REMORA_RUNNING, REMORA_OFFLINE, NO,              NO,             REMORA_CRASHED, NO },
	/* running */  { NO,             NO,             NO,             REMORA_STOPPING, NO,             REMORA_CRASHED, NO },
	/* stopping */ { NO,             NO,             NO,             REMORA_STOPPING, REMORA_OFFLINE, REMORA_CRASHED, NO },
	/* crashed */  { REMORA_BOOTING, NO,             NO,             REMORA_STOPPING, NO,             REMORA_CRASHED, REMORA_RUNNING },
};

static void every_pair(void **state)
{
	int from, event;

	for (from = 0; from < STATES; from++)
		for (event = 0; event < REMORA_EV_COUNT; event++)
			assert_int_equal(remora_lifecycle_next(from, event), drawing[from][event]);
}

static void out_of_range(void **state)
{
	assert_int_equal(remora_lifecycle_next(STATES, REMORA_EV_START), -1);
	assert_int_equal(remora_lifecycle_next(-1, REMORA_EV_START), -1);
	assert_int_equal(remora_lifecycle_next(REMORA_OFFLINE, REMORA_EV_COUNT), -1);
	assert_int_equal(remora_lifecycle_next(REMORA_OFFLINE, -1), -1);
}

/* Whatever happened, there is a way back to offline. */
static void nobody_is_stuck(void **state)
{
	int from, next, rounds;

	for (from = 0; from < STATES; from++) {
		for (next = from, rounds = 0; next != REMORA_OFFLINE; rounds++) {
			static const enum remora_event ways[] = { REMORA_EV_DOWN, REMORA_EV_FAILED,
								  REMORA_EV_STOP };
			size_t i = 0;

			assert_true(rounds < STATES);
			while (remora_lifecycle_next(next, ways[i]) < 0)
				assert_true(++i < ARRAY_SIZE(ways));
			next = remora_lifecycle_next(next, ways[i]);
		}
	}
}

static void names(void **state)
{
	assert_string_equal(remora_state_name(REMORA_OFFLINE), "offline");
	assert_string_equal(remora_state_name(REMORA_BOOTING), "booting");
	assert_string_equal(remora_state_name(REMORA_RUNNING), "running");
	assert_string_equal(remora_state_name(REMORA_STOPPING), "stopping");
	assert_string_equal(remora_state_name(REMORA_CRASHED), "crashed");
	assert_string_equal(remora_state_name(STATES), "unknown");
	assert_string_equal(remora_state_name(~0u), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_pair),
		cmocka_unit_test(out_of_range),
		cmocka_unit_test(nobody_is_stuck),
		cmocka_unit_test(names),
	};

	return cmocka_run_group_tests_name("lifecycle", tests, NULL, NULL);
}
