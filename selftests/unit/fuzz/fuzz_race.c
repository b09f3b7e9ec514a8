// SPDX-License-Identifier: GPL-2.0-only
/*
 * What remora bench shootdown reads: words of the command line, and /proc/interrupts, of which the
 * input is the head, a newline, and the line.
 */
#include "fuzz.h"
#include "race.h"

static void check_words(const char *text, const char *(*name)(uint32_t number))
{
	const char *bad = NULL;
	uint32_t mask, known = 0;
	size_t words = 1, letters = 0;

	if (!race_parse_words(text, name, &mask, &bad)) {
		MUST(bad >= text && bad <= text + strlen(text));
		return;
	}
	for (uint32_t number = 0; number < 32; number++)
		known |= name(number) ? 1u << number : 0;
	MUST(mask && !(mask & ~known));
	/* Whole words: what was accepted is at least as long as the words it stands for. */
	for (const char *c = text; *c; c++)
		words += *c == ',';
	for (uint32_t number = 0; number < 32; number++)
		letters += mask & 1u << number ? strlen(name(number)) : 0;
	MUST(words >= (size_t)__builtin_popcount(mask));
	MUST(strlen(text) >= letters + words - 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const unsigned int cpus[] = { 0, 1, 2, 7, 63 };
	char *text = fuzz_text(data, bytes), *line;
	uint64_t one, all;

	check_words(text, race_protocol_name);
	check_words(text, race_method_name);
	line = strchr(text, '\n');
	if (line) {
		*line++ = 0;
		one = shoot_ipis_of(text, line, cpus + 1, 1);
		all = shoot_ipis_of(text, line, cpus, 5);
		MUST(!shoot_ipis_of(text, line, cpus, 0));
		MUST(strchr(line, ':') || (!one && !all));
		MUST(strstr(text, "CPU") || (!one && !all));
	}
	free(text);
	return 0;
}
