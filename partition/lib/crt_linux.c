// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* For programs without a C library: no system call of Linux is served. */
#include <lib/crt.h>

__attribute__((weak)) bool rt_linux_syscall_now(struct abi_registers *regs)
{
	(void)regs;
	return false;
}

__attribute__((weak)) long rt_linux_syscall(struct abi_registers *regs)
{
	(void)regs;
	return -RT_ENOSYS;
}
