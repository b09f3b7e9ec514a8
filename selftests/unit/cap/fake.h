/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine for capabilities, and short forms of the operations for tests. */
#ifndef FAKE_H
#define FAKE_H

#include <stddef.h>
#include <stdint.h>

#include <cap_agree.h>
#include <cap_arch.h>
#include <cap_mdb.h>
#include <cap_type.h>
#include <machine.h>

#define PAGE ABI_PAGE_SIZE
#define OWN 16u

/* Entries of the fake machine's page tables. */
#define PTE_PRESENT 0x1ull
#define PTE_WRITE 0x2ull
#define PTE_LEAF 0x80ull
#define PTE_EXECUTE (1ull << 62)
#define PTE_UNCACHED 0x10ull
#define PTE_KERNEL 0xffff000000000a00ull /* what table_init puts into a PML4's upper half */
#define PTE_ADDRESS 0x000ffffffffff000ull

extern struct cap_space space;
extern struct cap_entry own[OWN];
extern unsigned int fake_maps, fake_unmaps, fake_table_ends, fake_dispatcher_ends;

/** fake_reset - a machine of dirty memory, and no capabilities at all. */
void fake_reset(void);

/*
 * A world for tests of single rules: a root CNode of 64 slots, named by their numbers from 1, and
 * three first capabilities in it.
 */
#define ROOT_AT (512 * PAGE)
#define ROOT_BITS 6
#define RAM 1u      /* of RAM_BYTES from 0 on */
#define DEVICES 2u  /* physical addresses of 4 GiB from DEVICES_AT on, without memory behind them */
#define VECTORS 3u  /* interrupts 32 to 63 */
#define FREE 4u     /* the first empty slot */
#define RAM_BYTES (256 * PAGE)
#define DEVICES_AT (1ull << 40)

void world(void);

/** at - slot of the root CNode. */
struct cap_entry *at(uint32_t slot);

/** slot - the same as an operation names it. */
struct cap_slot slot(uint32_t number);

/* Operations on slots of the root, to their end; the invariants are checked after each. */
int copy(uint32_t from, uint32_t to);
int mint(uint32_t from, uint32_t to, uint8_t rights, uint64_t badge);
int move(uint32_t from, uint32_t to);
int retype(uint32_t from, uint32_t to, uint32_t type, uint64_t offset, uint64_t bytes,
	   uint64_t count);
int map(uint32_t from, uint32_t table, uint64_t index, uint32_t to, uint8_t rights);
int map_some(uint32_t from, uint64_t offset, uint32_t table, uint64_t index, uint64_t count,
	     uint32_t to, uint8_t rights);
int delete(uint32_t slot);
int revoke(uint32_t slot);

/** done - finish(), check the invariants, drain. */
int done(struct cap_op *op);

/** sound - the invariants hold. */
void sound(void);

/** pte - an entry of a table. */
static inline uint64_t pte(uint64_t table, uint64_t index)
{
	return ((uint64_t *)arch_window(table))[index];
}

/** finish - decode, work and invoke until it is done. Return: 0 or the error. */
int finish(struct cap_op *op);

/** drain - do all work that is left and does not wait for other cores. */
void drain(void);

#endif
