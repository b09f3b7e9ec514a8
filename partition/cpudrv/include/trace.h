/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What this core does, told event by event in the ring of abi/trace.h. While node 0 does not want
 * an event, it costs a load from a line that stays in the cache, and a branch that is predicted.
 */
#ifndef TRACE_H
#define TRACE_H

#include <abi/trace.h>
#include <bootinfo.h>
#include <machine.h>

/**
 * trace_init - start recording into a ring
 * @ring:  set up by node 0
 * @bytes: memory of the ring
 * Return: 0, or -ERR_INVAL when its revision is another one, or its number of records is not a
 * power of two in range or does not fit; then nothing is ever recorded.
 */
int trace_init(struct abi_trace_ring *ring, uint64_t bytes);

/** trace_start - take the ring of the boot information into use, if there is one; dies of a bad one */
void trace_start(void);

/** trace_on - does node 0 want this event? Only once host_page is set. */
static inline bool trace_on(enum abi_trace event)
{
	return __builtin_expect((__atomic_load_n(&host_page->trace, __ATOMIC_RELAXED) &
				 1ull << event) != 0, 0);
}

/**
 * trace_record - write one record, wanted or not
 * @tsc: by arch_cycles_ordered(), not less than that of the record before
 * The other arguments are those of struct abi_trace_record.
 */
void trace_record(enum abi_trace event, uint64_t tsc, uint32_t node, uint32_t channel,
		  uint64_t number, uint64_t arg);

/** trace_stamp - a time for trace_record(), before something that may fail; 0: it is not wanted */
static inline uint64_t trace_stamp(enum abi_trace event)
{
	return trace_on(event) ? arch_cycles_ordered() : 0;
}

/** trace - record an event that happens now, if it is wanted */
static inline void trace(enum abi_trace event, uint32_t node, uint32_t channel, uint64_t number,
			 uint64_t arg)
{
	if (trace_on(event))
		trace_record(event, arch_cycles_ordered(), node, channel, number, arg);
}

/**
 * trace_cost - time events of kind ABI_TRACE_NOTE as they are now, wanted or not
 * @with:    set to TSC cycles of ABI_TRACE_COST_BATCH turns of a loop with an event in it
 * @without: set to those of the same loop without one; both are medians of many
 */
void trace_cost(uint64_t *with, uint64_t *without);

#endif
