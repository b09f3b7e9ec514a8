/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The trace ring of a core: records that the core alone writes and node 0 reads at any time, also
 * after the core died. It never waits for its reader: a new record takes the place of the oldest,
 * and the reader counts what it came too late for.
 *
 * Record n (the first is 0) lives in slot n mod records. The writer fills the slot, then stores
 * head = n + 1 (release). A reader copies a record, then reads head once more: while head is h, the
 * writer may be at slot h mod records, so a copy of record n is good only if h - n < records. Thus
 * records - 1 of them can be read.
 *
 * What is recorded, node 0 says in the word trace of the host page, bit by event. A core that was
 * told of no ring records nothing.
 */
#ifndef ABI_TRACE_H
#define ABI_TRACE_H

#include <urpc/types.h>

#define ABI_TRACE_REVISION 1u

/** enum abi_trace - what happened; bit (1 << event) of abi_host.trace lets the core record it */
enum abi_trace {
	ABI_TRACE_SEND = 1,       /* stamped before the message can be seen; arg: abi_trace_message() */
	ABI_TRACE_RECEIVE = 2,    /* stamped after it was seen; arg: abi_trace_message() */
	ABI_TRACE_BELL_SENT = 3,  /* doorbell to @node, because of message @number of @channel */
	ABI_TRACE_BELL_TAKEN = 4, /* the core's @number-th */
	ABI_TRACE_BLOCK = 5,      /* the core's @number-th sleep begins; arg: due timer (TSC) or 0 */
	ABI_TRACE_WAKE = 6,       /* that sleep ended; arg: its TSC cycles */
	ABI_TRACE_CORE = 7,       /* new state; arg: enum abi_core_state; number: rip of a crash */
	ABI_TRACE_SHOOTDOWN = 8,  /* step of shootdown @number, with @node; arg: enum abi_trace_shoot */
	ABI_TRACE_NOTE = 9,       /* number: a count; for measuring what an event costs */
};

#define ABI_TRACE_EVENTS 10u /* one more than the highest event */

/* Of abi_host.trace: ring node 0 each time half a ring was written. */
#define ABI_TRACE_BELL (1ull << 63)

/** enum abi_trace_shoot - steps of a shootdown */
enum abi_trace_shoot {
	ABI_TRACE_SHOOT_START = 1,       /* the initiator begins a round */
	ABI_TRACE_SHOOT_REQUEST = 2,     /* a request goes to @node */
	ABI_TRACE_SHOOT_TAKEN = 3,       /* a request of @node was seen */
	ABI_TRACE_SHOOT_DONE_HERE = 4,   /* own invalidations are done */
	ABI_TRACE_SHOOT_ACKNOWLEDGE = 5, /* an acknowledgement goes to @node */
	ABI_TRACE_SHOOT_FINISH = 6,      /* the initiator has all acknowledgements */
};

/* Channels of a record that are not bound ones; those have the number of abi_ctl_bind. */
#define ABI_TRACE_CHANNEL_CONTROL 0x100u   /* control channel between node 0 and a core */
#define ABI_TRACE_CHANNEL_PEER 0x101u      /* channel between two cores */
#define ABI_TRACE_CHANNEL_SHOOTDOWN 0x102u /* lines of a shootdown */
#define ABI_TRACE_CHANNEL_NONE 0xffffu

/**
 * struct abi_trace_record - one event
 * @tsc:     of the core, ordered after all loads before it; never less than in the record before
 * @event:   enum abi_trace
 * @node:    the other node, where there is one
 * @channel: between the two
 * @number:  of the message, in its direction of its channel, from 1; else see enum abi_trace
 * @arg:     see enum abi_trace
 */
struct abi_trace_record {
	uint64_t tsc;
	uint16_t event;
	uint16_t node;
	uint32_t channel;
	uint64_t number;
	uint64_t arg;
};

/**
 * struct abi_trace_ring
 * @revision: ABI_TRACE_REVISION; written by node 0 before the core starts, as is
 * @records:  a power of two from ABI_TRACE_RECORDS_MIN to ABI_TRACE_RECORDS_MAX. Node 0 keeps its
 *            own copy
 * @head:     records written since the core started, in a line of its own; written by the core
 */
struct abi_trace_ring {
	uint32_t revision;
	uint32_t records;
	uint64_t reserved[7];
	uint64_t head;
	uint64_t reserved2[7];
	__extension__ struct abi_trace_record record[];
};

#define ABI_TRACE_RECORDS_MIN 16u
#define ABI_TRACE_RECORDS_MAX (1u << 20)

/** abi_trace_message - arg of a message: its type, and bytes of payload */
static inline uint64_t abi_trace_message(uint16_t type, uint16_t bytes)
{
	return type | (uint64_t)bytes << 16;
}

/** abi_trace_bytes - memory of a ring with that many records */
static inline uint64_t abi_trace_bytes(uint32_t records)
{
	return sizeof(struct abi_trace_ring) + (uint64_t)records * sizeof(struct abi_trace_record);
}

static inline bool abi_trace_records_valid(uint32_t records)
{
	return records >= ABI_TRACE_RECORDS_MIN && records <= ABI_TRACE_RECORDS_MAX &&
	       !(records & (records - 1));
}

URPC_STATIC_ASSERT(sizeof(struct abi_trace_record) == 32, "trace record");
URPC_STATIC_ASSERT(offsetof(struct abi_trace_record, channel) == 12, "trace record");
URPC_STATIC_ASSERT(offsetof(struct abi_trace_record, number) == 16, "trace record");
URPC_STATIC_ASSERT(offsetof(struct abi_trace_ring, records) == 4, "trace ring");
URPC_STATIC_ASSERT(offsetof(struct abi_trace_ring, head) == 64, "trace ring");
URPC_STATIC_ASSERT(offsetof(struct abi_trace_ring, record) == 128, "trace ring");

#endif
