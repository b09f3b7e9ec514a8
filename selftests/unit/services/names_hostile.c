// SPDX-License-Identifier: GPL-2.0-only
/*
 * The name service against nodes that break the protocol, that are slow, and that join in a
 * storm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <abi/if/names.h>
#include <urpc/chan.h>

#include "names_world.h"

static int setup(void **state)
{
	(void)state;
	names_limits_used = (struct names_limits){ SLOTS, 60, 4, 64 };
	names_world(4, 11);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	net_end();
	return 0;
}

static uint8_t wire[NAMES_MESSAGE_MAX];

/* A message from @from to @to; Return: what the machine says. */
#define SAY(from, to, TYPE, kind, ...)                                                             \
	({                                                                                         \
		struct names_##kind m = { __VA_ARGS__ };                                           \
		uint32_t bytes = names_##kind##_encode(&m, wire);                                  \
		names_message(&names[to], from, NAMES_##TYPE, wire, bytes, net.now);               \
	})

static void test_requests(void **state)
{
	uint32_t epoch = names[2].epoch;
	uint64_t hash = names_hash(&names[0]);

	(void)state;
	assert_int_equal(names_message(&names[0], 2, 0x03ff, "", 0, 0), -URPC_EPROTO);
	assert_int_equal(names_message(&names[0], 2, NAMES_REQUEST, "abc", 3, 0), -URPC_EPROTO);
	/* What only node 0 sends, and what only others send. */
	assert_int_equal(SAY(2, 0, APPLY, apply, .epoch = epoch, .op = 1, .number = 1,
			     .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(0, 2, REQUEST, request, .epoch = epoch, .op = 1, .number = 1,
			     .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, APPLY, apply, .epoch = epoch, .sequence = 1, .op = 1,
			     .number = 1, .name = "x"), -URPC_EPROTO);
	/* Malformed requests. */
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_NODE_END),
			 -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = 77, .number = 1,
			     .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .number = 0, .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .number = 1, .domain = NAMES_NOBODY, .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .number = 1, .cancels = 1, .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_CANCEL,
			     .number = 1, .cancels = 1, .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_NODE_END,
			     .number = 1), -URPC_EPROTO);
	/* Of an earlier life of the node, behind a lost one, of no member: dropped. */
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch + 1, .op = NAMES_OP_SET,
			     .number = 1, .name = "x"), 0);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .number = 2, .name = "x"), 0);
	assert_int_equal(SAY(7, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .number = 1, .name = "x"), 0);
	assert_int_equal(names[0].counts.gaps, 1);
	assert_int_equal(names[0].counts.strangers, 1);
	assert_false(net_step());
	assert_int_equal(names_hash(&names[0]), hash);
	/* Twice: done once. */
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .flags = NAMES_CREATE, .number = 1, .name = "x"), 0);
	assert_int_equal(SAY(2, 0, REQUEST, request, .epoch = epoch, .op = NAMES_OP_SET,
			     .flags = NAMES_CREATE, .number = 1, .name = "x"), 0);
	assert_int_equal(names[0].counts.applied, 1);
	assert_int_equal(names[0].counts.repeated, 1);
}

static void test_flood(void **state)
{
	uint32_t taken = 0;

	(void)state;
	names_freeze(&names[0]);
	for (uint64_t number = 1; number < 100; number++)
		taken += !SAY(2, 0, REQUEST, request, .epoch = names[2].epoch, .op = NAMES_OP_SET,
			      .number = number, .name = "x");
	/*
	 * One too many broke the protocol; what it sends behind that counts as behind a lost one.
	 */
	assert_int_equal(names[0].queue_used, NAMES_OUTSTANDING);
	assert_true(taken > NAMES_OUTSTANDING && taken < 99);
	assert_int_equal(SAY(2, 0, ACK, ack, .epoch = names[2].epoch, .sequence = 1), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, PIECE_ACK, piece_ack, .epoch = names[2].epoch, .piece = 9),
			 -URPC_EPROTO);
	/* Removed, nothing of it remains, and what it had is ended once. */
	protocol_set_remove(&net.members, 2);
	names_view(&names[0], 9, &net.members, net.now);
	assert_int_equal(names[0].queue_used, 0);
	assert_int_equal(names[0].counts.applied, 1);
}

static void test_log(void **state)
{
	uint32_t epoch = names[2].epoch;

	(void)state;
	assert_int_equal(SAY(0, 2, APPLY, apply, .epoch = epoch, .sequence = 2, .op = NAMES_OP_SET,
			     .number = 1, .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(0, 2, APPLY, apply, .epoch = epoch, .sequence = 1, .op = NAMES_OP_SET,
			     .number = 1), -URPC_EPROTO);
	assert_int_equal(SAY(0, 2, APPLY, apply, .epoch = epoch, .sequence = 1, .op = NAMES_OP_SET,
			     .node = 512, .number = 1, .name = "x"), -URPC_EPROTO);
	assert_int_equal(SAY(0, 2, APPLY, apply, .epoch = epoch + 1, .sequence = 1,
			     .op = NAMES_OP_SET, .number = 1, .name = "x"), 0);
	assert_int_equal(SAY(0, 2, SNAPSHOT, snapshot, .epoch = epoch, .slots = SLOTS),
			 -URPC_EPROTO);
	assert_int_equal(names[2].counts.applied, 0);
}

/*
 * The log goes no further than NAMES_WINDOW entries ahead of a node, and says who is in the way.
 */
static void test_stuck(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_SET, "x", NAMES_SHARED, 1);
	uint64_t at;

	(void)state;
	net.alive[3] = false; /* it takes nothing, and nobody noticed */
	for (uint32_t i = 0; i < NAMES_WINDOW + 9; i++)
		names_submit(&names[0], 1 + i % 3, i, &ask, PROTOCOL_NEVER, net.now);
	net_drain();
	assert_int_equal(names[0].counts.applied, NAMES_WINDOW);
	assert_int_equal(names[1].counts.applied, NAMES_WINDOW);
	at = names_tick(&names[0], net.now);
	assert_true(at > net.now && at <= net.now + NAMES_STUCK_US + 1);
	assert_int_equal(stuck_node, PROTOCOL_NODE_NONE);
	assert_int_equal(names_tick(&names[0], at), PROTOCOL_NEVER);
	assert_int_equal(stuck_node, 3);
	names_leave_view(3);
	assert_true(names[0].counts.applied > NAMES_WINDOW);
	assert_int_equal(names_hash(&names[0]), names_hash(&names[1]));
	assert_true(names_quiet(&names[0]));
}

static void fill_table(uint32_t names_made)
{
	char name[16];

	for (uint32_t i = 0; i < names_made; i++) {
		sprintf(name, "n%u", i);
		MUST(!names_do(1 + i % 2, 1, NAMES_OP_SET, name, NAMES_SHARED, i));
	}
}

/* A node joins while the log goes on and on: the log waits at last, and both are the same then. */
static void test_join_under_load(void **state)
{
	struct protocol_set members = protocol_set_only(0);
	struct names_ask ask = { .op = NAMES_OP_SET, .flags = NAMES_SHARED };
	uint32_t left = 1000, written = 0;

	(void)state;
	fill_table(50);
	net_change(&members);
	protocol_set_add(&members, 3);
	for (uint32_t i = 0; i < 50; i++) {
		sprintf(ask.name, "m%u", i);
		MUST(!names_submit(&names[0], 1, 999, &ask, PROTOCOL_NEVER, net.now));
	}
	net_revive(3);
	names_world_node(3);
	assert_int_equal(names_await(&names[3], 1, 998, "m4", PROTOCOL_NEVER, net.now), 0);
	assert_int_equal(names_watch(&names[3], 1, 997, "m"), 0);
	net_install(&members);
	while (!names_ready(&names[3])) {
		/* Ten names change for each message of the snapshot. */
		for (uint32_t i = 0; i < 10; i++, written++) {
			sprintf(ask.name, "m%u", written % 50);
			ask.value[0] = written;
			names_submit(&names[0], 1 + i, 1000, &ask, PROTOCOL_NEVER, net.now);
		}
		MUST(net_step() && --left);
		assert_true(names[0].memory.peers[3].passes <= 4);
	}
	assert_true(names[0].counts.applied > 100);
	assert_int_equal(names_answer(998), NAMES_OK);
	net_drain();
	names_tick(&names[3], net.now);
	assert_true(change_count > 0 && changes[0].error == NAMES_MISSED);
	names_same();
}

/* A snapshot that was spoilt on the way is not taken. */
static void test_bad_snapshot(void **state)
{
	struct names_slot s = { .kind = NAMES_RECORD, .first = NAMES_NONE, .last = NAMES_NONE,
				.next = NAMES_NONE, .node = 1, .domain = 1, .name = "a" };
	struct names_slot bad[8];
	struct protocol_set members = net.members;
	uint32_t epoch;

	(void)state;
	for (uint32_t i = 0; i < 8; i++)
		bad[i] = s;
	bad[0].kind = NAMES_KIND_COUNT;
	bad[1].next = SLOTS;
	bad[2].node = PROTOCOL_NODES_MAX;
	memset(bad[3].name, 'x', sizeof(bad[3].name));
	bad[4].name[9] = 'x';
	bad[5].kind = NAMES_WAITER;
	bad[6].kind = NAMES_FREE;
	bad[7].kind = NAMES_BARRIER; /* nobody waits there */
	for (uint32_t i = 0; i < 8; i++) {
		names_world_node(2);
		names_view(&names[2], epoch = 50 + i, &members, 0);
		assert_int_equal(SAY(0, 2, PIECE, piece, .epoch = epoch, .piece = 2,
				     .index_count = 1, .index = { 1 }, .data_count = sizeof(s),
				     .data = (uint8_t *)&bad[i]), -URPC_EPROTO);
		assert_int_equal(SAY(0, 2, PIECE, piece, .epoch = epoch, .piece = 1,
				     .index_count = 1, .index = { SLOTS }, .data_count = sizeof(s),
				     .data = (uint8_t *)&bad[i]), -URPC_EPROTO);
		assert_int_equal(SAY(0, 2, PIECE, piece, .epoch = epoch, .piece = 1,
				     .index_count = 2, .index = { 1, 2 }, .data_count = sizeof(s),
				     .data = (uint8_t *)&bad[i]), -URPC_EPROTO);
		assert_int_equal(SAY(0, 2, PIECE, piece, .epoch = epoch, .piece = 1,
				     .index_count = 1, .index = { 1 }, .data_count = sizeof(s),
				     .data = (uint8_t *)&bad[i]), 0);
		names[1].counts.applied = 5;
		memcpy(&names_slots[1][1], &bad[i], sizeof(s)); /* for the sum over all */
		assert_int_equal(SAY(0, 2, SNAPSHOT, snapshot, .epoch = epoch, .sequence = 5,
				     .slots = SLOTS, .hash = names_hash(&names[1])), -URPC_EPROTO);
		assert_false(names_ready(&names[2]));
	}
	names_world_node(2);
	names_view(&names[2], 90, &members, 0);
	assert_int_equal(SAY(0, 2, PIECE, piece, .epoch = 90, .piece = 1, .index_count = 1,
			     .index = { 1 }, .data_count = sizeof(s), .data = (uint8_t *)&s), 0);
	memcpy(&names_slots[1][1], &s, sizeof(s));
	assert_int_equal(SAY(0, 2, SNAPSHOT, snapshot, .epoch = 90, .sequence = 5, .slots = SLOTS,
			     .hash = names_hash(&names[1]) + 1), -URPC_EPROTO);
	assert_int_equal(SAY(0, 2, SNAPSHOT, snapshot, .epoch = 90, .sequence = 5,
			     .slots = SLOTS / 2, .hash = names_hash(&names[1])), -URPC_EPROTO);
	assert_int_equal(SAY(0, 2, SNAPSHOT, snapshot, .epoch = 90, .sequence = 5, .slots = SLOTS,
			     .records = 1, .waits = 1, .node = 1,
			     .hash = names_hash(&names[1])), 0);
	assert_true(names_ready(&names[2]));
	assert_int_equal(names[2].limits.records + names[2].limits.waits + names[2].limits.node, 3);
}

/* A request that was lost with a change of view is sent again, and done once. */
static void test_lost_request(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_SEMAPHORE, "s", 0, 0);
	struct names_ask post = names_ask(NAMES_OP_POST, "s", 0, 1);

	(void)state;
	MUST(!names_submit(&names[2], 1, 1, &ask, PROTOCOL_NEVER, net.now));
	net_drain();
	for (uint64_t tag = 2; tag < 6; tag++)
		MUST(!names_submit(&names[2], 1, tag, &post, PROTOCOL_NEVER, net.now));
	while (net_count(2, 0))
		net_lose(2);
	net_drain();
	assert_int_equal(names_answer(2), ~0u);
	net_change(&net.members);
	for (uint64_t tag = 2; tag < 6; tag++)
		assert_int_equal(names_answer(tag), NAMES_OK);
	assert_int_equal(names_get(&names[1], "s")->value[0], 4);
	/* The answer was on its way when the view changed: not done again. */
	MUST(!names_submit(&names[2], 1, 7, &post, PROTOCOL_NEVER, net.now));
	while (net_count(2, 0))
		net_step();
	net_change(&net.members);
	assert_int_equal(names_answer(7), NAMES_OK);
	assert_int_equal(names_get(&names[1], "s")->value[0], 5);
	names_same();
}

static void test_init(void **state)
{
	static const struct names_hooks hooks;
	static struct names n;
	struct names_limits good = { SLOTS, 1, 1, 1 }, bad = good;
	struct names_memory memory = names[0].memory, small = memory;
	struct protocol_port port = net_port(0);

	(void)state;
	bad.slots = 48;
	assert_int_equal(names_init(&n, 0, &bad, &memory, &port, &hooks, NULL), -URPC_EINVAL);
	bad = good;
	bad.records = 0;
	assert_int_equal(names_init(&n, 0, &bad, &memory, &port, &hooks, NULL), -URPC_EINVAL);
	small.queue_count--;
	assert_int_equal(names_init(&n, 0, &good, &small, &port, &hooks, NULL), -URPC_EINVAL);
	small = memory;
	small.domains = small.pendings;
	assert_int_equal(names_init(&n, 0, &good, &small, &port, &hooks, NULL), -URPC_EINVAL);
	assert_int_equal(names_init(&n, 512, &good, &memory, &port, &hooks, NULL), -URPC_EINVAL);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	T(requests), T(flood), T(log), T(stuck), T(join_under_load), T(bad_snapshot),
	T(lost_request), T(init),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
