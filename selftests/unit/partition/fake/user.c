// SPDX-License-Identifier: GPL-2.0-only
/* The fake machine has no ring 3: no program is ever given to it, so that none of these is called. */
#include <stdlib.h>

#include <user.h>

const char *arch_user_init(void)
{
	return "ring 3";
}

void arch_context_init(struct arch_context *context, uint64_t root, void *xstate)
{
	(void)context, (void)root, (void)xstate;
	abort();
}

void arch_user_switch(struct arch_context *context)
{
	(void)context;
	abort();
}

void arch_user_run(struct arch_context *context, struct user_event *event)
{
	(void)context, (void)event;
	abort();
}

void arch_context_save(const struct arch_context *context, struct abi_registers *registers)
{
	(void)context, (void)registers;
	abort();
}

void arch_context_upcall(struct arch_context *context, uint64_t entry, uint64_t stack,
			 uint64_t dispatcher, uint64_t upcall,
			 const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	(void)context, (void)entry, (void)stack, (void)dispatcher, (void)upcall, (void)arguments;
	abort();
}

uint64_t arch_context_rip(const struct arch_context *context)
{
	(void)context;
	abort();
}
