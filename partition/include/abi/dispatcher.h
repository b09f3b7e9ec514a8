/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The dispatcher control block's shared half: one page that the CPU driver and the dispatcher write.
 * The other half, with all that the CPU driver relies on, is its own: nothing a dispatcher writes here
 * can harm another one.
 *
 * The CPU driver enters a dispatcher by upcall, and a disabled dispatcher where it was stopped. An
 * upcall sets @disabled and starts at one of the entry points with
 *
 *   RDI  address of this page          RSP  @stack, or @fault_stack (see below)
 *   RSI  enum abi_upcall               RDX, RCX, R8, R9, R10   by upcall
 *   RFLAGS interrupts on, all else clear; all other general registers 0
 *
 * and FS, GS and the extended state as they were.
 *
 * Enabled and disabled. While @disabled is 0, and the instruction pointer is not in the range
 * [@critical, @critical_end), the dispatcher is enabled: when it stops for any reason, its registers
 * are saved in @enabled, and the next entry is an upcall. Else it is disabled: when it is preempted,
 * the CPU driver keeps its registers and continues it where it was. The dispatcher becomes enabled by
 * storing 0 to @disabled and restoring registers from @enabled (or elsewhere); the instructions between
 * the store and the jump to the restored address must be in the range.
 *
 * Faults. A page fault or trap of an enabled dispatcher saves registers in @enabled; the upcall is
 * page_fault or trap on @stack. One of a disabled dispatcher saves them in @faulted; the upcall is
 * page_fault_disabled or trap on @fault_stack. A fault in the handler of a fault while disabled, and
 * one with no entry point for it, kills the dispatcher: the handler says that it is over by storing
 * 0 to @faulting.
 */
#ifndef ABI_DISPATCHER_H
#define ABI_DISPATCHER_H

#include <urpc/types.h>

#define ABI_DISPATCHER_REVISION 1u

/** enum abi_upcall - which entry, in RSI, and what its further arguments are */
enum abi_upcall {
	ABI_UPCALL_RUN = 0,
	ABI_UPCALL_PAGE_FAULT = 1,          /* RDX: address, RCX: enum abi_page_fault, R8: RIP */
	ABI_UPCALL_PAGE_FAULT_DISABLED = 2, /* as page fault */
	ABI_UPCALL_LRPC = 3,                /* RDX: badge; RCX, R8, R9, R10: the message */
	ABI_UPCALL_TRAP = 4,                /* RDX: vector, RCX: error code, R8: RIP */
};

#define ABI_UPCALLS 5u
#define ABI_UPCALL_ARGUMENTS 5u /* RDX, RCX, R8, R9, R10 */

/** enum abi_page_fault - bits of a page fault, those of x86-64 */
enum abi_page_fault {
	ABI_PAGE_FAULT_PRESENT = 1, /* the page is there, but not for that */
	ABI_PAGE_FAULT_WRITE = 2,
	ABI_PAGE_FAULT_FETCH = 16,
};

/* Vector of the trap that a system call outside the native range becomes; error code 0. */
#define ABI_TRAP_SYSCALL 256u

/** struct abi_registers - the general registers of x86-64 */
struct abi_registers {
	uint64_t rax, rbx, rcx, rdx, rsi, rdi, rbp, rsp;
	uint64_t r8, r9, r10, r11, r12, r13, r14, r15;
	uint64_t rip, rflags;
};

/**
 * struct abi_dispatcher - the shared page
 * @revision: ABI_DISPATCHER_REVISION, @size: of this structure; written by the CPU driver at start
 * @disabled: not 0: disabled. Written by the dispatcher, and set by the CPU driver with each upcall
 * @faulting: set to 1 by the CPU driver when it hands over a fault while disabled, to 0 with `run`;
 *            cleared by the dispatcher
 * @entry:    entry points by enum abi_upcall; written by the dispatcher. 0: none (RUN needs one)
 * @stack, @fault_stack: first stack pointer of upcalls; written by the dispatcher
 * @critical, @critical_end: written by the dispatcher
 * @tsc_khz:  of this core; written at start
 * @preempted: times it was stopped enabled because others had to run; written by the CPU driver
 * @alarm:     set to 1 by the CPU driver when the time of ABI_SYSCALL_ALARM came; cleared by the dispatcher
 * @enabled, @faulted: written by the CPU driver
 */
struct abi_dispatcher {
	uint32_t revision;
	uint32_t size;
	uint32_t disabled;
	uint32_t faulting;
	uint64_t entry[ABI_UPCALLS];
	uint64_t reserved;
	uint64_t stack;
	uint64_t fault_stack;
	uint64_t critical;
	uint64_t critical_end;
	uint64_t tsc_khz;
	uint64_t preempted;
	uint64_t alarm;
	uint64_t reserved2[3];
	struct abi_registers enabled;
	uint64_t reserved3[6];
	struct abi_registers faulted;
};

URPC_STATIC_ASSERT(sizeof(struct abi_registers) == 144, "registers");
URPC_STATIC_ASSERT(offsetof(struct abi_registers, r8) == 64, "registers");
URPC_STATIC_ASSERT(offsetof(struct abi_registers, rip) == 128, "registers");
URPC_STATIC_ASSERT(offsetof(struct abi_dispatcher, disabled) == 8, "dispatcher");
URPC_STATIC_ASSERT(offsetof(struct abi_dispatcher, entry) == 16, "dispatcher");
URPC_STATIC_ASSERT(offsetof(struct abi_dispatcher, stack) == 64, "dispatcher");
URPC_STATIC_ASSERT(offsetof(struct abi_dispatcher, critical) == 80, "dispatcher");
URPC_STATIC_ASSERT(offsetof(struct abi_dispatcher, enabled) == 144, "dispatcher");
URPC_STATIC_ASSERT(offsetof(struct abi_dispatcher, faulted) == 336, "dispatcher");
URPC_STATIC_ASSERT(sizeof(struct abi_dispatcher) == 480, "dispatcher");

/*
 * Ring 3's half of the address space. The last page of it is never mapped: the address after a
 * `syscall` at its end would not be a valid one.
 */
#define ABI_USER_END 0x00007ffffffff000ull

#endif
