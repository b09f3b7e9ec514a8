// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory kept from Linux at boot (memmap=SIZE$ADDRESS). Such a range shows up as "Reserved" in
 * /proc/iomem, like the ranges that firmware keeps for itself: the two are told apart by the
 * firmware's own table, where the kernel lets a module ask for it.
 */
#include <linux/align.h>
#include <linux/ioport.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>
#include <linux/numa.h>
#include <linux/sched.h>

#include "compat/compat.h"
#include "memory_source.h"

static bool is_reserved(u64 base, u64 bytes)
{
	return region_intersects(base, bytes, IORESOURCE_MEM, IORES_DESC_RESERVED) ==
	       REGION_INTERSECTS;
}

/* Does the firmware call all of it RAM? Asked in granules: the kernel answers "some of it". */
static bool firmware_ram(u64 base, u64 bytes)
{
	u64 at;

	for (at = base; at < base + bytes; at += REMORA_MEMORY_GRANULE)
		if (!remora_firmware_ram(at, at + REMORA_MEMORY_GRANULE))
			return false;
	return true;
}

struct search {
	u64 bytes;
	u64 found;
};

/* Called for each reserved range; it may hold several partitions' memory. */
static int search_range(struct resource *res, void *arg)
{
	struct search *s = arg;
	u64 at = ALIGN((u64)res->start, REMORA_MEMORY_GRANULE);

	for (; at + s->bytes - 1 <= res->end && at >= res->start; at += REMORA_MEMORY_GRANULE) {
		if (!firmware_ram(at, s->bytes))
			continue;
		if (request_mem_region(at, s->bytes, "remora")) {
			s->found = at;
			return 1;
		}
		cond_resched();
	}
	return 0;
}

/* Claim @want: in the resource tree, which decides between partitions. Return: 0 or -errno. */
static int claim(const struct remora_extent *want, u64 *base, struct remora_error *err)
{
	struct search s = { .bytes = want->bytes };

	if (want->address != ~0ull) {
		if (!is_reserved(want->address, want->bytes))
			return remora_fail(err, REMORA_R_MEMORY_NOT_RESERVED,
					   "%llu MiB at %#llx are not reserved; boot with memmap=%lluM$%#llx",
					   want->bytes >> 20, want->address, want->bytes >> 20,
					   want->address);
		if (REMORA_KNOWS_FIRMWARE_MAP && !firmware_ram(want->address, want->bytes))
			return remora_fail(err, REMORA_R_MEMORY_NOT_RESERVED,
					   "%llu MiB at %#llx are the firmware's, not RAM reserved by memmap=",
					   want->bytes >> 20, want->address);
		if (!request_mem_region(want->address, want->bytes, "remora"))
			return remora_fail(err, REMORA_R_MEMORY_UNAVAILABLE,
					   "%llu MiB at %#llx are in use already",
					   want->bytes >> 20, want->address);
		*base = want->address;
		return 0;
	}
	if (!REMORA_KNOWS_FIRMWARE_MAP)
		return remora_fail(err, REMORA_R_MEMORY_NOT_RESERVED,
				   "this kernel does not tell firmware memory from reserved RAM; name the address: reserved:SIZE@ADDRESS");
	if (walk_iomem_res_desc(IORES_DESC_RESERVED, IORESOURCE_MEM, 0, -1, &s, search_range) != 1)
		return remora_fail(err, REMORA_R_MEMORY_NOT_RESERVED,
				   "no free reserved region of %llu MiB; boot with memmap=SIZE$ADDRESS",
				   want->bytes >> 20);
	*base = s.found;
	return 0;
}

static int reserved_check(const struct remora_extent *want, struct remora_error *err)
{
	u64 base;
	int ret = claim(want, &base, err);

	if (!ret)
		release_mem_region(base, want->bytes);
	return ret;
}

static int reserved_obtain(struct remora_memory *m, const struct remora_extent *want,
			   struct remora_error *err)
{
	int nid, ret;
	u64 base;

	if (!remora_memory_room(m))
		return remora_fail(err, REMORA_R_MEMORY_TOO_MANY, NULL);
	ret = claim(want, &base, err);
	if (ret)
		return ret;
	nid = phys_to_target_node(base);
	remora_memory_append(m, REMORA_MEMORY_RESERVED, &remora_memory_reserved, base, want->bytes,
			     nid == NUMA_NO_NODE ? 0 : nid);
	return 0;
}

static int reserved_give_back(struct remora_memory_extent *e)
{
	release_mem_region(e->base, e->bytes);
	return 0;
}

const struct remora_memory_source_ops remora_memory_reserved = {
	.name = "reserved",
	.check = reserved_check,
	.obtain = reserved_obtain,
	.give_back = reserved_give_back,
};
