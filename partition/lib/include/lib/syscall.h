/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* The native system calls as functions. What they do and answer stands in abi/. */
#ifndef LIB_SYSCALL_H
#define LIB_SYSCALL_H

#include <abi/invoke.h>
#include <abi/lmp.h>
#include <abi/object.h>
#include <abi/syscall.h>

/** rt_syscall - any of them. @value: set to the second result; may be NULL. Return: the status. */
static inline int64_t rt_syscall(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
				 uint64_t e, uint64_t f, uint64_t *value)
{
	register uint64_t r10 __asm__("r10") = d;
	register uint64_t r8 __asm__("r8") = e;
	register uint64_t r9 __asm__("r9") = f;
	int64_t status;

	__asm__ volatile("syscall"
			 : "=a"(status), "+d"(c)
			 : "a"(number), "D"(a), "S"(b), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (value)
		*value = c;
	return status;
}

/** rt_invoke - ABI_SYSCALL_INVOKE; @word: ABI_INVOKE_WORD. Return: 0 or -ABI_CAP_E_*. */
static inline int64_t rt_invoke(uint64_t word, uint64_t from, uint64_t to, uint64_t via, uint64_t r8,
				uint64_t r9, uint64_t *value)
{
	return rt_syscall(ABI_SYSCALL_INVOKE, word, from, to, via, r8, r9, value);
}

/** rt_object - ABI_SYSCALL_OBJECT; @word: ABI_OBJECT_WORD. Return: as abi/object.h says. */
static inline int64_t rt_object(uint64_t word, uint64_t object, uint64_t a, uint64_t b, uint64_t c,
				uint64_t d, uint64_t *value)
{
	return rt_syscall(ABI_SYSCALL_OBJECT, word, object, a, b, c, d, value);
}

/** rt_print - one line on the core's console, for who may. Return: 0 or a negative errno. */
static inline int64_t rt_print(const char *text, uint64_t bytes)
{
	return rt_syscall(ABI_SYSCALL_PRINT, (uint64_t)text, bytes, 0, 0, 0, 0, NULL);
}

/** rt_exit - the program is over, with all its threads. */
__attribute__((noreturn)) static inline void rt_exit(int64_t status)
{
	for (;;)
		rt_syscall(ABI_SYSCALL_EXIT, (uint64_t)status, 0, 0, 0, 0, 0, NULL);
}

/** rt_tsc - the clock of all times and deadlines of the library; not ordered with memory accesses. */
static inline uint64_t rt_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

#define RT_NEVER UINT64_MAX /* as a deadline */

#endif
