/* SPDX-License-Identifier: GPL-2.0-only */
/* The ELF file of the core's first program: MONITOR is its name. */
	.section .monitor, "a"
	.globl monitor_elf, monitor_elf_end
	.balign 4096
monitor_elf:
	.incbin MONITOR
monitor_elf_end:
