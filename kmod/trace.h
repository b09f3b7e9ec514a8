/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Both kernels on one trace: the events of Linux's side, and what the cores wrote into their rings,
 * brought into Linux's trace buffer. See trace_points.h for the events.
 *
 * The functions that trace cost nothing but a patched jump while nobody listens. They may be called
 * in any context.
 */
#ifndef REMORA_TRACE_H
#define REMORA_TRACE_H

#include <asm/msr.h>
#include <asm/tsc.h>

#include "partition.h"
#include "trace_points.h"

/* ---- rings ---- */

/** remora_trace_init/exit - the work that empties the rings */
int remora_trace_init(void);
void remora_trace_exit(void);

/**
 * remora_trace_attach - from here on the partition's rings are read and its cores told what to record
 * Cores have their regions from before this until after remora_trace_detach(), but those that join
 * and leave meanwhile: see remora_trace_hide(). Process context, sleeps.
 */
void remora_trace_attach(struct remora_partition *p);
void remora_trace_detach(struct remora_partition *p);

/**
 * remora_trace_hide - the ring and the host page of a silent core are about to go
 * After return the work does not use them; the doorbell's handler may, see core_hide() in regions.c.
 * The next core of this number begins with an empty ring, and nothing is forced there.
 */
void remora_trace_hide(struct remora_core *core);

/** remora_trace_reset - an empty ring for a core that will be started. Process context, sleeps. */
void remora_trace_reset(struct remora_core *core);

/** remora_trace_drain - bring all that the core has recorded into the trace buffer. As above. */
void remora_trace_drain(struct remora_core *core);

/**
 * remora_trace_settle - a control call to the core is over: its records go into the trace buffer
 * So that who records a command has what the cores did for it when it ends: trace-cmd closes the
 * buffer before it switches the events off. Nothing while nobody listens, or with trace_ms=0.
 */
void remora_trace_settle(struct remora_core *core);

/** remora_trace_doorbell - a doorbell came: count it, see whether a ring is half full. */
void remora_trace_doorbell(struct remora_partition *p);

/** remora_trace_cost_init/exit - the file that measures what an event costs */
void remora_trace_cost_init(void);
void remora_trace_cost_exit(void);

/**
 * remora_trace_force - let a core record an event though nobody listens, or no longer; for measuring
 * Return: 0, or -EBUSY when events are listened to, or are forced already. Process context, sleeps.
 */
int remora_trace_force(struct remora_core *core, enum abi_trace event);
void remora_trace_unforce(struct remora_core *core);

/* ---- events of Linux's side ---- */

/** remora_trace_record - hand a record to the event of its kind; @node is whose it is */
void remora_trace_record(const struct remora_partition *p, u32 node,
			 const struct abi_trace_record *r);

/** remora_trace_linux - record something that Linux (node 0) did @tsc ago, towards a core */
void remora_trace_linux(const struct remora_core *core, enum abi_trace event, u32 channel,
			u64 number, u64 arg, u64 tsc);

/**
 * remora_trace_stamp_send - before a message is put into its ring
 * Return: a time stamp for remora_trace_sent(), or 0 when nobody listens.
 */
static inline u64 remora_trace_stamp_send(void)
{
	u64 tsc = 0;

	if (trace_remora_send_enabled()) {
		tsc = rdtsc_ordered();
		barrier(); /* the message is stored after this */
	}
	return tsc;
}

/** remora_trace_sent - message @number of @channel went to the core */
static inline void remora_trace_sent(const struct remora_core *core, u32 channel, u64 number,
				     u16 type, u16 bytes, u64 tsc)
{
	if (tsc)
		remora_trace_linux(core, ABI_TRACE_SEND, channel, number,
				   abi_trace_message(type, bytes), tsc);
}

/** remora_trace_received - message @number of @channel came from the core, and was copied out */
static inline void remora_trace_received(const struct remora_core *core, u32 channel, u64 number,
					 u16 type, u16 bytes)
{
	if (trace_remora_receive_enabled())
		remora_trace_linux(core, ABI_TRACE_RECEIVE, channel, number,
				   abi_trace_message(type, bytes), rdtsc_ordered());
}

/** remora_trace_rang - the core's doorbell is about to be rung for message @number of @channel */
static inline void remora_trace_rang(const struct remora_core *core, u32 channel, u64 number)
{
	if (trace_remora_doorbell_sent_enabled())
		remora_trace_linux(core, ABI_TRACE_BELL_SENT, channel, number, 0, rdtsc_ordered());
}

/**
 * remora_trace_block - a Linux thread is about to sleep for message @number of @channel
 * Return: a time stamp for remora_trace_wake().
 */
static inline u64 remora_trace_block(const struct remora_core *core, u32 channel, u64 number)
{
	u64 tsc;

	if (!trace_remora_block_enabled() && !trace_remora_wake_enabled())
		return 0;
	tsc = rdtsc_ordered();
	remora_trace_linux(core, ABI_TRACE_BLOCK, channel, number, 0, tsc);
	return tsc;
}

/** remora_trace_wake - it goes on. @since: from remora_trace_block() */
static inline void remora_trace_wake(const struct remora_core *core, u32 channel, u64 number,
				     u64 since)
{
	u64 tsc;

	if (!since)
		return;
	tsc = rdtsc_ordered();
	remora_trace_linux(core, ABI_TRACE_WAKE, channel, number, tsc - since, tsc);
}

/** remora_trace_shootdown - Linux's step of shootdown @number, towards a core */
static inline void remora_trace_shootdown(const struct remora_core *core, u64 number,
					  enum abi_trace_shoot step)
{
	if (trace_remora_shootdown_enabled())
		remora_trace_linux(core, ABI_TRACE_SHOOTDOWN, ABI_TRACE_CHANNEL_SHOOTDOWN, number,
				   step, rdtsc_ordered());
}

/** remora_trace_state - Linux gave the partition (@node 0) or a core a new state */
static inline void remora_trace_state(const struct remora_partition *p, u32 node, u32 state)
{
	if (trace_remora_state_enabled())
		trace_remora_state(p->name, node, state, atomic64_read(&p->generation),
				   rdtsc_ordered());
}

#endif
