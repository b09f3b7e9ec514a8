/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/* Memory that comes and goes while a partition runs; part of <linux/remora.h>, which is to be included. */
#ifndef _UAPI_LINUX_REMORA_MEMORY_H
#define _UAPI_LINUX_REMORA_MEMORY_H

/**
 * struct remora_memory_add - REMORA_IOC_MEMORY_ADD: Linux gives memory to a core
 * The partition runs, or is offline. All or nothing. The core's programs can have it when the call returns,
 * and those of other cores, to whom it lends. REMORA_IOC_STATUS has what was really obtained. It is the
 * core's until it is removed, or the core is.
 */
struct remora_memory_add {
	__u32 size;
	__u32 flags; /* 0 */
	__u32 node;  /* of the core; 0: of those on the memory's NUMA node the one with the least of it */
	__u32 extent_count;
	__u64 extents; /* pointer to struct remora_extent[] */
	__u64 bytes;   /* out: obtained */
	__u32 given;   /* out: node that has it */
	__u32 reserved;
	struct remora_error error;
};

/**
 * struct remora_memory_remove - REMORA_IOC_MEMORY_REMOVE: one extent that was added is Linux's again
 * It is zeroed first. What somebody uses stays: MEMORY_IN_USE says who uses it. Where a core does not answer
 * the memory stays too, and the call can be made again.
 */
struct remora_memory_remove {
	__u32 size;
	__u32 flags;      /* 0 */
	__u32 timeout_ms; /* how long to wait for cores that must give it up, 0: 2000; at most 60000 */
	__u32 node;       /* out: whose it was */
	__u64 address; /* of the extent, as REMORA_IOC_STATUS has it, or ~0: one of @bytes that is not used */
	__u64 bytes;   /* with ~0; else 0. Out: of the extent */
	struct remora_error error;
};

#endif
