// SPDX-License-Identifier: GPL-2.0-only
/* The APIC's timer: by TSC deadline where the CPU can, else one-shot, calibrated by the TSC. */
#include <abi/layout.h>
#include <apic.h>
#include <arch.h>
#include <bootinfo.h>
#include <crash.h>
#include <x86.h>

#define LVT_MODE_DEADLINE (2u << 17)
#define CPUID_1_ECX_TSC_DEADLINE (1u << 24)
#define DIVIDE_BY_16 0x3
#define COUNT_MAX 0xffffffffu

static bool by_deadline;
static uint64_t ticks_per_ms;

static void calibrate(void)
{
	uint64_t end;
	uint32_t left;

	apic_write(APIC_TIMER_DIVIDE, DIVIDE_BY_16);
	apic_write(APIC_TIMER_INITIAL, COUNT_MAX);
	end = arch_cycles() + boot_info->tsc_khz;
	while (arch_cycles() < end)
		arch_relax();
	left = apic_read(APIC_TIMER_CURRENT);
	/* An emulator's or hypervisor's pause may have made the wait longer. */
	end = arch_cycles() - (end - boot_info->tsc_khz);
	apic_write(APIC_TIMER_INITIAL, 0);
	ticks_per_ms = (uint64_t)(COUNT_MAX - left) * boot_info->tsc_khz / end;
	check(ticks_per_ms, "the APIC timer does not count");
}

void apic_timer_init(void)
{
	by_deadline = cpuid(1, 0).ecx & CPUID_1_ECX_TSC_DEADLINE;
	if (by_deadline) {
		apic_write(APIC_LVT_TIMER, LVT_MODE_DEADLINE | ABI_VECTOR_TIMER);
		/* Orders the LVT write in memory before MSR writes to come: SDM 11.5.4.1. */
		__asm__ volatile("mfence" ::: "memory");
		return;
	}
	apic_write(APIC_LVT_TIMER, ABI_VECTOR_TIMER | APIC_LVT_MASKED);
	calibrate();
	apic_write(APIC_LVT_TIMER, ABI_VECTOR_TIMER);
}

void arch_timer_set(uint64_t deadline)
{
	uint64_t now, cycles, ticks = COUNT_MAX;

	if (by_deadline) {
		/* 0 would switch the timer off; a time that is past fires at once. */
		wrmsr(MSR_TSC_DEADLINE, deadline ? deadline : 1);
		return;
	}
	now = arch_cycles();
	cycles = deadline > now ? deadline - now : 0;
	if (cycles < (uint64_t)COUNT_MAX * boot_info->tsc_khz / ticks_per_ms)
		ticks = cycles * ticks_per_ms / boot_info->tsc_khz + 1;
	apic_write(APIC_TIMER_INITIAL, (uint32_t)ticks);
}

void arch_timer_off(void)
{
	if (by_deadline)
		wrmsr(MSR_TSC_DEADLINE, 0);
	else
		apic_write(APIC_TIMER_INITIAL, 0);
}
