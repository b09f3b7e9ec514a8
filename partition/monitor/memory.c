// SPDX-License-Identifier: GPL-2.0-only
/*
 * The core's own memory: which extents there are, and the pieces of them that are out here. Which parts are
 * free the memory server knows (memory_node.c). All extents of RAM are free when the monitor begins: what the
 * CPU driver took for it is not in them.
 */
#include <abi/ctl.h>
#include <abi/boot.h>
#include <base/string.h>

#include <caps.h>
#include <memory.h>
#include <memory_node.h>

#define CHANNEL_TABLES (ABI_CHANNELS_MAX * MEMORY_CHANNEL_PAGES / 512)
#define MESH_TABLES (ABI_NODES_MAX * MEMORY_MESH_PAGES / 512)
#define MESH_INDEX 510u /* of the directory */
#define WIPE_INDEX 509u
#define TABLES (CHANNEL_TABLES + MESH_TABLES + 1)

/* Slots of the table. */
enum own_slot {
	OWN_PDPT = CAPS_OWN_AT,
	OWN_PDPT_MAPPING,
	OWN_PD,
	OWN_PD_MAPPING,
	OWN_TABLES,
	OWN_TABLE_MAPPINGS = OWN_TABLES + TABLES,
	OWN_END = OWN_TABLE_MAPPINGS + TABLES
};

_Static_assert(OWN_END <= CAPS_LOCAL_AT && MESH_INDEX + MESH_TABLES <= 512, "own slots and tables");

static struct {
	uint64_t base, bytes;
	uint64_t begin; /* offset behind the monitor's own objects */
	uint32_t kind;
	uint32_t numa;
} extents[ABI_STARTUP_EXTENTS];

/* @bytes: 0: free; @domain: whose, for the memory server */
static struct {
	uint32_t domain;
	uint64_t base, bytes;
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

static uint32_t index_of_table(uint32_t i)
{
	if (i < CHANNEL_TABLES)
		return i;
	return i < CHANNEL_TABLES + MESH_TABLES ? MESH_INDEX + i - CHANNEL_TABLES : WIPE_INDEX;
}

static int make_space(void)
{
	int rc = make(caps_table(OWN_PDPT), ABI_CAP_PDPT, MON_PAGE, 1);

	if (!rc)
		rc = make(caps_table(OWN_PD), ABI_CAP_PD, MON_PAGE, 1);
	if (!rc)
		rc = make(caps_table(OWN_TABLES), ABI_CAP_PT, MON_PAGE, TABLES);
	if (!rc)
		rc = caps_map_table(caps_table(OWN_PDPT), caps_root(ABI_SLOT_PML4),
				    ABI_DOMAIN_FREE_ENTRY, caps_table(OWN_PDPT_MAPPING));
	if (!rc)
		rc = caps_map_table(caps_table(OWN_PD), caps_table(OWN_PDPT), 0,
				    caps_table(OWN_PD_MAPPING));
	for (uint32_t i = 0; !rc && i < TABLES; i++)
		rc = caps_map_table(caps_table(OWN_TABLES + i), caps_table(OWN_PD),
				    index_of_table(i),
				    caps_table(OWN_TABLE_MAPPINGS + i));
	return rc;
}

int memory_init(const struct abi_startup *startup)
{
	int rc;

	memset(pieces, 0, sizeof(pieces));
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		extents[i].base = startup->extents[i].base;
		extents[i].bytes = startup->extents[i].bytes;
		extents[i].kind = extents[i].bytes ? startup->extents[i].kind : UINT32_MAX;
		extents[i].numa = startup->extents[i].numa;
		extents[i].begin = 0;
	}
	rc = make(caps_root(CAPS_ROOT_TABLE), ABI_CAP_CNODE, ABI_CAP_SLOT_BYTES << CAPS_TABLE_BITS, 1);
	return rc ? rc : make_space();
}

/* ---- pieces ---- */

static bool inside(uint32_t extent, uint64_t base, uint64_t bytes)
{
	return extents[extent].kind == ABI_EXTENT_RAM && base >= extents[extent].base &&
	       base - extents[extent].base < extents[extent].bytes &&
	       bytes <= extents[extent].bytes - (base - extents[extent].base);
}

/*
 * An extent of which a piece was given to another node, or something in it, is known elsewhere for good. But nobody
 * has anything in a piece that is not out: so the others need not be asked.
 */
int memory_make(uint64_t base, uint64_t bytes, struct abi_cap_at to)
{
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		int rc;

		if (!inside(i, base, bytes))
			continue;
		rc = caps_retype(extent_at(i), to, ABI_CAP_RAM, base - extents[i].base, bytes, 1);
		return rc == -ABI_CAP_E_REMOTE ?
			       caps_retype_agreed(extent_at(i), to, ABI_CAP_RAM, base - extents[i].base,
						  bytes) : rc;
	}
	return -ABI_CAP_E_RANGE;
}

int memory_take(uint32_t domain, uint64_t bytes, struct abi_cap_at to)
{
	uint64_t base;
	uint32_t i;

	for (i = 0; i < MEMORY_PIECES && pieces[i].bytes; i++)
		;
	if (i == MEMORY_PIECES || memory_node_own(domain, bytes, MON_BIG_PAGE, &base))
		return -MON_ENOMEM;
	if (memory_make(base, bytes, to)) {
		memory_node_free(domain, base);
		return -MON_ENOMEM;
	}
	pieces[i].domain = domain;
	pieces[i].base = base;
	pieces[i].bytes = bytes;
	return (int)i;
}

bool memory_give(int piece, struct abi_cap_at at)
{
	if (caps_revoke(at) || caps_delete(at))
		return false;
	pieces[piece].bytes = 0;
	memory_node_free(pieces[piece].domain, pieces[piece].base);
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

bool memory_extent(uint32_t i, struct memory_extent *extent)
{
	if (i >= ABI_STARTUP_EXTENTS)
		return false;
	*extent = (struct memory_extent){ .base = extents[i].base + extents[i].begin,
					  .numa = (uint16_t)extents[i].numa };
	if (extents[i].kind == ABI_EXTENT_RAM)
		extent->bytes = extents[i].bytes - extents[i].begin;
	return true;
}

/* The CPU driver has put its capability into an empty slot before. */
bool memory_extent_added(uint64_t base, uint64_t bytes)
{
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (extents[i].bytes || caps_identify(extent_at(i), ABI_INVOKE_BASE) != base ||
		    caps_identify(extent_at(i), ABI_INVOKE_BYTES) != bytes)
			continue;
		extents[i].base = base;
		extents[i].bytes = bytes;
		extents[i].begin = 0;
		extents[i].kind = ABI_EXTENT_RAM;
		return true;
	}
	return false;
}

/*
 * A whole extent, with none of the monitor's own objects in it. What cannot be deleted now the CPU driver sees:
 * it does not let go of the memory then.
 */
void memory_extent_removed(uint64_t base, uint64_t bytes)
{
	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (extents[i].kind != ABI_EXTENT_RAM || extents[i].base != base ||
		    extents[i].bytes != bytes || extents[i].begin)
			continue;
		caps_end_agreed(extent_at(i));
		extents[i].bytes = 0;
		extents[i].kind = UINT32_MAX;
		return;
	}
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

uint64_t memory_wipe_at(void)
{
	return ABI_DOMAIN_FREE + WIPE_INDEX * MON_BIG_PAGE;
}

struct abi_cap_at memory_wipe_table(void)
{
	return caps_table(OWN_TABLES + TABLES - 1);
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
