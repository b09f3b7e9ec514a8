/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What a domain begins with: its capabilities, its address space, and the page that tells it both.
 *
 * The first program of a core, its monitor, is made by the CPU driver; all others by the monitor. Both
 * make the same things, so that one run-time library serves both.
 *
 *   0x0000000000400000   the program's segments; ABI_DOMAIN_PROGRAM_END is the end of that region
 *   ABI_DOMAIN_STARTUP   struct abi_startup, with strings behind it, read-only
 *   ABI_DOMAIN_STREAM    struct abi_stream, shared with the monitor; none in the monitor
 *   ABI_DOMAIN_REQUESTS  struct abi_requests, right behind it, likewise
 *   ABI_DOMAIN_CONTROL   the dispatcher's shared frame (struct abi_dispatcher, then message buffers)
 *   ABI_DOMAIN_STACK_END end of the first stack; a page below it is not mapped
 *   ABI_DOMAIN_FREE      from here to ABI_USER_END nothing is mapped and no page table is there: the
 *                        domain maps what it likes, with tables of its own (entries of its PML4 from
 *                        ABI_DOMAIN_FREE_ENTRY on)
 */
#ifndef ABI_DOMAIN_H
#define ABI_DOMAIN_H

#include <urpc/abi.h>

#include <abi/cap.h>
#include <abi/dispatcher.h>

#define ABI_DOMAIN_PROGRAM 0x0000000000400000ull
#define ABI_DOMAIN_PROGRAM_END 0x0000000040000000ull
#define ABI_DOMAIN_STARTUP 0x0000000040000000ull
#define ABI_DOMAIN_STREAM 0x0000000040200000ull
#define ABI_DOMAIN_CONTROL 0x0000000040400000ull
#define ABI_DOMAIN_STACK_END 0x0000000080000000ull
#define ABI_DOMAIN_STACK_BYTES 0x10000ull /* 64 KiB; a program's main thread makes its own */
#define ABI_DOMAIN_FREE 0x0000008000000000ull
#define ABI_DOMAIN_FREE_ENTRY 1u

#define ABI_DOMAIN_CONTROL_BYTES 0x4000ull /* 16 KiB: page 0 abi_dispatcher, pages 1 to 3 buffers */
#define ABI_DOMAIN_STARTUP_BYTES 0x10000ull

/* The root CNode: 2^ABI_DOMAIN_ROOT_BITS slots, addressed with that depth. */
#define ABI_DOMAIN_ROOT_BITS 8u

/** enum abi_slot - what is where in it at start */
enum abi_slot {
	ABI_SLOT_ROOT = 1,       /* CNODE: the root CNode itself */
	ABI_SLOT_DISPATCHER = 2, /* DISPATCHER: its own, to make endpoints of */
	ABI_SLOT_PML4 = 3,       /* PML4: its own address space */
	ABI_SLOT_CONTROL = 4,    /* FRAME: the shared frame */
	ABI_SLOT_ENDPOINT = 5,   /* ENDPOINT 0 of its own, with buffer 0 (abi/lmp.h) */
	ABI_SLOT_MONITOR = 6,    /* ENDPOINT of the monitor, badge: the domain's number; write, grant */
	ABI_SLOT_RAM = 7,        /* RAM: all that the domain may use from now on */
	ABI_SLOT_DOMAIN = 8,     /* DOMAIN: its number */
	/* of the monitor alone: */
	ABI_SLOT_KERNEL = 16,    /* KERNEL */
	ABI_SLOT_URPC = 17,      /* URPC: all channels bound to user-level services */
	ABI_SLOT_IRQ = 18,       /* IRQ: vectors ABI_IRQ_FIRST to ABI_IRQ_LAST */
	ABI_SLOT_EXTENTS = 32,   /* by extent of the boot information: RAM, or FRAME for shared memory */
	/* of programs: ABI_BOUND_SLOTS for each channel to another program, given by the monitor */
	ABI_SLOT_BOUND = 32,
	ABI_SLOT_FREE = 64,      /* from here on all slots are empty */
};

/** enum abi_bound - what is in the slots of a channel to another program */
enum abi_bound {
	ABI_BOUND_TX,     /* FRAME: the ring that it writes */
	ABI_BOUND_RX,     /* FRAME: the ring that it reads; read only */
	ABI_BOUND_NOTIFY, /* URPC of its channel; ENDPOINT of the peer when that is on the same core */
	ABI_BOUND_SLOTS
};

#define ABI_BOUND_MAX 10u /* channels of a program to others */

/** struct abi_startup_extent - of the monitor: a capability in slot ABI_SLOT_EXTENTS + index */
struct abi_startup_extent {
	uint64_t base;  /* physical */
	uint64_t bytes; /* 0: none, the slot is empty */
	uint32_t kind;  /* ABI_EXTENT_RAM or ABI_EXTENT_SHARED */
	uint32_t numa;
};

#define ABI_STARTUP_REVISION 2u

/* ELF note "Remora" of every program, by its run-time library: 32 bits, the revision that it expects. */
#define ABI_NOTE_TYPE 1u
#define ABI_STARTUP_EXTENTS 32u

/**
 * struct abi_startup - at ABI_DOMAIN_STARTUP, constant
 * @bytes:     of this page and its strings in all
 * @node:      of the core; @nodes: in the partition, node 0 included
 * @domain:    number; 0: the monitor
 * @argc, @argv: arguments; @argv is the offset from this structure's begin to the first string, the
 *             others follow, each ends with a 0 byte; @environ, @environ_count in the same way
 * @ram_bytes: of ABI_SLOT_RAM, 0 for the monitor
 * @program, @program_bytes: of the mapped segments (page-rounded)
 * @tls, @tls_file_bytes, @tls_bytes, @tls_align: PT_TLS of the program: template's address; 0: none
 * @phdr, @phdr_count, @entry: of the ELF file as it is mapped; 0: the headers are not mapped
 * @extents:   of the monitor
 * @seed:      random, for whatever needs some
 */
struct abi_startup {
	uint32_t revision;
	uint32_t bytes;
	uint32_t node;
	uint32_t nodes;
	uint32_t domain;
	uint32_t argc;
	uint32_t argv;
	uint32_t environ;
	uint32_t environ_count;
	uint32_t phdr_count;
	uint64_t phdr;
	uint64_t entry;
	uint64_t program;
	uint64_t program_bytes;
	uint64_t ram_bytes;
	uint64_t tsc_khz;
	uint64_t tls;
	uint64_t tls_file_bytes;
	uint64_t tls_bytes;
	uint64_t tls_align;
	uint64_t wall_seconds; /* since 1970, at TSC @wall_tsc; 0: not known */
	uint64_t wall_tsc;
	uint64_t seed[2];
	char partition[32];
	struct abi_startup_extent extents[ABI_STARTUP_EXTENTS];
};

URPC_STATIC_ASSERT(sizeof(struct abi_startup_extent) == 24, "startup");
URPC_STATIC_ASSERT(offsetof(struct abi_startup, phdr) == 40, "startup");
URPC_STATIC_ASSERT(sizeof(struct abi_startup) == 184 + 24 * ABI_STARTUP_EXTENTS, "startup");

/*
 * Streams: standard input, output and error output of a domain, in one frame shared with the monitor.
 * Each is a ring of bytes: @written counts bytes put in, @taken bytes taken out; each is stored by one
 * side with release order, after the bytes. Who put bytes into a stream that was empty, or took some
 * from one that was full, tells the other side by a notice (abi/lmp.h: ABI_LMP_STREAM); so does who
 * sets @ended, and a program that sets @wanted of its input. Both sides
 * check what they read: @written - @taken is at most the ring's bytes.
 */
#define ABI_STREAM_INPUT 0u
#define ABI_STREAM_OUTPUT 1u
#define ABI_STREAM_ERROR 2u
#define ABI_STREAMS 3u
#define ABI_STREAM_RING 16384u /* bytes each */

struct abi_stream_ring {
	uint64_t written __attribute__((aligned(URPC_CACHE_LINE)));
	uint32_t ended; /* by the writer: nothing more comes */
	uint32_t reserved;
	uint64_t taken __attribute__((aligned(URPC_CACHE_LINE)));
	uint32_t wanted; /* by the reader, for good: it has asked for bytes. Nothing is sent before */
};

struct abi_stream {
	struct abi_stream_ring ring[ABI_STREAMS];
	uint8_t reserved[4096 - ABI_STREAMS * sizeof(struct abi_stream_ring)];
	uint8_t bytes[ABI_STREAMS][ABI_STREAM_RING];
};

URPC_STATIC_ASSERT(sizeof(struct abi_stream_ring) == 128, "stream");
URPC_STATIC_ASSERT(sizeof(struct abi_stream) == 4096 + 3 * 16384, "streams");

/*
 * Requests: a channel (urpc/chan.h) in the same frame, over which the domain is a client of its monitor
 * (interfaces/monitor.if). Each side notifies the other by the notice of the streams. What the domain
 * spoils there costs it the monitor's services and nothing else.
 */
#define ABI_REQUEST_SLOTS 64u
#define ABI_REQUEST_RING 8192u /* bytes */
#define ABI_DOMAIN_REQUESTS (ABI_DOMAIN_STREAM + sizeof(struct abi_stream))

struct abi_requests {
	uint8_t ask[ABI_REQUEST_RING];    /* a struct urpc_ring, written by the domain */
	uint8_t answer[ABI_REQUEST_RING]; /* by the monitor */
};

/* Bytes that both sides have mapped at ABI_DOMAIN_STREAM. */
#define ABI_DOMAIN_STREAM_BYTES (sizeof(struct abi_stream) + sizeof(struct abi_requests))

URPC_STATIC_ASSERT(sizeof(struct abi_requests) == 2 * 8192, "requests");
URPC_STATIC_ASSERT(sizeof(struct urpc_ring) + ABI_REQUEST_SLOTS * URPC_CACHE_LINE <= ABI_REQUEST_RING,
		   "requests");

#endif
