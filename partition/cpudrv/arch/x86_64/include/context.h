/* SPDX-License-Identifier: GPL-2.0-only */
/* A ring-3 context on x86-64. The functions on them are in user.h. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <trap.h>

/**
 * struct arch_context - what one dispatcher has in the CPU
 * @frame:  general registers while it does not run. Every entry from ring 3 pushes them here: the
 *          end of the frame is the stack that the CPU and user.S find
 * @root:   physical address of its PML4
 * @xstate: XSAVE area, one page; up to date while another context is in the CPU
 * @fs_base, @gs_base: as @xstate
 */
struct arch_context {
	struct trap_frame frame __attribute__((aligned(16)));
	uint64_t root;
	void *xstate;
	uint64_t fs_base;
	uint64_t gs_base;
};

URPC_STATIC_ASSERT(offsetof(struct arch_context, frame) == 0 && sizeof(struct trap_frame) % 16 == 0,
		   "the CPU aligns the stack to 16 bytes before it pushes");

#endif
