/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The pages through which node 0 and one partition core know each other.
 *
 *   boot information  written by node 0 before the core starts, then constant; the core maps it
 *                     read-only. One page a core.
 *   host page         written by node 0 only, at any time; read by the core. One page a core.
 *   core page         written by the core only; node 0 reads each word once and checks it. One
 *                     page a core.
 *   console           records written by the core only, see console.h.
 *   trace ring        records written by the core only, see trace.h.
 *
 * Extents do not overlap. The pages and rings above may lie inside one of them or outside all; the
 * boot page tables lie outside. Console, trace ring and all pages begin on a page boundary.
 *
 * A core that finds the right magic but another revision or size writes the revision it wants and
 * ABI_CORE_REFUSED into the core page and halts. For that, the fields of struct abi_boot up to
 * core_page, and the first two of struct abi_core, never move in any revision. After a wrong magic
 * it halts without a word.
 *
 * At entry: long mode, interrupts off, the boot page tables of node 0 (image by segment rights,
 * window over the extents below, identity of the trampoline page), no usable stack, RDI = virtual
 * address (in the window) of the boot information. IDT limit 0.
 */
#ifndef ABI_BOOT_H
#define ABI_BOOT_H

#include <abi/image.h>
#include <abi/layout.h>
#include <urpc/abi.h>

#define ABI_NODES_MAX 64u   /* node 0 and up to 63 cores in a partition */
#define ABI_EXTENTS_MAX 32u
#define ABI_MODULES_MAX 8u
#define ABI_NAME_MAX 32u    /* with the terminating 0 */

/** enum abi_extent_kind - what a piece of physical memory is to the core that is told of it */
enum abi_extent_kind {
	ABI_EXTENT_IMAGE = 1,  /* the core's copy of its image */
	ABI_EXTENT_KERNEL = 2, /* private to its CPU driver: page tables, stacks, kernel objects */
	ABI_EXTENT_RAM = 3,    /* private to the core: memory for domains */
	ABI_EXTENT_SHARED = 4, /* channel memory of the whole partition */
};

struct abi_extent {
	uint64_t base; /* physical, page-aligned */
	uint64_t size; /* bytes, page-aligned */
	uint32_t kind; /* enum abi_extent_kind */
	uint32_t numa; /* node number as Linux knows it */
};

/** struct abi_channel - a channel's rings, as the core that is told of it sees them */
struct abi_channel {
	uint64_t tx;    /* physical address of the ring the core writes */
	uint64_t rx;    /* physical address of the ring the core reads */
	uint32_t slots; /* 0: no channel */
	uint32_t peer;  /* node at the other end */
};

/** struct abi_module - a program, for images of tests without Linux; the module gives none */
struct abi_module {
	uint64_t base;
	uint64_t size;
	char name[ABI_NAME_MAX];
};

#define ABI_BOOT_FAULTS (1u << 0)   /* ABI_CTL_FAULT is allowed: a test partition */
#define ABI_BOOT_NO_SLEEP (1u << 1) /* poll for ever, never halt */

/** struct abi_boot - boot information; revision is checked by the core before anything else */
struct abi_boot {
	uint64_t magic;
	uint32_t revision;
	uint32_t size; /* sizeof(struct abi_boot) */
	uint32_t node; /* this core's node number, 1 to nodes - 1 */
	uint32_t nodes;
	uint32_t apic_id;
	uint32_t flags;
	uint64_t tsc_khz;
	uint64_t boot_tsc; /* TSC when node 0 sent the start-up message */
	char partition[ABI_NAME_MAX];
	uint32_t linux_cpu;
	uint32_t numa;
	uint64_t host_page;    /* physical */
	uint64_t core_page;    /* physical */
	uint64_t console;      /* physical, of struct abi_console */
	uint64_t console_size; /* bytes */
	uint64_t image_phys;   /* physical address of the byte linked at ABI_IMAGE_VA */
	uint64_t image_size;
	uint32_t extent_count;
	uint32_t module_count;
	uint64_t poll_cycles; /* poll this long before sleeping; 0: the core measures its own */
	uint64_t hwp_request; /* value for IA32_HWP_REQUEST; 0: leave it alone */
	struct abi_extent extents[ABI_EXTENTS_MAX];
	struct abi_module modules[ABI_MODULES_MAX];
	uint32_t node_apic_id[ABI_NODES_MAX]; /* by node number; entry 0 unused: see abi_host */
	struct abi_channel control;           /* to node 0, messages of ctl.h */
	uint64_t peers;                       /* physical, of struct abi_channel[nodes] by node */
	uint64_t trace;      /* physical, of struct abi_trace_ring; 0: none */
	uint64_t trace_size; /* bytes */
};

URPC_STATIC_ASSERT(sizeof(struct abi_extent) == 24, "extent");
URPC_STATIC_ASSERT(sizeof(struct abi_channel) == 24, "channel");
URPC_STATIC_ASSERT(sizeof(struct abi_module) == 48, "module");
URPC_STATIC_ASSERT(offsetof(struct abi_boot, tsc_khz) == 32, "boot information");
URPC_STATIC_ASSERT(offsetof(struct abi_boot, host_page) == 88, "boot information");
URPC_STATIC_ASSERT(offsetof(struct abi_boot, extents) == 160, "boot information");
URPC_STATIC_ASSERT(offsetof(struct abi_boot, trace) == offsetof(struct abi_boot, peers) + 8,
		   "boot information");
URPC_STATIC_ASSERT(sizeof(struct abi_boot) <= ABI_PAGE_SIZE, "boot information is one page");

/**
 * struct abi_host - host page
 * @bell:    where to ring node 0: bits 0-31 physical APIC id, 32-39 vector, bit 63 valid. One
 *           word, so that it changes atomically when Linux moves the interrupt
 * @command: what node 0 wants, an enum abi_command; followed by a doorbell
 * @probe:   raised by node 0 with a doorbell when it doubts that the core lives; the core copies
 *           it into its core page
 * @console_at: node 0 wants a doorbell once the console line of this number is written; 0: none. The
 *           core rings once for each value: full fence after the line, then a look here, against
 *           node 0's store here, full fence, look at the console
 * @trace:   events that the core records: bit (1 << enum abi_trace), ABI_TRACE_BELL; at any time
 */
struct abi_host {
	uint64_t bell __attribute__((aligned(URPC_CACHE_LINE)));
	uint32_t command;
	uint32_t probe;
	uint64_t console_at;
	uint64_t trace;
};

URPC_STATIC_ASSERT(offsetof(struct abi_host, command) == 8, "host page");
URPC_STATIC_ASSERT(offsetof(struct abi_host, console_at) == 16, "host page");
URPC_STATIC_ASSERT(offsetof(struct abi_host, trace) == 24, "host page");

#define ABI_BELL_VALID (1ull << 63)
#define ABI_BELL_VECTOR_SHIFT 32

enum abi_command {
	ABI_COMMAND_NONE = 0,
	ABI_COMMAND_STOP = 1, /* finish, say ABI_CORE_STOPPED, halt with interrupts off */
	ABI_COMMAND_DUMP = 2, /* sent with an NMI: report registers on the console, then crash */
};

/** enum abi_core_state - written by the core into its core page */
enum abi_core_state {
	ABI_CORE_NONE = 0,
	ABI_CORE_STARTED = 1, /* first instructions of the CPU driver */
	ABI_CORE_RUNNING = 2,
	ABI_CORE_STOPPED = 3, /* as asked */
	ABI_CORE_CRASHED = 4, /* abi_crash is filled */
	ABI_CORE_REFUSED = 5, /* boot information not understood: see refused_revision */
};

/** struct abi_crash - why a core died; valid in state ABI_CORE_CRASHED */
struct abi_crash {
	uint32_t vector;  /* exception vector, or 256 for a failed check of the CPU driver */
	uint32_t error;   /* error code pushed by the CPU, or 0 */
	uint64_t rip;
	uint64_t rsp;
	uint64_t cr2;
	uint64_t rflags;
	char reason[88]; /* one sentence, 0-terminated */
};

/**
 * struct abi_core - core page
 * All counters only grow. @heartbeat moves with every turn of the event loop; @sleeping is 1 while
 * the core halts for a doorbell.
 */
struct abi_core {
	uint32_t state;
	uint32_t refused_revision; /* revision this image wants, in state ABI_CORE_REFUSED */
	uint32_t probe_echo;
	uint32_t sleeping;
	uint64_t heartbeat;
	uint64_t start_tsc; /* TSC at entry of the CPU driver */
	uint64_t ready_tsc; /* TSC when it became ABI_CORE_RUNNING */
	uint64_t x2apic;    /* 1: x2APIC mode */
	uint64_t poll_cycles;    /* polling time in use, TSC cycles */
	uint64_t block_cycles;   /* measured cost of a block and wake-up, TSC cycles */
	struct {
		uint64_t doorbells;    /* doorbell interrupts taken */
		uint64_t bells_rung;   /* doorbells sent, to all nodes */
		uint64_t foreign;      /* interrupts that Linux broadcast */
		uint64_t foreign_last; /* vector of the last one */
		uint64_t nmis;
		uint64_t machine_checks;
		uint64_t timers;
		uint64_t spurious;
		uint64_t sleeps;
		uint64_t received; /* messages, on all channels */
		uint64_t sent;
		uint64_t protocol_errors;
	} count;
	struct abi_crash crash;
};

URPC_STATIC_ASSERT(offsetof(struct abi_core, heartbeat) == 16, "core page");
URPC_STATIC_ASSERT(offsetof(struct abi_core, count) == 64, "core page");
URPC_STATIC_ASSERT(offsetof(struct abi_core, crash) == 160, "core page");
URPC_STATIC_ASSERT(sizeof(struct abi_crash) == 128, "crash record");
URPC_STATIC_ASSERT(sizeof(struct abi_core) <= ABI_PAGE_SIZE, "core page is one page");

#endif
