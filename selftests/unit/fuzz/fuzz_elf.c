// SPDX-License-Identifier: GPL-2.0-only
/*
 * partition/base/elf64.c: any beginning of a file is refused with a sentence, or all that it promises can
 * be loaded. The last two bytes are the length of the rest of the file, in units of 64 bytes.
 */
#include <base/elf64.h>

#include "fuzz.h"

#define FIRST 0x400000ull
#define LIMIT 0x40000000ull

/* What is accepted: inside the file and the addresses, ascending, a page of its own each, W^X. */
static void check(const struct elf64_file *f)
{
	struct elf64_segment s;
	uint64_t end = 0;
	uint32_t count;

	for (uint32_t n = 0; elf64_segment(f->head, n, &s); n++) {
		MUST(s.offset <= f->bytes && s.file_bytes <= f->bytes - s.offset);
		MUST(s.file_bytes <= s.memory_bytes);
		MUST(s.address >= FIRST && s.address < LIMIT && s.memory_bytes <= LIMIT - s.address);
		MUST(s.flags != (ELF64_WRITE | ELF64_EXECUTE));
		MUST(s.address >= end && (!end || s.address / ELF64_PAGE > (end - 1) / ELF64_PAGE));
		end = s.address + s.memory_bytes;
	}
	if (elf64_tls(f->head, &s))
		MUST(s.file_bytes <= s.memory_bytes);
	MUST(elf64_entry(f->head) >= FIRST && elf64_entry(f->head) < LIMIT);
	MUST(!elf64_headers(f->head, &count) || count <= 16);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct elf64_file f = { .first = FIRST, .limit = LIMIT };
	const char *wrong;

	if (bytes < 2)
		return 0;
	bytes -= 2;
	f.head = fuzz_text(data, bytes);
	f.head_bytes = bytes < ELF64_HEAD_BYTES ? bytes : ELF64_HEAD_BYTES;
	f.bytes = bytes + (data[bytes] | data[bytes + 1] << 8) * 64ull;
	wrong = elf64_check(&f);
	if (wrong)
		MUST(wrong[0]);
	else
		check(&f);
	free((void *)f.head);
	return 0;
}
