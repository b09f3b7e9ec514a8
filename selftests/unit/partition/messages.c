// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages to a CPU driver: control requests, services, peers, sleep. The test plays node 0 and
 * node 2 on the other ends of the rings.
 */
#include <string.h>

#include <abi/peer.h>
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <errors.h>
#include <link.h>
#include <loop.h>

#include "fake/fake.h"

#define CHANNEL 5u
#define MS 1000000ull /* TSC cycles, at the fake machine's 1 GHz */

static struct urpc_chan control, peer, bound;
static struct urpc_msg msg;
static uint32_t tag;

static int start(void **state)
{
	(void)state;
	fake_prepare();
	fake_start();
	urpc_chan_init(&control, arch_window(FAKE_RING(1)), arch_window(FAKE_RING(0)), FAKE_SLOTS);
	urpc_chan_init(&peer, arch_window(FAKE_RING(3)), arch_window(FAKE_RING(2)), FAKE_SLOTS);
	idle_init();
	return 0;
}

/* Send a request, return the status of its answer, which stays in msg. */
static int ask_bytes(uint16_t type, void *request, size_t bytes)
{
	*(uint32_t *)request = ++tag;
	assert_int_equal(urpc_send(&control, type, request, bytes), 0);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_REPLY | type);
	assert_int_equal((uint32_t)msg.payload[0], tag);
	return (int)(msg.payload[0] >> 32);
}

#define ask(type, request) ask_bytes(type, &(request), sizeof(request))

static struct abi_ctl_bind good_bind(uint32_t service)
{
	return (struct abi_ctl_bind){ .channel = CHANNEL,
				      .tx = FAKE_RING(4),
				      .rx = FAKE_RING(5),
				      .slots = FAKE_SLOTS,
				      .service = service };
}

static void bind(uint32_t service)
{
	struct abi_ctl_bind request = good_bind(service);

	memset(arch_window(FAKE_RING(4)), 0, 2 * urpc_ring_bytes(FAKE_SLOTS));
	urpc_chan_init(&bound, arch_window(FAKE_RING(5)), arch_window(FAKE_RING(4)), FAKE_SLOTS);
	assert_int_equal(ask(ABI_CTL_BIND, request), 0);
}

static int unbind(void)
{
	struct abi_ctl_unbind request = { .channel = CHANNEL };

	return ask(ABI_CTL_UNBIND, request);
}

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

/* ---- peers ---- */

static void test_peer_pong(void **state)
{
	struct abi_peer_ping ping = { .run = 9, .number = 3 };
	uint64_t errors = fake_core->count.protocol_errors;

	(void)state;
	assert_true(urpc_arm(&peer));
	fake_rings = 0;
	assert_int_equal(urpc_send(&peer, ABI_PEER_PING, &ping, sizeof(ping)), 0);
	fake_step();
	assert_int_equal(fake_rings, 1);
	assert_int_equal(fake_ring_apic, 12);
	assert_int_equal(fake_ring_vector, ABI_VECTOR_DOORBELL);
	urpc_disarm(&peer);
	assert_int_equal(urpc_recv(&peer, &msg), 0);
	assert_int_equal(msg.type, ABI_PEER_PONG);
	assert_memory_equal(msg.payload, &ping, sizeof(ping));
	/* Wrong length, unknown type, an answer to nothing. */
	assert_int_equal(urpc_send(&peer, ABI_PEER_PING, &ping, 8), 0);
	assert_int_equal(urpc_send(&peer, 77, &ping, sizeof(ping)), 0);
	assert_int_equal(urpc_send(&peer, ABI_PEER_PONG, &ping, sizeof(ping)), 0);
	fake_step();
	assert_int_equal(urpc_recv(&peer, &msg), -URPC_EAGAIN);
	assert_int_equal(fake_core->count.protocol_errors, errors + 2);
}

static void ping_send(struct abi_ctl_peer_ping *request)
{
	request->tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_PEER_PING, request, sizeof(*request)), 0);
	fake_step();
}

static struct abi_ctl_peer_pong ping_answer(void)
{
	struct abi_ctl_peer_pong answer;

	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_REPLY | ABI_CTL_PEER_PING);
	memcpy(&answer, msg.payload, sizeof(answer));
	return answer;
}

/* Round trip i takes i x 1000 cycles, give or take what the calls themselves take. */
static void test_ping(void **state)
{
	struct abi_ctl_peer_ping request = { .peer = 2, .count = 5000 };
	struct abi_ctl_peer_pong answer;

	(void)state;
	ping_send(&request);
	for (uint64_t i = 1; i <= request.count; i++) {
		assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
		assert_int_equal(urpc_recv(&peer, &msg), 0);
		assert_int_equal(msg.type, ABI_PEER_PING);
		fake_tsc += i * 1000;
		assert_int_equal(urpc_send(&peer, ABI_PEER_PONG, msg.payload, msg.len), 0);
		fake_step();
	}
	answer = ping_answer();
	assert_int_equal(answer.tag, tag);
	assert_int_equal(answer.status, 0);
	assert_int_equal(answer.count, 5000);
	assert_in_range(answer.min, 1000, 1200);
	assert_in_range(answer.median, 2490000, 2510000);
	assert_in_range(answer.p99, 4940000, 4960000);
	assert_in_range(answer.max, 5000000, 5000200);
	assert_int_equal(urpc_recv(&peer, &msg), -URPC_EAGAIN);
}

static void test_ping_errors(void **state)
{
	struct abi_ctl_peer_ping request = { .peer = 2, .count = 0 };
	struct abi_ctl_peer_pong answer;

	(void)state;
	ping_send(&request);
	assert_int_equal(ping_answer().status, -ERR_INVAL);
	request.count = 1000001;
	ping_send(&request);
	assert_int_equal(ping_answer().status, -ERR_INVAL);
	request.count = 2;
	for (uint32_t node = 0; node < 70; node++) {
		if (node == 2)
			continue;
		request.peer = node;
		ping_send(&request);
		assert_int_equal(ping_answer().status, -ERR_NOENT);
	}
	/* One at a time; a silent peer ends it, and its late answer changes nothing. */
	request.peer = 2;
	ping_send(&request);
	assert_int_equal(urpc_recv(&peer, &msg), 0);
	struct urpc_msg late = msg;

	ping_send(&request);
	assert_int_equal(ping_answer().status, -ERR_BUSY);
	fake_tsc += 4001 * MS;
	fake_step();
	answer = ping_answer();
	assert_int_equal(answer.status, -ERR_TIMEDOUT);
	assert_int_equal(answer.count, 0);
	ping_send(&request);
	assert_int_equal(urpc_send(&peer, ABI_PEER_PONG, late.payload, late.len), 0);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	fake_tsc += 4001 * MS;
	fake_step();
	answer = ping_answer();
	assert_int_equal(answer.status, -ERR_TIMEDOUT);
	assert_int_equal(answer.count, 0);
	while (!urpc_recv(&peer, &msg))
		;
}

/* More runs than the control channel has slots: each gives its promise back. */
static void test_ping_often(void **state)
{
	struct abi_ctl_peer_ping request = { .peer = 2, .count = 1 };

	(void)state;
	for (unsigned int i = 0; i < 3 * FAKE_SLOTS; i++) {
		ping_send(&request);
		assert_int_equal(urpc_recv(&peer, &msg), 0);
		assert_int_equal(urpc_send(&peer, ABI_PEER_PONG, msg.payload, msg.len), 0);
		fake_step();
		assert_int_equal(ping_answer().status, 0);
	}
}

/* ---- idling ---- */

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
		cmocka_unit_test(test_bind_errors), cmocka_unit_test(test_bad_requests),
		cmocka_unit_test(test_echo),	    cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_delay),	    cmocka_unit_test(test_delay_limits),
		cmocka_unit_test(test_sink),	    cmocka_unit_test(test_broken),
		cmocka_unit_test(test_bad_rings),   cmocka_unit_test(test_notify),
		cmocka_unit_test(test_notify_room), cmocka_unit_test(test_peer_pong),
		cmocka_unit_test(test_ping),	    cmocka_unit_test(test_ping_errors),
		cmocka_unit_test(test_ping_often),  cmocka_unit_test(test_broken_full),
		cmocka_unit_test(test_broken_untold),  cmocka_unit_test(test_console_bell),
		cmocka_unit_test(test_idle),	    cmocka_unit_test(test_idle_timer),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
