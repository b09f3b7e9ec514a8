/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The test as node 0 of a CPU driver: its control ring, a bound channel, and node 2's ring beside
 * them. For one source file a program.
 */
#ifndef UNIT_PARTITION_NODE0_H
#define UNIT_PARTITION_NODE0_H

#include <string.h>

#include <arch.h>
#include <bootinfo.h>
#include <errors.h>
#include <link.h>
#include <loop.h>

#include "fake/fake.h"

#define CHANNEL 5u
#define MS 1000000ull /* TSC cycles, at the fake machine's 1 GHz */

/* Its ends of the rings; the last message; the tag of the last request. */
static struct urpc_chan control, peer, bound;
static struct urpc_msg msg;
static uint32_t tag;

static inline int node0_start(void **state)
{
	(void)state;
	fake_prepare();
	fake_start();
	urpc_chan_init(&control, arch_window(FAKE_RING(1)), arch_window(FAKE_RING(0)), FAKE_SLOTS);
	urpc_chan_init(&peer, arch_window(FAKE_RING(3)), arch_window(FAKE_RING(2)), FAKE_SLOTS);
	idle_init();
	return 0;
}

/* Send a request, return the status of its answer, which stays in msg. */
static inline int ask_bytes(uint16_t type, void *request, size_t bytes)
{
	*(uint32_t *)request = ++tag;
	assert_int_equal(urpc_send(&control, type, request, bytes), 0);
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_REPLY | type);
	assert_int_equal((uint32_t)msg.payload[0], tag);
	return (int)(msg.payload[0] >> 32);
}

#define ask(type, request) ask_bytes(type, &(request), sizeof(request))

static inline struct abi_ctl_bind good_bind(uint32_t service)
{
	return (struct abi_ctl_bind){ .channel = CHANNEL,
				      .tx = FAKE_RING(4),
				      .rx = FAKE_RING(5),
				      .slots = FAKE_SLOTS,
				      .service = service };
}

static inline void bind(uint32_t service)
{
	struct abi_ctl_bind request = good_bind(service);

	memset(arch_window(FAKE_RING(4)), 0, 2 * urpc_ring_bytes(FAKE_SLOTS));
	urpc_chan_init(&bound, arch_window(FAKE_RING(5)), arch_window(FAKE_RING(4)), FAKE_SLOTS);
	assert_int_equal(ask(ABI_CTL_BIND, request), 0);
}

static inline int unbind(void)
{
	struct abi_ctl_unbind request = { .channel = CHANNEL };

	return ask(ABI_CTL_UNBIND, request);
}

#endif
