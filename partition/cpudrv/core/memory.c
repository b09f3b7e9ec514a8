// SPDX-License-Identifier: GPL-2.0-only
#include <base/string.h>

#include <bootinfo.h>
#include <crash.h>
#include <memory.h>

/* Where memory_page() looks next: an extent of the boot information and a place in it. */
static uint32_t next_extent;
static uint64_t next_offset;
static uint64_t taken;
/* By index as in the boot information, then those that were added. Size 0: none; kind 0: on its way. */
static struct abi_extent extents[ABI_EXTENTS_MAX];
static uint64_t freed; /* physical address of the first free page; each begins with that of the next */

static void extent_check(const struct abi_extent *e, uint32_t index)
{
	check(e->kind >= ABI_EXTENT_IMAGE && e->kind <= ABI_EXTENT_SHARED,
	      "extent %u is of unknown kind %u", index, e->kind);
	check(e->size && !(e->base % ABI_PAGE_SIZE) && !(e->size % ABI_PAGE_SIZE),
	      "extent %u is empty or not page-aligned", index);
	check(e->base < ABI_WINDOW_SIZE && e->size <= ABI_WINDOW_SIZE - e->base,
	      "extent %u reaches past the window", index);
	for (uint32_t i = 0; i < index; i++)
		check(!memory_overlap(e->base, e->size, boot_info->extents[i].base,
				      boot_info->extents[i].size),
		      "extents %u and %u overlap", i, index);
}

static void page_check(uint64_t base, uint64_t bytes, const char *name)
{
	check(base && !(base % ABI_PAGE_SIZE) && bytes && base < ABI_WINDOW_SIZE &&
		      bytes <= ABI_WINDOW_SIZE - base,
	      "the %s is misplaced", name);
}

static uint64_t trace_bytes(void)
{
	return boot_info->trace ? boot_info->trace_size : 0;
}

static uint64_t peers_bytes(void)
{
	return boot_info->peers ? (uint64_t)boot_info->nodes * sizeof(struct abi_channel) : 0;
}

void memory_init(void)
{
	check(boot_info->nodes >= 2 && boot_info->nodes <= ABI_NODES_MAX && boot_info->node &&
		      boot_info->node < boot_info->nodes,
	      "node %u of %u nodes makes no sense", boot_info->node, boot_info->nodes);
	check(boot_info->tsc_khz >= 1000, "TSC frequency of %lu kHz makes no sense",
	      boot_info->tsc_khz);
	check(boot_info->extent_count <= ABI_EXTENTS_MAX, "%u extents, at most %u expected",
	      boot_info->extent_count, ABI_EXTENTS_MAX);
	for (uint32_t i = 0; i < boot_info->extent_count; i++)
		extent_check(&boot_info->extents[i], i);
	memcpy(extents, boot_info->extents, boot_info->extent_count * sizeof(extents[0]));
	page_check(boot_info->host_page, ABI_PAGE_SIZE, "host page");
	page_check(boot_info->core_page, ABI_PAGE_SIZE, "core page");
	page_check(boot_info->console, boot_info->console_size, "console");
	page_check(boot_info->image_phys, boot_info->image_size, "image");
	if (boot_info->trace)
		page_check(boot_info->trace, boot_info->trace_size, "trace ring");
	check(!peers_bytes() || (boot_info->peers < ABI_WINDOW_SIZE && !(boot_info->peers % 8)),
	      "the table of peers is misplaced");
}

bool memory_reserved(uint64_t base, uint64_t bytes)
{
	uint64_t boot = memory_physical(boot_info);

	return memory_overlap(base, bytes, boot, ABI_PAGE_SIZE) ||
	       memory_overlap(base, bytes, boot_info->host_page, ABI_PAGE_SIZE) ||
	       memory_overlap(base, bytes, boot_info->core_page, ABI_PAGE_SIZE) ||
	       memory_overlap(base, bytes, boot_info->console, boot_info->console_size) ||
	       memory_overlap(base, bytes, boot_info->trace, trace_bytes()) ||
	       memory_overlap(base, bytes, boot_info->peers, peers_bytes());
}

uint64_t memory_page_try(void)
{
	if (freed) {
		uint64_t page = freed;

		freed = *(uint64_t *)memory_at(page);
		taken++;
		memset(memory_at(page), 0, ABI_PAGE_SIZE);
		return page;
	}
	for (; next_extent < boot_info->extent_count; next_extent++, next_offset = 0) {
		const struct abi_extent *e = &boot_info->extents[next_extent];

		if (e->kind != ABI_EXTENT_KERNEL)
			continue;
		while (next_offset < e->size) {
			uint64_t page = e->base + next_offset;

			next_offset += ABI_PAGE_SIZE;
			if (memory_reserved(page, ABI_PAGE_SIZE))
				continue;
			taken++;
			memset(memory_at(page), 0, ABI_PAGE_SIZE);
			return page;
		}
	}
	return 0;
}

uint64_t memory_page(void)
{
	uint64_t page = memory_page_try();

	if (!page)
		crash_fail("out of kernel memory after %lu pages", taken);
	return page;
}

void memory_page_free(uint64_t pa)
{
	*(uint64_t *)memory_at(pa) = freed;
	freed = pa;
	taken--;
}

uint64_t memory_pages_taken(void)
{
	return taken;
}

uint64_t memory_total(uint32_t kind)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < boot_info->extent_count; i++) {
		if (boot_info->extents[i].kind == kind)
			bytes += boot_info->extents[i].size;
	}
	return bytes;
}

uint64_t memory_pages_left(void)
{
	return memory_total(ABI_EXTENT_KERNEL) / ABI_PAGE_SIZE - taken;
}

bool memory_touched(uint64_t base, uint64_t bytes)
{
	for (uint32_t i = 0; i < ABI_EXTENTS_MAX; i++) {
		if (extents[i].size && memory_overlap(base, bytes, extents[i].base, extents[i].size))
			return true;
	}
	return false;
}

bool memory_reached(uint64_t base, uint64_t bytes)
{
	return memory_within(base, bytes, ABI_EXTENT_RAM) ||
	       memory_within(base, bytes, ABI_EXTENT_SHARED);
}

bool memory_within(uint64_t base, uint64_t bytes, uint32_t kind)
{
	for (uint32_t i = 0; i < ABI_EXTENTS_MAX; i++) {
		const struct abi_extent *e = &extents[i];

		if (e->kind == kind && bytes && base >= e->base && bytes <= e->size &&
		    base - e->base <= e->size - bytes)
			return true;
	}
	return false;
}

struct abi_extent *memory_extent(uint64_t base, uint64_t bytes, uint32_t *index)
{
	for (uint32_t i = 0; i < ABI_EXTENTS_MAX; i++) {
		if (extents[i].size == bytes && (!bytes || extents[i].base == base)) {
			*index = i;
			return &extents[i];
		}
	}
	return NULL;
}
