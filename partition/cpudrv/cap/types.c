// SPDX-License-Identifier: GPL-2.0-only
#include <cap_type.h>

#define PAIR(type, from, to) | ((type) == ABI_CAP_##from ? 1u << ABI_CAP_##to : 0)
#define TYPE(name, space_name, unit_bytes, object_bytes, trait_bits, right_bits)                   \
	[ABI_CAP_##name] = {                                                                       \
		.unit = (unit_bytes),                                                              \
		.bytes = (object_bytes),                                                           \
		.into = 0 ABI_CAP_RETYPES(PAIR, ABI_CAP_##name),                                   \
		.traits = (trait_bits),                                                            \
		.space = ABI_CAP_SPACE_##space_name,                                               \
		.rights = (right_bits),                                                            \
	},

const struct cap_type cap_types[ABI_CAP_TYPE_COUNT] = { ABI_CAP_TYPES(TYPE) };

uint64_t cap_space_end(uint32_t space)
{
#define END(name, end) [ABI_CAP_SPACE_##name] = (end),
	static const uint64_t ends[ABI_CAP_SPACE_COUNT] = { ABI_CAP_SPACES(END) };

	return ends[space];
}

/* One step down: retypes, and the mappings that are made in a table. */
static uint32_t children(uint32_t type)
{
	return cap_types[type].into |
	       (cap_is(type, ABI_CAP_IS_TABLE) ? 1u << ABI_CAP_MAPPING : 0);
}

uint32_t cap_below(uint32_t type)
{
	uint32_t below = children(type);

	/* What is derived has a higher number, so one pass upwards closes the set. */
	for (uint32_t t = type + 1; t < ABI_CAP_TYPE_COUNT; t++) {
		if (below & 1u << t)
			below |= children(t);
	}
	return below & ~(1u << type);
}

int64_t cap_page_bytes(uint32_t table, uint32_t what)
{
	static const struct {
		uint8_t table, what;
		int64_t bytes;
	} maps[] = {
#define MAP(name, content, page_bytes) { ABI_CAP_##name, ABI_CAP_##content, (page_bytes) },
		ABI_CAP_MAPS(MAP)
	};

	for (uint32_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		if (maps[i].table == table && maps[i].what == what)
			return maps[i].bytes;
	}
	return -1;
}

uint32_t cap_table_entries(uint32_t table)
{
	/* The upper half of every address space is the CPU driver's. */
	return ABI_PAGE_SIZE / ABI_CAP_ENTRY_BYTES / (table == ABI_CAP_PML4 ? 2 : 1);
}

int cap_size_check(uint32_t type, uint64_t base, uint64_t bytes)
{
	const struct cap_type *t = &cap_types[type];
	uint64_t end = cap_space_end(t->space);

	if (!bytes || bytes % t->unit || (t->bytes && bytes != t->bytes))
		return -ABI_CAP_E_SIZE;
	if ((t->traits & ABI_CAP_IS_POWER) &&
	    ((bytes & (bytes - 1)) || bytes > ABI_CAP_SLOT_BYTES << ABI_CAP_CNODE_BITS_MAX))
		return -ABI_CAP_E_SIZE;
	if (base % t->unit)
		return -ABI_CAP_E_ALIGN;
	if (base >= end || bytes > end - base)
		return -ABI_CAP_E_RANGE;
	return 0;
}
