/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Into ring 3 and out of it. To C, user_enter() is a function that returns when ring 3 is left: it
 * leaves its callee-saved registers on the stack, and whoever comes from ring 3 has its registers in
 * the frame of its context and goes back to that stack. RSP0 of the TSS is the end of the frame.
 *
 * Every core has its own copy of the image: no GS is needed to find these variables, and whatever
 * ring 3 does to FS and GS is its own affair.
 */
#include <offsets.h>
#include <registers.h>
#include <x86.h>

	.text
/* void user_enter(struct trap_frame *frame) */
	.globl user_enter
	.type user_enter, @function
user_enter:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, user_return_stack(%rip)
	mov	%rdi, %rsp
	pop_registers
	cmpq	$VECTOR_SYSCALL, (%rsp)
	je	1f
	add	$16, %rsp
	iretq
1:
	/* RSP is at the vector. SYSRET takes RIP from RCX, which the caller checked: SDM, SYSRET. */
	mov	FRAME_RIP - FRAME_VECTOR(%rsp), %rcx
	mov	FRAME_RFLAGS - FRAME_VECTOR(%rsp), %r11
	mov	FRAME_RSP - FRAME_VECTOR(%rsp), %rsp
	sysretq
	.size user_enter, . - user_enter

/*
 * MSR LSTAR. Interrupts are off, and until RSP is the driver's own only those exceptions can come
 * that have stacks of their own.
 */
	.globl user_syscall
	.type user_syscall, @function
user_syscall:
	mov	%rsp, user_stack(%rip)
	mov	user_frame_end(%rip), %rsp
	push	$SELECTOR_USER_DATA
	push	user_stack(%rip)
	push	%r11
	push	$SELECTOR_USER_CODE
	push	%rcx
	push	$0
	push	$VECTOR_SYSCALL
	push_registers
	.size user_syscall, . - user_syscall

/* From here and from vectors.S: the frame is complete. */
	.globl user_left
	.type user_left, @function
user_left:
	mov	user_return_stack(%rip), %rsp
	/* No flag of ring 3 stays: with AC set, SMAP would not protect. */
	push	$FLAGS_FIXED
	popfq
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size user_left, . - user_left

	.section .bss, "aw", @nobits
	.balign 8
	.globl user_frame_end
user_frame_end:
	.skip	8
user_return_stack:
	.skip	8
user_stack:
	.skip	8
