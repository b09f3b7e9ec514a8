/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers and bits of x86-64 that the CPU driver uses; Intel SDM volumes 3 and 4. */
#ifndef X86_H
#define X86_H

#define CR0_PE (1ul << 0)
#define CR0_MP (1ul << 1)
#define CR0_ET (1ul << 4)
#define CR0_NE (1ul << 5)
#define CR0_WP (1ul << 16)
#define CR0_PG (1ul << 31)

#define CR4_PAE (1ul << 5)
#define CR4_MCE (1ul << 6)
#define CR4_PGE (1ul << 7)
#define CR4_OSFXSR (1ul << 9)
#define CR4_OSXMMEXCPT (1ul << 10)
#define CR4_UMIP (1ul << 11)
#define CR4_FSGSBASE (1ul << 16)
#define CR4_OSXSAVE (1ul << 18)
#define CR4_SMEP (1ul << 20)
#define CR4_SMAP (1ul << 21)

#define MSR_APIC_BASE 0x1b
#define MSR_SYSENTER_CS 0x174
#define MSR_SYSENTER_ESP 0x175
#define MSR_SYSENTER_EIP 0x176
#define MSR_MCG_CAP 0x179
#define MSR_MCG_STATUS 0x17a
#define MSR_MC0_STATUS 0x401 /* of bank n: + 4 n; its address register follows */
#define MSR_TSC_DEADLINE 0x6e0
#define MSR_PM_ENABLE 0x770
#define MSR_HWP_REQUEST 0x774
#define MSR_X2APIC 0x800 /* register at MMIO offset o: + o / 16 */
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_FMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

#define EFER_SCE (1ul << 0)
#define EFER_NXE (1ul << 11)

#define FLAGS_FIXED 0x2 /* always 1 */
#define FLAGS_INTERRUPTS (1ul << 9)

#define APIC_BASE_X2APIC (1ul << 10)
#define APIC_BASE_ENABLE (1ul << 11)
#define APIC_BASE_ADDRESS 0x000ffffffffff000ul

#define SELECTOR_CODE 0x08
#define SELECTOR_DATA 0x10
#define SELECTOR_TSS 0x18
/* SYSRET takes the two of ring 3 from SELECTOR_SYSRET + 8 and + 16. */
#define SELECTOR_SYSRET 0x23
#define SELECTOR_USER_DATA 0x2b
#define SELECTOR_USER_CODE 0x33

/* Places in the TSS's table of interrupt stacks; 0 means the stack in use. */
#define IST_NMI 1
#define IST_DOUBLE_FAULT 2
#define IST_MACHINE_CHECK 3

#define VECTOR_NMI 2
#define VECTOR_DOUBLE_FAULT 8
#define VECTOR_PAGE_FAULT 14
#define VECTOR_MACHINE_CHECK 18
#define VECTORS 256
#define VECTOR_SYSCALL 256 /* in a frame: ring 3 was left by `syscall` */

/*
 * Entry stubs are 4 bytes: they reach with a short jump what stands behind each row of VECTOR_ROW of them,
 * of VECTOR_ROW_END bytes. Offsets from ABI_IMAGE_VA.
 */
#define VECTOR_ROW 32
#define VECTOR_ROW_END 16
#define VECTOR_STUB(vector) ((vector) * 4 + (vector) / VECTOR_ROW * VECTOR_ROW_END)

#define EARLY_STACK_BYTES 4096 /* each of the stacks in .bss used before paging is set up */

#ifndef __ASSEMBLER__

#include <stdbool.h>
#include <stdint.h>

static inline uint64_t rdmsr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

#define CONTROL_REGISTER(name)                                                                     \
	static inline uint64_t read_##name(void)                                                   \
	{                                                                                          \
		uint64_t value;                                                                    \
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value)::"memory");                   \
		return value;                                                                      \
	}                                                                                          \
	static inline void write_##name(uint64_t value)                                            \
	{                                                                                          \
		__asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory");                      \
	}

CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

/* All zero for a leaf that the CPU lacks: beyond the last, Intel CPUs answer with the last. */
static inline struct cpuid cpuid_checked(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid none = { 0 };

	return cpuid(0, 0).eax >= leaf ? cpuid(leaf, subleaf) : none;
}

#endif

#endif
