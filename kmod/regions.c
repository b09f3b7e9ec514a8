// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gets which part of a partition's memory.
 *
 *   a core's own   kernel (2 MiB, for the CPU driver), image, four pages, console, trace ring, RAM
 *   all cores'     rings: control rings to node 0 and rings between cores, all of one size
 *                  shared: memory of bound channels, an eighth of the whole
 *                  both by NUMA node, see places.h
 *
 * RAM is what is left, in equal parts; it may come in pieces. What needs the largest alignment is
 * allocated first, so that the smallest partition (remora_memory_minimum()) always fits.
 */
#include <linux/genalloc.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>
#include <linux/sizes.h>

#include "regions.h"
#include "trace.h"

#define REGION_KERNEL SZ_2M
#define REGION_RAM_MIN SZ_256K
#define REGION_RAM_PIECE_MIN SZ_64K

/* Pages of remora_core.pages. */
enum { PAGE_BOOT, PAGE_HOST, PAGE_CORE, PAGE_PEERS, PAGE_COUNT };

static_assert(ABI_NODES_MAX * sizeof(struct abi_channel) <= PAGE_SIZE);

static u64 memory_left(const struct remora_memory *m)
{
	u64 left = 0;
	unsigned int i;

	for (i = 0; i < m->count; i++)
		left += gen_pool_avail(m->extent[i].pool);
	return left;
}

int remora_regions_short(const struct remora_partition *p, const char *what, u64 bytes,
			 struct remora_error *err)
{
	return remora_fail(err, REMORA_R_MEMORY_TOO_SMALL,
			   "%llu MiB do not hold %llu KiB of %s for %u cores",
			   p->memory.bytes >> 20, bytes >> 10, what, remora_partition_cores(p));
}

/* Memory that came with the core, or the partition's. */
static struct remora_memory *core_memory(struct remora_core *core)
{
	return core->own ?: &core->partition->memory;
}

static int core_short(const struct remora_core *core, const char *what, u64 bytes,
		      struct remora_error *err)
{
	if (!core->own)
		return remora_regions_short(core->partition, what, bytes, err);
	return remora_fail(err, REMORA_R_MEMORY_TOO_SMALL,
			   "%llu MiB in %u pieces do not hold %llu KiB of %s for a core",
			   core->own->bytes >> 20, core->own->count, bytes >> 10, what);
}

static int core_alloc_one(struct remora_core *core, struct remora_region *r, size_t bytes,
			  size_t align, const char *what, struct remora_error *err)
{
	if (remora_region_alloc(core_memory(core), bytes, align, core->cpu.numa, r))
		return core_short(core, what, bytes, err);
	return 0;
}

static int core_kernel_alloc(struct remora_core *core, struct remora_error *err)
{
	return core_alloc_one(core, &core->kernel, REGION_KERNEL, REGION_KERNEL,
			      "CPU driver memory", err);
}

static size_t console_bytes(void)
{
	return PAGE_ALIGN(sizeof(struct abi_console) +
			  REMORA_CONSOLE_RECORDS * sizeof(struct abi_console_line));
}

static int core_regions_alloc(struct remora_core *core, struct remora_error *err)
{
	int ret;

	ret = core_alloc_one(core, &core->image, core->partition->image.span, PAGE_SIZE, "image",
			     err);
	if (!ret)
		ret = core_alloc_one(core, &core->pages, PAGE_COUNT * PAGE_SIZE, PAGE_SIZE, "pages",
				     err);
	if (!ret)
		ret = core_alloc_one(core, &core->console_region, console_bytes(), PAGE_SIZE,
				     "console", err);
	if (!ret)
		ret = core_alloc_one(core, &core->trace_region,
				     PAGE_ALIGN(abi_trace_bytes(REMORA_TRACE_RECORDS)), PAGE_SIZE,
				     "trace ring", err);
	if (ret)
		return ret;

	core->boot = core->pages.virt + PAGE_BOOT * PAGE_SIZE;
	core->peers = core->pages.virt + PAGE_PEERS * PAGE_SIZE;
	WRITE_ONCE(core->page, core->pages.virt + PAGE_CORE * PAGE_SIZE);
	WRITE_ONCE(core->console, core->console_region.virt);
	WRITE_ONCE(core->trace, core->trace_region.virt);
	/* From here on the doorbell may write this page: last. */
	WRITE_ONCE(core->host, core->pages.virt + PAGE_HOST * PAGE_SIZE);
	return 0;
}

/* Up to @share bytes in few, large pieces. */
static int core_ram_alloc(struct remora_core *core, u64 share, struct remora_error *err)
{
	u64 piece = share, got = 0;

	while (core->ram_count < REMORA_RAM_PIECES && share - got >= REGION_RAM_PIECE_MIN) {
		struct remora_region *r = &core->ram[core->ram_count];
		size_t align;

		/* An aligned piece of another size would leave a hole that is too small for most. */
		piece = min(piece, share - got);
		align = piece >= SZ_2M ? SZ_2M : PAGE_SIZE;
		piece = round_down(piece, max_t(size_t, align, REGION_RAM_PIECE_MIN));
		if (piece < REGION_RAM_PIECE_MIN)
			break;
		if (remora_region_alloc(core_memory(core), piece, align, core->cpu.numa, r)) {
			piece /= 2;
			continue;
		}
		got += piece;
		core->ram_count++;
	}
	if (got < REGION_RAM_MIN)
		return core_short(core, "RAM", REGION_RAM_MIN, err);
	return 0;
}

int remora_regions_alloc(struct remora_partition *p, struct remora_error *err)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < p->core_count && !ret; i++)
		ret = core_kernel_alloc(&p->cores[i], err);
	if (!ret)
		ret = remora_places_rings(p, err);
	for (i = 0; i < p->core_count && !ret; i++)
		ret = core_regions_alloc(&p->cores[i], err);
	if (!ret)
		ret = remora_places_shared(p, err);
	for (i = 0; i < p->core_count && !ret; i++)
		ret = core_ram_alloc(&p->cores[i],
				     div_u64(memory_left(&p->memory), p->core_count - i), err);
	if (ret)
		remora_regions_free(p);
	return ret;
}

static void core_regions_free(struct remora_core *core)
{
	struct remora_memory *m = core_memory(core);

	while (core->ram_count)
		remora_region_free(m, &core->ram[--core->ram_count]);
	core->boot = NULL;
	core->page = NULL;
	core->peers = NULL;
	core->console = NULL;
	WRITE_ONCE(core->trace, NULL);
	remora_region_free(m, &core->trace_region);
	remora_region_free(m, &core->console_region);
	remora_region_free(m, &core->pages);
	remora_region_free(m, &core->image);
	remora_region_free(m, &core->kernel);
}

void remora_regions_free(struct remora_partition *p)
{
	unsigned int i;

	for (i = 0; i < p->core_count; i++)
		WRITE_ONCE(p->cores[i].host, NULL);
	remora_doorbell_publish(p); /* nobody writes a host page after this */
	for (i = p->core_count; i > 0; i--)
		core_regions_free(&p->cores[i - 1]);
	remora_places_free(p);
}

/* ---- a core that joins or leaves while others run ---- */

int remora_regions_join(struct remora_core *core, struct remora_error *err)
{
	struct remora_partition *p = core->partition;
	int ret = core_kernel_alloc(core, err);
	u64 share;

	lockdep_assert_held(&p->lock);
	if (!ret && remora_control_alloc(core))
		ret = remora_fail(err, REMORA_R_CHANNELS_EXHAUSTED,
				  "channel memory has no room for the control rings of another core");
	if (!ret)
		ret = core_regions_alloc(core, err);
	if (!ret) {
		share = memory_left(core_memory(core));
		/* Together with this one's, which is not vacant any more. */
		ret = core_ram_alloc(core, core->own ? share : div_u64(share, p->vacant + 1), err);
	}
	if (ret)
		remora_regions_leave(core);
	return ret;
}

/*
 * Who looks at a core without the partition's lock does so under the trace's lock, the doorbell's, or
 * under RCU, and sees either no page or one that is still there.
 */
static void core_hide(struct remora_core *core)
{
	remora_trace_hide(core);
	remora_doorbell_publish(core->partition); /* nobody writes the host page after this */
	WRITE_ONCE(core->page, NULL);
	WRITE_ONCE(core->console, NULL);
	synchronize_rcu();
}

void remora_regions_leave(struct remora_core *core)
{
	unsigned int i;

	lockdep_assert_held(&core->partition->lock);
	core_hide(core);
	remora_control_free(core);
	/* What came with it is scrubbed when it goes back. */
	if (!core->own) {
		for (i = 0; i < core->ram_count; i++)
			remora_region_scrub(&core->ram[i]);
		remora_region_scrub(&core->kernel);
		remora_region_scrub(&core->image);
		remora_region_scrub(&core->pages);
		remora_region_scrub(&core->console_region);
		remora_region_scrub(&core->trace_region);
	}
	core_regions_free(core);
}
