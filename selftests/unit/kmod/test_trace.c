// SPDX-License-Identifier: GPL-2.0-only
/* kmod/trace_ring.c: records in order, records lost, counted to the last one, and rings full of rubbish. */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>

#include "unit.h"

#include "pure.h"
#include "trace_ring.h"

#define RECORDS 16u
#define NOW 1000000000ull

static struct abi_trace_ring *ring;
static struct remora_trace_reader reader;
static struct abi_trace_record record;
static __u64 now;
static void (*at_clock)(void); /* what the writer does between the copy and the checks */

static __u64 clock_now(void)
{
	if (at_clock)
		at_clock();
	return now;
}

/* Allocated exactly, so that the sanitizer sees any step outside. */
static int make_ring(void **state)
{
	(void)state;
	ring = calloc(1, abi_trace_bytes(RECORDS));
	if (!ring)
		return -1;
	ring->revision = ABI_TRACE_REVISION;
	ring->records = RECORDS;
	memset(&reader, 0, sizeof(reader));
	at_clock = NULL;
	now = NOW;
	return 0;
}

static int free_ring(void **state)
{
	(void)state;
	free(ring);
	return 0;
}

static void write_one(uint64_t tsc, unsigned int event)
{
	ring->record[ring->head & (RECORDS - 1)] = (struct abi_trace_record){
		.tsc = tsc,
		.event = (uint16_t)event,
		.node = 2,
		.channel = 7,
		.number = ring->head,
		.arg = ~ring->head,
	};
	ring->head++;
}

static void write_some(unsigned int count)
{
	while (count--)
		write_one(1000 + ring->head, ABI_TRACE_NOTE);
}

static bool next(void)
{
	return remora_trace_next(ring, RECORDS, clock_now, &reader, &record);
}

static unsigned int read_all(void)
{
	unsigned int count = 0;

	while (next())
		count++;
	return count;
}

/* The law of the counts: nothing is forgotten. */
static void assert_all_counted(void)
{
	assert_int_equal(reader.recorded + reader.lost + reader.bad, ring->head);
}

static void test_empty(void **state)
{
	(void)state;
	assert_false(next());
	assert_int_equal(remora_trace_pending(ring, &reader), 0);
	assert_all_counted();
}

static void test_order(void **state)
{
	unsigned int i;

	(void)state;
	write_some(RECORDS - 1);
	assert_int_equal(remora_trace_pending(ring, &reader), RECORDS - 1);
	for (i = 0; i < RECORDS - 1; i++) {
		assert_true(next());
		assert_int_equal(record.number, i);
		assert_int_equal(record.tsc, 1000 + i);
		assert_int_equal(record.event, ABI_TRACE_NOTE);
		assert_int_equal(record.node, 2);
		assert_int_equal(record.channel, 7);
		assert_int_equal(record.arg, ~(uint64_t)i);
	}
	assert_false(next());
	assert_int_equal(reader.recorded, RECORDS - 1);
	assert_all_counted();
}

/* A full ring: the oldest record may be under the writer's pen, so one less than its size is there. */
static void test_overflow_is_counted(void **state)
{
	unsigned int count;

	(void)state;
	for (count = RECORDS; count < 5 * RECORDS; count++) {
		memset(ring, 0, abi_trace_bytes(RECORDS));
		memset(&reader, 0, sizeof(reader));
		write_some(count);
		assert_true(next());
		assert_int_equal(record.number, count - (RECORDS - 1));
		assert_int_equal(read_all(), RECORDS - 2);
		assert_int_equal(reader.lost, count - (RECORDS - 1));
		assert_int_equal(reader.bad, 0);
		assert_all_counted();
	}
}

static void test_laps(void **state)
{
	uint64_t seed = 7, expected = 0;

	(void)state;
	while (ring->head < 100000) {
		write_some((unsigned int)(unit_random(&seed) % (RECORDS + 4)));
		while (next()) {
			assert_true(record.number >= expected);
			expected = record.number + 1;
		}
		assert_all_counted();
	}
	assert_true(reader.lost > 0);
	assert_int_equal(reader.bad, 0);
}

/*
 * A writer that laps the reader again and again, as a core would: stores in order, the head last.
 * Whatever comes out is whole.
 */
#define RACE_READ 50000u /* records that the reader gets hold of */

static void *race_writer(void *arg)
{
	bool *stop = arg;
	uint64_t n;

	for (n = 0; !__atomic_load_n(stop, __ATOMIC_RELAXED); n++) {
		struct abi_trace_record *r = &ring->record[n & (RECORDS - 1)];

		WRITE_ONCE(r->tsc, 1000 + n);
		WRITE_ONCE(r->event, ABI_TRACE_NOTE);
		WRITE_ONCE(r->node, 2);
		WRITE_ONCE(r->channel, (uint32_t)n);
		WRITE_ONCE(r->number, n);
		WRITE_ONCE(r->arg, ~n);
		__atomic_store_n(&ring->head, n + 1, __ATOMIC_RELEASE);
		if (!(n % 61))
			__builtin_ia32_pause();
	}
	return NULL;
}

static void test_race(void **state)
{
	unsigned int torn = 0;
	uint64_t expected = 0;
	bool stop = false;
	pthread_t writer;

	(void)state;
	now = UINT64_MAX / 2;
	assert_int_equal(pthread_create(&writer, NULL, race_writer, &stop), 0);
	while (reader.recorded < RACE_READ) {
		if (!next()) {
			sched_yield();
			continue;
		}
		torn += record.arg != ~record.number || record.channel != (uint32_t)record.number ||
			record.tsc != 1000 + record.number || record.number < expected;
		expected = record.number + 1;
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	read_all();
	assert_int_equal(torn, 0);
	assert_int_equal(reader.bad, 0);
	assert_all_counted();
}

static void test_bad_events(void **state)
{
	static const unsigned int bad[] = { 0, ABI_TRACE_EVENTS, 999, 0xffff };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		write_one(5000 + i, bad[i]);
		write_one(5000 + i, ABI_TRACE_SEND);
	}
	assert_int_equal(read_all(), ARRAY_SIZE(bad));
	assert_int_equal(reader.bad, ARRAY_SIZE(bad));
	assert_all_counted();
}

static void test_bad_node(void **state)
{
	(void)state;
	write_some(1);
	ring->record[0].node = 64;
	assert_int_equal(read_all(), 0);
	assert_int_equal(reader.bad, 1);
}

/* Time that goes back, or comes from the future, is refused and does not spoil what follows. */
static void test_bad_times(void **state)
{
	(void)state;
	write_one(5000, ABI_TRACE_SEND);
	write_one(4999, ABI_TRACE_SEND);
	write_one(5000, ABI_TRACE_SEND);
	write_one(UINT64_MAX, ABI_TRACE_SEND);
	write_one(NOW + (1ull << 21), ABI_TRACE_SEND);
	write_one(5001, ABI_TRACE_SEND);
	write_one(NOW + 1000, ABI_TRACE_SEND);
	assert_int_equal(read_all(), 4);
	assert_int_equal(reader.bad, 3);
	assert_int_equal(reader.tsc, NOW + 1000);
	assert_all_counted();
}

/* A head that goes back, or where no core gets, is counted once, and what lies before it skipped. */
static void test_bad_heads(void **state)
{
	(void)state;
	write_some(8);
	read_all();
	ring->head = 3;
	assert_false(next());
	assert_int_equal(reader.bad, 1);
	assert_false(next());
	assert_int_equal(reader.bad, 1);
	ring->head = UINT64_MAX;
	assert_false(next());
	assert_int_equal(reader.bad, 2);
	assert_false(next());
	assert_int_equal(reader.bad, 2);
	ring->head = 1ull << 60;
	assert_false(next());
	assert_int_equal(reader.bad, 3);
}

/* A head that runs away while it is read: every call ends. */
static void run_away(void)
{
	ring->head += 3 * RECORDS;
}

static void test_run_away(void **state)
{
	unsigned int i;

	(void)state;
	write_some(RECORDS);
	at_clock = run_away;
	for (i = 0; i < RECORDS; i++)
		ring->record[i].event = 0;
	assert_false(next());
	assert_true(reader.lost > RECORDS);
}

static void test_rubbish(void **state)
{
	uint64_t seed = 42, *words = (uint64_t *)ring;
	unsigned int round, i;

	(void)state;
	for (round = 0; round < 20000; round++) {
		__u64 tsc = reader.tsc;

		for (i = 0; i < abi_trace_bytes(RECORDS) / 8; i++)
			words[i] = unit_random(&seed);
		if (round % 3)
			ring->head = reader.next + unit_random(&seed) % (3 * RECORDS);
		if (round % 2)
			for (i = 0; i < RECORDS; i++)
				ring->record[i].tsc %= 2 * NOW;
		for (i = 0; i < 2 * RECORDS && next(); i++) {
			assert_in_range(record.event, 1, ABI_TRACE_EVENTS - 1);
			assert_in_range(record.node, 0, 63);
			assert_true(record.tsc >= tsc && record.tsc <= NOW + (1ull << 20));
			tsc = record.tsc;
		}
		if (!(round % 16))
			memset(&reader, 0, sizeof(reader));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_order, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_overflow_is_counted, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_laps, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_race, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_bad_events, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_bad_node, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_bad_times, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_bad_heads, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_run_away, make_ring, free_ring),
		cmocka_unit_test_setup_teardown(test_rubbish, make_ring, free_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
