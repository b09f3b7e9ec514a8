/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * How a program begins and what its upcalls do. A program is linked with crt's rt_start as its entry;
 * its main thread calls rt_main(), which a program without a C library defines.
 */
#ifndef LIB_CRT_H
#define LIB_CRT_H

#include <lib/thread.h>

#define RT_MAIN_STACK_BYTES (8ull << 20)
#define RT_STATUS_PAGE_FAULT 139 /* as a shell shows the signals of Linux */

/** rt_main - the program. Return: exit status. */
int rt_main(const struct abi_startup *startup);

/** rt_startup - what the domain began with; rt_argument, rt_environment - string @n, NULL: none. */
const struct abi_startup *rt_startup(void);
const char *rt_argument(unsigned int n);
const char *rt_environment(unsigned int n);

/**
 * rt_linux_syscall_now - a system call of Linux, by a thread; called disabled, must not wait
 * @regs: registers of the thread, RIP behind the instruction; RAX is set to the result
 * The default serves none.
 * Return: false: rt_linux_syscall() is to serve it.
 */
bool rt_linux_syscall_now(struct abi_registers *regs);

/**
 * rt_linux_syscall - the same, called enabled on the thread's own stack; may wait
 * The default answers -RT_ENOSYS. Return: result for RAX.
 */
long rt_linux_syscall(struct abi_registers *regs);

/**
 * rt_ram_caps - which capabilities the memory of the program comes from
 * The default: ABI_SLOT_RAM; in domain 0 all RAM extents. Return: how many were written to @caps.
 */
unsigned int rt_ram_caps(const struct abi_startup *startup, struct abi_cap_at *caps, unsigned int room);

/** rt_begin - for the assembly: first activation, on the upcalls' stack, disabled. */
__attribute__((noreturn)) void rt_begin(struct abi_dispatcher *dispatcher,
					const struct abi_startup *startup);

#endif
