// SPDX-License-Identifier: GPL-2.0-only
/*
 * The run-time library in ring 3, on the CPU driver's image without Linux: each test is a program that
 * runs one function of user/, and ends with a status. Runs in ../bare.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guest.h"

static const char *awaited;

static bool printed(void)
{
	return guest_line(1, awaited) || guest_line(1, "killed at") || guest_line(1, "FAILED: ");
}

static uint64_t wait_line(const char *text)
{
	awaited = text;
	guest_wait(printed, text);
	return guest_line(1, text);
}

static void run(const char *name, int status)
{
	char line[80];

	assert_non_null(getenv("PROGRAM"));
	guest_module(getenv("PROGRAM"), name, NULL);
	guest_boot->flags = 0;
	guest_running();
	wait_line(" ended with status ");
	snprintf(line, sizeof(line), "%s ended with status %d", name, status);
	if (getenv("SHOW") || !guest_line(1, line))
		guest_show_console();
	assert_true(guest_line(1, line));
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
}

#define PLAIN(name)                                                                                \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		run(#name, 0);                                                                     \
	}

#define PLAIN_TESTS(T)                                                                             \
	T(threads) T(limit) T(registers) T(mutex) T(condition) T(timed) T(semaphore) T(rwlock)     \
	T(futex) T(once) T(keys) T(tls) T(sleep) T(storm) T(linux) T(step) T(fairness) T(waitset)  \
	T(demand) T(messages)

PLAIN_TESTS(PLAIN)

/* Ways to end that are not the program's wish: a message, and a status as a shell would show it. */
static const struct {
	const char *name;
	int status;
	const char *message;
} ends[] = {
	{ "fault", 139, "0x123000" },
	{ "fault_disabled", 139, "0x123000" },
	{ "overflow", 139, "stack" },
	{ "opcode", 132, "undefined instruction" },
	{ "division", 136, "division" },
	{ "last", 0, "the last thread ends" },
};

static void end(unsigned int n)
{
	run(ends[n].name, ends[n].status);
	if (!guest_line(1, ends[n].message)) {
		guest_show_console();
		fail_msg("no line has '%s'", ends[n].message);
	}
}

#define END(n)                                                                                     \
	static void test_end_##n(void **state)                                                     \
	{                                                                                          \
		(void)state;                                                                       \
		end(n);                                                                            \
	}

END(0)
END(1)
END(2)
END(3)
END(4)
END(5)

/* The first program serves the second one, by upcalls. */
static void serve(const char *server)
{
	guest_module(getenv("PROGRAM"), server, NULL);
	guest_module(getenv("PROGRAM"), "client", NULL);
	guest_boot->flags = 0;
	guest_running();
	wait_line("client ended with status ");
	if (getenv("SHOW") || !guest_line(1, "client ended with status 0"))
		guest_show_console();
	assert_true(guest_line(1, "client ended with status 0"));
	assert_false(guest_line(1, "FAILED"));
}

static void test_lrpc(void **state)
{
	(void)state;
	serve("server");
}

static void test_lrpc_busy(void **state)
{
	(void)state;
	serve("server_busy");
}

/* A program that serves node 0; all messages come back, also those that wake a core that sleeps. */
static void talk(unsigned int count, unsigned int at_once)
{
	unsigned int sent = 0, got = 0;

	while (got < count) {
		struct urpc_msg msg;

		while (sent < count && sent - got < at_once) {
			uint64_t payload[2] = { sent, ~sent };

			if (urpc_send(&guest_bound, (uint16_t)sent, payload, sizeof(payload)))
				break;
			sent++;
		}
		if (urpc_notify_needed(&guest_bound))
			guest_bell();
		msg = guest_receive();
		assert_int_equal(msg.type, got & 0xffff);
		assert_int_equal(msg.payload[1], ~got);
		got++;
	}
}

static void serve_node_0(const char *name)
{
	char line[80];

	guest_module(getenv("PROGRAM"), name, NULL);
	guest_boot->flags = 0;
	guest_running();
	for (int round = 0; round < 3; round++) {
		struct abi_ctl_bind bind = guest_bind(ABI_SERVICE_SPAWN);
		int rc;

		/* The program may not serve yet. */
		for (int i = 0; i < 1000; i++) {
			rc = guest_ask(ABI_CTL_BIND, &bind, sizeof(bind));
			if (rc != -2)
				break;
		}
		assert_int_equal(rc, 0);
		talk(100, 1);
		talk(5000, 200);
		assert_int_equal(guest_ask(ABI_CTL_UNBIND,
					   &(struct abi_ctl_unbind){ .channel = GUEST_CHANNEL },
					   sizeof(struct abi_ctl_unbind)), 0);
	}
	snprintf(line, sizeof(line), "%s ended with status 0", name);
	wait_line(line);
	if (!guest_line(1, line))
		guest_show_console();
	assert_true(guest_line(1, line));
}

static void test_channel(void **state)
{
	(void)state;
	serve_node_0("channel");
	assert_true(guest_core->count.sleeps > 3);
}

static void test_channel_busy(void **state)
{
	(void)state;
	serve_node_0("channel_busy");
}

/* One thread that computes: no timer interrupts it. */
static void test_quiet(void **state)
{
	uint64_t timers;

	(void)state;
	guest_module(getenv("PROGRAM"), "quiet", NULL);
	guest_boot->flags = 0;
	guest_running();
	wait_line("quiet from here");
	timers = guest_core->count.timers;
	wait_line("quiet until here");
	assert_int_equal(guest_core->count.timers, timers);
}

#define TEST(name) cmocka_unit_test_setup_teardown(test_##name, guest_setup, guest_teardown),

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		PLAIN_TESTS(TEST) TEST(lrpc) TEST(lrpc_busy) TEST(channel)
			TEST(channel_busy) TEST(quiet) TEST(end_0) TEST(end_1) TEST(end_2) TEST(end_3) TEST(end_4)
			TEST(end_5)
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
