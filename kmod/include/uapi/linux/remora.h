/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * The character devices of Remora.
 *
 *   /dev/remora         control: create, destroy, check, list. CAP_SYS_ADMIN and the file open for
 *                       writing, except REMORA_IOC_VERSION and REMORA_IOC_LIST.
 *   /dev/remora-NAME    a partition: start, stop, inject (CAP_SYS_ADMIN); status, console, bind
 *                       (by the file's mode). poll(): EPOLLPRI when the state of the partition or of a core changed
 *                       since this file's last REMORA_IOC_STATUS, EPOLLIN when console lines came,
 *                       EPOLLERR while a core is crashed, EPOLLHUP once the partition is destroyed.
 *   channel             a file descriptor from REMORA_IOC_BIND. read() and write() carry one
 *                       struct remora_message each (or one per multiple, up to what fits); poll():
 *                       EPOLLIN, EPOLLOUT, EPOLLHUP once the core died or the partition stopped.
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
#include <linux/types.h>

#define REMORA_UAPI_REVISION 1

#define REMORA_NAME_MAX 32    /* with the terminating 0; letters, digits, '_', '-', '.' inside */
#define REMORA_MESSAGE_MAX 192 /* bytes of a sentence, with the terminating 0 */
#define REMORA_EXTENTS_MAX 16
#define REMORA_CPUS_MAX 63    /* cores in a partition */
#define REMORA_PATH_MAX 128

/*
 * Reasons: R(NAME, number, errno, "sentence"). The sentence is generic; the message that comes
 * with it names the CPU, extent or field.
 */
#define REMORA_REASONS(R)                                                                          \
	R(NONE, 0, 0, "no error")                                                                  \
	R(NAME_INVALID, 1, EINVAL, "a name has 1 to 31 letters, digits, '_' or '-', or '.' inside") \
	R(NAME_EXISTS, 2, EEXIST, "a partition of this name exists already")                       \
	R(NAME_UNKNOWN, 3, ENOENT, "there is no partition of this name")                           \
	R(FLAGS_UNKNOWN, 4, EINVAL, "a flag bit is set that this module does not know")            \
	R(SIZE_UNKNOWN, 5, E2BIG, "the structure is newer than the module and uses its new fields") \
	R(CPU_LIST_EMPTY, 6, EINVAL, "at least one CPU is needed")                                 \
	R(CPU_UNKNOWN, 7, ENODEV, "this machine has no CPU of that number")                        \
	R(CPU_OFFLINE, 8, ENXIO, "the CPU is offline; it must be online so that Linux can give it up") \
	R(CPU_ZERO, 9, EPERM, "CPU 0 cannot be taken: Linux needs it")                             \
	R(CPU_TAKEN, 10, EBUSY, "the CPU belongs to another partition")                            \
	R(CPU_LAST, 11, EPERM, "Linux must keep at least one CPU")                                 \
	R(CPU_REFUSED, 12, EBUSY, "Linux refused to take the CPU offline")                         \
	R(CPU_SMT_SPLIT, 13, 0, "SMT siblings are split between Linux and the partition (warning)") \
	R(CPU_TOO_MANY, 14, EINVAL, "more CPUs than a partition can have")                         \
	R(CPU_NOT_HOTPLUGGABLE, 15, EOPNOTSUPP, "the CPU cannot be taken offline on this machine") \
	R(CPU_NOT_RETURNED, 16, EIO, "Linux did not take the CPU back; it stays offline")          \
	R(MEMORY_NONE, 17, EINVAL, "at least one memory extent is needed")                         \
	R(MEMORY_TOO_SMALL, 18, EINVAL, "too little memory for this number of cores")              \
	R(MEMORY_UNALIGNED, 19, EINVAL, "size and address must be multiples of 2 MiB")             \
	R(MEMORY_UNAVAILABLE, 20, ENOMEM, "there is not that much memory to be had")               \
	R(MEMORY_OVERLAP, 21, EEXIST, "memory extents overlap")                                    \
	R(MEMORY_NOT_RESERVED, 22, EFAULT, "the address range is not a region reserved at boot (memmap=)") \
	R(MEMORY_NODE_UNKNOWN, 23, ENODEV, "there is no such NUMA node with memory")               \
	R(MEMORY_SOURCE_UNKNOWN, 24, EINVAL, "unknown memory source")                              \
	R(MEMORY_TOO_MANY, 25, EINVAL, "too many memory extents")                                  \
	R(MEMORY_NOT_RETURNED, 26, EIO, "memory could not be given back to Linux")                 \
	R(IMAGE_NOT_FOUND, 27, ENOENT, "the image file cannot be read")                            \
	R(IMAGE_TOO_LARGE, 28, EFBIG, "the image file or its memory span is too large")            \
	R(IMAGE_NOT_ELF, 29, ENOEXEC, "the image is not an ELF64 x86-64 executable")               \
	R(IMAGE_TRUNCATED, 30, ENODATA, "the image ends before something its headers promise")     \
	R(IMAGE_LAYOUT, 31, ENOEXEC, "the image's segments are misplaced, misaligned or overlap")  \
	R(IMAGE_RIGHTS, 32, EACCES, "a segment of the image is writable and executable")           \
	R(IMAGE_ENTRY, 33, ENOEXEC, "the image's entry point is not in executable memory")         \
	R(IMAGE_NO_NOTE, 34, ENOEXEC, "the image has no Remora note")                              \
	R(IMAGE_REVISION, 35, EPROTO, "the image was built for another ABI revision")              \
	R(IMAGE_DYNAMIC, 36, ENOEXEC, "the image is dynamically linked; it must be static")        \
	R(STATE_WRONG, 37, EBUSY, "the partition's state does not allow this")                     \
	R(PARTITION_DEAD, 38, EHOSTDOWN, "the partition does not run")                             \
	R(CORE_UNKNOWN, 39, ECHRNG, "the partition has no such core")                              \
	R(CORE_DEAD, 40, EHOSTDOWN, "the core has crashed or does not run")                        \
	R(CORE_NO_START, 41, ETIMEDOUT, "the core did not start")                                  \
	R(CORE_REFUSED_ABI, 42, EPROTO, "the CPU driver refused the boot information")             \
	R(CORE_NO_ANSWER, 43, ETIMEDOUT, "the core does not answer")                               \
	R(CORE_UNSTOPPABLE, 44, ETIMEDOUT, "the core did not stop when asked; stop by force")      \
	R(SERVICE_UNKNOWN, 45, ENOENT, "the core offers no such service")                          \
	R(SLOTS_INVALID, 46, EINVAL, "slots must be a power of two from 4 to 4096")                \
	R(CHANNELS_EXHAUSTED, 47, ENOSPC, "no more channels or channel memory for this core")      \
	R(CHANNELS_OPEN, 48, EBUSY, "channels of the partition are open")                          \
	R(FAULTS_FORBIDDEN, 49, EPERM, "the partition was not created for fault injection")        \
	R(FAULT_UNKNOWN, 50, EINVAL, "unknown kind of fault")                                      \
	R(PLATFORM_CONFIDENTIAL, 51, EOPNOTSUPP, "confidential guests cannot start CPUs this way") \
	R(PLATFORM_NO_LOW_PAGE, 52, ENOMEM, "no free page below 1 MiB for the start-up code")      \
	R(PLATFORM_NO_TSC, 53, EOPNOTSUPP, "the time-stamp counter is missing or of unknown frequency") \
	R(PLATFORM_NO_IRQ, 54, ENOSPC, "Linux has no interrupt vector left for the doorbell")      \
	R(PLATFORM_SUSPEND, 55, EBUSY, "a suspend or reboot is under way")                         \
	R(PLATFORM_UNTESTED, 56, 0, "this kernel is newer than the tested ones (warning)")         \
	R(NO_MEMORY, 57, ENOMEM, "the kernel is out of memory")                                    \
	R(INTERRUPTED, 58, EINTR, "interrupted by a signal")                                       \
	R(PERMISSION, 59, EPERM, "this needs CAP_SYS_ADMIN and the device open for writing")       \
	R(FAULT_INJECTED, 60, EIO, "a failure was injected at this step (testing)")                \
	R(MESSAGE_LENGTH, 61, EMSGSIZE, "a message has 0 to 56 bytes of payload")                  \
	R(RESERVED_FIELD, 62, EINVAL, "a reserved field is not zero")                              \
	R(PEER_UNKNOWN, 63, ECHRNG, "the peer is not another core of the partition")               \
	R(COUNT_INVALID, 64, EINVAL, "the count is out of range")                                  \
	R(MEMORY_SYNTAX, 65, EINVAL, "memory is [reserved:|block:|contig:]SIZE[@PLACE], comma-separated") \
	R(CPU_DUPLICATE, 66, EINVAL, "a CPU is listed twice")                                      \
	R(SHOOTDOWN_PROTOCOL, 67, EINVAL, "unknown shootdown protocol")                            \
	R(SHOOTDOWN_METHOD, 68, EINVAL, "unknown way to invalidate")                               \
	R(SHOOTDOWN_UNSUPPORTED, 69, EOPNOTSUPP, "a core's CPU or image cannot invalidate this way") \
	R(SHOOTDOWN_NODES, 70, EINVAL, "the recipients must be cores of the partition, the initiator not among them") \
	R(SHOOTDOWN_BUSY, 71, EBUSY, "a shootdown of the partition is under way")                  \
	R(SHOOTDOWN_BROKEN, 72, EPROTO, "a core broke the protocol of the shootdown's lines")      \
	R(SHOOTDOWN_STALE, 73, EIO, "a core still used a translation after it had been invalidated")

enum remora_reason {
#define REMORA_REASON_ENUM(name, number, error, text) REMORA_R_##name = number,
	REMORA_REASONS(REMORA_REASON_ENUM)
#undef REMORA_REASON_ENUM
};

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
 * Services of the CPU driver: S(NAME, number, "sentence"). The numbers are those of enum abi_service.
 */
#define REMORA_SERVICES(S)                                                                         \
	S(ECHO, 1, "every message comes back as it was")                                           \
	S(DELAY, 2, "a message comes back after payload[0] nanoseconds")                           \
	S(SINK, 3, "messages are consumed and counted")

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

/*
 * Ways of a shootdown's messages: P(NAME, number, "sentence"), after Fig 6 of the SOSP 2009 paper.
 */
#define REMORA_SHOOTDOWN_PROTOCOLS(P)                                                              \
	P(BROADCAST, 1, "one shared line that all recipients poll; each acknowledges on its own")  \
	P(UNICAST, 2, "one call line for each recipient")                                          \
	P(MULTICAST, 3, "one call a package, forwarded inside it by an aggregation core")          \
	P(NUMA_MULTICAST, 4, "multicast, farthest package first, lines on the receiver's NUMA node")

enum remora_shootdown_protocol {
#define REMORA_SHOOTDOWN_ENUM(name, number, text) REMORA_SHOOTDOWN_##name = number,
	REMORA_SHOOTDOWN_PROTOCOLS(REMORA_SHOOTDOWN_ENUM)
#undef REMORA_SHOOTDOWN_ENUM
};

/*
 * What a recipient does before it acknowledges: M(NAME, number, "sentence"). The numbers are those
 * of enum abi_shoot_method.
 */
#define REMORA_SHOOTDOWN_METHODS(M)                                                                \
	M(NONE, 0, "nothing: the messages alone")                                                  \
	M(PAGE, 1, "INVLPG of each page")                                                          \
	M(PCID, 2, "INVPCID of the whole context, where the CPU has it")                           \
	M(FULL, 3, "everything, global translations too, by toggling CR4.PGE")

enum remora_shootdown_method {
#define REMORA_SHOOTDOWN_ENUM(name, number, text) REMORA_SHOOTDOWN_BY_##name = number,
	REMORA_SHOOTDOWN_METHODS(REMORA_SHOOTDOWN_ENUM)
#undef REMORA_SHOOTDOWN_ENUM
};

#define REMORA_SHOOTDOWN_PAGES_MAX 512
#define REMORA_SHOOTDOWN_COUNT_MAX 1000000

/**
 * struct remora_shootdown - REMORA_IOC_SHOOTDOWN: TLB shootdowns by message between CPU drivers
 *
 * One round: the initiator's request goes to every recipient, each invalidates, acknowledges, and
 * the last acknowledgement ends it. Between measured rounds the recipients touch their test pages
 * (unmeasured, also by message), so that there is a translation to invalidate, and change what the
 * pages are mapped to: a translation used after its invalidation is noticed (SHOOTDOWN_STALE).
 *
 * One run at a time a partition (SHOOTDOWN_BUSY). The caller can be killed. A round that is not
 * over after 4 s ends the run (CORE_NO_ANSWER), a core that dies ends it (CORE_DEAD).
 */
struct remora_shootdown {
	__u32 size;
	__u32 flags;     /* 0 */
	__u32 protocol;  /* enum remora_shootdown_protocol */
	__u32 method;    /* enum remora_shootdown_method */
	__u32 pages;     /* in the window that is shot down, 1 to REMORA_SHOOTDOWN_PAGES_MAX */
	__u32 initiator; /* node number; 0: the module itself, on the CPU of the caller */
	__u32 count;     /* measured rounds, 1 to REMORA_SHOOTDOWN_COUNT_MAX */
	__u32 reserved;  /* 0 */
	__u64 nodes;     /* recipients, a bit a node number; not bit 0, not the initiator's */
	/* out: TSC cycles from before the first store to after the last acknowledgement was seen */
	__u64 min;
	__u64 median;
	__u64 p99;
	__u64 max;
	__u64 samples; /* that median and p99 stand on, spread over the rounds; at most 4096 */
	/*
	 * out: invalidations that the recipients counted: count * recipients * pages by PAGE,
	 * count * recipients by PCID, FULL, and, requests acknowledged, by NONE
	 */
	__u64 handled;
	/*
	 * out: TSC cycles a recipient takes from seeing the request to having acknowledged; of an
	 * aggregation core with the time its own recipients take. The median of the recipients'
	 * medians, and the largest of all
	 */
	__u64 lost_median;
	__u64 lost_max;
	struct remora_error error;
};

#define REMORA_IOC_START _IOWR(REMORA_IOC_MAGIC, 0x10, struct remora_act)
#define REMORA_IOC_STOP _IOWR(REMORA_IOC_MAGIC, 0x11, struct remora_act)
#define REMORA_IOC_RESET _IOWR(REMORA_IOC_MAGIC, 0x12, struct remora_act)
#define REMORA_IOC_STATUS _IOWR(REMORA_IOC_MAGIC, 0x13, struct remora_status)
#define REMORA_IOC_CONSOLE _IOWR(REMORA_IOC_MAGIC, 0x14, struct remora_console)
#define REMORA_IOC_BIND _IOWR(REMORA_IOC_MAGIC, 0x15, struct remora_bind)
#define REMORA_IOC_INJECT _IOWR(REMORA_IOC_MAGIC, 0x16, struct remora_inject)
#define REMORA_IOC_PEER_PING _IOWR(REMORA_IOC_MAGIC, 0x17, struct remora_peer_ping)
#define REMORA_IOC_SHOOTDOWN _IOWR(REMORA_IOC_MAGIC, 0x18, struct remora_shootdown)

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
};

#define REMORA_IOC_CHANNEL _IOWR(REMORA_IOC_MAGIC, 0x20, struct remora_channel)
/* Ring the doorbell of the core at the other end. EHOSTDOWN when it is dead. */
#define REMORA_IOC_NOTIFY _IO(REMORA_IOC_MAGIC, 0x21)

#endif
