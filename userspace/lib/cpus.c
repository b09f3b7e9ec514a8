// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Lists of CPUs: "1-3,5,7-15:2".
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "private.h"

#define WORD_BITS 64
#define WORDS ((REMORA_CPU_NUMBER_MAX + WORD_BITS) / WORD_BITS)

struct cursor {
	const char *text;
	const char *at;
	struct remora_error *error;
};

static int complain(const struct cursor *c, const char *expected)
{
	size_t where = (size_t)(c->at - c->text) + 1;
	unsigned char found = (unsigned char)*c->at;

	if (!found)
		return remora_error_set(c->error, -EINVAL, REMORA_R_NONE,
					"CPU list, character %zu: %s was expected, the list ends",
					where, expected);
	if (found < ' ' || found > '~')
		return remora_error_set(c->error, -EINVAL, REMORA_R_NONE,
					"CPU list, character %zu: %s was expected, not byte 0x%02x",
					where, expected, found);
	return remora_error_set(c->error, -EINVAL, REMORA_R_NONE,
				"CPU list, character %zu: %s was expected, not '%c'", where,
				expected, found);
}

static int number(struct cursor *c, const char *what, uint32_t *value)
{
	const char *start = c->at;
	uint32_t v = 0;

	if (*c->at < '0' || *c->at > '9')
		return complain(c, what);
	for (; *c->at >= '0' && *c->at <= '9'; c->at++) {
		v = v * 10 + (uint32_t)(*c->at - '0');
		if (v > REMORA_CPU_NUMBER_MAX)
			return remora_error_set(c->error, -EINVAL, REMORA_R_NONE,
						"CPU list, character %zu: the number is larger "
						"than %d", (size_t)(start - c->text) + 1,
						REMORA_CPU_NUMBER_MAX);
	}
	*value = v;
	return 0;
}

/* One element: N, N-M or N-M:STEP. */
static int element(struct cursor *c, uint64_t *set)
{
	const char *start = c->at;
	uint32_t first, last, step = 1;
	int err;

	err = number(c, "a CPU number", &first);
	if (err)
		return err;
	last = first;
	if (*c->at == '-') {
		c->at++;
		err = number(c, "the last CPU of the range", &last);
		if (!err && *c->at == ':') {
			c->at++;
			err = number(c, "the step of the range", &step);
		}
		if (err)
			return err;
	}
	if (last < first || !step)
		return remora_error_set(c->error, -EINVAL, REMORA_R_NONE,
					"CPU list, character %zu: %s",
					(size_t)(start - c->text) + 1,
					step ? "the range runs backwards" :
					       "the step must be at least 1");
	for (uint32_t cpu = first; cpu <= last; cpu += step)
		set[cpu / WORD_BITS] |= 1ull << (cpu % WORD_BITS);
	return 0;
}

static int collect(const uint64_t *set, uint32_t *cpus, uint32_t *count)
{
	uint32_t found = 0;

	for (uint32_t cpu = 0; cpu <= REMORA_CPU_NUMBER_MAX; cpu++) {
		if (!(set[cpu / WORD_BITS] >> (cpu % WORD_BITS) & 1))
			continue;
		if (found < REMORA_CPUS_MAX)
			cpus[found] = cpu;
		found++;
	}
	*count = found;
	return found > REMORA_CPUS_MAX ? -EINVAL : 0;
}

REMORA_API int remora_parse_cpus(const char *text, uint32_t *cpus, uint32_t *count,
				 struct remora_error *error)
{
	struct cursor c = { .text = text, .at = text, .error = error };
	uint64_t set[WORDS] = { 0 };

	if (!*text)
		return remora_error_set(error, -EINVAL, REMORA_R_CPU_LIST_EMPTY,
					"the CPU list is empty: at least one CPU is needed");
	for (;;) {
		int err = element(&c, set);

		if (err)
			return err;
		if (!*c.at)
			break;
		if (*c.at != ',')
			return complain(&c, "',' or the end");
		c.at++;
	}
	if (collect(set, cpus, count))
		return remora_error_set(error, -EINVAL, REMORA_R_CPU_TOO_MANY,
					"the list has %u CPUs, a partition at most %d", *count,
					REMORA_CPUS_MAX);
	return 0;
}

REMORA_API size_t remora_format_cpus(const uint32_t *cpus, uint32_t count, char *text, size_t size)
{
	size_t length = 0;
	uint32_t i = 0;

	if (size)
		text[0] = 0;
	while (i < count) {
		uint32_t run = 1;
		char *at = length < size ? text + length : NULL;
		size_t room = length < size ? size - length : 0;

		while (i + run < count && cpus[i + run] == cpus[i] + run)
			run++;
		if (run == 1)
			length += (size_t)snprintf(at, room, "%s%u", i ? "," : "", cpus[i]);
		else
			length += (size_t)snprintf(at, room, "%s%u-%u", i ? "," : "", cpus[i],
						   cpus[i + run - 1]);
		i += run;
	}
	return length;
}
