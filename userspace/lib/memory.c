// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Sizes and lists of memory extents: "64M@1,reserved:1G@0x140000000".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

#define NODE_MAX 1023
#define ANY_REGION (~0ull)

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decimal, or hexadecimal after 0x. Returns 0, -EINVAL (no digit) or -ERANGE. */
static int number(const char **at, uint64_t *value)
{
	unsigned int base = 10;
	const char *p = *at;
	uint64_t v = 0;

	if (p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	if (digit(*p) < 0 || digit(*p) >= (int)base)
		return -EINVAL;
	for (; digit(*p) >= 0 && digit(*p) < (int)base; p++)
		if (__builtin_mul_overflow(v, base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit(*p), &v))
			return -ERANGE;
	*at = p;
	*value = v;
	return 0;
}

static unsigned int unit_shift(char c)
{
	switch (c) {
	case 'k':
	case 'K':
		return 10;
	case 'm':
	case 'M':
		return 20;
	case 'g':
	case 'G':
		return 30;
	case 't':
	case 'T':
		return 40;
	}
	return 0;
}

REMORA_API int remora_parse_size(const char *text, uint64_t *bytes, const char **end)
{
	const char *at = text;
	unsigned int shift;
	uint64_t value;
	int err;

	err = number(&at, &value);
	if (err)
		return err;
	shift = unit_shift(*at);
	if (shift)
		at++;
	if (shift && value >> (64 - shift))
		return -ERANGE;
	if (!end && *at)
		return -EINVAL;
	*bytes = value << shift;
	if (end)
		*end = at;
	return 0;
}

REMORA_API size_t remora_format_size(uint64_t bytes, char *text, size_t size)
{
	static const char units[] = { 0, 'K', 'M', 'G', 'T' };
	unsigned int unit = 0;
	char suffix[2] = "";

	while (bytes && !(bytes & 1023) && unit + 1 < sizeof(units)) {
		bytes >>= 10;
		unit++;
	}
	suffix[0] = units[unit];
	return (size_t)snprintf(text, size, "%llu%s", (unsigned long long)bytes, suffix);
}

struct cursor {
	const char *text;
	const char *at;
	struct remora_error *error;
};

static int complain(const struct cursor *c, uint32_t reason, const char *sentence)
{
	return remora_error_set(c->error, -EINVAL, reason, "memory, character %zu: %s",
				(size_t)(c->at - c->text) + 1, sentence);
}

/* "SOURCE:" before the size, if there is a ':' before the next ','. */
static int source(struct cursor *c, struct remora_extent *extent)
{
	size_t length = strcspn(c->at, ":,");
	uint32_t s;

	extent->source = REMORA_MEMORY_AUTO;
	if (c->at[length] != ':')
		return 0;
	for (s = REMORA_MEMORY_AUTO; remora_source_name(s); s++) {
		const char *name = remora_source_name(s);

		if (strlen(name) != length || memcmp(name, c->at, length))
			continue;
		extent->source = s;
		c->at += length + 1;
		return 0;
	}
	return complain(c, REMORA_R_MEMORY_SOURCE_UNKNOWN,
			"unknown memory source; 'auto:', 'reserved:', 'block:' or 'contig:' was "
			"expected");
}

static int place(struct cursor *c, struct remora_extent *extent)
{
	bool reserved = extent->source == REMORA_MEMORY_RESERVED;
	uint64_t value;
	int err;

	extent->node = -1;
	extent->address = reserved ? ANY_REGION : 0;
	if (*c->at != '@')
		return 0;
	c->at++;
	err = number(&c->at, &value);
	if (reserved) {
		if (err || value == ANY_REGION)
			return complain(c, REMORA_R_MEMORY_SYNTAX, "a physical address was expected after "
					"'@' (reserved:SIZE@ADDRESS)");
		extent->address = value;
		return 0;
	}
	if (err || value > NODE_MAX)
		return complain(c, REMORA_R_MEMORY_SYNTAX,
				"a NUMA node from 0 to 1023 was expected after '@'");
	extent->node = (int32_t)value;
	return 0;
}

static int extent_of(struct cursor *c, struct remora_extent *extent)
{
	uint64_t bytes = 0;
	const char *end;
	int err;

	memset(extent, 0, sizeof(*extent));
	err = source(c, extent);
	if (err)
		return err;
	err = remora_parse_size(c->at, &bytes, &end);
	if (err == -ERANGE)
		return complain(c, REMORA_R_MEMORY_SYNTAX, "the size does not fit in 64 bits");
	if (err)
		return complain(c, REMORA_R_MEMORY_SYNTAX, "a size was expected, like 64M or 0x4000000");
	if (!bytes)
		return complain(c, REMORA_R_MEMORY_SYNTAX, "the size is 0");
	extent->bytes = bytes;
	c->at = end;
	if (*c->at && *c->at != '@' && *c->at != ',')
		return complain(c, REMORA_R_MEMORY_SYNTAX, "'@', ',' or the end was expected; units are K, "
				"M, G and T (powers of 1024)");
	return place(c, extent);
}

REMORA_API int remora_parse_memory(const char *text, struct remora_extent *extents,
				   uint32_t *count, struct remora_error *error)
{
	struct cursor c = { .text = text, .at = text, .error = error };
	uint32_t found = 0;

	if (!*text)
		return remora_error_set(error, -EINVAL, REMORA_R_MEMORY_NONE,
					"the memory list is empty: at least one extent is needed");
	for (;;) {
		int err;

		if (found == REMORA_EXTENTS_MAX)
			return complain(&c, REMORA_R_MEMORY_TOO_MANY,
					"too many extents: 16 at most");
		err = extent_of(&c, &extents[found++]);
		if (err)
			return err;
		if (!*c.at)
			break;
		if (*c.at != ',')
			return complain(&c, REMORA_R_MEMORY_SYNTAX, "',' or the end was expected");
		c.at++;
	}
	*count = found;
	return 0;
}
