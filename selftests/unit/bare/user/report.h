/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a test and its program in ring 3 share: one page of the program's data. The test fills the
 * first part in the program's file, and finds the page of the running program by its contents.
 */
#ifndef REPORT_H
#define REPORT_H

#include <stdint.h>

#define REPORT_MAGIC 0x74726f7065723352ull
#define REPORT_RESULTS 64
#define REPORT_UPCALLS 16

/** enum report_mode - what the program does */
enum report_mode {
	MODE_CALLS = 1,     /* all native calls, then exit with status 7 */
	MODE_FOREIGN,       /* system calls of other systems */
	MODE_FAULTS,        /* one forbidden thing after the other, enabled */
	MODE_SPIN,          /* count for ever */
	MODE_YIELD,         /* count and yield, for ever */
	MODE_SLEEP,         /* count and sleep for @argument microseconds, for ever */
	MODE_CHECK,         /* see that no register is ever changed */
	MODE_WILD,          /* wild stack pointer and segment bases, for ever */
	MODE_FAULT_DISABLED,/* a fault while disabled, and one in its handler */
	MODE_NO_ENTRY,      /* a fault without an entry point for it */
	MODE_FAULT_ENTRY,   /* entry points that point nowhere */
	MODE_STEP,          /* the single-step flag, and all others that ring 3 can set */
	MODE_COST,          /* time system calls */
	MODE_SERVER,        /* answer each message with its words + 1 */
	MODE_CLIENT,        /* @argument calls of dispatcher 0 */
	MODE_DEAF,          /* disabled for ever */
	MODE_CRITICAL,      /* count for ever in the critical range, not disabled */
	/* of caps.c: */
	MODE_SPACES,        /* map pages of each size */
	MODE_HUGE,          /* map a page of 1 GiB that ends with @argument */
	MODE_WRITE_EXECUTE, /* never both */
	MODE_UNMAPPABLE,    /* try to map the CPU driver's objects */
	MODE_SET_UP,        /* set up a child, run, stop, ask */
	MODE_REVOKED,       /* take from a child what it runs on */
	MODE_MANY,          /* @argument children, one after the other */
	MODE_PAGING,        /* serve page faults */
	MODE_LENGTHY,       /* long operations, for ever */
	MODE_AGREED,        /* what monitors need for agreements; @argument: the CPU driver's memory */
};

/** struct report_upcall - one upcall other than `run` */
struct report_upcall {
	uint64_t which;
	uint64_t arguments[3];
};

/**
 * struct report
 * @magic, @mode, @instance, @argument: set by the test in the file
 * @running: set to @instance + 1 by the program
 * @progress: grows while it does its work
 * @runs:    upcalls of `run` beyond the first
 * @wrong:   0, or the number of the first check that failed
 * @upcall:  the first REPORT_UPCALLS others, of @upcalls
 * @result:  by mode
 */
struct report {
	uint64_t magic;
	uint64_t mode;
	uint64_t instance;
	uint64_t argument;
	uint64_t running;
	uint64_t progress;
	uint64_t runs;
	uint64_t wrong;
	uint64_t upcalls;
	uint64_t dispatcher; /* its address */
	struct report_upcall upcall[REPORT_UPCALLS];
	uint64_t result[REPORT_RESULTS];
};

#endif
