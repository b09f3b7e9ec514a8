/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The areas of the address space: vspace_area.c. The caller holds the lock. */
#ifndef LIB_AREA_PRIV_H
#define LIB_AREA_PRIV_H

#include "memory_priv.h"

enum area_kind {
	AREA_MEMORY = 0, /* the domain's own, on demand */
	AREA_FRAME = 1,  /* somebody's frame, all of it there */
	AREA_GUARD = 2,  /* the end of a stack */
};

/**
 * struct area - addresses that are used in one way
 * @promise: its memory is promised once it can be used; @promised: it is
 */
struct area {
	uint64_t start;
	uint64_t end;
	uint8_t protection;
	uint8_t kind;
	bool promise;
	bool promised;
};

extern struct area *areas; /* by address */
extern uint64_t area_count;

/** area_index - the first area that ends behind @va; @area_count: none. */
uint64_t area_index(uint64_t va);

/** area_find - the area that @va is in, or NULL. */
struct area *area_find(uint64_t va);

/** area_place - @bytes of free addresses, near @wish if that is possible. Return: 0: none. */
uint64_t area_place(uint64_t wish, uint64_t bytes, uint64_t align);

/** areas_reserve - room for @more areas, so that the following cannot fail. Return: 0, -RT_ENOMEM. */
int areas_reserve(uint64_t more);

/** area_insert - into free addresses; it may become one with its neighbours. */
void area_insert(const struct area *a);

/** area_cut - let no area reach across an address. */
void area_cut(uint64_t va);

/** areas_remove - those between, which area_cut() was called for at both ends. */
void areas_remove(uint64_t start, uint64_t end);

/** areas_join - make one of neighbours that are alike, from @start to @end. */
void areas_join(uint64_t start, uint64_t end);

/* The promises, and the memory: vspace_fault.c */

/** promise - so many more bytes. Return: 0, -RT_ENOMEM. */
int promise(uint64_t bytes);

/** promise_end - bytes that are there now, or not wanted any more; promise_again - the opposite. */
void promise_end(uint64_t bytes);
void promise_again(uint64_t bytes);

uint64_t promised_bytes(void);

/** populate - memory for a page of a memory area that has none, and for some around it. */
int populate(const struct area *a, uint64_t va);

/** populate_all - of a range of an area. Return: 0, -RT_ENOMEM: part of it may be there. */
int populate_all(const struct area *a, uint64_t start, uint64_t end);

extern uint64_t fault_count;

#endif
