// SPDX-License-Identifier: GPL-2.0-only
/*
 * A peer that breaks the protocol: each way yields EPROTO, touches nothing else, and the end stays
 * broken whatever the peer does next.
 */
#include "pair.h"

#define SLOTS 8

static uint64_t header_of(uint64_t seq, uint64_t ack, uint64_t type, uint64_t len)
{
	return (seq & 0xffff) | (ack & 0xffff) << 16 | type << 32 | len << 48;
}

/* After the damage both operations fail, repairing the rings does not help, and waiters wake. */
static void expect_broken(struct urpc_chan *c)
{
	struct urpc_ring *rx = (struct urpc_ring *)(uintptr_t)c->rx;
	struct urpc_msg m;
	uint64_t v = 0;

	assert_true(c->broken);
	rx->ack = c->tx_next - 1;
	rx->slots[c->rx_next & (c->slots - 1)].header = header_of(c->rx_next, 0, 0, 0);
	assert_int_equal(urpc_recv(c, &m), -URPC_EPROTO);
	assert_int_equal(urpc_send(c, 0, &v, sizeof(v)), -URPC_EPROTO);
	assert_true(urpc_can_recv(c));
	assert_true(urpc_can_send(c));
	assert_false(urpc_arm(c));
	assert_false(urpc_arm_send(c));
	assert_int_equal(c->tx->armed, 0);
}

/* Exchange @n messages each way so that every counter stands at @n. */
static void warm_up(struct pair *p, uint64_t n)
{
	uint64_t i;

	for (i = 0; i < n; i++) {
		assert_int_equal(pair_send(&p->a, i), 0);
		pair_expect(&p->b, i);
		assert_int_equal(pair_send(&p->b, i), 0);
		pair_expect(&p->a, i);
	}
}

/* Put @header where end b looks next, after @n messages each way, @unacked of b's under way. */
static int feed(uint64_t n, uint64_t unacked, uint64_t header, bool send_after)
{
	struct urpc_msg m;
	struct pair p;
	int err;

	pair_open(&p, SLOTS);
	warm_up(&p, n);
	while (unacked--)
		assert_int_equal(pair_send(&p.b, 0), 0);
	p.ab->slots[(n + 1) & (SLOTS - 1)].header = header;
	memset(&m, 0x77, sizeof(m));
	err = urpc_recv(&p.b, &m);
	if (err == -URPC_EPROTO) {
		assert_int_equal(m.payload[0], 0x7777777777777777ull);
		assert_int_equal(p.b.rx_next, n + 1);
		expect_broken(&p.b);
	} else if (send_after) {
		assert_int_equal(pair_send(&p.b, 0), 0);
	}
	pair_close(&p);
	return err;
}

static void bad_length(void **state)
{
	uint64_t len;

	(void)state;
	assert_int_equal(feed(0, 0, header_of(1, 0, 0, 56), true), 0);
	for (len = 57; len < 256; len++)
		assert_int_equal(feed(0, 0, header_of(1, 0, 0, len), true), -URPC_EPROTO);
}

static void reserved_bits(void **state)
{
	int bit;

	(void)state;
	for (bit = 56; bit < 64; bit++)
		assert_int_equal(feed(3, 0, header_of(4, 3, 9, 8) | 1ull << bit, true),
				 -URPC_EPROTO);
	/* Every type is the channel's business, not the transport's. */
	assert_int_equal(feed(3, 0, header_of(4, 3, 0xffff, 8), true), 0);
}

static void sequence_jumps(void **state)
{
	uint64_t n, seq;

	(void)state;
	for (n = 0; n < 24; n++) {
		for (seq = 0; seq < 65536; seq += seq < 64 ? 1 : 257) {
			/* Not there yet: the lap before or, in the first lap, nothing at all. */
			bool stale = n + 1 > SLOTS ? seq == n + 1 - SLOTS : seq == 0;
			int want = seq == n + 1 ? 0 : stale ? -URPC_EAGAIN : -URPC_EPROTO;
			uint64_t rest = stale && n + 1 <= SLOTS ? 0 : header_of(0, n, 1, 8);

			assert_int_equal(feed(n, 0, seq | rest, false), want);
		}
	}
}

/* In the first lap an empty slot is all zero: sequence 0 with anything else is no message. */
static void first_lap_zero(void **state)
{
	(void)state;
	assert_int_equal(feed(0, 0, 0, true), -URPC_EAGAIN);
	assert_int_equal(feed(0, 0, header_of(0, 0, 0, 8), true), -URPC_EPROTO);
	assert_int_equal(feed(0, 0, header_of(0, 0, 1, 0), true), -URPC_EPROTO);
	assert_int_equal(feed(7, 0, header_of(0, 7, 1, 8), true), -URPC_EPROTO);
	assert_int_equal(feed(7, 0, 0, true), -URPC_EAGAIN);
	assert_int_equal(feed(8, 0, 0, true), -URPC_EPROTO);
}

/* Acknowledging what was never sent, or going back, in a header. */
static void header_ack(void **state)
{
	uint64_t unacked, ack;

	(void)state;
	for (unacked = 0; unacked <= SLOTS; unacked++) {
		for (ack = 0; ack < 65536; ack += ack < 64 ? 1 : 257) {
			/* After 20 each way, acknowledgement 19 rode in the last header (of 20). */
			bool good = ack >= 19 && ack <= 20 + unacked;

			assert_int_equal(feed(20, unacked, header_of(21, ack, 1, 8), false),
					 good ? 0 : -URPC_EPROTO);
		}
	}
}

/* The same in the control line, which counts in 64 bits. */
static void control_ack(void **state)
{
	static const struct {
		uint64_t ack;
		int want;
	} row[] = {
		{ 20, -URPC_EAGAIN },
		{ 21, 0 },
		{ 28, 0 },
		{ 29, -URPC_EPROTO },
		{ 65536 + 20, -URPC_EPROTO },
		{ 65536 + 28, -URPC_EPROTO },
		{ UINT64_MAX, -URPC_EPROTO },
		{ UINT64_MAX - 3, -URPC_EPROTO },
		{ 1ull << 63, -URPC_EPROTO },
		{ 0, -URPC_EPROTO },
		{ 16, -URPC_EPROTO },
		{ 18, -URPC_EPROTO },
		{ 19, -URPC_EAGAIN }, /* less than a quarter behind what a header said: may be */
	};
	struct pair p;
	uint64_t i, k;

	(void)state;
	for (i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		pair_open(&p, SLOTS);
		warm_up(&p, 20);
		for (k = 0; k < SLOTS; k++)
			assert_int_equal(pair_send(&p.a, k), 0);
		assert_int_equal(p.a.tx_acked, 20);
		p.ba->ack = row[i].ack;
		if (row[i].want == -URPC_EPROTO && i % 2)
			assert_true(urpc_can_send(&p.a));
		assert_int_equal(pair_send(&p.a, 0), row[i].want);
		if (row[i].want == -URPC_EPROTO)
			expect_broken(&p.a);
		pair_close(&p);
	}
}

/* A sleeper finds out too: arming looks at what the peer left. */
static void arming_notices(void **state)
{
	struct pair p;
	uint64_t i;

	(void)state;
	pair_open(&p, SLOTS);
	p.ab->slots[1].header = header_of(2, 0, 0, 0);
	assert_false(urpc_arm(&p.b));
	assert_int_equal(p.ba->armed, 0);
	pair_close(&p);

	pair_open(&p, SLOTS);
	for (i = 0; i < SLOTS; i++)
		assert_int_equal(pair_send(&p.a, i), 0);
	p.ba->ack = SLOTS + 1;
	assert_false(urpc_arm_send(&p.a));
	assert_int_equal(p.ab->armed, 0);
	expect_broken(&p.a);
	pair_close(&p);
}

/* Random bytes over a whole ring, again and again: only the three documented results. */
static void random_rings(void **state)
{
	uint64_t seed = 0x72656d6f7261ull, turn, i;

	(void)state;
	for (turn = 0; turn < 3000; turn++) {
		uint32_t slots = URPC_SLOTS_MIN << (turn % 4);
		struct urpc_msg m;
		struct pair p;

		pair_open(&p, slots);
		warm_up(&p, turn % 20);
		for (i = 0; i < 40; i++) {
			uint64_t *word = (uint64_t *)p.ab;
			uint64_t at = pair_random(&seed) % (urpc_ring_bytes(slots) / 8);
			int err;

			/* Mostly plausible: one bit of a word flipped. */
			if (i % 4)
				word[at] ^= 1ull << (pair_random(&seed) % 64);
			else
				word[at] = pair_random(&seed);
			err = urpc_recv(&p.b, &m);
			assert_true(err == 0 || err == -URPC_EAGAIN || err == -URPC_EPROTO);
			if (!err)
				assert_in_range(m.len, 0, URPC_PAYLOAD_BYTES);
			err = pair_send(&p.b, i);
			assert_true(err == 0 || err == -URPC_EAGAIN || err == -URPC_EPROTO);
			assert_in_range(p.b.tx_next - 1 - p.b.tx_acked, 0, slots);
			(void)urpc_notify_needed(&p.b);
			if (!urpc_arm(&p.b) || !urpc_arm_send(&p.b))
				urpc_disarm(&p.b);
		}
		pair_close(&p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_length),
		cmocka_unit_test(reserved_bits),
		cmocka_unit_test(sequence_jumps),
		cmocka_unit_test(first_lap_zero),
		cmocka_unit_test(header_ack),
		cmocka_unit_test(control_ack),
		cmocka_unit_test(arming_notices),
		cmocka_unit_test(random_rings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc hostile", tests, NULL, NULL);
}
