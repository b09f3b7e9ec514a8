// SPDX-License-Identifier: GPL-2.0-only
/* CNodes and addresses. */
#include <machine.h>

#include <cap_type.h>

#include "ops.h"

struct cap_entry *cap_slots(const struct cap_entry *e, uint64_t *slots)
{
	*slots = e->type == ABI_CAP_DISPATCHER ? ABI_CAP_DISPATCHER_SLOTS :
						 (e->end - e->base) / ABI_CAP_SLOT_BYTES;
	return arch_window(e->base);
}

int cap_slot_find(const struct cap_entry *root, uint64_t address, uint32_t depth,
		  struct cap_slot *slot)
{
	struct cap_slot found = { .node = root, .rights = ABI_CAP_RIGHTS };
	uint64_t slots, index;
	uint32_t bits;

	if (!depth || depth > ABI_CAP_DEPTH_MAX)
		return -ABI_CAP_E_DEPTH;
	if (depth < 64 && address >> depth)
		return -ABI_CAP_E_ADDRESS;
	/* Each turn takes at least ABI_CAP_CNODE_BITS_MIN bits of the depth. */
	for (;; found.node = found.at) {
		struct cap_entry *first;

		if (found.node->type != ABI_CAP_CNODE)
			return -ABI_CAP_E_ADDRESS;
		first = cap_slots(found.node, &slots);
		bits = (uint32_t)__builtin_ctzll(slots);
		if (bits > depth)
			return -ABI_CAP_E_DEPTH;
		depth -= bits;
		index = address >> depth & (slots - 1);
		if (!index)
			return -ABI_CAP_E_ADDRESS;
		found.at = first + index;
		found.rights &= found.node->rights;
		if (!depth)
			break;
	}
	*slot = found;
	return 0;
}

int cap_from_check(const struct cap_slot *from, uint8_t rights)
{
	if (rights & ~from->rights)
		return -ABI_CAP_E_RIGHTS;
	return from->at->type == ABI_CAP_NONE ? -ABI_CAP_E_EMPTY : 0;
}

int cap_to_check(const struct cap_slot *to, uint64_t count)
{
	uint64_t slots = 1, index = 0;

	if (!(to->rights & ABI_CAP_WRITE))
		return -ABI_CAP_E_RIGHTS;
	if (to->node)
		index = (uint64_t)(to->at - cap_slots(to->node, &slots));
	if (count > slots - index)
		return -ABI_CAP_E_OCCUPIED;
	for (uint64_t i = 0; i < count; i++) {
		if (to->at[i].type != ABI_CAP_NONE)
			return -ABI_CAP_E_OCCUPIED;
	}
	return 0;
}
