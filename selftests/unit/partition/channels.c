// SPDX-License-Identifier: GPL-2.0-only
/*
 * Channels of node 0 to ring 3, on the fake machine: the test is node 0, and the monitor, whose system
 * calls it makes in its place. What can only be timed by luck elsewhere is timed here.
 */
#include <stdlib.h>

#include <timer.h>

#include "monitor.h"

static struct cap_entry channel = { .type = ABI_CAP_URPC, .base = CHANNEL, .end = CHANNEL + 1 };
static struct urpc_chan end; /* the monitor's */

static void bind_user(void)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);
	const struct abi_lmp_record *r;

	memset(arch_window(FAKE_RING(4)), 0, 2 * urpc_ring_bytes(FAKE_SLOTS));
	urpc_chan_init(&bound, arch_window(FAKE_RING(5)), arch_window(FAKE_RING(4)), FAKE_SLOTS);
	urpc_chan_init(&end, arch_window(FAKE_RING(4)), arch_window(FAKE_RING(5)), FAKE_SLOTS);
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	r = told(ABI_LMP_BIND);
	assert_int_equal(r->word[0], CHANNEL);
	assert_int_equal(r->word[3], FAKE_RING(4));
	assert_int_equal(operation(urpc_wake, &channel, 0, 0), 0);
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.payload[0], tag);
}

static void send_unbind(void)
{
	struct abi_ctl_unbind request = { .tag = ++tag, .channel = CHANNEL };

	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &request, sizeof(request)), 0);
	fake_step();
}

static int answered(void)
{
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal((uint32_t)msg.payload[0], tag);
	return (int)(msg.payload[0] >> 32);
}

static void unbind_user(void)
{
	send_unbind();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	told(ABI_LMP_UNBIND);
	assert_int_equal(operation(kernel_unbound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(answered(), 0);
}

static void post(void)
{
	assert_int_equal(urpc_send(&bound, 1, NULL, 0), 0);
	assert_true(urpc_notify_needed(&bound));
}

/* ---- sleep ---- */

/* Node 0's message, and its doorbell, in the last window before the core prepares to sleep. */
static void late_message(void)
{
	post();
	fake_window = fake_world;
}

static void no_halt(void)
{
	fail_msg("the core halts though the monitor has a message");
}

static void idle(void)
{
	for (unsigned int i = 0; i < 3; i++)
		idle_turn(fake_tsc += 1000 * MS);
}

static void test_last_window(void **state)
{
	void (*world)(void) = fake_world;
	unsigned int before;

	(void)state;
	bind_user();
	dispatcher_wake(monitor);
	idle();
	assert_false(monitor->task.runnable);
	assert_true(urpc_arm(&end));
	before = stays;
	fake_world = no_halt;
	fake_window = late_message;
	idle_turn(fake_tsc += 1000 * MS);
	fake_world = fake_window = world;
	assert_int_equal(stays, before + 1);
	urpc_disarm(&end);
	assert_int_equal(urpc_recv(&end, &msg), 0);
	dispatcher_sleep(monitor, UINT64_MAX);
	unbind_user();
}

static void test_at_sleep(void **state)
{
	(void)state;
	bind_user();
	dispatcher_wake(monitor);
	assert_true(urpc_arm(&end));
	post();
	/* Its doorbell is taken while the monitor is awake. */
	fake_step();
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_true(monitor->task.runnable);
	urpc_disarm(&end);
	assert_int_equal(urpc_recv(&end, &msg), 0);
	assert_true(urpc_arm(&end));
	dispatcher_sleep(monitor, UINT64_MAX);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_false(monitor->task.runnable);
	/* For room as well as for messages. */
	urpc_disarm(&end);
	dispatcher_wake(monitor);
	for (unsigned int i = 0; i < FAKE_SLOTS; i++)
		assert_int_equal(urpc_send(&end, 1, NULL, 0), 0);
	assert_true(urpc_arm_send(&end));
	dispatcher_sleep(monitor, UINT64_MAX);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_false(monitor->task.runnable);
	fake_step();
	assert_false(monitor->task.runnable);
	for (unsigned int i = 0; i < FAKE_SLOTS; i++)
		assert_int_equal(urpc_recv(&bound, &msg), 0);
	fake_step();
	assert_true(monitor->task.runnable);
	unbind_user();
}

/* Whatever is in the rings, no memory but theirs is looked at: the sanitizers see to that. */
static void test_wild_rings(void **state)
{
	struct urpc_ring *tx, *rx;

	(void)state;
	bind_user();
	tx = arch_window(FAKE_RING(4));
	rx = arch_window(FAKE_RING(5));
	srand(5);
	for (unsigned int i = 0; i < 100000; i++) {
		tx->armed = (uint32_t)rand();
		tx->armed_at = (uint64_t)rand() << 33 | (uint64_t)rand();
		tx->armed_ack = (uint64_t)rand() << 33;
		rx->ack = (uint64_t)rand() << 33;
		dispatcher_sleep(monitor, UINT64_MAX);
		userlinks_poll();
	}
	tx->armed = 0;
	unbind_user();
}

/* ---- a monitor that takes its time ---- */

static void test_silent(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);

	(void)state;
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	told(ABI_LMP_BIND);
	pass(990);
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	pass(20);
	assert_int_equal(answered(), -ERR_TIMEDOUT);
	send_unbind();
	pass(490);
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	pass(20);
	assert_int_equal(answered(), -ERR_PROTO);
	/* It wakes up: node 0 has nothing to hear any more, but the monitor has to unbind. */
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, 0), 0);
	told(ABI_LMP_UNBIND);
	assert_true(userlink_taken(CHANNEL));
	assert_int_equal(operation(kernel_unbound, &kernel, CHANNEL, 0), 0);
	assert_false(userlink_taken(CHANNEL));
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
}

/* Node 0 sleeps until the answer: its doorbell does not wait for a turn of the event loop. */
static void test_answer_rings(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);
	unsigned int rung;

	(void)state;
	/* Refused, it changes nothing. */
	assert_int_equal(operation(endpoint_buffer, endpoint, 0, 4), OBJECT_ERRNO(ERR_INVAL));
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	told(ABI_LMP_BIND);
	assert_true(urpc_arm(&control));
	rung = fake_rings;
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(fake_rings, rung + 1);
	urpc_disarm(&control);
	assert_int_equal(answered(), 0);
	send_unbind();
	told(ABI_LMP_UNBIND);
	assert_true(urpc_arm(&control));
	assert_int_equal(operation(kernel_unbound, &kernel, CHANNEL, 0), 0);
	assert_int_equal(fake_rings, rung + 2);
	urpc_disarm(&control);
	assert_int_equal(answered(), 0);
}

/* Node 0 gives up before the monitor has heard of it at all: its buffer is full. */
static void test_untold(void **state)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);
	uint64_t taken = b->taken;

	(void)state;
	b->taken = taken - 4;
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	send_unbind();
	tag--;
	assert_int_equal(answered(), -ERR_CANCELED);
	tag++;
	assert_int_equal(answered(), 0);
	/* Told once there is room, when the monitor looks after its messages. */
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	b->taken = taken;
	dispatcher_wake(monitor);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_true(monitor->task.runnable);
	told(ABI_LMP_BIND);
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL, ERR_NOMEM), 0);
	assert_int_equal(answered(), -ERR_NOMEM);
}

/* ---- another core at the other end ---- */

static void test_bad_peers(void **state)
{
	static const struct {
		uint32_t service, channel, peer, peer_apic_id;
	} bad[] = {
		{ ABI_SERVICE_SPAWN, CHANNEL, 1, 12 },              /* the core itself */
		{ ABI_SERVICE_SPAWN, CHANNEL, ABI_NODES_MAX, 12 },
		{ ABI_SERVICE_SPAWN, CHANNEL, UINT32_MAX, 12 },
		{ ABI_SERVICE_SPAWN, CHANNEL, 0, 12 },
		{ ABI_SERVICE_SPAWN, CHANNEL, 2, 0 },               /* its own APIC */
		{ ABI_SERVICE_SPAWN, ABI_CHANNEL_MONITOR(2), 2, 12 },
		{ ABI_SERVICE_MONITOR, CHANNEL, 2, 12 },
		{ ABI_SERVICE_MONITOR, ABI_CHANNEL_MONITOR(3), 2, 12 },
		{ ABI_SERVICE_MONITOR, ABI_CHANNEL_MONITOR(0), 2, 12 },
		{ ABI_SERVICE_MONITOR, ABI_CHANNEL_NUMBERS, 0, 0 },
		{ ABI_SERVICE_MONITOR, UINT32_MAX, 2, 12 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct abi_ctl_bind request = good_bind(bad[i].service);

		request.channel = bad[i].channel;
		request.peer = bad[i].peer;
		request.peer_apic_id = bad[i].peer_apic_id;
		assert_int_equal(ask(ABI_CTL_BIND, request), -ERR_INVAL);
	}
}

/* A link of monitors: its number, its peer, whom its doorbells ring, and that anybody's doorbell does. */
static void test_peer(void **state)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_MONITOR);
	struct abi_ctl_unbind over = { .channel = ABI_CHANNEL_MONITOR(63) };
	struct cap_entry cap = { .type = ABI_CAP_URPC, .base = ABI_CHANNEL_MONITOR(63),
				 .end = ABI_CHANNEL_MONITOR(63) + 1 };
	const struct abi_lmp_record *r;

	(void)state;
	memset(arch_window(FAKE_RING(4)), 0, 2 * urpc_ring_bytes(FAKE_SLOTS));
	urpc_chan_init(&bound, arch_window(FAKE_RING(5)), arch_window(FAKE_RING(4)), FAKE_SLOTS);
	urpc_chan_init(&end, arch_window(FAKE_RING(4)), arch_window(FAKE_RING(5)), FAKE_SLOTS);
	request.tag = ++tag;
	request.channel = ABI_CHANNEL_MONITOR(63);
	request.peer = 63;
	request.peer_apic_id = 77;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	r = told(ABI_LMP_BIND);
	assert_int_equal(r->words, 6);
	assert_int_equal(r->word[0], ABI_CHANNEL_MONITOR(63));
	assert_int_equal(r->word[1], ABI_SERVICE_MONITOR);
	assert_int_equal(r->word[5], 63);
	assert_int_equal(operation(urpc_wake, &cap, 0, 0), 0);
	assert_int_equal(operation(kernel_bound, &kernel, ABI_CHANNEL_MONITOR(63), 0), 0);
	assert_int_equal(answered(), 0);
	assert_int_equal(operation(urpc_notify, &cap, 0, 0), 0);
	assert_int_equal(fake_ring_apic, 77);
	assert_int_equal(fake_ring_vector, ABI_VECTOR_DOORBELL);
	dispatcher_sleep(monitor, UINT64_MAX);
	dispatcher_sleep(monitor, UINT64_MAX);
	assert_true(urpc_arm(&end));
	fake_step();
	assert_false(monitor->task.runnable);
	post();
	fake_core->count.doorbells++;
	fake_step();
	assert_true(monitor->task.runnable);
	over.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &over, sizeof(over)), 0);
	fake_step();
	assert_int_equal(told(ABI_LMP_UNBIND)->word[0], ABI_CHANNEL_MONITOR(63));
	assert_int_equal(operation(kernel_unbound, &kernel, ABI_CHANNEL_MONITOR(63), 0), 0);
	assert_int_equal(answered(), 0);
	assert_int_equal(operation(urpc_notify, &cap, 0, 0), OBJECT_ERRNO(ERR_NOENT));
}

/* A program that computes alone keeps the event loop waiting for long: node 0 does not. */
static void test_closed_at_once(void **state)
{
	struct abi_ctl_closed event;

	(void)state;
	bind_user();
	assert_int_equal(operation(kernel_closed, &kernel, CHANNEL, ERR_PROTO), 0);
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_CLOSED);
	memcpy(&event, msg.payload, sizeof(event));
	assert_int_equal(event.channel, CHANNEL);
	assert_int_equal(event.status, -ERR_PROTO);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	assert_int_equal(unbind(), 0);
}

/* A channel of programs, which the monitor has been told to take from its program. */
static void unbinding_program(void)
{
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_PROGRAM);
	struct abi_ctl_unbind over = { .channel = CHANNEL + 1 };

	request.channel = CHANNEL + 1;
	request.tx = FAKE_RING(6);
	request.rx = FAKE_RING(7);
	request.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_BIND, &request, sizeof(request)), 0);
	fake_step();
	told(ABI_LMP_BIND);
	assert_int_equal(operation(kernel_bound, &kernel, CHANNEL + 1, 0), 0);
	assert_int_equal(answered(), 0);
	over.tag = ++tag;
	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &over, sizeof(over)), 0);
	fake_step();
	told(ABI_LMP_UNBIND);
}

static void test_over(void **state)
{
	struct abi_ctl_closed event;

	(void)state;
	bind_user();
	unbinding_program();
	dispatcher_exit(monitor, 0);
	/* Nobody takes the rings from the program now. */
	assert_int_equal(answered(), -ERR_PROTO);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_CLOSED);
	memcpy(&event, msg.payload, sizeof(event));
	assert_int_equal(event.status, -ERR_CANCELED);
	assert_false(userlink_taken(CHANNEL));
	assert_int_equal(unbind(), 0);
	struct abi_ctl_bind request = good_bind(ABI_SERVICE_SPAWN);

	assert_int_equal(ask(ABI_CTL_BIND, request), -ERR_NOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_window), cmocka_unit_test(test_at_sleep),
		cmocka_unit_test(test_wild_rings),  cmocka_unit_test(test_silent),
		cmocka_unit_test(test_answer_rings), cmocka_unit_test(test_untold),
		cmocka_unit_test(test_bad_peers),   cmocka_unit_test(test_peer),
		cmocka_unit_test(test_closed_at_once), cmocka_unit_test(test_over),
	};

	return cmocka_run_group_tests(tests, monitor_start, NULL);
}
