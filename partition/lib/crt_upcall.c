// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <lib/stream.h>
#include <lib/vspace.h>

#include "crt_core.h"
#include "thread_core.h"

#define RED_ZONE 128u
#define STATUS_SIGNAL 128
#define SIGNAL_ILLEGAL 4
#define SIGNAL_TRAP 5
#define SIGNAL_BUS 7
#define SIGNAL_ARITHMETIC 8
#define SIGNAL_MEMORY 11

/* What a trap is, and the signal that Linux would send. */
static const struct {
	const char *name;
	int signal;
} traps[] = {
	[0] = { "division by zero or overflow", SIGNAL_ARITHMETIC },
	[1] = { "debug trap", SIGNAL_TRAP },
	[3] = { "breakpoint", SIGNAL_TRAP },
	[4] = { "overflow", SIGNAL_MEMORY },
	[5] = { "bound exceeded", SIGNAL_MEMORY },
	[6] = { "undefined instruction", SIGNAL_ILLEGAL },
	[12] = { "stack fault", SIGNAL_BUS },
	[13] = { "general protection fault", SIGNAL_MEMORY },
	[16] = { "x87 floating-point error", SIGNAL_ARITHMETIC },
	[17] = { "alignment check", SIGNAL_BUS },
	[19] = { "SIMD floating-point error", SIGNAL_ARITHMETIC },
};

__attribute__((noreturn)) static void trap(uint64_t vector, uint64_t error, uint64_t rip,
					   bool disabled)
{
	const bool known = vector < sizeof(traps) / sizeof(traps[0]) && traps[vector].name;
	const struct rt_thread *t = rt_sched_current;

	rt_complain("killed: %s (trap %lu, error %lu) at %#lx in thread %u%s",
		    known ? traps[vector].name : "trap", vector, error, rip, t ? t->id : 0,
		    disabled ? ", in the run-time library" : "");
	rt_exit(STATUS_SIGNAL + (known ? traps[vector].signal : SIGNAL_MEMORY));
}

/* ---- system calls of Linux ---- */

__attribute__((noreturn)) static void serve(struct abi_dispatcher *d)
{
	struct rt_thread *t = rt_sched_current;

	if (rt_linux_syscall_now(&d->enabled)) {
		if (!rt_sched_current || __atomic_load_n(&d->alarm, __ATOMIC_RELAXED))
			rt_sched_run();
		rt_resume(&d->enabled, &d->disabled, d->stack);
	}
	t->call = d->enabled;
	t->serving = true;
	rt_serve_enter((t->call.rsp - RED_ZONE) & ~15ull, &d->disabled);
}

void rt_serve(void)
{
	struct rt_thread *t = rt_thread_self();
	const long result = rt_linux_syscall(&t->call);

	t->call.rax = (uint64_t)result;
	rt_disable();
	t->serving = false;
	rt_resume(&t->call, &rt_dispatcher->disabled, rt_dispatcher->stack);
}

/* ---- faults ---- */

/*
 * Upcalls set the flag. In the critical range behind its first instruction it had been cleared
 * already; anywhere else where a fault counts as one while disabled, it was set.
 */
void rt_resume_faulted(struct abi_dispatcher *d)
{
	const uint64_t rip = d->faulted.rip;

	if (rip <= (uint64_t)rt_critical || rip >= (uint64_t)rt_critical_end)
		rt_resume(&d->faulted, &d->faulting, d->fault_stack);
	d->faulting = 0;
	rt_resume(&d->faulted, &d->disabled, d->fault_stack);
}

__attribute__((noreturn)) static void page_fault(struct abi_dispatcher *d, uint64_t address,
						 uint64_t error, uint64_t rip)
{
	if (rt_page_fault(address, error, rip))
		rt_exit(RT_STATUS_PAGE_FAULT);
	if (d->faulting)
		rt_resume_faulted(d);
	rt_resume(&d->enabled, &d->disabled, d->stack);
}

__attribute__((noreturn)) static void message(uint64_t badge, const uint64_t words[ABI_LRPC_WORDS])
{
	rt_lrpc_upcall(badge, words, !rt_sched_current);
	rt_sched_run();
}

void rt_upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c,
	       uint64_t e, uint64_t f)
{
	switch (which) {
	case ABI_UPCALL_RUN:
		rt_sched_run();
	case ABI_UPCALL_LRPC:
		message(a, (const uint64_t[ABI_LRPC_WORDS]){ b, c, e, f });
	case ABI_UPCALL_PAGE_FAULT:
	case ABI_UPCALL_PAGE_FAULT_DISABLED:
		page_fault(d, a, b, c);
	default:
		if (a == ABI_TRAP_SYSCALL && !d->faulting)
			serve(d);
		trap(a, b, c, d->faulting);
	}
}
