/* SPDX-License-Identifier: GPL-2.0-only */
/* The core's memory, of which domains get pieces; and the monitor's own page tables. */
#ifndef MEMORY_H
#define MEMORY_H

#include <abi/domain.h>

#include <mon.h>

#define MEMORY_PIECES 64u /* at once */

/**
 * memory_init - what is there, and what of it is free
 * @startup: of the monitor
 * Return: 0 or a negative enum abi_cap_error.
 */
int memory_init(const struct abi_startup *startup);

/**
 * memory_take - a piece of RAM, aligned to MON_BIG_PAGE
 * @domain: whose it is, 0: the monitor's; @bytes: multiple of a page
 * @to:    empty slot for its capability
 * Return: its number, or -MON_ENOMEM.
 */
int memory_take(uint32_t domain, uint64_t bytes, struct abi_cap_at to);

/**
 * memory_give - all that is in a piece ends, and the piece is free
 * Return: false: nothing was done: other nodes know of something there (agreed_memory_end())
 */
bool memory_give(int piece, struct abi_cap_at at);

/** memory_make - the RAM of a part of an extent, which is free, in the empty slot @to. Return: as caps_retype() */
int memory_make(uint64_t base, uint64_t bytes, struct abi_cap_at to);

uint64_t memory_free(void);
uint64_t memory_total(void);

/** memory_largest - of the pieces that could be taken now */
uint64_t memory_largest(void);

/** struct memory_extent - of RAM, without the monitor's own objects at its begin; @bytes 0: none */
struct memory_extent {
	uint64_t base, bytes;
	uint16_t numa;
};

/** memory_extent - by index. Return: false: no more */
bool memory_extent(uint32_t i, struct memory_extent *extent);

/**
 * memory_extent_added - node 0 says that memory is this core's now
 * Return: false: the CPU driver did not say so, or there is no room
 */
bool memory_extent_added(uint64_t base, uint64_t bytes);

/** memory_extent_removed - nobody has anything of it any more: node 0 is told next that it can be taken */
void memory_extent_removed(uint64_t base, uint64_t bytes);

/** memory_shared - find shared memory; the capability of its extent. Return: offset in it, or -1. */
int64_t memory_shared(uint64_t base, uint64_t bytes, struct abi_cap_at *extent);

/*
 * The monitor's own address space from ABI_DOMAIN_FREE on: MEMORY_CHANNEL_BYTES for each channel, then
 * MON_BIG_PAGE for each domain, whose page table comes from the domain's memory; and MEMORY_MESH_PAGES for
 * the link to each node.
 */
#define MEMORY_CHANNEL_PAGES 256u
#define MEMORY_CHANNEL_BYTES (MEMORY_CHANNEL_PAGES * MON_PAGE)

uint64_t memory_channel_at(uint32_t channel);
uint64_t memory_domain_at(uint32_t domain);

#define MEMORY_MESH_PAGES 16u

uint64_t memory_mesh_at(uint32_t node);
struct abi_cap_at memory_mesh_table(uint32_t node, uint32_t *index);

/** memory_wipe_at - MON_BIG_PAGE of address space; memory_wipe_table - its page table, all entries empty */
uint64_t memory_wipe_at(void);
struct abi_cap_at memory_wipe_table(void);

/** memory_channel_table - page table of a channel's part, and the first entry there */
struct abi_cap_at memory_channel_table(uint32_t channel, uint32_t *index);

/** memory_domain_directory - page directory for a domain's page table, and the entry for it */
struct abi_cap_at memory_domain_directory(uint32_t domain, uint32_t *index);

#endif
