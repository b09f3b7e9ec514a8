/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where everything of a domain will be: in its memory, in the CNode that the monitor keeps its objects
 * in, and in its address space. Pure.
 *
 * The memory begins with objects of the CPU driver, goes on with one frame of all that is there at
 * start, and ends with what the domain may use as it likes.
 */
#ifndef PLAN_H
#define PLAN_H

#include <abi/domain.h>
#include <base/elf64.h>

#include <mon.h>

#define PLAN_SEGMENTS 16u
#define PLAN_RAM_LEAST (256ull << 10) /* for the domain's own use */

/* Offsets in the frame. */
#define PLAN_CONTROL 0ull
#define PLAN_STREAM (PLAN_CONTROL + ABI_DOMAIN_CONTROL_BYTES)
#define PLAN_REQUESTS (PLAN_STREAM + sizeof(struct abi_stream))
#define PLAN_STARTUP (PLAN_STREAM + ABI_DOMAIN_STREAM_BYTES)
#define PLAN_STACK (PLAN_STARTUP + ABI_DOMAIN_STARTUP_BYTES)
#define PLAN_PROGRAM (PLAN_STACK + ABI_DOMAIN_STACK_BYTES)
#define PLAN_FIXED_PAGES ((uint32_t)(PLAN_PROGRAM / MON_PAGE))

/* Slots of the inner CNode. */
enum plan_slot {
	PLAN_SLOT_DISPATCHER = 1,
	PLAN_SLOT_ROOT,
	PLAN_SLOT_PML4,
	PLAN_SLOT_FRAME,
	PLAN_SLOT_CONTROL,
	PLAN_SLOT_ENDPOINT,
	PLAN_SLOT_PDPT,
	PLAN_SLOT_PD, /* two */
	PLAN_SLOT_OWN = PLAN_SLOT_PD + 2, /* the monitor's page table */
	PLAN_SLOT_FIXED, /* copy of the frame, mapped in the monitor; then the mapping */
	PLAN_SLOT_WINDOW = PLAN_SLOT_FIXED + 2, /* likewise, while the program is loaded */
	PLAN_SLOT_TABLE_MAPPINGS = PLAN_SLOT_WINDOW + 2, /* of PDPT, both PD, OWN */
	PLAN_SLOT_PT = PLAN_SLOT_TABLE_MAPPINGS + 4, /* @tables, then their mappings, then pages */
};

/** struct plan_segment - a segment, in whole pages */
struct plan_segment {
	uint64_t address;
	uint64_t pages;
	uint64_t frame; /* offset */
	uint64_t at;    /* address of the first byte of the file in it */
	uint64_t file, file_bytes;
	uint32_t flags; /* ELF64_* */
};

/**
 * struct plan - offsets in the domain's memory, unless it says otherwise
 * @tables: page tables: first those of the program, from ABI_DOMAIN_PROGRAM's on, then four of
 *          startup page, streams, control frame, stack
 * @inner_bits: slots of the inner CNode, as a power of two
 */
struct plan {
	uint64_t ram;
	uint64_t inner;
	uint64_t root;
	uint64_t dispatcher;
	uint64_t page_tables; /* PML4, PDPT, two PD, the monitor's, then @tables */
	uint64_t frame, frame_bytes;
	uint64_t rest, rest_bytes;
	uint64_t program, program_bytes; /* addresses */
	uint32_t inner_bits;
	uint32_t tables;
	uint32_t segments;
	struct plan_segment segment[PLAN_SEGMENTS];
};

/** plan_table - number of the page table for an address below ABI_DOMAIN_STACK_END */
uint32_t plan_table(const struct plan *plan, uint64_t address);

/**
 * plan_make - lay a domain out
 * @head: of a file that elf64_check() accepted
 * @ram:  bytes for the domain in all
 * Return: 0; or the bytes that it needs at least, in which case the plan is good for nothing.
 */
uint64_t plan_make(struct plan *plan, const void *head, uint64_t ram);

#endif
