/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Memory beyond what the program began with, from the memory server of its core: this core's, or lent by
 * another one. A program may have four times as much in all as it began with.
 *
 * All wait for the calling thread only, so none is for who is disabled, nor for a page fault: what the handler
 * may need has to be there before (rt_more_ram()). Return: 0; > 0: enum memserv_error or monitor_refusal, why it
 * was refused; -RT_EOPNOTSUPP and others: as rt_monitor_call().
 */
#ifndef LIB_MORE_H
#define LIB_MORE_H

#include <abi/protocol/memserv.h>

#include <lib/monitor.h>
#include <lib/ram.h>

#define RT_MORE_ANY MEMSERV_ANY
#define RT_MORE_STRICT 1u /* of that NUMA node, or none */
#define RT_MORE_RAM 2u    /* RAM of this core's; else a frame, which may be another's */

/** struct rt_more - a piece; @borrowed: of another core: it is not executed, nor given to other cores */
struct rt_more {
	uint64_t base;
	uint64_t bytes;
	uint16_t numa;
	bool borrowed;
};

/**
 * rt_more_alloc - a piece, with its capability
 * @bytes: multiple of 4096; @align: power of two, 4096 at least; @numa: wanted, RT_MORE_ANY
 * @flags: RT_MORE_*; @to: empty slot
 */
int rt_more_alloc(uint64_t bytes, uint64_t align, uint16_t numa, uint32_t flags, struct abi_cap_at to,
		  struct rt_more *more);

/** rt_more_free - a whole piece; all capabilities and mappings of it go. Nothing of it may be in use */
int rt_more_free(const struct rt_more *more);

/** rt_more_ram - a piece of RAM for rt_ram_alloc(), the heap, and mappings; for good */
int rt_more_ram(uint64_t bytes);

/**
 * rt_more_heap - from now on malloc() and mmap() of a thread ask for RAM where they would fail, up to the quota
 * Not so what is touched without having been promised (stacks, MAP_NORESERVE), nor who is disabled.
 */
void rt_more_heap(void);

/** struct rt_more_info - @used: with what it began with, up to @quota. @own, @lent, @borrowed: of the core */
struct rt_more_info {
	uint64_t used, quota;
	uint64_t own, lent, borrowed;
};

int rt_more_info(struct rt_more_info *info);

/** rt_more_sentence - for what these return; never NULL */
const char *rt_more_sentence(int error);

#endif
