// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random schedules: programs on all nodes operate on capabilities, messages are delivered in any order
 * that links allow, nodes die at any step, views change. After each step the invariants hold; at the
 * end everything has come to rest, and nothing is left over.
 *
 * usage: random SEEDS [FIRST]
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cap_type.h>

#include "world.h"

#define STEPS 600u

static uint64_t state;
static uint64_t seed;

static uint32_t below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % limit;
}

static struct {
	uint64_t calls, waits, kills, commits, refusals, retries, gives, taken, late;
} seen;

/* The change of view under way: to freeze, to install, to thaw are the next at each node. */
static struct {
	enum { IDLE, FREEZE, INSTALL, THAW } phase;
	struct protocol_set members, at;
	struct agree_merger merger;
	uint8_t blob[AGREE_BLOB_MAX];
	uint32_t bytes;
} change;

static void change_begin(void)
{
	struct protocol_set old = world.nodes[protocol_set_first(&world.members)].agree.members;

	change.phase = FREEZE;
	change.members = world.members;
	change.at = world.members;
	world.view++;
	agree_merge_begin(&change.merger, &old, &change.members);
}

static void change_step(void)
{
	uint8_t blob[AGREE_BLOB_MAX];
	uint32_t node, skip, bytes;

	if (!protocol_set_equal(&change.members, &world.members)) {
		change_begin(); /* somebody died meanwhile */
		return;
	}
	if (protocol_set_empty(&change.at)) {
		if (change.phase == FREEZE)
			change.bytes = agree_outcome(&change.merger, change.blob, AGREE_BLOB_MAX);
		change.phase = change.phase == THAW ? IDLE : change.phase + 1;
		change.at = change.members;
		return;
	}
	node = protocol_set_first(&change.at);
	for (skip = below(4); skip; skip--) {
		uint32_t next = protocol_set_next(&change.at, node);

		node = next == PROTOCOL_NODE_NONE ? node : next;
	}
	protocol_set_remove(&change.at, node);
	if (change.phase == FREEZE) {
		agree_freeze(&world.nodes[node].agree);
		bytes = agree_report(&world.nodes[node].agree, &change.members, blob, sizeof(blob));
		assert(!agree_merge(&change.merger, blob, bytes));
	} else if (change.phase == INSTALL) {
		assert(!agree_install(&world.nodes[node].agree, world.view, &change.members,
				      change.blob, change.bytes));
	} else {
		agree_thaw(&world.nodes[node].agree);
	}
}

static uint32_t any_slot(struct local_node *n)
{
	uint32_t slot = below(LOCAL_SLOTS);

	for (uint32_t i = 0; i < LOCAL_SLOTS; i++, slot = (slot + 1) % LOCAL_SLOTS) {
		if (n->slots[slot].type != ABI_CAP_NONE)
			break;
	}
	return slot;
}

static int any_retype(struct local_node *n, uint32_t slot, uint32_t to)
{
	static const uint32_t types[] = { ABI_CAP_RAM, ABI_CAP_RAM, ABI_CAP_FRAME, ABI_CAP_FRAME,
					  ABI_CAP_CNODE, ABI_CAP_PT };
	const struct cap_entry *e = &n->slots[slot];
	uint32_t pages = (uint32_t)((e->end - e->base) / ABI_PAGE_SIZE);
	uint32_t type = e->type == ABI_CAP_FRAME ? ABI_CAP_FRAME : types[below(6)];
	uint32_t offset = below(pages), bytes = 1 + below(pages - offset);

	if (type == ABI_CAP_CNODE || type == ABI_CAP_PT)
		bytes = 1;
	return local_retype(n, slot, to, type, offset * ABI_PAGE_SIZE, bytes * ABI_PAGE_SIZE, 1);
}

/* Put a capability into a CNode of this node, so that it is found there when that dies. */
static int into_cnode(struct local_node *n, uint32_t slot)
{
	struct cap_op op = { .kind = ABI_CAP_DO_MOVE, .from = cap_slot_own(&n->slots[slot]) };

	for (uint32_t i = 0; i < LOCAL_SLOTS; i++) {
		if (n->slots[i].type != ABI_CAP_CNODE || i == slot)
			continue;
		if (cap_slot_find(&n->slots[i], 1 + below(31), 5, &op.to))
			continue;
		if (!cap_decode(&n->space, &op))
			return cap_invoke(&n->space, &op);
	}
	return 0;
}

static void program(uint32_t i)
{
	struct local_node *n = local(i);
	uint32_t slot = any_slot(n), to = local_free(n, 0), peer = below(world.count);
	int rc;

	if (n->slots[slot].type == ABI_CAP_NONE || to == LOCAL_SLOTS)
		return;
	switch (below(16)) {
	case 0:
	case 1:
	case 2:
	case 3:
	case 4:
		rc = any_retype(n, slot, to);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		rc = local_give(n, slot, peer);
		break;
	case 10:
		rc = local_copy(n, slot, to);
		break;
	case 11:
		rc = into_cnode(n, slot);
		break;
	case 12:
	case 13:
		rc = local_revoke(n, slot);
		break;
	default:
		rc = local_delete(n, slot);
	}
	seen.calls++;
	seen.waits += rc == LOCAL_WAITS;
	assert(rc <= LOCAL_WAITS);
}

static void begin(void)
{
	static const uint32_t packages[] = { 1, 2, 3 };
	uint32_t count = 2 + below(6), p = packages[below(3)];

	state = seed * 0x9e3779b97f4a7c15ull + 1;
	memset(&change, 0, sizeof(change));
	count = 2 + below(6);
	world_begin(count, p > count ? count : p, (enum route_kind)(ROUTE_UNICAST + below(4)),
		    2 * count + below(40));
	for (uint32_t i = 0; i < count; i++)
		assert(!local_first(local(i), 0, ABI_CAP_RAM, NODE_RAM(i),
				    NODE_PAGES * ABI_PAGE_SIZE, 0));
}

static void any_step(bool programs)
{
	uint32_t i = below(world.count), j = below(world.count), what = below(100);

	if (what < 55) {
		world_deliver(i, j);
	} else if (what < 80) {
		if (world.nodes[i].alive)
			local_work(local(i));
	} else if (what < 95) {
		if (programs && world.nodes[i].alive)
			program(i);
	} else if (change.phase != IDLE) {
		change_step();
	} else if (programs && what == 99 && !below(4) && i &&
		   protocol_set_count(&world.members) > 1 && world.nodes[i].alive) {
		world_kill(i, below(4));
		change_begin();
		seen.kills++;
	}
}

static void finish(void)
{
	for (uint32_t n = 0; n < 20; n++) {
		while (change.phase != IDLE)
			change_step();
		world_settle();
		if (world_quiet() && change.phase == IDLE)
			return;
	}
	fprintf(stderr, "# something is left over\n");
	abort();
}

static void count_seen(void)
{
	for (uint32_t i = 0; i < world.count; i++) {
		const struct agree_counts *c = &world.nodes[i].agree.counts;

		seen.commits += c->committed;
		seen.refusals += c->refused;
		seen.retries += c->attempts - c->committed - c->refused;
		seen.gives += c->given;
		seen.taken += c->taken;
		seen.late += c->late;
	}
}

int main(int argc, char **argv)
{
	uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;

	for (seed = first; seed < first + seeds; seed++) {
		if (argc > 2 || !(seed % 512))
			fprintf(stderr, "# seed %llu\n", (unsigned long long)seed);
		begin();
		for (uint32_t i = 0; i < STEPS; i++) {
			any_step(true);
			world_check();
		}
		finish();
		count_seen();
	}
	printf("ok 1 - random schedules # %llu seeds: %llu calls, %llu waited, %llu committed, %llu refused, %llu tried again, %llu given, %llu kills, %llu late\n1..1\n",
	       (unsigned long long)seeds, (unsigned long long)seen.calls,
	       (unsigned long long)seen.waits, (unsigned long long)seen.commits,
	       (unsigned long long)seen.refusals, (unsigned long long)seen.retries,
	       (unsigned long long)seen.gives, (unsigned long long)seen.kills,
	       (unsigned long long)seen.late);
	return 0;
}
