/* SPDX-License-Identifier: GPL-2.0-only */
/* The program of the run-time library's tests in ring 3: one function a test, chosen by argument 0. */
#ifndef RT_TEST_H
#define RT_TEST_H

#include <lib/sync.h>

/** CHECK - or the program ends with status 1, and a line on the console */
#define CHECK(condition)                                                                           \
	do {                                                                                       \
		if (!(condition))                                                                  \
			fail(#condition, __FILE__, __LINE__);                                      \
	} while (0)

__attribute__((noreturn)) void fail(const char *what, const char *file, int line);

/** say - a line on the console */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** start - a thread with the smallest usual stack; start_all - @count of them, join_all - their end */
struct rt_thread *start(void *(*call)(void *argument), void *argument);
void start_all(struct rt_thread **threads, unsigned int count, void *(*call)(void *argument));
void join_all(struct rt_thread **threads, unsigned int count);

/** us - cycles of so many microseconds */
uint64_t us(uint64_t number);

/** random - of @seed, which it changes */
uint64_t random(uint64_t *seed);

/* check.S: as ../../bare/user/entry.S, for many threads. Return: 0, or 1 when a register differed. */
struct check {
	uint64_t seed;
	uint64_t turns;
	uint64_t stack;
	uint64_t x87;
	uint64_t progress;
	uint64_t flags;
	uint64_t pattern[8] __attribute__((aligned(32)));
} __attribute__((aligned(64)));

uint64_t check_registers(struct check *check);

/* Tests; each returns when all went well. */
#define TESTS(T)                                                                                   \
	T(threads) T(limit) T(registers) T(mutex) T(condition) T(timed) T(semaphore) T(rwlock)     \
	T(futex) T(once) T(keys) T(tls) T(sleep) T(storm) T(linux) T(step) T(quiet) T(fairness)    \
	T(waitset) T(fault) T(overflow) T(fault_disabled) T(opcode) T(division) T(last) T(demand)   \
	T(messages) T(server) T(server_busy) T(client) T(channel) T(channel_busy)
#define DECLARE(name) void test_##name(void);
TESTS(DECLARE)

#endif
