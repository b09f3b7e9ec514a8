/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the generic CPU driver asks of the machine to run ring 3. Contexts and address spaces are
 * the architecture's own structures (context.h); core/ only embeds them.
 *
 * Ring 3 runs with interrupts on, and only inside arch_user_run(): to the CPU driver that is a
 * function that returns when ring 3 is left, for whatever reason.
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

/** enum user_rights - of a mapping; it can be read in any case */
enum user_rights {
	USER_WRITE = 1,
	USER_EXECUTE = 2,
};

/**
 * arch_user_init - make the CPU ready for ring 3
 * Return: NULL, or what the CPU lacks.
 */
const char *arch_user_init(void);

/** arch_space_init - an address space with nothing in ring 3's half */
void arch_space_init(struct arch_space *space);

/**
 * arch_space_map - map one page
 * @va: below ABI_USER_END; both are multiples of the page size
 * @rights: enum user_rights; not both
 */
void arch_space_map(struct arch_space *space, uint64_t va, uint64_t pa, uint32_t rights);

/**
 * arch_space_find - physical address of what ring 3 sees at @va, any value
 * Return: false when ring 3 may not read there (or write, if @write).
 */
bool arch_space_find(const struct arch_space *space, uint64_t va, bool write, uint64_t *pa);

/**
 * arch_context_init - a context whose registers are all 0
 * @xstate: a zeroed page for its extended state
 */
void arch_context_init(struct arch_context *context, const struct arch_space *space, void *xstate);

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

/** arch_context_rip - where it stopped */
uint64_t arch_context_rip(const struct arch_context *context);

/** arch_syscall_number, arch_syscall_argument - after USER_SYSCALL; @n from 0 to 5 */
uint64_t arch_syscall_number(const struct arch_context *context);
uint64_t arch_syscall_argument(const struct arch_context *context, unsigned int n);

/** arch_syscall_return - set the results */
void arch_syscall_return(struct arch_context *context, int64_t status, uint64_t value);

#endif
