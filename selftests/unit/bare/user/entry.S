/* SPDX-License-Identifier: GPL-2.0-only */
#include <offsets.h>

	.text
	/* First activation: RDI dispatcher, no stack yet. */
	.globl _start
_start:
	lea	main_stack_top(%rip), %rsp
	xor	%ebp, %ebp
	call	start
	ud2

	/* All upcalls: arguments are where C wants them, but for R10; the stack is the dispatcher's. */
	.globl upcall_entry
upcall_entry:
	mov	%r10, fifth(%rip)
	call	upcall
	ud2

	/*
	 * void resume(const struct abi_registers *registers, struct abi_dispatcher *d): become
	 * enabled. The frame for IRET and the last two registers lie on the stack in use, so that
	 * nothing is needed after the store but the stack pointer.
	 */
	.globl resume, resume_critical, resume_critical_end
resume:
	mov	%ss, %eax
	push	%rax
	pushq	REGISTERS_RSP(%rdi)
	pushq	REGISTERS_RFLAGS(%rdi)
	mov	%cs, %eax
	push	%rax
	pushq	REGISTERS_RIP(%rdi)
	pushq	REGISTERS_RDI(%rdi)
	pushq	REGISTERS_RSI(%rdi)
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
resume_critical:
	movl	$0, DISPATCHER_DISABLED(%rsi)
	pop	%rsi
	pop	%rdi
	iretq
resume_critical_end:

	/*
	 * uint64_t check_registers(uint64_t seed, uint64_t turns, uint64_t *progress): give every
	 * register a value made of the seed, and compare for that many turns. Returns 0, or 1 when
	 * one differed.
	 */
	.globl check_registers
check_registers:
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, saved_stack(%rip)
	mov	%rsi, turns(%rip)
	mov	%rdx, progress_at(%rip)
	mov	%rdi, seed(%rip)
	movq	%rdi, %xmm0
	vpbroadcastq %xmm0, %ymm0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vpaddq	%ymm0, %ymm0, %ymm\n
	.endr
	vmovdqa	%ymm0, pattern(%rip)
	vmovdqa	%ymm1, pattern + 32(%rip)
	fninit
	fildq	seed(%rip)
	wrfsbase %rdi
	not	%rdi
	wrgsbase %rdi
	not	%rdi
	mov	%rdi, %rax
	.irp	r, rbx,rcx,rdx,rsi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
	lea	1(%rax), %\r
	mov	%\r, %rax
	.endr
	/* RDI seed, RBX seed + 1, and so on up to R15 seed + 13; RSP is anything too. */
	lea	14(%rdi), %rsp
1:
	.set	step, 1
	.irp	r, rbx,rcx,rdx,rsi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
	lea	step(%rdi), %rax
	cmp	%rax, %\r
	jne	2f
	.set	step, step + 1
	.endr
	lea	14(%rdi), %rax
	cmp	%rax, %rsp
	jne	2f
	cmp	seed(%rip), %rdi
	jne	2f
	rdfsbase %rax
	cmp	%rdi, %rax
	jne	2f
	rdgsbase %rax
	not	%rax
	cmp	%rdi, %rax
	jne	2f
	movq	%xmm0, %rax
	cmp	%rdi, %rax
	jne	2f
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vpcmpeqq pattern + 32(%rip), %ymm\n, %ymm\n
	vpmovmskb %ymm\n, %eax
	cmp	$-1, %eax
	jne	2f
	vmovdqa	pattern + 32(%rip), %ymm\n
	.endr
	vpcmpeqq pattern(%rip), %ymm0, %ymm0
	vpmovmskb %ymm0, %eax
	cmp	$-1, %eax
	jne	2f
	vmovdqa	pattern(%rip), %ymm0
	fld	%st(0)
	fistpq	from_x87(%rip)
	cmp	from_x87(%rip), %rdi
	jne	2f
	mov	progress_at(%rip), %rax
	incq	(%rax)
	decq	turns(%rip)
	jnz	1b
	xor	%eax, %eax
	jmp	3f
2:
	mov	$1, %eax
3:
	mov	saved_stack(%rip), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	/* Never returns. */
	.globl count_in_range, count_in_range_end
count_in_range:
	incq	(%rdi)
	jmp	count_in_range
count_in_range_end:

	.bss
	.balign 32
pattern:
	.skip	64
saved_stack:
	.skip	8
turns:
	.skip	8
progress_at:
	.skip	8
seed:
	.skip	8
from_x87:
	.skip	8
	.globl fifth
fifth:
	.skip	8
	.balign 4096
	.skip	16384
main_stack_top:
	.skip	8192
	.globl upcall_stack_top
upcall_stack_top:
	.skip	8192
	.globl fault_stack_top
fault_stack_top:
