// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Slots: which ones of the root CNode, and of the CNodes in its upper half, are given out. */
#include "memory_priv.h"

#define ROOT_WORDS (RT_NODES_FROM / 64)
#define NODE_SLOTS (1u << RT_NODE_BITS)
#define NODE_WORDS (NODE_SLOTS / 64)
#define NODE_BYTES ((uint64_t)ABI_CAP_SLOT_BYTES << RT_NODE_BITS)

/* @ram.pages 0: there is none. @used: a bit a slot; slot 0 is the CPU driver's. */
struct node {
	struct rt_ram ram;
	uint32_t free;
	uint64_t used[NODE_WORDS];
};

static struct node nodes[RT_NODES];
static uint64_t root_used[ROOT_WORDS] = { [0 ... ABI_SLOT_FREE / 64 - 1] = ~0ull };
static uint32_t slots_used, slots_free; /* of the nodes */

URPC_STATIC_ASSERT(ABI_SLOT_FREE % 64 == 0 && RT_NODES_FROM % 64 == 0, "whole words of bits");
URPC_STATIC_ASSERT(ABI_DOMAIN_ROOT_BITS + RT_NODE_BITS < 31, "RT_SLOT_DEEP is free");

/* Take the first bit that is 0. Return: its number, or -1. */
static int bit_take(uint64_t *words, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		if (~words[i]) {
			int bit = __builtin_ctzll(~words[i]);

			words[i] |= 1ull << bit;
			return (int)i * 64 + bit;
		}
	}
	return -1;
}

static uint32_t node_slot(uint32_t node, uint32_t index)
{
	return RT_SLOT_DEEP | (RT_NODES_FROM + node) << RT_NODE_BITS | index;
}

static bool node_new(uint32_t i)
{
	struct node *n = &nodes[i];
	uint32_t root = RT_NODES_FROM + i;

	if (rt_ram_alloc(NODE_BYTES, PAGE, &n->ram))
		return false;
	if (rt_ram_make(&n->ram, ABI_CAP_CNODE, NODE_BYTES, 1, rt_slot_at(root))) {
		rt_ram_free(&n->ram);
		n->ram.pages = 0;
		return false;
	}
	n->used[0] = 1;
	n->free = NODE_SLOTS - 1;
	slots_free += n->free;
	return true;
}

/* The last of its slots was freed: keep it only if there are few others. */
static void node_end(uint32_t i)
{
	struct node *n = &nodes[i];

	if (slots_free - n->free < NODE_SLOTS / 2)
		return;
	slots_free -= n->free;
	cap_delete(RT_NODES_FROM + i);
	rt_ram_free(&n->ram);
	n->ram.pages = 0;
}

static uint32_t node_take(uint32_t i)
{
	int index = bit_take(nodes[i].used, NODE_WORDS);

	nodes[i].free--;
	slots_free--;
	return node_slot(i, (uint32_t)index);
}

static uint32_t deep_alloc(void)
{
	for (uint32_t i = 0; slots_free && i < RT_NODES; i++) {
		if (nodes[i].ram.pages && nodes[i].free)
			return node_take(i);
	}
	for (uint32_t i = 0; i < RT_NODES; i++) {
		if (!nodes[i].ram.pages)
			return node_new(i) ? node_take(i) : 0;
	}
	return 0;
}

uint32_t rt_slot_alloc(void)
{
	uint32_t was = memory_lock(), slot;
	int index = bit_take(root_used, ROOT_WORDS);

	slot = index >= 0 ? (uint32_t)index : deep_alloc();
	if (slot)
		slots_used++;
	memory_unlock(was);
	return slot;
}

/* Clear the bit of a slot. Return: it was one that is given out. */
static bool slot_release(uint32_t slot)
{
	uint32_t address = (uint32_t)rt_slot_address(slot), i, index;
	uint64_t *word, bit;

	if (!(slot & RT_SLOT_DEEP)) {
		if (address < ABI_SLOT_FREE || address >= RT_NODES_FROM)
			return false;
		word = &root_used[address / 64];
		bit = 1ull << address % 64;
		if (!(*word & bit))
			return false;
		*word &= ~bit;
		return true;
	}
	i = (address >> RT_NODE_BITS) - RT_NODES_FROM;
	index = address % NODE_SLOTS;
	if (i >= RT_NODES || !nodes[i].ram.pages || !index)
		return false;
	word = &nodes[i].used[index / 64];
	bit = 1ull << index % 64;
	if (!(*word & bit))
		return false;
	*word &= ~bit;
	slots_free++;
	if (++nodes[i].free == NODE_SLOTS - 1)
		node_end(i);
	return true;
}

void rt_slot_free(uint32_t slot)
{
	uint32_t was;

	if (!slot)
		return;
	was = memory_lock();
	if (!slot_release(slot))
		memory_fatal("a slot was freed that is not in use", slot);
	slots_used--;
	memory_unlock(was);
}

void rt_slot_drop(uint32_t slot)
{
	if (!slot)
		return;
	cap_delete(slot);
	rt_slot_free(slot);
}

uint32_t rt_slots_used(void)
{
	return slots_used;
}
