/* SPDX-License-Identifier: GPL-2.0-only */
/* A ring-3 context and its address space, on x86-64. The functions on them are in user.h. */
#ifndef CONTEXT_H
#define CONTEXT_H

#include <pagetable.h>
#include <trap.h>

/**
 * struct arch_space - an address space
 * @tables: ring 3's half is its own; the upper half is the CPU driver's, shared by all
 */
struct arch_space {
	struct pagetable tables;
};

/**
 * struct arch_context - what one dispatcher has in the CPU
 * @frame:  general registers while it does not run. Every entry from ring 3 pushes them here: the
 *          end of the frame is the stack that the CPU and user.S find
 * @space:  its address space
 * @xstate: XSAVE area, one page; up to date while another context is in the CPU
 * @fs_base, @gs_base: as @xstate
 */
struct arch_context {
	struct trap_frame frame __attribute__((aligned(16)));
	const struct arch_space *space;
	void *xstate;
	uint64_t fs_base;
	uint64_t gs_base;
};

URPC_STATIC_ASSERT(offsetof(struct arch_context, frame) == 0 && sizeof(struct trap_frame) % 16 == 0,
		   "the CPU aligns the stack to 16 bytes before it pushes");

#endif
