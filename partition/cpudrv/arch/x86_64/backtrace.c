// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include <arch.h>
#include <backtrace.h>
#include <console.h>
#include <stack.h>
#include <symbols.h>

#define FRAMES_MAX 24

/* What a function that keeps frame pointers has at its frame pointer. */
struct frame {
	uint64_t caller; /* frame pointer */
	uint64_t rip;    /* where the caller goes on */
};

static void print_frame(unsigned int number, uint64_t rip)
{
	uint64_t offset;
	const char *name = symbols_find(rip, &offset);

	if (name)
		console_error("#%u %016lx %s+0x%lx", number, rip, name, offset);
	else
		console_error("#%u %016lx outside the text", number, rip);
}

void backtrace_print(uint64_t rip, uint64_t rbp)
{
	unsigned int number = 0;

	print_frame(number++, rip);
	while (number < FRAMES_MAX && !(rbp % 8) && stack_holds(rbp, sizeof(struct frame))) {
		const struct frame *f = (const struct frame *)rbp;

		print_frame(number++, f->rip);
		/* Callers are higher up the stack: whatever is not ends the walk, loops included. */
		if (f->caller <= rbp)
			break;
		rbp = f->caller;
	}
}

void arch_backtrace_here(void)
{
	backtrace_print((uint64_t)__builtin_return_address(0),
			*(uint64_t *)__builtin_frame_address(0));
}
