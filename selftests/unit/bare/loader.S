/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guest's first program: from QEMU's PVH entry to the state that abi/boot.h promises. The three
 * words at LOADER_ARGS (guest.h) are put there by the test: CR3, entry, RDI.
 */
#define LOADER_ARGS 0x200000

#define PIC_MASK_1 0x21
#define PIC_MASK_2 0xa1
#define CR4_PAE 0x20
#define MSR_EFER 0xc0000080
#define EFER_LME_NXE 0x900
#define CR0_PG_PE 0x80000001
#define XEN_ELFNOTE_PHYS32_ENTRY 18

	.section .note.pvh, "a", @note
	.long	4, 4, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz	"Xen"
	.long	start

	.text
	.code32
	.globl	start
start:
	cli
	/*
	 * The firmware left the PIC's timer running. No core that Linux gives up is wired to the
	 * PIC; here it would interrupt one whose LINT0 is masked, which QEMU does not expect.
	 */
	mov	$0xff, %al
	out	%al, $PIC_MASK_1
	out	%al, $PIC_MASK_2
	mov	LOADER_ARGS, %eax
	mov	%eax, %cr3
	mov	%cr4, %eax
	or	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$EFER_LME_NXE, %eax
	wrmsr
	mov	%cr0, %eax
	or	$CR0_PG_PE, %eax
	mov	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$8, $long_mode

	.code64
long_mode:
	lidt	no_idt
	mov	LOADER_ARGS + 16, %rdi
	mov	LOADER_ARGS + 8, %rax
	xor	%esp, %esp
	jmp	*%rax

	.balign	8
gdt:
	.quad	0, 0x00af9b000000ffff
gdt_pointer:
	.word	15
	.quad	gdt
no_idt:
	.word	0
	.quad	0
