/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Starting and silencing a core that Linux gave up. All hardware knowledge of it is here.
 */
#ifndef REMORA_WAKE_H
#define REMORA_WAKE_H

#include "../../error.h"
#include "../../ledger.h"

/**
 * struct remora_wake_args - what the trampoline does
 * @apic_id: physical APIC id
 * @cr3:     physical address of the boot page tables, below 4 GiB
 * @entry:   virtual address of the CPU driver
 * @rdi:     its argument
 */
struct remora_wake_args {
	u32 apic_id;
	u64 cr3;
	u64 entry;
	u64 rdi;
};

/** remora_wake_low_page - physical address of the page that the trampoline will use
 * Chosen at module start so that boot page tables can map it; not borrowed yet. 0: none. */
phys_addr_t remora_wake_low_page(void);

/** remora_wake_init/exit - find the low page, check the platform. */
int remora_wake_init(struct remora_error *err);
void remora_wake_exit(void);

/**
 * remora_wake_core - INIT, SIPI, wait until @alive says so, up to @timeout_ms
 * Borrows the low page and zeroes it again at the end: @alive must say so only once the core has
 * left it (own page tables, GDT, IDT and stack). One core at a time (own mutex).
 * Context: process. Return: 0, -ETIMEDOUT (the core has then been silenced again by INIT).
 */
int remora_wake_core(const struct remora_wake_args *args, bool (*alive)(void *arg), void *arg,
		     unsigned int timeout_ms, struct remora_ledger *ledger,
		     struct remora_error *err);

/**
 * remora_wake_silence - INIT: the core executes nothing more, whatever it did; it waits for SIPI.
 * After return its memory is free to be reused. Context: process or atomic.
 */
void remora_wake_silence(u32 apic_id);

/** remora_wake_ipi - fixed interrupt @vector to a core. Any context. */
void remora_wake_ipi(u32 apic_id, u8 vector);

/** remora_wake_nmi - NMI to a core. Any context. */
void remora_wake_nmi(u32 apic_id);

/** remora_platform_check - may cores be started on this machine at all? Touches nothing. */
int remora_platform_check(void (*warn)(void *arg, enum remora_reason reason), void *arg,
			  struct remora_error *err);

#endif
