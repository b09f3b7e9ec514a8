/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * ABI_SYSCALL_OBJECT: what can be done with an object, beside the operations of abi/invoke.h that all
 * capabilities have.
 *
 *   RDI  ABI_OBJECT_WORD: operation, depth of RSI
 *   RSI  address of the object's capability
 *   RDX, R10, R8, R9   by operation; what it has no use for must be 0
 *
 *   RAX  0, a negative enum abi_cap_error for the capability, its type or rights, or (below
 *        -ABI_OBJECT_ERRNO) -(ABI_OBJECT_ERRNO + errno)
 *   RDX  second result
 */
#ifndef ABI_OBJECT_H
#define ABI_OBJECT_H

#include <abi/domain.h>

#define ABI_OBJECT_ERRNO 1000
#define ABI_OBJECT_WORD(op, depth) ((uint64_t)(op) | (uint64_t)(depth) << 32)

/**
 * enum abi_object_op - the type of capability, the right it needs; arguments
 * @ABI_DISPATCHER_SETUP:  DISPATCHER, write. RDX: address of struct abi_dispatcher_setup. Once only,
 *                         -EBUSY afterwards. -EFAULT, -EINVAL, and -EAGAIN when too much would be
 *                         promised by the scheduler or there are too many dispatchers. -EPERM: of
 *                         a caller whose domain is not 0, domain 0, real time, more weight than its
 *                         own, or a flag that it does not have
 * @ABI_DISPATCHER_RUN:    DISPATCHER, write. It may run from now on (and again after STOP)
 * @ABI_DISPATCHER_STOP:   DISPATCHER, write. It runs no more until RUN
 * @ABI_DISPATCHER_STATUS: DISPATCHER, read. RDX: address for struct abi_dispatcher_status
 * @ABI_ENDPOINT_BUFFER:   ENDPOINT, read, of the caller's dispatcher. RDX: offset of struct
 *                         abi_lmp_buffer in the shared frame, R10: records, 1 to
 *                         ABI_LMP_RECORDS_MAX; R8: address of the slot for received capabilities,
 *                         with its depth in R9 (0: takes none). The buffer is cleared, the next
 *                         message is number 1. RDX = 0: no buffer any more. -EINVAL: not the caller's,
 *                         its number is ABI_LMP_BUFFERS or more, or the buffer is misplaced
 * @ABI_IRQ_BIND:          IRQ of one vector, write. RDX: address of an ENDPOINT (read), R10: its
 *                         depth. Both 0: bound to nothing. Binding it again replaces. -EBUSY: 16 are
 *                         bound; -EINVAL: not one vector of ABI_IRQ_FIRST to ABI_IRQ_LAST
 * @ABI_IRQ_ACK:           IRQ of one vector, write. The next one may be told. -ENOENT: not bound
 * @ABI_IRQ_RAISE:         IRQ of one vector, write. As if the interrupt came. -ENOENT: not bound
 * @ABI_URPC_WAKE:         URPC of one channel, read. A doorbell for this channel wakes the caller's
 *                         dispatcher, when it sleeps: see abi/lmp.h. -ENOENT: not bound
 * @ABI_URPC_NOTIFY:       URPC of one channel, write. Ring the doorbell of the peer
 * @ABI_KERNEL_SERVE:      KERNEL, write. RDX: address of an ENDPOINT (read), R10: its depth. Channels
 *                         that node 0 binds to services from ABI_SERVICE_USER on are told there. Both
 *                         0: no more of them. When its dispatcher is over, they are all closed
 * @ABI_KERNEL_BOUND:      KERNEL, write. RDX: channel, R10: 0 or errno: the answer to BIND, due within
 *                         a second. Refused, it is over: nobody touches its rings. -ENOENT: not asked
 * @ABI_KERNEL_UNBOUND:    KERNEL, write. RDX: channel: nobody touches its rings any more. The answer to
 *                         UNBIND, due within half a second. -ENOENT: not asked
 * @ABI_KERNEL_CLOSED:     KERNEL, write. RDX: channel, R10: errno: its peer broke the protocol, and
 *                         nobody touches its rings any more; no UNBIND comes. -ENOENT: not open
 *
 * For the monitor's agreements with other cores (abi/protocol/agree.h), all KERNEL, write, about an object
 * of which this core may have no capability: RDX: ABI_OBJECT_PLACE, R10: its bytes, at most 2^48. -EINVAL: no
 * such place, or not of a type that travels (PHYSADDR, RAM, DEVFRAME, FRAME). None of them waits: -EAGAIN:
 * call again, when other agreements have gone on.
 * @ABI_KERNEL_CAP_RELATIONS: second result: ABI_CAP_HAS_*
 * @ABI_KERNEL_CAP_FREE:   R8, R9: first byte and bytes of a piece: may it be made into something?
 *                         -ABI_CAP_E_IN_USE
 * @ABI_KERNEL_CAP_STATE:  R8: bits of ABI_CAP_STATE_* to set, R9: to clear. -ABI_CAP_E_EMPTY: none here
 * @ABI_KERNEL_CAP_MARK:   it, what it was derived from and what it crosses become REMOTE. -ABI_CAP_E_EMPTY
 * @ABI_KERNEL_CAP_DROP:   delete all capabilities of it and all derived from it. One at a time
 * @ABI_KERNEL_CAP_CREATE: one comes from another core, FOREIGN and REMOTE. R8: address of an empty slot,
 *                         R9: its depth | rights << 8. Errors of abi/cap.h; -ABI_CAP_E_RANGE also for
 *                         memory that this core does not reach: it must be of its own, or shared frames;
 *                         -ABI_CAP_E_RIGHTS also for a shared frame to be executed
 * @ABI_KERNEL_CAP_AGREED: another kind: ABI_CAP_DO_RETYPE, _REVOKE or _DELETE that the others agreed on.
 *                         RDX: address of the six words of ABI_SYSCALL_INVOKE. Returns as that, and
 *                         -EAGAIN; -EFAULT, -EINVAL: another operation
 * @ABI_KERNEL_FAULT:      KERNEL, write. RDX: enum abi_fault (abi/ctl.h): the core does it. -EINVAL: no
 *                         such kind; -EPERM: the partition was not created for it
 * @ABI_KERNEL_COUNT:      KERNEL, read. RDX: enum abi_kernel_count; second result: the count
 */
enum abi_object_op {
	ABI_DISPATCHER_SETUP = 1,
	ABI_DISPATCHER_RUN = 2,
	ABI_DISPATCHER_STOP = 3,
	ABI_DISPATCHER_STATUS = 4,
	ABI_ENDPOINT_BUFFER = 16,
	ABI_IRQ_BIND = 32,
	ABI_IRQ_ACK = 33,
	ABI_IRQ_RAISE = 34,
	ABI_URPC_WAKE = 48,
	ABI_URPC_NOTIFY = 49,
	ABI_KERNEL_SERVE = 64,
	ABI_KERNEL_BOUND = 65,
	ABI_KERNEL_UNBOUND = 66,
	ABI_KERNEL_CLOSED = 67,
	ABI_KERNEL_COUNT = 68,
	ABI_KERNEL_CAP_RELATIONS = 69,
	ABI_KERNEL_CAP_FREE = 70,
	ABI_KERNEL_CAP_STATE = 71,
	ABI_KERNEL_CAP_MARK = 72,
	ABI_KERNEL_CAP_DROP = 73,
	ABI_KERNEL_CAP_CREATE = 74,
	ABI_KERNEL_CAP_AGREED = 75,
	ABI_KERNEL_FAULT = 76,
};

/** ABI_OBJECT_PLACE - an object of memory: its first byte, page-aligned, and enum abi_cap_type */
#define ABI_OBJECT_PLACE(base, type) ((uint64_t)(base) | (uint64_t)(type))

/* What a core has of an object. */
#define ABI_CAP_HAS_COPY 0x1u
#define ABI_CAP_HAS_ANCESTOR 0x2u
#define ABI_CAP_HAS_DESCENDANT 0x4u
#define ABI_CAP_HAS_COPIES 0x8u /* more than one */
#define ABI_CAP_HAS_OWN 0x10u   /* a copy, and the core owns the object */

/* State of an object. */
#define ABI_CAP_STATE_BUSY 0x1u    /* an agreement is under way: nothing may change */
#define ABI_CAP_STATE_FOREIGN 0x2u /* another core owns it */
#define ABI_CAP_STATE_REMOTE 0x4u  /* other cores have copies or descendants */

enum abi_kernel_count {
	ABI_KERNEL_COUNT_CAPS = 0,        /* capabilities of this core, dying ones included */
	ABI_KERNEL_COUNT_DISPATCHERS = 1,
	ABI_KERNEL_COUNT_PAGES = 2,       /* of the CPU driver's own that are in use */
	ABI_KERNEL_COUNTS
};

/* Vectors that programs may be given: none of the CPU's, of the CPU driver's, of Linux's broadcasts. */
#define ABI_IRQ_FIRST 0x30u
#define ABI_IRQ_LAST 0xcfu

/** struct abi_cap_at - a capability: address and depth (0: none) */
struct abi_cap_at {
	uint64_t address;
	uint32_t depth;
	uint32_t reserved;
};

/**
 * struct abi_dispatcher_setup - all addresses are resolved from the caller's root CNode
 * @cnode:   becomes its root CNode: the capability is copied
 * @pml4:    becomes its address space: likewise
 * @frame:   FRAME, the shared frame, 8 KiB to 64 KiB, likewise; @frame_va: where its owner sees it
 * @notices: ENDPOINT (read) of the caller's for ABI_LMP_DIED; depth 0: none
 * @domain:  number for notices
 * @class, @weight, @budget_us, @period_us: for the scheduler: class 0 best effort with @weight 1 to
 *           1000, 1 soft, 2 hard real time with @budget_us in every @period_us
 * @flags:   ABI_SETUP_PRINT: may write lines to the core's console
 */
struct abi_dispatcher_setup {
	struct abi_cap_at cnode;
	struct abi_cap_at pml4;
	struct abi_cap_at frame;
	struct abi_cap_at notices;
	uint64_t frame_va;
	uint32_t domain;
	uint32_t class;
	uint32_t weight;
	uint32_t flags;
	uint64_t budget_us;
	uint64_t period_us;
	char name[32];
};

#define ABI_SETUP_PRINT 1u

enum abi_dispatcher_state {
	ABI_DISPATCHER_NEW = 0,
	ABI_DISPATCHER_RUNNABLE = 1,
	ABI_DISPATCHER_SLEEPING = 2,
	ABI_DISPATCHER_STOPPED = 3,
	ABI_DISPATCHER_EXITED = 4, /* @status says how */
	ABI_DISPATCHER_KILLED = 5, /* @reason says why */
};

/** enum abi_killed - why the CPU driver ended a dispatcher */
enum abi_killed {
	ABI_KILLED_NOT = 0,
	ABI_KILLED_PAGE_FAULT = 1, /* @address; @error: enum abi_page_fault */
	ABI_KILLED_TRAP = 2,       /* @address: vector; @error: error code */
	ABI_KILLED_ENTRY = 3,      /* no entry point for upcall @address */
	ABI_KILLED_FRAME = 4,      /* its address space, root CNode or shared frame is gone */
};

struct abi_dispatcher_status {
	uint32_t state;  /* enum abi_dispatcher_state */
	uint32_t reason; /* enum abi_killed */
	int64_t status;  /* of ABI_SYSCALL_EXIT */
	uint64_t rip;
	uint64_t address;
	uint64_t error;
	uint64_t cycles; /* TSC cycles it ran */
	uint64_t upcalls;
	uint64_t syscalls;
	uint64_t preempted;
};

URPC_STATIC_ASSERT(sizeof(struct abi_cap_at) == 16, "address");
URPC_STATIC_ASSERT(sizeof(struct abi_dispatcher_setup) == 136, "setup");
URPC_STATIC_ASSERT(sizeof(struct abi_dispatcher_status) == 72, "status");

#endif
