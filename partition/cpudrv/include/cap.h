/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities: what the domains of a core may touch. Documentation/capabilities.md has the model.
 *
 * Everything is kept in the slots themselves: a slot that holds a capability is a node of its
 * space's tree (cap_mdb.h). Nothing is allocated. All state of a core hangs off one struct
 * cap_space; the CPU driver is single-threaded and not preemptable, so nothing is locked.
 *
 * An operation is described by struct cap_op and done in two halves: cap_decode() checks and
 * changes nothing, cap_invoke() cannot fail. Long ones are done in bounded steps: cap_invoke() then
 * returns -ABI_CAP_E_AGAIN, and the whole operation is repeated from its decode. cap_work() does
 * steps that no operation waits for.
 */
#ifndef CAP_H
#define CAP_H

#include <stdbool.h>
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
	uint64_t reserved[4];
};

URPC_STATIC_ASSERT(sizeof(struct cap_entry) == ABI_CAP_SLOT_BYTES, "size of a slot");
URPC_STATIC_ASSERT(offsetof(struct cap_entry, badge) == 64, "a search reads one line a slot");

/** enum cap_question - what a core must be asked before it loses an object others know */
enum cap_question {
	CAP_ASK_LAST_COPY = 1, /* the last local copy of an object that other cores know goes */
};

/**
 * struct cap_space - all capabilities of one core; begins with cap_init()
 * @roots:    the trees
 * @count:    capabilities by type, dying objects included
 * @revoking: the capability whose revocation is under way, or NULL
 * @dying:    objects whose slots are being emptied, a queue of @dying_count; @dying_last is its end
 * @refused:  of the dying that were looked at last, so many in a row wait for other cores
 * @clear_at: [clear_base, clear_at) of a retype's range [clear_base, clear_end) is zero already
 * @clear_step:  bytes cleared in one go
 * @revoke_step: capabilities deleted in one go of a revocation
 * @huge:     the CPU has 1 GiB pages
 * @agree:    may this happen now? NULL: always. False parks the work; the owner of the hook calls
 *            cap_work() again once the answer may have changed
 * @visits:   slots that searches have looked at
 */
struct cap_space {
	struct cap_entry *roots[ABI_CAP_SPACE_COUNT];
	uint64_t count[ABI_CAP_TYPE_COUNT];
	struct cap_entry *revoking;
	struct cap_entry *dying;
	struct cap_entry *dying_last;
	uint64_t dying_count;
	uint64_t refused;
	uint64_t clear_base;
	uint64_t clear_end;
	uint64_t clear_at;
	uint32_t clear_step;
	uint32_t revoke_step;
	bool huge;
	bool (*agree)(struct cap_space *space, const struct cap_entry *e, enum cap_question what);
	uint64_t visits;
};

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
 * struct cap_op - an operation
 * @kind:   enum abi_cap_op
 * @agreed: other cores have agreed; only the monitor's calls set it
 * @from:   copy, mint, move, map: what; retype: derive from this; delete, revoke, identify: this
 * @to:     copy, mint, move: empty slot; retype: first of @count empty ones; map: for the mapping
 * @table:  map: the page table
 * @type:   retype: enum abi_cap_type
 * @rights: mint, map: rights of the new capability
 * @badge:  mint: number for it; 0: as it is
 * @offset: retype, map: where in the range of @from to begin; a multiple of the unit or page
 * @bytes:  retype: size of each object; 0 for the type's own
 * @index:  map: first entry of the table
 * @count:  retype: how many objects, side by side; map: how many entries
 * @info:   identify: the answer
 */
struct cap_op {
	uint32_t kind;
	bool agreed;
	uint8_t rights;
	uint32_t type;
	struct cap_slot from;
	struct cap_slot to;
	struct cap_slot table;
	uint64_t badge;
	uint64_t offset;
	uint64_t bytes;
	uint64_t index;
	uint64_t count;
	struct abi_cap_info info;
};

/** cap_init - no capabilities, usual steps, no 1 GiB pages. */
void cap_init(struct cap_space *space);

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

/**
 * cap_decode - can this be done?
 * @op: any values; the slots are real ones
 *
 * Changes nothing. -ABI_CAP_E_AGAIN: cap_work() must run first; then decode again.
 *
 * Return: 0 or a negative enum abi_cap_error.
 */
int cap_decode(struct cap_space *space, const struct cap_op *op);

/**
 * cap_invoke - do it, or a step of it
 * @op: just decoded, with nothing in between
 * Return: 0; -ABI_CAP_E_AGAIN: decode and invoke the same once more, at once or later;
 * -ABI_CAP_E_BUSY: the same, but what it does now waits for other cores.
 */
int cap_invoke(struct cap_space *space, struct cap_op *op);

/**
 * cap_call - the system call ABI_SYSCALL_INVOKE (abi/invoke.h), or a part of it
 * @root:  capability of the caller's root CNode, in a slot of the CPU driver's own; any type
 * @args:  its six arguments, any values
 * @value: the second result; written when 0 is returned
 *
 * The exit to ring 3 runs cap_work() while that has work, so that what a call ended is gone when
 * the caller goes on.
 *
 * Return: 0 or a negative enum abi_cap_error; -ABI_CAP_E_AGAIN: events may be looked at, then the
 * same call goes on.
 */
int cap_call(struct cap_space *space, const struct cap_entry *root, const uint64_t args[6],
	     uint64_t *value);

/**
 * cap_work - empty dying objects and go on with the revocation under way
 * @steps: at most this many; each is bounded by a few searches of a tree
 * Return: 0 when nothing is left, -ABI_CAP_E_AGAIN when something is, -ABI_CAP_E_BUSY when all of
 * that waits for an answer of @space->agree or the end of an agreement.
 */
int cap_work(struct cap_space *space, uint32_t steps);

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

/**
 * cap_relations - mask of CAP_HAS_*
 * About an object of which this core has no capability, one is asked that was brought in for it by
 * cap_create() and is deleted afterwards.
 */
uint32_t cap_relations(struct cap_space *space, const struct cap_entry *e);

/** cap_last_copy - is there no other capability of the same object on this core? */
bool cap_last_copy(const struct cap_entry *e);

/**
 * cap_check - hold the invariants against everything; for test builds
 * @own:   the CPU driver's own slots, @count of them: those outside all CNodes and dispatchers
 * Time is linear in the number of slots.
 * Return: NULL, or what is wrong.
 */
const char *cap_check(const struct cap_space *space, const struct cap_entry *own, uint64_t count);

/** cap_slots - first slot of an object that holds capabilities; @slots: how many. */
struct cap_entry *cap_slots(const struct cap_entry *e, uint64_t *slots);

#endif
