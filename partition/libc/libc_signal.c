// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Signals: handlers are noted and never called. A program that sends itself a signal that it ignores
 * goes on, one that it has a handler for is told ENOSYS, any other one ends it, as it would by default.
 */
#include "libc_core.h"

static struct linux_sigaction actions[SIGNALS];

/* SIGCHLD, SIGCONT, SIGURG, SIGWINCH do nothing by default. */
#define HARMLESS (1ull << 17 | 1ull << 18 | 1ull << 23 | 1ull << 28)
#define KILL_AND_STOP (1ull << 9 | 1ull << 19)

long linux_rt_sigaction(struct abi_registers *r)
{
	uint64_t signal = (uint32_t)ARG0(r);
	const struct linux_sigaction *new = (const struct linux_sigaction *)ARG1(r);
	struct linux_sigaction was;

	if (!signal || signal >= SIGNALS || (new && signal < 64 && (KILL_AND_STOP >> signal & 1)))
		return -RT_EINVAL;
	was = actions[signal];
	if (new)
		actions[signal] = *new;
	if (ARG2(r))
		*(struct linux_sigaction *)ARG2(r) = was;
	return 0;
}

/* There is nothing that could be blocked, but what was asked for is remembered. */
long linux_rt_sigprocmask(struct abi_registers *r)
{
	static uint64_t mask;
	uint64_t was = mask;

	if (ARG1(r)) {
		uint64_t set = *(const uint64_t *)ARG1(r);

		if (ARG0(r) > 2)
			return -RT_EINVAL;
		mask = ARG0(r) == 0 ? was | set : ARG0(r) == 1 ? was & ~set : set;
	}
	if (ARG2(r))
		*(uint64_t *)ARG2(r) = was;
	return 0;
}

static long raise(uint64_t signal)
{
	if (signal >= SIGNALS)
		return -RT_EINVAL;
	if (!signal)
		return 0;
	if (signal != SIGABRT_) {
		if (actions[signal].handler == 1 ||
		    (!actions[signal].handler && signal < 64 && (HARMLESS >> signal & 1)))
			return 0;
		if (actions[signal].handler)
			return -RT_ENOSYS;
	}
	rt_complain(signal == SIGABRT_ ? "the program aborted" : "the program ended itself by signal %llu",
		    (unsigned long long)signal);
	rt_exit((int64_t)(128 + signal));
}

/* To itself, or to all of its group, which is itself. */
long linux_kill(struct abi_registers *r)
{
	int64_t to = (int32_t)ARG0(r);

	return !to || to == linux_getpid(r) ? raise((uint32_t)ARG1(r)) : -RT_ESRCH;
}

/* Only a thread that runs can send: to another one nothing can be delivered. */
long linux_tkill(struct abi_registers *r)
{
	return (int32_t)ARG0(r) == linux_gettid(r) ? raise((uint32_t)ARG1(r)) : -RT_ESRCH;
}

long linux_tgkill(struct abi_registers *r)
{
	struct abi_registers thread = { .rdi = ARG1(r), .rsi = ARG2(r) };

	return (int32_t)ARG0(r) == linux_getpid(r) ? linux_tkill(&thread) : -RT_ESRCH;
}
