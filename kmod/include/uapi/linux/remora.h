/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The character devices of Remora.
 *
 *   /dev/remora         control: create, destroy, check, list. CAP_SYS_ADMIN and the file open for
 *                       writing, except REMORA_IOC_VERSION and REMORA_IOC_LIST.
 *   /dev/remora-NAME    a partition: start, stop, add and remove a CPU or memory, inject (CAP_SYS_ADMIN); status, console, bind
 *                       (by the file's mode). poll(): EPOLLPRI when the state of the partition or of a core changed
 *                       since this file's last REMORA_IOC_STATUS, EPOLLIN when console lines came,
 *                       EPOLLERR while a core is crashed, EPOLLHUP once the partition is destroyed.
 *   channel             a file descriptor from REMORA_IOC_BIND. read() and write() carry one
 *                       struct remora_message each (or one per multiple, up to what fits); poll():
 *                       EPOLLIN, EPOLLOUT, EPOLLHUP once the core died or the partition stopped, with
 *                       EPOLLERR when the core closed the channel because its peer broke the protocol.
 *   names               a file descriptor from REMORA_IOC_NAMES, see remora_names.h. read() gives what
 *                       its watches saw; poll(): EPOLLIN, EPOLLHUP once the partition is destroyed.
 *   offer               a file descriptor from REMORA_IOC_NAMES_OFFER, see remora_offer.h
 *
 * Every structure begins with its size as user space knows it. A smaller size than the kernel's is
 * accepted down to the first published one (missing fields read as 0); a larger one is accepted when
 * the excess is all zero, else E2BIG. Unknown flag bits are refused with EINVAL.
 *
 * Where a structure has a reason and a message field, a failing call fills both: a number of
 * enum remora_reason and a sentence that says what was wrong and what was expected.
 */
#ifndef _UAPI_LINUX_REMORA_H
#define _UAPI_LINUX_REMORA_H

#include <linux/ioctl.h>
#include <linux/remora_reasons.h>
#include <linux/types.h>

#define REMORA_UAPI_REVISION 1

#define REMORA_NAME_MAX 32    /* with the terminating 0; letters, digits, '_', '-', '.' inside */
#define REMORA_MESSAGE_MAX 192 /* bytes of a sentence, with the terminating 0 */
#define REMORA_EXTENTS_MAX 16
#define REMORA_CPUS_MAX 63    /* cores in a partition */
#define REMORA_PATH_MAX 128

/** struct remora_error - why a call failed, in every structure whose call can fail in many ways */
struct remora_error {
	__u32 reason; /* enum remora_reason */
	__u32 reserved;
	char message[REMORA_MESSAGE_MAX];
};

/* ---- control device ---- */

struct remora_version {
	__u32 size;
	__u32 uapi_revision;
	__u32 abi_revision; /* ABI_REVISION of the images this module boots */
	__u32 partitions;   /* that exist now */
	char module[32];    /* module version */
	char kernel[64];    /* running kernel */
};

enum remora_memory_source {
	REMORA_MEMORY_AUTO = 0,       /* try the others in this order */
	REMORA_MEMORY_RESERVED = 1,   /* region kept from Linux at boot by memmap=SIZE$ADDRESS */
	REMORA_MEMORY_BLOCK = 2,      /* memory blocks taken offline at run time */
	REMORA_MEMORY_CONTIGUOUS = 3, /* contiguous allocation */
};

/** struct remora_extent - wanted memory. AUTO on a machine without reserved region skips it */
struct remora_extent {
	__u64 bytes;   /* multiple of 2 MiB; BLOCK: rounded up to whole memory blocks */
	__u64 address; /* RESERVED: physical start, or ~0 for "any such region"; else 0 */
	__s32 node;    /* NUMA node, or -1 for any */
	__u32 source;  /* enum remora_memory_source */
};

#define REMORA_CREATE_FAULTS (1u << 0)   /* allow REMORA_IOC_INJECT (testing) */
#define REMORA_CREATE_NO_SLEEP (1u << 1) /* cores poll for ever */
#define REMORA_CREATE_AUTOSTART (1u << 2)

/**
 * struct remora_create - REMORA_IOC_CREATE, REMORA_IOC_CHECK
 * CHECK does all the checks of CREATE and touches nothing: no CPU, no memory.
 */
struct remora_create {
	__u32 size;
	__u32 flags;
	char name[REMORA_NAME_MAX];
	__u64 cpus; /* pointer to cpu_count numbers (__u32) */
	__u32 cpu_count;
	__u32 extent_count;
	__u64 extents;  /* pointer to struct remora_extent[] */
	__s32 image_fd; /* open file with the image, or -1: load image_name */
	__u32 reserved;
	char image_name[REMORA_PATH_MAX]; /* below /lib/firmware; "": remora/cpudrv.elf */
	__u32 warnings[8]; /* out: reasons of errno 0 that apply, 0-terminated unless all are used */
	struct remora_error error;
};

/** struct remora_name - REMORA_IOC_DESTROY: refused while channels are open unless force is set */
struct remora_name {
	__u32 size;
	__u32 flags; /* REMORA_FORCE */
	char name[REMORA_NAME_MAX];
	struct remora_error error;
};

#define REMORA_FORCE (1u << 0)

/** struct remora_list - REMORA_IOC_LIST: names of the partitions */
struct remora_list {
	__u32 size;
	__u32 count;  /* in: room in names[], out: partitions that exist */
	__u64 names;  /* pointer to char[count][REMORA_NAME_MAX] */
};

#define REMORA_IOC_MAGIC 0xE7
#define REMORA_IOC_VERSION _IOWR(REMORA_IOC_MAGIC, 0x00, struct remora_version)
#define REMORA_IOC_CREATE _IOWR(REMORA_IOC_MAGIC, 0x01, struct remora_create)
#define REMORA_IOC_CHECK _IOWR(REMORA_IOC_MAGIC, 0x02, struct remora_create)
#define REMORA_IOC_DESTROY _IOWR(REMORA_IOC_MAGIC, 0x03, struct remora_name)
#define REMORA_IOC_LIST _IOWR(REMORA_IOC_MAGIC, 0x04, struct remora_list)

/* ---- partition device ---- */

enum remora_state {
	REMORA_OFFLINE = 0,
	REMORA_BOOTING = 1,
	REMORA_RUNNING = 2,
	REMORA_STOPPING = 3,
	REMORA_CRASHED = 4,
};

/** struct remora_act - START, STOP (flags: REMORA_FORCE), RESET (= forced stop, then start) */
struct remora_act {
	__u32 size;
	__u32 flags;
	__u32 timeout_ms; /* STOP: how long to ask politely, 0: 2000; at most 60000 */
	__u32 reserved;
	struct remora_error error;
};

/** struct remora_core_status - one core of REMORA_IOC_STATUS */
struct remora_core_status {
	__u32 node;    /* node number in the partition, from 1 */
	__u32 cpu;     /* Linux's number of the CPU */
	__u32 apic_id;
	__u32 numa;
	__u32 state; /* enum remora_state */
	__u32 sleeping;
	__u32 channels; /* bound now */
	__u32 x2apic;
	__u64 boot_ns; /* start-up message to running */
	__u64 heartbeat;
	__u64 doorbells_received; /* by the core */
	__u64 doorbells_sent;
	__u64 foreign_interrupts;
	__u64 foreign_last; /* vector */
	__u64 nmis;
	__u64 machine_checks;
	__u64 timers;
	__u64 sleeps;
	__u64 messages_received;
	__u64 messages_sent;
	__u64 protocol_errors;
	__u64 poll_cycles;
	__u64 block_cycles;
	__u64 console_lines; /* written since start */
	__u32 crash_vector;
	__u32 crash_error;
	__u64 crash_rip;
	__u64 crash_rsp;
	__u64 crash_cr2;
	char crash_reason[88];
};

/** struct remora_status - REMORA_IOC_STATUS */
struct remora_status {
	__u32 size;
	__u32 state; /* enum remora_state */
	char name[REMORA_NAME_MAX];
	__u32 flags; /* REMORA_CREATE_* */
	__u32 core_count;    /* out: cores of the partition */
	__u32 core_room;     /* in: room in cores[] */
	__u32 extent_count;  /* out */
	__u32 extent_room;   /* in: room in extents[] */
	__u32 core_size;     /* in: sizeof(struct remora_core_status) as user space knows it */
	__u64 cores;   /* pointer to struct remora_core_status[] */
	__u64 extents; /* pointer to struct remora_extent[], what was really obtained */
	__u64 memory;  /* bytes */
	__u64 tsc_khz;
	__u64 generation; /* of states; EPOLLPRI when it moved past this */
	__u32 channels;
	__u32 irq;      /* Linux interrupt number of the doorbell */
	__u64 doorbells; /* taken by Linux */
	char image[REMORA_PATH_MAX];
};

#define REMORA_CONSOLE_TEXT 104

struct remora_console_line {
	__u64 number; /* first is 1 */
	__u64 tsc;
	__u16 length;
	__u8 level;
	__u8 continued;
	__u32 reserved;
	char text[REMORA_CONSOLE_TEXT];
};

/** struct remora_console - REMORA_IOC_CONSOLE: copy lines, oldest first */
struct remora_console {
	__u32 size;
	__u32 node;   /* whose console; node number */
	__u64 next;   /* in: number of the first line wanted (1: from the start); out: next to ask for */
	__u64 missed; /* out: lines from 'next' on that were overwritten before this call */
	__u32 count;  /* in: room in lines[]; out: lines copied */
	__u32 reserved;
	__u64 lines; /* pointer to struct remora_console_line[] */
};

/*
 * Services of a core, its monitor's included: S(NAME, number, "sentence"). The numbers are those of
 * enum abi_service.
 */
#define REMORA_SERVICES(S)                                                                         \
	S(ECHO, 1, "every message comes back as it was")                                           \
	S(DELAY, 2, "a message comes back after payload[0] nanoseconds")                           \
	S(SINK, 3, "messages are consumed and counted")                                            \
	S(SPAWN, 256, "programs are started, see remora_spawn.h")

enum remora_service {
#define REMORA_SERVICE_ENUM(name, number, text) REMORA_SERVICE_##name = number,
	REMORA_SERVICES(REMORA_SERVICE_ENUM)
#undef REMORA_SERVICE_ENUM
};

/** struct remora_bind - REMORA_IOC_BIND: a new channel to a service; returns its descriptor */
struct remora_bind {
	__u32 size;
	__u32 flags; /* REMORA_BIND_* */
	__u32 node;
	__u32 service; /* enum remora_service */
	__u32 slots;   /* 0: 64 */
	__u32 reserved;
	struct remora_error error;
};

/*
 * The process will mmap the rings and run the transport itself. read() and write() fail with EBUSY on such a
 * channel, and mmap() with EBUSY on any other. The descriptor is close-on-exec with CLOEXEC.
 */
#define REMORA_BIND_MAPPED (1u << 0)
#define REMORA_BIND_CLOEXEC (1u << 1)
#define REMORA_BIND_NONBLOCK (1u << 2)

/*
 * Ways to die on purpose: F(NAME, number, "sentence"). The numbers are those of enum abi_fault.
 */
#define REMORA_FAULTS(F)                                                                           \
	F(PAGE, 1, "write through a wild pointer")                                                 \
	F(OPCODE, 2, "execute an undefined instruction")                                           \
	F(DOUBLE, 3, "run into the guard below the stack until the double fault")                  \
	F(SPIN, 4, "loop for ever with interrupts off")                                            \
	F(SCRIBBLE, 5, "overwrite rings, console, core and boot page with random bytes, then spin") \
	F(STACK, 6, "write to the guard page below the stack")                                     \
	F(TEXT, 7, "write to its own text")                                                        \
	F(EXEC, 8, "jump into data")                                                               \
	F(CHECK, 9, "fail a check of the CPU driver itself")                                       \
	F(RINGS, 10, "send ill-formed messages on every bound channel, then carry on")

enum remora_fault {
#define REMORA_FAULT_ENUM(name, number, text) REMORA_FAULT_##name = number,
	REMORA_FAULTS(REMORA_FAULT_ENUM)
#undef REMORA_FAULT_ENUM
};

/** struct remora_inject - REMORA_IOC_INJECT: make a core fail on purpose; struct abi_ctl_fault */
struct remora_inject {
	__u32 size;
	__u32 node;
	__u32 kind; /* enum remora_fault */
	__u32 reserved;
	struct remora_error error;
};

/**
 * struct remora_peer_ping - REMORA_IOC_PEER_PING: round trips between two cores
 * The caller can be killed; ETIMEDOUT after 5 s and 20 ms a round trip, at most 10 minutes.
 */
struct remora_peer_ping {
	__u32 size;
	__u32 node;
	__u32 peer;
	__u32 count; /* 1 to 1000000 */
	__u64 min;   /* TSC cycles */
	__u64 median;
	__u64 p99;
	__u64 max;
	struct remora_error error;
};

/**
 * struct remora_add_cpu - REMORA_IOC_ADD_CPU: a CPU leaves Linux and joins the partition
 * The partition runs, or is offline; where it runs, the new core runs when the call returns. The core
 * gets the lowest free node number. All or nothing.
 * Without extents its memory is what a core that left has left behind, or else 16 MiB from any source.
 */
struct remora_add_cpu {
	__u32 size;
	__u32 flags; /* 0 */
	__u32 cpu;   /* Linux's number */
	__u32 extent_count;
	__u64 extents; /* pointer to struct remora_extent[]; at least 4 MiB in all */
	__u32 node;    /* out: the core's number */
	__u32 reserved;
	__u32 warnings[4]; /* out: as of create */
	struct remora_error error;
};

/**
 * struct remora_remove_cpu - REMORA_IOC_REMOVE_CPU: a core leaves and its CPU is Linux's again
 * Its channels hang up. Memory that came with it goes back to Linux, scrubbed; other memory stays with
 * the partition, scrubbed, for a core that joins later. A crashed core may leave; when all that are
 * left run, the partition runs again. One that crashes while it leaves is gone and its CPU is Linux's;
 * the call tells of the crash by CORE_DEAD, unless REMORA_FORCE was given.
 */
struct remora_remove_cpu {
	__u32 size;
	__u32 flags;      /* REMORA_FORCE: stop it whether it wants or not */
	__u32 node;       /* which core; 0: the one on @cpu */
	__u32 cpu;        /* Linux's number, when @node is 0; else 0 */
	__u32 timeout_ms; /* how long to ask politely, 0: 2000; at most 60000 */
	__u32 reserved;
	struct remora_error error;
};

#include <linux/remora_memory.h>
#include <linux/remora_names.h>
#include <linux/remora_offer.h>
#include <linux/remora_shootdown.h>

#define REMORA_IOC_START _IOWR(REMORA_IOC_MAGIC, 0x10, struct remora_act)
#define REMORA_IOC_STOP _IOWR(REMORA_IOC_MAGIC, 0x11, struct remora_act)
#define REMORA_IOC_RESET _IOWR(REMORA_IOC_MAGIC, 0x12, struct remora_act)
#define REMORA_IOC_STATUS _IOWR(REMORA_IOC_MAGIC, 0x13, struct remora_status)
#define REMORA_IOC_CONSOLE _IOWR(REMORA_IOC_MAGIC, 0x14, struct remora_console)
#define REMORA_IOC_BIND _IOWR(REMORA_IOC_MAGIC, 0x15, struct remora_bind)
#define REMORA_IOC_INJECT _IOWR(REMORA_IOC_MAGIC, 0x16, struct remora_inject)
#define REMORA_IOC_PEER_PING _IOWR(REMORA_IOC_MAGIC, 0x17, struct remora_peer_ping)
#define REMORA_IOC_ADD_CPU _IOWR(REMORA_IOC_MAGIC, 0x19, struct remora_add_cpu)
#define REMORA_IOC_REMOVE_CPU _IOWR(REMORA_IOC_MAGIC, 0x1a, struct remora_remove_cpu)
#define REMORA_IOC_SHOOTDOWN _IOWR(REMORA_IOC_MAGIC, 0x18, struct remora_shootdown)
#define REMORA_IOC_MEMORY_ADD _IOWR(REMORA_IOC_MAGIC, 0x1c, struct remora_memory_add)
#define REMORA_IOC_MEMORY_REMOVE _IOWR(REMORA_IOC_MAGIC, 0x1d, struct remora_memory_remove)
#define REMORA_IOC_NAMES _IOWR(REMORA_IOC_MAGIC, 0x1b, struct remora_names_open)

/* ---- channel ---- */

/** struct remora_message - what read() and write() carry */
struct remora_message {
	__u16 type;
	__u16 length; /* 0 to 56 */
	__u32 reserved;
	__u64 payload[7];
};

/** struct remora_channel - REMORA_IOC_CHANNEL: what to map */
struct remora_channel {
	__u32 size;
	__u32 slots;
	__u32 node;
	__u32 service;
	__u64 ring_bytes; /* of each ring */
	__u64 tx_offset;  /* mmap offset of the ring the process writes: MAP_SHARED, read-write */
	__u64 rx_offset;  /* mmap offset of the ring it reads: MAP_SHARED, read-only */
	__u64 tsc_khz;
	__u64 poll_cycles; /* suggested polling time before blocking, TSC cycles */
	__s32 tx_numa;     /* NUMA nodes where the rings lie: near the core if possible, */
	__s32 rx_numa;     /* and near the CPU that bound the channel */
};

#define REMORA_IOC_CHANNEL _IOWR(REMORA_IOC_MAGIC, 0x20, struct remora_channel)
/* Ring the doorbell of the core at the other end. EHOSTDOWN when it is dead, EPROTO when it closed the channel. */
#define REMORA_IOC_NOTIFY _IO(REMORA_IOC_MAGIC, 0x21)

#endif
