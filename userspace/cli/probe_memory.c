// SPDX-License-Identifier: GPL-2.0-only
/*
 * remora check: the memory asked for. Whether pages can be moved away is only known by trying, so
 * that for memory that is in use now the answer is a warning.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"
#include "sysfile.h"

#define GRAIN (2ull << 20)
#define ANY_REGION (~0ull)
#define REGIONS_MAX 16
#define NODE_DIR "/sys/devices/system/node"
#define BLOCK_DIR "/sys/devices/system/memory"
#define BLOCKS_MAX (1u << 20)

/* A region kept from Linux by memmap=SIZE$ADDRESS. */
struct region {
	uint64_t start;
	uint64_t bytes;
};

static unsigned int parse_regions(const char *cmdline, struct region *regions)
{
	unsigned int count = 0;
	const char *at = cmdline;

	while (count < REGIONS_MAX && (at = strstr(at, "memmap="))) {
		bool word = at == cmdline || at[-1] == ' ';

		at += strlen("memmap=");
		while (word && count < REGIONS_MAX) {
			struct region *r = &regions[count];

			if (remora_parse_size(at, &r->bytes, &at) || *at != '$' ||
			    remora_parse_size(at + 1, &r->start, &at))
				break;
			count++;
			if (*at != ',')
				break;
			at++;
		}
	}
	return count;
}

static unsigned int read_regions(struct region *regions)
{
	char cmdline[4096];

	sysfile_read(cmdline, sizeof(cmdline), "/proc/cmdline");
	return parse_regions(cmdline, regions);
}

/* What of the regions other extents of the request, or this one, take. */
struct taken {
	struct region pieces[REMORA_EXTENTS_MAX];
	unsigned int count;
};

static bool is_free(const struct taken *taken, uint64_t start, uint64_t bytes)
{
	for (unsigned int i = 0; i < taken->count; i++) {
		const struct region *p = &taken->pieces[i];

		if (start < p->start + p->bytes && p->start < start + bytes)
			return false;
	}
	return true;
}

static bool fits(const struct region *r, const struct taken *taken, uint64_t start, uint64_t bytes)
{
	return start >= r->start && bytes <= r->bytes && start - r->start <= r->bytes - bytes &&
	       is_free(taken, start, bytes);
}

/* Find room for an extent in one region: where it asks for, or first fit. */
static bool place_in(const struct region *r, const struct taken *taken,
		     const struct remora_extent *e, uint64_t *start)
{
	if (e->source == REMORA_MEMORY_RESERVED && e->address != ANY_REGION) {
		*start = e->address;
		return fits(r, taken, *start, e->bytes);
	}
	*start = (r->start + GRAIN - 1) & ~(GRAIN - 1);
	if (fits(r, taken, *start, e->bytes))
		return true;
	for (unsigned int i = 0; i < taken->count; i++) {
		*start = taken->pieces[i].start + taken->pieces[i].bytes;
		if (fits(r, taken, *start, e->bytes))
			return true;
	}
	return false;
}

/* Regions that touch count as one only to the module. */
static bool take_region(struct taken *taken, const struct remora_extent *e)
{
	struct region regions[REGIONS_MAX];
	unsigned int count = read_regions(regions);
	uint64_t start;

	for (unsigned int i = 0; i < count; i++) {
		if (!place_in(&regions[i], taken, e, &start))
			continue;
		taken->pieces[taken->count++] = (struct region){ start, e->bytes };
		return true;
	}
	return false;
}

/* A line "... KEY:   N kB" of a meminfo file, in bytes; 0 when there is none. */
static uint64_t meminfo(int node, const char *key)
{
	uint64_t kib = 0;
	char line[128];
	FILE *file;

	file = node < 0 ? sysfile_open("/proc/meminfo") : sysfile_open(NODE_DIR "/node%d/meminfo",
								       node);
	while (file && !kib && fgets(line, sizeof(line), file)) {
		const char *at = strstr(line, key);

		if (at)
			kib = strtoull(at + strlen(key), NULL, 10);
	}
	if (file)
		fclose(file);
	return kib << 10;
}

static uint64_t block_bytes(void)
{
	uint64_t bytes = 0;

	return sysfile_number(&bytes, 16, BLOCK_DIR "/block_size_bytes") ? 0 : bytes;
}

/* Bytes of memory blocks that are online and, as far as Linux can tell, removable. */
static uint64_t removable_bytes(int node)
{
	uint64_t size = block_bytes(), total = 0;
	unsigned int gap = 0;

	/* Numbers follow physical addresses: holes in them are as large as holes in those. */
	for (unsigned int i = 0; size && i < BLOCKS_MAX && gap < 8192; i++) {
		uint64_t removable = 0;
		char state[16];

		gap++;
		if (sysfile_read(state, sizeof(state), BLOCK_DIR "/memory%u/state", i) < 0)
			continue;
		gap = 0;
		if (strcmp(state, "online") ||
		    sysfile_number(&removable, 10, BLOCK_DIR "/memory%u/removable", i) ||
		    !removable)
			continue;
		if (node < 0 || sysfile_exists(BLOCK_DIR "/memory%u/node%d", i, node))
			total += size;
	}
	return total;
}

static bool is_sound(struct probe *probe, const struct remora_extent *e, const char *size)
{
	if (e->bytes % GRAIN || (e->address != ANY_REGION && e->address % GRAIN)) {
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_UNALIGNED,
			    "%s: size and address must be multiples of 2 MiB", size);
		return false;
	}
	if (e->node >= 0 && !meminfo(e->node, "MemTotal:")) {
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_NODE_UNKNOWN,
			    "%s: there is no NUMA node %d with memory", size, e->node);
		return false;
	}
	return true;
}

static void reserved(struct probe *probe, const struct remora_extent *e, const char *size,
		     bool found)
{
	if (found)
		probe_found(probe, LEVEL_OK, "memory", 0, "%s: kept from Linux at boot", size);
	else if (e->address != ANY_REGION)
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_NOT_RESERVED,
			    "%s: no free memmap= of this boot holds 0x%" PRIx64 " to 0x%" PRIx64, size,
			    (uint64_t)e->address, (uint64_t)(e->address + e->bytes - 1));
	else
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_NOT_RESERVED,
			    "%s: no memmap=SIZE$ADDRESS of that size is free", size);
}

static void block(struct probe *probe, const struct remora_extent *e, const char *size)
{
	uint64_t grain = block_bytes(), there = removable_bytes(e->node), wanted;
	char have[24];

	if (!grain) {
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_UNAVAILABLE,
			    "%s: this kernel has no memory blocks (memory hotplug)", size);
		return;
	}
	wanted = (e->bytes + grain - 1) / grain * grain;
	remora_format_size(there, have, sizeof(have));
	if (there < wanted)
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_UNAVAILABLE,
			    "%s: only %s of memory blocks are online and removable", size, have);
	else if (meminfo(e->node, "MemFree:") < wanted)
		probe_found(probe, LEVEL_WARN, "memory", 0,
			    "%s: %s of blocks are removable, but memory must be freed first", size,
			    have);
	else
		probe_found(probe, LEVEL_OK, "memory", 0, "%s: %s of blocks are removable", size,
			    have);
}

static void contiguous(struct probe *probe, const struct remora_extent *e, const char *size)
{
	uint64_t free_bytes = meminfo(e->node, "MemFree:"), all = meminfo(e->node, "MemTotal:");
	char have[24];

	remora_format_size(free_bytes & ~(GRAIN - 1), have, sizeof(have));
	if (all < e->bytes)
		probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_UNAVAILABLE,
			    "%s: there is not that much memory", size);
	else if (free_bytes < e->bytes + e->bytes / 4)
		probe_found(probe, LEVEL_WARN, "memory", 0,
			    "%s: only %s are free: memory in use must be freed or moved first",
			    size, have);
	else
		probe_found(probe, LEVEL_OK, "memory", 0, "%s: %s are free", size, have);
}

static void one(struct probe *probe, const struct remora_extent *e, struct taken *taken)
{
	char size[24];

	remora_format_size(e->bytes, size, sizeof(size));
	if (!is_sound(probe, e, size))
		return;
	switch (e->source) {
	case REMORA_MEMORY_RESERVED:
		reserved(probe, e, size, take_region(taken, e));
		break;
	case REMORA_MEMORY_BLOCK:
		block(probe, e, size);
		break;
	case REMORA_MEMORY_CONTIGUOUS:
		contiguous(probe, e, size);
		break;
	default:
		if (e->node < 0 && take_region(taken, e))
			reserved(probe, e, size, true);
		else
			contiguous(probe, e, size);
	}
}

static bool overlap(const struct remora_extent *a, const struct remora_extent *b)
{
	if (a->source != REMORA_MEMORY_RESERVED || b->source != REMORA_MEMORY_RESERVED ||
	    a->address == ANY_REGION || b->address == ANY_REGION)
		return false;
	return a->address < b->address ? b->address - a->address < a->bytes :
					 a->address - b->address < b->bytes;
}

static void sources(struct probe *probe)
{
	struct region regions[REGIONS_MAX];
	unsigned int count = read_regions(regions);
	char size[24], unit[24], free_text[24];

	remora_format_size(removable_bytes(-1), size, sizeof(size));
	remora_format_size(block_bytes(), unit, sizeof(unit));
	remora_format_size(meminfo(-1, "MemFree:") & ~(GRAIN - 1), free_text, sizeof(free_text));
	probe_found(probe, LEVEL_OK, "memory", 0,
		    "%u regions kept at boot; %s in removable blocks of %s; %s free", count, size,
		    unit, free_text);
}

void probe_memory(struct probe *probe)
{
	uint32_t count = probe->request.create.extent_count;
	const struct remora_extent *extents = probe->request.extents;
	struct taken taken = { 0 };

	if (!count)
		sources(probe);
	for (uint32_t i = 0; i < count; i++) {
		one(probe, &extents[i], &taken);
		for (uint32_t k = 0; k < i; k++)
			if (overlap(&extents[k], &extents[i]))
				probe_found(probe, LEVEL_FAIL, "memory", REMORA_R_MEMORY_OVERLAP,
					    "extents %u and %u overlap", k + 1, i + 1);
	}
}
