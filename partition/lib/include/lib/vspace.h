/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The address space of the domain, from RT_VSPACE_BASE to RT_VSPACE_END: which areas there are, and
 * what is mapped in them, with page tables of the domain's own.
 *
 * Memory of an area appears when it is touched (rt_page_fault()) or at once (RT_MAP_NOW). It is
 * promised when the area is made: what does not fit into the free memory is refused then, so a
 * touch finds memory. Stacks and RT_MAP_UNCOUNTED areas are not promised; a touch of theirs that
 * finds none ends the program with a message. No page is ever writable and executable.
 *
 * All functions may be called by any thread, disabled or not. Errors are negative enum rt_error.
 */
#ifndef LIB_VSPACE_H
#define LIB_VSPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/object.h>

/* One entry of the PML4: 512 GiB, the first of them for what the library itself notes. */
#ifndef RT_VSPACE_ENTRY
#define RT_VSPACE_ENTRY ABI_DOMAIN_FREE_ENTRY
#endif
#define RT_VSPACE_META ((uint64_t)RT_VSPACE_ENTRY << 39)
#define RT_VSPACE_BASE (RT_VSPACE_META + (1ull << 30))
#define RT_VSPACE_END (RT_VSPACE_META + (1ull << 39))

/** enum rt_protection - the same numbers as PROT_* of Linux and ABI_CAP_* rights */
enum rt_protection {
	RT_NONE = 0,
	RT_READ = 1,
	RT_WRITE = 2,
	RT_EXECUTE = 4,
};

enum rt_map {
	RT_MAP_FIXED = 1,     /* at this address, in place of what is there */
	RT_MAP_EXACTLY = 2,   /* at this address, which must be free: else -RT_EEXIST */
	RT_MAP_NOW = 4,       /* memory at once */
	RT_MAP_UNCOUNTED = 8, /* not promised */
	RT_MAP_GUARD = 16,    /* with RT_NONE: the end of a stack, for messages */
};

/**
 * rt_vspace_init - once, before all other functions of the library that need memory
 * @ram: number of RAM capabilities; @caps: them
 * Return: 0 or an error: no memory, or a capability of abi/domain.h is missing.
 */
int rt_vspace_init(const struct abi_cap_at *caps, unsigned int count);

/**
 * rt_vspace_map - an area of memory, all zero
 * @va:    where: with RT_MAP_FIXED or RT_MAP_EXACTLY; else a wish, 0: anywhere. Set to where it is
 * @bytes: is rounded up to pages
 * @protection: enum rt_protection; @flags: enum rt_map
 *
 * Return: 0, -RT_ENOMEM, -RT_EINVAL, -RT_EEXIST, -RT_EACCES: writable and executable.
 */
int rt_vspace_map(uint64_t *va, uint64_t bytes, uint32_t protection, uint32_t flags);

/**
 * rt_vspace_map_frame - map a part of somebody's frame
 * @frame:  is copied: the capability stays as it is
 * @offset: in the frame, a multiple of 4096; @bytes: a multiple of 4096
 * @va:     as for rt_vspace_map()
 *
 * Return: as rt_vspace_map(); -RT_EPERM: the frame lacks a right; -RT_EINVAL: no frame, or too small.
 */
int rt_vspace_map_frame(struct abi_cap_at frame, uint64_t offset, uint64_t bytes,
			uint32_t protection, uint32_t flags, uint64_t *va);

/** rt_vspace_unmap - whatever is there is gone. Return: 0, -RT_EINVAL, -RT_ENOMEM: nothing done. */
int rt_vspace_unmap(uint64_t va, uint64_t bytes);

/** rt_vspace_protect - Return: 0, -RT_EINVAL, -RT_EACCES, -RT_ENOMEM: not all of it is mapped. */
int rt_vspace_protect(uint64_t va, uint64_t bytes, uint32_t protection);

/** rt_vspace_grow - more of the area that ends at @va + @bytes. Return: 0, -RT_ENOMEM: no room. */
int rt_vspace_grow(uint64_t va, uint64_t bytes, uint64_t more);

/** rt_vspace_discard - what is there reads as zero again. Return: 0, -RT_EINVAL, -RT_ENOMEM. */
int rt_vspace_discard(uint64_t va, uint64_t bytes);

/**
 * rt_vspace_stack - a stack that grows on demand, with a guard page below
 * @low: its lowest address, for rt_vspace_unmap(); @bytes: with the guard page
 * Return: its end, or 0.
 */
uint64_t rt_vspace_stack(uint64_t bytes, uint64_t *low);

/** struct rt_vspace_counts - for tests and who asks */
struct rt_vspace_counts {
	uint64_t areas;
	uint64_t mapped_bytes;   /* of areas */
	uint64_t present_bytes;  /* that have memory */
	uint64_t promised_bytes; /* that will need some */
	uint64_t large_pages;
	uint64_t tables;
	uint64_t faults;
};

void rt_vspace_count(struct rt_vspace_counts *counts);

/**
 * rt_vspace_taken - if not NULL, asked about a fault that is not served, disabled: was a frame taken away,
 * and is there something else now? One user: lib/bind.h
 */
extern bool (*rt_vspace_taken)(uint64_t address);

/**
 * rt_vspace_short - if not NULL, called when a thread that is not disabled maps memory that is not there
 * Return: 0: there may be enough now, it is tried once more. One user: lib/more.h
 */
extern int (*rt_vspace_short)(uint64_t bytes);

/**
 * rt_page_fault - serve a page fault of this dispatcher; called disabled
 * @error: enum abi_page_fault
 * Return: 0: go on where it happened; else a message was printed, and the program must end.
 */
int rt_page_fault(uint64_t address, uint64_t error, uint64_t rip);

#endif
