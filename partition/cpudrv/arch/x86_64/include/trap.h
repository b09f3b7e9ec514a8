/* SPDX-License-Identifier: GPL-2.0-only */
/* What the CPU and vectors.S leave on the stack. */
#ifndef TRAP_H
#define TRAP_H

#include <urpc/types.h>

struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
	uint64_t rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector;
	uint64_t error; /* 0 for vectors without one */
	uint64_t rip, cs, rflags, rsp, ss;
};

URPC_STATIC_ASSERT(sizeof(struct trap_frame) == 22 * 8, "vectors.S pushes 22 words");
URPC_STATIC_ASSERT(offsetof(struct trap_frame, rax) == 14 * 8, "vectors.S pushes RAX first");
URPC_STATIC_ASSERT(offsetof(struct trap_frame, vector) == 15 * 8, "pushed by the stub");

/** trap_handle - every interrupt and exception; called by vectors.S, interrupts off */
void trap_handle(struct trap_frame *frame);

/** trap_report - print registers and call chain, publish the crash, halt */
__attribute__((noreturn)) void trap_report(const struct trap_frame *frame, const char *reason);

/** trap_interrupt - an interrupt of vector 32 or above */
void trap_interrupt(uint8_t vector);

#endif
