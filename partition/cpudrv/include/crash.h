/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a core that cannot go on. */
#ifndef CRASH_H
#define CRASH_H

#include <abi/boot.h>

#define CRASH_VECTOR_CHECK 256 /* a failed check of the CPU driver, not an exception */

/**
 * crash_begin - first call of every path that ends in a crash
 * @record: what is known so far; its reason is replaced for a crash within a crash
 *
 * Returns once: in the first crash. A crash while a crash is reported publishes the state with the
 * record at once and halts; one after that only halts.
 */
void crash_begin(struct abi_crash *record);

/** crash_begun - is a crash being reported, or over? */
bool crash_begun(void);

/**
 * crash_finish - publish the record and the state, wake node 0, halt for ever
 */
__attribute__((noreturn)) void crash_finish(const struct abi_crash *record);

/**
 * crash_fail - a check of the CPU driver failed: report one sentence and the call chain, then die
 */
__attribute__((noreturn, format(printf, 1, 2))) void crash_fail(const char *format, ...);

/** check - die with a sentence unless a condition holds */
#define check(condition, ...)                          \
	do {                                           \
		if (__builtin_expect(!(condition), 0)) \
			crash_fail(__VA_ARGS__);       \
	} while (0)

#endif
