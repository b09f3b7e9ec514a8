/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline half of arch.h for many nodes on the host: one memory, as in the machine. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/layout.h>

#define LOCAL_PAGES 8192u

extern unsigned char local_memory[LOCAL_PAGES * ABI_PAGE_SIZE]; /* physical address 0 */

static inline void *arch_window(uint64_t pa)
{
	return local_memory + pa;
}

#endif
