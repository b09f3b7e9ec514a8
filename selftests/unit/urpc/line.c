// SPDX-License-Identifier: GPL-2.0-only
/*
 * The call line between two honest ends in one thread: order, turns, wrap, lengths, sleep and
 * doorbell, and what urpc_line_init() refuses.
 */
#include "line.h"

static void init_refuses(void **state)
{
	struct urpc_line_end e = { 0 };
	struct urpc_msg m;
	struct called l;

	(void)state;
	/* Zeroed is broken: nothing works before urpc_line_init(). */
	assert_int_equal(urpc_line_call(&e, 1, NULL, 0), -URPC_EPROTO);
	assert_int_equal(urpc_line_accept(&e, &m), -URPC_EPROTO);

	line_open(&l);
	assert_int_equal(urpc_line_init(NULL, l.line, URPC_LINE_CALLER), -URPC_EINVAL);
	assert_int_equal(urpc_line_init(&e, NULL, URPC_LINE_CALLER), -URPC_EINVAL);
	assert_int_equal(urpc_line_init(&e, l.line, (enum urpc_line_role)2), -URPC_EINVAL);
	assert_int_equal(urpc_line_init(&e, (struct urpc_line *)((uintptr_t)l.line + 64),
					URPC_LINE_CALLEE),
			 -URPC_EINVAL);
	line_close(&l);
}

static void one_call(void **state)
{
	static const char request[] = "fifty-five letters ask for an answer that is as long...";
	struct urpc_msg m;
	struct called l;

	(void)state;
	line_open(&l);
	assert_false(urpc_line_ready(&l.caller));
	assert_false(urpc_line_ready(&l.callee));
	assert_int_equal(urpc_line_accept(&l.callee, &m), -URPC_EAGAIN);

	assert_int_equal(urpc_line_call(&l.caller, 0xbeef, request, sizeof(request)), 0);
	assert_false(urpc_line_ready(&l.caller));
	assert_int_equal(urpc_line_finish(&l.caller, &m), -URPC_EAGAIN);
	assert_true(urpc_line_ready(&l.callee));
	assert_int_equal(urpc_line_accept(&l.callee, &m), 0);
	assert_int_equal(m.type, 0xbeef);
	assert_int_equal(m.len, sizeof(request));
	assert_memory_equal(m.payload, request, sizeof(request));
	assert_false(urpc_line_ready(&l.callee));

	assert_int_equal(urpc_line_reply(&l.callee, 0xffff, NULL, 0), 0);
	assert_false(urpc_line_ready(&l.callee));
	assert_int_equal(urpc_line_accept(&l.callee, &m), -URPC_EAGAIN);
	assert_true(urpc_line_ready(&l.caller));
	assert_int_equal(urpc_line_finish(&l.caller, &m), 0);
	assert_int_equal(m.type, 0xffff);
	assert_int_equal(m.len, 0);
	assert_false(urpc_line_ready(&l.caller));
	line_close(&l);
}

/* Every length, both ways; past the length is zero, though the other message lies below it. */
static void every_length(void **state)
{
	unsigned char bytes[URPC_PAYLOAD_BYTES];
	unsigned char zero[URPC_PAYLOAD_BYTES] = { 0 };
	struct urpc_msg m;
	struct called l;
	size_t len;

	(void)state;
	line_open(&l);
	for (len = 0; len < sizeof(bytes); len++)
		bytes[len] = (unsigned char)(0xa0 + len);
	for (len = 0; len <= sizeof(bytes); len++) {
		size_t back = sizeof(bytes) - len;

		assert_int_equal(urpc_line_call(&l.caller, 1, bytes, len), 0);
		memset(&m, 0xff, sizeof(m));
		assert_int_equal(urpc_line_accept(&l.callee, &m), 0);
		assert_int_equal(m.len, len);
		assert_int_equal(m.reserved, 0);
		assert_memory_equal(m.payload, bytes, len);
		assert_memory_equal((unsigned char *)m.payload + len, zero, back);

		assert_int_equal(urpc_line_reply(&l.callee, 2, bytes, back), 0);
		memset(&m, 0xff, sizeof(m));
		assert_int_equal(urpc_line_finish(&l.caller, &m), 0);
		assert_int_equal(m.len, back);
		assert_memory_equal(m.payload, bytes, back);
		assert_memory_equal((unsigned char *)m.payload + back, zero, len);
	}
	line_close(&l);
}

/* A refused length changes nothing: the call can be made, the reply is still owed. */
static void too_long(void **state)
{
	uint64_t words[8] = { 0 };
	struct called l;

	(void)state;
	line_open(&l);
	assert_int_equal(urpc_line_call(&l.caller, 1, words, 57), -URPC_EMSGSIZE);
	assert_int_equal(urpc_line_call(&l.caller, 1, words, SIZE_MAX), -URPC_EMSGSIZE);
	assert_false(urpc_line_ready(&l.callee));
	assert_int_equal(line_call(&l, 5), 0);
	line_expect_request(&l, 5);
	assert_int_equal(urpc_line_reply(&l.callee, 1, words, 57), -URPC_EMSGSIZE);
	assert_int_equal(urpc_line_reply(&l.callee, 1, words, SIZE_MAX), -URPC_EMSGSIZE);
	assert_false(urpc_line_ready(&l.caller));
	assert_int_equal(line_reply(&l, 6), 0);
	line_expect_reply(&l, 6);
	line_close(&l);
}

/* Out of turn, or on the wrong end: a defined error, and nothing in the line moves. */
static void wrong_turn(void **state)
{
	struct urpc_line before;
	struct urpc_msg m;
	struct called l;
	int round;

	(void)state;
	line_open(&l);
	for (round = 0; round < 3; round++) {
		/* Nothing called. */
		assert_int_equal(urpc_line_finish(&l.caller, &m), -URPC_EINVAL);
		assert_int_equal(line_reply(&l, 0), -URPC_EINVAL);
		assert_int_equal(line_call(&l, 1), 0);
		before = *l.line;

		/* Called, not accepted. */
		assert_int_equal(line_call(&l, 2), -URPC_EBUSY);
		assert_int_equal(line_reply(&l, 0), -URPC_EINVAL);
		line_expect_request(&l, 1);

		/* Accepted, not answered. */
		assert_int_equal(line_call(&l, 3), -URPC_EBUSY);
		assert_int_equal(urpc_line_accept(&l.callee, &m), -URPC_EBUSY);
		assert_int_equal(urpc_line_finish(&l.caller, &m), -URPC_EAGAIN);

		/* The other end's operations. */
		assert_int_equal(urpc_line_accept(&l.caller, &m), -URPC_EINVAL);
		assert_int_equal(urpc_line_reply(&l.caller, 1, NULL, 0), -URPC_EINVAL);
		assert_int_equal(urpc_line_call(&l.callee, 1, NULL, 0), -URPC_EINVAL);
		assert_int_equal(urpc_line_finish(&l.callee, &m), -URPC_EINVAL);
		assert_memory_equal(&before, l.line, sizeof(before));

		/* Answered, not finished. */
		assert_int_equal(line_reply(&l, 4), 0);
		assert_int_equal(line_reply(&l, 5), -URPC_EINVAL);
		assert_int_equal(line_call(&l, 6), -URPC_EBUSY);
		assert_int_equal(urpc_line_accept(&l.callee, &m), -URPC_EAGAIN);
		line_expect_reply(&l, 4);
		assert_int_equal(urpc_line_accept(&l.caller, &m), -URPC_EINVAL);
		assert_int_equal(urpc_line_call(&l.callee, 1, NULL, 0), -URPC_EINVAL);
	}
	line_close(&l);
}

static void wrap(void **state)
{
	struct called l;
	uint64_t n;

	(void)state;
	line_open(&l);
	for (n = 1; n < 3 * 65536 + 10; n++) {
		line_round_trip(&l, n);
		assert_int_equal(l.line->call.header & URPC_HDR_SEQ_MASK, n & 0xffff);
	}
	assert_int_equal(l.caller.number, n - 1);
	assert_int_equal(l.callee.number, n - 1);
	line_close(&l);
}

static void callee_sleeps(void **state)
{
	struct called l;

	(void)state;
	line_open(&l);
	assert_false(urpc_line_notify_needed(&l.caller));
	assert_true(urpc_line_arm(&l.callee));
	assert_int_equal(l.line->armed[URPC_LINE_CALLEE].armed, 1);
	assert_int_equal(l.line->armed[URPC_LINE_CALLER].armed, 0);
	assert_false(urpc_line_changed(l.line, l.line->armed[URPC_LINE_CALLEE].seen));

	/* Nothing was posted since: no doorbell. A call: one. It stays due until disarmed. */
	assert_false(urpc_line_notify_needed(&l.caller));
	assert_int_equal(line_call(&l, 1), 0);
	assert_true(urpc_line_changed(l.line, l.line->armed[URPC_LINE_CALLEE].seen));
	assert_true(urpc_line_notify_needed(&l.caller));
	assert_true(urpc_line_notify_needed(&l.caller));
	urpc_line_disarm(&l.callee);
	assert_int_equal(l.line->armed[URPC_LINE_CALLEE].armed, 0);
	assert_false(urpc_line_notify_needed(&l.caller));
	line_expect_request(&l, 1);

	/* Later calls are told from what this end wrote last. */
	assert_int_equal(line_reply(&l, 2), 0);
	assert_true(urpc_line_arm(&l.callee));
	assert_int_equal(l.line->armed[URPC_LINE_CALLEE].seen, l.line->call.header);
	line_expect_reply(&l, 2);
	assert_false(urpc_line_notify_needed(&l.caller));
	assert_int_equal(line_call(&l, 3), 0);
	assert_true(urpc_line_notify_needed(&l.caller));
	line_close(&l);
}

static void caller_sleeps(void **state)
{
	struct called l;

	(void)state;
	line_open(&l);
	line_round_trip(&l, 1);
	assert_int_equal(line_call(&l, 2), 0);
	assert_true(urpc_line_arm(&l.caller));
	assert_int_equal(l.line->armed[URPC_LINE_CALLER].armed, 1);
	assert_int_equal(l.line->armed[URPC_LINE_CALLER].seen, l.line->call.header);
	assert_false(urpc_line_changed(l.line, l.line->armed[URPC_LINE_CALLER].seen));
	line_expect_request(&l, 2);
	assert_false(urpc_line_notify_needed(&l.callee));
	assert_int_equal(line_reply(&l, 3), 0);
	assert_true(urpc_line_changed(l.line, l.line->armed[URPC_LINE_CALLER].seen));
	assert_true(urpc_line_notify_needed(&l.callee));
	urpc_line_disarm(&l.caller);
	assert_false(urpc_line_notify_needed(&l.callee));
	assert_int_equal(l.line->armed[URPC_LINE_CALLER].armed, 0);
	line_expect_reply(&l, 3);
	line_close(&l);
}

/* What came between the last look and arming is found by arming. */
static void arm_too_late(void **state)
{
	struct called l;

	(void)state;
	line_open(&l);
	assert_int_equal(line_call(&l, 1), 0);
	assert_false(urpc_line_arm(&l.callee));
	assert_int_equal(l.line->armed[URPC_LINE_CALLEE].armed, 0);
	line_expect_request(&l, 1);
	assert_int_equal(line_reply(&l, 2), 0);
	assert_false(urpc_line_arm(&l.caller));
	assert_int_equal(l.line->armed[URPC_LINE_CALLER].armed, 0);
	line_expect_reply(&l, 2);
	line_close(&l);
}

/* Whoever waits for nothing may not sleep: no doorbell would ever come. */
static void arm_for_nothing(void **state)
{
	struct called l;

	(void)state;
	line_open(&l);
	assert_false(urpc_line_arm(&l.caller));
	assert_int_equal(line_call(&l, 1), 0);
	line_expect_request(&l, 1);
	assert_false(urpc_line_arm(&l.callee));
	assert_int_equal(l.line->armed[0].armed | l.line->armed[1].armed, 0);
	line_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_refuses),
		cmocka_unit_test(one_call),
		cmocka_unit_test(every_length),
		cmocka_unit_test(too_long),
		cmocka_unit_test(wrong_turn),
		cmocka_unit_test(wrap),
		cmocka_unit_test(callee_sleeps),
		cmocka_unit_test(caller_sleeps),
		cmocka_unit_test(arm_too_late),
		cmocka_unit_test(arm_for_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc line", tests, NULL, NULL);
}
