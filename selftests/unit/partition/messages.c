// SPDX-License-Identifier: GPL-2.0-only
/* Messages to a CPU driver: control requests, services, a peer that breaks the protocol, doorbells. */
#include <console.h>

#include "node0.h"

static void test_bind_errors(void **state)
{
	const struct {
		size_t field;
		size_t bytes;
		uint64_t value;
		int status;
	} bad[] = {
		{ offsetof(struct abi_ctl_bind, service), 4, 0, -ERR_NOENT },
		{ offsetof(struct abi_ctl_bind, service), 4, 4, -ERR_NOENT },
		{ offsetof(struct abi_ctl_bind, channel), 4, ABI_CHANNELS_MAX, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, channel), 4, UINT32_MAX, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, slots), 4, 0, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, slots), 4, 24, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, slots), 4, 8192, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, tx), 8, FAKE_RING(4) + 64, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, tx), 8, FAKE_RING(5), -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, tx), 8, FAKE_RING(0), -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, tx), 8, FAKE_KERNEL, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, tx), 8, FAKE_SHARED + 0x100000, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, tx), 8, ~0xfffull, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, rx), 8, FAKE_RING(3), -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, rx), 8, FAKE_OWN, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, rx), 8, 0, -ERR_INVAL },
		/* The CPU driver's own services are for Linux alone. */
		{ offsetof(struct abi_ctl_bind, peer), 4, 2, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, peer_apic_id), 4, 12, -ERR_INVAL },
		{ offsetof(struct abi_ctl_bind, channel), 4, ABI_CHANNEL_MONITOR(0), -ERR_INVAL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct abi_ctl_bind request = good_bind(ABI_SERVICE_ECHO);

		memcpy((char *)&request + bad[i].field, &bad[i].value, bad[i].bytes);
		assert_int_equal(ask(ABI_CTL_BIND, request), bad[i].status);
	}
	assert_int_equal(unbind(), -ERR_NOENT);
	bind(ABI_SERVICE_ECHO);
	struct abi_ctl_bind twice = good_bind(ABI_SERVICE_ECHO);

	assert_int_equal(ask(ABI_CTL_BIND, twice), -ERR_BUSY);
	twice.channel++;
	assert_int_equal(ask(ABI_CTL_BIND, twice), -ERR_INVAL); /* rings in use */
	assert_int_equal(unbind(), 0);
	assert_int_equal(unbind(), -ERR_NOENT);
}

static void test_bad_requests(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_ECHO);
	struct abi_ctl_fault fault = { .kind = 77 };
	uint64_t errors = fake_core->count.protocol_errors;

	(void)state;
	assert_int_equal(ask_bytes(ABI_CTL_BIND, &request, sizeof(request) - 1), -ERR_PROTO);
	assert_int_equal(ask_bytes(ABI_CTL_BIND, &request, 4), -ERR_PROTO);
	assert_int_equal(ask(99, request), -ERR_NOSYS);
	assert_int_equal(fake_core->count.protocol_errors, errors + 3);
	assert_int_equal(ask(ABI_CTL_FAULT, fault), -ERR_INVAL);
	fake_boot->flags = 0;
	fault.kind = ABI_FAULT_PAGE;
	assert_int_equal(ask(ABI_CTL_FAULT, fault), -ERR_PERM);
	fake_boot->flags = ABI_BOOT_FAULTS;
}

static void test_echo(void **state)
{
	unsigned int sent = 0, got = 0;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	while (got < 1000) {
		uint64_t payload[7] = { sent, ~sent };

		if (sent < 1000 && !urpc_send(&bound, (uint16_t)sent, payload, sent % 57))
			sent++;
		/* Now and then only, so that the windows fill up both ways. */
		if (sent % 23 == 0 || sent == 1000)
			fake_step();
		while ((sent % 7 == 0 || sent == 1000) && !urpc_recv(&bound, &msg)) {
			assert_int_equal(msg.type, got);
			assert_int_equal(msg.len, got % 57);
			if (msg.len >= 8)
				assert_int_equal(msg.payload[0], got);
			got++;
		}
		if (urpc_can_send(&bound))
			continue;
		fake_step();
		while (!urpc_recv(&bound, &msg)) {
			assert_int_equal(msg.type, got);
			got++;
		}
	}
	assert_int_equal(unbind(), 0);
}

/* A client that never takes its answers stalls its own channel and nobody else. */
static void test_back_pressure(void **state)
{
	unsigned int sent = 0, got = 0;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	for (unsigned int i = 0; i < 200; i++) {
		if (!urpc_send(&bound, (uint16_t)sent, NULL, 0))
			sent++;
		fake_step();
	}
	assert_int_equal(sent, 2 * FAKE_SLOTS);
	assert_true(links_arm()); /* may sleep: armed for room */
	assert_int_equal(bound.rx->armed, URPC_ARMED_SEND);
	links_disarm();
	for (unsigned int i = 0; i < 2 * FAKE_SLOTS; i++) {
		while (urpc_recv(&bound, &msg))
			fake_step();
		assert_int_equal(msg.type, got++);
	}
	assert_int_equal(unbind(), 0);
}

static void test_delay(void **state)
{
	unsigned int got = 0;

	(void)state;
	bind(ABI_SERVICE_DELAY);
	for (unsigned int i = 0; i < FAKE_SLOTS; i++) {
		uint64_t ns = (FAKE_SLOTS - i) * MS;

		assert_int_equal(urpc_send(&bound, (uint16_t)i, &ns, 8), 0);
	}
	fake_step();
	assert_int_equal(urpc_recv(&bound, &msg), -URPC_EAGAIN);
	for (unsigned int ms = 1; ms <= FAKE_SLOTS; ms++) {
		fake_tsc += MS;
		fake_step();
		while (!urpc_recv(&bound, &msg))
			assert_int_equal(msg.type, FAKE_SLOTS - ++got);
		assert_int_equal(got, ms);
	}
	assert_int_equal(unbind(), 0);
}

/* Messages that wait count against the window; those of a closed channel never come back. */
static void test_delay_limits(void **state)
{
	uint64_t ns = UINT64_MAX; /* cut to ten seconds */
	unsigned int sent = 0;

	(void)state;
	bind(ABI_SERVICE_DELAY);
	for (unsigned int i = 0; i < 200; i++) {
		sent += !urpc_send(&bound, 0, &ns, 8);
		fake_step();
	}
	assert_int_equal(sent, 2 * FAKE_SLOTS);
	assert_true(links_arm()); /* stalled by its timers alone */
	links_disarm();
	fake_tsc += 10001 * MS;
	fake_step();
	for (unsigned int i = 0; i < FAKE_SLOTS; i++)
		assert_int_equal(urpc_recv(&bound, &msg), 0);
	fake_step();
	assert_int_equal(unbind(), 0);
	bind(ABI_SERVICE_DELAY);
	fake_tsc += 20000 * MS;
	fake_step();
	assert_int_equal(urpc_recv(&bound, &msg), -URPC_EAGAIN);
	assert_int_equal(unbind(), 0);
}

static void test_sink(void **state)
{
	unsigned int sent = 0;

	(void)state;
	bind(ABI_SERVICE_SINK);
	while (sent < 500) {
		if (!urpc_send(&bound, 0, "12345678901", 11))
			sent++;
		else
			fake_step();
	}
	while (urpc_send(&bound, 1, NULL, 0))
		fake_step();
	fake_step();
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	assert_int_equal(msg.type, 1);
	assert_int_equal(msg.payload[0], 501);
	assert_int_equal(msg.payload[1], 5500);
	assert_int_equal(unbind(), 0);
}

/* Node 0 is told that the bound channel was closed. */
static void expect_closed(void)
{
	struct abi_ctl_closed event;

	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_CLOSED);
	assert_int_equal(msg.len, sizeof(event));
	memcpy(&event, msg.payload, sizeof(event));
	assert_int_equal(event.tag, 0);
	assert_int_equal(event.channel, CHANNEL);
	assert_int_equal(event.status, -ERR_PROTO);
}

static void test_broken(void **state)
{
	uint64_t errors = fake_core->count.protocol_errors;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	bound.tx->slots[1].header = ~0ull;
	fake_step();
	assert_int_equal(fake_core->count.protocol_errors, errors + 1);
	expect_closed();
	assert_int_equal(unbind(), 0); /* control goes on */
	assert_int_equal(unbind(), -ERR_NOENT);
	bind(ABI_SERVICE_DELAY);
	uint64_t ns = 5 * MS;

	assert_int_equal(urpc_send(&bound, 0, &ns, 8), 0);
	fake_step();
	bound.tx->slots[2].header = URPC_HDR_CONTINUES | 2;
	fake_step();
	assert_int_equal(fake_core->count.protocol_errors, errors + 2);
	fake_tsc += 10 * MS;
	fake_step(); /* the waiting message went with its channel */
	assert_int_equal(urpc_recv(&bound, &msg), -URPC_EAGAIN);
	expect_closed();
	struct abi_ctl_bind again = good_bind(ABI_SERVICE_ECHO);

	assert_int_equal(ask(ABI_CTL_BIND, again), -ERR_BUSY); /* its number is not free yet */
	assert_int_equal(unbind(), 0);
}

/* Node 0 takes no control message for a while: it is told of the closing once it does, and once. */
static void test_broken_untold(void **state)
{
	struct abi_ctl_unbind request = { .channel = ABI_CHANNELS_MAX };
	unsigned int answers = 0;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	for (unsigned int i = 0; i < FAKE_SLOTS; i++) {
		assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &request, sizeof(request)), 0);
		fake_step();
	}
	bound.tx->slots[1].header = ~0ull;
	fake_step();
	assert_true(links_arm());
	assert_int_equal(control.rx->armed, URPC_ARMED_SEND | URPC_ARMED_RECV);
	links_disarm();
	while (!urpc_recv(&control, &msg))
		answers += msg.type == (ABI_CTL_REPLY | ABI_CTL_UNBIND);
	assert_int_equal(answers, FAKE_SLOTS);
	urpc_ack(&control);
	assert_false(links_arm()); /* there is room: no sleep before it is told */
	fake_step();
	expect_closed();
	assert_true(links_arm());
	links_disarm();
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	assert_int_equal(unbind(), 0);

	/* Unbound before it could be told: the number is free, and nothing is said. */
	bind(ABI_SERVICE_ECHO);
	assert_int_equal(unbind(), 0);
}

/* A nonsense acknowledgement is found while the window is full, when messages are refused. */
static void test_broken_full(void **state)
{
	uint64_t errors = fake_core->count.protocol_errors;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	for (unsigned int i = 0; i < 100; i++) {
		urpc_send(&bound, 0, NULL, 0);
		fake_step();
	}
	assert_int_equal(fake_core->count.protocol_errors, errors);
	bound.tx->ack = UINT64_MAX;
	fake_step();
	fake_step();
	assert_int_equal(fake_core->count.protocol_errors, errors + 1);
	expect_closed();
	assert_int_equal(unbind(), 0);
}

static void test_bad_rings(void **state)
{
	struct abi_ctl_fault fault = { .tag = 1, .kind = ABI_FAULT_RINGS };

	(void)state;
	bind(ABI_SERVICE_ECHO);
	assert_int_equal(urpc_send(&control, ABI_CTL_FAULT, &fault, sizeof(fault)), 0);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	assert_int_equal(urpc_recv(&bound, &msg), -URPC_EPROTO);
	assert_int_equal(unbind(), 0);
}

/* ---- doorbells ---- */

/* A reader of the console who lies down for a line is rung once, when that line is written. */
static void test_console_bell(void **state)
{
	const struct abi_console *console = arch_window(FAKE_CONSOLE);
	uint64_t next = console->written + 1;

	(void)state;
	fake_rings = 0;
	console_info("nobody waits");
	assert_int_equal(fake_rings, 0);
	fake_host->console_at = next + 2;
	console_info("too early");
	assert_int_equal(fake_rings, 0);
	console_info("this one");
	assert_int_equal(fake_rings, 1);
	assert_int_equal(fake_ring_vector, 0xa5);
	console_info("once only");
	assert_int_equal(fake_rings, 1);
	fake_host->console_at = 1; /* long past: rings at once, as for any line after it */
	console_info("late");
	assert_int_equal(fake_rings, 2);
	fake_host->console_at = 0;
	console_info("nobody waits any more");
	assert_int_equal(fake_rings, 2);
}

static void test_notify(void **state)
{
	(void)state;
	bind(ABI_SERVICE_ECHO);
	fake_rings = 0;
	assert_int_equal(urpc_send(&bound, 0, NULL, 0), 0);
	fake_step();
	assert_int_equal(fake_rings, 0); /* node 0 polls */
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	assert_true(urpc_arm(&bound));
	assert_int_equal(urpc_send(&bound, 0, NULL, 0), 0);
	fake_step();
	assert_int_equal(fake_rings, 1);
	assert_int_equal(fake_ring_apic, 7);
	assert_int_equal(fake_ring_vector, 0xa5);
	urpc_disarm(&bound);
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	/* Without a valid bell nothing is rung. */
	fake_host->bell &= ~ABI_BELL_VALID;
	assert_true(urpc_arm(&bound));
	assert_int_equal(urpc_send(&bound, 0, NULL, 0), 0);
	fake_step();
	assert_int_equal(fake_rings, 1);
	fake_host->bell |= ABI_BELL_VALID;
	urpc_disarm(&bound);
	assert_int_equal(unbind(), 0);
}

/* A sender that sleeps for room is woken although nothing is sent to it. */
static void test_notify_room(void **state)
{
	(void)state;
	bind(ABI_SERVICE_SINK);
	while (!urpc_send(&bound, 0, NULL, 0))
		;
	assert_true(urpc_arm_send(&bound));
	fake_rings = 0;
	fake_step();
	assert_int_equal(fake_rings, 1);
	urpc_disarm(&bound);
	assert_int_equal(unbind(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bind_errors),    cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_echo),	       cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_delay),	       cmocka_unit_test(test_delay_limits),
		cmocka_unit_test(test_sink),	       cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bad_rings),      cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_room),    cmocka_unit_test(test_broken_full),
		cmocka_unit_test(test_broken_untold),  cmocka_unit_test(test_console_bell),
	};

	return cmocka_run_group_tests(tests, node0_start, NULL);
}
