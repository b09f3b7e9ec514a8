/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* linux_begin(stack): RDI becomes the stack, RDX is 0: no function is to be called at exit. */
	.text
	.globl	linux_begin
	.type	linux_begin, @function
linux_begin:
	movq	%rdi, %rsp
	xorl	%ebp, %ebp
	xorl	%edx, %edx
	jmp	_start
	.size	linux_begin, . - linux_begin

	.section .note.GNU-stack, "", @progbits
