/* SPDX-License-Identifier: GPL-2.0-only */
/* Which address space the CPU uses. */
#ifndef SPACE_H
#define SPACE_H

#include <stdint.h>

/** space_init - the space in the CPU is the CPU driver's own, without ring 3 */
void space_init(void);

/** space_use - put a space into the CPU. @to: physical address of its PML4; 0: the CPU driver's own */
void space_use(uint64_t to);

/** space_refresh - before ring 3 is entered: forget translations that are no more */
void space_refresh(void);

#endif
