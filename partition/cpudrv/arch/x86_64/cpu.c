// SPDX-License-Identifier: GPL-2.0-only
#include <arch.h>
#include <bootinfo.h>
#include <console.h>
#include <cpu.h>
#include <stack.h>
#include <x86.h>

#define CPUID_6_EAX_HWP (1u << 7)
#define CPUID_7_EBX_SMEP (1u << 7)
#define CPUID_7_EBX_SMAP (1u << 20)
#define CPUID_7_ECX_UMIP (1u << 2)
#define PM_ENABLE_HWP (1ull << 0)

void cpu_init(void)
{
	struct cpuid features = cpuid_checked(7, 0);
	uint64_t cr4 = CR4_PAE | CR4_MCE;

	if (features.ebx & CPUID_7_EBX_SMEP)
		cr4 |= CR4_SMEP;
	if (features.ebx & CPUID_7_EBX_SMAP)
		cr4 |= CR4_SMAP;
	if (features.ecx & CPUID_7_ECX_UMIP)
		cr4 |= CR4_UMIP;
	wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_NXE);
	write_cr4(cr4);
	write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
}

/* intel_pstate leaves a CPU that went offline at its lowest speed. Node 0 restores its value. */
void cpu_performance_init(void)
{
	if (!boot_info->hwp_request || !(cpuid_checked(6, 0).eax & CPUID_6_EAX_HWP))
		return;
	if (!(rdmsr(MSR_PM_ENABLE) & PM_ENABLE_HWP))
		return;
	wrmsr(MSR_HWP_REQUEST, boot_info->hwp_request);
	console_info("HWP request 0x%lx", boot_info->hwp_request);
}

void arch_halt(void)
{
	/* STI takes effect after HLT began: nothing can slip in between. */
	__asm__ volatile("sti; hlt; cli" ::: "memory");
}

void arch_stop(void)
{
	for (;;)
		__asm__ volatile("cli; hlt" ::: "memory");
}

void arch_write_protect(bool on)
{
	write_cr0(on ? read_cr0() | CR0_WP : read_cr0() & ~CR0_WP);
}

void arch_undefined(void)
{
	__asm__ volatile("ud2");
}

/* The push that hits the guard faults, and so does the CPU's own push of the page fault's frame. */
void arch_overrun(void)
{
	__asm__ volatile("1: push %%rax; jmp 1b" ::: "memory");
}

void *arch_stack_guard(void)
{
	return (void *)(stack_bottom(STACK_MAIN) - sizeof(uint64_t));
}

void *arch_text(void)
{
	return (void *)(uintptr_t)arch_text;
}
