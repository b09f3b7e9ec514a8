// SPDX-License-Identifier: GPL-2.0-only
/*
 * The same two programs without binding: two rings laid by hand into memory that the client gives the
 * server, and urpc/chan.h on them. It is what a bound channel is compared with, so nothing is added.
 */
#include <lib/error.h>
#include <lib/share.h>
#include <lib/thread.h>

#include <abi/protocol/agree_types.h>

#include "pair.h"

#define TRIES 2000u /* until the server waits for it */
#define TRY_NS 1000000u
#define PAGE 4096u

static uint64_t ring_bytes(uint32_t slots)
{
	return (urpc_ring_bytes(slots) + PAGE - 1) / PAGE * PAGE;
}

/* The client's ring is the first one; a new frame is zero. */
static int lay(struct urpc_chan *c, uint32_t slot, uint32_t slots, bool client)
{
	uint64_t bytes = ring_bytes(slots), va = 0;
	struct urpc_ring *ring[2];
	int rc;

	rc = rt_vspace_map_frame(rt_slot_at(slot), 0, 2 * bytes, RT_READ | RT_WRITE, 0, &va);
	if (rc)
		return rc;
	ring[0] = (struct urpc_ring *)va;
	ring[1] = (struct urpc_ring *)(va + bytes);
	return urpc_chan_init(c, ring[!client], ring[client], slots);
}

int raw_give(struct urpc_chan *c, const char *server, uint32_t slots)
{
	struct rt_piece frame;
	struct rt_name to;
	int rc = rt_name_get(server, &to);

	if (!rc)
		rc = rt_piece_new(ABI_CAP_FRAME, 2 * ring_bytes(slots), &frame);
	if (!rc)
		rc = lay(c, frame.slot, slots, true);
	for (unsigned int i = 0; !rc && i < TRIES; i++) {
		rc = rt_share_give(rt_slot_at(frame.slot), to.node, to.domain, ABI_CAP_RW);
		if (rc != ABI_CAP_E_OCCUPIED)
			return rc;
		rt_sleep_ns(TRY_NS);
		rc = 0;
	}
	return rc ? rc : -RT_ETIMEDOUT;
}

int raw_take(struct urpc_chan *c, uint32_t slots)
{
	struct rt_share_taken taken;
	uint32_t slot = rt_slot_alloc();
	int rc = rt_share_take(rt_slot_at(slot), &taken);

	return rc ? rc : lay(c, slot, slots, false);
}

int raw_send(struct urpc_chan *c, uint16_t type, const void *data, uint32_t bytes)
{
	int rc;

	while ((rc = urpc_send(c, type, data, bytes)) == -URPC_EAGAIN)
		__builtin_ia32_pause();
	return rc;
}

int raw_receive(struct urpc_chan *c, struct urpc_msg *m)
{
	unsigned int i;
	int rc;

	while ((rc = urpc_recv(c, m)) == -URPC_EAGAIN) {
		for (i = 0; i < RAW_POLLS && !urpc_can_recv(c); i++)
			__builtin_ia32_pause();
		if (i == RAW_POLLS)
			return -RT_ETIMEDOUT;
	}
	return rc;
}
