// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that wants to see or change page tables, CNodes and dispatcher control blocks by mapping
 * them, and one that takes away its own ground.
 */
#include <stdio.h>
#include <string.h>

#include "raw.h"

static unsigned int tried, breaches;

static int64_t retype(unsigned int type, uint64_t from, uint64_t to, uint64_t offset, uint64_t bytes)
{
	return RAW(ABI_SYSCALL_INVOKE,
		   ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, ROOT_DEPTH, ROOT_DEPTH, 0, 1), from, to, 0,
		   offset, bytes);
}

static int64_t map(uint64_t what, uint64_t slot, uint64_t table, unsigned int rights, uint64_t index)
{
	return RAW(ABI_SYSCALL_INVOKE,
		   ABI_INVOKE_WORD(ABI_CAP_DO_MAP, rights, 0, ROOT_DEPTH, ROOT_DEPTH, ROOT_DEPTH, 1), what,
		   slot, table, 0, index);
}

static void must_not(const char *how, unsigned int type, int64_t err)
{
	tried++;
	if (err)
		return;
	breaches++;
	breach("%s worked with a capability of type %u", how, type);
}

static int is_kernel(unsigned int type)
{
	static const uint16_t traits[] = {
#define T(name, space, unit, bytes, traits, rights) [ABI_CAP_##name] = (traits),
		ABI_CAP_TYPES(T)
#undef T
	};

	return type < ABI_CAP_TYPE_COUNT && traits[type] & ABI_CAP_IS_KERNEL;
}

/* Make an object of each type the CPU driver keeps, in RAM of which an offset is free. */
static unsigned int make_objects(uint64_t *slots)
{
	static const struct {
		unsigned int type;
		uint64_t bytes;
	} make[] = {
		{ ABI_CAP_CNODE, 4096 }, { ABI_CAP_PML4, 4096 }, { ABI_CAP_PDPT, 4096 },
		{ ABI_CAP_PD, 4096 },	 { ABI_CAP_PT, 4096 },	 { ABI_CAP_DISPATCHER, 8192 },
	};
	unsigned int made = 0;
	uint64_t offset = 0;

	for (unsigned int i = 0; i < sizeof(make) / sizeof(make[0]); i++) {
		const uint64_t slot = raw_empty();
		int64_t err = -1;

		for (; slot && err && offset < 64ull << 20; offset += 8192) {
			err = retype(make[i].type, ABI_SLOT_RAM, slot, offset, make[i].bytes);
			/* The same memory as something that can be mapped, or as RAM again. */
			if (!err) {
				const uint64_t other = raw_empty();

				must_not("frame of the same memory", make[i].type,
					 retype(ABI_CAP_FRAME, ABI_SLOT_RAM, other, offset, 4096));
				must_not("frame around it", make[i].type,
					 retype(ABI_CAP_FRAME, ABI_SLOT_RAM, other, offset, 16384));
				must_not("RAM of the same memory", make[i].type,
					 retype(ABI_CAP_RAM, ABI_SLOT_RAM, other, offset, 4096));
			}
		}
		if (!err)
			slots[made++] = slot;
	}
	return made;
}

/* Every kernel object that this program has a capability of, into every table, in every way. */
static void try_slot(uint64_t what, const uint64_t *tables, unsigned int count)
{
	const unsigned int type = raw_type(what);
	const uint64_t to = raw_empty();

	if (!to || (!is_kernel(type) && type != ABI_CAP_RAM))
		return;
	must_not("frame of it", type, retype(ABI_CAP_FRAME, what, to, 0, 4096));
	must_not("device frame of it", type, retype(ABI_CAP_DEVFRAME, what, to, 0, 4096));
	for (unsigned int i = 0; i < count; i++) {
		const unsigned int table = raw_type(tables[i]);

		/* A table in the one above it is what tables are for. */
		if ((table == ABI_CAP_PML4 && type == ABI_CAP_PDPT) ||
		    (table == ABI_CAP_PDPT && type == ABI_CAP_PD) ||
		    (table == ABI_CAP_PD && type == ABI_CAP_PT))
			continue;
		for (unsigned int rights = 0; rights < 8; rights++)
			for (uint64_t index = 0; index < 512; index += 73)
				must_not("mapping it", type, map(what, to, tables[i], rights, index));
	}
	/* The upper half is the CPU driver's, whatever is mapped. */
	for (uint64_t index = 256; index < 512; index += 17)
		must_not("mapping it in the upper half", type, map(what, to, ABI_SLOT_PML4, 7, index));
}

/* The frame that the program shares with the CPU driver must not become tables. */
static void try_frames(void)
{
	const uint64_t to = raw_empty();

	for (unsigned int type = 0; type < ABI_CAP_TYPE_COUNT; type++)
		if (type != ABI_CAP_FRAME)
			must_not("an object of a frame", type, retype(type, ABI_SLOT_CONTROL, to, 0, 4096));
	for (unsigned int rights = ABI_CAP_WRITE | ABI_CAP_EXECUTE; rights < 8; rights++)
		for (uint64_t slot = ABI_SLOT_FREE; slot < ROOT_SLOTS; slot++)
			if (raw_type(slot) == ABI_CAP_PT)
				must_not("writable and executable", ABI_CAP_FRAME,
					 map(ABI_SLOT_CONTROL, to, slot, rights, 511));
}

int way_steal(const char *argument)
{
	uint64_t tables[16];
	unsigned int made, count;

	(void)argument;
	made = make_objects(tables);
	count = made;
	tables[count++] = ABI_SLOT_PML4;
	for (uint64_t slot = 1; slot < ROOT_SLOTS; slot++)
		try_slot(slot, tables, count);
	try_frames();
	if (made < 6 && ++breaches)
		breach("only %u kinds of objects could be made to try with", made);
	printf("%u attempts, %u worked\n", tried, breaches);
	return breaches ? 1 : 0;
}

int way_suicide(const char *argument)
{
	static const struct {
		const char *name;
		uint64_t slot;
		unsigned int op;
	} ways[] = {
		{ "root", ABI_SLOT_ROOT, ABI_CAP_DO_DELETE },
		{ "root-revoke", ABI_SLOT_ROOT, ABI_CAP_DO_REVOKE },
		{ "dispatcher", ABI_SLOT_DISPATCHER, ABI_CAP_DO_REVOKE },
		{ "pml4", ABI_SLOT_PML4, ABI_CAP_DO_REVOKE },
		{ "control", ABI_SLOT_CONTROL, ABI_CAP_DO_REVOKE },
		{ "ram", ABI_SLOT_RAM, ABI_CAP_DO_REVOKE },
	};

	for (unsigned int i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (strcmp(argument, ways[i].name))
			continue;
		RAW(ABI_SYSCALL_INVOKE, ABI_INVOKE_WORD(ways[i].op, 0, 0, ROOT_DEPTH, 0, 0, 0),
		    ways[i].slot);
		for (uint64_t slot = ROOT_SLOTS - 1; slot; slot--)
			raw_delete(slot);
		printf("lives on\n");
		return 0;
	}
	return 2;
}
