// SPDX-License-Identifier: GPL-2.0-only
#include <capability.h>
#include <dispatcher.h>
#include <object.h>
#include <own.h>

void own_drop(struct cap_entry *own)
{
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(own) };

	if (own->type != ABI_CAP_NONE)
		cap_invoke(&cap_space, &op);
	capabilities_settle();
}

int own_copy(const struct cap_slot *from, struct cap_entry *own)
{
	struct cap_entry empty = { 0 };
	struct cap_op op = { .kind = ABI_CAP_DO_COPY, .from = *from, .to = cap_slot_own(&empty) };
	int rc = cap_decode(&cap_space, &op);

	if (rc)
		return rc;
	own_drop(own);
	op.to = cap_slot_own(own);
	return cap_invoke(&cap_space, &op);
}

int own_copy_endpoint(struct dispatcher *d, uint64_t address, uint64_t depth,
		      struct cap_entry *own)
{
	const struct abi_cap_at at = { .address = address, .depth = (uint32_t)depth };
	struct cap_slot from;
	int rc;

	if (!depth && !address) {
		own_drop(own);
		return 0;
	}
	if (depth > ABI_CAP_DEPTH_MAX)
		return -ABI_CAP_E_DEPTH;
	rc = object_find(d, &at, ABI_CAP_ENDPOINT, ABI_CAP_READ, &from);
	return rc ? rc : own_copy(&from, own);
}
