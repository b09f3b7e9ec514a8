/* SPDX-License-Identifier: GPL-2.0-only */
/* The open run, between the files of the shootdown: shoot.c opens and closes it. */
#ifndef SHOOT_RUN_H
#define SHOOT_RUN_H

#include <samples.h>
#include <shoot.h>
#include <trace.h>

#define SHOOT_SAMPLES 4096u

/**
 * struct shoot_run - the run that is open
 * @request: what goes down the tree
 * @fan:     the children; none: a leaf of the tree
 * @in:      the parent's calls; not used by the initiator
 * @type:    enum abi_shoot of the request that this core has taken and not answered; 0: none
 * @taken_at: TSC when it was seen
 * @flushed: a flush was the last request: the pages were not read since
 * @samples: of rounds on the initiator; of the time to an answer on the others
 */
struct shoot_run {
	uint32_t number;
	bool leads;
	uint32_t parent;
	uint32_t rounds;
	struct abi_shoot_request request;
	struct urpc_fan fan;
	struct urpc_fan_callee in;
	uint16_t type;
	uint64_t taken_at;
	bool flushed;
	uint64_t handled;
	uint64_t stale;
	struct samples samples;
	uint64_t sample[SHOOT_SAMPLES];
};

extern struct shoot_run shoot;

/** shoot_trace - trace a step of call @number: both ends of a line count its calls alike */
static inline void shoot_trace(enum abi_trace_shoot step, uint32_t node, uint64_t number)
{
	trace(ABI_TRACE_SHOOTDOWN, node, ABI_TRACE_CHANNEL_SHOOTDOWN, number, step);
}

/** shoot_call - pass a request of type @type on to all children, and wake those that sleep */
void shoot_call(uint16_t type);

/** shoot_serve - a turn of a recipient. Return: whether anything was done. */
bool shoot_serve(void);

/** shoot_lead - a turn of the initiator. Return: whether anything was done. */
bool shoot_lead(void);

/** shoot_lead_end - rounds under way are answered with @status, or forgotten with 0 */
void shoot_lead_end(int status);

#endif
