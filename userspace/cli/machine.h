/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that figures are measured on.
 */
#ifndef REMORA_CLI_MACHINE_H
#define REMORA_CLI_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/utsname.h>

/** struct machine - as it stands beside every figure */
struct machine {
	char cpu[64];        /* brand string */
	char hypervisor[16]; /* vendor string, "" on bare metal */
	bool emulated;       /* QEMU without hardware virtualization: no figure means anything */
	bool confidential;   /* a TDX or SEV guest */
	bool invlpgb;        /* AMD: can flush other CPUs' TLBs without interrupting them */
	struct utsname kernel;
};

void machine_describe(struct machine *machine);

/** machine_tag - "emulated", "virtual machine" or "bare metal". */
const char *machine_tag(const struct machine *machine);

/** machine_tsc - the time-stamp counter after all earlier instructions (SDM vol. 2, RDTSCP). */
static inline uint64_t machine_tsc(void)
{
	uint32_t low, high;

	__asm__ __volatile__("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/** machine_tsc_khz - frequency of the counter, measured against the clock for some 20 ms. */
uint64_t machine_tsc_khz(void);

#endif
