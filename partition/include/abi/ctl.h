/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Control messages between node 0 and a partition core, on the control channel of the boot
 * information. Node 0 asks, the core answers each request with the same tag, in any order. Events
 * come from the core unasked.
 */
#ifndef ABI_CTL_H
#define ABI_CTL_H

#include <urpc/abi.h>

/** enum abi_ctl - message types; an answer is the request's type with ABI_CTL_REPLY set */
enum abi_ctl {
	ABI_CTL_BIND = 1,      /* struct abi_ctl_bind; answered by struct abi_ctl_status */
	ABI_CTL_UNBIND = 2,    /* struct abi_ctl_unbind; answered by struct abi_ctl_status */
	ABI_CTL_FAULT = 3,     /* struct abi_ctl_fault; answered only when refused */
	ABI_CTL_PEER_PING = 4, /* struct abi_ctl_peer_ping; answered by abi_ctl_peer_pong */
	ABI_CTL_TRACE_COST = 5, /* struct abi_ctl_trace_cost; answered by abi_ctl_trace_took */
	ABI_CTL_SHOOT_OPEN = 6, /* of shootdown.h, as the next two: struct abi_ctl_shoot_open */
	ABI_CTL_SHOOT_RUN = 7,
	ABI_CTL_SHOOT_CLOSE = 8,
	ABI_CTL_MEMORY_ADD = 9,   /* struct abi_ctl_memory; answered by struct abi_ctl_status */
	ABI_CTL_MEMORY_TAKE = 10, /* the same */

	ABI_CTL_CLOSED = 0x4001, /* event: struct abi_ctl_closed */
};

#define ABI_CTL_REPLY 0x8000u

/** enum abi_service - what a channel can be bound to; from ABI_SERVICE_USER on in ring 3 */
enum abi_service {
	ABI_SERVICE_ECHO = 1,  /* every message comes back as it was */
	ABI_SERVICE_DELAY = 2, /* comes back after payload[0] ns (up to 10 s), by the core's timer */
	ABI_SERVICE_SINK = 3,  /* consumed; payload[0] = n in a message of type 1 asks for the count:
	                        * answered with type 1, payload[0] messages and payload[1] bytes */
	ABI_SERVICE_SPAWN = 256, /* of the core's monitor: abi/spawn.h */
	ABI_SERVICE_MONITOR = 257, /* the monitor's link to that of @peer, or of node 0: abi/protocol/ */
	ABI_SERVICE_PROGRAM = 258, /* one end of a channel between programs of two nodes; the monitor
	                        * learns whose by abi/protocol/bind.h */
};

#define ABI_SERVICE_USER 256u

/**
 * struct abi_ctl_bind - one end of a channel
 * @channel: number chosen by node 0, below ABI_CHANNELS_MAX; of ABI_SERVICE_MONITOR:
 *           ABI_CHANNEL_MONITOR(@peer)
 * @peer:    node at the other end; 0: Linux. Another core only from ABI_SERVICE_USER on
 * @peer_apic_id: whom a doorbell about it rings; 0 when @peer is. The boot information knows only the
 *           cores that were there when this one started
 */
struct abi_ctl_bind {
	uint32_t tag;
	uint32_t channel;
	uint64_t tx;      /* physical address of the ring the core writes */
	uint64_t rx;      /* physical address of the ring the core reads */
	uint32_t slots;
	uint32_t service; /* enum abi_service */
	uint32_t peer;
	uint32_t peer_apic_id;
};

#define ABI_CHANNELS_MAX 64u /* bound channels a core serves at once, beside links of monitors */
#define ABI_CHANNEL_MONITOR(peer) (ABI_CHANNELS_MAX + (peer))
#define ABI_CHANNEL_NUMBERS 128u /* of both kinds */
#define ABI_MONITOR_SLOTS 256u   /* of each ring of a link of monitors */

struct abi_ctl_unbind {
	uint32_t tag;
	uint32_t channel;
};

/**
 * struct abi_ctl_closed - the core closed a bound channel, because its peer broke the protocol
 * The number stays taken until it is unbound, so that the event comes before the answer to that and
 * never means a later channel of the same number.
 */
struct abi_ctl_closed {
	uint32_t tag; /* 0 */
	uint32_t channel;
	int32_t status; /* why: a negative errno value */
	uint32_t reserved;
};

struct abi_ctl_status {
	uint32_t tag;
	int32_t status; /* 0 or a negative errno value */
};

/** enum abi_fault - ways to die on purpose, in partitions created for it (ABI_BOOT_FAULTS) */
enum abi_fault {
	ABI_FAULT_PAGE = 1,     /* write through a wild pointer */
	ABI_FAULT_OPCODE = 2,   /* undefined instruction */
	ABI_FAULT_DOUBLE = 3,   /* run into the stack's guard until the double fault */
	ABI_FAULT_SPIN = 4,     /* loop for ever with interrupts off */
	ABI_FAULT_SCRIBBLE = 5, /* random bytes into rings, console, trace, core and boot page; spin */
	ABI_FAULT_STACK = 6,    /* write to the guard page below the stack */
	ABI_FAULT_TEXT = 7,     /* write to its own text */
	ABI_FAULT_EXEC = 8,     /* jump into data */
	ABI_FAULT_CHECK = 9,    /* a failed check of the CPU driver itself */
	ABI_FAULT_RINGS = 10,   /* send ill-formed messages on every bound channel, then carry on */
};

struct abi_ctl_fault {
	uint32_t tag;
	uint32_t kind; /* enum abi_fault */
};

struct abi_ctl_peer_ping {
	uint32_t tag;
	uint32_t peer;  /* node number of another core */
	uint32_t count; /* round trips, 1 to 1000000 */
	uint32_t reserved;
};

struct abi_ctl_peer_pong {
	uint32_t tag;
	int32_t status;
	uint64_t min;    /* round trip, TSC cycles */
	uint64_t median; /* from a histogram of up to 4096 samples spread over the run */
	uint64_t p99;
	uint64_t max;
	uint64_t count;
};

/* Time events of kind ABI_TRACE_NOTE, wanted or not, as the host page says at that time. */
struct abi_ctl_trace_cost {
	uint32_t tag;
	uint32_t reserved;
};

#define ABI_TRACE_COST_BATCH 256u /* events timed at once */

struct abi_ctl_trace_took {
	uint32_t tag;
	int32_t status;
	uint64_t with;    /* TSC cycles of a batch, median of many */
	uint64_t without; /* of the same loop without events */
};

#define ABI_MEMORY_STEP (256ull << 20)

/**
 * struct abi_ctl_memory - RAM for this core, or what of it Linux wants back
 * One message for each ABI_MEMORY_STEP of it, in order, each once the one before is answered; with the last
 * one it is done. After the first ADD the range is taken, until all TAKEs are done or it stops.
 * ADD: the RAM is in the core's window, and a capability for all of it in an empty slot of ABI_SLOT_EXTENTS of
 * the monitor, which is not told. Errors: EEXIST, ENOSPC: no such slot, ENOMEM: no memory for page
 * tables, ERANGE: too far from what the core was started with, ENOENT: no monitor.
 * TAKE: of a whole extent of RAM. Errors: EBUSY while there is a capability for any of it, but the monitor's
 * for all, which goes then; ENOENT.
 * @base, @bytes: multiples of 2 MiB
 * @at:   begin of the step, from @base on
 * @numa: of ADD
 */
struct abi_ctl_memory {
	uint32_t tag;
	uint32_t numa;
	uint64_t base;
	uint64_t bytes;
	uint64_t at;
};

URPC_STATIC_ASSERT(sizeof(struct abi_ctl_memory) == 32, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_bind) == 40, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_trace_took) == 24, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_closed) == 16, "control message");
URPC_STATIC_ASSERT(offsetof(struct abi_ctl_closed, channel) == 4, "control message");
URPC_STATIC_ASSERT(sizeof(struct abi_ctl_peer_pong) <= URPC_PAYLOAD_BYTES, "control message");

#endif
