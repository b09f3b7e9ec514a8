// SPDX-License-Identifier: GPL-2.0-only
/* The system call by which ring 3 operates on capabilities. */
#include <abi/invoke.h>

#include <cap.h>

#include "ops.h"

#define WORK_STEPS 32u /* done for others in one go of a call */

/* The arguments, taken apart. */
struct fields {
	uint8_t op;
	uint8_t rights;
	uint8_t type;
	uint8_t from_depth;
	uint8_t to_depth;
	uint8_t via_depth;
	uint16_t count;
	uint64_t from;
	uint64_t to;
	uint64_t via;
	uint64_t r8;
	uint64_t r9;
};

static struct fields take_apart(const uint64_t args[6])
{
	return (struct fields){
		.op = (uint8_t)args[0],
		.rights = (uint8_t)(args[0] >> ABI_INVOKE_RIGHTS_SHIFT),
		.type = (uint8_t)(args[0] >> ABI_INVOKE_TYPE_SHIFT),
		.from_depth = (uint8_t)(args[0] >> ABI_INVOKE_FROM_SHIFT),
		.to_depth = (uint8_t)(args[0] >> ABI_INVOKE_TO_SHIFT),
		.via_depth = (uint8_t)(args[0] >> ABI_INVOKE_VIA_SHIFT),
		.count = (uint16_t)(args[0] >> ABI_INVOKE_COUNT_SHIFT),
		.from = args[1],
		.to = args[2],
		.via = args[3],
		.r8 = args[4],
		.r9 = args[5],
	};
}

/* Refuse what the operation has no use for: it may mean something one day. */
static int uses_check(const struct fields *f)
{
	static const struct {
		bool rights, type, to, via, count, r8, r9;
	} uses[ABI_CAP_DO_COUNT] = {
#define USES(name, ...) [ABI_CAP_DO_##name] = { __VA_ARGS__ },
		ABI_INVOKE_USES(USES)
	};

	if (!f->op || f->op >= ABI_CAP_DO_COUNT)
		return -ABI_CAP_E_OPERATION;
	if ((f->rights && !uses[f->op].rights) || (f->type && !uses[f->op].type) ||
	    ((f->to || f->to_depth) && !uses[f->op].to) ||
	    ((f->via || f->via_depth) && !uses[f->op].via) ||
	    (f->count && !uses[f->op].count) || (f->r8 && !uses[f->op].r8) ||
	    (f->r9 && !uses[f->op].r9))
		return -ABI_CAP_E_ARGUMENT;
	if (f->op == ABI_CAP_DO_IDENTIFY && f->r9 >= ABI_INVOKE_WORDS)
		return -ABI_CAP_E_ARGUMENT;
	return 0;
}

/* The slot to fill, seen from the caller's root or from a CNode that it names. */
static int to_find(const struct cap_entry *root, const struct fields *f, struct cap_slot *to)
{
	struct cap_slot via;
	int rc;

	if (!f->via_depth)
		return f->via ? -ABI_CAP_E_DEPTH : cap_slot_find(root, f->to, f->to_depth, to);
	rc = cap_slot_find(root, f->via, f->via_depth, &via);
	if (!rc)
		rc = cap_from_check(&via, ABI_CAP_READ);
	return rc ? rc : cap_slot_find(via.at, f->to, f->to_depth, to);
}

static int slots_find(const struct cap_entry *root, const struct fields *f, struct cap_op *op)
{
	int rc = cap_slot_find(root, f->from, f->from_depth, &op->from);

	if (rc || f->op >= ABI_CAP_DO_DELETE)
		return rc;
	if (f->op != ABI_CAP_DO_MAP)
		return to_find(root, f, &op->to);
	rc = cap_slot_find(root, f->to, f->to_depth, &op->to);
	return rc ? rc : cap_slot_find(root, f->via, f->via_depth, &op->table);
}

static uint64_t info_word(const struct abi_cap_info *info, uint64_t word)
{
	switch (word) {
	case ABI_INVOKE_BASE:
		return info->base;
	case ABI_INVOKE_BYTES:
		return info->bytes;
	case ABI_INVOKE_BADGE:
		return info->badge;
	default:
		return info->type | (uint64_t)info->rights << 16 | (uint64_t)info->flags << 24;
	}
}

/* Let what stands in the way be finished, a part of it. */
static int give_way(struct cap_space *space)
{
	return cap_work(space, WORK_STEPS) == -ABI_CAP_E_BUSY ? -ABI_CAP_E_BUSY : -ABI_CAP_E_AGAIN;
}

static int call(struct cap_space *space, const struct cap_entry *root, const uint64_t args[6],
		bool agreed, uint64_t *value)
{
	struct fields f = take_apart(args);
	struct cap_op op = { .kind = f.op, .rights = f.rights, .type = f.type, .count = f.count,
			     .agreed = agreed };
	int rc = uses_check(&f);

	if (!rc)
		rc = slots_find(root, &f, &op);
	if (rc)
		return rc;
	if (f.op == ABI_CAP_DO_MINT)
		op.badge = f.r8;
	else
		op.offset = f.r8;
	if (f.op == ABI_CAP_DO_MAP)
		op.index = f.r9;
	else
		op.bytes = f.r9;
	rc = cap_decode(space, &op);
	if (rc)
		return rc == -ABI_CAP_E_AGAIN ? give_way(space) : rc;
	rc = cap_invoke(space, &op);
	if (!rc)
		*value = f.op == ABI_CAP_DO_IDENTIFY ? info_word(&op.info, f.r9) : 0;
	return rc;
}

int cap_call(struct cap_space *space, const struct cap_entry *root, const uint64_t args[6],
	     uint64_t *value)
{
	return call(space, root, args, false, value);
}

int cap_call_agreed(struct cap_space *space, const struct cap_entry *root, const uint64_t args[6])
{
	uint64_t value;

	return call(space, root, args, true, &value);
}
