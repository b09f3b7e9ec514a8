// SPDX-License-Identifier: GPL-2.0-only
/* A service for node 0: one thread waits for the CPU driver's notices and the channel's messages. */
#include <abi/boot.h>

#include <lib/channel.h>
#include <lib/crt.h>
#include <lib/lmp.h>
#include <lib/vspace.h>

#include "rt.h"

#define ROOT(slot) ((struct abi_cap_at){ slot, ABI_DOMAIN_ROOT_BITS, 0 })
#define SLOT_CHANNEL 200
#define ROUNDS 3 /* times that the channel is bound */

static struct rt_waitset set;
static struct rt_channel channel;
static uint64_t tx, rx, ring_bytes;
static unsigned int over;
static bool busy; /* another thread computes all the time */

static int64_t kernel(uint32_t op, uint64_t a, uint64_t b, uint64_t c)
{
	return rt_object(ABI_OBJECT_WORD(op, ABI_DOMAIN_ROOT_BITS), ABI_SLOT_KERNEL, a, b, c, 0, NULL);
}

static uint64_t map_ring(uint64_t physical, uint32_t protection)
{
	const struct abi_startup_extent *e = rt_startup()->extents;
	uint64_t va = 0;

	for (uint32_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (e[i].kind != ABI_EXTENT_SHARED || physical - e[i].base >= e[i].bytes)
			continue;
		CHECK(rt_vspace_map_frame(ROOT(ABI_SLOT_EXTENTS + i), physical - e[i].base,
					  ring_bytes, protection, 0, &va) == 0);
	}
	CHECK(va);
	return va;
}

/* Every message comes back; what there is no room for waits until there is. */
static void echo(struct rt_event *event)
{
	struct rt_channel *c = (struct rt_channel *)event;
	struct urpc_msg m;

	while (urpc_can_send(&c->urpc) && !urpc_recv(&c->urpc, &m))
		CHECK(urpc_send(&c->urpc, m.type, m.payload, m.len) == 0);
	c->deaf = !urpc_can_send(&c->urpc);
	c->want_room = c->deaf;
	rt_channel_flush(c);
}

static void bound(const uint64_t *word)
{
	const uint32_t slots = (uint32_t)word[2];

	ring_bytes = urpc_ring_bytes(slots);
	tx = map_ring(word[3], RT_READ | RT_WRITE);
	rx = map_ring(word[4], RT_READ);
	CHECK(rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_URPC, ABI_DOMAIN_ROOT_BITS,
					ABI_DOMAIN_ROOT_BITS, 0, 1),
			ABI_SLOT_URPC, SLOT_CHANNEL, 0, word[0], 1, NULL) == 0);
	channel.event.handler = echo;
	CHECK(rt_channel_open(&channel, (void *)(tx + 8), (void *)rx, slots,
			      ROOT(SLOT_CHANNEL)) == -RT_EINVAL);
	CHECK(rt_channel_open(&channel, (void *)tx, (void *)rx, slots, ROOT(201)) == -RT_EPERM);
	CHECK(rt_channel_open(&channel, (void *)tx, (void *)rx, slots, ROOT(SLOT_CHANNEL)) == 0);
	CHECK(rt_waitset_add(&set, &channel.event) == 0);
	CHECK(kernel(ABI_KERNEL_BOUND, word[0], 0, 0) == 0);
}

static void unbound(const uint64_t *word)
{
	rt_channel_close(&channel);
	CHECK(rt_vspace_unmap(tx, ring_bytes) == 0 && rt_vspace_unmap(rx, ring_bytes) == 0);
	CHECK(rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, ABI_DOMAIN_ROOT_BITS, 0, 0, 0),
			SLOT_CHANNEL, 0, 0, 0, 0, NULL) == 0);
	CHECK(kernel(ABI_KERNEL_UNBOUND, word[0], 0, 0) == 0);
	over++;
}

static void notice(struct rt_event *event)
{
	struct rt_lmp_message m;

	while (!rt_lmp_receive((struct rt_lmp *)event, &m)) {
		CHECK(m.badge == ABI_LMP_KERNEL);
		if (m.kind == ABI_LMP_BIND)
			bound(m.word);
		else if (m.kind == ABI_LMP_UNBIND)
			unbound(m.word);
		else
			CHECK(false);
	}
}

static void *compute(void *argument)
{
	static struct check check = { .seed = 0x12345600 };

	while (over < ROUNDS) {
		check.turns = 100;
		CHECK(!check_registers(&check));
	}
	return argument;
}

static void serve(void)
{
	struct rt_thread *thread = busy ? start(compute, NULL) : NULL;

	rt_lmp_first.event.handler = notice;
	CHECK(rt_waitset_add(&set, &rt_lmp_first.event) == 0);
	CHECK(kernel(ABI_KERNEL_SERVE, ABI_SLOT_ENDPOINT, ABI_DOMAIN_ROOT_BITS, 0) == 0);
	while (over < ROUNDS)
		CHECK(rt_waitset_dispatch(&set, RT_NEVER) == 0);
	if (thread)
		join_all(&thread, 1);
}

void test_channel(void)
{
	serve();
}

void test_channel_busy(void)
{
	busy = true;
	serve();
}
