// SPDX-License-Identifier: GPL-2.0-only
/*
 * The monitor among others: the test is node 0 with the real machines, and the other nodes, of which it has
 * the ends of the links.
 */
#include <abi/if/view.h>

#include <agreed.h>
#include <fault.h>
#include <member.h>
#include <mesh.h>

#include "leader.h"

static struct urpc_chan *link_of[64];
static struct message message;
static uint64_t answered;

static void answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		   const struct names_slot *slot)
{
	(void)ctx, (void)domain, (void)slot;
	assert_int_equal(error, 0);
	answered = tag;
}

static void ended(void *ctx, uint32_t domain)
{
	(void)ctx, (void)domain;
}

static const struct names_hooks names_hooks = { .answer = answer, .ended = ended };

static void link_node(uint32_t node)
{
	link_of[node] = core_bind(ABI_CHANNEL_MONITOR(node), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS);
	assert_int_equal(core_bound, 0);
}

static int start(void **state)
{
	const struct agree_local local = agreed_local();

	(void)state;
	core_start();
	memset(link_of, 0, sizeof(link_of));
	leader_begin(&local, &names_hooks);
	link_of[0] = leader_link;
	return 0;
}

static int stop(void **state)
{
	(void)state;
	core_sound();
	return 0;
}

/* ---- tests ---- */

static void test_join(void **state)
{
	(void)state;
	assert_int_equal(core_until, UINT64_MAX);
	leader_join(1);
	/* Nothing is to be waited for: it sleeps for good, and stays asleep. */
	assert_int_equal(core_until, UINT64_MAX);
	assert_int_equal(mesh_waiting(), 0);
}

static int submit(struct node *n, uint8_t op, const char *name, uint64_t value, uint64_t tag)
{
	struct names_ask ask = { .op = op, .value = { value } };

	strcpy(ask.name, name);
	return (int)names_submit(&n->names, 1, tag, &ask, PROTOCOL_NEVER, n->now);
}

/* A record of either side is at both, with what was there before this one came. */
static void test_names(void **state)
{
	const struct names_slot *slot;

	(void)state;
	node_at(&leader, leader_us);
	assert_int_equal(submit(&leader, NAMES_OP_SET, "before", 11, 1), 0);
	leader_join(1);
	slot = names_get(&member_enter()->names, "before");
	assert_non_null(slot);
	assert_int_equal(slot->value[0], 11);
	assert_int_equal(submit(member_enter(), NAMES_OP_SET, "mine", 12, 2), 0);
	member_leave();
	leader_talk();
	slot = names_get(&leader.names, "mine");
	assert_non_null(slot);
	assert_int_equal(slot->value[0], 12);
	assert_int_equal(slot->node, SELF);
	assert_true(names_hash(&leader.names) == names_hash(&member_enter()->names));
	assert_int_equal(core_until, UINT64_MAX);
	/* What was its goes with it. */
	view_failed(&leader.view, SELF);
	node_tick(&leader, leader_us);
	assert_null(names_get(&leader.names, "mine"));
	assert_non_null(names_get(&leader.names, "before"));
}

/* It answers PINGs as long as the leader asks; asked by nobody it wakes up for nothing. */
static void test_patrol(void **state)
{
	(void)state;
	leader_join(1);
	for (unsigned int i = 0; i < 20; i++)
		leader_pass(VIEW_PATROL_US);
	assert_true(protocol_set_has(&view_current(&leader.view)->members, SELF));
	assert_int_equal(core_until, UINT64_MAX);
	/* Not asked to look at its messages, it is taken out. */
	for (unsigned int i = 0; i < 20; i++) {
		leader_us += VIEW_PATROL_US;
		node_tick(&leader, leader_us);
	}
	assert_false(protocol_set_has(&view_current(&leader.view)->members, SELF));
}

static void test_leave(void **state)
{
	(void)state;
	leader_join(1);
	leader_joined = -1;
	assert_int_equal(view_leave(&leader.view, SELF, VIEW_DRAIN_US, leader_us), 0);
	node_tick(&leader, leader_us);
	leader_talk();
	assert_int_equal(leader_joined, 0);
	assert_false(protocol_set_has(&view_current(&leader.view)->members, SELF));
}

/* Every link that there can be, and everything back afterwards. */
static void test_links(void **state)
{
	uint64_t before;

	(void)state;
	core_unbind(ABI_CHANNEL_MONITOR(0));
	before = core_caps();
	for (uint32_t node = 0; node < 64; node++) {
		if (node != SELF)
			link_node(node);
		core_sound();
	}
	assert_true(mesh_linked(63));
	assert_false(mesh_linked(SELF));
	assert_null(core_bind(ABI_CHANNEL_MONITOR(5), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS));
	assert_int_equal(core_bound, MON_EINVAL);
	for (uint32_t node = 0; node < 64; node++) {
		core_unbind(ABI_CHANNEL_MONITOR(node));
		assert_int_equal(core_unbound, 0);
	}
	assert_int_equal(core_caps(), before);
	assert_false(mesh_linked(63));
	/* Other rings than both sides know. */
	assert_null(core_bind(ABI_CHANNEL_MONITOR(5), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS / 2));
	assert_null(core_bind(ABI_CHANNEL_MONITOR(5), ABI_SERVICE_MONITOR, 2 * ABI_MONITOR_SLOTS));
	assert_int_equal(core_caps(), before);
}

/* What does not fit waits, in order; of every length. */
static void test_queue(void **state)
{
	static uint8_t payload[4200];
	uint32_t lengths[] = { 0, 1, 56, 57, MESH_CELL - 1, MESH_CELL, MESH_CELL + 1, 1024, 4200 };
	uint32_t count = sizeof(lengths) / sizeof(lengths[0]), sent = 0, got = 0;

	(void)state;
	link_node(7);
	while (mesh_waiting() < 1000) {
		memset(payload, (int)sent, sizeof(payload));
		mesh_send(NULL, 7, (uint16_t)sent, payload, lengths[sent % count]);
		sent++;
	}
	while (take(link_of[7], &message)) {
		assert_int_equal(message.type, got);
		assert_int_equal(message.bytes, lengths[got % count]);
		memset(payload, (int)got, sizeof(payload));
		assert_memory_equal(message.data, payload, message.bytes);
		got++;
	}
	assert_int_equal(got, sent);
	assert_int_equal(mesh_waiting(), 0);
	/* To nobody. */
	mesh_send(NULL, 8, 1, payload, 10);
	mesh_send(NULL, 64, 1, payload, 10);
	mesh_send(NULL, UINT32_MAX, 1, payload, 10);
	assert_int_equal(mesh_waiting(), 0);
}

/* A peer that sleeps and is slow to wake is rung once for each time that something was sent. */
static void test_rings(void **state)
{
	static const uint8_t payload[100];
	unsigned int before;

	(void)state;
	link_node(7);
	core_turn();
	before = core_bells;
	assert_true(urpc_arm(link_of[7]));
	for (unsigned int sent = 1; sent <= 3; sent++) {
		mesh_send(NULL, 7, 1, payload, sizeof(payload));
		for (unsigned int i = 0; i < 5; i++)
			core_turn();
		assert_int_equal(core_bells, before + sent);
	}
	/* Room that it waits for. */
	urpc_disarm(link_of[7]);
	while (take(link_of[7], &message))
		;
	while (!urpc_send(link_of[7], 1, payload, 8))
		;
	before = core_bells;
	assert_true(urpc_arm_send(link_of[7]));
	for (unsigned int i = 0; i < 5; i++)
		core_turn();
	assert_true(core_bells > before);
	assert_true(urpc_can_send(link_of[7]));
}

/* Who takes nothing is told to the leader, and the others have room. */
static void test_flood(void **state)
{
	static const uint8_t payload[100];

	(void)state;
	leader_join(1);
	link_node(7);
	for (uint32_t i = 0; i < MESH_CELLS + 256; i++)
		mesh_send(NULL, 7, 1, payload, sizeof(payload));
	assert_true(mesh_waiting() <= MESH_CELLS);
	link_node(9);
	for (uint32_t i = 0; i < MESH_CELLS + 1; i++)
		mesh_send(NULL, 9, 1, payload, sizeof(payload));
	assert_true(mesh_waiting() <= MESH_CELLS);
	core_turn();
	core_unbind(ABI_CHANNEL_MONITOR(7));
	core_unbind(ABI_CHANNEL_MONITOR(9));
	assert_int_equal(mesh_waiting(), 0);
	leader_talk();
}

/* Nothing that comes makes it stumble: unknown messages, ill-formed ones, a broken ring. */
static void test_bad(void **state)
{
	uint8_t payload[200];
	unsigned int seed = 7;

	(void)state;
	link_node(7);
	for (unsigned int i = 0; i < 2000; i++) {
		for (size_t n = 0; n < sizeof(payload); n++)
			payload[n] = (uint8_t)(seed = seed * 1103515245 + 12345) >> 3;
		if (!mesh_linked(7))
			link_node(7);
		send_to(link_of[7], (uint16_t)(i % 3 ? i : PROTOCOL_TYPE(PROTOCOL_VIEW, i % 16)), payload,
			i % sizeof(payload));
	}
	leader_join(1);
	link_of[7]->tx->slots[link_of[7]->tx_next & 255].header =
		(link_of[7]->tx_next & URPC_HDR_SEQ_MASK) | URPC_HDR_CONTINUES;
	core_closed = -1;
	core_turn();
	assert_int_equal(core_closed, MON_EPROTO);
	assert_false(mesh_linked(7));
}

static void arm_since(uint16_t since, uint32_t by, uint16_t type, enum fault_moment at, uint32_t nth)
{
	const struct fault_arm m = { type, at, nth, 2, since };
	uint8_t payload[FAULT_ARM_MAX];

	core_failed = 0;
	assert_int_equal(urpc_send_long(link_of[by], FAULT_ARM, payload, fault_arm_encode(&m, payload)), 0);
	core_turn();
}

static void arm(uint32_t by, uint16_t type, enum fault_moment at, uint32_t nth)
{
	arm_since(0, by, type, at, nth);
}

static unsigned int patrols_until_failed(void)
{
	unsigned int i = 0;

	while (i < 8 && !core_failed) {
		leader_pass(VIEW_PATROL_US);
		i++;
	}
	return i;
}

/* The core fails at what node 0 says, in partitions that were created for it. */
static void test_fault(void **state)
{
	(void)state;
	core_may_fail = false;
	arm(0, VIEW_PREPARE, FAULT_MOMENT_BEFORE, 1);
	leader_join(1);
	assert_int_equal(core_failed, 0);
	core_may_fail = true;
	arm(0, VIEW_PING, FAULT_MOMENT_BEFORE, 2);
	assert_int_equal(patrols_until_failed(), 4);
	arm(0, VIEW_PONG, FAULT_MOMENT_SENT, 1);
	assert_true(patrols_until_failed() < 4);
	arm(0, VIEW_PONG, FAULT_MOMENT_INSTEAD, 1);
	assert_true(patrols_until_failed() < 4);
	arm(0, VIEW_PING, FAULT_MOMENT_AFTER, 1);
	assert_true(patrols_until_failed() < 4);
	/* Counted from another message on, which is lost. */
	arm_since(VIEW_DRAINED, 0, VIEW_PING, FAULT_MOMENT_BEFORE, 1);
	assert_int_equal(patrols_until_failed(), 8);
	arm_since(VIEW_PONG, 0, VIEW_PONG, FAULT_MOMENT_INSTEAD, 1);
	assert_true(patrols_until_failed() < 8);
	/* No other node may say so. */
	link_node(7);
	core_closed = -1;
	arm(7, VIEW_PING, FAULT_MOMENT_BEFORE, 1);
	assert_int_equal(core_closed, MON_EPROTO);
	assert_int_equal(patrols_until_failed(), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_join, start, stop),
		cmocka_unit_test_setup_teardown(test_names, start, stop),
		cmocka_unit_test_setup_teardown(test_patrol, start, stop),
		cmocka_unit_test_setup_teardown(test_leave, start, stop),
		cmocka_unit_test_setup_teardown(test_links, start, stop),
		cmocka_unit_test_setup_teardown(test_queue, start, stop),
		cmocka_unit_test_setup_teardown(test_rings, start, stop),
		cmocka_unit_test_setup_teardown(test_flood, start, stop),
		cmocka_unit_test_setup_teardown(test_bad, start, stop),
		cmocka_unit_test_setup_teardown(test_fault, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
