/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline half of arch.h for this test: physical memory is a piece of the test's, 64 MiB. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/layout.h>

#define FAKE_BYTES (64ull << 20)

extern unsigned char *fake_ram; /* physical address 0 */

static inline void *arch_window(uint64_t pa)
{
	return fake_ram + pa;
}

#endif
