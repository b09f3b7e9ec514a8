// SPDX-License-Identifier: GPL-2.0-only
/* The event loop with nothing to do: it polls, sleeps, and wakes for whatever comes. */
#include "node0.h"

static unsigned int turns;
static unsigned int scene; /* what the world does next */

#define LATE 60u /* cycles that the calls between take */

static uint64_t woken_at;

/*
 * Comes after the event loop's last look at the host page before it sleeps: it must not sleep over
 * it. The clock of the fake machine is exact, so that this is the turn that has polled enough.
 */
static void late_probe(void)
{
	if (fake_tsc - woken_at > fake_core->poll_cycles + LATE)
		fake_host->probe = 88;
}

/* A world that waits for the core to sleep, then wakes it; the last scene stops it. */
static void world(void)
{
	turns++;
	if (!fake_core->sleeping)
		return;
	assert_int_equal(control.rx->armed, URPC_ARMED_RECV);
	switch (scene++) {
	case 0:
		assert_int_equal(fake_timer, 0);
		assert_int_equal(urpc_send(&bound, 1, NULL, 0), 0);
		assert_true(urpc_notify_needed(&bound));
		break;
	case 1: {
		uint64_t ns = 5 * MS;

		assert_int_equal(urpc_recv(&bound, &msg), 0);
		assert_int_equal(urpc_send(&bound, 2, &ns, 8), 0);
		break;
	}
	case 2:
		fake_host->probe = 77;
		break;
	case 3:
		fake_window = late_probe;
		woken_at = fake_tsc;
		break;
	case 4:
		assert_int_equal(fake_core->probe_echo, 88);
		fake_host->command = ABI_COMMAND_STOP;
		break;
	default:
		fail_msg("the core sleeps on after it was told to stop");
	}
}

static void test_idle(void **state)
{
	uint64_t sleeps = fake_core->count.sleeps, heartbeat = fake_core->heartbeat;

	(void)state;
	assert_in_range(fake_core->block_cycles, 4000, 6000);
	assert_int_equal(fake_core->poll_cycles, fake_core->block_cycles);
	bind(ABI_SERVICE_ECHO);
	fake_world = world;
	loop_run();
	assert_int_equal(scene, 5);
	assert_int_equal(fake_core->count.sleeps, sleeps + 5);
	assert_int_equal(fake_core->sleeping, 0);
	assert_true(fake_core->heartbeat > heartbeat + 4);
	assert_true(turns > 4 * (fake_core->poll_cycles / 200)); /* it polled before each sleep */
	assert_int_equal(control.rx->armed, 0);
	fake_host->command = ABI_COMMAND_NONE;
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	assert_int_equal(unbind(), 0);
}

/* A core that sleeps while a message is delayed sets its timer, and wakes by it. */
static void delay_world(void)
{
	if (!fake_core->sleeping) {
		assert_int_equal(fake_timer, 0); /* off again after a doorbell */
		return;
	}
	if (scene++ < 2) {
		assert_in_range(fake_timer, fake_tsc, fake_tsc + 50 * MS);
		fake_doorbell = scene == 1;
		return;
	}
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	assert_int_equal(msg.type, 3);
	assert_int_equal(fake_timer, 0);
	fake_host->command = ABI_COMMAND_STOP;
}

static void test_idle_timer(void **state)
{
	uint64_t ns = 50 * MS, timers = fake_core->count.timers, before = fake_tsc;

	(void)state;
	bind(ABI_SERVICE_DELAY);
	assert_int_equal(urpc_send(&bound, 3, &ns, 8), 0);
	scene = 0;
	fake_world = delay_world;
	loop_run();
	assert_int_equal(fake_core->count.timers, timers + 1);
	assert_true(fake_tsc - before >= 50 * MS);
	fake_host->command = ABI_COMMAND_NONE;
	assert_int_equal(unbind(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_idle_timer),
	};

	return cmocka_run_group_tests(tests, node0_start, NULL);
}
