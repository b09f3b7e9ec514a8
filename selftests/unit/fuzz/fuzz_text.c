// SPDX-License-Identifier: GPL-2.0-only
/*
 * libremora's texts: lists of CPUs, sizes, lists of memory, names. What was read and is written again
 * reads the same.
 */
#include "fuzz.h"
#include <remora/text.h>

#define TEXT_ROOM 1024

static void check_cpus(const char *text)
{
	uint32_t *cpus = calloc(REMORA_CPUS_MAX, sizeof(*cpus));
	uint32_t *again = calloc(REMORA_CPUS_MAX, sizeof(*again));
	uint32_t count = 0, count_again = 0;
	struct remora_error err = { 0 };
	char written[TEXT_ROOM];

	if (remora_parse_cpus(text, cpus, &count, &err)) {
		MUST_EXPLAIN(err);
	} else {
		MUST(count && count <= REMORA_CPUS_MAX);
		for (uint32_t i = 1; i < count; i++)
			MUST(cpus[i - 1] < cpus[i]);
		MUST(remora_format_cpus(cpus, count, written, sizeof(written)) < sizeof(written));
		MUST(!remora_parse_cpus(written, again, &count_again, &err));
		MUST(count == count_again && !memcmp(cpus, again, count * sizeof(*cpus)));
	}
	free(cpus);
	free(again);
}

static void check_size(const char *text)
{
	uint64_t size, again;
	const char *end = NULL;
	char written[64];

	if (!remora_parse_size(text, &size, &end))
		MUST(end > text && end <= text + strlen(text));
	if (remora_parse_size(text, &size, NULL))
		return;
	MUST(remora_format_size(size, written, sizeof(written)) < sizeof(written));
	MUST(!remora_parse_size(written, &again, NULL) && size == again);
}

static void check_memory(const char *text)
{
	struct remora_extent *extents = calloc(REMORA_EXTENTS_MAX, sizeof(*extents));
	struct remora_error err = { 0 };
	uint32_t count = 0;

	if (remora_parse_memory(text, extents, &count, &err)) {
		MUST(err.reason);
		MUST_EXPLAIN(err);
	} else {
		MUST(count && count <= REMORA_EXTENTS_MAX);
		for (uint32_t i = 0; i < count; i++)
			MUST(extents[i].bytes && remora_source_name(extents[i].source));
	}
	free(extents);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	char *text = fuzz_text(data, bytes);
	struct remora_error err = { 0 };

	check_cpus(text);
	check_size(text);
	check_memory(text);
	if (remora_name_check(text, &err))
		MUST_EXPLAIN(err);
	else
		MUST(strlen(text) < REMORA_NAME_MAX && !strchr(text, '/'));
	free(text);
	return 0;
}
