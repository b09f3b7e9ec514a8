/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs in ring 3 that report to the test by a page of theirs: user/report.h. */
#ifndef PROGRAMS_H
#define PROGRAMS_H

#include "guest.h"
#include "user/report.h"

/** programs_reset - none yet; before guest_setup() */
void programs_reset(void);

/** program_add - give the core a program; returns its instance. Before guest_start() */
unsigned int program_add(const char *path, const char *name, uint64_t mode, uint64_t argument);

/** program_wait - wait until a program runs; returns its report */
struct report *program_wait(unsigned int instance);

/** program_progress - as it is now */
uint64_t program_progress(const struct report *r);

/** program_wait_progress - wait until it grew by @by */
void program_wait_progress(const struct report *r, uint64_t by);

/** console_wait - wait for a line of the console */
void console_wait(const char *text);

#endif
