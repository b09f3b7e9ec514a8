// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sleep and doorbell, step by step in one thread: who must be woken, when, and for what.
 */
#include "pair.h"

static void recv_arm(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, 16);
	assert_int_equal(pair_send(&p.a, 1), 0);
	assert_false(urpc_notify_needed(&p.a));
	pair_expect(&p.b, 1);
	assert_int_equal(p.ba->ack, 0);

	assert_true(urpc_arm(&p.b));
	assert_int_equal(p.ba->ack, 1);
	assert_int_equal(p.ba->armed, URPC_ARMED_RECV);
	assert_int_equal(p.ba->armed_at, 2);
	assert_false(urpc_ring_ready(p.ab, 16, p.ba->armed_at));

	/* Nothing was sent since: no doorbell. A message: one. It stays due until disarmed. */
	assert_false(urpc_notify_needed(&p.a));
	assert_int_equal(pair_send(&p.a, 2), 0);
	assert_true(urpc_ring_ready(p.ab, 16, p.ba->armed_at));
	assert_true(urpc_notify_needed(&p.a));
	assert_true(urpc_notify_needed(&p.a));
	urpc_disarm(&p.b);
	assert_int_equal(p.ba->armed, 0);
	assert_false(urpc_notify_needed(&p.a));
	pair_expect(&p.b, 2);
	pair_close(&p);
}

/* A message that came between the last look and arming is found by arming. */
static void recv_arm_too_late(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, 8);
	pair_expect_none(&p.b);
	assert_int_equal(pair_send(&p.a, 1), 0);
	assert_false(urpc_arm(&p.b));
	assert_int_equal(p.ba->armed, 0);
	pair_expect(&p.b, 1);
	assert_true(urpc_arm(&p.b));
	pair_close(&p);
}

static void send_arm(void **state)
{
	struct pair p;
	uint64_t i;

	(void)state;
	pair_open(&p, 16);
	assert_false(urpc_arm_send(&p.a));
	assert_int_equal(p.ab->armed, 0);
	for (i = 1; i <= 16; i++)
		assert_int_equal(pair_send(&p.a, i), 0);
	assert_true(urpc_arm_send(&p.a));
	assert_int_equal(p.ab->armed, URPC_ARMED_SEND);
	assert_int_equal(p.ab->armed_ack, 1);

	/* Less than an eighth of a window consumed: not published, so not due. Then once. */
	for (i = 1; i < 2; i++) {
		pair_expect(&p.b, i);
		assert_false(urpc_ack_notify_needed(&p.b));
		assert_false(urpc_notify_needed(&p.b));
		assert_false(urpc_ring_acked(p.ba, p.ab->armed_ack));
	}
	pair_expect(&p.b, 2);
	assert_true(urpc_notify_needed(&p.b));
	assert_true(urpc_ack_notify_needed(&p.b));
	assert_false(urpc_ack_notify_needed(&p.b));
	assert_true(urpc_ring_acked(p.ba, p.ab->armed_ack));
	urpc_disarm(&p.a);
	assert_int_equal(pair_send(&p.a, 17), 0);
	pair_close(&p);
}

/* Room that came between the refusal and arming is found by arming. */
static void send_arm_too_late(void **state)
{
	struct pair p;
	uint64_t i;

	(void)state;
	pair_open(&p, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(pair_send(&p.a, i), 0);
	assert_int_equal(pair_send(&p.a, 4), -URPC_EAGAIN);
	pair_expect(&p.b, 0);
	pair_expect(&p.b, 1);
	assert_false(urpc_arm_send(&p.a));
	assert_int_equal(p.ab->armed, 0);
	assert_int_equal(pair_send(&p.a, 4), 0);
	pair_close(&p);
}

/* Asleep for either: each bit is its own, disarm clears both. */
static void both_bits(void **state)
{
	struct pair p;
	uint64_t i;

	(void)state;
	pair_open(&p, 4);
	for (i = 0; i < 4; i++)
		assert_int_equal(pair_send(&p.a, i), 0);
	assert_true(urpc_arm(&p.a));
	assert_true(urpc_arm_send(&p.a));
	assert_int_equal(p.ab->armed, URPC_ARMED_RECV | URPC_ARMED_SEND);
	assert_false(urpc_notify_needed(&p.b));
	assert_int_equal(pair_send(&p.b, 0), 0);
	assert_true(urpc_notify_needed(&p.b));
	assert_false(urpc_arm(&p.a));
	assert_int_equal(p.ab->armed, URPC_ARMED_SEND);
	assert_false(urpc_notify_needed(&p.b));
	pair_expect(&p.b, 0);
	assert_true(urpc_notify_needed(&p.b));
	urpc_disarm(&p.a);
	assert_int_equal(p.ab->armed, 0);
	assert_false(urpc_notify_needed(&p.b));
	pair_close(&p);
}

/* A receiver that has drained the ring has always published enough for a sender that fills it. */
static void drained_is_enough(void **state)
{
	uint32_t slots, first;
	uint64_t i;
	struct pair p;

	(void)state;
	for (slots = 4; slots <= 64; slots *= 2) {
		for (first = 0; first < slots; first++) {
			pair_open(&p, slots);
			for (i = 0; i < first; i++) {
				assert_int_equal(pair_send(&p.a, i), 0);
				pair_expect(&p.b, i);
			}
			for (i = 0; pair_send(&p.a, i) == 0; i++)
				;
			assert_true(urpc_arm_send(&p.a));
			while (urpc_can_recv(&p.b))
				pair_expect(&p.b, p.b.rx_next - 1 < first ? p.b.rx_next - 1 :
								 p.b.rx_next - 1 - first);
			assert_true(urpc_ack_notify_needed(&p.b));
			assert_true(urpc_ring_acked(p.ba, p.ab->armed_ack));
			assert_false(urpc_arm_send(&p.a));
			pair_close(&p);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(recv_arm),
		cmocka_unit_test(recv_arm_too_late),
		cmocka_unit_test(send_arm),
		cmocka_unit_test(send_arm_too_late),
		cmocka_unit_test(both_bits),
		cmocka_unit_test(drained_is_enough),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc arm", tests, NULL, NULL);
}
