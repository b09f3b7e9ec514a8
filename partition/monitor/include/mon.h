/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The monitor of a core: a ring-3 program without threads. Each activation takes what has come, does a
 * bounded piece of work for everybody, and sleeps; nothing waits. It stays disabled all the time, so
 * that it is never entered while it is under way.
 *
 * These are its only ways to the world around it; call.c has them on a core, the tests have others.
 */
#ifndef MON_H
#define MON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <abi/invoke.h>
#include <abi/object.h>

#define MON_ENOENT 2
#define MON_EINTR 4
#define MON_E2BIG 7
#define MON_ENOEXEC 8
#define MON_EAGAIN 11
#define MON_ENOMEM 12
#define MON_EBUSY 16
#define MON_EEXIST 17
#define MON_EINVAL 22
#define MON_EFBIG 27
#define MON_EPROTO 71
#define MON_EUSERS 87

#define MON_PAGE 4096ull
#define MON_BIG_PAGE (2ull << 20)

/** mon_up - round up to a multiple of a power of two */
static inline uint64_t mon_up(uint64_t value, uint64_t to)
{
	return (value + to - 1) & ~(to - 1);
}

/** mon_invoke - ABI_SYSCALL_INVOKE. @value may be NULL. Return: 0 or -enum abi_cap_error. */
int64_t mon_invoke(uint64_t word, uint64_t from, uint64_t to, uint64_t via, uint64_t r8, uint64_t r9,
		   uint64_t *value);

/** mon_object - ABI_SYSCALL_OBJECT; @arg: three words. Return: 0 or as abi/object.h says. */
int64_t mon_object(uint32_t op, struct abi_cap_at object, const uint64_t arg[3], uint64_t *value);

/** mon_kernel - ABI_SYSCALL_OBJECT on the KERNEL capability; @arg: four words. Return: as mon_object() */
int64_t mon_kernel(uint32_t op, const uint64_t arg[4], uint64_t *value);

/** mon_lmp - ABI_SYSCALL_LMP: one word to an endpoint. Return: 0 or -errno. */
int64_t mon_lmp(struct abi_cap_at endpoint, uint64_t word);

/** mon_memory - @bytes at an address of the monitor that is mapped there. */
void *mon_memory(uint64_t address, uint64_t bytes);

/** mon_cycles - the time stamp counter */
uint64_t mon_cycles(void);

/** mon_print - a line on the core's console, cut at ABI_PRINT_MAX. */
void mon_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
