/* SPDX-License-Identifier: GPL-2.0-only */
/* CPUs: checked, taken from Linux, held, given back. */
#ifndef REMORA_CPU_H
#define REMORA_CPU_H

#include <linux/cpumask.h>

#include "error.h"
#include "ledger.h"

/** struct remora_cpu - a CPU that is, or is to be, ours */
struct remora_cpu {
	unsigned int cpu; /* Linux's number */
	u32 apic_id;
	int numa;
	unsigned int package; /* number of the processor package */
	bool taken;
	bool hwp_saved;
	u64 hwp_request; /* Linux's value, restored on return */
};

/** remora_cpu_init/exit - the hotplug callback that holds our CPUs against "echo 1 > online". */
int remora_cpu_init(void);
void remora_cpu_exit(void);

/**
 * remora_cpus_check - could these CPUs be taken now? Touches nothing.
 * @warn: called for each warning that applies (SMT siblings split); may be NULL
 * Context: process. Return: 0 or the errno of the first problem, in @err.
 */
int remora_cpus_check(const u32 *cpus, unsigned int count,
		      void (*warn)(void *arg, enum remora_reason reason), void *arg,
		      struct remora_error *err);

/**
 * remora_cpu_check_joining - could this CPU be taken now, to join those of @with? Touches nothing.
 * Otherwise as remora_cpus_check().
 */
int remora_cpu_check_joining(u32 cpu, const struct cpumask *with,
			     void (*warn)(void *arg, enum remora_reason reason), void *arg,
			     struct remora_error *err);

/**
 * remora_cpu_take - save its settings, take it out of Linux, hold it
 * Context: process, sleeps tens of milliseconds; no lock that a hotplug callback takes.
 */
int remora_cpu_take(struct remora_cpu *c, unsigned int cpu, struct remora_ledger *ledger,
		    struct remora_error *err);

/**
 * remora_cpu_give_back - let Linux have it again; the core must be quiescent (remora_wake_init_ipi)
 * Return: 0, or the errno when Linux did not bring it up: then it is released but stays offline.
 */
int remora_cpu_give_back(struct remora_cpu *c, struct remora_ledger *ledger,
			 struct remora_error *err);

/** remora_cpu_any_held - bitmap test, any context: is this CPU a partition's? */
bool remora_cpu_held(unsigned int cpu);

#endif
