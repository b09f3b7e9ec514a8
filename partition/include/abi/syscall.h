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
 *                     the caller's turn. RDI: endpoint, R9: enum abi_lrpc. -ENOENT: there is none;
 *                     -EBUSY: the receiver is disabled, or takes no messages; -EINVAL: to oneself
 *
 * Yield, sleep and LRPC with ABI_LRPC_SLEEP, called while enabled, save the caller's registers in the dispatcher's enabled area
 * (RAX = 0) and come back by the upcall `run`. Called while disabled they end the activation: its
 * registers are forgotten, and the next activation is `run` again.
 */
enum abi_syscall {
	ABI_SYSCALL_NOP = 0x52454d00,
	ABI_SYSCALL_YIELD = 0x52454d01,
	ABI_SYSCALL_SLEEP = 0x52454d02,
	ABI_SYSCALL_EXIT = 0x52454d03,
	ABI_SYSCALL_PRINT = 0x52454d04,
	ABI_SYSCALL_LRPC = 0x52454d05,
	ABI_SYSCALL_INVOKE = 0x52454d10, /* of a capability */
};

/** enum abi_lrpc - flags of ABI_SYSCALL_LRPC */
enum abi_lrpc {
	ABI_LRPC_SLEEP = 1, /* once sent, sleep until an event */
};

#define ABI_LRPC_WORDS 4u
#define ABI_PRINT_MAX 256u

URPC_STATIC_ASSERT((uint32_t)ABI_SYSCALL_NOP == ABI_SYSCALL_FIRST, "first native number");

#endif
