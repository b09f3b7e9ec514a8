// SPDX-License-Identifier: GPL-2.0-only
/* Messages over several slots to a CPU driver: who takes them, who does not, and back-pressure. */
#include <urpc/bulk.h>

#include "node0.h"

#define LONGEST (FAKE_SLOTS / 2 * URPC_PAYLOAD_BYTES)

static uint8_t bytes[LONGEST];

static int send(size_t len, uint16_t type)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)(type * 31 + i);
	return urpc_send_long(&bound, type, bytes, len);
}

static void expect(size_t len, uint16_t type)
{
	size_t got;
	uint16_t t;

	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(urpc_recv_long(&bound, &t, bytes, sizeof(bytes), &got), 0);
	assert_int_equal(t, type);
	assert_int_equal(got, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(bytes[i], (uint8_t)(type * 31 + i));
}

static void test_echo(void **state)
{
	uint16_t type = 1;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	for (size_t len = 0; len <= LONGEST; len += 19, type++) {
		uint64_t received = fake_core->count.received;

		assert_int_equal(send(len, type), 0);
		fake_step();
		expect(len, type);
		assert_int_equal(fake_core->count.received, received + 1);
	}
	assert_int_equal(unbind(), 0);
}

/* An answer as long has no room: the core sleeps for as much as it needs, and goes on then. */
static void test_back_pressure(void **state)
{
	(void)state;
	bind(ABI_SERVICE_ECHO);
	for (unsigned int i = 0; i < 10; i++)
		assert_int_equal(urpc_send(&bound, 7, NULL, 0), 0);
	fake_step();
	assert_int_equal(send(LONGEST, 9), 0);
	fake_step();
	assert_true(links_arm());
	assert_int_equal(bound.rx->armed, URPC_ARMED_SEND);
	assert_int_equal(bound.rx->armed_ack, 10 + 8 - 16);
	links_disarm();
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	urpc_ack(&bound);
	assert_true(links_arm()); /* one too few */
	links_disarm();
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	urpc_ack(&bound);
	assert_false(links_arm()); /* now there is */
	fake_step();
	for (unsigned int i = 0; i < 8; i++)
		assert_int_equal(urpc_recv(&bound, &msg), 0);
	expect(LONGEST, 9);
	assert_int_equal(unbind(), 0);
}

static void test_sink(void **state)
{
	(void)state;
	bind(ABI_SERVICE_SINK);
	assert_int_equal(send(300, 0), 0);
	assert_int_equal(send(100, 1), 0); /* asks for the count */
	fake_step();
	assert_int_equal(urpc_recv(&bound, &msg), 0);
	assert_int_equal(msg.payload[0], 2);
	assert_int_equal(msg.payload[1], 400);
	assert_int_equal(unbind(), 0);
}

/* A service, and the control channel, that expect none. */
static void test_refused(void **state)
{
	uint64_t errors = fake_core->count.protocol_errors;

	(void)state;
	bind(ABI_SERVICE_DELAY);
	assert_int_equal(send(57, 1), 0);
	fake_step();
	assert_int_equal(fake_core->count.protocol_errors, errors + 1);
	assert_int_equal(urpc_recv(&control, &msg), 0); /* node 0 is told */
	assert_int_equal(unbind(), 0);
}

/* The first slot says more than was written: closed, and the control channel goes on. */
static void test_damaged(void **state)
{
	uint64_t errors = fake_core->count.protocol_errors;

	(void)state;
	bind(ABI_SERVICE_ECHO);
	assert_int_equal(send(200, 1), 0);
	bound.tx->slots[3].header ^= 1ull << 60;
	fake_step();
	assert_int_equal(fake_core->count.protocol_errors, errors + 1);
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(unbind(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_echo),	cmocka_unit_test(test_back_pressure),
		cmocka_unit_test(test_sink),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, node0_start, NULL);
}
