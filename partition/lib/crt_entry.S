/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * From the CPU driver into the library, and from one thread to another. All of this runs disabled,
 * but for the last instructions of rt_resume: from the moment the flag is cleared until IRET has
 * taken all registers they lie in the critical range.
 */
#include <rt_offsets.h>

	/* By this others know a program of a partition: abi/domain.h */
	.section .note.remora, "a", @note
	.balign	4
	.long	2f - 1f
	.long	4
	.long	NOTE_TYPE
1:	.asciz	"Remora"
2:	.balign	4
	.long	STARTUP_REVISION

	.text
	/* The program's entry, upcall `run` of the first activation: RDI dispatcher. */
	.globl	rt_start
	.type	rt_start, @function
rt_start:
	xor	%ebp, %ebp
	mov	$STARTUP, %rsi
	call	rt_begin
	ud2
	.size	rt_start, . - rt_start

	/* All other upcalls: RDI to R9 are where C wants them, R10 goes to the stack. */
	.globl	rt_upcall_entry
	.type	rt_upcall_entry, @function
rt_upcall_entry:
	sub	$8, %rsp
	push	%r10
	call	rt_upcall
	ud2
	.size	rt_upcall_entry, . - rt_upcall_entry

	/*
	 * void rt_leave(struct rt_thread *thread, struct abi_dispatcher *d): keep what a function call
	 * must, and go on on the upcalls' stack with rt_dispatch(). Returns when rt_return() is given
	 * this thread's stack pointer.
	 */
	.globl	rt_leave
	.type	rt_leave, @function
rt_leave:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	sub	$8, %rsp
	stmxcsr	(%rsp)
	fnstcw	4(%rsp)
	mov	%rsp, THREAD_STACK_POINTER(%rdi)
	mov	DISPATCHER_STACK(%rsi), %rsp
	xor	%ebp, %ebp
	call	rt_dispatch
	ud2
	.size	rt_leave, . - rt_leave

	/* void rt_finish(struct abi_dispatcher *d): the thread's stack is not needed any more. */
	.globl	rt_finish
	.type	rt_finish, @function
rt_finish:
	mov	DISPATCHER_STACK(%rdi), %rsp
	xor	%ebp, %ebp
	call	rt_thread_gone
	ud2
	.size	rt_finish, . - rt_finish

	/* void rt_return(uint64_t stack_pointer) */
	.globl	rt_return
	.type	rt_return, @function
rt_return:
	mov	%rdi, %rsp
	ldmxcsr	(%rsp)
	fldcw	4(%rsp)
	add	$8, %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret
	.size	rt_return, . - rt_return

	/*
	 * void rt_resume(const struct abi_registers *r, uint32_t *flag, uint64_t stack): clear the
	 * flag (abi_dispatcher.disabled, or .faulting), and take all registers. IRET's frame and the
	 * last two registers lie on @stack, which nobody uses until the next upcall of that kind.
	 */
	.globl	rt_resume, rt_critical, rt_critical_end
	.type	rt_resume, @function
rt_resume:
	mov	%rdx, %rsp
	mov	%ss, %eax
	push	%rax
	push	REGISTERS_RSP(%rdi)
	push	REGISTERS_RFLAGS(%rdi)
	mov	%cs, %eax
	push	%rax
	push	REGISTERS_RIP(%rdi)
	push	REGISTERS_RDI(%rdi)
	push	REGISTERS_RSI(%rdi)
	mov	REGISTERS_RAX(%rdi), %rax
	mov	REGISTERS_RBX(%rdi), %rbx
	mov	REGISTERS_RCX(%rdi), %rcx
	mov	REGISTERS_RDX(%rdi), %rdx
	mov	REGISTERS_RBP(%rdi), %rbp
	mov	REGISTERS_R8(%rdi), %r8
	mov	REGISTERS_R9(%rdi), %r9
	mov	REGISTERS_R10(%rdi), %r10
	mov	REGISTERS_R11(%rdi), %r11
	mov	REGISTERS_R12(%rdi), %r12
	mov	REGISTERS_R13(%rdi), %r13
	mov	REGISTERS_R14(%rdi), %r14
	mov	REGISTERS_R15(%rdi), %r15
rt_critical:
	movl	$0, (%rsi)
	pop	%rsi
	pop	%rdi
	iretq
rt_critical_end:
	.size	rt_resume, . - rt_resume

	/*
	 * void rt_serve_enter(uint64_t stack, uint32_t *disabled): the thread whose Linux system call
	 * is to be served goes on here, enabled, on its own stack.
	 */
	.globl	rt_serve_enter
	.type	rt_serve_enter, @function
rt_serve_enter:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	movl	$0, (%rsi)
	call	rt_serve
	ud2
	.size	rt_serve_enter, . - rt_serve_enter

	.bss
	.balign	16
	.skip	8192
	.globl	rt_fault_stack_end
rt_fault_stack_end:

	.section .note.GNU-stack, "", @progbits
