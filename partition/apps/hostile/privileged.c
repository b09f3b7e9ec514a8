// SPDX-License-Identifier: GPL-2.0-only
/* Instructions that ring 3 must not execute: each is a fault, and the end of the program. */
#include <stdio.h>
#include <string.h>

#include "raw.h"

/*
 * I(name, instructions): an operand in memory is a page of its own, all registers may be lost. INVD and
 * WBINVD are not here: QEMU's emulation takes them in ring 3, and does nothing.
 */
#define INSTRUCTIONS(I)                                                                            \
	I(hlt, "hlt")                                                                              \
	I(cli, "cli")                                                                              \
	I(sti, "sti")                                                                              \
	I(clts, "clts")                                                                            \
	I(invlpg, "invlpg (%0)")                                                                   \
	I(invpcid, "xor %%eax, %%eax; invpcid (%0), %%rax")                                        \
	I(swapgs, "swapgs")                                                                        \
	I(clac, "clac")                                                                            \
	I(stac, "stac")                                                                            \
	I(lgdt, "lgdt (%0)")                                                                       \
	I(lidt, "lidt (%0)")                                                                       \
	I(lldt, "xor %%eax, %%eax; lldt %%ax")                                                     \
	I(ltr, "mov $0x28, %%eax; ltr %%ax")                                                       \
	I(lmsw, "xor %%eax, %%eax; lmsw %%ax")                                                     \
	I(sgdt, "sgdt (%0)")                                                                       \
	I(sidt, "sidt (%0)")                                                                       \
	I(sldt, "sldt %%eax")                                                                      \
	I(str, "str %%eax")                                                                        \
	I(smsw, "smsw %%eax")                                                                      \
	I(rdmsr, "mov $0xc0000080, %%ecx; rdmsr")                                                  \
	I(wrmsr, "mov $0xc0000082, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr")              \
	I(rdpmc, "xor %%ecx, %%ecx; rdpmc")                                                        \
	I(xsetbv, "xor %%ecx, %%ecx; mov $7, %%eax; xor %%edx, %%edx; xsetbv")                     \
	I(read_cr0, "mov %%cr0, %%rax")                                                            \
	I(read_cr2, "mov %%cr2, %%rax")                                                            \
	I(read_cr3, "mov %%cr3, %%rax")                                                            \
	I(read_cr4, "mov %%cr4, %%rax")                                                            \
	I(read_cr8, "mov %%cr8, %%rax")                                                            \
	I(write_cr0, "xor %%eax, %%eax; mov %%rax, %%cr0")                                         \
	I(write_cr3, "xor %%eax, %%eax; mov %%rax, %%cr3")                                         \
	I(write_cr4, "xor %%eax, %%eax; mov %%rax, %%cr4")                                         \
	I(write_cr8, "xor %%eax, %%eax; mov %%rax, %%cr8")                                         \
	I(read_dr7, "mov %%dr7, %%rax")                                                            \
	I(write_dr7, "xor %%eax, %%eax; mov %%rax, %%dr7")                                         \
	I(in, "in $0x80, %%al")                                                                    \
	I(out, "xor %%eax, %%eax; out %%al, $0x80")                                                \
	I(insb, "mov %0, %%rdi; mov $0x80, %%edx; insb")                                           \
	I(outsb, "mov %0, %%rsi; mov $0x80, %%edx; outsb")                                         \
	I(reset_port, "mov $0xcf9, %%edx; mov $6, %%eax; out %%al, %%dx")                          \
	I(sysret, "mov $1f, %%ecx; xor %%r11d, %%r11d; sysretq; 1:")                               \
	I(sysexit, "sysexitq")                                                                     \
	I(sysenter, "sysenter")                                                                    \
	I(iret_ring0, "mov %%rsp, %%rax; pushq $0; push %%rax; pushfq; pushq $8; pushq $1f; iretq; 1:") \
	I(far_return_ring0, "pushq $8; pushq $1f; lretq; 1:")                                      \
	I(data_segment_ring0, "mov $0x10, %%eax; mov %%ax, %%ds")                                  \
	I(stack_segment_ring0, "mov $0x10, %%eax; mov %%ax, %%ss")                                 \
	I(int_nmi, "int $2")                                                                       \
	I(int_breakpoint, "int3")                                                                  \
	I(int_double_fault, "int $8")                                                              \
	I(int_machine_check, "int $18")                                                            \
	I(int_linux, "int $0x80")                                                                  \
	I(int_doorbell, "int $0xe0")                                                               \
	I(int_timer, "int $0xe1")                                                                  \
	I(int_last, "int $0xff")                                                                   \
	I(undefined, "ud2")                                                                        \
	I(vmcall, "vmcall")                                                                        \
	I(vmmcall, "vmmcall")                                                                      \
	I(monitor, "mov %0, %%rax; xor %%ecx, %%ecx; xor %%edx, %%edx; monitor")                   \
	I(mwait, "xor %%eax, %%eax; xor %%ecx, %%ecx; mwait")

static unsigned char page[4096] __attribute__((aligned(4096)));

#define FUNCTION(name, text)                                                                       \
	static void do_##name(void)                                                                \
	{                                                                                          \
		__asm__ volatile(text                                                              \
				 :                                                                 \
				 : "r"(page)                                                       \
				 : "rax", "rcx", "rdx", "rsi", "rdi", "r11", "memory");            \
	}
INSTRUCTIONS(FUNCTION)

static const struct {
	const char *name;
	void (*execute)(void);
} instructions[] = {
#define ROW(name, text) { #name, do_##name },
	INSTRUCTIONS(ROW)
};

#define COUNT (sizeof(instructions) / sizeof(instructions[0]))

int way_instructions(const char *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < COUNT; i++)
		printf("%s\n", instructions[i].name);
	return 0;
}

int way_privileged(const char *argument)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		if (strcmp(argument, instructions[i].name))
			continue;
		instructions[i].execute();
		return breach("%s was executed", argument);
	}
	fprintf(stderr, "hostile: there is no instruction '%s'\n", argument);
	return 2;
}
