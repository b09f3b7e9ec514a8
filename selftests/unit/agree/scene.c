// SPDX-License-Identifier: GPL-2.0-only
#include "scene.h"

int ram(uint32_t node, uint32_t slot)
{
	return local_first(local(node), slot, ABI_CAP_RAM, NODE_RAM(node),
			   PAGES(NODE_PAGES), 0);
}

void nodes(uint32_t count)
{
	world_begin(count, 1, ROUTE_UNICAST, 64);
	for (uint32_t i = 0; i < count; i++)
		assert_int_equal(ram(i, 0), 0);
}

void give(uint32_t from, uint32_t slot, uint32_t to)
{
	assert_int_equal(local_give(local(from), slot, to), LOCAL_WAITS);
	world_settle();
}

bool has(uint32_t node, uint32_t type, uint64_t base)
{
	for (uint32_t i = 0; i < LOCAL_SLOTS; i++) {
		const struct cap_entry *e = &local(node)->slots[i];

		if (e->type == type && e->base == base)
			return true;
	}
	return false;
}

uint8_t state_of(uint32_t node, uint32_t slot)
{
	const struct cap_entry *e = &local(node)->slots[slot];

	return e->type == ABI_CAP_NONE ? 0xff : cap_state(&local(node)->space, e);
}

/* The work of one node alone, and messages from one to another, as many as there are. */
void work(uint32_t node)
{
	for (uint32_t i = 0; i < 100; i++)
		local_work(local(node));
}

void pass(uint32_t from, uint32_t to)
{
	while (world_deliver(from, to))
		;
}

void at_rest(void)
{
	world_settle();
	assert_true(world_quiet());
}

int result(uint32_t node)
{
	assert_int_equal(world.nodes[node].dones, 1);
	world.nodes[node].dones = 0;
	return world.nodes[node].result;
}
