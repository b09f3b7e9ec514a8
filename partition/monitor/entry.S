/* SPDX-License-Identifier: GPL-2.0-only */
	.text
	.globl rt_start
	.type rt_start, @function
rt_start:
	xorl %ebp, %ebp
	call monitor_run
	ud2
	.size rt_start, . - rt_start
	.section .note.GNU-stack, "", @progbits
