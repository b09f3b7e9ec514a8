/* SPDX-License-Identifier: GPL-2.0-only */
/* The inline half of arch.h. */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/layout.h>

static inline void *arch_window(uint64_t pa)
{
	return (void *)(ABI_WINDOW_VA + pa);
}

static inline uint64_t arch_window_offset(const void *at)
{
	return (uint64_t)at - ABI_WINDOW_VA;
}

static inline uint64_t arch_cycles(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* RDTSC waits for nothing by itself: Intel SDM volume 2, RDTSC. Stores after it come after it. */
static inline uint64_t arch_cycles_ordered(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high) : : "memory");
	return (uint64_t)high << 32 | low;
}

/* Under an emulator that runs all CPUs in one thread, pause is also what lets the others run. */
static inline void arch_relax(void)
{
	__asm__ volatile("pause" ::: "memory");
}

/* STI opens the door after the next instruction only: the NOP is where interrupts are taken. */
static inline void arch_interrupt_window(void)
{
	__asm__ volatile("sti; nop; cli" ::: "memory");
}

#endif
