// SPDX-License-Identifier: GPL-2.0-only
/*
 * One line out of a console ring whose other side is not trusted. Pairs with the writer's two
 * releases of the record's number, as drawn in abi/console.h.
 */
#include "console.h"
#include "pure.h"

/* No core writes that many lines: a larger number is a ruined header. */
#define CONSOLE_LINES_MAX (1ull << 48)

URPC_STATIC_ASSERT(REMORA_CONSOLE_TEXT == ABI_CONSOLE_TEXT, "console text");
URPC_STATIC_ASSERT(sizeof(struct remora_console_line) == sizeof(struct abi_console_line),
		   "console line");

static char printable(char c)
{
	return (c >= ' ' && c <= '~') || c == '\t' ? c : '?';
}

/* Copies record @number out; false when another one is there, or comes while it is copied. */
static bool copy_record(const struct abi_console_line *from, __u64 number,
			struct remora_console_line *line)
{
	unsigned int i;

	if (smp_load_acquire(&from->number) != number)
		return false;
	line->number = number;
	line->tsc = READ_ONCE(from->tsc);
	line->length = READ_ONCE(from->length);
	line->level = READ_ONCE(from->level) & 7;
	line->continued = READ_ONCE(from->continued) != 0;
	line->reserved = 0;
	for (i = 0; i < ABI_CONSOLE_TEXT; i++)
		line->text[i] = READ_ONCE(from->text[i]);
	smp_rmb(); /* the second look at the number comes after the text */
	if (READ_ONCE(from->number) != number)
		return false;

	line->length = min_t(__u16, line->length, ABI_CONSOLE_TEXT);
	for (i = 0; i < line->length; i++)
		line->text[i] = printable(line->text[i]);
	memset(line->text + line->length, 0, ABI_CONSOLE_TEXT - line->length);
	return true;
}

bool remora_console_next(const struct abi_console *ring, __u64 records, __u64 *next, __u64 *missed,
			 struct remora_console_line *line)
{
	__u64 written = smp_load_acquire(&ring->written);
	__u64 number = *next ? *next : 1;
	__u64 oldest;

	if (written > CONSOLE_LINES_MAX || number > written)
		return false;
	oldest = written > records ? written - records + 1 : 1;
	if (number < oldest) {
		*missed += oldest - number;
		number = oldest;
	}
	/* At most @records turns, whatever the ring says. */
	for (; number <= written; number++) {
		if (copy_record(&ring->line[number & (records - 1)], number, line)) {
			*next = number + 1;
			return true;
		}
		(*missed)++;
	}
	*next = number;
	return false;
}
