/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of the library under test go to the capability code itself. */
#ifndef LIB_SYSCALL_H
#define LIB_SYSCALL_H

#include <abi/invoke.h>
#include <abi/lmp.h>
#include <abi/object.h>
#include <abi/syscall.h>

#define RT_NEVER UINT64_MAX

int64_t rt_invoke(uint64_t word, uint64_t from, uint64_t to, uint64_t via, uint64_t r8, uint64_t r9,
		  uint64_t *value);
int64_t rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
		   uint64_t f, uint64_t *value);
int64_t rt_print(const char *text, uint64_t bytes);
__attribute__((noreturn)) void rt_exit(int64_t status);

#endif
