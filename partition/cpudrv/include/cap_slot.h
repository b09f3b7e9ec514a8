/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Slots, what is in them, and the addresses that lead to them. A slot that holds a capability is a
 * node of the mapping database (cap_mdb.h).
 */
#ifndef CAP_SLOT_H
#define CAP_SLOT_H

#include <stddef.h>
#include <stdint.h>

#include <abi/cap.h>

/*
 * State of an object, kept by the first of its copies in the tree's order (cap_state()). Set by
 * agreements with other cores, but DYING.
 */
#define CAP_BUSY 0x01    /* an agreement is under way: nothing may change */
#define CAP_FOREIGN 0x02 /* another core owns the object */
#define CAP_REMOTE 0x04  /* other cores have copies or descendants */
#define CAP_DYING 0x08   /* no capability is left; its slots are being emptied */

/**
 * struct cap_entry - a slot
 * @base:    first byte or number of the range; @end: past the last
 * @max_end: greatest @end in the subtree; @min_end: least
 * @left:    node of the tree; all of it is cap_mdb's while the slot is not empty
 * @types:   mask of the types in the subtree
 * @height:  of the subtree, a leaf's is 1
 * @type:    enum abi_cap_type; ABI_CAP_NONE: the slot is empty and all zero
 * @rights:  ABI_CAP_*
 * @state:   CAP_*
 * @badge:   number given by mint; of a mapping: enum abi_cap_type of its table
 * @mate:    frame or table: the slot of its mapping, or NULL; mapping: what it maps
 * @next:    next dying object
 * @cursor:  dying object: its next slot to empty
 * @held:    1: a dispatcher needs this copy to run
 *
 * What a search reads is in the first cache line.
 */
struct cap_entry {
	uint64_t base;
	uint64_t end;
	uint64_t max_end;
	uint64_t min_end;
	struct cap_entry *left;
	struct cap_entry *right;
	struct cap_entry *up;
	uint32_t types;
	uint8_t height;
	uint8_t type;
	uint8_t rights;
	uint8_t state;

	uint64_t badge;
	struct cap_entry *mate;
	struct cap_entry *next;
	uint64_t cursor;
	uint64_t held;
	uint64_t reserved[3];
};

URPC_STATIC_ASSERT(sizeof(struct cap_entry) == ABI_CAP_SLOT_BYTES, "size of a slot");
URPC_STATIC_ASSERT(offsetof(struct cap_entry, badge) == 64, "a search reads one line a slot");

/**
 * struct cap_slot - a place that an address led to
 * @at:     the slot
 * @node:   the CNode that holds it, or NULL for a slot of the CPU driver's own
 * @rights: those that every CNode capability on the way has
 */
struct cap_slot {
	struct cap_entry *at;
	const struct cap_entry *node;
	uint8_t rights;
};

/**
 * cap_slot_find - follow an address
 * @root:    capability of the CNode to begin in; any type
 * @address: its low @depth bits are the indices of the CNodes on the way, outermost first
 * @depth:   1 to 64
 * @slot:    where it leads; not written on error
 *
 * Each CNode on the way takes as many bits as it has; what is left over, or missing, is an error.
 *
 * Return: 0, -ABI_CAP_E_DEPTH, -ABI_CAP_E_ADDRESS.
 */
int cap_slot_find(const struct cap_entry *root, uint64_t address, uint32_t depth,
		  struct cap_slot *slot);

/** cap_slot_own - a slot of the CPU driver's own, with all rights. */
static inline struct cap_slot cap_slot_own(struct cap_entry *at)
{
	return (struct cap_slot){ .at = at, .rights = ABI_CAP_RIGHTS };
}

/** cap_slots - first slot of an object that holds capabilities; @slots: how many. */
struct cap_entry *cap_slots(const struct cap_entry *e, uint64_t *slots);

#endif
