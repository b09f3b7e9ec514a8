/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * System calls of ring 3: the instruction `syscall`, in 64-bit mode.
 *
 *   RAX  number in, status out: 0 or a negative errno value
 *   RDI, RSI, RDX, R10, R8, R9   arguments
 *   RDX  second result, where there is one
 *   RCX, R11   lost (the CPU puts the return address and the flags there)
 *
 * All other registers and the extended state stay as they were. Every number outside the native
 * range is none of the CPU driver's business: it goes back to the dispatcher as a trap, vector
 * ABI_TRAP_SYSCALL, with its registers. A number of the native range without a call is -ENOSYS.
 */
#ifndef ABI_SYSCALL_H
#define ABI_SYSCALL_H

#include <urpc/types.h>

#define ABI_SYSCALL_FIRST 0x52454d00u /* far from the numbers of other systems */
#define ABI_SYSCALL_COUNT 256u

/**
 * enum abi_syscall - the native calls
 * @ABI_SYSCALL_NOP:   returns RDI in RDX: what a call costs
 * @ABI_SYSCALL_YIELD: let other dispatchers run. RDI: 0
 * @ABI_SYSCALL_SLEEP: run no more until an event, or the TSC reads RDI (UINT64_MAX: no such time)
 * @ABI_SYSCALL_EXIT:  the dispatcher is over. RDI: status, for whoever asks
 * @ABI_SYSCALL_PRINT: one line on the core's console. RDI: address, RSI: bytes, at most
 *                     ABI_PRINT_MAX. -EFAULT, -EINVAL
 * @ABI_SYSCALL_LRPC:  send RSI, RDX, R10, R8 to another dispatcher, which runs next, with the rest of
 *                     the caller's turn. RDI: address of an ENDPOINT capability (write), R9: enum
 *                     abi_lrpc and its depth in bits 32 to 39. -ENOENT: there is none, or its
 *                     dispatcher is over; -EPERM: without the right; -EBUSY: the receiver is
 *                     disabled, stopped, or takes no messages; -EINVAL: to oneself, unknown flags
 * @ABI_SYSCALL_LMP:   send a message of abi/lmp.h. RDI: address of an ENDPOINT capability (write),
 *                     RSI: ABI_LMP_SEND_WORD, RDX: address of the words, R10: address of a capability
 *                     to copy into the receiver's slot (the endpoint's: grant). -ENOENT: no endpoint,
 *                     no buffer, or its dispatcher is over; -EAGAIN: the buffer is full (the next
 *                     SLEEP ends when there is room); -EFAULT; -EINVAL: too long, unknown flags, or no
 *                     capability at R10; -EPERM: a right is missing (write, grant, read on the way),
 *                     or the capability cannot be copied; -EBUSY: the receiver has no empty slot for
 *                     it. Nothing was sent then. To oneself is allowed
 * @ABI_SYSCALL_ALARM: at TSC RDI (UINT64_MAX: never) the dispatcher is entered by the upcall `run` even
 *                     if nothing else wants the core: when it is enabled then, else it finds
 *                     abi_dispatcher.alarm set; until it clears that, or calls this again, it is
 *                     tried once more each millisecond. One at a time; a sleep ends by it, too
 * @ABI_SYSCALL_FS:    set the base of FS to RDI, for a CPU without WRFSBASE; -EINVAL: not canonical
 *
 * Yield, sleep and LRPC with ABI_LRPC_SLEEP, called while enabled, save the caller's registers in the
 * dispatcher's enabled area (RAX = 0) and come back by the upcall `run`. Called while disabled they end
 * the activation: its registers are forgotten, and the next activation is `run` again.
 */
enum abi_syscall {
	ABI_SYSCALL_NOP = 0x52454d00,
	ABI_SYSCALL_YIELD = 0x52454d01,
	ABI_SYSCALL_SLEEP = 0x52454d02,
	ABI_SYSCALL_EXIT = 0x52454d03,
	ABI_SYSCALL_PRINT = 0x52454d04,
	ABI_SYSCALL_LRPC = 0x52454d05,
	ABI_SYSCALL_LMP = 0x52454d06,
	ABI_SYSCALL_ALARM = 0x52454d07,
	ABI_SYSCALL_FS = 0x52454d08,
	ABI_SYSCALL_INVOKE = 0x52454d10, /* of a capability: abi/invoke.h */
	ABI_SYSCALL_OBJECT = 0x52454d11, /* of what it names: abi/object.h */
};

/** enum abi_lrpc - flags of ABI_SYSCALL_LRPC */
enum abi_lrpc {
	ABI_LRPC_SLEEP = 1, /* once sent, sleep until an event */
};

#define ABI_LRPC_WORDS 4u
#define ABI_LRPC_DEPTH_SHIFT 32

/* RSI of ABI_SYSCALL_LMP: the endpoint's depth, words, enum abi_lmp_send, the capability's depth or 0 */
#define ABI_LMP_SEND_WORD(depth, words, flags, cap_depth)                                          \
	((uint64_t)(depth) | (uint64_t)(words) << 8 | (uint64_t)(flags) << 16 |                    \
	 (uint64_t)(cap_depth) << 24)

/** enum abi_lmp_send */
enum abi_lmp_send {
	ABI_LMP_YIELD = 1, /* the receiver runs next, in the sender's turn */
	ABI_LMP_SLEEP = 2, /* the sender sleeps until an event */
};

#define ABI_PRINT_MAX 256u

URPC_STATIC_ASSERT((uint32_t)ABI_SYSCALL_NOP == ABI_SYSCALL_FIRST, "first native number");

#endif
