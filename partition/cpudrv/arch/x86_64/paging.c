// SPDX-License-Identifier: GPL-2.0-only
#include <abi/ctl.h>
#include <abi/layout.h>
#include <abi/shootdown.h>
#include <apic.h>
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <cpu.h>
#include <crash.h>
#include <errors.h>
#include <memory.h>
#include <pagetable.h>
#include <sections.h>
#include <stack.h>
#include <tlb.h>
#include <x86.h>

/* A step of memory lies in at most two directories; others need kernel memory too. */
#define WINDOW_PAGES 34u

URPC_STATIC_ASSERT(ABI_MEMORY_STEP <= 1ull << 30, "two directories for a step");

static struct pagetable tables = { .page = memory_page, .at = memory_at };

static void map_window(uint64_t base, uint64_t bytes, uint64_t rights)
{
	bytes = (bytes + base % ABI_PAGE_SIZE + ABI_PAGE_SIZE - 1) & ~(ABI_PAGE_SIZE - 1);
	base &= ~(ABI_PAGE_SIZE - 1);
	pagetable_map(&tables, ABI_WINDOW_VA + base, base, bytes, rights);
}

/* A section at its linked address and, no wider in rights, in the window. */
static void map_section(const char *start, const char *end, uint64_t rights)
{
	uint64_t va = (uint64_t)start;
	uint64_t bytes = (uint64_t)end - va;
	uint64_t pa = boot_info->image_phys + (va - ABI_IMAGE_VA);

	pagetable_map(&tables, va, pa, bytes, rights);
	map_window(pa, bytes, rights | PTE_NO_EXECUTE);
}

static void map_image(void)
{
	check(boot_info->image_size >= (uint64_t)section_data_end - ABI_IMAGE_VA,
	      "image of %lu bytes is larger than the copy of %lu",
	      (uint64_t)section_data_end - ABI_IMAGE_VA, boot_info->image_size);
	map_section(section_text, section_text_end, MAP_TEXT);
	map_section(section_rodata, section_rodata_end, MAP_READ);
	map_section(section_data, section_data_end, MAP_WRITE);
}

/* The table of peers may share its pages with rings: it gets its own mapping only where none is. */
static void map_peers(void)
{
	uint64_t end = boot_info->peers + boot_info->nodes * sizeof(struct abi_channel);
	uint64_t pa, rights;

	if (!boot_info->peers)
		return;
	for (uint64_t at = boot_info->peers & ~(ABI_PAGE_SIZE - 1); at < end; at += ABI_PAGE_SIZE) {
		if (!pagetable_find(&tables, ABI_WINDOW_VA + at, &pa, &rights))
			map_window(at, ABI_PAGE_SIZE, MAP_READ);
	}
}

static void map_stacks(void)
{
	for (enum stack s = STACK_MAIN; s < STACK_COUNT; s++) {
		for (uint64_t va = stack_bottom(s); va < stack_top(s); va += ABI_PAGE_SIZE)
			pagetable_map(&tables, va, memory_page(), ABI_PAGE_SIZE, MAP_WRITE);
	}
}

void paging_init(void)
{
	pagetable_init(&tables);
	/* Later mappings replace parts of earlier ones: from the wide to the special. */
	for (uint32_t i = 0; i < boot_info->extent_count; i++)
		map_window(boot_info->extents[i].base, boot_info->extents[i].size, MAP_WRITE);
	map_window(boot_info->console, boot_info->console_size, MAP_WRITE);
	if (boot_info->trace)
		map_window(boot_info->trace, boot_info->trace_size, MAP_WRITE);
	map_window(boot_info->core_page, ABI_PAGE_SIZE, MAP_WRITE);
	map_window(boot_info->host_page, ABI_PAGE_SIZE, MAP_READ);
	map_window(memory_physical(boot_info), ABI_PAGE_SIZE, MAP_READ);
	map_peers();
	map_image();
	map_stacks();
	test_pages_init(&tables);
	if (!apic_x2apic())
		pagetable_map(&tables, ABI_MMIO_VA, apic_mmio_base(), ABI_PAGE_SIZE, MAP_DEVICE);
	write_cr3(tables.root);
	stacks_use();
}

/*
 * All address spaces have copies of the top level, which therefore does not change. Tables below it stay when
 * memory goes, for the next that comes there.
 */
int arch_window_add(uint64_t base, uint64_t bytes)
{
	const uint64_t *top = memory_at(tables.root);
	uint64_t va = ABI_WINDOW_VA + base;

	if (!(top[va >> 39 & 511] & top[(va + bytes - 1) >> 39 & 511] & PTE_PRESENT))
		return -ERR_RANGE;
	if (memory_pages_left() < WINDOW_PAGES)
		return -ERR_NOMEM;
	map_window(base, bytes, MAP_WRITE);
	return 0;
}

void arch_window_remove(uint64_t base, uint64_t bytes)
{
	pagetable_clear(&tables, ABI_WINDOW_VA + base, bytes);
	arch_flush(ABI_SHOOT_FULL, 0);
}

void paging_report(void)
{
	console_info("paging: %lu tables, %lu large pages, text %lu KiB, "
		     "constants %lu KiB, data %lu KiB",
		     tables.pages, tables.large, (uint64_t)(section_text_end - section_text) >> 10,
		     (uint64_t)(section_rodata_end - section_rodata) >> 10,
		     (uint64_t)(section_data_end - section_data) >> 10);
}
