/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Endpoints: objects in the second page of a dispatcher's, by which others send to it.
 *
 * An endpoint is the CPU driver's memory as long as there is a capability for it, but those may outlive
 * the dispatcher's own: then its first page becomes something else, and @dead says so.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <abi/lmp.h>
#include <cap_slot.h>
#include <memory.h>

struct dispatcher;

/**
 * struct endpoint - zeroed when it is made
 * @number:  of the last message put into its buffer
 * @slot:    address of the slot for capabilities that come, from the owner's root CNode
 * @depth:   of @slot; 0: takes none
 * @offset:  of its buffer in the owner's shared frame; 0: none
 * @records: of the buffer
 * @dead:    no capability of the dispatcher is left
 */
struct endpoint {
	uint64_t number;
	uint64_t slot;
	uint32_t offset;
	uint16_t records;
	uint8_t depth;
	uint8_t dead;
	uint64_t reserved[5];
};

URPC_STATIC_ASSERT(sizeof(struct endpoint) == ABI_CAP_ENDPOINT_BYTES, "size of an object");

#define ENDPOINTS (ABI_PAGE_SIZE / ABI_CAP_ENDPOINT_BYTES) /* of a dispatcher */

/** endpoint_of - the object of an ENDPOINT capability */
static inline struct endpoint *endpoint_of(const struct cap_entry *e)
{
	return memory_at(e->base);
}

/** endpoint_number - which of its dispatcher's it is */
static inline uint32_t endpoint_number(const struct cap_entry *e)
{
	return (uint32_t)(e->base % ABI_PAGE_SIZE / ABI_CAP_ENDPOINT_BYTES);
}

/** endpoint_owner - the dispatcher of one that is not dead */
static inline struct dispatcher *endpoint_owner(const struct cap_entry *e)
{
	char *object = memory_at((e->base & ~(uint64_t)(ABI_PAGE_SIZE - 1)) - ABI_CAP_ENDPOINTS_AT);

	return (struct dispatcher *)(object + ABI_CAP_DISPATCHER_SLOTS * ABI_CAP_SLOT_BYTES);
}

/**
 * endpoint_slot - cap_slot_find(), at once where the address is of the root CNode alone
 * @root: any type
 */
static inline int endpoint_slot(const struct cap_entry *root, uint64_t address, uint32_t depth,
				struct cap_slot *slot)
{
	if (root->type != ABI_CAP_CNODE || depth > ABI_CAP_CNODE_BITS_MAX ||
	    root->end - root->base != (uint64_t)ABI_CAP_SLOT_BYTES << depth ||
	    address - 1 >= (1ull << depth) - 1)
		return cap_slot_find(root, address, depth, slot);
	slot->at = (struct cap_entry *)memory_at(root->base) + address;
	slot->node = root;
	slot->rights = root->rights;
	return 0;
}

/**
 * endpoint_find - what a dispatcher sends to
 * @address, @depth: any values
 * @to: set to an ENDPOINT capability with the right to write, whose dispatcher can run
 * Return: 0, -ERR_NOENT when there is none or its dispatcher is over, -ERR_PERM without the right.
 */
int endpoint_find(struct dispatcher *from, uint64_t address, uint64_t depth,
		  const struct cap_entry **to);

/** endpoint_live - the dispatcher of an ENDPOINT capability, or NULL: empty slot, dead, or it is over */
struct dispatcher *endpoint_live(const struct cap_entry *e);

/** endpoints_dead - the last capability of the dispatcher object at @pa is gone */
void endpoints_dead(uint64_t pa);

#endif
