/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The spawn service of a core's monitor: a channel to it runs one program, or asks about those that
 * run. uapi/linux/remora_spawn.h has the same numbers for programs of Linux; kmod/ holds the two
 * against each other.
 *
 * Requests: START (a long message), then DATA until struct abi_spawn_start.elf_bytes have come,
 * then INPUT as far as WANTED allows, INPUT_END and INTERRUPT at will. Answers: REFUSED at any time
 * before STARTED and never anything behind it; STARTED; OUTPUT at will; EXITED, once, last, after
 * all output. Closing the channel before that kills the program. LIST and KILL are served on any
 * channel of the service.
 */
#ifndef ABI_SPAWN_H
#define ABI_SPAWN_H

#include <urpc/abi.h>

enum abi_spawn {
	ABI_SPAWN_START = 1,     /* struct abi_spawn_start, then strings */
	ABI_SPAWN_DATA = 2,      /* the next bytes of the ELF file */
	ABI_SPAWN_INPUT = 3,     /* bytes for standard input */
	ABI_SPAWN_INPUT_END = 4, /* nothing */
	ABI_SPAWN_INTERRUPT = 5, /* nothing: end the program as if it got SIGINT */
	ABI_SPAWN_LIST = 6,      /* struct abi_spawn_ask; answered by ENTRY each, then COUNTS */
	ABI_SPAWN_KILL = 7,      /* struct abi_spawn_ask; answered by DONE */

	ABI_SPAWN_REFUSED = 65, /* struct abi_spawn_refused, then a sentence */
	ABI_SPAWN_STARTED = 66, /* struct abi_spawn_started */
	ABI_SPAWN_OUTPUT = 67,  /* one byte: 1 standard output, 2 error output; then the bytes */
	ABI_SPAWN_EXITED = 68,  /* struct abi_spawn_exited, then a sentence unless how is RETURNED */
	ABI_SPAWN_ENTRY = 69,   /* struct abi_spawn_entry */
	ABI_SPAWN_COUNTS = 70,  /* struct abi_spawn_counts */
	ABI_SPAWN_DONE = 71,    /* struct abi_spawn_done */
	ABI_SPAWN_WANTED = 72,  /* struct abi_spawn_wanted: the program reads its standard input */
};

#define ABI_SPAWN_ELF_MAX (64u << 20)
#define ABI_SPAWN_ARGS_MAX 4096u /* bytes of strings */
#define ABI_SPAWN_NAME_MAX 32u

struct abi_spawn_start {
	uint64_t elf_bytes;
	uint64_t ram_bytes; /* memory for the domain in all; 0: the monitor's choice */
	uint64_t wall_seconds; /* since 1970; 0: not known */
	uint32_t argc;      /* strings that follow, each with its 0 byte */
	uint32_t environ_count; /* further strings */
	uint32_t class;     /* as in struct abi_dispatcher_setup */
	uint32_t weight;    /* 0: usual */
	uint64_t budget_us;
	uint64_t period_us;
	char name[ABI_SPAWN_NAME_MAX]; /* unique on the core; empty: made from the first argument */
};

struct abi_spawn_refused {
	int32_t error; /* errno */
	uint32_t reserved;
};

struct abi_spawn_started {
	uint32_t domain;
	uint32_t reserved;
	uint64_t ram_bytes;
};

enum abi_spawn_how {
	ABI_SPAWN_RETURNED = 0, /* @status */
	ABI_SPAWN_DIED = 1,     /* by a fault */
	ABI_SPAWN_KILLED = 2,   /* by KILL */
	ABI_SPAWN_INTERRUPTED = 3,
};

struct abi_spawn_exited {
	uint32_t how;   /* enum abi_spawn_how */
	int32_t status; /* exit status: 0 to 255; DIED: 139, KILLED: 137, INTERRUPTED: 130 */
	uint64_t cycles; /* TSC cycles it ran */
};

struct abi_spawn_ask {
	uint32_t tag;
	uint32_t domain; /* KILL: which */
};

struct abi_spawn_entry {
	uint32_t tag;
	uint32_t domain;
	uint32_t state; /* enum abi_dispatcher_state */
	uint32_t reserved;
	uint64_t ram_bytes;
	uint64_t cycles;
	char name[24]; /* cut */
};

/** struct abi_spawn_counts - what is in use on the core: equal before and after a program */
struct abi_spawn_counts {
	uint32_t tag;
	uint32_t domains;
	uint64_t ram_free;
	uint64_t ram_total;
	uint64_t caps;
	uint64_t kernel_pages;
	uint64_t spawned; /* ever */
};

struct abi_spawn_done {
	uint32_t tag;
	int32_t error; /* 0 or errno */
};

/** struct abi_spawn_wanted - so many bytes of INPUT may be sent in all; only grows */
struct abi_spawn_wanted {
	uint64_t bytes;
};

URPC_STATIC_ASSERT(sizeof(struct abi_spawn_start) == 88, "spawn message");
URPC_STATIC_ASSERT(sizeof(struct abi_spawn_exited) == 16, "spawn message");
URPC_STATIC_ASSERT(sizeof(struct abi_spawn_entry) == URPC_PAYLOAD_BYTES, "spawn message");
URPC_STATIC_ASSERT(sizeof(struct abi_spawn_counts) == 48, "spawn message");

#endif
