/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain on the host. The real capability code serves its calls; each page that is mapped in its
 * page tables is mapped at the same address of the test, so that the library's own notes, and what
 * the test writes, are where they are in ring 3; and SIGSEGV is the page fault upcall.
 */
#ifndef WORLD_H
#define WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <cap_agree.h>
#include <cap_arch.h>
#include <cap_mdb.h>
#include <cap_type.h>
#include <machine.h>

#include <lib/error.h>
#include <lib/heap.h>
#include <lib/ram.h>
#include <lib/slot.h>
#include <lib/stream.h>
#include <lib/syscall.h>
#include <lib/thread.h>
#include <lib/vspace.h>

#define PAGE 4096ull
#define LARGE (2ull << 20)
#define RW (RT_READ | RT_WRITE)

/* Slots of the root CNode that only the test knows. */
#define SLOT_FOREIGN 20u /* FRAME of somebody else's, FOREIGN_BYTES, read and write */
#define FOREIGN_BYTES (6ull << 20)
#define SLOT_MORE 21u /* RAM of MORE_BYTES, and twice the same behind it in the next slots */
#define MORE_AT (12ull << 20)
#define MORE_BYTES (1ull << 20)

/** world_begin - once a process: the library's state is global. @ram_bytes: of ABI_SLOT_RAM */
void world_begin(uint64_t ram_bytes);

/** world_faults - SIGSEGV is ours; cmocka takes it before each test. */
void world_faults(void);

/* RULE(name): begins a test. */
#define RULE(name)										\
	static void name##_body(void **state);							\
	static void name(void **state)								\
	{											\
		world_faults();									\
		name##_body(state);								\
	}											\
	static void name##_body(void **state)

/** world_sound - the invariants of the capability space, and the mirror of the page tables. */
void world_sound(void);

/* What is in use; after everything is undone it is what it was. */
struct ledger {
	uint64_t ram_free;
	uint64_t slots;
	uint64_t caps;
	uint64_t areas;
	uint64_t promised;
};

struct ledger world_ledger(void);
void assert_same_ledger(const struct ledger *before);

/** world_fail - the n-th retype or copy from now on is refused; 0: none. */
void world_fail(uint64_t n);
extern uint64_t world_failed; /* how many were */

/** world_meanwhile - what another thread does between two questions about a capability; once, if it is not NULL */
extern void (*world_meanwhile)(void);

/** touch - read or write a byte. Return: false: the page fault was not served. */
bool touch(uint64_t va, bool write);

/** world_complaint - what rt_complain() said last. */
extern char world_complaint[512];

/** world_monitor - what happens when the program waits, or sends a hint. */
extern void (*world_monitor)(void);
extern unsigned int world_hints, world_waits;

/** world_full - so many hints are refused: the monitor has no room for more. */
extern unsigned int world_full;

static inline uint64_t map(uint64_t bytes, uint32_t protection, uint32_t flags)
{
	uint64_t va = 0;

	assert_int_equal(rt_vspace_map(&va, bytes, protection, flags), 0);
	return va;
}

#endif
