/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the files of crt share. */
#ifndef CRT_CORE_H
#define CRT_CORE_H

#include <lib/crt.h>

/* crt_entry.S */
extern const char rt_upcall_entry[], rt_critical[], rt_critical_end[], rt_fault_stack_end[];

/** rt_upcall - every upcall but the first; disabled. Arguments as in abi/dispatcher.h. */
__attribute__((noreturn)) void rt_upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a,
					 uint64_t b, uint64_t c, uint64_t e, uint64_t f);

/** rt_resume_faulted - go on where a fault or trap came while disabled. */
__attribute__((noreturn)) void rt_resume_faulted(struct abi_dispatcher *d);

/** rt_serve - serve the system call of Linux of the calling thread; enabled, on its stack. */
__attribute__((noreturn)) void rt_serve(void);

/** rt_lmp_begin - endpoint 0 gets its buffer. Return: 0 or a negative enum rt_error. */
int rt_lmp_begin(const struct abi_startup *startup);

/**
 * rt_lrpc_upcall - a message came by the upcall `lrpc`; disabled
 * @idle: no thread was interrupted, so that the activation may be ended
 */
void rt_lrpc_upcall(uint64_t badge, const uint64_t words[ABI_LRPC_WORDS], bool idle);

#endif
