// SPDX-License-Identifier: GPL-2.0-only
/* What a core finds when it starts: boot information, fresh pages, boot page tables. */
#include <linux/string.h>
#include <asm/tsc.h>

#include "arch/x86/wake.h"
#include "regions.h"
#include "trace.h"

/**
 * struct boot_extents - what a core is told of, in Linux's own memory
 * The boot page is only written here: other cores of the partition, which run while this one joins, reach it.
 */
struct boot_extents {
	struct abi_extent extent[ABI_EXTENTS_MAX];
	unsigned int count;
};

static void boot_add_extent(struct boot_extents *list, const struct remora_region *r,
			    enum abi_extent_kind kind)
{
	list->extent[list->count++] = (struct abi_extent){
		.base = r->phys,
		.size = r->bytes,
		.kind = kind,
		.numa = max(r->numa, 0),
	};
}

/* IMAGE, KERNEL, the pieces of RAM, rings and channel memory of each place, memory that was added. */
static_assert(REMORA_RAM_PIECES + 2 + 2 * REMORA_PLACES_MAX + REMORA_ADDED_MAX <= ABI_EXTENTS_MAX);

/* Behind all others: the monitor's own objects lie in what comes first, and this can be removed again. */
static void boot_list_added(const struct remora_core *core, struct boot_extents *list)
{
	const struct remora_added *added;

	list_for_each_entry(added, &core->added, link) {
		const struct remora_region r = { .phys = remora_added_extent(added)->base,
						 .bytes = remora_added_extent(added)->bytes,
						 .numa = remora_added_extent(added)->numa };

		boot_add_extent(list, &r, ABI_EXTENT_RAM);
	}
}

static void boot_list_extents(const struct remora_core *core, struct boot_extents *list)
{
	const struct remora_partition *p = core->partition;
	unsigned int i;

	list->count = 0;
	boot_add_extent(list, &core->image, ABI_EXTENT_IMAGE);
	boot_add_extent(list, &core->kernel, ABI_EXTENT_KERNEL);
	for (i = 0; i < core->ram_count; i++)
		boot_add_extent(list, &core->ram[i], ABI_EXTENT_RAM);
	for (i = 0; i < p->places.count; i++) {
		const struct remora_place *place = &p->places.place[i];

		if (place->rings.bytes)
			boot_add_extent(list, &place->rings, ABI_EXTENT_SHARED);
		if (place->shared.bytes)
			boot_add_extent(list, &place->shared, ABI_EXTENT_SHARED);
	}
	boot_list_added(core, list);
}

static void boot_fill_extents(struct remora_core *core)
{
	struct boot_extents list;

	boot_list_extents(core, &list);
	memcpy(core->boot->extents, list.extent, list.count * sizeof(list.extent[0]));
	core->boot->extent_count = list.count;
}

static phys_addr_t page_phys(const struct remora_core *core, const void *page)
{
	return core->pages.phys + (page - core->pages.virt);
}

static void boot_fill_channels(struct remora_core *core)
{
	struct remora_partition *p = core->partition;
	struct abi_boot *b = core->boot;
	unsigned int n;

	b->control.tx = remora_ring_phys(p, core->node, 0);
	b->control.rx = remora_ring_phys(p, 0, core->node);
	b->control.slots = REMORA_CONTROL_SLOTS;
	b->control.peer = 0;

	memset(core->peers, 0, PAGE_SIZE);
	for (n = 1; n <= p->core_count; n++) {
		const struct remora_core *other = &p->cores[n - 1];

		if (!other->present)
			continue;
		b->node_apic_id[n] = other->cpu.apic_id;
		if (other == core || core->joined || other->joined)
			continue;
		core->peers[n].tx = remora_ring_phys(p, core->node, n);
		core->peers[n].rx = remora_ring_phys(p, n, core->node);
		core->peers[n].slots = REMORA_PEER_SLOTS;
		core->peers[n].peer = n;
	}
	b->peers = page_phys(core, core->peers);
}

static u32 boot_flags(const struct remora_partition *p)
{
	return (p->flags & REMORA_CREATE_FAULTS ? ABI_BOOT_FAULTS : 0) |
	       (p->flags & REMORA_CREATE_NO_SLEEP ? ABI_BOOT_NO_SLEEP : 0);
}

static void boot_fill_info(struct remora_core *core)
{
	struct remora_partition *p = core->partition;
	struct abi_boot *b = core->boot;

	memset(b, 0, PAGE_SIZE);
	b->magic = ABI_MAGIC;
	b->revision = ABI_REVISION;
	b->size = sizeof(*b);
	b->node = core->node;
	b->nodes = p->core_count + 1;
	b->apic_id = core->cpu.apic_id;
	b->flags = boot_flags(p);
	b->tsc_khz = tsc_khz;
	strscpy(b->partition, p->name, sizeof(b->partition));
	b->linux_cpu = core->cpu.cpu;
	b->numa = max(core->cpu.numa, 0);
	b->host_page = page_phys(core, core->host);
	b->core_page = page_phys(core, core->page);
	b->console = core->console_region.phys;
	b->console_size = sizeof(struct abi_console) +
			  REMORA_CONSOLE_RECORDS * sizeof(struct abi_console_line);
	b->trace = core->trace_region.phys;
	b->trace_size = abi_trace_bytes(REMORA_TRACE_RECORDS);
	b->image_phys = core->image.phys;
	b->image_size = core->image.bytes;
	b->hwp_request = core->cpu.hwp_saved ? core->cpu.hwp_request : 0;
	boot_fill_extents(core);
	boot_fill_channels(core);
}

void remora_boot_fill(struct remora_core *core)
{
	memset(core->image.virt, 0, core->image.bytes);
	remora_image_copy(&core->partition->image, core->image.virt);
	memset(core->kernel.virt, 0, core->kernel.bytes);
	memset(core->page, 0, PAGE_SIZE);
	memset(core->console_region.virt, 0, core->console_region.bytes);
	if (core->joined)
		memset(core->control.virt, 0, core->control.bytes);
	core->console->records = REMORA_CONSOLE_RECORDS;
	/* The bell belongs to the doorbell, which may write it at any time. */
	WRITE_ONCE(core->host->command, ABI_COMMAND_NONE);
	WRITE_ONCE(core->host->probe, 0);
	WRITE_ONCE(core->host->console_at, 0);
	remora_trace_reset(core);
	boot_fill_info(core);
}

static int boot_map_image(struct remora_core *core)
{
	const struct remora_image *image = &core->partition->image;
	unsigned int i;

	for (i = 0; i < image->count; i++) {
		const struct remora_segment *s = &image->segment[i];
		unsigned int rights = 0;
		int ret;

		if (s->write)
			rights |= REMORA_MAP_WRITE;
		if (s->execute)
			rights |= REMORA_MAP_EXECUTE;
		ret = remora_tables_map(&core->tables, s->va,
					core->image.phys + (s->va - ABI_IMAGE_VA), s->bytes,
					rights);
		if (ret)
			return ret;
	}
	return 0;
}

static int boot_map_window(struct remora_core *core)
{
	struct boot_extents list;
	unsigned int i;
	int ret;

	boot_list_extents(core, &list);
	ret = remora_tables_window(&core->tables, core->pages.phys, core->pages.bytes);
	if (!ret)
		ret = remora_tables_window(&core->tables, core->console_region.phys,
					   core->console_region.bytes);
	if (!ret)
		ret = remora_tables_window(&core->tables, core->trace_region.phys,
					   core->trace_region.bytes);
	for (i = 0; i < list.count && !ret; i++)
		ret = remora_tables_window(&core->tables, list.extent[i].base, list.extent[i].size);
	return ret;
}

int remora_boot_map(struct remora_core *core, struct remora_error *err)
{
	phys_addr_t low = remora_wake_low_page();
	int ret;

	ret = remora_tables_init(&core->tables);
	/* The trampoline runs and keeps its stack there; the CPU driver drops it at once. */
	if (!ret)
		ret = remora_tables_map(&core->tables, low, low, PAGE_SIZE,
					REMORA_MAP_WRITE | REMORA_MAP_EXECUTE);
	if (!ret)
		ret = boot_map_image(core);
	if (!ret)
		ret = boot_map_window(core);
	if (ret) {
		remora_tables_free(&core->tables);
		return remora_fail(err, REMORA_R_NO_MEMORY,
				   "no memory below 4 GiB for the boot page tables of core %u",
				   core->node);
	}
	return 0;
}
