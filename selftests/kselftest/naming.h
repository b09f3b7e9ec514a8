/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests of names share: calls by raw ioctls, and threads that wait. */
#ifndef RT_NAMING_H
#define RT_NAMING_H

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "support.h"

#define RT_NAME_LONG "123456789012345678901234567890123456789012345678901234567890123" /* 63 */

/* A descriptor, or -errno; @e may be NULL. */
static inline int rt_names(int fd, unsigned int flags, struct remora_error *e)
{
	struct remora_names_open o = { .size = sizeof(o), .flags = flags };
	int ret = ioctl(fd, REMORA_IOC_NAMES, &o);

	ret = ret < 0 ? -errno : ret;
	if (e)
		*e = o.error;
	return ret;
}

/* All of a request; *@a keeps what came back. */
static inline int rt_ask_all(int fd, unsigned int op, const char *name, unsigned int flags, int ms,
			     __u64 value, struct remora_names_ask *a)
{
	memset(a, 0, sizeof(*a));
	a->size = sizeof(*a);
	a->op = op;
	a->flags = flags;
	a->timeout_ms = ms;
	a->value[0] = value;
	for (unsigned int i = 0; i < sizeof(a->name) && name[i]; i++)
		a->name[i] = name[i];
	return ioctl(fd, REMORA_IOC_NAMES_ASK, a) < 0 ? -errno : 0;
}

/* One that is to be refused, or not, for a reason: 0, or REMORA_R_*. -1: its errno is not the reason's. */
static inline int rt_ask(int fd, unsigned int op, const char *name, unsigned int flags, int ms,
			 __u64 value)
{
	static const int errnos[] = {
#define RT_REASON_ERRNO(name, number, error, text) [number] = error,
		REMORA_REASONS(RT_REASON_ERRNO)
	};
	struct remora_names_ask a;
	int ret = rt_ask_all(fd, op, name, flags, ms, value, &a);

	if (!ret)
		return a.error.reason ? -1 : 0;
	if (a.error.reason >= sizeof(errnos) / sizeof(errnos[0]) || ret != -errnos[a.error.reason] ||
	    !a.error.message[0])
		return -1;
	return (int)a.error.reason;
}

#define RT_ASK(fd, op, name, flags, ms, value)                                                     \
	rt_ask(fd, REMORA_NAMES_OP_##op, name, flags, ms, value)

static inline long rt_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/** struct rt_waiter - a thread with one request; @reason when it has ended */
struct rt_waiter {
	pthread_t thread;
	int fd;
	unsigned int op;
	const char *name;
	int ms;
	__u64 value;
	int reason;
	int over;
	long at;
};

static inline void *rt_waiter_run(void *arg)
{
	struct rt_waiter *w = arg;

	w->reason = rt_ask(w->fd, w->op, w->name, 0, w->ms, w->value);
	w->at = rt_ms();
	__atomic_store_n(&w->over, 1, __ATOMIC_RELEASE);
	return NULL;
}

static inline int rt_wait_begin(struct rt_waiter *w, int fd, unsigned int op, const char *name,
				int ms, __u64 value)
{
	*w = (struct rt_waiter){ .fd = fd, .op = op, .name = name, .ms = ms, .value = value };
	return pthread_create(&w->thread, NULL, rt_waiter_run, w);
}

static inline bool rt_wait_over(struct rt_waiter *w)
{
	return __atomic_load_n(&w->over, __ATOMIC_ACQUIRE);
}

/* The reason with which it ended. */
static inline int rt_wait_end(struct rt_waiter *w)
{
	pthread_join(w->thread, NULL);
	return w->reason;
}

/* Until so many wait at a name, as far as what they wait for says; only barriers count. Or time is up. */
static inline bool rt_names_until(int fd, const char *name, unsigned int word, __u64 value)
{
	struct remora_names_ask a;
	long end = rt_ms() + 10000;

	do {
		if (!rt_ask_all(fd, REMORA_NAMES_OP_GET, name, 0, 0, 0, &a) &&
		    a.record.value[word] == value)
			return true;
	} while (rt_ms() < end);
	return false;
}

/* Until a lock is free for @fd, and then it has it. */
static inline int rt_names_locked(int fd, const char *name, int ms)
{
	return RT_ASK(fd, LOCK, name, 0, ms, 0);
}

#endif
