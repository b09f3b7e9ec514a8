/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Memory that the domain holds RAM capabilities of: which pages of it are in use. Objects are made
 * of a range by retype, straight from the capability of the region that the range lies in; when all
 * that was made of a range is deleted, the range can be given back and used again.
 *
 * All functions may be called by any thread, disabled or not.
 */
#ifndef LIB_RAM_H
#define LIB_RAM_H

#include <stdint.h>

#include <abi/object.h>

#define RT_RAM_REGIONS ABI_STARTUP_EXTENTS

/** struct rt_ram - a range: pages @first to @first + @pages - 1 of a region; @pages 0: none */
struct rt_ram {
	uint32_t region;
	uint32_t pages;
	uint64_t first;
};

/**
 * struct rt_piece - an object and the memory it is made of
 * @slot: of its only capability that the library knows
 */
struct rt_piece {
	struct rt_ram ram;
	uint32_t slot;
};

/**
 * rt_ram_add - memory that may be given out from now on
 * @cap: RAM capability with the right to retype, nothing derived from it
 * Return: 0; -RT_EINVAL: no such capability; -RT_ENOMEM: too many regions, or no room to note what
 * is used.
 */
int rt_ram_add(struct abi_cap_at cap);

/**
 * rt_ram_alloc - take a range
 * @bytes: multiple of 4096; @align: power of two, 4096 at least: of the physical address
 * Return: 0, -RT_ENOMEM, -RT_EINVAL.
 */
int rt_ram_alloc(uint64_t bytes, uint64_t align, struct rt_ram *ram);

/** rt_ram_free - @ram: a range that was taken, or a part of one; nothing is derived from it. */
void rt_ram_free(const struct rt_ram *ram);

/**
 * rt_ram_make - make an object of a whole range, or several, side by side
 * @type: enum abi_cap_type; @bytes: of each one
 * @to:   first of as many empty slots of one CNode
 * Return: 0 or a negative enum abi_cap_error.
 */
int64_t rt_ram_make(const struct rt_ram *ram, uint32_t type, uint64_t bytes, uint64_t count,
		    struct abi_cap_at to);

/** rt_ram_physical - address of a range. */
uint64_t rt_ram_physical(const struct rt_ram *ram);

/**
 * rt_piece_new - take memory and a slot, make an object
 * @bytes: of the object; its memory is aligned to that, if it is a power of two
 * Return: 0, -RT_ENOMEM, -RT_EINVAL.
 */
int rt_piece_new(uint32_t type, uint64_t bytes, struct rt_piece *piece);

/** rt_piece_end - delete the object with all that others hold of it, and give its memory back. */
void rt_piece_end(struct rt_piece *piece);

/** rt_ram_free_bytes, rt_ram_total_bytes - not in use, and in all. */
uint64_t rt_ram_free_bytes(void);
uint64_t rt_ram_total_bytes(void);

#endif
