/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BACKTRACE_H
#define BACKTRACE_H

#include <stdint.h>

/**
 * backtrace_print - print a call chain on the console
 * @rip: where the innermost function is
 * @rbp: its frame pointer; any value. Every address is checked to be on a stack before it is read
 */
void backtrace_print(uint64_t rip, uint64_t rbp);

#endif
