/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the files of the memory part share: slot.c, ram.c, vspace*.c, heap.c.
 *
 * Their state is global: a domain has one dispatcher. It is locked by staying disabled: nothing
 * else of the domain runs meanwhile. Nothing that is locked touches memory that comes on demand:
 * rt_page_fault() needs the same state.
 */
#ifndef LIB_MEMORY_PRIV_H
#define LIB_MEMORY_PRIV_H

#include <stdbool.h>

#include <lib/error.h>
#include <lib/ram.h>
#include <lib/slot.h>
#include <lib/syscall.h>
#include <lib/thread.h>
#include <lib/vspace.h>

#define PAGE 4096ull
#define LARGE (2ull << 20)
#define HUGE (1ull << 30)
#define ENTRIES 512u
#define LOCK_STACK 3072 /* bytes of the caller's stack that are used while locked, at most */

extern uint32_t memory_locked; /* depth */

/*
 * The caller's stack may be one that grows on demand, and may not grow while locked: it is touched
 * before.
 */
__attribute__((no_sanitize("address"))) static inline uint32_t memory_lock(void)
{
	volatile char *deep = (volatile char *)__builtin_frame_address(0) - LOCK_STACK;
	uint32_t was;

	(void)*deep;
	was = rt_disable();
	memory_locked++;
	return was;
}

static inline void memory_unlock(uint32_t was)
{
	memory_locked--;
	rt_enable(was);
}

/** ram_agreed - set once frames are given to other nodes: what to do about RAM that is REMOTE since. Return: as rt_invoke() */
extern int64_t (*ram_agreed)(const uint64_t word[6]);

/** cap_delete - empty a slot; empty already is fine. */
static inline void cap_delete(uint32_t slot)
{
	rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, rt_slot_depth(slot), 0, 0, 0),
		  rt_slot_address(slot), 0, 0, 0, 0, NULL);
}

/** memory_fatal - the library's own state is broken: a message, and the end of the program. */
__attribute__((noreturn)) void memory_fatal(const char *what, int64_t rc);

/**
 * meta_alloc - memory for notes, in the first GiB of the library's address space: there at once,
 * never given back, all zero
 * Return: whole pages, or NULL.
 */
void *meta_alloc(uint64_t bytes);

/** ram_complete - the first region may be larger than what is noted before there is meta_alloc(). */
int ram_complete(void);

/** struct meta_pool - records of one size; those freed are used again */
struct meta_pool {
	uint32_t bytes; /* of a record, multiple of 8 */
	uint32_t used;
	void *free;
};

/** pool_get, pool_put - a zeroed record, or NULL. */
void *pool_get(struct meta_pool *pool);
void pool_put(struct meta_pool *pool, void *record);

/**
 * struct chunk - pages side by side, of one frame, in one page table
 * @next:    in the table, upwards
 * @frame:   slot of the frame's capability, of which no copy exists elsewhere if @ram has pages
 * @mapping: slot of the mapping; empty when @protection is RT_NONE
 * @ram:     the frame's memory; no pages: somebody else's
 * @offset:  of the first page in the frame
 * @pages:   512 in one entry of the page directory when @large
 */
struct chunk {
	struct chunk *next;
	uint64_t va;
	uint32_t frame;
	uint32_t mapping;
	struct rt_ram ram;
	uint64_t offset;
	uint16_t pages;
	uint8_t protection;
	bool large;
};

/**
 * struct linked - a page table that hangs in another one
 * @mapping: slot
 */
struct linked {
	struct rt_piece piece;
	uint32_t mapping;
};

/** struct table - what is in 2 MiB: a page table, or with @link.piece.slot 0 a large page */
struct table {
	struct linked link;
	struct chunk *chunks;
};

/**
 * cap_map - map a frame or a table
 * @to: slot for the mapping; @table: slot of the page table
 * Return: 0 or a negative enum abi_cap_error.
 */
int64_t cap_map(uint32_t from, uint64_t offset, uint32_t rights, uint32_t table, uint64_t index,
		uint64_t count, uint32_t to);

struct linked;

/** table_new - make one and hang it into entry @index of @parent. Return: 0, -RT_ENOMEM. */
int table_new(struct linked *t, uint32_t type, uint32_t parent, uint64_t index);

void table_end(struct linked *t);

/** meta_init - the upper page tables, and the first GiB's. Return: 0, -RT_ENOMEM, -RT_EINVAL. */
int meta_init(void);

extern struct linked meta_pdpt; /* of the library's part of the address space */

/* Page tables and chunks: vspace_table.c. The caller holds the lock. */

/** table_at - Return: what is in these 2 MiB, or NULL: nothing. */
struct table *table_at(uint64_t va);

/**
 * chunk_new - memory of the domain's own, mapped
 * @pages: 1 to 512 within 2 MiB in which nothing is there yet; with @large 512
 * Return: 0, -RT_ENOMEM.
 */
int chunk_new(uint64_t va, uint32_t pages, bool large, uint32_t protection);

/** chunk_frame - the same with a part of a frame, of which a copy is made. Also -RT_EPERM. */
int chunk_frame(uint64_t va, uint32_t pages, bool large, uint32_t protection,
		struct abi_cap_at frame, uint64_t offset);

/** chunks_split - let no chunk reach across an address. Return: 0, -RT_ENOMEM: nothing done. */
int chunks_split(uint64_t va);

/** chunks_drop - end all chunks of a range that chunks_split() was called for at both ends. */
void chunks_drop(uint64_t start, uint64_t end);

/** chunks_protect - the same with other rights. Return: 0, -RT_EPERM: a frame lacks a right. */
int chunks_protect(uint64_t start, uint64_t end, uint32_t protection);

/** chunks_present - bytes of a range that have memory. */
uint64_t chunks_present(uint64_t start, uint64_t end);

void tables_count(struct rt_vspace_counts *counts);

#endif
