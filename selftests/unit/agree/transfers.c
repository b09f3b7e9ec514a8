// SPDX-License-Identifier: GPL-2.0-only
/* A capability on its way while something is agreed on; nodes that go meanwhile. */
#include "scene.h"

/* A copy is on its way while all are revoked: no vote before it has landed, so it is found. */
static void transfer(void **state)
{
	(void)state;
	nodes(3);
	give(0, 0, 1);
	assert_int_equal(local_give(local(1), 1, 2), LOCAL_WAITS);
	work(1);
	assert_int_equal(local_revoke(local(0), 0), LOCAL_WAITS);
	work(0);
	pass(0, 1);
	pass(0, 2);
	work(1);
	assert_int_equal(world.links[1][0].count, 0); /* node 1 does not vote */
	pass(1, 2);				       /* too late to be taken in */
	assert_false(has(2, ABI_CAP_RAM, 0));
	at_rest();
	assert_int_equal(result(0), 0);
	assert_false(has(1, ABI_CAP_RAM, 0) || has(2, ABI_CAP_RAM, 0));
	/* Node 1 then had nothing to give any more. */
	assert_int_equal(world.nodes[1].agree.counts.given, 0);
}

/* The same, but the copy arrives before the PREPARE. */
static void transfer_first(void **state)
{
	(void)state;
	nodes(3);
	give(0, 0, 1);
	assert_int_equal(local_give(local(1), 1, 2), LOCAL_WAITS);
	work(1);
	assert_int_equal(local_revoke(local(0), 0), LOCAL_WAITS);
	work(0);
	pass(0, 1);
	pass(1, 2);
	assert_true(has(2, ABI_CAP_RAM, 0));
	at_rest();
	assert_false(has(1, ABI_CAP_RAM, 0) || has(2, ABI_CAP_RAM, 0));
	assert_int_equal(world.nodes[1].agree.counts.given, 1);
}

/*
 * The coordinator dies when its decision has reached node 1, when it has reached nobody, and when it
 * reaches node 1 after that has reported.
 */
static void coordinator_dies(void **state)
{
	(void)state;
	for (uint32_t told = 0; told < 3; told++) {
		struct agree_merger m;
		struct protocol_set left;
		uint8_t blob[AGREE_BLOB_MAX];
		uint32_t bytes;

		nodes(4);
		give(3, 0, 0);
		give(3, 0, 1);
		give(3, 0, 2);
		/* Node 2's range is node 3's memory; it dies, node 3 lives. */
		assert_int_equal(local_revoke(local(2), 1), LOCAL_WAITS);
		work(2);
		for (uint32_t i = 0; i < 4; i++) {
			pass(2, i);
			work(i);
			pass(i, 2);
		}
		work(2);
		if (told == 1)
			pass(2, 1);
		work(1);
		left = world.members;
		protocol_set_remove(&left, 2);
		agree_merge_begin(&m, &world.members, &left);
		world_kill(2, told == 2 ? 0 : WORLD_QUEUE);
		for (uint32_t i = 0; i < 4; i++) {
			if (i == 2)
				continue;
			agree_freeze(&world.nodes[i].agree);
			bytes = agree_report(&world.nodes[i].agree, &left, blob, sizeof(blob));
			assert_int_equal(bytes, told == 1 && i == 1 ? 12 : 4);
			assert_int_equal(agree_merge(&m, blob, bytes), 0);
			pass(2, i);
			work(i);
		}
		bytes = agree_outcome(&m, blob, sizeof(blob));
		world.view = 2;
		for (uint32_t i = 0; i < 4; i++) {
			if (i != 2)
				assert_int_equal(agree_install(&world.nodes[i].agree, 2, &left,
							       blob, bytes), 0);
		}
		for (uint32_t i = 0; i < 4; i++) {
			if (i != 2)
				agree_thaw(&world.nodes[i].agree);
		}
		at_rest();
		for (uint32_t i = 0; i < 4; i++) {
			if (i != 2)
				assert_int_equal(has(i, ABI_CAP_RAM, NODE_RAM(3)), told != 1);
		}
	}
}

/* The next view is without @node, of which nobody saw anything committed. */
static void goes(uint32_t node)
{
	static const uint8_t none[4];
	uint32_t i;

	world_kill(node, 0);
	world.view++;
	protocol_set_each(i, &world.members) {
		agree_freeze(&world.nodes[i].agree);
		assert_int_equal(agree_install(&world.nodes[i].agree, world.view, &world.members,
					       none, 4), 0);
	}
	protocol_set_each(i, &world.members)
		agree_thaw(&world.nodes[i].agree);
}

/* Who gets a capability dies; who gave it hears so, and its memory is taken from all. */
static void receiver_dies(void **state)
{
	(void)state;
	nodes(3);
	give(1, 0, 2);
	assert_true(has(2, ABI_CAP_RAM, NODE_RAM(1)));
	assert_int_equal(local_give(local(0), 0, 1), LOCAL_WAITS);
	work(0);
	goes(1);
	at_rest();
	assert_false(has(2, ABI_CAP_RAM, NODE_RAM(1)));
	assert_int_equal(world.nodes[0].givens, 1);
	assert_int_equal(world.nodes[0].given_result, -AGREE_E_GONE);
	assert_int_equal(local_give(local(0), 0, 1), -AGREE_E_NODE);
}

/* Another one goes while the memory of the last is being taken away. */
static void two_die(void **state)
{
	(void)state;
	nodes(3);
	give(2, 0, 0);
	give(1, 0, 0);
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(local_copy(local(0), 1, 4 + i), 0);
	goes(2);
	local_work(local(0));
	assert_true(has(0, ABI_CAP_RAM, NODE_RAM(2)));
	goes(1);
	at_rest();
	assert_false(has(0, ABI_CAP_RAM, NODE_RAM(1)) || has(0, ABI_CAP_RAM, NODE_RAM(2)));
}

static void bad_blobs(void **state)
{
	struct protocol_set all = protocol_set_only(0), left;
	uint8_t blob[AGREE_BLOB_MAX] = { 1, 0, 0, 0, 1, 0, 0, 0, 0x21, 0, 0, 0, 1, 0, 0, 0, 0x22 };
	struct agree_merger m;

	(void)state;
	nodes(3);
	protocol_set_add(&all, 1);
	protocol_set_add(&all, 2);
	left = all;
	protocol_set_remove(&left, 1);
	agree_merge_begin(&m, &all, &left);
	assert_int_equal(agree_merge(&m, blob, 12), 0);
	assert_int_equal(agree_outcome(&m, blob, sizeof(blob)), 12);
	assert_int_equal(agree_merge(&m, blob, 11), -URPC_EPROTO);
	assert_int_equal(agree_merge(&m, blob, 3), -URPC_EPROTO);
	assert_int_equal(agree_merge(&m, blob, 20), -URPC_EPROTO);
	blob[4] = 2;
	assert_int_equal(agree_merge(&m, blob, 12), -URPC_EPROTO); /* node 2 stays */
	agree_freeze(&world.nodes[0].agree);
	assert_int_equal(agree_install(&world.nodes[0].agree, 2, &left, blob, 11), -URPC_EPROTO);
	protocol_set_remove(&left, 0);
	blob[4] = 1;
	assert_int_equal(agree_install(&world.nodes[0].agree, 2, &left, blob, 12), -URPC_EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(transfer),
		cmocka_unit_test(transfer_first),
		cmocka_unit_test(coordinator_dies),
		cmocka_unit_test(receiver_dies),
		cmocka_unit_test(two_die),
		cmocka_unit_test(bad_blobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
