// SPDX-License-Identifier: GPL-2.0-only
/* New objects: derived from others, or brought in by the CPU driver. */
#include <base/string.h>

#include <cap_arch.h>
#include <cap_mdb.h>
#include <cap_type.h>
#include <machine.h>

#include "ops.h"

static uint64_t object_bytes(const struct cap_op *op)
{
	return op->bytes ? op->bytes : cap_types[op->type].bytes;
}

/* Sizes and places: everything that asks no other capability. */
static int place_check(const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	uint64_t room = e->end - e->base, bytes = object_bytes(op);
	int rc;

	if (!op->count || op->count > ABI_CAP_RETYPE_MAX)
		return -ABI_CAP_E_COUNT;
	if (op->offset >= room || bytes > (room - op->offset) / op->count)
		return -ABI_CAP_E_RANGE;
	rc = cap_size_check(op->type, e->base + op->offset, bytes);
	if (rc)
		return rc;
	/* The page before the endpoints is the CPU driver's control block. */
	if (e->type == ABI_CAP_DISPATCHER && op->offset < ABI_CAP_ENDPOINTS_AT)
		return -ABI_CAP_E_RANGE;
	return e->type == op->type && bytes == room ? -ABI_CAP_E_SAME : 0;
}

/* Is the memory free of what was derived before? Ranges of shared types may overlap. */
static int overlap_check(struct cap_space *space, const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	uint64_t base = e->base + op->offset;

	if (!cap_is(e->type, ABI_CAP_IS_SHARED) &&
	    cap_mdb_overlap(space, e, base, base + op->count * object_bytes(op)))
		return -ABI_CAP_E_IN_USE;
	return 0;
}

int cap_retype_decode(struct cap_space *space, const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	uint64_t base;
	uint8_t state;
	int rc = cap_from_check(&op->from, ABI_CAP_READ);

	if (rc)
		return rc;
	if (op->type >= ABI_CAP_TYPE_COUNT || !(cap_types[e->type].into & 1u << op->type))
		return -ABI_CAP_E_TYPE;
	if (!(e->rights & ABI_CAP_RETYPE))
		return -ABI_CAP_E_RIGHTS;
	rc = place_check(op);
	if (!rc)
		rc = cap_to_check(&op->to, op->count);
	if (rc)
		return rc;
	/* Exclusive ranges need the word of every core that could make something of the same. */
	state = cap_is(e->type, ABI_CAP_IS_SHARED) || op->agreed ? 0 : cap_state(space, e);
	if (state & CAP_FOREIGN)
		return -ABI_CAP_E_FOREIGN;
	if (state & CAP_REMOTE)
		return -ABI_CAP_E_REMOTE;
	base = e->base + op->offset;
	rc = cap_grow_check(space, e, base, base + op->count * object_bytes(op));
	return rc ? rc : overlap_check(space, op);
}

/* What lies there may become writable: nobody may rely on what he has cleared of it. */
static void clears_forget(struct cap_space *space, uint64_t base, uint64_t end)
{
	for (uint64_t left = space->clearing; left; left &= left - 1) {
		const struct cap_clear *c = &space->clear[__builtin_ctzll(left)];

		if (c->base < end && base < c->end)
			space->clearing &= ~(left & -left);
	}
}

/*
 * Clear a step's worth of the caller's range. Nobody can write to it meanwhile: it is free of everything
 * that could be mapped, and whatever comes into being there makes clears_forget() first.
 */
static bool clear(struct cap_space *space, uint64_t base, uint64_t end)
{
	struct cap_clear *c = &space->clear[space->caller];
	uint64_t bit = 1ull << space->caller, bytes;

	if (!(space->clearing & bit) || c->base != base || c->end != end)
		*c = (struct cap_clear){ .base = base, .end = end, .at = base };
	space->clearing |= bit;
	bytes = end - c->at;
	if (bytes > space->clear_step)
		bytes = space->clear_step;
	memset(arch_window(c->at), 0, bytes);
	c->at += bytes;
	return c->at == end;
}

int cap_retype_invoke(struct cap_space *space, struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	uint64_t base = e->base + op->offset, bytes = object_bytes(op);
	struct cap_entry *to = op->to.at;
	uint8_t state = 0;

	/* Other cores can cut the same; of an exclusive range they have nothing, it was agreed. */
	if (cap_is(e->type, ABI_CAP_IS_SHARED))
		state = cap_state(space, e) & (CAP_FOREIGN | CAP_REMOTE);
	if (cap_is(op->type, ABI_CAP_IS_ZEROED) && e->type != op->type &&
	    !clear(space, base, base + op->count * bytes))
		return -ABI_CAP_E_AGAIN;
	clears_forget(space, base, base + op->count * bytes);
	for (uint64_t i = 0; i < op->count; i++, to++, base += bytes) {
		to->base = base;
		to->end = base + bytes;
		to->type = (uint8_t)op->type;
		to->rights = e->rights & cap_types[op->type].rights;
		cap_mdb_insert(space, to);
		if (cap_last_copy(to))
			to->state = state;
		if (cap_is(op->type, ABI_CAP_IS_TABLE))
			arch_cap_table_init(space, op->type, base);
	}
	return 0;
}

int cap_create(struct cap_space *space, struct cap_entry *slot, uint32_t type, uint64_t base,
	       uint64_t bytes, uint8_t rights, uint8_t state)
{
	struct cap_key key = { .base = base, .end = base + bytes, .type = type };
	struct cap_entry *copy;
	bool conflict;
	int rc;

	if (slot->type != ABI_CAP_NONE)
		return -ABI_CAP_E_OCCUPIED;
	if (type == ABI_CAP_NONE || type >= ABI_CAP_TYPE_COUNT ||
	    cap_is(type, ABI_CAP_IS_SINGLE))
		return -ABI_CAP_E_TYPE;
	if (rights & ~cap_types[type].rights)
		return -ABI_CAP_E_RIGHTS;
	rc = cap_size_check(type, base, bytes);
	if (rc)
		return rc;
	key.space = cap_types[type].space;
	copy = cap_mdb_find(space, &key);
	conflict = cap_mdb_conflict(space, &key) || (copy && (copy->state & CAP_DYING));
	if ((conflict && space->dying) || cap_being_revoked(space, type, key.base, key.end))
		return -ABI_CAP_E_AGAIN;
	if (conflict)
		return -ABI_CAP_E_OVERLAP;
	clears_forget(space, key.base, key.end);
	slot->base = key.base;
	slot->end = key.end;
	slot->type = (uint8_t)type;
	slot->rights = rights;
	if (!copy)
		slot->state = state & (CAP_FOREIGN | CAP_REMOTE);
	cap_mdb_insert(space, slot);
	return 0;
}
