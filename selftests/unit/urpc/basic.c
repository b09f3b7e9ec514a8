// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport between two honest ends in one thread: order, window, wrap, lengths,
 * acknowledgements, and what urpc_chan_init() refuses.
 */
#include "pair.h"

static void init_refuses(void **state)
{
	static const uint32_t bad[] = { 0, 1, 2, 3, 5, 6, 63, 65, 4095, 4097, 8192, 0x80000000u };
	struct urpc_ring *ring = pair_ring(4);
	struct urpc_chan c;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(urpc_chan_init(&c, ring, ring, bad[i]), -URPC_EINVAL);
	assert_int_equal(urpc_chan_init(NULL, ring, ring, 4), -URPC_EINVAL);
	assert_int_equal(urpc_chan_init(&c, NULL, ring, 4), -URPC_EINVAL);
	assert_int_equal(urpc_chan_init(&c, ring, NULL, 4), -URPC_EINVAL);
	assert_int_equal(urpc_chan_init(&c, (struct urpc_ring *)((uintptr_t)ring + 8), ring, 4),
			 -URPC_EINVAL);
	assert_int_equal(urpc_chan_init(&c, ring, (struct urpc_ring *)((uintptr_t)ring + 32), 4),
			 -URPC_EINVAL);
	assert_int_equal(urpc_chan_init(&c, ring, ring, 4), 0);
	free(ring);
}

static void ring_bytes(void **state)
{
	(void)state;
	assert_int_equal(urpc_ring_bytes(4), 4096);
	assert_int_equal(urpc_ring_bytes(32), 4096);
	assert_int_equal(urpc_ring_bytes(64), 8192);
	assert_int_equal(urpc_ring_bytes(4096), 256 + 4096 * 64 + 4096 - 256);
}

static void one_message(void **state)
{
	static const char text[] = "a message of thirty-one bytes..";
	struct urpc_msg m;
	struct pair p;

	(void)state;
	pair_open(&p, 4);
	pair_expect_none(&p.b);
	assert_int_equal(urpc_send(&p.a, 0xbeef, text, sizeof(text)), 0);
	assert_true(urpc_can_recv(&p.b));
	assert_false(urpc_can_recv(&p.a));
	assert_int_equal(urpc_recv(&p.b, &m), 0);
	assert_int_equal(m.type, 0xbeef);
	assert_int_equal(m.len, sizeof(text));
	assert_memory_equal(m.payload, text, sizeof(text));
	assert_int_equal(m.payload[4] | m.payload[5] | m.payload[6], 0);
	pair_expect_none(&p.b);
	pair_close(&p);
}

/* Every length and alignment of the source; past the length is zero, whatever was there. */
static void every_length(void **state)
{
	unsigned char source[URPC_PAYLOAD_BYTES + 8];
	unsigned char zero[URPC_PAYLOAD_BYTES] = { 0 };
	size_t len, shift;
	struct urpc_msg m;
	struct pair p;

	(void)state;
	pair_open(&p, 4);
	for (len = 0; len < sizeof(source); len++)
		source[len] = (unsigned char)(0xa0 + len);
	for (len = 0; len <= URPC_PAYLOAD_BYTES; len++) {
		for (shift = 0; shift < 8; shift++) {
			unsigned char *copy = malloc(shift + len + !len);

			memcpy(copy + shift, source, len);
			memset(p.ab->slots[p.a.tx_next & 3].payload, 0x5a, URPC_PAYLOAD_BYTES);
			assert_int_equal(urpc_send(&p.a, 0xffff, copy + shift, len), 0);
			free(copy);
			memset(&m, 0xff, sizeof(m));
			assert_int_equal(urpc_recv(&p.b, &m), 0);
			assert_int_equal(m.type, 0xffff);
			assert_int_equal(m.len, len);
			assert_int_equal(m.reserved, 0);
			assert_memory_equal(m.payload, source, len);
			assert_memory_equal((unsigned char *)m.payload + len, zero,
					    URPC_PAYLOAD_BYTES - len);
		}
	}
	assert_int_equal(urpc_send(&p.a, 1, NULL, 0), 0);
	assert_int_equal(urpc_recv(&p.b, &m), 0);
	pair_close(&p);
}

static void too_long(void **state)
{
	uint64_t words[32] = { 0 };
	struct pair p;

	(void)state;
	pair_open(&p, 4);
	assert_int_equal(urpc_send(&p.a, 1, words, URPC_PAYLOAD_BYTES + 1), -URPC_EMSGSIZE);
	assert_int_equal(urpc_send(&p.a, 1, words, sizeof(words)), -URPC_EMSGSIZE);
	assert_int_equal(urpc_send(&p.a, 1, words, SIZE_MAX), -URPC_EMSGSIZE);
	pair_expect_none(&p.b);
	assert_int_equal(pair_send(&p.a, 7), 0);
	pair_expect(&p.b, 7);
	pair_close(&p);
}

/* Fill, be refused, drain, in every ring size, until sequence numbers have wrapped often. */
static void window_and_wrap(void **state)
{
	uint64_t sent = 0, got = 0;
	uint32_t slots, i;
	struct pair p;

	(void)state;
	for (slots = URPC_SLOTS_MIN; slots <= URPC_SLOTS_MAX; slots *= 2) {
		pair_open(&p, slots);
		while (got < 300000) {
			assert_true(urpc_can_send(&p.a));
			for (i = 0; i < slots; i++)
				assert_int_equal(pair_send(&p.a, sent++), 0);
			assert_false(urpc_can_send(&p.a));
			assert_int_equal(pair_send(&p.a, sent), -URPC_EAGAIN);
			for (i = 0; i < slots; i++)
				pair_expect(&p.b, got++);
			pair_expect_none(&p.b);
		}
		assert_int_equal(p.a.tx_next - 1, p.b.rx_next - 1);
		pair_close(&p);
		sent = got = 0;
	}
}

/* Both directions at once: acknowledgements ride in headers and no one is ever held up. */
static void both_ways(void **state)
{
	uint64_t n;
	struct pair p;

	(void)state;
	pair_open(&p, 4);
	for (n = 1; n < 200000; n++) {
		assert_int_equal(pair_send(&p.a, n), 0);
		pair_expect(&p.b, n);
		assert_int_equal(pair_send(&p.b, ~n), 0);
		pair_expect(&p.a, ~n);
		assert_int_equal(p.a.tx_acked, n);
	}
	pair_close(&p);
}

/* The acknowledgement in a header opens the window too, and is the newer one here. */
static void ack_rides_along(void **state)
{
	uint64_t i;
	struct pair p;

	(void)state;
	pair_open(&p, 32);
	for (i = 0; i < 32; i++)
		assert_int_equal(pair_send(&p.a, i), 0);
	for (i = 0; i < 3; i++)
		pair_expect(&p.b, i);
	assert_int_equal(p.ba->ack, 0);
	assert_int_equal(pair_send(&p.a, 32), -URPC_EAGAIN);
	assert_int_equal(pair_send(&p.b, 100), 0);
	pair_expect(&p.a, 100);
	for (i = 32; i < 35; i++)
		assert_int_equal(pair_send(&p.a, i), 0);
	assert_int_equal(pair_send(&p.a, 35), -URPC_EAGAIN);
	pair_close(&p);
}

/* Without traffic back, the control line follows at each eighth of a window; urpc_ack() completes it. */
static void ack_in_control_line(void **state)
{
	uint32_t slots, part;
	uint64_t i;
	struct pair p;

	(void)state;
	for (slots = URPC_SLOTS_MIN; slots <= URPC_SLOTS_MAX; slots *= 2) {
		pair_open(&p, slots);
		part = slots < 8 ? 1 : slots / 8;
		for (i = 0; i < slots; i++)
			assert_int_equal(pair_send(&p.a, i), 0);
		for (i = 0; i < slots - 1; i++) {
			pair_expect(&p.b, i);
			assert_int_equal(p.ba->ack, (i + 1) / part * part);
		}
		urpc_ack(&p.b);
		assert_int_equal(p.ba->ack, slots - 1);
		for (i = 0; i < slots - 1; i++)
			assert_int_equal(pair_send(&p.a, i), 0);
		assert_int_equal(pair_send(&p.a, i), -URPC_EAGAIN);
		pair_close(&p);
	}
}

/*
 * One end sends more than 2^16 messages while a message of the other waits unread: the old
 * acknowledgement in that header must not be taken for a new one.
 */
static void old_header_ack(void **state)
{
	uint64_t lag, i;
	struct pair p;

	(void)state;
	for (lag = 65536 - 64; lag <= 65536 + 64; lag++) {
		pair_open(&p, 16);
		assert_int_equal(pair_send(&p.b, 1), 0);
		for (i = 0; i < lag; i++) {
			assert_int_equal(pair_send(&p.a, i), 0);
			if (i < lag - 8)
				pair_expect(&p.b, i);
		}
		assert_int_equal(pair_send(&p.b, 2), 0);
		pair_expect(&p.a, 1);
		pair_expect(&p.a, 2);
		assert_in_range(p.a.tx_acked, 0, p.b.rx_next - 1);
		pair_expect_none(&p.a);
		assert_false(p.a.broken);
		/* After an empty look the headers count again. */
		pair_expect(&p.b, lag - 8);
		assert_int_equal(pair_send(&p.b, 3), 0);
		pair_expect(&p.a, 3);
		assert_int_equal(p.a.tx_acked, p.b.rx_next - 1);
		pair_close(&p);
	}
}

static void ring_ready(void **state)
{
	uint64_t n;
	struct pair p;

	(void)state;
	pair_open(&p, 8);
	for (n = 1; n < 140000; n++) {
		assert_false(urpc_ring_ready(p.ab, 8, n));
		assert_int_equal(pair_send(&p.a, n), 0);
		assert_true(urpc_ring_ready(p.ab, 8, n));
		assert_int_equal(urpc_ring_acked(p.ba, n), false);
		pair_expect(&p.b, n);
		urpc_ack(&p.b);
		assert_int_equal(urpc_ring_acked(p.ba, n), true);
	}
	/* Any number at all is safe to ask about. */
	(void)urpc_ring_ready(p.ab, 8, UINT64_MAX);
	(void)urpc_ring_ready(p.ab, 8, 0);
	pair_close(&p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(init_refuses),
		cmocka_unit_test(ring_bytes),
		cmocka_unit_test(one_message),
		cmocka_unit_test(every_length),
		cmocka_unit_test(too_long),
		cmocka_unit_test(window_and_wrap),
		cmocka_unit_test(both_ways),
		cmocka_unit_test(ack_rides_along),
		cmocka_unit_test(ack_in_control_line),
		cmocka_unit_test(old_header_ack),
		cmocka_unit_test(ring_ready),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc basic", tests, NULL, NULL);
}
