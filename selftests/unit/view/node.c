// SPDX-License-Identifier: GPL-2.0-only
/* The whole of a node: who is told of what and in which order, and what a newcomer learns. */
#include "node_world.h"

static void hooks_in_order(void **state)
{
	(void)state;
	world_join(1, 3);
	assert_string_equal(seats[0].story, "fwwwiCtO");
	assert_string_equal(seats[2].story, "iCtO");
	is(seats[2].mine, 1);
	world_join(4, 4);
	assert_string_equal(seats[2].story, "iCtOfiCtO");
	assert_string_equal(seats[4].story, "iCtO");
	is(seats[4].done, 1);
	is(seats[4].done_error, 0);
	yes(seats[2].told && seats[2].tick_at <= now + 77);
}

/* Everybody has the same topology, those who came first and last. */
static void topology(void **state)
{
	(void)state;
	world_join(1, 2);
	world_join(3, 5);
	world_join(6, 6);
	for (uint32_t i = 1; i <= 6; i++) {
		assert_memory_equal(seats[i].package, seats[0].package, sizeof(seats[0].package));
		assert_memory_equal(seats[i].distance, seats[0].distance, sizeof(seats[0].distance));
		is(seats[i].package[i], i % PACKAGES);
		is(seats[i].n.placed, NODES);
	}
	is(node_join(&seats[0].n, 7, PACKAGES), -VIEW_EINVAL);
	is(node_join(&seats[0].n, NODES, 0), -VIEW_EINVAL);
}

static void names_are_everywhere(void **state)
{
	struct names_ask ask = { .op = NAMES_OP_SET, .value = { 7 }, .name = "service" };

	(void)state;
	world_join(1, 3);
	node_at(&seats[2].n, now);
	is(names_submit(&seats[2].n.names, 5, 6, &ask, PROTOCOL_NEVER, now), 0);
	world_run(1000);
	is(seats[2].answered, 1);
	is(seats[2].error, 0);
	world_join(4, 4);
	for (uint32_t i = 0; i <= 4; i++) {
		yes(names_ready(&seats[i].n.names));
		yes(names_get(&seats[i].n.names, "service"));
		is(names_get(&seats[i].n.names, "service")->value[0], 7);
	}
}

static void agreement(void **state)
{
	struct agree_request q = { .kind = AGREE_REVOKE,
				   .object = { 0x100000, 0x1000, ABI_CAP_RAM } };

	(void)state;
	world_join(1, 4);
	node_at(&seats[3].n, now);
	is(agree_start(&seats[3].n.agree, &q, 42), 0);
	world_run(1000);
	is(seats[3].answered, 1);
	is(seats[3].result, 0);
	/* Again, while a node dies: it ends all the same, and the node's RAM is forgotten everywhere. */
	seats[2].runs = false;
	is(agree_start(&seats[3].n.agree, &q, 42), 0);
	world_run(VIEW_DEAD_US);
	is(seats[3].answered, 2);
	is(seats[3].result, 0);
	yes(!world_member(2));
	for (uint32_t i = 0; i <= 4; i++)
		yes(i == 2 || (seats[i].forgot == 2 && agree_quiet(&seats[i].n.agree)));
}

static uint64_t unsettled(void)
{
	return node_unsettled(&seats[0].n)->bits[0];
}

static int say_settled(uint32_t from, uint32_t to, uint32_t view)
{
	struct node_settled m = { view };
	uint8_t buffer[NODE_SETTLED_MAX];

	return node_message(&seats[to].n, from, NODE_SETTLED, buffer, node_settled_encode(&m, buffer),
			    now);
}

/* The leader knows who may have memory of nodes that went, through further changes. */
static void settled(void **state)
{
	uint32_t view;

	(void)state;
	world_join(1, 6);
	is(unsettled(), 0);
	seats[3].holds = true;
	seats[2].runs = false;
	world_run(VIEW_DEAD_US);
	yes(!world_member(2));
	is(unsettled(), 1u << 3);
	view = view_current(&seats[0].n.view)->number;
	/* It holds what 2 had, and says so of the first change; then another goes, and somebody comes. */
	seats[4].holds = true;
	seats[5].runs = false;
	world_run(VIEW_DEAD_US);
	is(unsettled(), 1u << 3 | 1u << 4);
	is(say_settled(3, 0, view), 0);
	is(unsettled(), 1u << 3 | 1u << 4);
	view = seats[0].n.settle_view;
	world_join(7, 7);
	is(seats[0].n.settle_view, view);
	is(unsettled(), 1u << 3 | 1u << 4);
	seats[3].holds = false;
	world_run(1000);
	is(seats[3].forgot, 2 + 5);
	is(unsettled(), 1u << 4);
	/* Who says it of no such view is broken, and who goes itself is not waited for, nor who comes then. */
	world_start(2);
	is(node_join(&seats[0].n, 2, 0), 0);
	is(say_settled(4, 0, view + 1), -URPC_EPROTO);
	world_run(2000);
	yes(world_member(2) && !world_member(4));
	is(unsettled(), 0);
	/* Nor may it be said unasked, or to another. */
	view = seats[0].n.settle_view;
	is(say_settled(7, 0, view), -URPC_EPROTO);
	is(say_settled(1, 3, view), -URPC_EPROTO);
}

/* The same, from and to nodes that let messages travel together, and others that do not. */
static void batches(void **state)
{
	struct agree_request q = { .kind = AGREE_REVOKE, .object = { 0, 0x1000, ABI_CAP_RAM } };
	uint32_t together = 0;

	(void)state;
	batching = 1u << 0 | 1u << 2 | 1u << 3;
	world_join(1, 4);
	node_at(&seats[3].n, now);
	for (uint32_t i = 0; i < 8; i++) {
		q.object.base = 0x100000 * i;
		is(agree_start(&seats[3].n.agree, &q, 42), 0);
	}
	is(letters_last, letters_first);
	seats[3].tick_at = node_tick(&seats[3].n, now);
	for (uint32_t i = letters_first; i < letters_last; i++)
		together += letters[i % LETTERS].type == BATCH_MESSAGE;
	is(together, letters_last - letters_first); /* eight PREPAREs for each */
	world_run(1000);
	is(seats[3].answered, 8);
	is(seats[3].n.agree.counts.committed, 8);
	for (uint32_t i = 0; i <= 4; i++)
		yes(agree_quiet(&seats[i].n.agree) && !seats[i].broken);
}

/* What the view machine says comes behind what was said before. */
static void order(void **state)
{
	(void)state;
	batching = 0xff;
	world_join(1, 3);
	is(seats[2].mine, 1);
	is(seats[3].n.placed, NODES);
	is(letters_first, letters_last);
	seats[1].n.port.send(seats[1].n.port.ctx, 0, PROTOCOL_TYPE(MINE, 1), "", 1);
	is(letters_first, letters_last);
	view_suspect(&seats[1].n.view, 2, VIEW_BROKEN, now);
	is(letters_last - letters_first, 2);
	is(letters[letters_first % LETTERS].type, PROTOCOL_TYPE(MINE, 1));
	is(PROTOCOL_INTERFACE_OF(letters[(letters_first + 1) % LETTERS].type), PROTOCOL_VIEW);
}

/* A question to a dead node is enough for it to be found. */
static void awaited(void **state)
{
	(void)state;
	world_join(1, 3);
	seats[2].runs = false;
	node_at(&seats[1].n, now);
	seats[1].n.port.send(seats[1].n.port.ctx, 2, PROTOCOL_TYPE(MINE, 1), "", 1);
	is(seats[1].n.view.deadline[2], now + VIEW_ANSWER_US);
	world_run(VIEW_DEAD_US);
	yes(!world_member(2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(hooks_in_order, world_fresh),
		cmocka_unit_test_setup(topology, world_fresh),
		cmocka_unit_test_setup(names_are_everywhere, world_fresh),
		cmocka_unit_test_setup(agreement, world_fresh),
		cmocka_unit_test_setup(settled, world_fresh),
		cmocka_unit_test_setup(batches, world_fresh),
		cmocka_unit_test_setup(order, world_fresh),
		cmocka_unit_test_setup(awaited, world_fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
