// SPDX-License-Identifier: GPL-2.0-only
/* Operations, one situation at a time: who may do what, in which order, at what cost. */
#include "scene.h"

/* A piece is one node's: the second that wants it learns why not. Four messages for each other. */
static void retype(void **state)
{
	(void)state;
	for (uint32_t kind = ROUTE_UNICAST; kind <= ROUTE_NUMA; kind++) {
		world_begin(8, 2, (enum route_kind)kind, 64);
		assert_int_equal(ram(0, 0), 0);
		give(0, 0, 5);
		assert_int_equal(state_of(0, 0), CAP_REMOTE);
		assert_int_equal(state_of(5, 0), CAP_REMOTE | CAP_FOREIGN);
		world.sent = 0;
		assert_int_equal(local_retype(local(5), 0, 1, ABI_CAP_FRAME, PAGES(2), PAGES(3), 1),
				 LOCAL_WAITS);
		at_rest();
		assert_int_equal(result(5), 0);
		assert_int_equal(world.sent, 4 * 7);
		assert_int_equal(local(5)->slots[1].base, PAGES(2));
		assert_int_equal(state_of(5, 1), 0);
		/* What overlaps is refused, what does not is not. */
		assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_CNODE, PAGES(4), PAGES(1), 1),
				 LOCAL_WAITS);
		at_rest();
		assert_int_equal(result(0), E(IN_USE));
		assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_CNODE, PAGES(5), PAGES(1), 1),
				 LOCAL_WAITS);
		at_rest();
		assert_int_equal(result(0), 0);
	}
}

/* What nobody else knows needs nobody. */
static void alone(void **state)
{
	(void)state;
	nodes(3);
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_FRAME, 0, PAGES(4), 1), 0);
	assert_int_equal(local_revoke(local(0), 0), 0);
	assert_int_equal(world.sent, 0);
	/* A piece is given: what it was made of is known elsewhere, what lies beside it is not. */
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_RAM, 0, PAGES(4), 1), 0);
	assert_int_equal(local_retype(local(0), 0, 2, ABI_CAP_RAM, PAGES(4), PAGES(4), 1), 0);
	give(0, 1, 1);
	assert_int_equal(state_of(0, 0), CAP_REMOTE);
	assert_int_equal(state_of(0, 1), CAP_REMOTE);
	assert_int_equal(state_of(0, 2), 0);
}

/* Only a third node knows what was made of the memory. */
static void ancestor(void **state)
{
	(void)state;
	nodes(3);
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_RAM, 0, PAGES(4), 1), 0);
	give(0, 1, 1);
	assert_int_equal(local_retype(local(1), 1, 2, ABI_CAP_RAM, 0, PAGES(2), 1), LOCAL_WAITS);
	at_rest();
	give(1, 2, 2);
	assert_int_equal(local_delete(local(0), 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(local_delete(local(1), 1), LOCAL_WAITS);
	assert_int_equal(local_delete(local(1), 2), LOCAL_WAITS);
	at_rest();
	world.nodes[0].dones = 0;
	world.nodes[1].dones = 0;
	/* Node 2 alone has the piece [0, 2). */
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_PT, PAGES(1), 0, 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(result(0), E(IN_USE));
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_PT, PAGES(2), 0, 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(result(0), 0);
}

/* Two want one piece at once; whoever comes first, one of them gets it. */
static void race(void **state)
{
	(void)state;
	for (uint32_t order = 0; order < 16; order++) {
		nodes(3);
		give(0, 0, 1);
		give(0, 0, 2);
		for (uint32_t i = 1; i < 3; i++)
			assert_int_equal(local_retype(local(i), 1, 2, ABI_CAP_PT, PAGES(3), 0, 1),
					 LOCAL_WAITS);
		work(order & 1 ? 1 : 2);
		if (order & 2)
			pass(1, 2);
		work(order & 1 ? 2 : 1);
		if (order & 4)
			pass(2, 1);
		if (order & 8)
			pass(2, 0);
		at_rest();
		assert_int_equal(!world.nodes[1].result + !world.nodes[2].result, 1);
		assert_int_equal(has(1, ABI_CAP_PT, PAGES(3)) + has(2, ABI_CAP_PT, PAGES(3)), 1);
	}
}

/* The younger gives up and tries again; the older one waits for the younger where that was first. */
static void wait_die(void **state)
{
	(void)state;
	nodes(3);
	give(0, 0, 1);
	give(0, 0, 2);
	/* Both have age 1; node 1 is the older. */
	assert_int_equal(local_retype(local(1), 1, 2, ABI_CAP_PT, PAGES(3), 0, 1), LOCAL_WAITS);
	assert_int_equal(local_retype(local(2), 1, 2, ABI_CAP_PT, PAGES(3), 0, 1), LOCAL_WAITS);
	work(1);
	work(2);
	pass(2, 0); /* node 0 is node 2's */
	pass(1, 0); /* so node 1 waits there, and has no vote */
	assert_int_equal(world.links[0][1].count, 0);
	pass(1, 2);
	pass(2, 1); /* node 2 loses at node 1 */
	at_rest();
	assert_int_equal(result(1), 0);
	assert_int_equal(result(2), E(IN_USE));
	assert_int_equal(world.nodes[2].agree.counts.attempts, 2);
	assert_int_equal(world.nodes[1].agree.counts.attempts, 1);
}

/* Two operations of one node on one range: the second begins when the first has ended. */
static void local_race(void **state)
{
	(void)state;
	nodes(2);
	give(0, 0, 1);
	for (uint32_t i = 0; i < 2; i++)
		assert_int_equal(local_retype(local(0), 0, 1 + i, ABI_CAP_PT, PAGES(3), 0, 1),
				 LOCAL_WAITS);
	work(0);
	assert_int_equal(world.links[0][1].count, 1);
	at_rest();
	assert_int_equal(world.nodes[0].dones, 2);
	assert_int_equal(world.nodes[0].result, E(IN_USE));
	assert_int_equal(world.nodes[0].agree.counts.attempts, 2);
	assert_true(has(0, ABI_CAP_PT, PAGES(3)));
}

static void revoke(void **state)
{
	(void)state;
	nodes(4);
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_RAM, 0, PAGES(8), 1), 0);
	for (uint32_t i = 1; i < 4; i++)
		give(0, 1, i);
	assert_int_equal(local_retype(local(2), 1, 2, ABI_CAP_FRAME, 0, PAGES(2), 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(result(2), 0);
	give(2, 2, 3);
	assert_int_equal(local_revoke(local(0), 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(result(0), 0);
	for (uint32_t i = 1; i < 4; i++)
		assert_false(has(i, ABI_CAP_RAM, 0) || has(i, ABI_CAP_FRAME, 0));
	/* Nobody else knows it: on with it alone. What it came from is still thought to be known. */
	assert_int_equal(state_of(0, 1), 0);
	assert_int_equal(state_of(0, 0), CAP_REMOTE);
	world.sent = 0;
	assert_int_equal(local_retype(local(0), 1, 2, ABI_CAP_PT, 0, 0, 1), 0);
	assert_int_equal(world.sent, 0);
}

/* One who got a capability revokes it: then it is the owner. */
static void revoke_foreign(void **state)
{
	(void)state;
	nodes(3);
	give(0, 0, 1);
	assert_int_equal(local_revoke(local(1), 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(result(1), 0);
	assert_false(has(0, ABI_CAP_RAM, 0));
	assert_int_equal(state_of(1, 1), 0);
}

/* The last copies at two nodes go at once: the object is somebody's until the last, who learns it. */
static void last_two(void **state)
{
	(void)state;
	for (uint32_t order = 0; order < 4; order++) {
		nodes(3);
		give(0, 0, 1);
		assert_int_equal(local_delete(local(0), 0), LOCAL_WAITS);
		if (order & 1)
			work(0);
		if (order & 2)
			pass(0, 1);
		/* Not the owner, as far as is known: it just goes, or has to wait for the answer. */
		if (local_delete(local(1), 1) == E(BUSY)) {
			at_rest();
			assert_int_equal(state_of(1, 1), CAP_REMOTE);
			assert_int_equal(local_delete(local(1), 1), LOCAL_WAITS);
		}
		at_rest();
		assert_int_equal(local(0)->ownerless + local(1)->ownerless, 1);
	}
}

/* A frame is cut at two nodes without asking; both know that of their pieces. */
static void frames(void **state)
{
	(void)state;
	nodes(2);
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_FRAME, 0, PAGES(4), 1), 0);
	assert_int_equal(local_retype(local(0), 1, 2, ABI_CAP_FRAME, PAGES(1), PAGES(3), 1), 0);
	assert_int_equal(local_retype(local(0), 2, 3, ABI_CAP_FRAME, PAGES(2), PAGES(1), 1), 0);
	give(0, 2, 1);
	/* It was cut before, and can now be made there. */
	assert_int_equal(state_of(0, 3), CAP_REMOTE);
	assert_int_equal(local_retype(local(1), 1, 2, ABI_CAP_FRAME, PAGES(2), PAGES(1), 1), 0);
	assert_int_equal(state_of(1, 2), CAP_REMOTE | CAP_FOREIGN);
	assert_int_equal(local_revoke(local(0), 1), LOCAL_WAITS);
	at_rest();
	assert_int_equal(result(0), 0);
	assert_false(has(1, ABI_CAP_FRAME, PAGES(1)) || has(1, ABI_CAP_FRAME, PAGES(3)));
}

/*
 * Revocations that wait for what dying objects hold, which others are to revoke, in a circle: on each
 * node a CNode in A holds the owner's last copy of B; each revokes its A and the other's B. In any
 * order it ends.
 */
static void crossed(void **state)
{
	uint32_t random = 1;

	(void)state;
	for (uint32_t round = 0; round < 200; round++) {
		nodes(2);
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(local_retype(local(i), 0, 2, ABI_CAP_RAM, 0, PAGES(4), 1), 0);
			assert_int_equal(local_retype(local(i), 0, 3, ABI_CAP_RAM, PAGES(8), PAGES(4),
						      1), 0);
			assert_int_equal(local_retype(local(i), 2, 4, ABI_CAP_CNODE, 0, PAGES(1), 1),
					 0);
		}
		for (uint32_t i = 0; i < 2; i++) {
			give(i, 2, 1 - i);
			give(i, 3, 1 - i);
		}
		for (uint32_t i = 0; i < 2; i++) {
			struct cap_op op = { .kind = ABI_CAP_DO_MOVE,
					     .from = cap_slot_own(&local(i)->slots[3]) };

			assert_int_equal(cap_slot_find(&local(i)->slots[4], 1, 5, &op.to), 0);
			assert_int_equal(cap_decode(&local(i)->space, &op), 0);
			assert_int_equal(cap_invoke(&local(i)->space, &op), 0);
		}
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(local_revoke(local(i), 2), LOCAL_WAITS);
			assert_int_equal(local_revoke(local(i), 5), LOCAL_WAITS);
		}
		for (uint32_t n = 0; n < round / 2; n++) {
			random = random * 1664525 + 1013904223;
			if (random >> 31)
				local_work(local(random >> 30 & 1));
			else
				world_deliver(random >> 30 & 1, !(random >> 30 & 1));
			world_check();
		}
		at_rest();
		for (uint32_t i = 0; i < 2; i++) {
			assert_int_equal(local(i)->slots[2].type, ABI_CAP_RAM);
			assert_int_equal(local(i)->slots[4].type, ABI_CAP_NONE);
		}
	}
}

/* As many as there may be at once, in one node's window, and all end. */
static void pipeline(void **state)
{
	uint32_t waits = 0;

	(void)state;
	world_begin(2, 1, ROUTE_UNICAST, 64);
	assert_int_equal(ram(0, 0), 0);
	give(0, 0, 1);
	for (uint32_t i = 0; i < NODE_PAGES; i++)
		waits += local_retype(local(0), 0, 1 + i, ABI_CAP_PT, PAGES(i), 0, 1) == LOCAL_WAITS;
	assert_int_equal(waits, NODE_PAGES);
	work(0);
	assert_int_equal(world.links[0][1].count, NODE_PAGES);
	at_rest();
	assert_int_equal(world.nodes[0].dones, NODE_PAGES);
	/* One too many is told so. */
	nodes(2);
	give(0, 0, 1);
	for (uint32_t i = 0; i < AGREE_OPS_MAX; i++)
		assert_int_equal(local_revoke(local(0), 0), LOCAL_WAITS);
	assert_int_equal(local_revoke(local(0), 0), -AGREE_E_FULL);
	/* But for deletes there is room, and the window leaves one place. */
	assert_int_equal(local_delete(local(0), 0), LOCAL_WAITS);
	at_rest();
}

/* What many operations have in common is said once: votes, outcomes and acknowledgements. */
static void together(void **state)
{
	enum { COUNT = NODE_PAGES / 2 };

	(void)state;
	for (uint32_t kind = ROUTE_UNICAST; kind <= ROUTE_NUMA; kind++) {
		world_begin(5, 2, (enum route_kind)kind, WORLD_ENTRIES);
		assert_int_equal(ram(0, 0), 0);
		give(0, 0, 4);
		world.sent = 0;
		for (uint32_t i = 0; i < COUNT; i++)
			assert_int_equal(local_retype(local(0), 0, 1 + i, ABI_CAP_PT, PAGES(i), 0, 1),
					 LOCAL_WAITS);
		for (uint32_t turn = 0; turn < 12; turn++) {
			for (uint32_t i = 0; i < 5; i++)
				work(i);
			for (uint32_t i = 0; i < 25; i++)
				pass(i / 5, i % 5);
		}
		at_rest();
		assert_int_equal(world.nodes[0].dones, COUNT);
		assert_int_equal(world.nodes[0].result, 0);
		assert_int_equal(world.sent, (COUNT + 3) * 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(retype),
		cmocka_unit_test(alone),
		cmocka_unit_test(ancestor),
		cmocka_unit_test(race),
		cmocka_unit_test(wait_die),
		cmocka_unit_test(local_race),
		cmocka_unit_test(revoke),
		cmocka_unit_test(revoke_foreign),
		cmocka_unit_test(last_two),
		cmocka_unit_test(frames),
		cmocka_unit_test(crossed),
		cmocka_unit_test(pipeline),
		cmocka_unit_test(together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
