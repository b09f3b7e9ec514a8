// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Threads: those of the run-time library. rt_thread.libc is the address of the word that is cleared,
 * and whose waiters are woken, when the thread ends.
 */
#include "libc_core.h"

/* The domain's number; no process has number 0. */
static long process(void)
{
	return rt_startup()->domain ? (long)rt_startup()->domain : 1;
}

/* The main thread has the number of the process, as in Linux. */
static long number_of(const struct rt_thread *t)
{
	return process() + t->id - 1;
}

long linux_gettid(struct abi_registers *r)
{
	(void)r;
	return number_of(rt_thread_self());
}

long linux_getpid(struct abi_registers *r)
{
	(void)r;
	return process();
}

long linux_set_tid_address(struct abi_registers *r)
{
	rt_thread_self()->libc = (void *)ARG0(r);
	return number_of(rt_thread_self());
}

/* Of processes there are none to be made, only threads. */
long linux_clone(struct abi_registers *r)
{
	uint64_t flags = ARG0(r), fs = flags & CLONE_SETTLS_ ? ARG4(r) : rt_thread_fs();
	struct abi_registers begin = *r;
	struct rt_thread *t;

	if (!(flags & CLONE_THREAD_) || !(flags & CLONE_VM_) || !ARG1(r))
		return -RT_ENOSYS;
	begin.rax = 0;
	begin.rsp = ARG1(r);
	t = rt_thread_clone(&begin, fs);
	if (!t)
		return -RT_EAGAIN;
	if (flags & CLONE_CHILD_CLEARTID_)
		t->libc = (void *)ARG3(r);
	if (flags & CLONE_CHILD_SETTID_)
		*(int32_t *)ARG3(r) = (int32_t)number_of(t);
	if (flags & CLONE_PARENT_SETTID_)
		*(int32_t *)ARG2(r) = (int32_t)number_of(t);
	return number_of(t);
}

/* The thread may have no stack any more. */
long linux_exit(struct abi_registers *r)
{
	uint32_t *word = rt_thread_self()->libc;

	(void)r;
	if (word) {
		__atomic_store_n(word, 0, __ATOMIC_RELEASE);
		rt_futex_wake(word, 1);
	}
	rt_thread_exit(NULL);
}

/* A time is relative for FUTEX_WAIT, absolute for FUTEX_WAIT_BITSET. */
static long futex_wait(struct abi_registers *r, uint64_t op)
{
	const struct linux_timespec *t = (const struct linux_timespec *)ARG3(r);
	bool absolute = (op & FUTEX_COMMANDS) == FUTEX_WAIT_BITSET_;
	uint64_t deadline = RT_NEVER;
	long rc = 0;

	if (absolute && (uint32_t)ARG5(r) != FUTEX_ALL_BITS)
		return -RT_ENOSYS;
	if (t)
		rc = linux_deadline(op & FUTEX_REALTIME ? CLOCK_REALTIME_ : CLOCK_MONOTONIC_,
				    absolute, t, &deadline);
	return rc ? rc : rt_futex_wait((const uint32_t *)ARG0(r), (uint32_t)ARG2(r), deadline);
}

static unsigned int at_most(uint64_t count)
{
	return (int32_t)count < 0 ? 0 : (unsigned int)count;
}

long linux_futex(struct abi_registers *r)
{
	const uint32_t *word = (const uint32_t *)ARG0(r);
	uint64_t op = ARG1(r);

	if (ARG0(r) % sizeof(*word))
		return -RT_EINVAL;
	switch (op & FUTEX_COMMANDS) {
	case FUTEX_WAIT_:
	case FUTEX_WAIT_BITSET_:
		return futex_wait(r, op);
	case FUTEX_WAKE_:
	case FUTEX_WAKE_BITSET_:
		return rt_futex_wake(word, at_most(ARG2(r)));
	case FUTEX_CMP_REQUEUE_:
		if (__atomic_load_n(word, __ATOMIC_RELAXED) != (uint32_t)ARG5(r))
			return -RT_EAGAIN;
		__attribute__((fallthrough));
	case FUTEX_REQUEUE_:
		return rt_futex_requeue(word, at_most(ARG2(r)), (const uint32_t *)ARG4(r),
					at_most(ARG3(r)));
	default:
		return -RT_ENOSYS;
	}
}

long linux_arch_prctl(struct abi_registers *r)
{
	switch (ARG0(r)) {
	case ARCH_SET_FS_:
		if (ARG1(r) >= ABI_USER_END)
			return -RT_EPERM;
		rt_thread_set_fs(ARG1(r));
		return 0;
	case ARCH_GET_FS_:
		*(uint64_t *)ARG1(r) = rt_thread_fs();
		return 0;
	default:
		return -RT_EINVAL;
	}
}

long linux_sched_yield(struct abi_registers *r)
{
	(void)r;
	rt_thread_yield();
	return 0;
}
