// SPDX-License-Identifier: GPL-2.0-only
/* One situation at a time: who may do what, in which order, at what cost, and what must be refused. */
#include <abi/if/agree.h>
#include <cap_type.h>
#include <urpc/chan.h>

#include "unit.h"

#define PAGES(n) ((n) * (uint64_t)ABI_PAGE_SIZE)
#define E(name) (-ABI_CAP_E_##name)

static int ram(uint32_t node, uint32_t slot)
{
	return local_first(local(node), slot, ABI_CAP_RAM, NODE_RAM(node),
			   PAGES(NODE_PAGES), 0);
}

static void nodes(uint32_t count)
{
	world_begin(count, 1, ROUTE_UNICAST, 64);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(ram(i, 0), 0);
}

static void give(uint32_t from, uint32_t slot, uint32_t to)
{
	assert_int_equal(local_give(local(from), slot, to), LOCAL_WAITS);
	world_settle();
}

static bool has(uint32_t node, uint32_t type, uint64_t base)
{
	for (uint32_t i = 0; i < LOCAL_SLOTS; i++) {
		const struct cap_entry *e = &local(node)->slots[i];

		if (e->type == type && e->base == base)
			return true;
	}
	return false;
}

static uint8_t state_of(uint32_t node, uint32_t slot)
{
	const struct cap_entry *e = &local(node)->slots[slot];

	return e->type == ABI_CAP_NONE ? 0xff : cap_state(&local(node)->space, e);
}

/* The work of one node alone, and messages from one to another, as many as there are. */
static void work(uint32_t node)
{
	for (uint32_t i = 0; i < 100; i++)
		local_work(local(node));
}

static void pass(uint32_t from, uint32_t to)
{
	while (world_deliver(from, to))
		;
}

static void at_rest(void)
{
	world_settle();
	assert_true(world_quiet());
}

static int result(uint32_t node)
{
	assert_int_equal(world.nodes[node].dones, 1);
	world.nodes[node].dones = 0;
	return world.nodes[node].result;
}

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

/* Who gets a capability dies; who gave it hears so, and its memory is taken from all. */
static void receiver_dies(void **state)
{
	static const uint8_t none[4];
	struct protocol_set left;

	(void)state;
	nodes(3);
	give(1, 0, 2);
	assert_true(has(2, ABI_CAP_RAM, NODE_RAM(1)));
	assert_int_equal(local_give(local(0), 0, 1), LOCAL_WAITS);
	work(0);
	left = world.members;
	protocol_set_remove(&left, 1);
	world_kill(1, 0);
	for (uint32_t i = 0; i < 3; i += 2) {
		agree_freeze(&world.nodes[i].agree);
		assert_int_equal(agree_install(&world.nodes[i].agree, 2, &left, none, 4), 0);
	}
	for (uint32_t i = 0; i < 3; i += 2)
		agree_thaw(&world.nodes[i].agree);
	at_rest();
	assert_false(has(2, ABI_CAP_RAM, NODE_RAM(1)));
	assert_int_equal(world.nodes[0].givens, 1);
	assert_int_equal(world.nodes[0].given_result, -AGREE_E_GONE);
	assert_int_equal(local_give(local(0), 0, 1), -AGREE_E_NODE);
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

static int start(uint32_t kind, uint32_t type, uint64_t base, uint64_t bytes, uint32_t into,
		 uint64_t piece, uint64_t piece_bytes)
{
	struct agree_request q = { kind, into, { base, bytes, type }, piece, piece_bytes };

	return agree_start(&world.nodes[0].agree, &q, 0);
}

static void refused_requests(void **state)
{
	struct agree_object o = { 0, PAGES(1), ABI_CAP_RAM };
	struct agree *a = &world.nodes[0].agree;

	(void)state;
	nodes(2);
	assert_int_equal(start(0, ABI_CAP_RAM, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(4, ABI_CAP_RAM, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_CNODE, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, 99, 0, PAGES(1), 0, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, PAGES(1), 1, 0, 0), -AGREE_E_KIND);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_FRAME, 0, PAGES(1), ABI_CAP_FRAME, 0, 4096),
			 -AGREE_E_KIND);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 0, PAGES(1), ABI_CAP_DEVFRAME, 0, 4096),
			 -AGREE_E_KIND);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 1, PAGES(1), 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, 0, 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, 1ull << 45, 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 1ull << 52, 4096, 0, 0, 0), -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 4096, PAGES(2), ABI_CAP_RAM, 0, 4096),
			 -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 4096, PAGES(2), ABI_CAP_RAM, 8192, 8192),
			 -AGREE_E_RANGE);
	assert_int_equal(start(AGREE_RETYPE, ABI_CAP_RAM, 4096, PAGES(2), ABI_CAP_RAM, 4096, 0),
			 -AGREE_E_RANGE);
	assert_int_equal(agree_give(a, 0, &o, 0, 0, 0), -AGREE_E_NODE);
	assert_int_equal(agree_give(a, 2, &o, 0, 0, 0), -AGREE_E_NODE);
	assert_int_equal(agree_give(a, 1, &o, 0x80, 0, 0), -AGREE_E_RIGHTS);
	o.type = ABI_CAP_PT;
	assert_int_equal(agree_give(a, 1, &o, 0, 0, 0), -AGREE_E_KIND);
	a->view = 0;
	assert_int_equal(start(AGREE_REVOKE, ABI_CAP_RAM, 0, 4096, 0, 0, 0), -AGREE_E_VIEW);
	a->view = 1;
	for (uint32_t e = AGREE_ERROR_FIRST; e < AGREE_ERROR_END; e++)
		assert_non_null(strchr(agree_sentence(e), ' '));
	assert_non_null(strchr(agree_sentence(ABI_CAP_E_IN_USE), ' '));
	assert_non_null(strchr(agree_sentence(999), ' '));
	assert_true(agree_quiet(a));
}

static struct agree_prepare good_prepare(void)
{
	return (struct agree_prepare){ .view = 1, .coordinator = 1, .after = 0xffff, .id = 0x20,
				       .time = 5, .base = 0, .pages = 16, .offset = 2, .length = 1,
				       .kind = AGREE_RETYPE, .type = ABI_CAP_RAM,
				       .into = ABI_CAP_PT };
}

static int prepare(uint32_t from, const struct agree_prepare *m)
{
	uint8_t buffer[AGREE_MESSAGE_MAX];

	return agree_message(&world.nodes[0].agree, from, AGREE_PREPARE, buffer,
			     agree_prepare_encode(m, buffer));
}

static int decide(uint32_t from, const struct agree_decide *m)
{
	uint8_t buffer[AGREE_MESSAGE_MAX];

	return agree_message(&world.nodes[0].agree, from, AGREE_DECIDE, buffer,
			     agree_decide_encode(m, buffer));
}

static int ack(uint32_t from, const struct agree_ack *m)
{
	uint8_t buffer[AGREE_MESSAGE_MAX];

	return agree_message(&world.nodes[0].agree, from, AGREE_ACK, buffer,
			     agree_ack_encode(m, buffer));
}

static int ballot(uint32_t from, const struct agree_ballot *m)
{
	uint8_t buffer[AGREE_MESSAGE_MAX];

	return agree_message(&world.nodes[0].agree, from, AGREE_BALLOT, buffer,
			     agree_ballot_encode(m, buffer));
}

#define BAD(message, change)                                                 \
	do {                                                                 \
		m = good_prepare();                                          \
		change;                                                      \
		assert_int_equal(message(1, &m), -URPC_EPROTO);              \
		assert_true(agree_quiet(&world.nodes[0].agree));             \
	} while (0)

static void bad_prepares(void **state)
{
	struct agree_prepare m;

	(void)state;
	nodes(3);
	BAD(prepare, m.view = 2);
	BAD(prepare, m.coordinator = 0);
	BAD(prepare, m.coordinator = 2); /* not by way of node 1 */
	BAD(prepare, m.coordinator = 7);
	BAD(prepare, m.after = 9);
	BAD(prepare, m.id = 0);
	BAD(prepare, m.time = 0);
	BAD(prepare, m.time = ~0ull);
	BAD(prepare, m.kind = 0);
	BAD(prepare, m.kind = 4);
	BAD(prepare, m.type = ABI_CAP_CNODE);
	BAD(prepare, m.into = ABI_CAP_URPC);
	BAD(prepare, m.pages = 0);
	BAD(prepare, m.base = 17);
	BAD(prepare, m.offset = 16);
	BAD(prepare, m.length = 15);
	BAD(prepare, m.length = 0);
	BAD(prepare, m.kind = AGREE_REVOKE);
	assert_int_equal(prepare(0, &m), -URPC_EPROTO);
	m = good_prepare();
	m.view = 0;
	assert_int_equal(prepare(1, &m), 0); /* late */
	assert_true(agree_quiet(&world.nodes[0].agree));
	m = good_prepare();
	assert_int_equal(prepare(1, &m), 0);
	assert_int_equal(prepare(1, &m), -URPC_EPROTO); /* twice */
	m.id += 32;
	assert_int_equal(prepare(1, &m), -URPC_EPROTO); /* its slot is in use */
}

/* Answers and decisions that do not fit what is under way. */
static void bad_answers(void **state)
{
	struct agree_prepare p = good_prepare();
	struct agree_decide d = { .view = 1, .coordinator = 1, .id = 0x20, .heir = 0xffff };
	struct agree_ballot b = { .view = 1, .coordinator = 0, .id = 0x20, .blocker = 0xffff,
				  .heir = 0xffff };
	struct agree_ack k = { .view = 1, .coordinator = 1, .id = 0x20 };
	struct agree_taken t = { .tag = 1 };
	uint8_t buffer[AGREE_MESSAGE_MAX];

	(void)state;
	nodes(3);
	d.what = AGREE_OUTCOME_COMMIT;
	assert_int_equal(decide(1, &d), -URPC_EPROTO); /* never asked */
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	assert_int_equal(ack(1, &k), -URPC_EPROTO);
	assert_int_equal(agree_message(&world.nodes[0].agree, 1, AGREE_TAKEN, buffer,
				       agree_taken_encode(&t, buffer)), -URPC_EPROTO);
	assert_int_equal(agree_message(&world.nodes[0].agree, 1, AGREE_TAKEN + 1, buffer, 8),
			 -URPC_EPROTO);
	assert_int_equal(agree_message(&world.nodes[0].agree, 1, AGREE_PREPARE, buffer, 8),
			 -URPC_EPROTO);
	/* It votes no: node 0's own thing is there. */
	assert_int_equal(local_retype(local(0), 0, 1, ABI_CAP_FRAME, PAGES(2), PAGES(1), 1), 0);
	assert_int_equal(prepare(1, &p), 0);
	assert_int_equal(decide(1, &d), -URPC_EPROTO);
	d.what = AGREE_OUTCOME_ABORT;
	assert_int_equal(decide(2, &d), -URPC_EPROTO);
	d.direct = true;
	assert_int_equal(decide(1, &d), -URPC_EPROTO); /* its own view's tree is valid */
	d.direct = false;
	assert_int_equal(decide(1, &d), 0);
	assert_true(agree_quiet(&world.nodes[0].agree));
	/* As coordinator. */
	world.links[0][1].count = 0; /* node 1 knows of nothing */
	give(0, 1, 2);
	assert_int_equal(local_retype(local(0), 0, 4, ABI_CAP_PT, PAGES(4), 0, 1), LOCAL_WAITS);
	work(0);
	b.error = 1;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	b.error = 0;
	b.blocker = 9;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	b.blocker = 0xffff;
	b.relations = 8;
	assert_int_equal(ballot(1, &b), -URPC_EPROTO);
	b.relations = 0;
	k.coordinator = 0;
	assert_int_equal(ack(1, &k), -URPC_EPROTO); /* nothing is decided */
	assert_int_equal(ballot(1, &b), 0);
	assert_int_equal(ballot(1, &b), -URPC_EPROTO); /* twice */
	assert_int_equal(ballot(2, &b), 0);
	k.direct = true;
	assert_int_equal(ack(1, &k), -URPC_EPROTO);
	k.direct = false;
	assert_int_equal(ack(1, &k), 0);
	assert_int_equal(ack(1, &k), -URPC_EPROTO);
	assert_int_equal(ack(2, &k), 0);
	assert_int_equal(world.nodes[0].dones, 1);
}

/* More attempts of others than entries: told to come again. */
static void no_entries(void **state)
{
	struct agree_prepare m = good_prepare();
	struct agree_decide d = { .view = 1, .coordinator = 1, .heir = 0xffff };

	(void)state;
	world_begin(3, 1, ROUTE_UNICAST, 6);
	for (uint32_t i = 0; i < 8; i++) {
		m.id = 0x20 + i;
		m.base = PAGES(20 * i);
		assert_int_equal(prepare(1, &m), 0);
	}
	assert_int_equal(world.nodes[0].agree.counts.full, 2);
	for (uint32_t i = 0; i < 8; i++) {
		d.id = 0x20 + i;
		assert_int_equal(decide(1, &d), 0);
	}
	assert_true(agree_quiet(&world.nodes[0].agree));
	assert_null(agree_check(&world.nodes[0].agree));
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
		cmocka_unit_test(retype),
		cmocka_unit_test(alone),
		cmocka_unit_test(ancestor),
		cmocka_unit_test(race),
		cmocka_unit_test(wait_die),
		cmocka_unit_test(local_race),
		cmocka_unit_test(revoke),
		cmocka_unit_test(revoke_foreign),
		cmocka_unit_test(transfer),
		cmocka_unit_test(transfer_first),
		cmocka_unit_test(last_two),
		cmocka_unit_test(frames),
		cmocka_unit_test(crossed),
		cmocka_unit_test(coordinator_dies),
		cmocka_unit_test(receiver_dies),
		cmocka_unit_test(pipeline),
		cmocka_unit_test(refused_requests),
		cmocka_unit_test(bad_prepares),
		cmocka_unit_test(bad_answers),
		cmocka_unit_test(no_entries),
		cmocka_unit_test(bad_blobs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
