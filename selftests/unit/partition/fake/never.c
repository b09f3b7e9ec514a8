// SPDX-License-Identifier: GPL-2.0-only
/* What nothing of ring 3 on the fake machine ever calls. */
#include <stdlib.h>

#include <user.h>

bool arch_space_find(uint64_t root, uint64_t va, bool write, uint64_t *pa)
{
	(void)root, (void)va, (void)write, (void)pa;
	abort();
}

bool arch_context_set_fs(struct arch_context *context, uint64_t base)
{
	(void)context, (void)base;
	abort();
}

void arch_syscall_repeat(struct arch_context *context)
{
	(void)context;
	abort();
}

uint64_t arch_syscall_number(const struct arch_context *context)
{
	(void)context;
	abort();
}

uint64_t arch_syscall_argument(const struct arch_context *context, unsigned int n)
{
	(void)context, (void)n;
	abort();
}

void arch_syscall_return(struct arch_context *context, int64_t status, uint64_t value)
{
	(void)context, (void)status, (void)value;
	abort();
}
