// SPDX-License-Identifier: GPL-2.0-only
/*
 * The program of the capability tests: a domain in the monitor's place, that makes address spaces and
 * other domains, and tries what must be refused. report.mode chooses.
 */
#include <abi/boot.h>
#include <abi/domain.h>
#include <abi/invoke.h>
#include <abi/object.h>
#include <abi/syscall.h>

#include "caps_agreed.h"
#include "caps_calls.h"

#define PAGE ABI_PAGE_SIZE
#define LARGE ABI_LARGE_PAGE_SIZE
#define FREE ABI_DOMAIN_FREE /* where it maps things */

/* Slots. */
enum {
	S_PDPT = ABI_SLOT_FREE,
	S_PD,
	S_PT,
	S_MAPPING, /* of these three: as many slots */
	S_PIECE = S_MAPPING + 3,
	S_CHILD,      /* slots of a child, CHILD_SLOTS */
	S_TEST = 128, /* of single tests */
};

struct report report __attribute__((aligned(4096), section(".data"))) = { .magic = REPORT_MAGIC };

static struct abi_dispatcher *dispatcher;
static const struct abi_startup *const startup = (const void *)ABI_DOMAIN_STARTUP;
static uint64_t ram, ram_base, ram_bytes; /* the first memory: slot, place, size */
static bool demand; /* page faults are served: */
static uint64_t paged; /* so many */

static int64_t page_in(uint64_t address);

/* ---- the world at start ---- */

/* Tables for FREE, of the beginning of the memory; the rest begins at 64 KiB. */
static void own_tables(void)
{
	for (uint64_t i = 0; i < ABI_STARTUP_EXTENTS && !ram; i++) {
		if (startup->extents[i].kind != ABI_EXTENT_RAM)
			continue;
		ram = ABI_SLOT_EXTENTS + i;
		ram_base = startup->extents[i].base;
		ram_bytes = startup->extents[i].bytes;
	}
	expect(9100, !ram, false);
	expect(9101, retype(ram, 0, ABI_CAP_PDPT, 0, 1, S_PDPT), 0);
	expect(9102, retype(ram, PAGE, ABI_CAP_PD, 0, 1, S_PD), 0);
	expect(9103, retype(ram, 2 * PAGE, ABI_CAP_PT, 0, 1, S_PT), 0);
	expect(9104, map(S_PDPT, ABI_SLOT_PML4, ABI_DOMAIN_FREE_ENTRY, 1, 0, S_MAPPING), 0);
	expect(9105, map(S_PD, S_PDPT, 0, 1, 0, S_MAPPING + 1), 0);
	expect(9106, map(S_PT, S_PD, 0, 1, 0, S_MAPPING + 2), 0);
}

/* Offset in the memory of the next multiple of @bytes, from 64 KiB on. */
static uint64_t aligned(uint64_t bytes)
{
	return ((ram_base + 0x10000 + bytes - 1) & ~(bytes - 1)) - ram_base;
}

static bool filled(const uint64_t *at, uint64_t bytes, uint64_t with)
{
	for (uint64_t i = 0; i < bytes / 8; i += 64) {
		if (at[i] != with)
			return false;
	}
	return true;
}

/* ---- address spaces ---- */

static void spaces(void)
{
	volatile uint64_t *small = (void *)(FREE + 16 * PAGE), *large = (void *)(FREE + LARGE);
	uint64_t at = aligned(LARGE);

	expect(1, retype(ram, 0x10000, ABI_CAP_FRAME, 4 * PAGE, 1, S_TEST), 0);
	expect(2, map(S_TEST, S_PT, 16, 4, ABI_CAP_RW, S_TEST + 1), 0);
	expect(3, filled((const uint64_t *)small, 4 * PAGE, 0), true);
	small[0] = 4711;
	small[4 * 512 - 1] = 4712;
	expect(4, small[0] + small[4 * 512 - 1], 4711 + 4712);
	expect(5, retype(ram, at, ABI_CAP_FRAME, LARGE, 1, S_TEST + 2), 0);
	expect(6, map(S_TEST + 2, S_PD, 1, 1, ABI_CAP_RW, S_TEST + 3), 0);
	expect(7, filled((const uint64_t *)large, LARGE, 0), true);
	large[LARGE / 8 - 1] = 4713;
	/* The same memory by a small page of a copy. */
	expect(8, copy(S_TEST + 2, S_TEST + 4), 0);
	expect(9, CALL(ABI_SYSCALL_INVOKE,
		       ABI_INVOKE_WORD(ABI_CAP_DO_MAP, ABI_CAP_READ, 0, DEPTH, DEPTH, DEPTH, 1),
		       S_TEST + 4, S_TEST + 5, S_PT, LARGE - PAGE, 20), 0);
	expect(10, (int64_t)*(volatile uint64_t *)(FREE + 21 * PAGE - 8), 4713);
	/* The CPU driver reads by both, and writes to neither that is read-only. */
	expect(11, CALL(ABI_SYSCALL_PRINT, FREE + LARGE + 4096, 8), 0);
	expect(12, object(ABI_DISPATCHER_STATUS, ABI_SLOT_DISPATCHER, FREE + LARGE + LARGE - 72), 0);
	expect(13, object(ABI_DISPATCHER_STATUS, ABI_SLOT_DISPATCHER, FREE + 20 * PAGE), ERRNO(14));
	expect(14, object(ABI_DISPATCHER_STATUS, ABI_SLOT_DISPATCHER, FREE + LARGE + LARGE - 64),
	       ERRNO(14));
	expect(15, object(ABI_DISPATCHER_STATUS, ABI_SLOT_DISPATCHER, ABI_WINDOW_VA + ram_base), ERRNO(14));
	expect(16, object(ABI_DISPATCHER_STATUS, ABI_SLOT_DISPATCHER, ~0ull - 8), ERRNO(14));
	/* Unmapped, it is gone at once, though the CPU knew it just now. */
	expect(22, (int64_t)small[0], 4711);
	expect(17, delete(S_TEST + 1), 0);
	expect(18, CALL(ABI_SYSCALL_PRINT, FREE + 16 * PAGE, 8), -14);
	demand = true;
	paged = 20;
	expect(19, small[0] == 0 && report.upcalls == 1, true);
	demand = false;
	expect(20, delete(S_TEST + 2), 0);
	expect(21, CALL(ABI_SYSCALL_PRINT, FREE + LARGE, 8), -14);
	leave();
}

/* A page of 1 GiB, of shared memory that the test brought: SHARED extents come as frames. */
static void huge(void)
{
	volatile uint64_t *at = (void *)(FREE + (1ull << 30));
	uint64_t slot = 0;

	for (uint64_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (startup->extents[i].bytes >= 1ull << 30)
			slot = ABI_SLOT_EXTENTS + i;
	}
	expect(1, !slot, false);
	expect(2, map(slot, S_PDPT, 1, 1, ABI_CAP_RW, S_TEST), 0);
	expect(3, (int64_t)at[(1ull << 27) - 1], (int64_t)report.argument);
	at[0] = report.argument + 1;
	expect(4, CALL(ABI_SYSCALL_PRINT, (uint64_t)&at[0x1234567], 8), 0);
	expect(5, object(ABI_DISPATCHER_STATUS, ABI_SLOT_DISPATCHER, (uint64_t)&at[0x2345678]), 0);
	leave();
}

static void write_execute(void)
{
	static const uint8_t code[] = { 0xb8, 0x67, 0x12, 0, 0, 0xc3 }; /* mov $0x1267, %eax; ret */
	uint8_t *at = (void *)(FREE + 32 * PAGE);
	int (*function)(void) = (int (*)(void))(FREE + 33 * PAGE);

	expect(1, retype(ram, 0x10000, ABI_CAP_FRAME, PAGE, 1, S_TEST), 0);
	expect(2, map(S_TEST, S_PT, 32, 1, ABI_CAP_RWX, S_TEST + 1), NO(WRITE_EXECUTE));
	expect(3, map(S_TEST, S_PT, 32, 1, ABI_CAP_WRITE | ABI_CAP_EXECUTE, S_TEST + 1), NO(RIGHTS));
	expect(4, map(S_TEST, S_PT, 32, 1, ABI_CAP_RW, S_TEST + 1), 0);
	expect(5, copy(S_TEST, S_TEST + 2), 0);
	expect(6, map(S_TEST + 2, S_PT, 33, 1, ABI_CAP_READ | ABI_CAP_EXECUTE, S_TEST + 3), 0);
	for (unsigned int i = 0; i < sizeof(code); i++)
		at[i] = code[i];
	expect(7, function(), 0x1267);
	/* Shared memory can never be executed. */
	for (uint64_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (startup->extents[i].kind == ABI_EXTENT_SHARED)
			expect(8, map(ABI_SLOT_EXTENTS + i, S_PT, 34, 1,
				      ABI_CAP_READ | ABI_CAP_EXECUTE, S_TEST + 4), NO(RIGHTS));
	}
	leave();
}

/* ---- what must never be mapped ---- */

/* No part of an object, made of RAM at @offset, becomes a frame in any way. */
static void guarded(uint64_t number, uint64_t type, uint64_t bytes, uint64_t offset)
{
	expect(number, retype(ram, offset, type, bytes, 1, S_TEST), 0);
	expect(number + 1, map(S_TEST, S_PT, 40, 1, ABI_CAP_READ, S_TEST + 1), NO(TYPE));
	expect(number + 2, map(S_TEST, S_PT, 40, 1, ABI_CAP_RW, S_TEST + 1), NO(TYPE));
	expect(number + 3, retype(ram, offset, ABI_CAP_FRAME, PAGE, 1, S_TEST + 1), NO(IN_USE));
	expect(number + 4, retype(ram, offset + bytes - PAGE, ABI_CAP_FRAME, PAGE, 1, S_TEST + 1),
	       NO(IN_USE));
	expect(number + 5, retype(ram, offset - PAGE, ABI_CAP_FRAME, 64 * PAGE, 1, S_TEST + 1), NO(IN_USE));
	expect(number + 6, retype(ram, offset, ABI_CAP_RAM, bytes, 1, S_TEST + 1), NO(IN_USE));
	expect(number + 7, retype(ram, offset, ABI_CAP_PT, 0, 1, S_TEST + 1), NO(IN_USE));
	expect(number + 8, retype(S_TEST, 0, ABI_CAP_FRAME, PAGE, 1, S_TEST + 1), NO(TYPE));
	expect(number + 9, retype(S_TEST, 0, ABI_CAP_RAM, PAGE, 1, S_TEST + 1), NO(TYPE));
	/* As a table that pages hang under, only where the level is right. */
	if (type != ABI_CAP_PT)
		expect(number + 10, map(ABI_SLOT_CONTROL, S_TEST, 0, 1, ABI_CAP_READ, S_TEST + 1),
		       type == ABI_CAP_PD || type == ABI_CAP_PDPT ? NO(RANGE) : NO(TYPE));
	expect(number + 11, map(S_TEST, S_PD, 40, 1, 0, S_TEST + 1), type == ABI_CAP_PT ? 0 : NO(TYPE));
	expect(number + 12, delete(S_TEST), 0);
	/* It is gone, and its memory is free for anything. */
	expect(number + 13, retype(ram, offset, ABI_CAP_FRAME, bytes, 1, S_TEST), 0);
	expect(number + 14, delete(S_TEST), 0);
}

/*
 * An endpoint outlives its dispatcher, whose first page becomes a frame: nothing that is written there,
 * not even what looks like a dispatcher that takes messages, is believed.
 */
static void forged(bool set_up)
{
	uint64_t *at = (void *)(FREE + 60 * PAGE);
	static const uint64_t patterns[] = { 1, 0x101, 0x10101, 1ull << 32, 0x0101010101010101 };
	uint64_t words[2] = { 1, 2 };

	expect(801, retype(ram, 0x38000, ABI_CAP_DISPATCHER, 0, 1, S_TEST + 2), 0);
	expect(802, retype(S_TEST + 2, 4096, ABI_CAP_ENDPOINT, 0, 1, S_TEST + 3), 0);
	if (set_up) {
		struct abi_dispatcher_setup s = {
			.cnode = { ABI_SLOT_ROOT, DEPTH, 0 }, .pml4 = { ABI_SLOT_PML4, DEPTH, 0 },
			.frame = { ABI_SLOT_CONTROL, DEPTH, 0 }, .frame_va = ABI_DOMAIN_CONTROL,
			.domain = 5, .weight = 1,
		};

		expect(803, object(ABI_DISPATCHER_SETUP, S_TEST + 2, (uint64_t)&s), 0);
		dispatcher->disabled = 0;
	}
	expect(804, delete(S_TEST + 2), 0);
	expect(805, retype(ram, 0x38000, ABI_CAP_DISPATCHER, 0, 1, S_TEST + 2), NO(IN_USE));
	expect(806, retype(ram, 0x38000, ABI_CAP_FRAME, PAGE, 1, S_TEST + 2), 0);
	expect(807, map(S_TEST + 2, S_PT, 60, 1, ABI_CAP_RW, S_TEST + 4), 0);
	/* Whatever of it says "set up, not over, awake": some of these. */
	for (unsigned int i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		for (unsigned int n = 0; n < PAGE / 8; n++)
			at[n] = patterns[i];
		expect(808, CALL(ABI_SYSCALL_LRPC, S_TEST + 3, 1, 2, 3, 4,
				 (uint64_t)DEPTH << ABI_LRPC_DEPTH_SHIFT), -2);
		expect(809, CALL(ABI_SYSCALL_LMP, S_TEST + 3, ABI_LMP_SEND_WORD(DEPTH, 2, 0, 0),
				 (uint64_t)words), -2);
	}
	expect(812, delete(S_TEST + 2), 0);
	expect(813, retype(ram, 0x38000, ABI_CAP_FRAME, 2 * PAGE, 1, S_TEST + 2), NO(IN_USE));
	expect(814, delete(S_TEST + 3), 0);
	expect(815, retype(ram, 0x38000, ABI_CAP_FRAME, 2 * PAGE, 1, S_TEST + 2), 0);
	expect(816, delete(S_TEST + 2), 0);
}

static void unmappable(void)
{
	static const uint64_t own[] = { ABI_SLOT_ROOT, ABI_SLOT_DISPATCHER, ABI_SLOT_PML4,
					ABI_SLOT_ENDPOINT, S_PDPT, S_PD, S_PT, ABI_SLOT_KERNEL,
					ABI_SLOT_URPC, ABI_SLOT_IRQ, ABI_SLOT_DOMAIN };

	guarded(100, ABI_CAP_CNODE, 4 * PAGE, 0x20000);
	guarded(200, ABI_CAP_PML4, PAGE, 0x21000);
	guarded(300, ABI_CAP_PDPT, PAGE, 0x22000);
	guarded(400, ABI_CAP_PD, PAGE, 0x23000);
	guarded(500, ABI_CAP_PT, PAGE, 0x24000);
	guarded(600, ABI_CAP_DISPATCHER, 2 * PAGE, 0x25000);
	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		expect(700 + i, map(own[i], S_PT, 41, 1, ABI_CAP_READ, S_TEST), NO(TYPE));
		expect(720 + i, retype(own[i], 0, ABI_CAP_FRAME, PAGE, 1, S_TEST), NO(TYPE));
	}
	/* RAM is for making things, not for looking at. */
	expect(740, map(ram, S_PT, 41, 1, ABI_CAP_READ, S_TEST), NO(TYPE));
	/* The upper half is the CPU driver's. */
	expect(741, retype(ram, 0x30000, ABI_CAP_PDPT, 0, 1, S_TEST), 0);
	for (uint64_t index = 256; index < 600; index++)
		expect(742, map(S_TEST, ABI_SLOT_PML4, index, 1, 0, S_TEST + 1), NO(ENTRY));
	/* A table does not refer to itself or upwards. */
	expect(743, map(ABI_SLOT_PML4, ABI_SLOT_PML4, 5, 1, 0, S_TEST + 1), NO(TYPE));
	expect(744, map(S_PDPT, S_PT, 5, 1, 0, S_TEST + 1), NO(TYPE));
	/* A dispatcher's first page cannot become an endpoint, nor what is behind the second. */
	expect(745, retype(ABI_SLOT_DISPATCHER, 0, ABI_CAP_ENDPOINT, 0, 1, S_TEST + 1), NO(RANGE));
	expect(746, retype(ABI_SLOT_DISPATCHER, 4032, ABI_CAP_ENDPOINT, 0, 1, S_TEST + 1), NO(RANGE));
	expect(747, retype(ABI_SLOT_DISPATCHER, 8192, ABI_CAP_ENDPOINT, 0, 1, S_TEST + 1), NO(RANGE));
	forged(false);
	forged(true);
	leave();
}

/* ---- children ---- */

/* A child's slots, from @base on; its memory is one piece of RAM in S_PIECE. */
enum child_slot {
	C_CNODE,
	C_PML4,
	C_PDPT,
	C_PD,
	C_PT,
	C_DISPATCHER,
	C_FRAME,
	C_CODE,
	C_FRAME_COPY, /* for its own address space */
	C_CODE_COPY,
	C_MAPPINGS, /* seven */
	CHILD_SLOTS = C_MAPPINGS + 7
};

#define CHILD_BYTES (16 * PAGE)
#define CHILD_CODE 0x400000ull
#define CHILD_FRAME 0x401000ull

/* Where the parent sees what it shares with the child. */
#define AT_FRAME (FREE + 50 * PAGE)
#define AT_CODE (FREE + 52 * PAGE)

static struct abi_dispatcher *const child_shared = (void *)AT_FRAME;
static volatile uint64_t *const child_words = (void *)(AT_FRAME + 4096);

static int64_t child_objects(uint64_t base)
{
	static const struct {
		uint8_t slot, type, pages;
	} parts[] = {
		{ C_CNODE, ABI_CAP_CNODE, 1 }, { C_PML4, ABI_CAP_PML4, 1 }, { C_PDPT, ABI_CAP_PDPT, 1 },
		{ C_PD, ABI_CAP_PD, 1 }, { C_PT, ABI_CAP_PT, 1 }, { C_DISPATCHER, ABI_CAP_DISPATCHER, 2 },
		{ C_FRAME, ABI_CAP_FRAME, 2 }, { C_CODE, ABI_CAP_FRAME, 1 },
	};
	uint64_t offset = 0;
	int64_t rc = 0;

	for (unsigned int i = 0; !rc && i < sizeof(parts) / sizeof(parts[0]); i++) {
		rc = retype(S_PIECE, offset, parts[i].type, parts[i].pages * PAGE, 1,
			    base + parts[i].slot);
		offset += parts[i].pages * PAGE;
	}
	return rc;
}

static int64_t child_maps(uint64_t base)
{
	uint64_t m = base + C_MAPPINGS;
	int64_t rc = copy(base + C_FRAME, base + C_FRAME_COPY);

	rc = rc ? rc : copy(base + C_CODE, base + C_CODE_COPY);
	rc = rc ? rc : map(base + C_PDPT, base + C_PML4, 0, 1, 0, m);
	rc = rc ? rc : map(base + C_PD, base + C_PDPT, 0, 1, 0, m + 1);
	rc = rc ? rc : map(base + C_PT, base + C_PD, CHILD_CODE / LARGE, 1, 0, m + 2);
	rc = rc ? rc : map(base + C_CODE_COPY, base + C_PT, 0, 1, ABI_CAP_READ | ABI_CAP_EXECUTE, m + 3);
	rc = rc ? rc : map(base + C_FRAME_COPY, base + C_PT, 1, 2, ABI_CAP_RW, m + 4);
	rc = rc ? rc : map(base + C_FRAME, S_PT, 50, 2, ABI_CAP_RW, m + 5);
	return rc ? rc : map(base + C_CODE, S_PT, 52, 1, ABI_CAP_RW, m + 6);
}

static struct abi_dispatcher_setup child_setup(uint64_t base)
{
	return (struct abi_dispatcher_setup){
		.cnode = { base + C_CNODE, DEPTH, 0 },
		.pml4 = { base + C_PML4, DEPTH, 0 },
		.frame = { base + C_FRAME, DEPTH, 0 },
		.frame_va = CHILD_FRAME,
		.domain = 77,
		.weight = 1,
		.name = "child",
	};
}

/*
 * It counts in the first word behind its shared page, and gives way if @yields: after it has tried to
 * print, with the result in the second word.
 */
static void child_code(bool yields)
{
	static const uint8_t code[] = {
		0x57,                                     /* push %rdi */
		0xb8, 0x04, 0x4d, 0x45, 0x52,             /* mov $ABI_SYSCALL_PRINT, %eax */
		0x31, 0xf6,                               /* xor %esi, %esi */
		0x0f, 0x05,                               /* syscall */
		0x5f,                                     /* pop %rdi */
		0x48, 0x89, 0x87, 0x08, 0x10, 0x00, 0x00, /* mov %rax, 4104(%rdi) */
		0x48, 0xff, 0x87, 0x00, 0x10, 0x00, 0x00, /* 1: incq 4096(%rdi) */
		0x57,                                     /* push %rdi */
		0xb8, 0x01, 0x4d, 0x45, 0x52,             /* mov $ABI_SYSCALL_YIELD, %eax */
		0x31, 0xff,                               /* xor %edi, %edi */
		0x0f, 0x05,                               /* syscall: comes back by run */
		0x5f,
		0xeb, 0xec,                               /* jmp 1b */
	};
	static const uint8_t spin[] = {
		0x48, 0xff, 0x87, 0x00, 0x10, 0x00, 0x00, /* 1: incq 4096(%rdi) */
		0xeb, 0xf7,                               /* jmp 1b */
	};
	uint8_t *at = (void *)AT_CODE;

	for (unsigned int i = 0; i < sizeof(code); i++)
		at[i] = yields ? code[i] : i < sizeof(spin) ? spin[i] : 0;
}

static int64_t child_make(uint64_t base, uint64_t offset, bool yields)
{
	struct abi_dispatcher_setup s = child_setup(base);
	int64_t rc = retype(ram, offset, ABI_CAP_RAM, CHILD_BYTES, 1, S_PIECE);

	rc = rc ? rc : child_objects(base);
	rc = rc ? rc : child_maps(base);
	if (rc)
		return rc;
	child_code(yields);
	child_shared->entry[ABI_UPCALL_RUN] = CHILD_CODE;
	child_shared->stack = CHILD_FRAME + 2 * PAGE;
	return object(ABI_DISPATCHER_SETUP, base + C_DISPATCHER, (uint64_t)&s);
}

static void yield(unsigned int times)
{
	while (times--)
		CALL(ABI_SYSCALL_YIELD, 0);
}

static struct abi_dispatcher_status status_of(uint64_t slot)
{
	struct abi_dispatcher_status s = { .state = 99 };

	expect(9200, object(ABI_DISPATCHER_STATUS, slot, (uint64_t)&s), 0);
	return s;
}

static void child_end(void)
{
	expect(9300, revoke(S_PIECE), 0);
	expect(9301, delete(S_PIECE), 0);
}

/* Everything that is wrong in a dispatcher's set-up, one at a time. */
static void refused_set_ups(uint64_t d)
{
	struct abi_dispatcher_setup s;

#define BAD(number, wanted, change)                                                                \
	s = child_setup(S_CHILD);                                                                  \
	change;                                                                                    \
	expect(number, object(ABI_DISPATCHER_SETUP, d, (uint64_t)&s), wanted)
	BAD(20, NO(TYPE), s.cnode.address = S_CHILD + C_PML4);
	BAD(21, NO(TYPE), s.pml4.address = S_CHILD + C_PDPT);
	BAD(22, NO(TYPE), s.frame.address = S_PIECE);
	BAD(23, NO(EMPTY), s.frame.address = S_TEST);
	BAD(24, NO(DEPTH), s.frame.depth = 7);
	BAD(25, NO(ARGUMENT), s.frame.reserved = 1);
	BAD(26, ERRNO(22), s.frame.address = S_CHILD + C_CODE);
	BAD(27, ERRNO(22), s.frame_va = 0);
	BAD(28, ERRNO(22), s.frame_va = CHILD_FRAME + 8);
	BAD(29, ERRNO(22), s.frame_va = ABI_USER_END - PAGE);
	BAD(30, ERRNO(22), s.frame_va = ABI_WINDOW_VA);
	BAD(31, ERRNO(22), s.class = 3);
	BAD(32, ERRNO(22), s.weight = 0);
	BAD(33, ERRNO(22), s.weight = 1001);
	BAD(34, ERRNO(22), s.flags = 2);
	BAD(35, ERRNO(22), s.class = 2);
	BAD(36, ERRNO(22), (s.class = 2, s.budget_us = 1000, s.period_us = ~0ull));
	BAD(37, ERRNO(22), (s.class = 2, s.budget_us = 1001, s.period_us = 1000));
	BAD(38, NO(TYPE), (s.notices.address = d, s.notices.depth = DEPTH));
#undef BAD
}

static void set_up(void)
{
	uint64_t d = S_CHILD + C_DISPATCHER, now;
	struct abi_dispatcher_setup s;
	struct abi_dispatcher_status t;

	expect(1, retype(ram, 0x10000, ABI_CAP_RAM, CHILD_BYTES, 1, S_PIECE), 0);
	expect(2, child_objects(S_CHILD), 0);
	expect(3, child_maps(S_CHILD), 0);
	expect(4, status_of(d).state, ABI_DISPATCHER_NEW);
	expect(5, object(ABI_DISPATCHER_RUN, d, 0), ERRNO(22));
	expect(6, object(ABI_DISPATCHER_STOP, d, 0), ERRNO(22));
	expect(7, object(ABI_DISPATCHER_SETUP, d, 0), ERRNO(14));
	expect(8, object(ABI_DISPATCHER_SETUP, d, ABI_WINDOW_VA), ERRNO(14));
	expect(9, object(ABI_DISPATCHER_SETUP, S_CHILD + C_PML4, (uint64_t)&s), NO(TYPE));
	expect(10, object(ABI_DISPATCHER_SETUP, S_TEST, (uint64_t)&s), NO(EMPTY));
	expect(11, object(4000, d, (uint64_t)&s), NO(OPERATION));
	expect(12, object(ABI_DISPATCHER_RUN, d, 1), NO(ARGUMENT));
	refused_set_ups(d);
	expect(40, status_of(d).state, ABI_DISPATCHER_NEW);
	child_code(true);
	child_shared->entry[ABI_UPCALL_RUN] = CHILD_CODE;
	child_shared->stack = CHILD_FRAME + 2 * PAGE;
	s = child_setup(S_CHILD);
	expect(41, object(ABI_DISPATCHER_SETUP, d, (uint64_t)&s), 0);
	expect(42, object(ABI_DISPATCHER_SETUP, d, (uint64_t)&s), ERRNO(16));
	expect(43, status_of(d).state, ABI_DISPATCHER_SLEEPING);
	yield(10);
	expect(44, (int64_t)child_words[0], 0);
	expect(45, object(ABI_DISPATCHER_RUN, d, 0), 0);
	expect(46, status_of(d).state, ABI_DISPATCHER_RUNNABLE);
	yield(100);
	expect(47, child_words[0] > 10, true);
	expect(60, (int64_t)child_words[1], -1);
	expect(48, object(ABI_DISPATCHER_STOP, d, 0), 0);
	now = child_words[0];
	expect(49, status_of(d).state, ABI_DISPATCHER_STOPPED);
	yield(100);
	expect(50, (int64_t)child_words[0], (int64_t)now);
	expect(51, object(ABI_DISPATCHER_RUN, d, 0), 0);
	yield(100);
	expect(52, child_words[0] > now, true);
	t = status_of(d);
	expect(53, t.cycles && t.upcalls > 10 && t.syscalls > 10, true);
	/* It jumps to what is not there, and has no handler for that. */
	child_shared->entry[ABI_UPCALL_RUN] = CHILD_CODE + PAGE * 5;
	yield(20);
	t = status_of(d);
	expect(54, t.state, ABI_DISPATCHER_KILLED);
	expect(55, t.reason, ABI_KILLED_PAGE_FAULT);
	expect(56, (int64_t)t.address, CHILD_CODE + PAGE * 5);
	expect(57, object(ABI_DISPATCHER_RUN, d, 0), ERRNO(22));
	child_end();
	leave();
}

/* Memory in use by a dispatcher that runs is taken away. */
static void taken(uint64_t number, uint64_t slot, bool yields)
{
	uint64_t d = S_CHILD + C_DISPATCHER, now;
	struct abi_dispatcher_status t;

	expect(number, child_make(S_CHILD, 0x10000, yields), 0);
	expect(number + 1, object(ABI_DISPATCHER_RUN, d, 0), 0);
	while (!child_words[0])
		yield(1);
	expect(number + 2, status_of(d).state, ABI_DISPATCHER_RUNNABLE);
	/* The parent's own view of the frame goes as well. */
	expect(number + 3, revoke(slot), 0);
	expect(number + 4, delete(slot), 0);
	t = status_of(d);
	expect(number + 5, t.state, ABI_DISPATCHER_KILLED);
	expect(number + 6, t.reason, ABI_KILLED_FRAME);
	expect(number + 7, object(ABI_DISPATCHER_RUN, d, 0), ERRNO(22));
	now = t.upcalls;
	yield(20);
	expect(number + 8, (int64_t)status_of(d).upcalls, (int64_t)now);
	child_end();
}

static void revoked(void)
{
	uint64_t caps = count(ABI_KERNEL_COUNT_CAPS), pages = count(ABI_KERNEL_COUNT_PAGES);

	for (unsigned int yields = 0; yields < 2; yields++) {
		taken(100, S_CHILD + C_PML4, yields);
		taken(200, S_CHILD + C_CNODE, yields);
		taken(300, S_CHILD + C_FRAME, yields);
		/* All at once, and the object itself. */
		expect(400, child_make(S_CHILD, 0x10000, yields), 0);
		expect(401, object(ABI_DISPATCHER_RUN, S_CHILD + C_DISPATCHER, 0), 0);
		yield(3);
		child_end();
		expect(402, slot_op(ABI_CAP_DO_IDENTIFY, S_CHILD + C_DISPATCHER), NO(EMPTY));
		/* Only the object: what it held is let go, and nothing runs on. */
		expect(403, child_make(S_CHILD, 0x10000, yields), 0);
		expect(404, object(ABI_DISPATCHER_RUN, S_CHILD + C_DISPATCHER, 0), 0);
		while (!child_words[0])
			yield(1);
		report.result[4] = count(ABI_KERNEL_COUNT_CAPS);
		expect(405, delete(S_CHILD + C_DISPATCHER), 0);
		/* What its slots held is gone when the call returns. */
		expect(412, (int64_t)count(ABI_KERNEL_COUNT_CAPS), (int64_t)report.result[4] - 4);
		report.result[2] = child_words[0];
		yield(20);
		expect(406, (int64_t)child_words[0], (int64_t)report.result[2]);
		child_end();
		expect(407, (int64_t)count(ABI_KERNEL_COUNT_CAPS), (int64_t)caps);
		expect(408, (int64_t)count(ABI_KERNEL_COUNT_PAGES), (int64_t)pages);
		expect(409, (int64_t)count(ABI_KERNEL_COUNT_DISPATCHERS), 1);
		report.progress++;
	}
	/* Its own: the last thing that it does. */
	expect(410, CALL(ABI_SYSCALL_PRINT, (uint64_t)&report, 4), 0);
	if (report.wrong)
		leave();
	print("takes its own address space away");
	report.result[3] = 1;
	revoke(ABI_SLOT_PML4);
	delete(ABI_SLOT_PML4);
	report.wrong = 411;
}

/* ---- many ---- */

static void many(void)
{
	uint64_t counts[ABI_KERNEL_COUNTS];

	for (uint64_t i = 0; i < ABI_KERNEL_COUNTS; i++)
		counts[i] = count(i);
	for (uint64_t n = 0; n < report.argument && !report.wrong; n++) {
		expect(1, child_make(S_CHILD, 0x10000 + n % 7 * CHILD_BYTES, n % 2), 0);
		expect(2, object(ABI_DISPATCHER_RUN, S_CHILD + C_DISPATCHER, 0), 0);
		while (!report.wrong && !child_words[0])
			yield(1);
		expect(3, (int64_t)count(ABI_KERNEL_COUNT_DISPATCHERS), (int64_t)counts[1] + 1);
		child_end();
		report.progress = n + 1;
	}
	for (uint64_t i = 0; i < ABI_KERNEL_COUNTS; i++)
		expect(10 + i, (int64_t)count(i), (int64_t)counts[i]);
	/* All of the memory is free again. */
	expect(20, retype(ram, 0x10000, ABI_CAP_FRAME, ram_bytes - 0x10000, 1, S_PIECE), 0);
	leave();
}

/* ---- self-paging ---- */

/* Each page gets a frame of its own when it is touched, up to the end of the slots. */
static int64_t page_in(uint64_t address)
{
	uint64_t slot = S_TEST + 2 * paged, index = address / PAGE % 512;
	int64_t rc;

	if (!demand || slot > 253 || address / LARGE != FREE / LARGE)
		return -1;
	rc = retype(ram, 0x40000 + paged * PAGE, ABI_CAP_FRAME, PAGE, 1, slot);
	paged++;
	return rc ? rc : map(slot, S_PT, index, 1, ABI_CAP_RW, slot + 1);
}

static void paging(void)
{
	volatile uint64_t *at = (void *)(FREE + 64 * PAGE);

	demand = true;
	for (uint64_t i = 0; i < 50; i++)
		at[i * 7 % 50 * 512 + i] = i + 1;
	for (uint64_t i = 0; i < 50; i++)
		expect(1, (int64_t)at[i * 7 % 50 * 512 + i], (int64_t)i + 1);
	expect(2, (int64_t)report.upcalls, 50);
	expect(3, (int64_t)report.upcall[0].which, ABI_UPCALL_PAGE_FAULT);
	expect(4, (int64_t)report.upcall[0].arguments[0], (int64_t)(uint64_t)&at[0]);
	expect(5, (int64_t)report.upcall[0].arguments[1], ABI_PAGE_FAULT_WRITE);
	leave();
}

/* ---- long operations, for ever ---- */

static void lengthy(void)
{
	uint64_t bytes = (ram_bytes - 0x10000) & ~(PAGE - 1), step = 32 * 128;

	for (;;) {
		expect(1, retype(ram, 0x10000, ABI_CAP_FRAME, bytes, 1, S_TEST), 0);
		expect(2, revoke(ram) ? 1 : 0, 0);
		own_tables();
		/* A big CNode full of frames, and then nothing of it. */
		expect(3, retype(ram, 0x10000, ABI_CAP_CNODE, 4096 * 128, 1, S_TEST), 0);
		expect(4, retype(ram, 0x100000, ABI_CAP_FRAME, PAGE, 1, S_TEST + 1), 0);
		for (uint64_t i = 1; i < step; i++) {
			if (CALL(ABI_SYSCALL_INVOKE,
				 ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, DEPTH, 12, DEPTH, 0),
				 S_TEST + 1, i, S_TEST))
				break;
		}
		expect(5, delete(S_TEST), 0);
		expect(6, delete(S_TEST + 1), 0);
		report.progress++;
	}
}

/* ---- begin ---- */

void upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c, uint64_t e)
{
	(void)e;
	if (which == ABI_UPCALL_RUN) {
		report.runs++;
		resume(&d->enabled, d);
	}
	if (report.upcalls < REPORT_UPCALLS)
		report.upcall[report.upcalls] = (struct report_upcall){ which, { a, b, c } };
	report.upcalls++;
	if (which != ABI_UPCALL_PAGE_FAULT || page_in(a)) {
		report.wrong = report.wrong ? report.wrong : 9999;
		leave();
	}
	resume(&d->enabled, d);
}

static void agreed(void)
{
	agreed_calls(ram, S_PT, ram_base, ram_bytes);
}

void start(struct abi_dispatcher *d)
{
	static void (*const modes[])(void) = {
		[MODE_SPACES] = spaces,	      [MODE_HUGE] = huge,	[MODE_WRITE_EXECUTE] = write_execute,
		[MODE_UNMAPPABLE] = unmappable, [MODE_SET_UP] = set_up, [MODE_REVOKED] = revoked,
		[MODE_MANY] = many,	      [MODE_PAGING] = paging,	[MODE_LENGTHY] = lengthy,
		[MODE_AGREED] = agreed,
	};

	dispatcher = d;
	begin(d);
	own_tables();
	modes[report.mode]();
	leave();
}
