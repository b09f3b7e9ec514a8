// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program runs between any two instructions of the monitor: each call is taken in single steps, once
 * for each place at which the program may come between. A program that went to sleep must be told.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stream.h>

#define RING ABI_STREAM_RING
#define TRAP_FLAG 0x100

static struct abi_stream stream;
static void (*other)(void);
static unsigned int step, when;
static bool asleep;

static void on_step(int number)
{
	(void)number;
	if (step++ == when)
		other();
}

static void single_step(bool on)
{
	unsigned long long flags = __builtin_ia32_readeflags_u64();

	__builtin_ia32_writeeflags_u64(on ? flags | TRAP_FLAG : flags & ~(unsigned long long)TRAP_FLAG);
}

static int begin(void **state)
{
	struct sigaction action = { .sa_handler = on_step };

	(void)state;
	return sigaction(SIGTRAP, &action, NULL);
}

/* As a run-time library: as much as there is room for, then it sleeps. */
static void writes(void)
{
	struct abi_stream_ring *r = &stream.ring[ABI_STREAM_OUTPUT];

	r->written = r->taken + RING;
	asleep = true;
}

static void reads(void)
{
	struct abi_stream_ring *r = &stream.ring[ABI_STREAM_INPUT];

	r->taken = r->written;
	asleep = true;
}

static bool taken(void)
{
	uint64_t own = 0;
	bool told;

	memset(&stream, 0, sizeof(stream));
	stream.ring[ABI_STREAM_OUTPUT].written = RING - 1;
	single_step(true);
	told = stream_taken(&stream, ABI_STREAM_OUTPUT, &own, 100);
	single_step(false);
	/* Once the room is there to be seen, it fills that too, and the next call finds the ring full. */
	return told || !asleep || stream.ring[ABI_STREAM_OUTPUT].written == own + RING;
}

static bool given(void)
{
	uint64_t own = 1;
	bool told;

	memset(&stream, 0, sizeof(stream));
	stream.ring[ABI_STREAM_INPUT].written = 1;
	single_step(true);
	told = stream_put(&stream, &own, "ab", 2);
	single_step(false);
	return told || !asleep || stream.ring[ABI_STREAM_INPUT].taken == own;
}

/* At every step, until the call is over before the step comes. */
static void everywhere(bool (*call)(void), void (*what)(void))
{
	unsigned int interrupted = 0;

	other = what;
	for (when = 0; ; when++) {
		step = 0;
		asleep = false;
		if (!call())
			fail_msg("nobody wakes the program that came at step %u", when);
		if (!asleep)
			break;
		interrupted++;
	}
	assert_true(interrupted > 10);
}

static void test_taken(void **state)
{
	(void)state;
	everywhere(taken, writes);
}

static void test_given(void **state)
{
	(void)state;
	everywhere(given, reads);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_taken), cmocka_unit_test(test_given) };

	return cmocka_run_group_tests(tests, begin, NULL);
}
