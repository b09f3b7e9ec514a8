/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Memory for the run-time library, the monitor, and programs without a C library. Any thread,
 * disabled or not: its pages are there from the beginning, so using them causes no page fault.
 */
#ifndef LIB_HEAP_H
#define LIB_HEAP_H

#include <stddef.h>
#include <stdint.h>

/** rt_malloc - aligned to 16 bytes. Return: NULL when there is no memory, or @bytes is 0. */
void *rt_malloc(size_t bytes);

/** rt_calloc - cleared. */
void *rt_calloc(size_t count, size_t bytes);

/** rt_realloc - as in C; NULL: the old piece is as it was. */
void *rt_realloc(void *piece, size_t bytes);

/** rt_free - NULL is nothing. What is no piece of the heap ends the program. */
void rt_free(void *piece);

/** rt_heap_bytes - bytes of memory that the heap holds, in use or not. */
uint64_t rt_heap_bytes(void);

#endif
