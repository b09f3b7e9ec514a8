// SPDX-License-Identifier: GPL-2.0-only
/* The writer's half of the trace ring: what is recorded, when, where, and who is rung. */
#include <string.h>

#include <abi/ctl.h>
#include <arch.h>
#include <bootinfo.h>
#include <errors.h>
#include <link.h>
#include <loop.h>
#include <trace.h>

#include "fake/fake.h"

#define RECORDS 16u
#define FAKE_TRACE 0x420000ul

static struct abi_trace_ring *ring;
static struct urpc_chan control, peer;

static int start(void **state)
{
	(void)state;
	fake_prepare();
	ring = arch_window(FAKE_TRACE);
	*ring = (struct abi_trace_ring){ .revision = ABI_TRACE_REVISION, .records = RECORDS };
	fake_boot->trace = FAKE_TRACE;
	fake_boot->trace_size = abi_trace_bytes(RECORDS);
	fake_start();
	trace_start();
	urpc_chan_init(&control, arch_window(FAKE_RING(1)), arch_window(FAKE_RING(0)), FAKE_SLOTS);
	urpc_chan_init(&peer, arch_window(FAKE_RING(3)), arch_window(FAKE_RING(2)), FAKE_SLOTS);
	return 0;
}

/* The links stay as they are from test to test; the ring is a new one. */
static int fresh(void **state)
{
	(void)state;
	memset(ring, 0, fake_boot->trace_size + sizeof(ring->record[0]));
	ring->revision = ABI_TRACE_REVISION;
	ring->records = RECORDS;
	fake_host->trace = 0;
	fake_rings = 0;
	return trace_init(ring, fake_boot->trace_size);
}

static void want(uint64_t events)
{
	fake_host->trace = events;
}

static const struct abi_trace_record *record(uint64_t n)
{
	return &ring->record[n % RECORDS];
}

static void note(uint64_t number)
{
	trace(ABI_TRACE_NOTE, 3, 4, number, ~number);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(trace_init(ring, sizeof(*ring) - 1), -ERR_INVAL);
	assert_int_equal(trace_init(ring, abi_trace_bytes(RECORDS) - 1), -ERR_INVAL);
	ring->records = 24;
	assert_int_equal(trace_init(ring, 1 << 20), -ERR_INVAL);
	ring->records = 8;
	assert_int_equal(trace_init(ring, 1 << 20), -ERR_INVAL);
	ring->records = 0;
	assert_int_equal(trace_init(ring, 1 << 20), -ERR_INVAL);
	ring->records = ABI_TRACE_RECORDS_MAX * 2;
	assert_int_equal(trace_init(ring, UINT64_MAX), -ERR_INVAL);
	ring->records = RECORDS;
	ring->revision++;
	assert_int_equal(trace_init(ring, abi_trace_bytes(RECORDS)), -ERR_INVAL);
	/* Refused: nothing is recorded, though it is wanted. */
	want(UINT64_MAX);
	note(1);
	assert_int_equal(ring->head, 0);
	ring->revision--;
	assert_int_equal(trace_init(ring, abi_trace_bytes(RECORDS)), 0);
}

static void bad_ring(void)
{
	ring->revision = 9;
	trace_start();
}

static void test_dies_of_a_bad_ring(void **state)
{
	(void)state;
	assert_non_null(strstr(fake_crash(bad_ring), "trace ring"));
}

static void no_ring(void)
{
	fake_boot->trace = 0;
	trace_start();
}

static void test_without_ring(void **state)
{
	(void)state;
	assert_string_equal(fake_crash(no_ring), "");
}

static void test_only_what_is_wanted(void **state)
{
	uint64_t event;

	(void)state;
	for (event = 0; event < ABI_TRACE_EVENTS; event++) {
		want(1ull << event);
		note(event);
		assert_int_equal(ring->head, event == ABI_TRACE_NOTE);
	}
	assert_int_equal(record(0)->event, ABI_TRACE_NOTE);
	assert_int_equal(record(0)->node, 3);
	assert_int_equal(record(0)->channel, 4);
	assert_int_equal(record(0)->number, ABI_TRACE_NOTE);
	assert_int_equal(record(0)->arg, ~(uint64_t)ABI_TRACE_NOTE);
}

static void test_oldest_goes(void **state)
{
	uint64_t n;

	(void)state;
	want(1ull << ABI_TRACE_NOTE);
	for (n = 0; n < 100; n++) {
		note(n);
		assert_int_equal(ring->head, n + 1);
	}
	for (n = 100 - RECORDS; n < 100; n++) {
		assert_int_equal(record(n)->number, n);
		if (n > 100 - RECORDS)
			assert_true(record(n)->tsc > record(n - 1)->tsc);
	}
	/* Nothing past the ring. */
	assert_int_equal(ring->record[RECORDS].event, 0);
}

static void test_half_full_rings(void **state)
{
	uint64_t n;

	(void)state;
	want(1ull << ABI_TRACE_NOTE);
	for (n = 0; n < 4 * RECORDS; n++)
		note(n);
	assert_int_equal(fake_rings, 0);
	want(1ull << ABI_TRACE_NOTE | ABI_TRACE_BELL);
	for (n = 0; n < 4 * RECORDS; n++)
		note(n);
	assert_int_equal(fake_rings, 8);
	assert_int_equal(fake_ring_vector, 0xa5);
}

/* That doorbell is an event itself, and must not call for another. */
static void test_bell_of_the_trace_is_traced(void **state)
{
	uint64_t n;

	(void)state;
	want(1ull << ABI_TRACE_NOTE | 1ull << ABI_TRACE_BELL_SENT | ABI_TRACE_BELL);
	for (n = 0; n < RECORDS / 2; n++)
		note(n);
	assert_int_equal(fake_rings, 1);
	assert_int_equal(ring->head, RECORDS / 2 + 1);
	assert_int_equal(record(RECORDS / 2)->event, ABI_TRACE_BELL_SENT);
}

/* A request of node 0 and its answer; a ping of node 2 and its answer. */
static void test_messages(void **state)
{
	struct abi_ctl_unbind request = { .tag = 1, .channel = 63 };
	uint64_t ping[2] = { 1, 2 };

	(void)state;
	want(1ull << ABI_TRACE_SEND | 1ull << ABI_TRACE_RECEIVE);
	assert_int_equal(urpc_send(&control, ABI_CTL_UNBIND, &request, sizeof(request)), 0);
	fake_step();
	assert_int_equal(ring->head, 2);
	assert_int_equal(record(0)->event, ABI_TRACE_RECEIVE);
	assert_int_equal(record(0)->node, 0);
	assert_int_equal(record(0)->channel, ABI_TRACE_CHANNEL_CONTROL);
	assert_int_equal(record(0)->number, 1);
	assert_int_equal(record(0)->arg, abi_trace_message(ABI_CTL_UNBIND, sizeof(request)));
	assert_int_equal(record(1)->event, ABI_TRACE_SEND);
	assert_int_equal(record(1)->channel, ABI_TRACE_CHANNEL_CONTROL);
	assert_int_equal(record(1)->number, 1);
	assert_true(record(0)->tsc < record(1)->tsc);

	assert_int_equal(urpc_send(&peer, 1, ping, sizeof(ping)), 0);
	fake_step();
	assert_int_equal(ring->head, 4);
	assert_int_equal(record(2)->event, ABI_TRACE_RECEIVE);
	assert_int_equal(record(2)->node, 2);
	assert_int_equal(record(2)->channel, ABI_TRACE_CHANNEL_PEER);
	assert_int_equal(record(3)->event, ABI_TRACE_SEND);
	assert_int_equal(record(3)->node, 2);
	assert_int_equal(record(3)->number, 1);
}

/* The stamp of a send is older than anything that happens once the message can be seen. */
static void test_send_is_stamped_before(void **state)
{
	uint64_t stamp, seen_at;

	(void)state;
	want(1ull << ABI_TRACE_SEND);
	stamp = trace_stamp(ABI_TRACE_SEND);
	assert_true(stamp > 0);
	assert_int_equal(trace_stamp(ABI_TRACE_RECEIVE), 0);
	seen_at = arch_cycles();
	assert_true(stamp < seen_at);
	link_send(links_peer(2), 1, &stamp, sizeof(stamp));
	/* The fake clock moves with each look: the first one is before the message. */
	assert_int_equal(record(0)->tsc, seen_at + 10);
}

static void test_cost(void **state)
{
	uint64_t with, without;

	(void)state;
	want(1ull << ABI_TRACE_NOTE);
	trace_cost(&with, &without);
	/* On the fake clock a look takes 10: one an event, and one at the end of the loop. */
	assert_int_equal(without, 10);
	assert_int_equal(with, 10 + 10 * ABI_TRACE_COST_BATCH);
	want(0);
	trace_cost(&with, &without);
	assert_int_equal(with, without);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_refused, fresh),
		cmocka_unit_test_setup(test_dies_of_a_bad_ring, fresh),
		cmocka_unit_test_setup(test_without_ring, fresh),
		cmocka_unit_test_setup(test_only_what_is_wanted, fresh),
		cmocka_unit_test_setup(test_oldest_goes, fresh),
		cmocka_unit_test_setup(test_half_full_rings, fresh),
		cmocka_unit_test_setup(test_bell_of_the_trace_is_traced, fresh),
		cmocka_unit_test_setup(test_messages, fresh),
		cmocka_unit_test_setup(test_send_is_stamped_before, fresh),
		cmocka_unit_test_setup(test_cost, fresh),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
