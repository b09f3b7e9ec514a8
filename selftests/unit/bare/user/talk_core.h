/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the program of the tests of messages share. */
#ifndef TALK_CORE_H
#define TALK_CORE_H

#include <stdbool.h>
#include <stddef.h>

#include <abi/boot.h>
#include <abi/domain.h>
#include <lib/syscall.h>

#include "begin.h"
#include "talk.h"

#define DEPTH ABI_DOMAIN_ROOT_BITS
#define FREE(n) (ABI_SLOT_FREE + (n))
#define ERRNO(n) (-(int64_t)(ABI_OBJECT_ERRNO + (n)))
#define FOREVER UINT64_MAX

extern struct abi_dispatcher *dispatcher;
extern uint64_t answer[5]; /* badge and words of the last LRPC */
extern volatile uint64_t answers;
extern struct abi_lmp_buffer *buffer;
extern uint64_t taken;
extern uint64_t words[ABI_LMP_WORDS];

/* talk.c */
uint64_t cycles(void);
uint64_t later(uint64_t ms);
__attribute__((noreturn)) void leave(uint64_t status);
void expect(uint64_t number, bool right);
void expect_status(uint64_t number, int64_t is, int64_t should);
void progress(void);
void buffer_make(uint64_t count, uint64_t slot);
struct abi_lmp_record *next(void);
void take(void);
struct abi_lmp_record *wait(void);
bool woken(void);
bool sleeps_on(void);

/* talk_message.c */
void receive(void);
void lengths(void);
void flood(void);
void grant(void);
void call_server(void);

/* talk_wait.c */
void sleeps(void);
void buffers(void);
void alarms(void);
void interrupts(void);

/* talk_monitor.c */
void monitor(void);
void deaths(void);

static inline int64_t call(uint64_t number, uint64_t a)
{
	return rt_syscall(number, a, 0, 0, 0, 0, 0, NULL);
}

static inline int64_t object(uint64_t op, uint64_t slot, uint64_t a, uint64_t b, uint64_t c,
			     uint64_t d)
{
	return rt_syscall(ABI_SYSCALL_OBJECT, ABI_OBJECT_WORD(op, DEPTH), slot, a, b, c, d, NULL);
}

static inline int64_t mint(uint64_t from, uint64_t to, uint64_t rights, uint64_t badge)
{
	return rt_syscall(ABI_SYSCALL_INVOKE,
			  ABI_INVOKE_WORD(ABI_CAP_DO_MINT, rights, 0, DEPTH, DEPTH, 0, 0), from, to,
			  0, badge, 0, NULL);
}

static inline int64_t retype(uint64_t from, uint64_t to, uint64_t type, uint64_t offset,
			     uint64_t bytes)
{
	return rt_syscall(ABI_SYSCALL_INVOKE,
			  ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, DEPTH, DEPTH, 0, 1), from, to,
			  0, offset, bytes, NULL);
}

static inline int64_t drop(uint64_t slot)
{
	return rt_syscall(ABI_SYSCALL_INVOKE,
			  ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, DEPTH, 0, 0, 0), slot, 0, 0, 0,
			  0, NULL);
}

static inline int64_t revoke(uint64_t slot)
{
	return rt_syscall(ABI_SYSCALL_INVOKE,
			  ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, DEPTH, 0, 0, 0), slot, 0, 0, 0,
			  0, NULL);
}

/* Type of what is in a slot, 0 for nothing. */
static inline uint64_t type_at(uint64_t slot)
{
	uint64_t value;
	int64_t status = rt_syscall(ABI_SYSCALL_INVOKE,
				    ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, DEPTH, 0, 0, 0),
				    slot, 0, 0, 0, ABI_INVOKE_KIND, &value);

	return status ? 0 : value & 0xffff;
}

static inline int64_t map(uint64_t what, uint64_t mapping, uint64_t table, uint64_t index,
			  uint64_t count, uint64_t rights, uint64_t offset)
{
	return rt_syscall(ABI_SYSCALL_INVOKE,
			  ABI_INVOKE_WORD(ABI_CAP_DO_MAP, rights, 0, DEPTH, DEPTH, DEPTH, count),
			  what, mapping, table, offset, index, NULL);
}

static inline int64_t lmp(uint64_t to, uint64_t words, const void *at, uint64_t flags, uint64_t cap)
{
	return rt_syscall(ABI_SYSCALL_LMP, to,
			  ABI_LMP_SEND_WORD(DEPTH, words, flags, cap ? DEPTH : 0), (uint64_t)at,
			  cap, 0, 0, NULL);
}

static inline int64_t lrpc(uint64_t to, uint64_t flags, const uint64_t words[4])
{
	return rt_syscall(ABI_SYSCALL_LRPC, to, words[0], words[1], words[2], words[3],
			  flags | (uint64_t)DEPTH << ABI_LRPC_DEPTH_SHIFT, NULL);
}

static inline void sleep_until(uint64_t tsc)
{
	call(ABI_SYSCALL_SLEEP, tsc);
}

#endif
