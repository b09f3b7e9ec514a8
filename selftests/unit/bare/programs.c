// SPDX-License-Identifier: GPL-2.0-only
#include <string.h>

#include "programs.h"

static unsigned int instances, wanted;
static const struct report *watched;
static uint64_t watched_from, watched_by;
static const char *line;

void programs_reset(void)
{
	instances = 0;
}

/* The report page in a copy of the program's file. */
unsigned int program_add(const char *path, const char *name, uint64_t mode, uint64_t argument)
{
	const uint64_t magic = REPORT_MAGIC;
	uint64_t bytes;
	unsigned char *file = guest_module(path, name, &bytes);
	struct report *r = memmem(file, bytes, &magic, sizeof(magic));

	assert_non_null(r);
	r->mode = mode;
	r->instance = instances;
	r->argument = argument;
	return instances++;
}

/* The report of a running program; the module's file has one that does not run. */
static struct report *find(unsigned int instance)
{
	for (uint64_t pa = GUEST_OWN; pa < GUEST_OWN + GUEST_OWN_BYTES; pa += ABI_PAGE_SIZE) {
		struct report *r = guest_at(pa);

		if (r->magic == REPORT_MAGIC && r->instance == instance && r->running)
			return r;
	}
	return NULL;
}

static bool runs(void)
{
	return find(wanted);
}

struct report *program_wait(unsigned int instance)
{
	wanted = instance;
	guest_wait(runs, "a program");
	return find(instance);
}

uint64_t program_progress(const struct report *r)
{
	return __atomic_load_n(&r->progress, __ATOMIC_RELAXED);
}

static bool moved(void)
{
	return program_progress(watched) >= watched_from + watched_by;
}

void program_wait_progress(const struct report *r, uint64_t by)
{
	watched = r;
	watched_from = program_progress(r);
	watched_by = by;
	guest_wait(moved, "progress of a program");
}

static bool printed(void)
{
	return guest_line(1, line);
}

void console_wait(const char *text)
{
	line = text;
	guest_wait(printed, text);
}
