// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs from the boot information, until there are capabilities to build domains with: each module
 * is a static ELF executable, and becomes one dispatcher in an address space of its own. Its name may
 * be followed by what it asks of the scheduler: "NAME weight=N", "NAME soft=BUDGET/PERIOD" or
 * "NAME hard=BUDGET/PERIOD", both in microseconds. A bad one is told on the console and left out.
 */
#include <base/elf64.h>
#include <base/string.h>

#include <bootinfo.h>
#include <console.h>
#include <dispatcher.h>
#include <memory.h>

#define DISPATCHER_VA 0x7ff000000000ull
#define PAGE_UP(x) (((x) + ABI_PAGE_SIZE - 1) & ~(ABI_PAGE_SIZE - 1))

/* Where ram_page() looks next. */
static uint32_t next_extent;
static uint64_t next_offset;
static uint64_t pages_taken;

static bool in_module(uint64_t page)
{
	for (uint32_t i = 0; i < boot_info->module_count; i++) {
		if (memory_overlap(page, ABI_PAGE_SIZE, boot_info->modules[i].base,
				   boot_info->modules[i].size))
			return true;
	}
	return false;
}

/* A zeroed page of the memory for domains, or 0. */
static uint64_t ram_page(void)
{
	for (; next_extent < boot_info->extent_count; next_extent++, next_offset = 0) {
		const struct abi_extent *e = &boot_info->extents[next_extent];

		while (e->kind == ABI_EXTENT_RAM && next_offset < e->size) {
			uint64_t page = e->base + next_offset;

			next_offset += ABI_PAGE_SIZE;
			if (memory_reserved(page, ABI_PAGE_SIZE) || in_module(page))
				continue;
			memset(memory_at(page), 0, ABI_PAGE_SIZE);
			pages_taken++;
			return page;
		}
	}
	return 0;
}

/* ---- name and parameters ---- */

static bool take(const char **text, const char *word)
{
	uint64_t length = base_strlen(word, ABI_NAME_MAX);

	if (memcmp(*text, word, length))
		return false;
	*text += length;
	return true;
}

static uint64_t take_number(const char **text)
{
	uint64_t number = 0;

	for (; **text >= '0' && **text <= '9' && number < 1000000000; ++*text)
		number = number * 10 + (uint64_t)(**text - '0');
	return number;
}

/* @text is terminated, with ABI_NAME_MAX bytes of room after it. */
static bool parse(const char *text, struct sched_params *p)
{
	*p = (struct sched_params){ .class = SCHED_BEST_EFFORT, .weight = 1 };
	if (take(&text, "weight=")) {
		p->weight = (uint32_t)take_number(&text);
		return !*text;
	}
	p->class = take(&text, "soft=") ? SCHED_SOFT : SCHED_HARD;
	if (p->class == SCHED_HARD && !take(&text, "hard="))
		return false;
	p->budget = take_number(&text) * boot_info->tsc_khz / 1000;
	if (!take(&text, "/"))
		return false;
	p->period = take_number(&text) * boot_info->tsc_khz / 1000;
	return !*text;
}

/* ---- loading ---- */

static const char *load_page(struct dispatcher *d, const char *image, const struct elf64_segment *s,
			     uint64_t va)
{
	uint64_t from = va > s->address ? va : s->address, pa;
	uint64_t end = va + ABI_PAGE_SIZE, page;

	if (arch_space_find(&d->space, va, false, &pa))
		return "two segments share a page";
	page = ram_page();
	if (!page)
		return "out of memory";
	end = end < s->address + s->file_bytes ? end : s->address + s->file_bytes;
	if (from < end)
		memcpy((char *)memory_at(page) + (from - va), image + s->offset + (from - s->address),
		       end - from);
	arch_space_map(&d->space, va, page,
		       (s->flags & ELF64_WRITE ? USER_WRITE : 0) |
			       (s->flags & ELF64_EXECUTE ? USER_EXECUTE : 0));
	return NULL;
}

/* Before any is taken: pages do not come back. */
static bool enough(const char *image)
{
	uint64_t left = memory_total(ABI_EXTENT_RAM) / ABI_PAGE_SIZE - pages_taken;
	struct elf64_segment segment;

	for (uint32_t i = 0; elf64_segment(image, i, &segment); i++) {
		uint64_t pages = PAGE_UP(segment.memory_bytes) / ABI_PAGE_SIZE + 1;

		if (pages > left)
			return false;
		left -= pages;
	}
	return true;
}

static const char *load(struct dispatcher *d, const char *image, uint64_t bytes)
{
	struct elf64_segment segment;
	const struct elf64_file file = { image, bytes, bytes, ABI_PAGE_SIZE, ABI_USER_END };
	const char *error = elf64_check(&file);

	if (!error && !enough(image))
		error = "out of memory";
	for (uint32_t i = 0; !error && elf64_segment(image, i, &segment); i++) {
		uint64_t end = PAGE_UP(segment.address + segment.memory_bytes);

		for (uint64_t va = segment.address & ~(ABI_PAGE_SIZE - 1); !error && va < end;
		     va += ABI_PAGE_SIZE)
			error = load_page(d, image, &segment, va);
	}
	return error;
}

static const char *start(const struct abi_module *m)
{
	char name[2 * ABI_NAME_MAX] = { 0 };
	struct sched_params params = { .class = SCHED_BEST_EFFORT, .weight = 1 };
	uint64_t length = base_strlen(m->name, ABI_NAME_MAX - 1), shared;
	const char *error = NULL;
	struct dispatcher *d;
	int rc;

	memcpy(name, m->name, length);
	for (uint64_t i = 0; i < length; i++) {
		if (name[i] != ' ')
			continue;
		name[i] = 0;
		if (!parse(&name[i + 1], &params))
			return "parameters not understood";
		break;
	}
	if (!memory_within(m->base, m->size, ABI_EXTENT_RAM))
		return "not in memory for domains";
	shared = ram_page();
	if (!shared)
		return "out of memory";
	d = dispatcher_create(shared, DISPATCHER_VA, &params, name, &rc);
	if (!d)
		return "refused by the scheduler, or too many";
	error = load(d, memory_at(m->base), m->size);
	if (error) {
		dispatcher_end(d);
		return error;
	}
	d->shared->entry[ABI_UPCALL_RUN] = elf64_entry(memory_at(m->base));
	dispatcher_wake(d);
	return NULL;
}

void programs_start(void)
{
	const char *error = NULL;

	if (!boot_info->module_count)
		return;
	error = dispatchers_init();
	if (error) {
		console_error("no programs: the CPU lacks %s", error);
		return;
	}
	for (uint32_t i = 0; i < boot_info->module_count && i < ABI_MODULES_MAX; i++) {
		const struct abi_module *m = &boot_info->modules[i];

		error = start(m);
		if (error)
			console_error("program %.*s: %s", (int)ABI_NAME_MAX, m->name, error);
	}
}
