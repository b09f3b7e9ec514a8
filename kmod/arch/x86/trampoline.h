/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Places in the page that a core starts in, agreed between trampoline.S, which reserves them, and
 * wake.c, which fills them. Everything that depends on where the page lies is filled in, so that
 * the code needs no relocation.
 */
#ifndef REMORA_TRAMPOLINE_H
#define REMORA_TRAMPOLINE_H

#define TRAMPOLINE_ARGS 0x200
#define TRAMPOLINE_GDT 0x240
#define TRAMPOLINE_IDT 0x280
#define TRAMPOLINE_END 0x2b0
#define TRAMPOLINE_STACK_TOP 0x1000

/* Members of struct trampoline_args. */
#define ARGS_CR3 0
#define ARGS_ESP 4
#define ARGS_ENTRY 8
#define ARGS_RDI 16
#define ARGS_SS 24
#define ARGS_IDTR 26
#define ARGS_GDTR 32
#define ARGS_LONG 40

#define TRAMPOLINE_CS 0x08
#define TRAMPOLINE_DS 0x10
#define TRAMPOLINE_GDT_BYTES 24
/* vectors 0 to 2 in the format of long mode */
#define TRAMPOLINE_IDT_BYTES 48

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * struct trampoline_args - at TRAMPOLINE_ARGS
 * @cr3:   boot page tables
 * @esp:   linear address of the stack's end
 * @entry: where to go in long mode, with @rdi
 * @ss:    real-mode segment in which the low 16 bits of @esp name the same byte as @esp itself
 * @idt_limit, @idt_base, @gdt_limit, @gdt_base: operands of LIDT and LGDT
 * @long_offset, @long_selector: far pointer to the 64-bit part
 */
struct trampoline_args {
	u32 cr3;
	u32 esp;
	u64 entry;
	u64 rdi;
	u16 ss;
	u16 idt_limit;
	u32 idt_base;
	u16 gdt_limit;
	u32 gdt_base;
	u16 pad;
	u32 long_offset;
	u16 long_selector;
} __packed;

static_assert(offsetof(struct trampoline_args, cr3) == ARGS_CR3);
static_assert(offsetof(struct trampoline_args, esp) == ARGS_ESP);
static_assert(offsetof(struct trampoline_args, entry) == ARGS_ENTRY);
static_assert(offsetof(struct trampoline_args, rdi) == ARGS_RDI);
static_assert(offsetof(struct trampoline_args, ss) == ARGS_SS);
static_assert(offsetof(struct trampoline_args, idt_limit) == ARGS_IDTR);
static_assert(offsetof(struct trampoline_args, gdt_limit) == ARGS_GDTR);
static_assert(offsetof(struct trampoline_args, long_offset) == ARGS_LONG);
static_assert(TRAMPOLINE_ARGS + sizeof(struct trampoline_args) <= TRAMPOLINE_GDT);

/* The code, and places in it; TRAMPOLINE_END bytes. Data for Linux: it runs only as a copy. */
extern const u8 remora_trampoline[];
extern const u8 remora_trampoline_long[];
extern const u8 remora_trampoline_nmi_real[];
extern const u8 remora_trampoline_nmi_long[];

#endif
#endif
