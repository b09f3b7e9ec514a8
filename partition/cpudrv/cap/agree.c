// SPDX-License-Identifier: GPL-2.0-only
/*
 * The CPU driver's part in agreements on objects that several cores know: questions and changes by
 * the object, not by a slot. The protocol is the monitors' (abi/protocol/agree.h).
 *
 * What REMOTE promises, for a capability of this core that does not have it:
 *
 *   - no other core has one of the same object, or of anything derived from it;
 *   - of a type whose ranges may cross, no other core has one that crosses it either.
 *
 * So whoever gives a capability away marks it, everything around it and, of a frame, everything it
 * crosses (cap_agree_mark()); and what is cut from a marked frame, without asking, is marked too.
 */
#include <cap_mdb.h>
#include <cap_type.h>

#include "ops.h"
#include "tree.h"

#define MARK_STEP 32u /* objects looked at in one go */

/* Stands for an object of which there may be no capability; good for questions that need its key. */
static struct cap_entry stand_in(const struct cap_range *o)
{
	return (struct cap_entry){ .base = o->base, .end = o->base + o->bytes,
				   .type = (uint8_t)o->type };
}

static struct cap_entry *first_copy(struct cap_space *space, const struct cap_range *o)
{
	struct cap_entry e = stand_in(o);
	struct cap_key key = cap_key_of(&e);

	return cap_mdb_find(space, &key);
}

uint32_t cap_agree_relations(struct cap_space *space, const struct cap_range *o)
{
	struct cap_entry e = stand_in(o), *copy = first_copy(space, o);

	return (copy ? CAP_HAS_COPY : 0) | (copy && !cap_last_copy(copy) ? CAP_HAS_COPIES : 0) |
	       (copy && !(copy->state & CAP_FOREIGN) ? CAP_HAS_OWN : 0) |
	       (cap_mdb_ancestor(space, &e) ? CAP_HAS_ANCESTOR : 0) |
	       (cap_mdb_descendant(space, &e) ? CAP_HAS_DESCENDANT : 0);
}

int cap_agree_retype(struct cap_space *space, const struct cap_range *o, uint64_t base,
		     uint64_t bytes)
{
	struct cap_entry e = stand_in(o);

	if (!cap_mdb_overlap(space, &e, base, base + bytes))
		return 0;
	if (space->dying || cap_being_revoked(space, o->type, base, base + bytes))
		return -ABI_CAP_E_AGAIN;
	return -ABI_CAP_E_IN_USE;
}

int cap_agree_state(struct cap_space *space, const struct cap_range *o, uint8_t set, uint8_t clear)
{
	struct cap_entry *copy = first_copy(space, o);

	if (!copy)
		return -ABI_CAP_E_EMPTY;
	cap_state_change(space, copy, set, clear);
	return 0;
}

/*
 * In order, so that what contains others comes before them: whatever is cut meanwhile, out of
 * something that was passed already, is marked from the beginning; the rest is still to come.
 */
int cap_agree_mark(struct cap_space *space, const struct cap_range *o)
{
	struct cap_entry e = stand_in(o), *at;
	struct cap_key key = cap_key_of(&e), there;
	bool shared = cap_is(o->type, ABI_CAP_IS_SHARED);

	if (!first_copy(space, o))
		return -ABI_CAP_E_EMPTY;
	if (cap_being_revoked(space, o->type, e.base, e.end))
		return -ABI_CAP_E_AGAIN;
	if (space->mark_base != e.base || space->mark_end != e.end || space->mark_type != e.type) {
		space->mark_base = e.base;
		space->mark_end = e.end;
		space->mark_type = e.type;
		space->mark_at = (struct cap_place){ 0, UINT64_MAX, 0 };
	}
	for (uint32_t i = 0; i < MARK_STEP; i++) {
		there = (struct cap_key){ space->mark_at.base, space->mark_at.end,
					  space->mark_at.type, key.space };
		at = cap_tree_behind(space, &there, (struct cap_probe){ CAP_END_PAST, e.base });
		there = at ? cap_key_of(at) : key;
		if (!at || at->base >= e.end || (!shared && cap_order(&there, &key) > 0)) {
			space->mark_end = 0;
			return 0;
		}
		at->state |= CAP_REMOTE; /* the first of its copies: it is what comes behind others */
		space->mark_at = (struct cap_place){ at->base, at->end, at->type };
	}
	return -ABI_CAP_E_AGAIN;
}

/*
 * Another one is begun before this one's end, which may never be asked for again. It has kept nothing but its
 * slot, so it goes on from where it is, whoever comes next; what is left of it belongs to another core.
 */
static void put_off(struct cap_space *space, struct cap_entry *slot)
{
	if (!cap_last_copy(slot))
		cap_state_change(space, slot, CAP_FOREIGN, 0);
	cap_entry_delete(space, slot);
}

int cap_agree_drop(struct cap_space *space, struct cap_entry *slot, const struct cap_range *o)
{
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE, .agreed = true, .from = cap_slot_own(slot) };
	int rc;

	if (slot->type != ABI_CAP_NONE &&
	    (slot->base != o->base || slot->end != o->base + o->bytes || slot->type != o->type))
		put_off(space, slot);
	if (slot->type == ABI_CAP_NONE) {
		if (!(cap_agree_relations(space, o) & (CAP_HAS_COPY | CAP_HAS_DESCENDANT)))
			return 0;
		rc = cap_create(space, slot, o->type, o->base, o->bytes, cap_types[o->type].rights,
				CAP_FOREIGN | CAP_REMOTE);
		if (rc)
			return rc;
		cap_state_change(space, slot, CAP_FOREIGN, 0); /* who revokes owns it */
	}
	rc = cap_decode(space, &op);
	if (!rc)
		rc = cap_invoke(space, &op);
	if (rc)
		return rc == -ABI_CAP_E_BUSY ? -ABI_CAP_E_AGAIN : rc;
	cap_entry_delete(space, slot);
	return 0;
}
