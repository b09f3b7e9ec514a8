/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline half of arch.h for capabilities on the host: memory is a piece of the test's. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/layout.h>

#define FAKE_PAGES 20480u /* 80 MiB: the last 8 are of other nodes */
#define FAKE_BYTES (FAKE_PAGES * ABI_PAGE_SIZE)

extern unsigned char fake_ram[FAKE_BYTES]; /* physical address 0 */

static inline void *arch_window(uint64_t pa)
{
	return fake_ram + pa;
}

#endif
