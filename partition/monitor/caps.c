// SPDX-License-Identifier: GPL-2.0-only
#include <abi/domain.h>

#include <caps.h>

#define AGREED_TRIES 10000u

struct abi_cap_at caps_root(uint32_t slot)
{
	return (struct abi_cap_at){ slot, ABI_DOMAIN_ROOT_BITS, 0 };
}

struct abi_cap_at caps_in(struct abi_cap_at node, uint32_t bits, uint32_t slot)
{
	return (struct abi_cap_at){ node.address << bits | slot, node.depth + bits, 0 };
}

struct abi_cap_at caps_table(uint32_t slot)
{
	return caps_in(caps_root(CAPS_ROOT_TABLE), CAPS_TABLE_BITS, slot);
}

int caps_copy(struct abi_cap_at from, struct abi_cap_at to)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, from.depth, to.depth, 0, 0);

	return (int)mon_invoke(word, from.address, to.address, 0, 0, 0, NULL);
}

int caps_mint(struct abi_cap_at from, struct abi_cap_at to, uint8_t rights, uint64_t badge)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_MINT, rights, 0, from.depth, to.depth, 0, 0);

	return (int)mon_invoke(word, from.address, to.address, 0, badge, 0, NULL);
}

int caps_retype(struct abi_cap_at from, struct abi_cap_at to, uint32_t type, uint64_t offset,
		uint64_t bytes, uint32_t count)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, from.depth, to.depth, 0, count);

	return (int)mon_invoke(word, from.address, to.address, 0, offset, bytes, NULL);
}

int caps_retype_agreed(struct abi_cap_at from, struct abi_cap_at to, uint32_t type, uint64_t offset,
		       uint64_t bytes)
{
	const uint64_t word[6] = { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, from.depth, to.depth, 0, 1),
				   from.address, to.address, 0, offset, bytes };
	const uint64_t arg[4] = { (uint64_t)(uintptr_t)word };

	return (int)mon_kernel(ABI_KERNEL_CAP_AGREED, arg, NULL);
}

/* What is in the way is gone after some repetitions, or waits for other nodes. */
static int agreed(uint32_t op, struct abi_cap_at at)
{
	const uint64_t word[6] = { ABI_INVOKE_WORD(op, 0, 0, at.depth, 0, 0, 0), at.address };
	const uint64_t arg[4] = { (uint64_t)(uintptr_t)word };

	for (uint32_t i = 0; i < AGREED_TRIES; i++) {
		int64_t rc = mon_kernel(ABI_KERNEL_CAP_AGREED, arg, NULL);

		if (rc != -(ABI_OBJECT_ERRNO + MON_EAGAIN))
			return (int)rc;
	}
	return -ABI_CAP_E_BUSY;
}

int caps_end_agreed(struct abi_cap_at at)
{
	int rc = agreed(ABI_CAP_DO_REVOKE, at);

	return rc ? rc : agreed(ABI_CAP_DO_DELETE, at);
}

int caps_revoke_agreed(struct abi_cap_at at)
{
	const uint64_t word[6] = { ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, at.depth, 0, 0, 0), at.address };
	const uint64_t arg[4] = { (uint64_t)(uintptr_t)word };
	int64_t rc = mon_kernel(ABI_KERNEL_CAP_AGREED, arg, NULL);

	return rc < -ABI_OBJECT_ERRNO ? -ABI_CAP_E_AGAIN : (int)rc;
}

int caps_delete(struct abi_cap_at at)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, at.depth, 0, 0, 0);

	return (int)mon_invoke(word, at.address, 0, 0, 0, 0, NULL);
}

int caps_revoke(struct abi_cap_at at)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, at.depth, 0, 0, 0);

	return (int)mon_invoke(word, at.address, 0, 0, 0, 0, NULL);
}

uint64_t caps_identify(struct abi_cap_at at, uint32_t what)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, at.depth, 0, 0, 0), value = 0;

	return mon_invoke(word, at.address, 0, 0, 0, what, &value) ? 0 : value;
}

int caps_map_table(struct abi_cap_at table, struct abi_cap_at above, uint32_t index,
		   struct abi_cap_at to)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_MAP, 0, 0, table.depth, to.depth, above.depth, 1);

	return (int)mon_invoke(word, table.address, to.address, above.address, 0, index, NULL);
}

int caps_map(const struct caps_pages *pages, struct abi_cap_at to)
{
	uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_MAP, pages->rights, 0, pages->frame.depth, to.depth,
					pages->table.depth, pages->count);

	return (int)mon_invoke(word, pages->frame.address, to.address, pages->table.address,
			       pages->offset, pages->index, NULL);
}
