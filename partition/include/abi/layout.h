/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Address-space layout of a partition core, and the interrupt vectors it and node 0 agree on.
 *
 *   0x0000000000000000  ring 3 (from the CPU driver in full on); at boot only the identity
 *                       mapping of the trampoline's low page, dropped by the CPU driver
 *   ABI_WINDOW_VA       physical memory of the partition that is this core's business: its own
 *                       and the shared channel memory; address = window + physical; no-execute
 *   ABI_TEST_VA         pages that are mapped and read to be invalidated: abi/shootdown.h
 *   ABI_STACK_VA        the CPU driver's stacks, each between two unmapped guard pages
 *   ABI_MMIO_VA         local APIC (xAPIC mode), uncached
 *   ABI_IMAGE_VA        the CPU driver's own copy of its image: text read-execute, constants
 *                       read-only, data read-write
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

/* Assembly and linker scripts know no suffixes. */
#ifdef __ASSEMBLER__
#define ABI_UL(number) number
#else
#define ABI_UL(number) number##ul
#endif

#define ABI_PAGE_SIZE ABI_UL(4096)
#define ABI_LARGE_PAGE_SIZE (ABI_UL(2) << 20)

#define ABI_WINDOW_VA ABI_UL(0xffff800000000000)
#define ABI_WINDOW_SIZE (ABI_UL(64) << 40)
#define ABI_TEST_VA ABI_UL(0xffffffd000000000)
#define ABI_STACK_VA ABI_UL(0xffffffe000000000)
#define ABI_MMIO_VA ABI_UL(0xffffffe800000000)
#define ABI_IMAGE_VA ABI_UL(0xffffffff80000000)
#define ABI_IMAGE_SIZE_MAX (ABI_UL(64) << 20)

/*
 * Vectors in the core's IDT. Linux's own broadcasts use 0xec and up and may arrive at any time:
 * they are acknowledged, dropped and counted as foreign.
 */
#define ABI_VECTOR_DOORBELL 0xe0
#define ABI_VECTOR_TIMER 0xe1
#define ABI_VECTOR_SPURIOUS 0xff

#endif
