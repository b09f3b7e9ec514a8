// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peer that breaks the protocol of the call line: each way yields EPROTO, hands out nothing, and
 * the end stays broken whatever the peer does next.
 */
#include "line.h"

static uint64_t header_of(uint64_t seq, uint64_t turn, uint64_t type, uint64_t len)
{
	return (seq & 0xffff) | turn | type << 32 | len << 48;
}

/* After the damage nothing works, repairing the line does not help, and waiters wake. */
static void expect_broken(struct urpc_line_end *e)
{
	struct urpc_line before;
	struct urpc_msg m;

	assert_int_equal(e->state, URPC_LINE_BROKEN);
	e->line->call.header = header_of(e->number + (e->role == URPC_LINE_CALLEE),
					 e->role == URPC_LINE_CALLER ? URPC_LINE_REPLY : 0, 0, 0);
	before = *e->line;
	assert_int_equal(urpc_line_accept(e, &m), -URPC_EPROTO);
	assert_int_equal(urpc_line_finish(e, &m), -URPC_EPROTO);
	assert_int_equal(urpc_line_call(e, 0, NULL, 0), -URPC_EPROTO);
	assert_int_equal(urpc_line_reply(e, 0, NULL, 0), -URPC_EPROTO);
	assert_true(urpc_line_ready(e));
	assert_false(urpc_line_arm(e));
	assert_false(urpc_line_notify_needed(e));
	assert_memory_equal(&before, e->line, sizeof(before));
}

/* Put @header before an end that waits, after @n whole calls; a caller has posted one more. */
static int feed(enum urpc_line_role role, uint64_t n, uint64_t header)
{
	struct urpc_line_end *e;
	struct urpc_msg m;
	struct called l;
	uint64_t i;
	int err;

	line_open(&l);
	e = role == URPC_LINE_CALLER ? &l.caller : &l.callee;
	for (i = 0; i < n; i++)
		line_round_trip(&l, i);
	if (role == URPC_LINE_CALLER)
		assert_int_equal(line_call(&l, 0), 0);
	l.line->call.header = header;
	memset(&m, 0x77, sizeof(m));
	err = role == URPC_LINE_CALLER ? urpc_line_finish(e, &m) : urpc_line_accept(e, &m);
	if (err)
		assert_int_equal(m.payload[0], 0x7777777777777777ull);
	if (err == -URPC_EPROTO)
		expect_broken(e);
	line_close(&l);
	return err;
}

/* The good header of what comes after @n whole calls, with @type and @len. */
static uint64_t good(enum urpc_line_role role, uint64_t n, uint64_t type, uint64_t len)
{
	return header_of(n + 1, role == URPC_LINE_CALLER ? URPC_LINE_REPLY : 0, type, len);
}

/* Every single bit of a good header turned over: the type's do no harm, each other bit does. */
static void every_bit(void **state)
{
	int role, bit;

	(void)state;
	for (role = 0; role < 2; role++) {
		for (bit = 0; bit < 64; bit++) {
			/* 36 bytes: the six low bits of the length make another good one. */
			uint64_t header = good(role, 6, 0x1234, 36) ^ 1ull << bit;
			bool harmless = bit >= 32 && bit < 54;

			assert_int_equal(feed(role, 6, header), harmless ? 0 : -URPC_EPROTO);
		}
	}
}

static void every_length(void **state)
{
	uint64_t len;
	int role;

	(void)state;
	for (role = 0; role < 2; role++)
		for (len = 0; len < 256; len++)
			assert_int_equal(feed(role, 2, good(role, 2, 9, len)),
					 len <= 56 ? 0 : -URPC_EPROTO);
}

/* Of all sequences in both turns, one is the message; only what was there before means not yet. */
static void sequence_jumps(void **state)
{
	uint64_t n, seq, turn;

	(void)state;
	for (n = 0; n < 4; n++) {
		for (seq = 0; seq < 65536; seq += seq < 16 ? 1 : 255) {
			for (turn = 0; turn <= URPC_LINE_REPLY; turn += URPC_LINE_REPLY) {
				uint64_t header = header_of(seq, turn, 2, 8);
				int to_caller = -URPC_EPROTO, to_callee = -URPC_EPROTO;

				if (seq == n + 1)
					*(turn ? &to_caller : &to_callee) = 0;
				else if (n && seq == n && turn)
					to_callee = -URPC_EAGAIN;
				assert_int_equal(feed(URPC_LINE_CALLER, n, header), to_caller);
				assert_int_equal(feed(URPC_LINE_CALLEE, n, header), to_callee);
			}
		}
	}
}

/* An end knows its own last header to the bit; another of the same number is the peer's forgery. */
static void own_header_forged(void **state)
{
	(void)state;
	assert_int_equal(feed(URPC_LINE_CALLER, 3, header_of(4, 0, 1, 8)), -URPC_EAGAIN);
	assert_int_equal(feed(URPC_LINE_CALLER, 3, header_of(4, 0, 1, 16)), -URPC_EPROTO);
	assert_int_equal(feed(URPC_LINE_CALLER, 3, header_of(4, 0, 3, 8)), -URPC_EPROTO);
	assert_int_equal(feed(URPC_LINE_CALLER, 3, 0), -URPC_EPROTO);
	assert_int_equal(feed(URPC_LINE_CALLEE, 3, header_of(3, URPC_LINE_REPLY, 2, 8)),
			 -URPC_EAGAIN);
	assert_int_equal(feed(URPC_LINE_CALLEE, 3, header_of(3, URPC_LINE_REPLY, 3, 8)),
			 -URPC_EPROTO);
	assert_int_equal(feed(URPC_LINE_CALLEE, 3, 0), -URPC_EPROTO);
	/* Nothing called yet is all zero, and nothing else is. */
	assert_int_equal(feed(URPC_LINE_CALLEE, 0, 0), -URPC_EAGAIN);
	assert_int_equal(feed(URPC_LINE_CALLEE, 0, header_of(0, URPC_LINE_REPLY, 0, 0)),
			 -URPC_EPROTO);
	assert_int_equal(feed(URPC_LINE_CALLEE, 0, header_of(0, 0, 1, 0)), -URPC_EPROTO);
}

/* A peer that writes the line when it is not its turn harms nobody but the call it spoils. */
static void out_of_turn(void **state)
{
	struct called l;

	(void)state;
	line_open(&l);
	line_round_trip(&l, 1);
	memset(&l.line->call, 0xff, sizeof(l.line->call)); /* by the callee, over its reply */
	line_round_trip(&l, 2);
	assert_int_equal(line_call(&l, 3), 0);
	line_expect_request(&l, 3);
	memset(&l.line->call, 0xff, sizeof(l.line->call)); /* by the caller, over its request */
	assert_int_equal(line_reply(&l, 4), 0);
	line_expect_reply(&l, 4);

	/* Armed lines say who rings, no more: cleared or set behind one's back. */
	assert_true(urpc_line_arm(&l.callee));
	l.line->armed[URPC_LINE_CALLEE].armed = 0;
	l.line->armed[URPC_LINE_CALLER].armed = ~0u;
	line_round_trip(&l, 5);
	urpc_line_disarm(&l.callee);
	line_round_trip(&l, 6);
	line_close(&l);
}

static void arming_notices(void **state)
{
	struct urpc_msg m;
	struct called l;

	(void)state;
	line_open(&l);
	l.line->call.header = header_of(2, 0, 0, 0);
	assert_false(urpc_line_arm(&l.callee));
	assert_int_equal(l.line->armed[URPC_LINE_CALLEE].armed, 0);
	assert_int_equal(urpc_line_accept(&l.callee, &m), -URPC_EPROTO);
	expect_broken(&l.callee);
	line_close(&l);
}

static bool documented(int err)
{
	return err == 0 || err == -URPC_EAGAIN || err == -URPC_EPROTO || err == -URPC_EINVAL ||
	       err == -URPC_EBUSY;
}

/* Mostly what may come next, often with one bit turned over; else any word anywhere. */
static void spoil(struct urpc_line_end *e, uint64_t *seed)
{
	uint64_t *word = (uint64_t *)e->line;
	uint64_t next = good(e->role, e->number - (e->role == URPC_LINE_CALLER), 1, 8);

	if (pair_random(seed) >> 61)
		word[7] = next;
	else
		word[pair_random(seed) >> 59] = pair_random(seed);
	if (pair_random(seed) >> 63)
		word[7] ^= 1ull << (pair_random(seed) >> 58);
}

/* Random words over the whole line, again and again: only the documented results. */
static void random_lines(void **state)
{
	uint64_t seed = 0x63616c6cull, taken = 0, turn, i;

	(void)state;
	for (turn = 0; turn < 20000; turn++) {
		struct urpc_line_end *e;
		struct urpc_msg m;
		struct called l;

		line_open(&l);
		e = turn % 2 ? &l.caller : &l.callee;
		line_round_trip(&l, turn);
		for (i = 0; i < 30; i++) {
			int err = turn % 2 ? urpc_line_call(e, 1, &i, 8) :
					     urpc_line_reply(e, 1, &i, 8);

			assert_true(documented(err));
			spoil(e, &seed);
			if (urpc_line_arm(e))
				urpc_line_disarm(e);
			err = turn % 2 ? urpc_line_finish(e, &m) : urpc_line_accept(e, &m);
			assert_true(documented(err));
			if (!err)
				assert_in_range(m.len, 0, URPC_PAYLOAD_BYTES);
			taken += !err;
			(void)urpc_line_notify_needed(e);
		}
		line_close(&l);
	}
	assert_true(taken > 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bit),
		cmocka_unit_test(every_length),
		cmocka_unit_test(sequence_jumps),
		cmocka_unit_test(own_header_forged),
		cmocka_unit_test(out_of_turn),
		cmocka_unit_test(arming_notices),
		cmocka_unit_test(random_lines),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc line hostile", tests, NULL, NULL);
}
