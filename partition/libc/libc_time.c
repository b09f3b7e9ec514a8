// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Clocks: the TSC, and what the time of day was when the domain began. */
#include <base/string.h>

#include "libc_core.h"

#define NS 1000000000ll
#define TICKS 100 /* a second, for times() */

/* Cycles of the TSC as a time. */
static struct linux_timespec of_cycles(uint64_t cycles)
{
	uint64_t khz = rt_startup()->tsc_khz, rest = cycles % (khz * 1000);

	return (struct linux_timespec){ .seconds = (int64_t)(cycles / (khz * 1000)),
					.ns = (int64_t)(rest * 1000000 / khz) };
}

static int clock_read(uint64_t clock, struct linux_timespec *t)
{
	static uint64_t begin;
	uint64_t tsc = rt_tsc();

	if (!begin)
		begin = tsc;
	switch ((uint32_t)clock) {
	case CLOCK_MONOTONIC_:
	case CLOCK_MONOTONIC_RAW_:
	case CLOCK_MONOTONIC_COARSE_:
	case CLOCK_BOOTTIME_:
		*t = of_cycles(tsc);
		return 0;
	case CLOCK_PROCESS_:
	case CLOCK_THREAD_:
		*t = of_cycles(tsc - begin);
		return 0;
	case CLOCK_REALTIME_:
	case CLOCK_REALTIME_COARSE_:
		*t = of_cycles(tsc - rt_startup()->wall_tsc);
		t->seconds += (int64_t)rt_startup()->wall_seconds;
		return 0;
	default:
		return -RT_EINVAL;
	}
}

long linux_clock_gettime(struct abi_registers *r)
{
	return clock_read(ARG0(r), (struct linux_timespec *)ARG1(r));
}

long linux_clock_getres(struct abi_registers *r)
{
	struct linux_timespec t;
	int rc = clock_read(ARG0(r), &t);

	if (!rc && ARG1(r))
		*(struct linux_timespec *)ARG1(r) = (struct linux_timespec){ .ns = 1 };
	return rc;
}

long linux_gettimeofday(struct abi_registers *r)
{
	struct linux_timeval *to = (struct linux_timeval *)ARG0(r);
	struct linux_timespec t;
	int rc = clock_read(CLOCK_REALTIME_, &t);

	if (!rc && to)
		*to = (struct linux_timeval){ .seconds = t.seconds, .us = t.ns / 1000 };
	return rc;
}

long linux_time(struct abi_registers *r)
{
	struct linux_timespec t;

	clock_read(CLOCK_REALTIME_, &t);
	if (ARG0(r))
		*(int64_t *)ARG0(r) = t.seconds;
	return t.seconds;
}

/* All time of the program counts as its own: nothing tells the rest apart. */
long linux_times(struct abi_registers *r)
{
	int64_t *to = (int64_t *)ARG0(r);
	struct linux_timespec t, used;

	clock_read(CLOCK_MONOTONIC_, &t);
	clock_read(CLOCK_PROCESS_, &used);
	if (to) {
		memset(to, 0, 4 * sizeof(*to));
		to[0] = used.seconds * TICKS + used.ns / (NS / TICKS);
	}
	return t.seconds * TICKS + t.ns / (NS / TICKS);
}

long linux_getrusage(struct abi_registers *r)
{
	int64_t *to = (int64_t *)ARG1(r);
	struct linux_timespec used;

	clock_read(CLOCK_PROCESS_, &used);
	memset(to, 0, 18 * sizeof(*to));
	to[0] = used.seconds;
	to[1] = used.ns / 1000;
	return 0;
}

long linux_deadline(uint64_t clock, bool absolute, const struct linux_timespec *t,
		    uint64_t *deadline)
{
	struct linux_timespec now;
	int64_t seconds, ns;
	int rc = clock_read(clock, &now);

	if (rc)
		return rc;
	if (t->ns < 0 || t->ns >= NS || t->seconds < 0)
		return -RT_EINVAL;
	seconds = t->seconds - (absolute ? now.seconds : 0);
	ns = t->ns - (absolute ? now.ns : 0);
	if (seconds > INT64_MAX / NS - 1)
		*deadline = RT_NEVER;
	else if (seconds * NS + ns <= 0)
		*deadline = 0;
	else
		*deadline = rt_deadline_ns((uint64_t)(seconds * NS + ns));
	return 0;
}

static long sleep(uint64_t clock, bool absolute, const struct linux_timespec *t)
{
	uint64_t deadline;
	long rc = linux_deadline(clock, absolute, t, &deadline);

	if (!rc)
		rt_sleep_until(deadline);
	return rc;
}

long linux_nanosleep(struct abi_registers *r)
{
	return sleep(CLOCK_MONOTONIC_, false, (const struct linux_timespec *)ARG0(r));
}

long linux_clock_nanosleep(struct abi_registers *r)
{
	return sleep(ARG0(r), ARG1(r) & TIMER_ABSTIME_, (const struct linux_timespec *)ARG2(r));
}
