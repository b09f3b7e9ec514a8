// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory is handed out in pieces, first fit, from a list of those that are out. All extents of RAM are
 * free when the monitor begins: what the CPU driver took for it is not in them.
 */
#include <abi/ctl.h>
#include <abi/boot.h>

#include <caps.h>
#include <memory.h>

#define CHANNEL_TABLES (ABI_CHANNELS_MAX * MEMORY_CHANNEL_PAGES / 512)
#define MESH_TABLES (ABI_NODES_MAX * MEMORY_MESH_PAGES / 512)
#define MESH_INDEX 510u /* of the directory */
#define NO_EXTENT UINT32_MAX

/* Slots of the table. */
enum own_slot {
	OWN_PDPT = CAPS_OWN_AT,
	OWN_PDPT_MAPPING,
	OWN_PD,
	OWN_PD_MAPPING,
	OWN_TABLES,
	OWN_TABLE_MAPPINGS = OWN_TABLES + CHANNEL_TABLES + MESH_TABLES,
	OWN_END = OWN_TABLE_MAPPINGS + CHANNEL_TABLES + MESH_TABLES
};

_Static_assert(OWN_END <= CAPS_LOCAL_AT && MESH_INDEX + MESH_TABLES <= 512, "own slots and tables");

static struct {
	uint64_t base, bytes;
	uint64_t begin; /* offset behind the monitor's own objects */
	uint32_t kind;
} extents[ABI_STARTUP_EXTENTS];

static struct {
	uint32_t extent;
	uint64_t offset, bytes;
} pieces[MEMORY_PIECES];

static struct abi_cap_at extent_at(uint32_t extent)
{
	return caps_root(ABI_SLOT_EXTENTS + extent);
}

/* ---- start ---- */

/* The monitor's own objects come first. */
static int make(struct abi_cap_at to, uint32_t type, uint64_t bytes, uint32_t count)
{
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		uint64_t all = mon_up(bytes * count, MON_PAGE);
		int rc;

		if (extents[i].kind != ABI_EXTENT_RAM || extents[i].bytes - extents[i].begin < all)
			continue;
		rc = caps_retype(extent_at(i), to, type, extents[i].begin, bytes, count);
		if (!rc)
			extents[i].begin += all;
		return rc;
	}
	return -ABI_CAP_E_RANGE;
}

static int make_space(void)
{
	int rc = make(caps_table(OWN_PDPT), ABI_CAP_PDPT, MON_PAGE, 1);

	if (!rc)
		rc = make(caps_table(OWN_PD), ABI_CAP_PD, MON_PAGE, 1);
	if (!rc)
		rc = make(caps_table(OWN_TABLES), ABI_CAP_PT, MON_PAGE, CHANNEL_TABLES + MESH_TABLES);
	if (!rc)
		rc = caps_map_table(caps_table(OWN_PDPT), caps_root(ABI_SLOT_PML4),
				    ABI_DOMAIN_FREE_ENTRY, caps_table(OWN_PDPT_MAPPING));
	if (!rc)
		rc = caps_map_table(caps_table(OWN_PD), caps_table(OWN_PDPT), 0,
				    caps_table(OWN_PD_MAPPING));
	for (uint32_t i = 0; !rc && i < CHANNEL_TABLES + MESH_TABLES; i++)
		rc = caps_map_table(caps_table(OWN_TABLES + i), caps_table(OWN_PD),
				    i < CHANNEL_TABLES ? i : MESH_INDEX + i - CHANNEL_TABLES,
				    caps_table(OWN_TABLE_MAPPINGS + i));
	return rc;
}

int memory_init(const struct abi_startup *startup)
{
	int rc;

	for (uint32_t i = 0; i < MEMORY_PIECES; i++)
		pieces[i].extent = NO_EXTENT;
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		extents[i].base = startup->extents[i].base;
		extents[i].bytes = startup->extents[i].bytes;
		extents[i].kind = extents[i].bytes ? startup->extents[i].kind : UINT32_MAX;
		extents[i].begin = 0;
	}
	rc = make(caps_root(CAPS_ROOT_TABLE), ABI_CAP_CNODE, ABI_CAP_SLOT_BYTES << CAPS_TABLE_BITS, 1);
	return rc ? rc : make_space();
}

/* ---- pieces ---- */

/* The piece that is out and overlaps [offset, offset + bytes), or MEMORY_PIECES. */
static uint32_t in_the_way(uint32_t extent, uint64_t offset, uint64_t bytes)
{
	uint32_t i;

	for (i = 0; i < MEMORY_PIECES; i++) {
		if (pieces[i].extent == extent && pieces[i].offset < offset + bytes &&
		    offset < pieces[i].offset + pieces[i].bytes)
			break;
	}
	return i;
}

/* Offset of the next place at or behind @offset that is aligned. */
static uint64_t aligned(uint32_t extent, uint64_t offset)
{
	return mon_up(extents[extent].base + offset, MON_BIG_PAGE) - extents[extent].base;
}

static bool place(uint32_t extent, uint64_t bytes, uint64_t *offset)
{
	uint64_t at = aligned(extent, extents[extent].begin);

	while (at <= extents[extent].bytes && bytes <= extents[extent].bytes - at) {
		uint32_t other = in_the_way(extent, at, bytes);

		if (other == MEMORY_PIECES) {
			*offset = at;
			return true;
		}
		at = aligned(extent, pieces[other].offset + pieces[other].bytes);
	}
	return false;
}

/*
 * An extent of which a piece was given to another node, or something in it, is known elsewhere for good. But nobody
 * has anything in a piece that is not out: so the others need not be asked.
 */
static int take(uint32_t extent, uint64_t offset, uint64_t bytes, struct abi_cap_at to)
{
	int rc = caps_retype(extent_at(extent), to, ABI_CAP_RAM, offset, bytes, 1);

	return rc == -ABI_CAP_E_REMOTE ?
		       caps_retype_agreed(extent_at(extent), to, ABI_CAP_RAM, offset, bytes) : rc;
}

int memory_take(uint64_t bytes, struct abi_cap_at to)
{
	uint64_t offset;
	uint32_t i, e;

	for (i = 0; i < MEMORY_PIECES && pieces[i].extent != NO_EXTENT; i++)
		;
	if (i == MEMORY_PIECES)
		return -MON_ENOMEM;
	for (e = 0; e < ABI_STARTUP_EXTENTS; e++) {
		if (extents[e].kind != ABI_EXTENT_RAM || !place(e, bytes, &offset))
			continue;
		if (take(e, offset, bytes, to))
			continue;
		pieces[i].extent = e;
		pieces[i].offset = offset;
		pieces[i].bytes = bytes;
		return (int)i;
	}
	return -MON_ENOMEM;
}

bool memory_give(int piece, struct abi_cap_at at)
{
	if (caps_revoke(at) || caps_delete(at))
		return false;
	pieces[piece].extent = NO_EXTENT;
	return true;
}

uint64_t memory_total(void)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (extents[i].kind == ABI_EXTENT_RAM)
			total += extents[i].bytes - extents[i].begin;
	}
	return total;
}

uint64_t memory_free(void)
{
	uint64_t left = memory_total();

	for (uint32_t i = 0; i < MEMORY_PIECES; i++) {
		if (pieces[i].extent != NO_EXTENT)
			left -= pieces[i].bytes;
	}
	return left;
}

uint64_t memory_largest(void)
{
	uint64_t most = 0, offset;

	for (uint32_t e = 0; e < ABI_STARTUP_EXTENTS; e++) {
		if (extents[e].kind != ABI_EXTENT_RAM)
			continue;
		while (place(e, most + MON_BIG_PAGE, &offset))
			most += MON_BIG_PAGE;
	}
	return most;
}

int64_t memory_shared(uint64_t base, uint64_t bytes, struct abi_cap_at *extent)
{
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (extents[i].kind != ABI_EXTENT_SHARED || base < extents[i].base ||
		    base - extents[i].base > extents[i].bytes ||
		    bytes > extents[i].bytes - (base - extents[i].base))
			continue;
		*extent = extent_at(i);
		return (int64_t)(base - extents[i].base);
	}
	return -1;
}

/* ---- the monitor's address space ---- */

uint64_t memory_channel_at(uint32_t channel)
{
	return ABI_DOMAIN_FREE + channel * MEMORY_CHANNEL_BYTES;
}

uint64_t memory_mesh_at(uint32_t node)
{
	return ABI_DOMAIN_FREE + MESH_INDEX * MON_BIG_PAGE + node * MEMORY_MESH_PAGES * MON_PAGE;
}

struct abi_cap_at memory_mesh_table(uint32_t node, uint32_t *index)
{
	*index = node % (512 / MEMORY_MESH_PAGES) * MEMORY_MESH_PAGES;
	return caps_table(OWN_TABLES + CHANNEL_TABLES + node / (512 / MEMORY_MESH_PAGES));
}

uint64_t memory_domain_at(uint32_t domain)
{
	return ABI_DOMAIN_FREE + (CHANNEL_TABLES + domain) * MON_BIG_PAGE;
}

struct abi_cap_at memory_channel_table(uint32_t channel, uint32_t *index)
{
	*index = channel % (512 / MEMORY_CHANNEL_PAGES) * MEMORY_CHANNEL_PAGES;
	return caps_table(OWN_TABLES + channel / (512 / MEMORY_CHANNEL_PAGES));
}

struct abi_cap_at memory_domain_directory(uint32_t domain, uint32_t *index)
{
	*index = CHANNEL_TABLES + domain;
	return caps_table(OWN_PD);
}
