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

uint64_t arch_context_rip(const struct arch_context *context);
uint64_t arch_syscall_number(const struct arch_context *context);
uint64_t arch_syscall_argument(const struct arch_context *context, unsigned int n);
void arch_syscall_return(struct arch_context *context, int64_t status, uint64_t value);

#endif
