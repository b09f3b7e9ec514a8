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

static inline uint64_t arch_context_rip(const struct arch_context *context)
{
	return context->frame.rip;
}

static inline uint64_t arch_syscall_number(const struct arch_context *context)
{
	return context->frame.rax;
}

static inline uint64_t arch_syscall_argument(const struct arch_context *context, unsigned int n)
{
	const struct trap_frame *f = &context->frame;

	switch (n) {
	case 0:
		return f->rdi;
	case 1:
		return f->rsi;
	case 2:
		return f->rdx;
	case 3:
		return f->r10;
	case 4:
		return f->r8;
	default:
		return f->r9;
	}
}

static inline void arch_syscall_return(struct arch_context *context, int64_t status, uint64_t value)
{
	context->frame.rax = (uint64_t)status;
	context->frame.rdx = value;
}

URPC_STATIC_ASSERT(offsetof(struct arch_context, frame) == 0 && sizeof(struct trap_frame) % 16 == 0,
		   "the CPU aligns the stack to 16 bytes before it pushes");

#endif
