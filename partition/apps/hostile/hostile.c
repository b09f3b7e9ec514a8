// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that does what it must not: `hostile WAY [ARGUMENT]`. It ends with 0 when all it tried was
 * refused as it should be, with 1 and a line "BREACH ..." when something was not, and otherwise is
 * killed for it, or goes on until somebody ends it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "raw.h"

/* name | function | how it ends: killed, refused, endless, or a status */
static const struct {
	const char *name;
	hostile_way *way;
	const char *ends;
} ways[] = {
	{ "privileged", way_privileged, "killed" },  /* NAME of an instruction */
	{ "instructions", way_instructions, "0" },   /* prints their names */
	{ "stack", way_stack, "killed" },
	{ "stack-thread", way_stack_thread, "killed" },
	{ "stack-pointer", way_stack_pointer, "killed" }, /* ADDRESS */
	{ "read", way_read, "killed" },		     /* ADDRESS */
	{ "write", way_write, "killed" },	     /* ADDRESS or text, startup, constant */
	{ "jump", way_jump, "killed" },		     /* ADDRESS */
	{ "execute", way_execute, "killed" },	     /* heap, stack, data */
	{ "divide", way_divide, "killed" },
	{ "float", way_float, "killed" },
	{ "step", way_step, "killed" },
	{ "calls", way_calls, "refused" },
	{ "steal", way_steal, "refused" },
	{ "suicide", way_suicide, "killed" },	     /* NAME of a slot */
	{ "memory", way_memory, "refused" },
	{ "touch", way_touch, "refused or killed" },
	{ "slots", way_slots, "refused" },
	{ "pieces", way_pieces, "refused" },
	{ "threads", way_threads, "refused" },
	{ "loop", way_loop, "endless" },
	{ "disabled", way_disabled, "endless" },
	{ "yield", way_yield, "endless" },
	{ "alarm", way_alarm, "endless" },
	{ "sleep", way_sleep, "endless" },
	{ "flood", way_flood, "endless" },	     /* MIB: then 0 */
	{ "deaf", way_deaf, "0" },		     /* MILLISECONDS */
	{ "exit", way_exit, "status" },		     /* STATUS */
	{ "abort", way_abort, "killed" },
	{ "leave", way_leave, "status 3" },
	{ "monitor", way_monitor, "refused" },	     /* SEED */
	{ "streams", way_streams, "refused or killed" }, /* SEED */
	{ "scribble", way_scribble, "killed or endless" }, /* SEED */
	{ "fuzz", way_fuzz, "refused or killed" },  /* SEED:CALLS */
};

#define WAYS (sizeof(ways) / sizeof(ways[0]))

int breach(const char *format, ...)
{
	va_list args;

	printf("BREACH: ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
	return 1;
}

static int usage(void)
{
	fprintf(stderr, "usage: hostile WAY [ARGUMENT]; WAY and how it ends:\n");
	for (unsigned int i = 0; i < WAYS; i++)
		fprintf(stderr, "  %-14s %s\n", ways[i].name, ways[i].ends);
	return 2;
}

int main(int argc, char **argv)
{
	if (argc < 2 || argc > 3)
		return usage();
	for (unsigned int i = 0; i < WAYS; i++)
		if (!strcmp(argv[1], ways[i].name))
			return ways[i].way(argc > 2 ? argv[2] : "");
	return usage();
}
