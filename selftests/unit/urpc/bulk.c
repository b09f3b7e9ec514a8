// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages over several slots, and batches: honest ends, then a hostile one.
 */
#include <urpc/bulk.h>

#include "pair.h"

static unsigned char pattern(uint64_t number, size_t at)
{
	return (unsigned char)((number + 1) * 131 + at * 7 + (at >> 8));
}

static void fill(unsigned char *bytes, size_t len, uint64_t number)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = pattern(number, i);
}

static int send(struct urpc_chan *c, size_t len, uint64_t number)
{
	unsigned char bytes[URPC_LONG_BYTES + 64];

	fill(bytes + 1, len, number);
	return urpc_send_long(c, (uint16_t)number, bytes + 1, len);
}

/* The buffer begins at an odd address and is as large as the message; its surroundings stay. */
static void expect(struct urpc_chan *c, size_t len, uint64_t number)
{
	unsigned char *bytes = malloc(len + 2);
	uint16_t type = 0;
	size_t got = 0, i;

	assert_non_null(bytes);
	bytes[0] = bytes[len + 1] = 0x5a;
	assert_int_equal(urpc_recv_long(c, &type, bytes + 1, len, &got), 0);
	assert_int_equal(got, len);
	assert_int_equal(type, (uint16_t)number);
	for (i = 0; i < len; i++)
		assert_int_equal(bytes[1 + i], pattern(number, i));
	assert_int_equal(bytes[0], 0x5a);
	assert_int_equal(bytes[len + 1], 0x5a);
	free(bytes);
}

static void every_length(void **state)
{
	uint32_t slots;
	size_t len;

	(void)state;
	for (slots = URPC_SLOTS_MIN; slots <= URPC_SLOTS_MAX; slots *= 4) {
		size_t most = urpc_long_max(slots);
		struct pair p;

		assert_int_equal(most, 56 * (slots / 2 < 128 ? slots / 2 : 128));
		pair_open(&p, slots);
		for (len = 0; len <= most; len++) {
			assert_int_equal(send(&p.a, len, len), 0);
			expect(&p.b, len, len);
			assert_int_equal(p.a.tx_next, p.b.rx_next);
		}
		assert_int_equal(send(&p.a, most + 1, 0), -URPC_EMSGSIZE);
		assert_int_equal(p.a.tx_next, p.b.rx_next);
		pair_close(&p);
	}
}

static void counts_slots(void **state)
{
	(void)state;
	assert_int_equal(urpc_slots_of(0), 1);
	assert_int_equal(urpc_slots_of(56), 1);
	assert_int_equal(urpc_slots_of(57), 2);
	assert_int_equal(urpc_slots_of(112), 2);
	assert_int_equal(urpc_slots_of(113), 3);
	assert_int_equal(urpc_slots_of(URPC_LONG_BYTES), URPC_LONG_SLOTS);
}

/* Whole or not at all: against every fill of the window. */
static void all_or_nothing(void **state)
{
	uint64_t full, i;

	(void)state;
	for (full = 0; full <= 16; full++) {
		struct urpc_ring *before;
		struct pair p;

		pair_open(&p, 16);
		for (i = 0; i < full; i++)
			assert_int_equal(pair_send(&p.a, i), 0);
		before = malloc(urpc_ring_bytes(16));
		memcpy(before, p.ab, urpc_ring_bytes(16));
		assert_int_equal(urpc_has_room(&p.a, 5), full <= 11);
		assert_int_equal(send(&p.a, 5 * 56, 7), full <= 11 ? 0 : -URPC_EAGAIN);
		if (full > 11)
			assert_memory_equal(before, p.ab, urpc_ring_bytes(16));
		for (i = 0; i < full; i++)
			pair_expect(&p.b, i);
		if (full <= 11)
			expect(&p.b, 5 * 56, 7);
		pair_expect_none(&p.b);
		assert_int_equal(send(&p.a, 5 * 56, 8), 0);
		expect(&p.b, 5 * 56, 8);
		free(before);
		pair_close(&p);
	}
}

/* Who looks for one slot, or brings too little room, is told, and the message stays. */
static void too_small(void **state)
{
	unsigned char bytes[300];
	struct urpc_msg m;
	uint16_t type;
	struct pair p;
	size_t len;

	(void)state;
	pair_open(&p, 64);
	assert_int_equal(send(&p.a, 300, 1), 0);
	assert_int_equal(urpc_recv(&p.b, &m), -URPC_EMSGSIZE);
	assert_int_equal(urpc_recv(&p.b, &m), -URPC_EMSGSIZE);
	assert_int_equal(urpc_recv_batch(&p.b, &m, 1), -URPC_EMSGSIZE);
	assert_true(urpc_can_recv(&p.b));
	assert_false(urpc_arm(&p.b));
	assert_int_equal(urpc_recv_long(&p.b, &type, NULL, 0, &len), -URPC_EMSGSIZE);
	assert_int_equal(len, 300);
	assert_int_equal(urpc_recv_long(&p.b, &type, bytes, 299, &len), -URPC_EMSGSIZE);
	expect(&p.b, 300, 1);
	assert_int_equal(urpc_recv_long(&p.b, &type, bytes, 299, &len), -URPC_EAGAIN);
	assert_int_equal(len, 0);

	assert_int_equal(send(&p.a, 40, 2), 0);
	assert_int_equal(urpc_recv_long(&p.b, &type, bytes, 39, &len), -URPC_EMSGSIZE);
	assert_int_equal(len, 40);
	expect(&p.b, 40, 2);
	pair_close(&p);
}

/* The wish for several slots is told, and fulfilled when they are there and not before. */
static void waits_for_room(void **state)
{
	struct urpc_msg m;
	struct pair p;
	int i;

	(void)state;
	pair_open(&p, 16);
	for (i = 0; i < 14; i++)
		assert_int_equal(pair_send(&p.a, 0), 0);
	assert_int_equal(send(&p.a, 8 * 56, 1), -URPC_EAGAIN);
	assert_true(urpc_arm_room(&p.a, 8));
	assert_int_equal(p.ab->armed, URPC_ARMED_SEND);
	assert_int_equal(p.ab->armed_ack, 6);
	for (i = 0; i < 6; i++) {
		assert_false(urpc_ack_notify_needed(&p.b));
		assert_int_equal(urpc_recv(&p.b, &m), 0);
	}
	urpc_ack(&p.b);
	assert_true(urpc_ack_notify_needed(&p.b));
	assert_true(urpc_ring_acked(p.ba, p.ab->armed_ack));
	urpc_disarm(&p.a);
	assert_int_equal(send(&p.a, 8 * 56, 1), 0);
	assert_false(urpc_has_room(&p.a, 1));
	pair_close(&p);
}

/* A wake-up for the first slot means that all of the message is there. */
static void wakes_once(void **state)
{
	struct pair p;

	(void)state;
	pair_open(&p, 16);
	assert_true(urpc_arm(&p.b));
	assert_int_equal(send(&p.a, 448, 1), 0);
	assert_true(urpc_notify_needed(&p.a));
	assert_true(urpc_ring_ready(p.ab, 16, p.ba->armed_at));
	urpc_disarm(&p.b);
	expect(&p.b, 448, 1);
	assert_true(urpc_arm(&p.b));
	pair_close(&p);
}

/* Long and short, both ways, at random: what went in comes out, through many laps and a wrap. */
static void random_lengths(void **state)
{
	uint64_t seed = 0x6c6f6e67, put[2] = { 0 }, got[2] = { 0 }, turn;
	size_t len[2][4096];
	struct pair p;

	(void)state;
	pair_open(&p, 32);
	for (turn = 0; turn < 60000; turn++) {
		int way = (int)(pair_random(&seed) >> 63);
		struct urpc_chan *from = way ? &p.b : &p.a, *to = way ? &p.a : &p.b;

		if (pair_random(&seed) >> 63) {
			size_t l = pair_random(&seed) % (urpc_long_max(32) + 1);
			int err = send(from, l, put[way]);

			assert_true(err == 0 || err == -URPC_EAGAIN);
			if (!err)
				len[way][put[way]++ % 4096] = l;
		} else if (got[way] < put[way]) {
			expect(to, len[way][got[way] % 4096], got[way]);
			got[way]++;
		} else {
			pair_expect_none(to);
		}
	}
	assert_true(p.a.tx_next > 65536 && p.b.tx_next > 65536);
	assert_true(put[0] > 3000 && put[1] > 3000);
	pair_close(&p);
}

static void batches(void **state)
{
	struct urpc_msg out[40], in[40];
	struct pair p;
	int i;

	(void)state;
	pair_open(&p, 16);
	memset(out, 0, sizeof(out));
	for (i = 0; i < 40; i++) {
		out[i].type = (uint16_t)(100 + i);
		out[i].len = 8;
		out[i].payload[0] = (uint64_t)i;
	}
	assert_int_equal(urpc_send_batch(&p.a, out, 0), 0);
	assert_int_equal(urpc_send_batch(&p.a, out, 10), 10);
	assert_int_equal(urpc_send_batch(&p.a, out + 10, 30), 6);
	assert_int_equal(urpc_send_batch(&p.a, out + 16, 24), -URPC_EAGAIN);
	assert_int_equal(urpc_recv_batch(&p.b, in, 0), 0);
	assert_int_equal(urpc_recv_batch(&p.b, in, 7), 7);
	assert_int_equal(p.ba->ack, 6); /* told once an eighth of the window was taken, not each time */
	assert_int_equal(urpc_recv_batch(&p.b, in + 7, 33), 9);
	assert_memory_equal(in, out, 16 * sizeof(in[0]));
	assert_int_equal(urpc_recv_batch(&p.b, in, 1), -URPC_EAGAIN);

	out[1].len = 57; /* the first goes, the second is refused */
	assert_int_equal(urpc_send_batch(&p.a, out, 2), 1);
	assert_int_equal(urpc_send_batch(&p.a, out + 1, 2), -URPC_EMSGSIZE);
	assert_int_equal(send(&p.a, 100, 5), 0);
	assert_int_equal(urpc_recv_batch(&p.b, in, 40), 1); /* ends before the long one */
	expect(&p.b, 100, 5);
	p.ab->slots[p.b.rx_next & 15].header = 5;
	assert_int_equal(urpc_recv_batch(&p.b, in, 1), -URPC_EPROTO);
	pair_close(&p);
}

/* ---- a hostile peer ---- */

#define SLOTS 16
#define FIRST 1
#define LONG 5 /* slots of the message that is damaged */

/* A long message of which the word at @slot had @flip flipped: what do the two receivers say? */
static void damaged(uint32_t slot, uint64_t flip, int want_short, int want_long)
{
	unsigned char bytes[URPC_LONG_BYTES];
	struct urpc_msg m;
	uint16_t type;
	struct pair p;
	size_t len;

	pair_open(&p, SLOTS);
	assert_int_equal(send(&p.a, (LONG - 1) * 56 + 9, 3), 0);
	p.ab->slots[slot].header ^= flip;
	assert_int_equal(urpc_recv(&p.b, &m), want_short);
	if (want_short == -URPC_EMSGSIZE) {
		memset(bytes, 0x77, sizeof(bytes));
		assert_int_equal(urpc_recv_long(&p.b, &type, bytes, sizeof(bytes), &len),
				 want_long);
		if (want_long)
			assert_int_equal(bytes[0], 0x77);
	}
	assert_int_equal(p.b.broken, want_long == -URPC_EPROTO);
	if (p.b.broken) {
		assert_int_equal(p.b.rx_next, FIRST);
		assert_int_equal(urpc_recv_long(&p.b, &type, bytes, sizeof(bytes), &len),
				 -URPC_EPROTO);
		assert_int_equal(urpc_send_long(&p.b, 1, bytes, 100), -URPC_EPROTO);
		assert_int_equal(urpc_recv_batch(&p.b, &m, 1), -URPC_EPROTO);
		assert_int_equal(urpc_send_batch(&p.b, &m, 1), -URPC_EPROTO);
	}
	pair_close(&p);
}

/* Every bit of every further header; in the last one some lengths are as good as the true one. */
static void further_headers(void **state)
{
	uint32_t slot;
	int bit;

	(void)state;
	damaged(FIRST, 0, -URPC_EMSGSIZE, 0);
	for (slot = FIRST + 1; slot < FIRST + LONG; slot++) {
		for (bit = 0; bit < 64; bit++) {
			uint64_t len = 9ull ^ (bit >= 48 && bit < 56 ? 1ull << (bit - 48) : 0);
			bool good = slot == FIRST + LONG - 1 && bit >= 48 && bit < 56 && len &&
				    len <= 56;

			damaged(slot, 1ull << bit, -URPC_EMSGSIZE, good ? 0 : -URPC_EPROTO);
		}
	}
	damaged(FIRST + LONG - 1, 9ull << 48, -URPC_EMSGSIZE, -URPC_EPROTO); /* empty */
}

static void first_header(void **state)
{
	int bit;

	(void)state;
	for (bit = 48; bit < 56; bit++) /* not full */
		damaged(FIRST, 1ull << bit, -URPC_EPROTO, -URPC_EPROTO);
	damaged(FIRST, URPC_HDR_CONTINUES, -URPC_EPROTO, -URPC_EPROTO); /* of nothing */
	/* 4 further slots: 5, 6 and 7 are too many for what was written; 8 are for the ring. */
	damaged(FIRST, 1ull << 56, -URPC_EMSGSIZE, -URPC_EPROTO);
	damaged(FIRST, 2ull << 56, -URPC_EMSGSIZE, -URPC_EPROTO);
	damaged(FIRST, 3ull << 56, -URPC_EMSGSIZE, -URPC_EPROTO);
	damaged(FIRST, 12ull << 56, -URPC_EPROTO, -URPC_EPROTO);
	damaged(FIRST, (4ull ^ 127) << 56, -URPC_EPROTO, -URPC_EPROTO);
	/* An acknowledgement of what was never sent, in all slots alike or in the first alone. */
	damaged(FIRST, 1ull << 16, -URPC_EMSGSIZE, -URPC_EPROTO);
	damaged(FIRST, 1ull << 33, -URPC_EMSGSIZE, -URPC_EPROTO); /* another type */
}

static void false_acknowledgement(void **state)
{
	unsigned char bytes[300];
	uint16_t type;
	struct pair p;
	size_t len;
	int i;

	(void)state;
	pair_open(&p, SLOTS);
	assert_int_equal(send(&p.a, 300, 3), 0);
	for (i = FIRST; i < FIRST + 6; i++)
		p.ab->slots[i].header ^= 1ull << 16;
	assert_int_equal(urpc_recv_long(&p.b, &type, bytes, sizeof(bytes), &len), -URPC_EPROTO);
	pair_close(&p);
}

/* A message that never ends: half a ring is all that is ever looked at. */
static void never_ends(void **state)
{
	unsigned char bytes[URPC_LONG_BYTES];
	uint16_t type;
	struct pair p;
	size_t len;
	uint32_t i, more;

	(void)state;
	for (more = 1; more < 128; more++) {
		pair_open(&p, SLOTS);
		for (i = 0; i < SLOTS; i++)
			p.ab->slots[(FIRST + i) % SLOTS].header =
				(FIRST + i) | 56ull << 48 | (uint64_t)more << 56 |
				(i ? URPC_HDR_CONTINUES : 0);
		assert_int_equal(urpc_recv_long(&p.b, &type, bytes, sizeof(bytes), &len),
				 -URPC_EPROTO);
		assert_true(p.b.broken);
		pair_close(&p);
	}
}

/* Random bits flipped in a ring with long and short messages: only the documented results. */
static void random_damage(void **state)
{
	uint64_t seed = 0x68757274, turn, i;
	unsigned char bytes[URPC_LONG_BYTES];
	uint64_t broken = 0, taken = 0;

	(void)state;
	for (turn = 0; turn < 4000; turn++) {
		struct pair p;

		pair_open(&p, SLOTS);
		for (i = 0; i < 12; i++) {
			uint64_t *word = (uint64_t *)p.ab;
			size_t len = 0, room = pair_random(&seed) % sizeof(bytes);
			uint16_t type;
			int err;

			(void)send(&p.a, pair_random(&seed) % 449, i);
			if (i > 2)
				word[pair_random(&seed) % 160] ^= 1ull << (pair_random(&seed) >> 58);
			err = urpc_recv_long(&p.b, &type, bytes, room, &len);
			assert_true(err == 0 || err == -URPC_EAGAIN || err == -URPC_EPROTO ||
				    err == -URPC_EMSGSIZE);
			assert_true(len <= urpc_long_max(SLOTS));
			if (!err)
				assert_true(len <= room);
			taken += !err;
			broken += err == -URPC_EPROTO;
		}
		pair_close(&p);
	}
	assert_true(broken > 1000 && taken > 4000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length),
		cmocka_unit_test(counts_slots),
		cmocka_unit_test(all_or_nothing),
		cmocka_unit_test(too_small),
		cmocka_unit_test(waits_for_room),
		cmocka_unit_test(wakes_once),
		cmocka_unit_test(random_lengths),
		cmocka_unit_test(batches),
		cmocka_unit_test(further_headers),
		cmocka_unit_test(first_header),
		cmocka_unit_test(false_acknowledgement),
		cmocka_unit_test(never_ends),
		cmocka_unit_test(random_damage),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc bulk", tests, NULL, NULL);
}
