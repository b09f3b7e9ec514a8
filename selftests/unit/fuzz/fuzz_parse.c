// SPDX-License-Identifier: GPL-2.0-only
/* kmod/parse.c: what stands in module parameters and names, as far as it comes to the module. */
#include "fuzz.h"
#include "parse.h"

#define GRANULE (2ull << 20)

static void check_memory(const char *text)
{
	/* Room of just so many, so that one too many is seen. */
	struct remora_extent *out = calloc(REMORA_EXTENTS_MAX, sizeof(*out));
	struct remora_error err = { 0 };
	int count = remora_parse_memory(text, out, REMORA_EXTENTS_MAX, &err);

	if (count < 0) {
		MUST(err.reason);
		MUST_EXPLAIN(err);
	} else {
		MUST(count > 0 && count <= REMORA_EXTENTS_MAX);
	}
	for (int i = 0; i < count; i++) {
		MUST(out[i].bytes && out[i].bytes % GRANULE == 0);
		MUST(out[i].source <= REMORA_MEMORY_CONTIGUOUS);
		MUST(out[i].node >= -1);
		MUST(out[i].source == REMORA_MEMORY_RESERVED || !out[i].address);
	}
	free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = fuzz_text(data, bytes);
	struct remora_error err = { 0 };

	if (remora_parse_name(text, &err)) {
		MUST(err.reason == REMORA_R_NAME_INVALID);
		MUST_EXPLAIN(err);
	} else {
		MUST(strlen(text) < REMORA_NAME_MAX && !strchr(text, '/') && text[0] != '.');
	}
	check_memory(text);
	free(text);
	return 0;
}
