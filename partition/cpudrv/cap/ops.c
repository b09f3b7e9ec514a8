// SPDX-License-Identifier: GPL-2.0-only
/* The table of operations, and those that only pass capabilities on. */
#include <abi/lmp.h>
#include <base/string.h>

#include <cap_mdb.h>
#include <cap_type.h>

#include "ops.h"

#define CLEAR_STEP (64u << 10) /* a few microseconds */
#define REVOKE_STEP 32u

void cap_init(struct cap_space *space)
{
	memset(space, 0, sizeof(*space));
	space->clear_step = CLEAR_STEP;
	space->revoke_step = REVOKE_STEP;
}

static const struct {
	int (*decode)(struct cap_space *space, const struct cap_op *op);
	int (*invoke)(struct cap_space *space, struct cap_op *op);
} operations[ABI_CAP_DO_COUNT] = {
	[ABI_CAP_DO_COPY] = { cap_copy_decode, cap_copy_invoke },
	[ABI_CAP_DO_MINT] = { cap_mint_decode, cap_mint_invoke },
	[ABI_CAP_DO_MOVE] = { cap_move_decode, cap_move_invoke },
	[ABI_CAP_DO_RETYPE] = { cap_retype_decode, cap_retype_invoke },
	[ABI_CAP_DO_MAP] = { cap_map_decode, cap_map_invoke },
	[ABI_CAP_DO_DELETE] = { cap_delete_decode, cap_delete_invoke },
	[ABI_CAP_DO_REVOKE] = { cap_revoke_decode, cap_revoke_invoke },
	[ABI_CAP_DO_IDENTIFY] = { cap_identify_decode, cap_identify_invoke },
};

/* Reasons that may be gone once the dying are. */
static bool may_pass_with_time(int rc)
{
	return rc == -ABI_CAP_E_OCCUPIED || rc == -ABI_CAP_E_IN_USE || rc == -ABI_CAP_E_MAPPED ||
	       rc == -ABI_CAP_E_ENTRY;
}

int cap_decode(struct cap_space *space, const struct cap_op *op)
{
	int rc;

	if (op->kind >= ABI_CAP_DO_COUNT || !operations[op->kind].decode)
		return -ABI_CAP_E_OPERATION;
	rc = operations[op->kind].decode(space, op);
	return space->dying && may_pass_with_time(rc) ? -ABI_CAP_E_AGAIN : rc;
}

int cap_invoke(struct cap_space *space, struct cap_op *op)
{
	return operations[op->kind].invoke(space, op);
}

bool cap_being_revoked(const struct cap_space *space, uint32_t type, uint64_t base, uint64_t end)
{
	const struct cap_entry *r = space->revoking;

	return r && cap_types[r->type].space == cap_types[type].space && base < r->end &&
	       end > r->base;
}

int cap_grow_check(struct cap_space *space, const struct cap_entry *e, uint64_t base, uint64_t end)
{
	if (cap_state(space, e) & CAP_BUSY)
		return -ABI_CAP_E_BUSY;
	return cap_being_revoked(space, e->type, base, end) ? -ABI_CAP_E_AGAIN : 0;
}

int cap_copy_decode(struct cap_space *space, const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	int rc = cap_from_check(&op->from, ABI_CAP_READ);

	if (rc)
		return rc;
	if (cap_is(e->type, ABI_CAP_IS_SINGLE))
		return -ABI_CAP_E_SINGLE;
	rc = cap_to_check(&op->to, 1);
	return rc ? rc : cap_grow_check(space, e, e->base, e->end);
}

int cap_mint_decode(struct cap_space *space, const struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;
	int rc = cap_copy_decode(space, op);

	if (rc)
		return rc;
	if (op->rights & ~e->rights)
		return -ABI_CAP_E_RIGHTS;
	if (op->badge && (e->badge || op->badge == ABI_LMP_KERNEL ||
			  !cap_is(e->type, ABI_CAP_IS_BADGED)))
		return -ABI_CAP_E_BADGE;
	return 0;
}

static void copy(struct cap_space *space, struct cap_op *op, uint8_t rights, uint64_t badge)
{
	struct cap_entry *to = op->to.at;

	to->base = op->from.at->base;
	to->end = op->from.at->end;
	to->type = op->from.at->type;
	to->rights = rights;
	to->badge = badge;
	cap_mdb_insert(space, to);
}

int cap_copy_invoke(struct cap_space *space, struct cap_op *op)
{
	copy(space, op, op->from.at->rights, op->from.at->badge);
	return 0;
}

int cap_mint_invoke(struct cap_space *space, struct cap_op *op)
{
	copy(space, op, op->rights, op->badge ? op->badge : op->from.at->badge);
	return 0;
}

int cap_move_decode(struct cap_space *space, const struct cap_op *op)
{
	int rc = cap_from_check(&op->from, ABI_CAP_READ | ABI_CAP_WRITE);

	(void)space;
	return rc ? rc : cap_to_check(&op->to, 1);
}

int cap_move_invoke(struct cap_space *space, struct cap_op *op)
{
	struct cap_entry *from = op->from.at, *to = op->to.at;

	if (from->mate)
		from->mate->mate = to;
	if (space->revoking == from)
		space->revoking = to;
	cap_mdb_replace(space, from, to);
	return 0;
}

int cap_identify_decode(struct cap_space *space, const struct cap_op *op)
{
	(void)space;
	return cap_from_check(&op->from, ABI_CAP_READ);
}

int cap_identify_invoke(struct cap_space *space, struct cap_op *op)
{
	const struct cap_entry *e = op->from.at;

	(void)space;
	op->info = (struct abi_cap_info){
		.base = e->base,
		.bytes = e->end - e->base,
		.badge = cap_is(e->type, ABI_CAP_IS_BADGED) ? e->badge : 0,
		.type = e->type,
		.rights = e->rights,
		.flags = e->mate ? ABI_CAP_INFO_MAPPED : 0,
	};
	return 0;
}
