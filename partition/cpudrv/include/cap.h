/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Capabilities: what the domains of a core may touch. Documentation/capabilities.md has the model.
 *
 * Everything is kept in the slots themselves (cap_slot.h); nothing is allocated. All state of a
 * core hangs off one struct cap_space; the CPU driver is single-threaded and not preemptable, so
 * nothing is locked.
 *
 * An operation is described by struct cap_op and done in two halves: cap_decode() checks and
 * changes nothing, cap_invoke() cannot fail. Long ones are done in bounded steps: cap_invoke() then
 * returns -ABI_CAP_E_AGAIN, and the whole operation is repeated, from following the addresses of
 * its slots on: what was deleted meanwhile may be the CNode they are in. cap_work() does steps that
 * no operation waits for.
 */
#ifndef CAP_H
#define CAP_H

#include <stdbool.h>
#include <stdint.h>

#include <cap_slot.h>

/** enum cap_question - what a core must be asked before it loses an object others know */
enum cap_question {
	CAP_ASK_LAST_COPY = 1, /* the last local copy of an object that other cores know goes */
};

/** struct cap_place - where in the order of all capabilities (cap_mdb.h) something has come to */
struct cap_place {
	uint64_t base;
	uint64_t end;
	uint32_t type;
};

#define CAP_CALLERS 64u

/** struct cap_clear - of a retype's range [base, end) is [base, at) zero already */
struct cap_clear {
	uint64_t base;
	uint64_t end;
	uint64_t at;
};

/**
 * struct cap_space - all capabilities of one core; begins with cap_init()
 * @roots:    the trees
 * @count:    capabilities by type, dying objects included
 * @revoking: the capability whose revocation is under way, or NULL
 * @revoke_agreed: all cores revoke in its range: nobody is asked about what lies in it
 * @dying:    objects whose slots are being emptied, a queue of @dying_count; @dying_last is its end
 * @refused:  of the dying that were looked at last, so many in a row wait for other cores
 * @caller:   who asks, below CAP_CALLERS: each gets on with one long retype, whatever the others do
 * @clearing: bit n: @clear[n] is the retype that caller n has begun
 * @mark_base: to @mark_end, of @mark_type: the object that is being marked; @mark_at: how far
 * @clear_step:  bytes cleared in one go
 * @revoke_step: capabilities deleted in one go of a revocation
 * @huge:     the CPU has 1 GiB pages
 * @agree:    may this happen now? NULL: always. False parks the work; the owner of the hook calls
 *            cap_work() again once the answer may have changed
 * @lost:     slots with @held of struct cap_entry that were emptied; the CPU driver sets it to 0
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
	uint64_t clearing;
	struct cap_clear clear[CAP_CALLERS];
	uint64_t mark_base;
	uint64_t mark_end;
	struct cap_place mark_at;
	uint32_t mark_type;
	uint32_t caller;
	uint32_t clear_step;
	uint32_t revoke_step;
	bool huge;
	bool revoke_agreed;
	bool (*agree)(struct cap_space *space, const struct cap_entry *e, enum cap_question what);
	uint64_t lost;
	uint64_t visits;
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
 * cap_decode - can this be done?
 * @op: any values; the slots are real ones
 *
 * Changes nothing. -ABI_CAP_E_AGAIN: cap_work() must run first; then find the slots again.
 *
 * Return: 0 or a negative enum abi_cap_error.
 */
int cap_decode(struct cap_space *space, const struct cap_op *op);

/**
 * cap_invoke - do it, or a step of it
 * @op: just decoded, with nothing in between
 * Return: 0; -ABI_CAP_E_AGAIN: begin the same once more with its slots, at once or later;
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

#endif
