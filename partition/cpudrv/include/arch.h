/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the generic CPU driver (core/) asks of the machine (arch/). The inline half, machine.h,
 * belongs to the architecture too:
 *
 *   uint64_t arch_cycles(void)       TSC; not ordered against other instructions
 *   uint64_t arch_cycles_ordered(void)   TSC: after all loads before it, before all stores after it
 *   void arch_relax(void)            one turn of a wait loop
 *   void arch_interrupt_window(void) let pending interrupts in, and close the door again
 *   void *arch_window(uint64_t pa)   where physical address pa is in the window, mapped or not
 *   uint64_t arch_window_offset(const void *at)   the reverse
 *
 * Interrupts are off everywhere in the CPU driver, except in arch_interrupt_window() and
 * arch_halt(). Handlers only count and trace, so that nothing needs a lock.
 */
#ifndef ARCH_H
#define ARCH_H

#include <abi/boot.h>
#include <machine.h>

/**
 * arch_ring - send a doorbell interrupt
 * @apic_id: physical APIC id of the receiver
 * @vector:  32 to 255
 *
 * Everything stored before is visible to the receiver's handler. May be called while crashing, and
 * before the interrupt controller is up (then it does nothing).
 *
 * Return: true when the interrupt was handed to the interrupt controller.
 */
bool arch_ring(uint32_t apic_id, uint8_t vector);

/**
 * arch_timer_set - raise the timer interrupt once
 * @deadline: TSC; may be past. The interrupt may come early when @deadline is far; never late by
 *            more than the timer's resolution.
 */
void arch_timer_set(uint64_t deadline);

/** arch_timer_off - no timer interrupt from now on, but one that is pending may still come. */
void arch_timer_off(void);

/**
 * arch_halt - stop until an interrupt is taken
 * An interrupt that became pending while interrupts were off ends it at once.
 */
void arch_halt(void);

/** arch_stop - halt for ever, interrupts off. NMI and machine-check handlers stay in place. */
__attribute__((noreturn)) void arch_stop(void);

/** arch_write_protect - let ring 0 write to its read-only pages (@on false), or no longer. */
void arch_write_protect(bool on);

/** arch_undefined - execute an undefined instruction. */
void arch_undefined(void);

/** arch_overrun - push onto the stack until its guard page stops it. */
void arch_overrun(void);

/** arch_stack_guard - address in the guard page below the main stack. */
void *arch_stack_guard(void);

/** arch_text - address of an instruction of the CPU driver. */
void *arch_text(void);

/** arch_flush_known - can this CPU invalidate by that enum abi_shoot_method? Any value. */
bool arch_flush_known(uint32_t method);

/** arch_flush - drop the translations of the first @pages test pages; a method that is known */
void arch_flush(uint32_t method, uint32_t pages);

/** arch_test_reset - all test pages are mapped to their first place, no translation is cached */
void arch_test_reset(void);

/**
 * arch_test_touch - read the first @pages test pages, which caches their translations
 * Return: how many were not read where they are mapped: of those an old translation was used.
 */
uint32_t arch_test_touch(uint32_t pages);

/**
 * arch_test_move - map the first @pages test pages to their other place; invalidates nothing
 * All calls since arch_test_reset() name the same number of pages.
 */
void arch_test_move(uint32_t pages);

/**
 * arch_window_add - bring memory into the window
 * @base, @bytes: multiples of 2 MiB, at most ABI_MEMORY_STEP. Return: 0, -ERR_NOMEM, -ERR_RANGE: address
 * spaces that were made before would not have it
 */
int arch_window_add(uint64_t base, uint64_t bytes);

/** arch_window_remove - take it out of it, if it is there: on return the CPU knows no address of it */
void arch_window_remove(uint64_t base, uint64_t bytes);

/** arch_backtrace_here - print the call chain of the caller on the console. */
void arch_backtrace_here(void);

#endif
