// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Extended state: x87, SSE and what else XCR0 has switched on. Nothing of the library uses it: all is
 * compiled for general registers, so what is in the CPU during an upcall is the interrupted thread's.
 */
#include <base/string.h>

#include "thread_core.h"

#define CPUID_1_ECX_OSXSAVE (1u << 27)
#define CPUID_7_EBX_FSGSBASE (1u << 0)
#define CPUID_D_1_EAX_XSAVEOPT (1u << 0)

/* SDM volume 1, 13.4: the legacy area, then the header. */
#define LEGACY_BYTES 512u
#define CONTROL_WORD 0u
#define MXCSR 24u
#define X87_SSE 3u

static enum { FXSAVE, XSAVE, XSAVEOPT } way;
static uint64_t bytes = LEGACY_BYTES;
static uint32_t low, high; /* XCR0 */
static bool fsgsbase; /* the CPU driver switches it on where CPUID has it */
static uint64_t fs_base;

static void cpuid(uint32_t leaf, uint32_t sub, uint32_t out[4])
{
	__asm__ volatile("cpuid"
			 : "=a"(out[0]), "=b"(out[1]), "=c"(out[2]), "=d"(out[3])
			 : "a"(leaf), "c"(sub));
}

void rt_extended_init(void)
{
	uint32_t out[4], most;

	cpuid(0, 0, out);
	most = out[0];
	if (most >= 7) {
		cpuid(7, 0, out);
		fsgsbase = out[1] & CPUID_7_EBX_FSGSBASE;
	}
	cpuid(1, 0, out);
	if (!(out[2] & CPUID_1_ECX_OSXSAVE))
		return;
	__asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	cpuid(0xd, 0, out);
	bytes = out[1];
	cpuid(0xd, 1, out);
	way = out[0] & CPUID_D_1_EAX_XSAVEOPT ? XSAVEOPT : XSAVE;
}

uint64_t rt_extended_bytes(void)
{
	return bytes;
}

void rt_extended_fresh(void *area)
{
	uint64_t in_use = X87_SSE;
	uint32_t mxcsr;
	uint16_t control;

	__asm__ volatile("stmxcsr %0; fnstcw %1" : "=m"(mxcsr), "=m"(control));
	memset(area, 0, bytes);
	memcpy((char *)area + CONTROL_WORD, &control, sizeof(control));
	memcpy((char *)area + MXCSR, &mxcsr, sizeof(mxcsr));
	if (way != FXSAVE)
		memcpy((char *)area + LEGACY_BYTES, &in_use, sizeof(in_use));
}

void rt_extended_save(void *area)
{
	if (way == XSAVEOPT)
		__asm__ volatile("xsaveopt64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
	else if (way == XSAVE)
		__asm__ volatile("xsave64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
	else
		__asm__ volatile("fxsave64 (%0)" ::"r"(area) : "memory");
}

void rt_extended_restore(const void *area)
{
	if (way == FXSAVE)
		__asm__ volatile("fxrstor64 (%0)" ::"r"(area) : "memory");
	else
		__asm__ volatile("xrstor64 (%0)" ::"r"(area), "a"(low), "d"(high) : "memory");
}

void rt_extended_reset(void)
{
	__asm__ volatile("fninit");
}

uint64_t rt_fs_read(void)
{
	uint64_t value;

	if (!fsgsbase)
		return fs_base;
	__asm__ volatile("rdfsbase %0" : "=r"(value));
	return value;
}

void rt_fs_write(uint64_t fs)
{
	fs_base = fs;
	if (fsgsbase)
		__asm__ volatile("wrfsbase %0" ::"r"(fs));
	else
		rt_syscall(ABI_SYSCALL_FS, fs, 0, 0, 0, 0, 0, NULL);
}
