// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a monitor does for agreements with other cores (ABI_KERNEL_CAP_*). There is no other core here: the
 * program says what the others would have.
 */
#include <abi/boot.h>
#include <abi/lmp.h>

#include "caps_calls.h"
#include "caps_agreed.h"

#define PAGE ABI_PAGE_SIZE
#define KERNEL(op, ...) object_value(op, (const uint64_t[4]){ __VA_ARGS__ }, NULL)
#define AGAIN ERRNO(11)

#define OUTSIDE 0x50000ull /* memory that no extent has */

enum { S_OBJECT = 128, S_COPY, S_PIECE, S_MADE, S_CAME, S_SHARED, S_MAPPING };

static uint64_t base; /* of the object */
static uint64_t place, shared, shared_bytes;
static uint64_t ram, ram_place, ram_bytes; /* what it is made of */

static int64_t object_value(uint64_t op, const uint64_t arg[4], uint64_t *value)
{
	int64_t rc;
	unsigned int turns = 0;

	do {
		const uint64_t args[6] = { ABI_OBJECT_WORD(op, DEPTH), ABI_SLOT_KERNEL, arg[0], arg[1],
					   arg[2], arg[3] };

		rc = call(ABI_SYSCALL_OBJECT, args, value);
	} while (rc == AGAIN && ++turns < 1000);
	return rc;
}

static uint64_t relations(uint64_t of, uint64_t bytes)
{
	uint64_t value = ~0ull;

	expect(8000, object_value(ABI_KERNEL_CAP_RELATIONS, (const uint64_t[4]){ of, bytes }, &value), 0);
	return value;
}

static int64_t agreed(uint64_t word, uint64_t from, uint64_t to, uint64_t offset, uint64_t bytes)
{
	const uint64_t args[6] = { word, from, to, 0, offset, bytes };

	return KERNEL(ABI_KERNEL_CAP_AGREED, (uint64_t)args);
}

static int64_t state(uint64_t set, uint64_t clear)
{
	return KERNEL(ABI_KERNEL_CAP_STATE, place, 4 * PAGE, set, clear);
}

static void bad_places(void)
{
	static const uint64_t ops[] = { ABI_KERNEL_CAP_RELATIONS, ABI_KERNEL_CAP_MARK, ABI_KERNEL_CAP_DROP,
					ABI_KERNEL_CAP_STATE, ABI_KERNEL_CAP_CREATE, ABI_KERNEL_CAP_FREE };

	for (uint64_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		const struct {
			uint64_t place, bytes;
		} bad[] = {
			{ ABI_OBJECT_PLACE(base, ABI_CAP_CNODE), PAGE },
			{ ABI_OBJECT_PLACE(base, ABI_CAP_NONE), PAGE },
			{ ABI_OBJECT_PLACE(base, ABI_CAP_TYPE_COUNT), PAGE },
			{ ABI_OBJECT_PLACE(base, 4095), PAGE },
			{ ABI_OBJECT_PLACE(base, ABI_CAP_URPC), PAGE },
			{ place, 0 },
			{ place, PAGE + 1 },
			{ place, (1ull << 48) + PAGE },
			{ place, ~0ull - PAGE + 1 },
			{ ABI_OBJECT_PLACE(1ull << 52, ABI_CAP_RAM), PAGE },
			{ ABI_OBJECT_PLACE(~0ull - PAGE + 1, ABI_CAP_RAM), PAGE },
		};

		for (uint64_t n = 0; n < sizeof(bad) / sizeof(bad[0]); n++)
			expect(100 * i + n + 100, KERNEL(ops[i], bad[n].place, bad[n].bytes), ERRNO(22));
	}
	expect(1, KERNEL(ABI_KERNEL_CAP_RELATIONS, place, PAGE, 1), NO(ARGUMENT));
	expect(2, KERNEL(ABI_KERNEL_CAP_STATE, place, PAGE, 8), ERRNO(22));
	expect(3, KERNEL(ABI_KERNEL_CAP_STATE, place, PAGE, 1ull << 32), ERRNO(22));
	expect(4, KERNEL(ABI_KERNEL_CAP_FREE, place, 4 * PAGE, base, 0), ERRNO(22));
	expect(5, KERNEL(ABI_KERNEL_CAP_FREE, place, 4 * PAGE, base + PAGE, 4 * PAGE), ERRNO(22));
	expect(6, KERNEL(ABI_KERNEL_CAP_FREE, place, 4 * PAGE, base - PAGE, PAGE), ERRNO(22));
	expect(7, KERNEL(ABI_KERNEL_CAP_FREE, place, 4 * PAGE, base + 1, PAGE), ERRNO(22));
	expect(8, object(ABI_KERNEL_CAP_AGREED, ABI_SLOT_KERNEL, ABI_WINDOW_VA), ERRNO(14));
	expect(9, object(ABI_KERNEL_CAP_AGREED, ABI_SLOT_KERNEL, 0), ERRNO(14));
	for (uint64_t op = 0; op < 256; op++) {
		if (op != ABI_CAP_DO_RETYPE && op != ABI_CAP_DO_REVOKE && op != ABI_CAP_DO_DELETE)
			expect(1000 + op, agreed(op, S_OBJECT, 0, 0, 0), ERRNO(22));
	}
	/* Only whoever holds the CPU driver's capability. */
	expect(10, CALL(ABI_SYSCALL_OBJECT, ABI_OBJECT_WORD(ABI_KERNEL_CAP_RELATIONS, DEPTH),
			ABI_SLOT_DISPATCHER, place, 4 * PAGE), NO(TYPE));
}

/* Capabilities that come: only of memory that the core reaches. */
static void create(void)
{
	const uint64_t how = DEPTH | ABI_CAP_RW << 8, frame = ABI_OBJECT_PLACE(shared, ABI_CAP_FRAME);

	expect(20, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, how), 0);
	expect(21, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, how), NO(OCCUPIED));
	expect(22, relations(frame, PAGE), ABI_CAP_HAS_COPY | ABI_CAP_HAS_ANCESTOR);
	expect(23, revoke(S_CAME), NO(RIGHTS));
	expect(24, delete(S_CAME), 0); /* of another core's nobody is asked */
	expect(25, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, 0, how), NO(ADDRESS));
	expect(26, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, ABI_CAP_RW << 8), NO(DEPTH));
	expect(27, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, how | 1 << 16), ERRNO(22));
	expect(28, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, DEPTH | ABI_CAP_GRANT << 8), NO(RIGHTS));
	expect(29, KERNEL(ABI_KERNEL_CAP_CREATE, ABI_OBJECT_PLACE(shared, ABI_CAP_RAM), PAGE, S_CAME, how),
	       NO(RANGE));
	expect(30, KERNEL(ABI_KERNEL_CAP_CREATE, frame, shared_bytes + PAGE, S_CAME, how), NO(RANGE));
	expect(31, KERNEL(ABI_KERNEL_CAP_CREATE, ABI_OBJECT_PLACE(OUTSIDE, ABI_CAP_RAM), PAGE, S_CAME, how),
	       NO(RANGE));
	expect(32, KERNEL(ABI_KERNEL_CAP_CREATE, ABI_OBJECT_PLACE(report.argument, ABI_CAP_FRAME), PAGE, S_CAME,
			  how), NO(RANGE));
	expect(33, KERNEL(ABI_KERNEL_CAP_CREATE, ABI_OBJECT_PLACE(base, ABI_CAP_FRAME), PAGE, S_CAME, how), 0);
	expect(34, KERNEL(ABI_KERNEL_CAP_FREE, place, 4 * PAGE, base, PAGE), NO(IN_USE));
	expect(35, KERNEL(ABI_KERNEL_CAP_FREE, place, 4 * PAGE, base + PAGE, PAGE), 0);
	expect(36, delete(S_CAME), 0);
	/* What others write is not executed here; the core's own memory may be. */
	expect(37, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, how | ABI_CAP_EXECUTE << 8), NO(RIGHTS));
	expect(38, KERNEL(ABI_KERNEL_CAP_CREATE, ABI_OBJECT_PLACE(base, ABI_CAP_FRAME), PAGE, S_CAME,
			  how | ABI_CAP_EXECUTE << 8), 0);
	expect(39, delete(S_CAME), 0);
}

/* A frame of another core's memory: it is mapped, and the CPU driver itself never touches it. */
static void outside(uint64_t table)
{
	const uint64_t how = DEPTH | ABI_CAP_RW << 8, frame = ABI_OBJECT_PLACE(OUTSIDE, ABI_CAP_FRAME);
	volatile uint64_t *at = (volatile uint64_t *)(ABI_DOMAIN_FREE + 100 * PAGE);

	expect(206, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, how | ABI_CAP_EXECUTE << 8), NO(RIGHTS));
	expect(207, KERNEL(ABI_KERNEL_CAP_CREATE, frame, PAGE, S_CAME, how), 0);
	expect(208, map(S_CAME, table, 100, 1, ABI_CAP_RW, S_MAPPING), 0);
	if (report.wrong)
		return;
	*at = 4711;
	expect(209, *at == 4711, 1);
	/* The words of a call may not lie there: an error, and no fault of the CPU driver. */
	expect(210, KERNEL(ABI_KERNEL_CAP_AGREED, (uint64_t)at), ERRNO(14));
	expect(211, delete(S_CAME), 0);
	expect(212, delete(S_MAPPING), NO(EMPTY));
}

/* What others know needs their word; with it, it is done. */
static void remote(void)
{
	const uint64_t made = ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, DEPTH, DEPTH, 0, 1);

	expect(40, KERNEL(ABI_KERNEL_CAP_MARK, place, 4 * PAGE), 0);
	expect(41, retype(S_OBJECT, 0, ABI_CAP_FRAME, PAGE, 1, S_MADE), NO(REMOTE));
	expect(42, revoke(S_OBJECT), NO(REMOTE));
	expect(43, delete(S_OBJECT), NO(REMOTE));
	expect(44, copy(S_OBJECT, S_COPY), 0);
	expect(45, delete(S_COPY), 0); /* not the last one */
	expect(46, agreed(made, S_OBJECT, S_MADE, 0, PAGE), 0);
	expect(47, relations(place, 4 * PAGE),
	       ABI_CAP_HAS_COPY | ABI_CAP_HAS_OWN | ABI_CAP_HAS_ANCESTOR | ABI_CAP_HAS_DESCENDANT);
	expect(48, state(ABI_CAP_STATE_BUSY, 0), 0);
	expect(49, copy(S_OBJECT, S_COPY), NO(BUSY));
	expect(50, delete(S_OBJECT), NO(BUSY));
	expect(51, state(0, ABI_CAP_STATE_BUSY), 0);
	expect(52, state(ABI_CAP_STATE_FOREIGN, 0), 0);
	expect(53, retype(S_OBJECT, PAGE, ABI_CAP_FRAME, PAGE, 1, S_PIECE), NO(FOREIGN));
	expect(54, revoke(S_OBJECT), NO(FOREIGN));
	expect(55, agreed(ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, DEPTH, 0, 0, 0), S_OBJECT, 0, 0, 0), 0);
	expect(56, delete(S_MADE), NO(EMPTY));
	expect(57, state(0, ABI_CAP_STATE_FOREIGN), 0);
	expect(58, agreed(ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, DEPTH, 0, 0, 0), S_OBJECT, 0, 0, 0), 0);
	expect(59, state(ABI_CAP_STATE_BUSY, 0), NO(EMPTY));
	expect(60, KERNEL(ABI_KERNEL_CAP_MARK, place, 4 * PAGE), NO(EMPTY));
}

/* All of an object goes, as another core asked. */
static void drop(void)
{
	/* What it was derived from was marked with it. */
	expect(69, retype(ram, 0x10000, ABI_CAP_RAM, 4 * PAGE, 1, S_OBJECT), NO(REMOTE));
	expect(68, KERNEL(ABI_KERNEL_CAP_STATE, ram_place, ram_bytes, 0, ABI_CAP_STATE_REMOTE), 0);
	expect(70, retype(ram, 0x10000, ABI_CAP_RAM, 4 * PAGE, 1, S_OBJECT), 0);
	expect(71, copy(S_OBJECT, S_COPY), 0);
	expect(72, retype(S_OBJECT, 0, ABI_CAP_CNODE, PAGE, 1, S_MADE), 0);
	expect(73, KERNEL(ABI_KERNEL_CAP_DROP, place, 4 * PAGE), 0);
	expect(74, delete(S_OBJECT), NO(EMPTY));
	expect(75, delete(S_COPY), NO(EMPTY));
	expect(76, delete(S_MADE), NO(EMPTY));
	expect(77, relations(place, 4 * PAGE), ABI_CAP_HAS_ANCESTOR);
	expect(78, KERNEL(ABI_KERNEL_CAP_DROP, place, 4 * PAGE), 0);
}

void agreed_calls(uint64_t slot, uint64_t table, uint64_t ram_base, uint64_t bytes)
{
	const struct abi_startup *startup = (const void *)ABI_DOMAIN_STARTUP;

	for (uint64_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (startup->extents[i].kind != ABI_EXTENT_SHARED)
			continue;
		shared = startup->extents[i].base;
		shared_bytes = startup->extents[i].bytes;
	}
	ram = slot;
	ram_place = ABI_OBJECT_PLACE(ram_base, ABI_CAP_RAM);
	ram_bytes = bytes;
	base = ram_base + 0x10000;
	place = ABI_OBJECT_PLACE(base, ABI_CAP_RAM);
	expect(90, retype(ram, 0x10000, ABI_CAP_RAM, 4 * PAGE, 1, S_OBJECT), 0);
	bad_places();
	create();
	outside(table);
	remote();
	drop();
	leave();
}
