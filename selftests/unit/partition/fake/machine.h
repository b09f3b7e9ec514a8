/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine made of a piece of host memory and a clock that the test turns: stands in for the
 * inline half of the CPU driver's arch.h, so that core/ runs on the host as it is.
 */
#ifndef MACHINE_H
#define MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define FAKE_RAM (16ul << 20)

extern unsigned char *fake_ram; /* physical address 0 */
extern uint64_t fake_tsc;

/*
 * What the rest of the world does: fake_world where the core waits or halts, fake_window where it
 * lets interrupts in, which is also the last moment before it prepares to sleep.
 */
extern void (*fake_world)(void);
extern void (*fake_window)(void);

static inline void *arch_window(uint64_t pa)
{
	return fake_ram + pa;
}

static inline uint64_t arch_window_offset(const void *at)
{
	return (uint64_t)((const unsigned char *)at - fake_ram);
}

static inline uint64_t arch_cycles(void)
{
	return fake_tsc += 10;
}

static inline uint64_t arch_cycles_ordered(void)
{
	return arch_cycles();
}

static inline void arch_relax(void)
{
	fake_tsc += 100;
	fake_world();
}

static inline void arch_interrupt_window(void)
{
	fake_window();
}

#endif
