// SPDX-License-Identifier: GPL-2.0-only
/*
 * kmod/console.c: a console whose every byte is the core's. The input is the header and the records,
 * led by the number of the first line wanted.
 */
#include "fuzz.h"
#include "console.h"

#define RECORDS 8u

#define RING_BYTES (sizeof(struct abi_console) + RECORDS * sizeof(struct abi_console_line))

static void check_line(const struct remora_console_line *line)
{
	MUST(line->length <= REMORA_CONSOLE_TEXT);
	MUST(line->level < 8 && line->continued < 2 && !line->reserved);
	for (unsigned int i = 0; i < REMORA_CONSOLE_TEXT; i++) {
		char c = line->text[i];

		MUST(i < line->length ? (c >= ' ' && c <= '~') || c == '\t' : !c);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct abi_console *ring = calloc(1, RING_BYTES);
	struct remora_console_line line;
	__u64 next = 1, missed = 0, before;
	unsigned int lines = 0;

	MUST(ring);
	if (bytes >= sizeof(next)) {
		memcpy(&next, data, sizeof(next));
		data += sizeof(next);
		bytes -= sizeof(next);
	}
	memcpy(ring, data, bytes < RING_BYTES ? bytes : RING_BYTES);
	do {
		before = next ? next : 1;
		if (!remora_console_next(ring, RECORDS, &next, &missed, &line))
			break;
		MUST(next > before);
		MUST(line.number == next - 1);
		check_line(&line);
	} while (++lines < 2 * RECORDS);
	/* Each record is one line at most. */
	MUST(lines <= RECORDS);
	free(ring);
	return 0;
}
