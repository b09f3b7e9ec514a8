/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Places for capabilities. The root CNode's slots from ABI_SLOT_FREE on come first; when more are
 * needed, CNodes are made of RAM and put into its upper half, and given back when they are empty.
 *
 * A slot is named by a number: an address with depth ABI_DOMAIN_ROOT_BITS, or with RT_SLOT_DEEP a
 * longer one. 0 is none. All functions may be called by any thread, disabled or not.
 */
#ifndef LIB_SLOT_H
#define LIB_SLOT_H

#include <stdint.h>

#include <abi/object.h>

#define RT_NODE_BITS 10u            /* slots of a further CNode */
#define RT_NODES_FROM 128u          /* slots of the root from here on hold CNodes */
#define RT_NODES ((1u << ABI_DOMAIN_ROOT_BITS) - RT_NODES_FROM)
#define RT_SLOT_DEEP (1u << 31)

/** rt_slot_address, rt_slot_depth - how a system call names it. */
static inline uint64_t rt_slot_address(uint32_t slot)
{
	return slot & ~RT_SLOT_DEEP;
}

static inline uint32_t rt_slot_depth(uint32_t slot)
{
	return slot & RT_SLOT_DEEP ? ABI_DOMAIN_ROOT_BITS + RT_NODE_BITS : ABI_DOMAIN_ROOT_BITS;
}

/** rt_slot_at - both. */
static inline struct abi_cap_at rt_slot_at(uint32_t slot)
{
	return (struct abi_cap_at){ .address = rt_slot_address(slot), .depth = rt_slot_depth(slot) };
}

/** rt_slot_alloc - an empty slot. Return: its number; 0: no memory for more of them. */
uint32_t rt_slot_alloc(void);

/** rt_slot_free - @slot: as rt_slot_alloc() gave it, empty again; 0: nothing happens. */
void rt_slot_free(uint32_t slot);

/** rt_slot_drop - delete what is in a slot, if anything, and free the slot. */
void rt_slot_drop(uint32_t slot);

/** rt_slots_used - how many are given out. */
uint32_t rt_slots_used(void);

#endif
