/* SPDX-License-Identifier: GPL-2.0-only */
/* remora run: the words of its command line, and the program while it runs. */
#ifndef REMORA_CLI_RUN_H
#define REMORA_CLI_RUN_H

#include "cli.h"

/** enum run_exit - exit codes of remora run beside the program's, as those of env(1) */
enum run_exit {
	RUN_FAILED = 125,   /* it was not started, or the core died */
	RUN_CANNOT = 126,   /* the file is no program, or may not be read */
	RUN_NOT_FOUND = 127,
	RUN_INTERRUPTED = 130,
};

/**
 * run_attend - carry streams and signals until the program is over
 * Return: the exit code.
 */
int run_attend(struct remora_program *program, const char *name);

#endif
