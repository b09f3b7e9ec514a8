// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole memory blocks, taken offline and removed from Linux by its own memory hotplug, and added
 * again on return.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/ioport.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/mmzone.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <asm/pgtable_types.h>

#include "compat/online.h"
#include "memory_source.h"

/* Value of a piece's cookie: it came from the zone of movable memory, and goes back there. */
#define FROM_MOVABLE ((void *)1)

/*
 * Can Linux take the block out of its direct map? It does so by whole entries and never splits one:
 * of memory under a 1 GiB entry that is larger than the block, it would take the data for a page
 * table and clear what looks like entries there (arch/x86/mm/init_64.c, remove_pud_table).
 */
static bool unmappable(unsigned long pfn)
{
	unsigned long start = (unsigned long)__va(PFN_PHYS(pfn));
	unsigned long end = start + memory_block_size_bytes();
	unsigned long at, size;
	unsigned int level;

	for (at = start; at < end; at = ALIGN_DOWN(at, size) + size) {
		if (!lookup_address(at, &level))
			return false;
		size = level == PG_LEVEL_1G ? PUD_SIZE : PMD_SIZE;
		if (ALIGN_DOWN(at, size) < start || ALIGN_DOWN(at, size) + size > end)
			return false;
	}
	return true;
}

/* The zone of a block that Linux could probably give up, or NULL. */
static struct zone *candidate(unsigned long pfn, int nid)
{
	unsigned long bytes = memory_block_size_bytes();

	if (region_intersects(PFN_PHYS(pfn), bytes, IORESOURCE_SYSTEM_RAM, IORES_DESC_NONE) !=
	    REGION_INTERSECTS || !unmappable(pfn))
		return NULL;
	return remora_range_movable(pfn, bytes >> PAGE_SHIFT, nid);
}

static unsigned long top_block(int nid)
{
	return ALIGN_DOWN(pgdat_end_pfn(NODE_DATA(nid)), memory_block_size_bytes() >> PAGE_SHIFT);
}

static int block_check(const struct remora_extent *want, struct remora_error *err)
{
	unsigned long pages = memory_block_size_bytes() >> PAGE_SHIFT;
	u64 wanted = DIV_ROUND_UP(want->bytes, memory_block_size_bytes());
	u64 found = 0;
	int nid;

	for_each_wanted_node(nid, want) {
		unsigned long pfn = top_block(nid);

		while (pfn >= NODE_DATA(nid)->node_start_pfn + pages && found < wanted) {
			pfn -= pages;
			found += candidate(pfn, nid) != NULL;
			cond_resched();
		}
	}
	if (found < wanted)
		return remora_fail(err, REMORA_R_MEMORY_UNAVAILABLE,
				   "%llu memory blocks of %lu MiB are needed, about %llu can be taken offline",
				   wanted, memory_block_size_bytes() >> 20, found);
	return 0;
}

/* The whole range is added at once, then each block of it is put online. */
static int add_online(int nid, u64 base, u64 bytes, bool movable)
{
	u64 at;
	int ret = add_memory(nid, base, bytes, MHP_NONE);

	if (ret)
		return ret;
	for (at = base; at < base + bytes; at += memory_block_size_bytes()) {
		int one = remora_memory_block_online(at, movable);

		if (one)
			ret = one;
	}
	return ret;
}

/* Linux may dump pages that would not move into its log: only candidates are asked for. */
static int take_block(unsigned long pfn, int nid, bool movable)
{
	unsigned long bytes = memory_block_size_bytes();
	int ret = offline_and_remove_memory(PFN_PHYS(pfn), bytes);

	if (ret)
		return ret;
	if (request_mem_region(PFN_PHYS(pfn), bytes, "remora"))
		return 0;
	ret = add_online(nid, PFN_PHYS(pfn), bytes, movable);
	if (ret)
		pr_err("memory block at %#llx: Linux did not take it back (error %d)\n",
		       PFN_PHYS(pfn), ret);
	return -EBUSY;
}

/* Blocks come from the top down: a block just below the last piece makes that one larger. */
static void record_block(struct remora_memory *m, unsigned int first, unsigned long pfn, int nid,
			 void *cookie)
{
	unsigned long bytes = memory_block_size_bytes();
	struct remora_memory_extent *last = m->count > first ? &m->extent[m->count - 1] : NULL;

	if (last && last->base == PFN_PHYS(pfn) + bytes && last->numa == nid &&
	    last->cookie == cookie) {
		last->base -= bytes;
		last->bytes += bytes;
		return;
	}
	last = remora_memory_append(m, REMORA_MEMORY_BLOCK, &remora_memory_block, PFN_PHYS(pfn),
				    bytes, nid);
	last->cookie = cookie;
}

static int block_obtain(struct remora_memory *m, const struct remora_extent *want,
			struct remora_error *err)
{
	unsigned long pages = memory_block_size_bytes() >> PAGE_SHIFT;
	u64 left = DIV_ROUND_UP(want->bytes, memory_block_size_bytes());
	unsigned int first = m->count;
	int nid;

	for_each_wanted_node(nid, want) {
		unsigned long pfn = top_block(nid);

		while (left && remora_memory_room(m) && !fatal_signal_pending(current) &&
		       pfn >= NODE_DATA(nid)->node_start_pfn + pages) {
			struct zone *zone;
			void *cookie;

			pfn -= pages;
			zone = candidate(pfn, nid);
			cond_resched();
			if (!zone)
				continue;
			cookie = zone_idx(zone) == ZONE_MOVABLE ? FROM_MOVABLE : NULL;
			if (take_block(pfn, nid, cookie == FROM_MOVABLE))
				continue;
			record_block(m, first, pfn, nid, cookie);
			left--;
		}
	}
	if (left && fatal_signal_pending(current))
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	if (left)
		return remora_fail(err, REMORA_R_MEMORY_UNAVAILABLE,
				   "%llu more memory blocks of %lu MiB could not be taken offline",
				   left, memory_block_size_bytes() >> 20);
	return 0;
}

static int block_give_back(struct remora_memory_extent *e)
{
	u64 at;

	/* claimed block by block */
	for (at = e->base; at < e->base + e->bytes; at += memory_block_size_bytes())
		release_mem_region(at, memory_block_size_bytes());
	return add_online(e->numa, e->base, e->bytes, e->cookie == FROM_MOVABLE);
}

const struct remora_memory_source_ops remora_memory_block = {
	.name = "block",
	.check = block_check,
	.obtain = block_obtain,
	.give_back = block_give_back,
};
