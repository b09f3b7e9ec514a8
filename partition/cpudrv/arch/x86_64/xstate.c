// SPDX-License-Identifier: GPL-2.0-only
#include <abi/layout.h>
#include <base/string.h>
#include <cold.h>
#include <x86.h>
#include <xstate.h>

#define CPUID_1_ECX_XSAVE (1u << 26)
#define CPUID_D_1_EAX_XSAVEOPT (1u << 0)

/* Components of XCR0, SDM volume 1, 13.1. AMX has 8 KiB, and is left out. */
#define X87_SSE 0x3ull
#define AVX 0x4ull
#define AVX512 0xe0ull

#define MXCSR_OFFSET 24
#define MXCSR_RESET 0x1f80u

static uint64_t components;
static bool optimized;

static void xcr0_write(uint64_t value)
{
	__asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

COLD const char *xstate_init(void)
{
	struct cpuid leaf;

	if (!(cpuid(1, 0).ecx & CPUID_1_ECX_XSAVE))
		return "XSAVE";
	write_cr4(read_cr4() | CR4_OSFXSR | CR4_OSXMMEXCPT | CR4_OSXSAVE);
	leaf = cpuid_checked(0xd, 0);
	components = X87_SSE | (leaf.eax & AVX);
	if (components & AVX && (leaf.eax & AVX512) == AVX512)
		components |= AVX512;
	xcr0_write(components);
	optimized = cpuid_checked(0xd, 1).eax & CPUID_D_1_EAX_XSAVEOPT;
	/* EBX: bytes for what is switched on now. */
	return cpuid_checked(0xd, 0).ebx <= ABI_PAGE_SIZE ? NULL : "extended state of one page";
}

/* XRSTOR takes MXCSR from the area even when it resets all else: SDM volume 1, 13.8.1. */
void xstate_reset(void *area)
{
	memcpy((char *)area + MXCSR_OFFSET, &(uint32_t){ MXCSR_RESET }, sizeof(uint32_t));
}

void xstate_save(void *area)
{
	uint32_t low = (uint32_t)components, high = (uint32_t)(components >> 32);

	if (optimized)
		__asm__ volatile("xsaveopt64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
	else
		__asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
}

void xstate_restore(const void *area)
{
	__asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"((uint32_t)components),
			 "d"((uint32_t)(components >> 32)) : "memory");
}
