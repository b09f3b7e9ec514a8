// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instructions with which a CPU driver changes the extended state of two programs, timed where
 * any program may execute them, by what the programs have in use. Each sample: a program that has
 * just been restored touches its registers, is saved, and the other one is restored.
 */
#include <cpuid.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "machine.h"
#include "stats.h"

#define SAMPLES 20000
#define AREA_BYTES 4096

/* Components of XCR0, SDM volume 1, 13.1: those that the CPU driver switches on. */
#define X87_SSE 0x3u
#define AVX 0x4u
#define AVX512 0xe0u

static unsigned char areas[2][AREA_BYTES] __attribute__((aligned(64)));
static uint32_t components;
static uint64_t nothing; /* what two looks at the clock cost */

static void touch_nothing(void)
{
}

static void touch_x87(void)
{
	__asm__ __volatile__("fldpi; fld1; faddp; fstp %%st(0); fldpi" : : : "memory");
}

static void touch_sse(void)
{
	__asm__ __volatile__("pcmpeqd %%xmm0, %%xmm0; paddd %%xmm0, %%xmm15" : : : "memory");
}

static void touch_avx(void)
{
	__asm__ __volatile__("vpcmpeqd %%ymm0, %%ymm0, %%ymm0; vpaddd %%ymm0, %%ymm15, %%ymm15"
			     : : : "memory");
}

static void touch_avx512(void)
{
	__asm__ __volatile__("vpternlogd $255, %%zmm0, %%zmm0, %%zmm0; vpaddd %%zmm0, %%zmm31, %%zmm31;"
			     "kxnorw %%k1, %%k1, %%k1" : : : "memory");
}

/* @each: after each restoring; else only once, before the samples. */
static const struct mix {
	const char *name;
	uint32_t needs;
	bool each;
	void (*touch)(void);
} mixes[] = {
	{ "never used", X87_SSE, false, touch_nothing },
	{ "SSE, used before", X87_SSE, false, touch_sse },
	{ "SSE, used each time", X87_SSE, true, touch_sse },
	{ "x87, used each time", X87_SSE, true, touch_x87 },
	{ "AVX, used before", X87_SSE | AVX, false, touch_avx },
	{ "AVX, used each time", X87_SSE | AVX, true, touch_avx },
	{ "AVX-512, used before", X87_SSE | AVX | AVX512, false, touch_avx512 },
	{ "AVX-512, used each time", X87_SSE | AVX | AVX512, true, touch_avx512 },
};

static void save(void *area)
{
	__asm__ __volatile__("xsave64 (%0)" : : "r"(area), "a"(components), "d"(0) : "memory");
}

static void save_optimized(void *area)
{
	__asm__ __volatile__("xsaveopt64 (%0)" : : "r"(area), "a"(components), "d"(0) : "memory");
}

static void restore(const void *area)
{
	__asm__ __volatile__("xrstor64 (%0)" : : "r"(area), "a"(components), "d"(0) : "memory");
}

static uint64_t less(uint64_t ticks)
{
	return ticks > nothing ? ticks - nothing : 0;
}

/* XRSTOR takes MXCSR from the area even when it resets all else: SDM volume 1, 13.8.1. */
static void reset(void)
{
	static const uint32_t mxcsr = 0x1f80;

	memset(areas, 0, sizeof(areas));
	for (unsigned int i = 0; i < 2; i++)
		memcpy(areas[i] + 24, &mxcsr, sizeof(mxcsr));
}

static void measure(const struct mix *mix, bool optimized, uint64_t *saves, uint64_t *restores)
{
	reset();
	for (unsigned int i = 0; i < 2; i++) {
		restore(areas[i]);
		mix->touch();
		save(areas[i]);
	}
	restore(areas[0]);
	for (unsigned int i = 0; i < SAMPLES; i++) {
		uint64_t begin, middle, end;

		if (mix->each)
			mix->touch();
		begin = machine_tsc();
		if (optimized)
			save_optimized(areas[i % 2]);
		else
			save(areas[i % 2]);
		middle = machine_tsc();
		restore(areas[!(i % 2)]);
		end = machine_tsc();
		saves[i] = less(middle - begin);
		restores[i] = less(end - middle);
	}
	reset();
	restore(areas[0]);
}

static void calibrate(uint64_t *samples)
{
	for (unsigned int i = 0; i < SAMPLES; i++) {
		uint64_t begin = machine_tsc();

		samples[i] = machine_tsc() - begin;
	}
	nothing = stats_of(samples, SAMPLES).median;
}

/* Linux's page of old system calls, which can only be jumped to: a page fault that the kernel serves. */
#define VSYSCALL_TIME 0xffffffffff600400ul

static bool has_vsyscall(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	bool found = false;
	char line[512];

	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, "--xp") && strstr(line, "[vsyscall]");
	if (maps)
		fclose(maps);
	return found;
}

/* What lazy saving would add to each first use: an exception and the way back. */
static void measure_exception(uint64_t *samples)
{
	long (*old_time)(long *now) = (long (*)(long *))VSYSCALL_TIME;
	long now;

	for (unsigned int i = 0; i < SAMPLES; i++) {
		uint64_t begin = machine_tsc();

		__asm__ __volatile__("syscall" : "=a"(now) : "a"(SYS_getpid) : "rcx", "r11", "memory");
		samples[i] = less(machine_tsc() - begin);
	}
	printf("a system call, getpid: %" PRIu64 "\n", stats_of(samples, SAMPLES).median);
	if (!has_vsyscall())
		return;
	for (unsigned int i = 0; i < SAMPLES; i++) {
		uint64_t begin = machine_tsc();

		old_time(&now);
		samples[i] = less(machine_tsc() - begin);
	}
	printf("an exception that Linux serves, time() by its old page: %" PRIu64 "\n",
	       stats_of(samples, SAMPLES).median);
}

/* What Linux has switched on is what can be tried. */
static bool look(bool *optimized)
{
	uint32_t a, b, c, d, low, high;

	if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
		return false;
	__asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
	components = low & (X87_SSE | AVX | AVX512);
	__cpuid_count(0xd, 1, a, b, c, d);
	*optimized = a & 1;
	return true;
}

int main(void)
{
	uint64_t *saves = calloc(SAMPLES, sizeof(*saves));
	uint64_t *restores = calloc(SAMPLES, sizeof(*restores));
	struct machine machine;
	bool optimized;

	if (!saves || !restores || !look(&optimized)) {
		fprintf(stderr, "xstate: no memory, or no XSAVE here\n");
		return 1;
	}
	machine_describe(&machine);
	calibrate(saves);
	printf("saving and restoring the extended state (%s)\n%s, %s%s%s, Linux %s\n"
	       "TSC cycles, medians of %u; two looks at the clock (%" PRIu64 ") subtracted; "
	       "components 0x%x\n%-26s %8s %8s %8s %8s\n",
	       machine.emulated ? "emulated" : "measured", machine.cpu, machine_tag(&machine),
	       machine.hypervisor[0] ? " " : "", machine.hypervisor, machine.kernel.release,
	       SAMPLES, nothing, components, "IN USE", "XSAVE", "XRSTOR", "XSAVEOPT", "XRSTOR");
	for (size_t i = 0; i < sizeof(mixes) / sizeof(mixes[0]); i++) {
		if ((components & mixes[i].needs) != mixes[i].needs)
			continue;
		measure(&mixes[i], false, saves, restores);
		printf("%-26s %8" PRIu64 " %8" PRIu64, mixes[i].name,
		       stats_of(saves, SAMPLES).median, stats_of(restores, SAMPLES).median);
		if (optimized) {
			measure(&mixes[i], true, saves, restores);
			printf(" %8" PRIu64 " %8" PRIu64, stats_of(saves, SAMPLES).median,
			       stats_of(restores, SAMPLES).median);
		}
		printf("\n");
	}
	measure_exception(saves);
	free(saves);
	free(restores);
	return 0;
}
