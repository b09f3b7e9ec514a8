/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The console of a core: a ring of line records that the core writes and node 0 reads at any time,
 * also after the core died. Record n (first is 1) lives in slot n mod records. The writer stores
 * number = 0 (release fence), fills the record, stores number = n (release), then written = n
 * (release). A reader copies a record between two equal reads of its number; another number than
 * the wanted one means that the line was overwritten, and the gap is how many were missed.
 */
#ifndef ABI_CONSOLE_H
#define ABI_CONSOLE_H

#include <urpc/types.h>

#define ABI_CONSOLE_TEXT 104u

struct abi_console_line {
	uint64_t number;
	uint64_t tsc;
	uint16_t length;    /* bytes of text, 0 to ABI_CONSOLE_TEXT */
	uint8_t level;      /* as in Linux: 3 error, 4 warning, 6 information, 7 debug */
	uint8_t continued;  /* 1: the next record continues this line */
	uint32_t reserved;
	char text[ABI_CONSOLE_TEXT];
};

struct abi_console {
	uint64_t written; /* number of the last line written */
	uint64_t records; /* a power of two, set by node 0 at start; node 0 keeps its own copy */
	uint64_t reserved[14];
	struct abi_console_line line[];
};

URPC_STATIC_ASSERT(sizeof(struct abi_console_line) == 128, "console line");
URPC_STATIC_ASSERT(offsetof(struct abi_console, line) == 128, "console header");

#endif
