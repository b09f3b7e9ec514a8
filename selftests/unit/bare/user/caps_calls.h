/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls of the program of the capability tests, and what it expects of them. */
#ifndef CAPS_CALLS_H
#define CAPS_CALLS_H

#include <stdbool.h>
#include <stddef.h>

#include <abi/domain.h>
#include <lib/syscall.h>

#include "begin.h"

#define DEPTH ABI_DOMAIN_ROOT_BITS

static inline int64_t call(uint64_t number, const uint64_t args[6], uint64_t *value)
{
	return rt_syscall(number, args[0], args[1], args[2], args[3], args[4], args[5], value);
}

#define CALL(number, ...) call(number, (const uint64_t[6]){ __VA_ARGS__ }, NULL)

__attribute__((noreturn)) static inline void leave(void)
{
	CALL(ABI_SYSCALL_EXIT, report.wrong);
	for (;;)
		;
}

static inline void expect(uint64_t number, int64_t is, int64_t wanted)
{
	if (is == wanted || report.wrong)
		return;
	report.wrong = number;
	report.result[0] = (uint64_t)is;
	report.result[1] = (uint64_t)wanted;
}

#define NO(error) (-(int64_t)ABI_CAP_E_##error)
#define ERRNO(n) (-(int64_t)(ABI_OBJECT_ERRNO + (n)))

static inline int64_t retype(uint64_t from, uint64_t offset, uint64_t type, uint64_t bytes, uint64_t count,
		      uint64_t to)
{
	return CALL(ABI_SYSCALL_INVOKE,
		    ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, DEPTH, DEPTH, 0, count), from, to, 0,
		    offset, bytes);
}

static inline int64_t copy(uint64_t from, uint64_t to)
{
	return CALL(ABI_SYSCALL_INVOKE, ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, DEPTH, DEPTH, 0, 0),
		    from, to);
}

static inline int64_t map(uint64_t what, uint64_t table, uint64_t index, uint64_t count, uint64_t rights,
		   uint64_t to)
{
	return CALL(ABI_SYSCALL_INVOKE,
		    ABI_INVOKE_WORD(ABI_CAP_DO_MAP, rights, 0, DEPTH, DEPTH, DEPTH, count), what, to,
		    table, 0, index);
}

static inline int64_t slot_op(uint64_t op, uint64_t slot)
{
	return CALL(ABI_SYSCALL_INVOKE, ABI_INVOKE_WORD(op, 0, 0, DEPTH, 0, 0, 0), slot);
}

static inline int64_t revoke(uint64_t slot)
{
	return slot_op(ABI_CAP_DO_REVOKE, slot);
}

static inline int64_t delete(uint64_t slot)
{
	return slot_op(ABI_CAP_DO_DELETE, slot);
}

static inline int64_t object(uint64_t op, uint64_t slot, uint64_t argument)
{
	return CALL(ABI_SYSCALL_OBJECT, ABI_OBJECT_WORD(op, DEPTH), slot, argument);
}

static inline uint64_t count(uint64_t what)
{
	const uint64_t args[6] = { ABI_OBJECT_WORD(ABI_KERNEL_COUNT, DEPTH), ABI_SLOT_KERNEL, what };
	uint64_t value = 0;

	expect(9000 + what, call(ABI_SYSCALL_OBJECT, args, &value), 0);
	return value;
}

static inline void print(const char *text)
{
	uint64_t length = 0;

	while (text[length])
		length++;
	CALL(ABI_SYSCALL_PRINT, (uint64_t)text, length);
}

#endif
