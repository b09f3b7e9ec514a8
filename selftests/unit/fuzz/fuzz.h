/* SPDX-License-Identifier: GPL-2.0-only */
/* What the fuzzers share: a promise that is broken ends the run, as a bad access does. */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "broken promise: %s:%d: %s\n", __FILE__, __LINE__,         \
				#condition);                                                       \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* The input as a string in an allocation of just its size, so that a read past its end is seen. */
static inline char *fuzz_text(const uint8_t *data, size_t bytes)
{
	char *text = malloc(bytes + 1);

	MUST(text);
	memcpy(text, data, bytes);
	text[bytes] = 0;
	return text;
}

/* A refusal has a reason and a sentence that ends. */
#define MUST_EXPLAIN(error)                                                                        \
	do {                                                                                       \
		MUST(memchr((error).message, 0, sizeof((error).message)));                         \
		MUST((error).message[0]);                                                          \
	} while (0)

#endif
