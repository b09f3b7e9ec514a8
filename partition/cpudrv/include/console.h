/* SPDX-License-Identifier: GPL-2.0-only */
/* The console of this core: lines in the ring of abi/console.h. */
#ifndef CONSOLE_H
#define CONSOLE_H

#include <stddef.h>

#include <abi/console.h>

enum console_level {
	LEVEL_ERROR = 3,
	LEVEL_WARNING = 4,
	LEVEL_INFO = 6,
	LEVEL_DEBUG = 7,
};

/** CONSOLE_LINE_MAX - longest line with its terminating 0; the rest of a longer one is cut. */
#define CONSOLE_LINE_MAX 512

/**
 * console_init - start writing
 * @console: the ring, with its record count set by node 0
 * @bytes:   memory of the ring
 * Return: 0, or -ERR_INVAL when the record count is not a power of two or does not fit; then all
 * lines are dropped.
 */
int console_init(struct abi_console *console, uint64_t bytes);

/**
 * console_print - write one line
 * @level:  enum console_level
 * @format: as of base_vformat(), no newline
 *
 * May be called from any context, handlers of NMI and machine check included, when those never
 * return: they may cut a line that the interrupted code was writing.
 */
void console_print(int level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define console_error(...) console_print(LEVEL_ERROR, __VA_ARGS__)
#define console_warning(...) console_print(LEVEL_WARNING, __VA_ARGS__)
#define console_info(...) console_print(LEVEL_INFO, __VA_ARGS__)
#define console_debug(...) console_print(LEVEL_DEBUG, __VA_ARGS__)

#endif
