// SPDX-License-Identifier: GPL-2.0-only
/* Messages between CPU drivers: the test plays node 2, which answers pings and is pinged. */
#include <abi/peer.h>

#include "node0.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_peer_pong),
		cmocka_unit_test(test_ping),
		cmocka_unit_test(test_ping_errors),
		cmocka_unit_test(test_ping_often),
	};

	return cmocka_run_group_tests(tests, node0_start, NULL);
}
