// SPDX-License-Identifier: GPL-2.0-only
/* What administrators write. Pure: runs in the module and in host tests. */

#include "parse.h"

#define MEMORY_GRANULE (2ull << 20)
#define NODE_MAX 1023
/* Of a culprit, this much is quoted. */
#define QUOTE_MAX 48

/* A piece of the text; not terminated. */
struct span {
	const char *text;
	size_t length;
};

#define QUOTE(s) (int)min_t(size_t, (s).length, QUOTE_MAX), (s).text

static bool name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       c == '_' || c == '-';
}

int remora_parse_name(const char *name, struct remora_error *err)
{
	size_t length = strnlen(name, REMORA_NAME_MAX);
	size_t i;

	if (!length)
		return remora_fail(err, REMORA_R_NAME_INVALID, "the partition's name is empty");
	if (length == REMORA_NAME_MAX)
		return remora_fail(err, REMORA_R_NAME_INVALID,
				   "the name \"%.31s...\" is longer than %d characters", name,
				   REMORA_NAME_MAX - 1);
	for (i = 0; i < length; i++) {
		bool inside = i > 0 && i + 1 < length;

		if (name_char(name[i]) || (name[i] == '.' && inside))
			continue;
		return remora_fail(err, REMORA_R_NAME_INVALID,
				   "the name \"%s\" has '%c' in place %zu; letters, digits, '_', '-', and '.' inside are good",
				   name, name[i], i + 1);
	}
	return 0;
}

static int digit(char c, unsigned int base)
{
	int value = -1;

	if (c >= '0' && c <= '9')
		value = c - '0';
	else if (base == 16 && c >= 'a' && c <= 'f')
		value = c - 'a' + 10;
	else if (base == 16 && c >= 'A' && c <= 'F')
		value = c - 'A' + 10;
	return value;
}

static int suffix_shift(char c)
{
	switch (c) {
	case 'K': case 'k': return 10;
	case 'M': case 'm': return 20;
	case 'G': case 'g': return 30;
	}
	return -1;
}

/* A decimal or 0x number and, if @suffix, K, M or G; all of @s. Return: 0 or -EINVAL. */
static int parse_number(struct span s, bool suffix, u64 *value)
{
	unsigned int base = 10;
	size_t i = 0;
	int shift;

	if (s.length > 2 && s.text[0] == '0' && (s.text[1] == 'x' || s.text[1] == 'X')) {
		base = 16;
		i = 2;
	}
	*value = 0;
	if (i == s.length || digit(s.text[i], base) < 0)
		return -EINVAL;
	for (; i < s.length && digit(s.text[i], base) >= 0; i++)
		if (check_mul_overflow(*value, (u64)base, value) ||
		    check_add_overflow(*value, (u64)digit(s.text[i], base), value))
			return -EINVAL;
	if (i == s.length)
		return 0;
	shift = suffix_shift(s.text[i]);
	if (!suffix || shift < 0 || i + 1 != s.length || *value > (~0ull >> shift))
		return -EINVAL;
	*value <<= shift;
	return 0;
}

/* Cut @s before the first @separator; what follows it is @rest, if there is one. */
static bool split(struct span *s, char separator, struct span *rest)
{
	const char *at = memchr(s->text, separator, s->length);

	if (!at)
		return false;
	rest->text = at + 1;
	rest->length = s->text + s->length - rest->text;
	s->length = at - s->text;
	return true;
}

static int parse_source(struct span *item, struct remora_extent *out, struct remora_error *err)
{
	static const char *const names[] = {
		[REMORA_MEMORY_RESERVED] = "reserved",
		[REMORA_MEMORY_BLOCK] = "block",
		[REMORA_MEMORY_CONTIGUOUS] = "contig",
	};
	struct span source = *item;
	u32 i;

	out->source = REMORA_MEMORY_AUTO;
	if (!split(&source, ':', item))
		return 0;
	for (i = REMORA_MEMORY_RESERVED; i < ARRAY_SIZE(names); i++) {
		if (strlen(names[i]) == source.length &&
		    !memcmp(names[i], source.text, source.length)) {
			out->source = i;
			return 0;
		}
	}
	return remora_fail(err, REMORA_R_MEMORY_SOURCE_UNKNOWN,
			   "unknown memory source \"%.*s\"; expected reserved, block or contig",
			   QUOTE(source));
}

static int parse_place(struct span place, struct remora_extent *out, struct remora_error *err)
{
	u64 value;

	if (out->source == REMORA_MEMORY_RESERVED) {
		if (parse_number(place, true, &value))
			return remora_fail(err, REMORA_R_MEMORY_SYNTAX,
					   "\"%.*s\" is not a physical address; expected a number such as 0x100000000 or 4G",
					   QUOTE(place));
		if (value % MEMORY_GRANULE)
			return remora_fail(err, REMORA_R_MEMORY_UNALIGNED,
					   "memory address \"%.*s\" is not a multiple of 2 MiB",
					   QUOTE(place));
		out->address = value;
		return 0;
	}
	if (parse_number(place, false, &value) || value > NODE_MAX)
		return remora_fail(err, REMORA_R_MEMORY_SYNTAX,
				   "\"%.*s\" is not a NUMA node; expected a number from 0 to %d",
				   QUOTE(place), NODE_MAX);
	out->node = (s32)value;
	return 0;
}

static int parse_extent(struct span item, struct remora_extent *out, struct remora_error *err)
{
	struct span size, place;
	bool placed;
	int ret;

	ret = parse_source(&item, out, err);
	if (ret)
		return ret;
	out->address = out->source == REMORA_MEMORY_RESERVED ? ~0ull : 0;
	out->node = -1;

	size = item;
	placed = split(&size, '@', &place);
	if (parse_number(size, true, &out->bytes))
		return remora_fail(err, REMORA_R_MEMORY_SYNTAX,
				   "\"%.*s\" is not a size; expected a number with K, M or G, such as 256M",
				   QUOTE(size));
	if (!out->bytes)
		return remora_fail(err, REMORA_R_MEMORY_TOO_SMALL,
				   "memory size \"%.*s\" is zero; the least is 2M", QUOTE(size));
	if (out->bytes % MEMORY_GRANULE)
		return remora_fail(err, REMORA_R_MEMORY_UNALIGNED,
				   "memory size \"%.*s\" is not a multiple of 2 MiB", QUOTE(size));
	return placed ? parse_place(place, out, err) : 0;
}

int remora_parse_memory(const char *text, struct remora_extent *out, unsigned int room,
			struct remora_error *err)
{
	struct span rest = { .text = text, .length = strlen(text) };
	unsigned int count = 0;
	bool more = true;

	if (!rest.length)
		return remora_fail(err, REMORA_R_MEMORY_NONE,
				   "the memory list is empty; expected for example 256M");
	while (more) {
		struct span item = rest;
		int ret;

		more = split(&item, ',', &rest);
		if (count == room)
			return remora_fail(err, REMORA_R_MEMORY_TOO_MANY,
					   "more than %u memory extents, from \"%.*s\" on", room,
					   QUOTE(item));
		ret = parse_extent(item, &out[count], err);
		if (ret)
			return ret;
		count++;
	}
	return count;
}
