/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a core executes from the start-up IPI to the CPU driver: real mode, then long mode in one
 * step (CR0.PE and CR0.PG together, SDM vol. 3 ch. 10.8.5 for the order of the rest).
 *
 * The page is copied below 1 MiB and identity-mapped by the boot page tables. Start: CS = page / 16,
 * IP = 0, interrupts off, caches possibly off.
 *
 * Linux broadcasts NMIs. One table serves both modes: vector 2 is at byte 8 in real mode, at byte 32
 * in long mode. Between the write of CR0 and the far jump CS still is a real-mode segment, to which
 * IRETQ could not return: the handler then returns to where the jump would have gone.
 */
#include <asm/msr-index.h>
#include <asm/processor-flags.h>
#include "trampoline.h"

#define ARG(member) %cs:(TRAMPOLINE_ARGS + (member))

	.section .rodata.remora_trampoline, "a", @progbits
	.balign 16

	.globl remora_trampoline
remora_trampoline:
.Lorigin:
	.code16
	/* SS before ESP: the pair is not interrupted */
	movw	ARG(ARGS_SS), %ss
	movl	ARG(ARGS_ESP), %esp
	lidtl	ARG(ARGS_IDTR)
	lgdtl	ARG(ARGS_GDTR)
	cld

	movl	$X86_CR4_PAE, %eax
	movl	%eax, %cr4
	movl	ARG(ARGS_CR3), %eax
	movl	%eax, %cr3

	movl	$MSR_EFER, %ecx
	movl	$(1 << _EFER_LME | 1 << _EFER_NX), %eax
	xorl	%edx, %edx
	wrmsr

	/* caches on with CD = NW = 0 */
	movl	$(X86_CR0_PG | X86_CR0_WP | X86_CR0_NE | X86_CR0_ET | X86_CR0_MP | X86_CR0_PE), %eax
	movl	%eax, %cr0
	ljmpl	*ARG(ARGS_LONG)

	.globl remora_trampoline_nmi_real
remora_trampoline_nmi_real:
	iretw

	.code64
	.globl remora_trampoline_long
remora_trampoline_long:
.Llong:
	movl	$TRAMPOLINE_DS, %eax
	movl	%eax, %ss
	movl	%eax, %ds
	movl	%eax, %es
	xorl	%eax, %eax
	movl	%eax, %fs
	movl	%eax, %gs
	movq	.Lorigin + TRAMPOLINE_ARGS + ARGS_RDI(%rip), %rdi
	movq	.Lorigin + TRAMPOLINE_ARGS + ARGS_ENTRY(%rip), %rax
	jmpq	*%rax

	/* frame: RIP, CS, RFLAGS, RSP, SS */
	.globl remora_trampoline_nmi_long
remora_trampoline_nmi_long:
	cmpw	$TRAMPOLINE_CS, 8(%rsp)
	je	1f
	pushq	%rax
	leaq	.Llong(%rip), %rax
	movq	%rax, 8(%rsp)
	popq	%rax
	movq	$TRAMPOLINE_CS, 8(%rsp)
	movq	$0, 32(%rsp)
1:	iretq

	.org	.Lorigin + TRAMPOLINE_ARGS
	.skip	TRAMPOLINE_GDT - TRAMPOLINE_ARGS

	/* accessed bits are set: the core never writes here */
	.org	.Lorigin + TRAMPOLINE_GDT
	.quad	0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff

	.org	.Lorigin + TRAMPOLINE_IDT
	.skip	TRAMPOLINE_IDT_BYTES
	.org	.Lorigin + TRAMPOLINE_END
