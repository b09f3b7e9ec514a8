// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <lib/thread.h>

#define NS_PER_MS 1000000u

uint64_t rt_tsc_of_ns(uint64_t ns)
{
	const uint64_t khz = rt_dispatcher->tsc_khz, ms = ns / NS_PER_MS;
	const uint64_t rest = ((ns % NS_PER_MS) * khz + NS_PER_MS - 1) / NS_PER_MS;

	/* TSCs of more than 18 THz are none. */
	if (ms > (RT_NEVER - 1) / khz || ms * khz > RT_NEVER - 1 - rest)
		return RT_NEVER - 1;
	return ms * khz + rest;
}

uint64_t rt_deadline_ns(uint64_t ns)
{
	const uint64_t now = rt_tsc(), wait = rt_tsc_of_ns(ns);

	return wait > RT_NEVER - 1 - now ? RT_NEVER - 1 : now + wait;
}

void rt_sleep_until(uint64_t deadline)
{
	uint32_t was = rt_disable();
	struct rt_queue alone = { NULL, NULL };

	rt_block(&alone, deadline);
	rt_enable(was);
}

void rt_sleep_ns(uint64_t ns)
{
	rt_sleep_until(rt_deadline_ns(ns));
}
