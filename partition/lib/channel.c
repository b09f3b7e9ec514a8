// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <abi/lmp.h>
#include <lib/channel.h>
#include <lib/lmp.h>

static struct rt_channel *channel_of(struct rt_event *event)
{
	return (struct rt_channel *)event;
}

static bool ready(struct rt_event *event)
{
	struct rt_channel *c = channel_of(event);

	if (c->over && !urpc_can_recv(&c->urpc))
		c->urpc.broken = true;
	return c->urpc.broken || (!c->deaf && urpc_can_recv(&c->urpc)) ||
	       (c->want_room && (c->over || urpc_has_room(&c->urpc, c->want_room)));
}

static void disarm(struct rt_event *event)
{
	urpc_disarm(&channel_of(event)->urpc);
}

static bool arm(struct rt_event *event)
{
	struct rt_channel *c = channel_of(event);

	return (c->deaf || urpc_arm(&c->urpc)) &&
	       (!c->want_room || urpc_arm_room(&c->urpc, c->want_room));
}

static const struct rt_event_kind kind = {
	.ready = ready, .arm = arm, .disarm = disarm, .outside = true, .other_core = true,
};

/* Polling while the other end cannot run is of no use. */
static const struct rt_event_kind near_kind = {
	.ready = ready, .arm = arm, .disarm = disarm, .outside = true,
};

static int64_t object(const struct rt_channel *channel, uint32_t op)
{
	return rt_object(ABI_OBJECT_WORD(op, channel->cap.depth), channel->cap.address, 0, 0, 0, 0,
			 NULL);
}

int rt_channel_open_near(struct rt_channel *channel, struct urpc_ring *tx,
			 const struct urpc_ring *rx, uint32_t slots, struct abi_cap_at cap)
{
	channel->event.kind = &near_kind;
	channel->event.set = NULL;
	channel->want_room = 0;
	channel->deaf = false;
	channel->near = true;
	channel->over = false;
	channel->cap = cap;
	return urpc_chan_init(&channel->urpc, tx, rx, slots) ? -RT_EINVAL : 0;
}

int rt_channel_open(struct rt_channel *channel, struct urpc_ring *tx, const struct urpc_ring *rx,
		    uint32_t slots, struct abi_cap_at cap)
{
	int rc = rt_channel_open_near(channel, tx, rx, slots, cap);

	channel->event.kind = &kind;
	channel->near = false;
	if (rc)
		return rc;
	return object(channel, ABI_URPC_WAKE) ? -RT_EPERM : 0;
}

/* Who has no room for one more message there is awake, and looks. */
static void tell_near(const struct rt_channel *channel)
{
	const uint64_t word = ABI_LMP_STREAM;

	rt_lmp_send(channel->cap, &word, 1, (struct abi_cap_at){ 0 });
}

void rt_channel_flush(struct rt_channel *channel)
{
	if (!urpc_notify_needed(&channel->urpc) || channel->over)
		return;
	if (channel->near)
		tell_near(channel);
	else
		object(channel, ABI_URPC_NOTIFY);
}

void rt_channel_close(struct rt_channel *channel)
{
	rt_waitset_remove(&channel->event);
}
