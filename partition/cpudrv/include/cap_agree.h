/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What agreements with other cores need of this one's capabilities, and how the first ones come
 * into being. For the CPU driver's start and the monitor's calls.
 */
#ifndef CAP_AGREE_H
#define CAP_AGREE_H

#include <cap.h>

/**
 * cap_create - bring a capability into being, at boot or because another core sent it
 * @slot:   empty
 * @bytes:  size of the range, or numbers in it
 * @rights: at most those of the type
 * @state:  CAP_FOREIGN and CAP_REMOTE; ignored when there is a copy, whose object has a state
 *
 * The caller answers for what is in the memory: when there is no copy of the object on this core,
 * that of a CNode or dispatcher is zero, that of a page table is what arch_cap_table_init() leaves.
 *
 * Return: 0, -ABI_CAP_E_OCCUPIED, _TYPE, _RIGHTS, _ALIGN, _SIZE, _RANGE, _OVERLAP, _AGAIN.
 */
int cap_create(struct cap_space *space, struct cap_entry *slot, uint32_t type, uint64_t base,
	       uint64_t bytes, uint8_t rights, uint8_t state);

/** cap_state - state of the object that a capability is for (CAP_*). */
uint8_t cap_state(struct cap_space *space, const struct cap_entry *e);

/** cap_state_change - set and clear bits of it; CAP_DYING is not the caller's. */
void cap_state_change(struct cap_space *space, struct cap_entry *e, uint8_t set, uint8_t clear);

/* What this core has beside a capability: an answer to other cores. */
#define CAP_HAS_COPY 0x1
#define CAP_HAS_ANCESTOR 0x2
#define CAP_HAS_DESCENDANT 0x4 /* mappings and what is dying included */
/* Of cap_agree_relations() alone: */
#define CAP_HAS_COPIES 0x8 /* more than one */
#define CAP_HAS_OWN 0x10   /* a copy that is not FOREIGN */

/**
 * cap_relations - mask of CAP_HAS_*
 * About an object of which this core has no capability, one is asked that was brought in for it by
 * cap_create() and is deleted afterwards.
 */
uint32_t cap_relations(struct cap_space *space, const struct cap_entry *e);

/** struct cap_range - an object of which this core may have no capability; any valid place */
struct cap_range {
	uint64_t base;
	uint64_t bytes;
	uint32_t type;
};

/** cap_agree_relations - the same about an object, without a capability for it. */
uint32_t cap_agree_relations(struct cap_space *space, const struct cap_range *o);

/**
 * cap_agree_retype - may another core make something of [@base, @base + @bytes) of an object?
 * Return: 0; -ABI_CAP_E_IN_USE: something derived is there; -ABI_CAP_E_AGAIN: not for long.
 */
int cap_agree_retype(struct cap_space *space, const struct cap_range *o, uint64_t base,
		     uint64_t bytes);

/** cap_agree_state - cap_state_change() of an object; Return: 0, -ABI_CAP_E_EMPTY: none is here. */
int cap_agree_state(struct cap_space *space, const struct cap_range *o, uint8_t set, uint8_t clear);

/**
 * cap_agree_mark - before a capability is sent: make it, what it was derived from and what it crosses
 * CAP_REMOTE. Bounded; one object at a time is gone on with.
 * Return: 0, -ABI_CAP_E_AGAIN, -ABI_CAP_E_EMPTY: there is no capability of it.
 */
int cap_agree_mark(struct cap_space *space, const struct cap_range *o);

/**
 * cap_agree_drop - delete all capabilities of an object, and all derived from it, as agreed
 * @slot: of the CPU driver's own, for this alone
 * Return: 0; -ABI_CAP_E_AGAIN: cap_work(), then once more; -ABI_CAP_E_OVERLAP and what else
 * cap_create() says: it cannot be an object of this type here.
 */
int cap_agree_drop(struct cap_space *space, struct cap_entry *slot, const struct cap_range *o);

/** cap_call_agreed - cap_call() of the monitor, for an operation that the other cores agreed on */
int cap_call_agreed(struct cap_space *space, const struct cap_entry *root, const uint64_t args[6]);

/** cap_last_copy - is there no other capability of the same object on this core? */
bool cap_last_copy(const struct cap_entry *e);

#endif
