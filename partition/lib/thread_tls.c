// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Thread-local storage of programs without a C library: a copy of the program's template, and behind
 * it a word that FS points to and that holds its own address (x86-64 psABI, variant II).
 */
#include <base/string.h>

#include "thread_core.h"

#define LINE 64u

static const void *template;
static uint64_t file_bytes;
static uint64_t bytes; /* of the copy, so that its end has the template's alignment */
static uint64_t align = LINE;

void rt_tls_init(const struct abi_startup *startup)
{
	template = (const void *)startup->tls;
	file_bytes = startup->tls ? startup->tls_file_bytes : 0;
	align = startup->tls && startup->tls_align > LINE ? startup->tls_align : LINE;
	bytes = startup->tls ? startup->tls_bytes : 0;
	/* The linker counts from the end of the template, rounded to its own alignment. */
	if (startup->tls && startup->tls_align > 1)
		bytes = (bytes + startup->tls_align - 1) & ~(startup->tls_align - 1);
}

uint64_t rt_tls_bytes(void)
{
	return bytes + align + LINE;
}

uint64_t rt_tls_make(void *block)
{
	uint64_t end = ((uint64_t)block + bytes + align - 1) & ~(align - 1);

	if (file_bytes)
		memcpy((void *)(end - bytes), template, file_bytes);
	*(uint64_t *)end = end;
	return end;
}
