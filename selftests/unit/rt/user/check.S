/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * uint64_t check_registers(struct check *c): give every register a value made of the seed, and compare
 * for c->turns turns. Offsets are those of struct check (rt.h asserts nothing: see main.c).
 */
#define SEED 0
#define TURNS 8
#define STACK 16
#define X87 24
#define PROGRESS 32
#define FLAGS 40
#define PATTERN 64

	/* Keep what the caller needs, and give each vector register a value made of the seed. */
	.macro	begin_check
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, STACK(%rdi)
	mov	SEED(%rdi), %rax
	movq	%rax, %xmm0
	vpbroadcastq %xmm0, %ymm0
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vpaddq	%ymm0, %ymm0, %ymm\n
	.endr
	.endm

	/* The x87 register against the seed: not equal, or not. */
	.macro	compare_x87
	fld	%st(0)
	fistpq	X87(%rdi)
	mov	X87(%rdi), %rax
	cmp	SEED(%rdi), %rax
	.endm

	.text
	.globl	check_registers
check_registers:
	begin_check
	vmovdqa	%ymm0, PATTERN(%rdi)
	vmovdqa	%ymm1, PATTERN + 32(%rdi)
	fninit
	fildq	SEED(%rdi)
	/* RDI is the structure; all others are the seed and their number. The stack stays. */
	mov	SEED(%rdi), %rbx
	.irp	r, rcx,rdx,rsi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
	lea	1(%rbx), %\r
	mov	%\r, %rbx
	.endr
1:
	mov	SEED(%rdi), %rbx
	.irp	r, rcx,rdx,rsi,rbp,r8,r9,r10,r11,r12,r13,r14,r15
	inc	%rbx
	cmp	%rbx, %\r
	jne	2f
	.endr
	cmp	STACK(%rdi), %rsp
	jne	2f
	/* Carry, parity, adjust, zero, sign and overflow: five values in turn. */
	mov	SEED(%rdi), %rax
	and	$0x7f, %eax
	add	$0x41, %al
	pushfq
	pop	%rbx
	add	$0, %rbx
	mov	SEED(%rdi), %rax
	and	$0x7f, %eax
	add	$0x41, %al
	.rept	8
	lea	1(%rax), %rax
	.endr
	pushfq
	pop	%rax
	and	$0x8d5, %eax
	and	$0x8d5, %ebx
	cmp	%rax, %rbx
	jne	2f
	movq	%xmm0, %rax
	cmp	SEED(%rdi), %rax
	jne	2f
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vpcmpeqq PATTERN + 32(%rdi), %ymm\n, %ymm\n
	vpmovmskb %ymm\n, %eax
	cmp	$-1, %eax
	jne	2f
	vmovdqa	PATTERN + 32(%rdi), %ymm\n
	.endr
	vpcmpeqq PATTERN(%rdi), %ymm0, %ymm0
	vpmovmskb %ymm0, %eax
	cmp	$-1, %eax
	jne	2f
	vmovdqa	PATTERN(%rdi), %ymm0
	compare_x87
	jne	2f
	incq	PROGRESS(%rdi)
	decq	TURNS(%rdi)
	jnz	1b
	xor	%eax, %eax
	jmp	3f
2:
	mov	$1, %eax
3:
	ffree	%st(0)
	fincstp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	ret

	/*
	 * The same for a system call of Linux in between: all but RAX, RCX and R11 stay.
	 * uint64_t check_syscall(struct check *c, uint64_t number)
	 */
	.globl	check_syscall
check_syscall:
	begin_check
	vmovdqa	%ymm1, PATTERN + 32(%rdi)
	fninit
	fildq	SEED(%rdi)
	mov	SEED(%rdi), %rbx
	.irp	r, rdx,rbp,r8,r9,r10,r12,r13,r14,r15
	lea	1(%rbx), %\r
	mov	%\r, %rbx
	.endr
	mov	%rsi, %rax
	movq	$0x1234567, -8(%rsp)
	movq	$0x7654321, -128(%rsp)
	syscall
	mov	%rax, FLAGS(%rdi)
	cmpq	$0x1234567, -8(%rsp)
	jne	2b
	cmpq	$0x7654321, -128(%rsp)
	jne	2b
	mov	SEED(%rdi), %rbx
	.irp	r, rdx,rbp,r8,r9,r10,r12,r13,r14,r15
	inc	%rbx
	cmp	%rbx, %\r
	jne	2b
	.endr
	cmp	STACK(%rdi), %rsp
	jne	2b
	movq	%xmm0, %rax
	cmp	SEED(%rdi), %rax
	jne	2b
	.irp	n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
	vpcmpeqq PATTERN + 32(%rdi), %ymm\n, %ymm\n
	vpmovmskb %ymm\n, %eax
	cmp	$-1, %eax
	jne	2b
	.endr
	compare_x87
	jne	2b
	xor	%eax, %eax
	jmp	3b

	.section .note.GNU-stack, "", @progbits
