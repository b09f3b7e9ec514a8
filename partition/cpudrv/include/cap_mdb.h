/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mapping database: all capabilities of a core in one balanced tree a space, in place in their
 * slots. It is private to cap/.
 *
 * Order: base upwards, then end downwards, then type upwards; capabilities that agree in all three
 * are copies: the same object. So whatever contains a range stands before it, and what is derived
 * from an object follows its copies. Relations are computed from ranges and types alone: they hold
 * on any core, whatever way a capability came there.
 *
 * Every node knows the greatest and the least end and the set of types in its subtree. With these,
 * each question below costs a number of steps that is logarithmic in the number of capabilities.
 */
#ifndef CAP_MDB_H
#define CAP_MDB_H

#include <cap.h>

/** struct cap_key - a place in the order, of a capability or not */
struct cap_key {
	uint64_t base;
	uint64_t end;
	uint32_t type;
	uint32_t space;
};

struct cap_key cap_key_of(const struct cap_entry *e);

/** cap_mdb_insert - take in a slot whose base, end and type are set, behind its copies. */
void cap_mdb_insert(struct cap_space *space, struct cap_entry *e);

/** cap_mdb_remove - let go of a slot; the object's state passes to the next copy. */
void cap_mdb_remove(struct cap_space *space, struct cap_entry *e);

/** cap_mdb_replace - @to becomes what @from was, and @from empty. Mates are the caller's. */
void cap_mdb_replace(struct cap_space *space, struct cap_entry *from, struct cap_entry *to);

struct cap_entry *cap_mdb_next(const struct cap_entry *e);
struct cap_entry *cap_mdb_prev(const struct cap_entry *e);

/** cap_mdb_first - the first of a space, or NULL. */
struct cap_entry *cap_mdb_first(const struct cap_space *space, uint32_t which);

/** cap_mdb_find - the first copy of an object, or NULL. */
struct cap_entry *cap_mdb_find(struct cap_space *space, const struct cap_key *key);

/** cap_mdb_other_copy - another capability of the same object, or NULL. */
struct cap_entry *cap_mdb_other_copy(const struct cap_entry *e);

/** cap_mdb_descendant - the first, in order, of those derived from an object, or NULL. */
struct cap_entry *cap_mdb_descendant(struct cap_space *space, const struct cap_entry *e);

/** cap_mdb_ancestor - the nearest that an object was derived from, or NULL. */
struct cap_entry *cap_mdb_ancestor(struct cap_space *space, const struct cap_entry *e);

/** cap_mdb_overlap - the first derived from @e that shares a byte with [base, end), or NULL. */
struct cap_entry *cap_mdb_overlap(struct cap_space *space, const struct cap_entry *e, uint64_t base,
				  uint64_t end);

/** cap_mdb_conflict - would a new object overlap one of a type it must not? */
bool cap_mdb_conflict(struct cap_space *space, const struct cap_key *key);

/**
 * cap_check - hold the invariants against everything; for test builds
 * @own:   the CPU driver's own slots, @count of them: those outside all CNodes and dispatchers
 * Time is linear in the number of slots.
 * Return: NULL, or what is wrong.
 */
const char *cap_check(const struct cap_space *space, const struct cap_entry *own, uint64_t count);

#endif
