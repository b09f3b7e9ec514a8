/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of all 256 vectors. The stubs are the first thing of the image, each VECTOR_STUB behind its
 * begin, so that the addresses in the IDT are constants and the IDT can be read-only (idt.c).
 *
 * What is pushed here is struct trap_frame (trap.h), last field first.
 */
#include <offsets.h>
#include <registers.h>
#include <x86.h>

	.section .text.vectors, "ax"
	.globl vector_stubs, vector_stubs_end
vector_stubs:
	.set	vector, 0
	.rept	VECTORS / VECTOR_ROW
	.rept	VECTOR_ROW
	.byte	0x6a, vector		/* push; the byte is extended by its sign */
	/* The CPU itself pushes an error code for these. */
	.if	(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || \
		 vector == 29 || vector == 30)
	jmp	2f
	.else
	jmp	1f
	.endif
	.set	vector, vector + 1
	.endr
1:	jmp	trap_enter_no_error
2:	jmp	trap_enter
	.balign	VECTOR_ROW_END
	.endr
vector_stubs_end:

	.text
	.type trap_enter, @function
trap_enter_no_error:
	push	(%rsp)
	movq	$0, 8(%rsp)
trap_enter:
	push_registers
	movzbl	FRAME_VECTOR(%rsp), %eax
	mov	%rax, FRAME_VECTOR(%rsp)
	cld
	testb	$3, FRAME_CS(%rsp)
	jnz	from_ring3
on_this_stack:
	/* 22 words on a stack that the CPU aligned to 16 bytes: aligned again. */
	mov	%rsp, %rdi
	call	trap_handle
	pop_registers
	add	$16, %rsp
	iretq
	/* What has a stack of its own is handled there, and goes back to ring 3 from it. */
from_ring3:
	cmpq	$VECTOR_NMI, FRAME_VECTOR(%rsp)
	je	on_this_stack
	cmpq	$VECTOR_MACHINE_CHECK, FRAME_VECTOR(%rsp)
	je	on_this_stack
	cmpq	$VECTOR_DOUBLE_FAULT, FRAME_VECTOR(%rsp)
	je	on_this_stack
	jmp	user_left
	.size trap_enter, . - trap_enter
