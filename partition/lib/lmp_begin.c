// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The first endpoint. In a program, the library itself takes what the monitor says there. */
#include <lib/stream.h>

#include "crt_core.h"
#include "lmp_core.h"

struct rt_lmp rt_lmp_first;

static void poll(void)
{
	struct rt_lmp_message m;

	while (!rt_lmp_receive(&rt_lmp_first, &m)) {
		if (!m.kind && m.words && m.word[0] == ABI_LMP_STREAM)
			rt_stream_event();
	}
}

static bool arm(void)
{
	return true;
}

static void disarm(void)
{
}

static bool spin(void)
{
	return false;
}

static struct rt_poller poller = { .poll = poll, .arm = arm, .disarm = disarm, .spin = spin };

int rt_lmp_begin(const struct abi_startup *startup)
{
	rt_lmp_first.endpoint = (struct abi_cap_at){ ABI_SLOT_ENDPOINT, ABI_DOMAIN_ROOT_BITS, 0 };
	if (startup->domain)
		rt_poller_add(&poller);
	return rt_lmp_attach(&rt_lmp_first, ABI_LMP_FIRST_OFFSET, ABI_LMP_FIRST_RECORDS);
}
