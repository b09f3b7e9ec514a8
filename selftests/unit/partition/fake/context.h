/* SPDX-License-Identifier: GPL-2.0-only */
/* The fake machine has no ring 3: contexts of the CPU driver's user.h, with nothing in them. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <stdint.h>

struct arch_context {
	uint64_t rip;
	uint64_t root;
	void *xstate;
};

#endif
