// SPDX-License-Identifier: GPL-2.0-only
/*
 * Barrier pairs with the reader in node 0:
 *   number = 0; release fence      | the reader's second read of number, after its copy
 *   number = n (release)           | the reader's first read of number (acquire)
 *   written = n (release)          | the reader's read of written (acquire)
 *   written = n; full fence; read of console_at | console_at = n; full fence; read of written
 */
#include <base/format.h>
#include <base/string.h>

#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <errors.h>
#include <loop.h>
#include <urpc/barrier.h>

static struct abi_console *ring;
static uint64_t mask; /* records - 1, as read and checked once */
static uint64_t number; /* of the last line written */
static uint64_t rung_at; /* console_at that node 0 was rung for last */

int console_init(struct abi_console *console, uint64_t bytes)
{
	uint64_t records = __atomic_load_n(&console->records, __ATOMIC_RELAXED);

	ring = NULL;
	if (bytes < sizeof(*console) || !records || records & (records - 1))
		return -ERR_INVAL;
	if (records > (bytes - sizeof(*console)) / sizeof(console->line[0]))
		return -ERR_INVAL;
	mask = records - 1;
	number = 0;
	rung_at = 0;
	ring = console;
	return 0;
}

static void put_record(int level, const char *text, size_t length, bool continued, uint64_t tsc)
{
	uint64_t n = number + 1;
	struct abi_console_line *line = &ring->line[n & mask];

	__atomic_store_n(&line->number, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	line->tsc = tsc;
	line->length = (uint16_t)length;
	line->level = (uint8_t)level;
	line->continued = continued;
	line->reserved = 0;
	memcpy(line->text, text, length);
	memset(line->text + length, 0, sizeof(line->text) - length);
	__atomic_store_n(&line->number, n, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->written, n, __ATOMIC_RELEASE);
	number = n;
}

/* Does somebody sleep for the line that was written? One doorbell for each time that he lay down. */
static void ring_reader(void)
{
	uint64_t at;

	if (!host_page)
		return;
	urpc_fence_full();
	at = __atomic_load_n(&host_page->console_at, __ATOMIC_RELAXED);
	if (!at || at == rung_at || at > number)
		return;
	rung_at = at;
	notify_node(0);
}

void console_print(int level, const char *format, ...)
{
	/* One at a time: a handler that prints never returns to what it interrupted. */
	static char text[CONSOLE_LINE_MAX];
	uint64_t tsc = arch_cycles();
	size_t length, at = 0;
	va_list args;

	if (!ring)
		return;
	va_start(args, format);
	length = base_vformat(text, sizeof(text), format, args);
	va_end(args);
	if (length >= sizeof(text))
		length = sizeof(text) - 1;
	while (length - at > ABI_CONSOLE_TEXT) {
		put_record(level, text + at, ABI_CONSOLE_TEXT, true, tsc);
		at += ABI_CONSOLE_TEXT;
	}
	put_record(level, text + at, length - at, false, tsc);
	ring_reader();
}
