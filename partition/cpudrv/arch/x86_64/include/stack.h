/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The stacks of the CPU driver. Stack n has a room of STACK_ROOM bytes at ABI_STACK_VA, whose first
 * page and all pages from the stack's end on stay unmapped.
 */
#ifndef STACK_H
#define STACK_H

#include <abi/layout.h>
#include <stdbool.h>
#include <stdint.h>

#define STACK_ROOM (64ul << 10)

enum stack {
	STACK_MAIN,
	STACK_NMI,
	STACK_DOUBLE_FAULT,
	STACK_MACHINE_CHECK,
	STACK_COUNT,
};

/** stack_bottom - lowest address of a stack; the guard page is below it. */
uint64_t stack_bottom(enum stack stack);

/** stack_top - where its stack pointer starts. */
uint64_t stack_top(enum stack stack);

/** stacks_use - let NMI, double fault and machine check use the stacks at ABI_STACK_VA. */
void stacks_use(void);

/** stack_of_ring3 - the CPU pushes there what it saves when an interrupt or exception ends ring 3. */
void stack_of_ring3(uint64_t top);

/** stack_holds - are that many bytes at an address all on one stack in use? Any address. */
bool stack_holds(uint64_t address, uint64_t bytes);

/** stack_guard_hit - is an address on one of the guard pages around the stacks? */
bool stack_guard_hit(uint64_t address);

/** stack_switch - continue in @go on another stack, for good. In boot.S. */
__attribute__((noreturn)) void stack_switch(uint64_t top, void (*go)(void));

#endif
