// SPDX-License-Identifier: GPL-2.0-only
/*
 * Delete, revoke, and the work that is left over.
 *
 * When the last capability of an object with slots is deleted, it moves into the object's own first
 * slot, which no address reaches, and joins the queue of the dying. The object stays in the mapping
 * database, so its memory cannot be reused, until cap_work() has emptied its slots one by one.
 *
 * A revocation keeps no place: each step asks the mapping database for one more victim. While it is
 * under way nothing new is made in its range, so it ends. There is one at a time on a core; who
 * wants another does the work of the first.
 *
 * All other objects have no memory to hold a dying capability, and need none: whatever was derived
 * from them keeps their memory from being reused, and goes its own way.
 */
#include <base/string.h>

#include <cap_arch.h>
#include <cap_mdb.h>
#include <cap_type.h>

#include "ops.h"

#define EMPTY_STEP 64u /* empty slots passed over in one step */

uint8_t cap_state(struct cap_space *space, const struct cap_entry *e)
{
	struct cap_key key = cap_key_of(e);

	return cap_mdb_find(space, &key)->state;
}

void cap_state_change(struct cap_space *space, struct cap_entry *e, uint8_t set, uint8_t clear)
{
	struct cap_key key = cap_key_of(e);
	struct cap_entry *first = cap_mdb_find(space, &key);

	first->state &= (uint8_t)~clear | CAP_DYING;
	first->state |= set & (uint8_t)~CAP_DYING;
}

bool cap_last_copy(const struct cap_entry *e)
{
	return !cap_mdb_other_copy(e);
}

static void dying_push(struct cap_space *space, struct cap_entry *e)
{
	e->next = NULL;
	if (space->dying)
		space->dying_last->next = e;
	else
		space->dying = e;
	space->dying_last = e;
	space->dying_count++;
}

static struct cap_entry *dying_pop(struct cap_space *space)
{
	struct cap_entry *e = space->dying;

	space->dying = e->next;
	space->dying_count--;
	e->next = NULL;
	return e;
}

/* The last capability of an object with slots goes into the first of these. */
static void object_dies(struct cap_space *space, struct cap_entry *e)
{
	uint64_t slots;
	struct cap_entry *own = cap_slots(e, &slots);

	if (e->type == ABI_CAP_DISPATCHER)
		arch_cap_dispatcher_end(space, e->base);
	cap_mdb_replace(space, e, own);
	own->state |= CAP_DYING;
	own->cursor = 1;
	dying_push(space, own);
}

void cap_entry_delete(struct cap_space *space, struct cap_entry *e)
{
	struct cap_entry *mapping = e->type == ABI_CAP_MAPPING ? NULL : e->mate;
	bool last;

	if (space->revoking == e)
		space->revoking = NULL;
	if (e->mate)
		cap_unmap(space, mapping ? mapping : e);
	if (mapping)
		cap_mdb_remove(space, mapping);
	last = cap_last_copy(e);
	if (last && cap_is(e->type, ABI_CAP_IS_SLOTS)) {
		object_dies(space, e);
		return;
	}
	if (last && cap_is(e->type, ABI_CAP_IS_TABLE))
		arch_cap_table_end(space, e->type, e->base);
	cap_mdb_remove(space, e);
}

/* Does all of it lie in what is being revoked? */
static bool goes_anyway(const struct cap_entry *r, const struct cap_entry *e)
{
	return r && cap_types[r->type].space == cap_types[e->type].space && e->base >= r->base &&
	       e->end <= r->end;
}

/* May a capability that no operation named be deleted now? */
static bool may_go(struct cap_space *space, const struct cap_entry *e)
{
	uint8_t state = cap_state(space, e);

	if (state & CAP_BUSY)
		return false;
	if (!(state & CAP_REMOTE) || (state & CAP_FOREIGN) || !cap_last_copy(e) || !space->agree)
		return true;
	if (space->revoke_agreed && goes_anyway(space->revoking, e))
		return true;
	return space->agree(space, e, CAP_ASK_LAST_COPY);
}

/* One step on the first of the dying. Return: false when it has to wait; the next one is first. */
static bool reap(struct cap_space *space)
{
	struct cap_entry *own = space->dying, *slots, *e;
	uint64_t count, stop;

	slots = cap_slots(own, &count);
	stop = own->cursor + EMPTY_STEP;
	if (stop > count)
		stop = count;
	while (own->cursor < stop && slots[own->cursor].type == ABI_CAP_NONE)
		own->cursor++;
	if (own->cursor < stop) {
		e = &slots[own->cursor];
		if (!may_go(space, e)) {
			dying_push(space, dying_pop(space));
			return false;
		}
		own->cursor++;
		cap_entry_delete(space, e);
	} else if (stop == count) {
		cap_mdb_remove(space, dying_pop(space));
	}
	return true;
}

/* One step of the revocation. Return: false when it has to wait. */
static bool revoke_step(struct cap_space *space)
{
	struct cap_entry *victim = cap_mdb_other_copy(space->revoking);

	if (!victim)
		victim = cap_mdb_descendant(space, space->revoking);
	if (!victim) {
		space->revoking = NULL;
		return true;
	}
	if ((victim->state & CAP_DYING) || !may_go(space, victim))
		return false;
	cap_entry_delete(space, victim);
	return true;
}

int cap_work(struct cap_space *space, uint32_t steps)
{
	int rc = -ABI_CAP_E_BUSY;

	for (; steps; steps--) {
		if (space->refused < space->dying_count) {
			space->refused = reap(space) ? 0 : space->refused + 1;
			continue;
		}
		/* All of the dying wait, or there is none. */
		if (!space->revoking) {
			rc = space->dying ? -ABI_CAP_E_BUSY : 0;
			break;
		}
		if (!revoke_step(space))
			break;
		space->refused = 0;
	}
	if (!steps)
		return space->dying || space->revoking ? -ABI_CAP_E_AGAIN : 0;
	space->refused = 0; /* the next call asks everybody again */
	return rc;
}

int cap_delete_decode(struct cap_space *space, const struct cap_op *op)
{
	int rc = cap_from_check(&op->from, ABI_CAP_WRITE);
	uint8_t state;

	if (rc)
		return rc;
	state = cap_state(space, op->from.at);
	if (state & CAP_BUSY)
		return -ABI_CAP_E_BUSY;
	if ((state & CAP_REMOTE) && !(state & CAP_FOREIGN) && !op->agreed &&
	    cap_last_copy(op->from.at))
		return -ABI_CAP_E_REMOTE;
	return 0;
}

int cap_delete_invoke(struct cap_space *space, struct cap_op *op)
{
	cap_entry_delete(space, op->from.at);
	return 0;
}

int cap_revoke_decode(struct cap_space *space, const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	int rc = cap_from_check(&op->from, ABI_CAP_READ);
	uint8_t state;

	if (rc)
		return rc;
	if (!(e->rights & ABI_CAP_REVOKE))
		return -ABI_CAP_E_RIGHTS;
	state = cap_state(space, e);
	if (state & CAP_BUSY)
		return -ABI_CAP_E_BUSY;
	if ((state & CAP_FOREIGN) && !op->agreed)
		return -ABI_CAP_E_FOREIGN;
	if ((state & CAP_REMOTE) && !op->agreed)
		return -ABI_CAP_E_REMOTE;
	return space->revoking && space->revoking != e ? -ABI_CAP_E_AGAIN : 0;
}

int cap_revoke_invoke(struct cap_space *space, struct cap_op *op)
{
	int rc;

	space->revoking = op->from.at;
	space->revoke_agreed = op->agreed;
	rc = cap_work(space, space->revoke_step);
	if (space->revoking)
		return rc;
	/* It may have lost its own slot on the way: then the next decode says so. */
	return op->from.at->type == ABI_CAP_NONE ? -ABI_CAP_E_AGAIN : 0;
}
