/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The spawn service of a core (REMORA_SERVICE_SPAWN): messages on a channel of which each runs one
 * program, or asks about those that run. Bind it mapped: START and DATA are long messages.
 *
 * Requests: START, then DATA until elf_bytes have come, then INPUT as far as WANTED allows,
 * INPUT_END and INTERRUPT at will. Answers: REFUSED at any time before STARTED and never anything
 * behind it; STARTED; OUTPUT at will; EXITED, once, last, after all output. Closing the channel
 * before that kills the program. LIST and KILL are served on any channel of the service. The
 * numbers are those of abi/spawn.h.
 */
#ifndef _UAPI_LINUX_REMORA_SPAWN_H
#define _UAPI_LINUX_REMORA_SPAWN_H

#include <linux/types.h>

enum remora_spawn {
	REMORA_SPAWN_START = 1,     /* struct remora_spawn_start, then strings */
	REMORA_SPAWN_DATA = 2,      /* the next bytes of the ELF file */
	REMORA_SPAWN_INPUT = 3,     /* bytes for standard input */
	REMORA_SPAWN_INPUT_END = 4, /* nothing */
	REMORA_SPAWN_INTERRUPT = 5, /* nothing: end the program as if it got SIGINT */
	REMORA_SPAWN_LIST = 6,      /* struct remora_spawn_ask; answered by ENTRY each, then COUNTS */
	REMORA_SPAWN_KILL = 7,      /* struct remora_spawn_ask; answered by DONE */

	REMORA_SPAWN_REFUSED = 65, /* struct remora_spawn_refused, then a sentence */
	REMORA_SPAWN_STARTED = 66, /* struct remora_spawn_started */
	REMORA_SPAWN_OUTPUT = 67,  /* one byte: 1 standard output, 2 error output; then the bytes */
	REMORA_SPAWN_EXITED = 68,  /* struct remora_spawn_exited, then a sentence unless RETURNED */
	REMORA_SPAWN_ENTRY = 69,   /* struct remora_spawn_entry */
	REMORA_SPAWN_COUNTS = 70,  /* struct remora_spawn_counts */
	REMORA_SPAWN_DONE = 71,    /* struct remora_spawn_done */
	REMORA_SPAWN_WANTED = 72,  /* struct remora_spawn_wanted: the program reads its input */
};

#define REMORA_SPAWN_ELF_MAX (64u << 20)
#define REMORA_SPAWN_ARGS_MAX 4096 /* bytes of strings */
#define REMORA_SPAWN_NAME_MAX 32

enum remora_spawn_class {
	REMORA_SPAWN_BEST_EFFORT = 0, /* weight */
	REMORA_SPAWN_SOFT = 1,        /* soft real time: budget_us in every period_us */
	REMORA_SPAWN_HARD = 2,        /* hard real time: likewise */
};

struct remora_spawn_start {
	__u64 elf_bytes;
	__u64 ram_bytes; /* memory for the program in all; 0: the core's choice */
	__u64 wall_seconds; /* since 1970; 0: not known */
	__u32 argc;      /* strings that follow, each with its 0 byte */
	__u32 environ_count; /* further strings */
	__u32 class_;    /* enum remora_spawn_class */
	__u32 weight;    /* 1 to 1000; 0: usual */
	__u64 budget_us;
	__u64 period_us;
	char name[REMORA_SPAWN_NAME_MAX]; /* unique on the core; empty: made from the first argument */
};

struct remora_spawn_refused {
	__s32 error; /* errno */
	__u32 reserved;
};

struct remora_spawn_started {
	__u32 domain;
	__u32 reserved;
	__u64 ram_bytes;
};

enum remora_spawn_how {
	REMORA_SPAWN_RETURNED = 0,    /* status is the program's */
	REMORA_SPAWN_DIED = 1,        /* by a fault; status 139 */
	REMORA_SPAWN_KILLED = 2,      /* by KILL; status 137 */
	REMORA_SPAWN_INTERRUPTED = 3, /* status 130 */
};

struct remora_spawn_exited {
	__u32 how;    /* enum remora_spawn_how */
	__s32 status; /* 0 to 255 */
	__u64 cycles; /* TSC cycles it ran */
};

struct remora_spawn_ask {
	__u32 tag;
	__u32 domain; /* KILL: which */
};

enum remora_spawn_state {
	REMORA_SPAWN_IS_NEW = 0,
	REMORA_SPAWN_IS_RUNNABLE = 1,
	REMORA_SPAWN_IS_SLEEPING = 2,
	REMORA_SPAWN_IS_STOPPED = 3,
	REMORA_SPAWN_IS_EXITED = 4,
	REMORA_SPAWN_IS_KILLED = 5,
};

struct remora_spawn_entry {
	__u32 tag;
	__u32 domain;
	__u32 state; /* enum remora_spawn_state */
	__u32 reserved;
	__u64 ram_bytes;
	__u64 cycles;
	char name[24]; /* cut, with its 0 byte */
};

/** struct remora_spawn_counts - what is in use on the core: equal before and after a program */
struct remora_spawn_counts {
	__u32 tag;
	__u32 domains;
	__u64 ram_free;
	__u64 ram_total;
	__u64 caps;
	__u64 kernel_pages;
	__u64 spawned; /* ever */
};

struct remora_spawn_done {
	__u32 tag;
	__s32 error; /* 0 or errno */
};

/** struct remora_spawn_wanted - so many bytes of INPUT may be sent in all; only grows */
struct remora_spawn_wanted {
	__u64 bytes;
};

#endif
