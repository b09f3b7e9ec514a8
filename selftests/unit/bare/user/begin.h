/* SPDX-License-Identifier: GPL-2.0-only */
/* How each of the test programs begins: it gives the CPU driver its entry points, and is enabled.
 */
#ifndef BEGIN_H
#define BEGIN_H

#include <abi/dispatcher.h>

#include "report.h"

/* entry.S */
extern uint64_t fifth; /* R10 at the last upcall */
extern char upcall_entry[], upcall_stack_top[], fault_stack_top[], resume_critical[],
	resume_critical_end[];
__attribute__((noreturn)) void resume(const struct abi_registers *r, struct abi_dispatcher *d);

/* Of each program: entry.S calls them. */
extern struct report report;
void start(struct abi_dispatcher *d);
void upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c,
	    uint64_t e);

static inline void begin(struct abi_dispatcher *d)
{
	for (int i = 0; i < (int)ABI_UPCALLS; i++)
		d->entry[i] = (uint64_t)upcall_entry;
	d->stack = (uint64_t)upcall_stack_top;
	d->fault_stack = (uint64_t)fault_stack_top;
	d->critical = (uint64_t)resume_critical;
	d->critical_end = (uint64_t)resume_critical_end;
	report.dispatcher = (uint64_t)d;
	report.running = report.instance + 1;
	d->disabled = 0;
}

#endif
