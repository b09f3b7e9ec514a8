/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPU driver knows of the types of capabilities: generated from the lists of abi/cap.h. */
#ifndef CAP_TYPE_H
#define CAP_TYPE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/cap.h>

/**
 * struct cap_type - one row
 * @unit:   divides base and size of every range
 * @bytes:  size of an object; 0: any multiple of the unit
 * @into:   mask of the types it can be retyped into
 * @traits: ABI_CAP_IS_*
 * @space:  enum abi_cap_space
 * @rights: the most that one can have
 */
struct cap_type {
	uint64_t unit;
	uint64_t bytes;
	uint32_t into;
	uint16_t traits;
	uint8_t space;
	uint8_t rights;
};

extern const struct cap_type cap_types[ABI_CAP_TYPE_COUNT];

/** cap_space_end - first number past all of a space. */
uint64_t cap_space_end(uint32_t space);

/** cap_is - has a type this trait? */
static inline bool cap_is(uint32_t type, uint32_t trait)
{
	return cap_types[type].traits & trait;
}

/** cap_below - mask of all types derived from a type, over any number of steps, without itself. */
uint32_t cap_below(uint32_t type);

/**
 * cap_page_bytes - what an entry of a table maps
 * Return: bytes of a page, 0 when the entry is for a table; -1 when @table takes no @what.
 */
int64_t cap_page_bytes(uint32_t table, uint32_t what);

/** cap_table_entries - entries of a table that are ring 3's, from the first on. */
uint32_t cap_table_entries(uint32_t table);

/**
 * cap_size_check - may an object of this type have this place?
 * Return: 0, -ABI_CAP_E_SIZE, -ABI_CAP_E_ALIGN, -ABI_CAP_E_RANGE when it reaches past its space.
 */
int cap_size_check(uint32_t type, uint64_t base, uint64_t bytes);

#endif
