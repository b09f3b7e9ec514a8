// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* poll: streams are ready when a byte can be read or written; devices always are. */
#include "libc_core.h"

#define POLL_MAX 64u

static int16_t ready(const struct linux_pollfd *p)
{
	int16_t events = 0;
	uint32_t stream;

	if (!linux_file_known((uint32_t)p->fd))
		return POLL_NVAL;
	if (!linux_file_stream((uint32_t)p->fd, &stream))
		return p->events & (POLL_IN | POLL_OUT | POLL_RDNORM | POLL_WRNORM);
	if (stream == ABI_STREAM_INPUT)
		events = POLL_IN | POLL_RDNORM;
	else
		events = POLL_OUT | POLL_WRNORM;
	events &= p->events;
	return events && rt_stream_ready(stream) ? events : 0;
}

static long look(struct linux_pollfd *p, uint64_t count)
{
	long found = 0;

	for (uint64_t i = 0; i < count; i++) {
		p[i].revents = p[i].fd < 0 ? 0 : ready(&p[i]);
		found += p[i].revents != 0;
	}
	return found;
}

static long poll(struct linux_pollfd *p, uint64_t count, uint64_t deadline)
{
	long found;
	uint32_t was;

	if (count > POLL_MAX)
		return -RT_EINVAL;
	was = rt_disable();
	while (!(found = look(p, count)) && deadline && rt_tsc() < deadline)
		rt_stream_wait(deadline);
	rt_enable(was);
	return found;
}

long linux_poll(struct abi_registers *r)
{
	int32_t ms = (int32_t)ARG2(r);
	uint64_t deadline = ms < 0 ? RT_NEVER : ms ? rt_deadline_ns((uint64_t)ms * 1000000) : 0;

	return poll((struct linux_pollfd *)ARG0(r), ARG1(r), deadline);
}

long linux_ppoll(struct abi_registers *r)
{
	const struct linux_timespec *t = (const struct linux_timespec *)ARG2(r);
	uint64_t deadline = RT_NEVER;
	long rc = t ? linux_deadline(CLOCK_MONOTONIC_, false, t, &deadline) : 0;

	if (rc)
		return rc;
	if (t && !t->seconds && !t->ns)
		deadline = 0;
	return poll((struct linux_pollfd *)ARG0(r), ARG1(r), deadline);
}
