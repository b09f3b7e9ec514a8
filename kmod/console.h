/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading a core's console ring, which the core may be writing, or may have ruined. */
#ifndef REMORA_CONSOLE_H
#define REMORA_CONSOLE_H

#include <abi/console.h>
#include <linux/remora.h>

/**
 * remora_console_next - copy one line
 * @ring, @records: the ring; @records is the module's own number, a power of two
 * @next:   in: wanted line number (0 counts as 1); out: number after the copied one
 * @missed: raised by the number of lines that were overwritten
 * Pure, host-tested. The copy's length is clamped and its text made printable.
 * Return: true when *@line was filled, false when there is no such line yet.
 */
bool remora_console_next(const struct abi_console *ring, __u64 records, __u64 *next, __u64 *missed,
			 struct remora_console_line *line);

#endif
