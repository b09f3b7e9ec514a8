// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine that figures are measured on.
 */
#include <cpuid.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "machine.h"

/* CPUID leaves: SDM volume 2, table 3-8; 0x40000000 and up are the hypervisors' by convention. */
#define LEAF_FEATURES 1
#define LEAF_TDX 0x21
#define LEAF_HYPERVISOR 0x40000000
#define LEAF_BRAND 0x80000002
#define LEAF_BRAND_LAST 0x80000004
#define LEAF_ADDRESSES 0x80000008
#define ECX_HYPERVISOR (1u << 31)
#define EBX_INVLPGB (1u << 3) /* AMD64 APM volume 3, appendix E.4.7 */

static void copy_words(char *to, const unsigned int *words, size_t count)
{
	memcpy(to, words, count * sizeof(*words));
	to[count * sizeof(*words)] = 0;
}

static void brand(char *text)
{
	char whole[49] = "";
	unsigned int w[4];
	char *start;

	for (unsigned int i = 0; i < 3; i++) {
		if (!__get_cpuid(LEAF_BRAND + i, &w[0], &w[1], &w[2], &w[3]))
			break;
		copy_words(whole + 16 * i, w, 4);
	}
	start = whole + strspn(whole, " ");
	snprintf(text, 64, "%s", *start ? start : "unknown CPU");
}

static void hypervisor(struct machine *machine)
{
	unsigned int a, w[3], b, c, d;

	if (!__get_cpuid(LEAF_FEATURES, &a, &b, &c, &d) || !(c & ECX_HYPERVISOR))
		return;
	__cpuid(LEAF_HYPERVISOR, a, w[0], w[1], w[2]);
	copy_words(machine->hypervisor, w, 3);
	machine->emulated = !strcmp(machine->hypervisor, "TCGTCGTCGTCG");
}

/* TDX: leaf 0x21 says "IntelTDX    "; SEV: Linux shows it in the guest's CPU flags. */
static bool is_confidential(void)
{
	unsigned int a, w[3];
	char vendor[13], line[8192];
	bool found = false;
	FILE *file;

	if (__get_cpuid_max(0, NULL) >= LEAF_TDX) {
		__cpuid_count(LEAF_TDX, 0, a, w[0], w[2], w[1]);
		copy_words(vendor, w, 3);
		if (!strcmp(vendor, "IntelTDX    "))
			return true;
	}
	file = fopen("/proc/cpuinfo", "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = !strncmp(line, "flags", 5) &&
			(strstr(line, " tdx_guest") || strstr(line, " sev_guest"));
	if (file)
		fclose(file);
	return found;
}

static bool has_invlpgb(void)
{
	unsigned int a, b = 0, c, d;

	return __get_cpuid(LEAF_ADDRESSES, &a, &b, &c, &d) && b & EBX_INVLPGB;
}

void machine_describe(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	brand(machine->cpu);
	hypervisor(machine);
	machine->confidential = is_confidential();
	machine->invlpgb = has_invlpgb();
	uname(&machine->kernel);
}

const char *machine_tag(const struct machine *machine)
{
	if (machine->emulated)
		return "emulated";
	return machine->hypervisor[0] ? "virtual machine" : "bare metal";
}

static uint64_t clock_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* One moment by both clocks. The narrowest of some brackets: an interrupt widens one. */
struct moment {
	uint64_t tsc;
	uint64_t ns;
};

static struct moment moment(void)
{
	struct moment best = { 0 };
	uint64_t narrowest = UINT64_MAX;

	for (unsigned int i = 0; i < 16; i++) {
		uint64_t before = machine_tsc(), ns = clock_ns(), width = machine_tsc() - before;

		if (width >= narrowest)
			continue;
		narrowest = width;
		best = (struct moment){ before + width / 2, ns };
	}
	return best;
}

uint64_t machine_tsc_khz(void)
{
	struct moment start = moment(), end;

	do
		end = moment();
	while (end.ns - start.ns < 20000000);
	return (end.tsc - start.tsc) * 1000000 / (end.ns - start.ns);
}
