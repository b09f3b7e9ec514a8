// SPDX-License-Identifier: GPL-2.0-only
/*
 * cpudrv/cap: a program that makes any system calls on capabilities, with events in between. The
 * input is a list of calls of ten bytes each: operation and steps of work after it, three
 * addresses, rights, type, count, offset, size, and what to spoil. After each call the invariants
 * hold, and every page that a page table maps belongs to a frame.
 */
#include <abi/invoke.h>

#include "fuzz.h"

#include "../cap/fake.h"

#define MEMORY (64 * PAGE)
#define CALL 10u
#define CALLS_MAX 400u

static void start(void)
{
	cap_init(&space);
	space.clear_step = PAGE;
	space.revoke_step = 2;
	memset(own, 0, sizeof(own));
	memset(fake_ram, 0x5a, MEMORY);
	memset(arch_window(ROOT_AT), 0, ABI_CAP_SLOT_BYTES << ROOT_BITS);
	MUST(!cap_create(&space, &own[0], ABI_CAP_CNODE, ROOT_AT, ABI_CAP_SLOT_BYTES << ROOT_BITS,
			 cap_types[ABI_CAP_CNODE].rights, 0));
	MUST(!cap_create(&space, at(RAM), ABI_CAP_RAM, 0, MEMORY, ABI_CAP_RIGHTS, 0));
	MUST(!cap_create(&space, at(DEVICES), ABI_CAP_PHYSADDR, DEVICES_AT, 1ull << 32,
			 ABI_CAP_RIGHTS, 0));
	MUST(!cap_create(&space, at(VECTORS), ABI_CAP_IRQ, 32, 32, cap_types[ABI_CAP_IRQ].rights,
			 0));
}

/* Slots 1 to 63 of the root; above, the first ones of the CNodes in the root's slots 4 to 7. */
static uint64_t address(uint8_t byte, uint64_t *depth)
{
	*depth = byte < 64 ? ROOT_BITS : ROOT_BITS + ABI_CAP_CNODE_BITS_MIN;
	return byte < 64 ? byte : (uint64_t)(4 + byte % 4) << ABI_CAP_CNODE_BITS_MIN |
				  (byte >> 2 & 15);
}

/* A size or place: pages, endpoints, entries, or anything. */
static uint64_t amount(uint8_t byte, uint32_t type)
{
	if (byte >= 0xf8)
		return 1ull << (8 * (byte & 7) + 3);
	if (type == ABI_CAP_ENDPOINT)
		return PAGE + byte * 64ull;
	return type == ABI_CAP_IRQ ? byte : byte % 80 * PAGE;
}

/* The arguments of one call; fields that the operation has no use for are mostly left out. */
static void take_call(const uint8_t *in, uint64_t args[6])
{
	static const uint8_t uses[ABI_CAP_DO_COUNT][7] = {
#define USES(op, ...) [ABI_CAP_DO_##op] = { __VA_ARGS__ },
		ABI_INVOKE_USES(USES)
	};
	uint32_t op = in[0] & 15, known = op < ABI_CAP_DO_COUNT ? op : 0;
	bool spoil = in[9] == 0x80;
	uint64_t from_depth, to_depth, via_depth = 0, via = 0;
	uint64_t from = address(in[1], &from_depth), to = address(in[2], &to_depth);
#define USE(column, value) (uses[known][column] || spoil ? (value) : 0)

	if (op == ABI_CAP_DO_MAP || in[3] >= 0x80)
		via = address(in[3], &via_depth);
	args[0] = ABI_INVOKE_WORD(op, USE(0, in[4] & 0x3f), USE(1, in[5]), from_depth,
				  USE(2, to_depth), USE(3, via_depth), USE(4, in[6]));
	args[1] = from;
	args[2] = USE(2, to);
	args[3] = USE(3, via);
	args[4] = USE(5, op == ABI_CAP_DO_MINT ? in[7] : amount(in[7], in[5]));
	args[5] = USE(6, op == ABI_CAP_DO_RETYPE ? amount(in[8], in[5]) : in[8]);
}

/* Is a page inside a frame of which there is a capability, and in nothing of the CPU driver's? */
static void page_check(uint64_t pa, const struct cap_entry *mapping)
{
	const struct cap_entry *frame = mapping->mate;

	MUST(pa >= frame->base && pa + PAGE <= frame->end);
	MUST(cap_is(frame->type, ABI_CAP_IS_MAPPABLE));
}

static void walk(void)
{
	for (const struct cap_entry *e = cap_mdb_first(&space, ABI_CAP_SPACE_MEMORY); e;
	     e = cap_mdb_next(e)) {
		if (e->type != ABI_CAP_MAPPING)
			continue;
		for (uint64_t place = e->base; place < e->end; place += 8) {
			uint64_t entry = *(uint64_t *)arch_window(place);

			MUST(entry & PTE_PRESENT);
			if (entry & PTE_LEAF)
				page_check(entry & PTE_ADDRESS, e);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	uint64_t args[6], value;

	start();
	for (uint32_t i = 0; bytes >= CALL && i < CALLS_MAX; i++, data += CALL, bytes -= CALL) {
		int rc;

		take_call(data, args);
		for (uint32_t turns = 0;; turns++) {
			rc = cap_call(&space, &own[0], args, &value);
			MUST(rc <= 0 && rc > -ABI_CAP_ERROR_COUNT && rc != -ABI_CAP_E_BUSY);
			if (rc != -ABI_CAP_E_AGAIN)
				break;
			MUST(turns < 10000);
		}
		MUST(!cap_check(&space, own, OWN));
		cap_work(&space, data[0] >> 4);
		walk();
	}
	while (cap_work(&space, 64))
		;
	MUST(!cap_check(&space, own, OWN));
	return 0;
}
