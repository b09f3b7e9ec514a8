/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the generic CPU driver asks of the machine to run ring 3. A context is the architecture's own
 * structure (context.h); core/ only embeds it. Address spaces are made by capabilities: cap_arch.h.
 *
 * Ring 3 runs with interrupts on, and only inside arch_user_run(): to the CPU driver that is a
 * function that returns when ring 3 is left, for whatever reason.
 *
 * What every system call needs is inline, in context.h:
 *
 *   uint64_t arch_context_rip(context)           where it stopped
 *   uint64_t arch_syscall_number(context)        after USER_SYSCALL
 *   uint64_t arch_syscall_argument(context, n)   n from 0 to 5
 *   void arch_syscall_return(context, status, value)   set the results
 */
#ifndef USER_H
#define USER_H

#include <stdbool.h>
#include <stdint.h>

#include <abi/dispatcher.h>
#include <context.h>

/** enum user_event_kind - why ring 3 was left */
enum user_event_kind {
	USER_INTERRUPT, /* which has been counted and acknowledged */
	USER_SYSCALL,
	USER_PAGE_FAULT,
	USER_TRAP,
};

/**
 * struct user_event
 * @kind:    enum user_event_kind
 * @vector:  of a trap
 * @error:   of a trap: error code; of a page fault: enum abi_page_fault
 * @address: of a page fault
 */
struct user_event {
	uint32_t kind;
	uint32_t vector;
	uint64_t error;
	uint64_t address;
};

/**
 * arch_user_init - make the CPU ready for ring 3
 * Return: NULL, or what the CPU lacks.
 */
const char *arch_user_init(void);

/**
 * arch_space_find - physical address of what ring 3 sees at @va, any value
 * @root: physical address of the address space's PML4
 * Return: false when ring 3 may not read there (or write, if @write).
 */
bool arch_space_find(uint64_t root, uint64_t va, bool write, uint64_t *pa);

/**
 * arch_context_init - a context whose registers are all 0
 * @root:   physical address of the address space's PML4
 * @xstate: a zeroed page for its extended state
 */
void arch_context_init(struct arch_context *context, uint64_t root, void *xstate);

/**
 * arch_user_switch - put a context's address space and extended state into the CPU
 * @context: NULL: none, the CPU driver's own address space. What was there before is saved
 */
void arch_user_switch(struct arch_context *context);

/**
 * arch_user_run - continue ring 3 until it is left
 * @context: the one in the CPU. Whatever its registers hold is harmless
 * @event:   set to the reason; TSC cycles in ring 3 are not counted here
 */
void arch_user_run(struct arch_context *context, struct user_event *event);

/** arch_context_save - a copy of the registers */
void arch_context_save(const struct arch_context *context, struct abi_registers *registers);

/**
 * arch_context_upcall - continue at an entry point, with the registers of abi/dispatcher.h
 * @entry: any value; @arguments: those of the upcall
 */
void arch_context_upcall(struct arch_context *context, uint64_t entry, uint64_t stack,
			 uint64_t dispatcher, uint64_t upcall,
			 const uint64_t arguments[ABI_UPCALL_ARGUMENTS]);

/** arch_context_set_fs - set the base of FS. Return: false when the CPU takes no such address */
bool arch_context_set_fs(struct arch_context *context, uint64_t base);

/** arch_syscall_repeat - nothing is done yet: the next entry to ring 3 makes the same call again */
void arch_syscall_repeat(struct arch_context *context);

#endif
