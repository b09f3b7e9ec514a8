/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * First instructions of the CPU driver; abi/boot.h says how they are reached. Nothing may be put
 * before lidt that is not needed for it: an NMI that finds no IDT takes the whole machine down, and
 * Linux broadcasts NMIs. Next is CR4.MCE, for a machine check that finds it clear does the same.
 */
#include <x86.h>

	.section .text.boot, "ax"
	.globl _start
	.type _start, @function
_start:
	cli
	cld
	lea	early_stack_main_top(%rip), %rsp
	lgdt	gdt_pointer(%rip)

	/* The TSS descriptor's base is in four pieces, which no relocation can fill. */
	lea	tss(%rip), %rax
	mov	%ax, gdt + SELECTOR_TSS + 2(%rip)
	shr	$16, %rax
	mov	%al, gdt + SELECTOR_TSS + 4(%rip)
	mov	%ah, gdt + SELECTOR_TSS + 7(%rip)
	shr	$16, %rax
	mov	%eax, gdt + SELECTOR_TSS + 8(%rip)
	mov	$SELECTOR_TSS, %ax
	ltr	%ax
	lidt	idt_pointer(%rip)

	mov	%cr4, %rax
	or	$CR4_MCE, %rax
	mov	%rax, %cr4

	/* Leave the trampoline's selectors: its descriptors are gone. */
	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %ss
	xor	%eax, %eax
	mov	%eax, %fs
	mov	%eax, %gs
	push	$SELECTOR_CODE
	lea	1f(%rip), %rax
	push	%rax
	lretq
1:
	/* A frame pointer of 0 ends every backtrace; RDI is still what node 0 gave. */
	xor	%ebp, %ebp
	call	start
	ud2
	.size _start, . - _start

/*
 * void stack_switch(uint64_t top, void (*go)(void)): leave the stack in use for good.
 */
	.globl stack_switch
	.type stack_switch, @function
stack_switch:
	mov	%rdi, %rsp
	xor	%ebp, %ebp
	call	*%rsi
	ud2
	.size stack_switch, . - stack_switch

	.section .data, "aw"
	.balign 16
	.globl gdt
gdt:
	.quad	0
	.quad	0x00af9b000000ffff	/* code: 64 bit, ring 0, accessed */
	.quad	0x00cf93000000ffff	/* data: ring 0, accessed */
	.quad	0x0000890000000067	/* TSS, available, 104 bytes; base filled in above */
	.quad	0
	.quad	0x00cff3000000ffff	/* data: ring 3, accessed */
	.quad	0x00affb000000ffff	/* code: 64 bit, ring 3, accessed */
gdt_end:

/*
 * The interrupt stacks are the early ones until paging has guarded ones: see stack.c. The CPU
 * reads this structure only.
 */
	.balign 16
	.globl tss
tss:
	.long	0
	.quad	0, 0, 0			/* RSP0 to RSP2; RSP0: see user.S */
	.quad	0
	.quad	early_stack_nmi_top
	.quad	early_stack_double_fault_top
	.quad	early_stack_machine_check_top
	.quad	0, 0, 0, 0
	.quad	0
	.word	0
	.word	104			/* no I/O permission map */

	.section .rodata, "a"
	.balign 8
	.word	0, 0, 0
gdt_pointer:
	.word	gdt_end - gdt - 1
	.quad	gdt
	.balign 8
	.word	0, 0, 0
idt_pointer:
	.word	VECTORS * 16 - 1
	.quad	idt

	.section .bss, "aw", @nobits
	.balign 16
	.globl early_stacks, early_stacks_end
early_stacks:
	.skip	EARLY_STACK_BYTES
early_stack_nmi_top:
	.skip	EARLY_STACK_BYTES
early_stack_double_fault_top:
	.skip	EARLY_STACK_BYTES
early_stack_machine_check_top:
	.skip	2 * EARLY_STACK_BYTES
early_stack_main_top:
early_stacks_end:
