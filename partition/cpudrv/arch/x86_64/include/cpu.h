/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of the start, in the order of start.c. */
#ifndef CPU_H
#define CPU_H

/** cpu_init - control registers: write protection, no-execute, and what else the CPU has */
void cpu_init(void);

/** cpu_performance_init - the HWP request that the boot information asks for */
void cpu_performance_init(void);

/**
 * paging_init - leave node 0's boot page tables for the core's own
 * The image by its rights, the window, the stacks between guards, the APIC; nothing else.
 */
void paging_init(void);

/** paging_report - say on the console what is mapped */
void paging_report(void);

#endif
