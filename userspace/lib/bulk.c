// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Channels: several messages a call, and messages over several slots.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include <urpc/bulk.h>

#include "wait.h"

static uint32_t clip(uint32_t count)
{
	return count > INT_MAX ? INT_MAX : count;
}

/* What read() or write() of messages did. */
static int messages_done(ssize_t bytes)
{
	return bytes < 0 ? -errno : (int)(bytes / (ssize_t)sizeof(struct remora_message));
}

/* ---- batches ---- */

REMORA_API int remora_chan_try_send_batch(struct remora_chan *chan,
					  const struct remora_message *messages, uint32_t count)
{
	int done, err;

	count = clip(count);
	if (!count)
		return 0;
	if (!chan->mapped)
		return messages_done(write(chan->fd, messages, count * sizeof(*messages)));
	/* The two structures are the same, as is asserted in chan.c. */
	done = urpc_send_batch(&chan->urpc, (const struct urpc_msg *)messages, count);
	err = remora_chan_flush(chan);
	return done > 0 && err ? err : done;
}

REMORA_API int remora_chan_try_recv_batch(struct remora_chan *chan,
					  struct remora_message *messages, uint32_t count)
{
	int done;

	count = clip(count);
	if (!count)
		return 0;
	if (!chan->mapped)
		return messages_done(read(chan->fd, messages, count * sizeof(*messages)));
	done = urpc_recv_batch(&chan->urpc, (struct urpc_msg *)messages, count);
	remora_chan_acked(chan);
	return done;
}

/* A batch that is waited for; @done messages of it are through. */
struct batch {
	struct remora_wait wait;
	const struct remora_message *out;
	struct remora_message *in;
	uint32_t count;
	uint32_t done;
};

static int attempt_send(struct remora_wait *wait)
{
	struct batch *b = (struct batch *)wait;
	int done = remora_chan_try_send_batch(wait->chan, b->out + b->done, b->count - b->done);

	if (done < 0)
		return done;
	b->done += (uint32_t)done;
	return b->done < b->count ? -EAGAIN : 0;
}

static int attempt_recv(struct remora_wait *wait)
{
	struct batch *b = (struct batch *)wait;
	int done = remora_chan_try_recv_batch(wait->chan, b->in, b->count);

	if (done < 0)
		return done;
	b->done = (uint32_t)done;
	return 0;
}

static const struct remora_wait_for batch_out = { attempt_send, POLLOUT, NULL };
static const struct remora_wait_for batch_in = { attempt_recv, POLLIN, NULL };

static int run_batch(struct batch *b)
{
	int err = remora_wait_run(&b->wait);

	return b->done ? (int)b->done : err;
}

REMORA_API int remora_chan_send_batch(struct remora_chan *chan,
				      const struct remora_message *messages, uint32_t count,
				      int timeout_ms)
{
	struct batch b = {
		.wait = { chan, &batch_out, timeout_ms, 0 },
		.out = messages,
		.count = clip(count),
	};

	return run_batch(&b);
}

REMORA_API int remora_chan_recv_batch(struct remora_chan *chan, struct remora_message *messages,
				      uint32_t count, int timeout_ms)
{
	struct batch b = {
		.wait = { chan, &batch_in, timeout_ms, 0 },
		.in = messages,
		.count = clip(count),
	};

	return run_batch(&b);
}

/* ---- long messages ---- */

/* @buffer, @room, @length, @type: of the message, in either direction */
struct long_wait {
	struct remora_wait wait;
	const void *payload;
	void *buffer;
	size_t room;
	size_t *length;
	uint16_t *type;
	uint16_t send_type;
};

REMORA_API size_t remora_chan_long_max(const struct remora_chan *chan)
{
	return chan->mapped ? urpc_long_max(chan->info.slots) : REMORA_PAYLOAD_MAX;
}

static int attempt_send_long(struct remora_wait *wait)
{
	const struct long_wait *l = (struct long_wait *)wait;
	struct remora_chan *chan = wait->chan;
	int err;

	if (!chan->mapped)
		return remora_chan_try_send(chan, l->send_type, l->payload, l->room);
	err = urpc_send_long(&chan->urpc, l->send_type, l->payload, l->room);
	return err ? err : remora_chan_flush(chan);
}

static bool arm_send_long(struct remora_wait *wait)
{
	const struct long_wait *l = (struct long_wait *)wait;

	return !wait->chan->mapped || urpc_arm_room(&wait->chan->urpc, urpc_slots_of(l->room));
}

static int attempt_recv_long(struct remora_wait *wait)
{
	const struct long_wait *l = (struct long_wait *)wait;
	struct remora_chan *chan = wait->chan;
	struct remora_message m;
	int err;

	if (chan->mapped) {
		err = urpc_recv_long(&chan->urpc, l->type, l->buffer, l->room, l->length);
		remora_chan_acked(chan);
		return err;
	}
	err = remora_chan_try_recv(chan, &m);
	if (err)
		return err;
	*l->type = m.type;
	*l->length = m.length;
	memcpy(l->buffer, m.payload, m.length);
	return 0;
}

static const struct remora_wait_for long_out = { attempt_send_long, POLLOUT, arm_send_long };
static const struct remora_wait_for long_in = { attempt_recv_long, POLLIN, NULL };

REMORA_API int remora_chan_send_long(struct remora_chan *chan, uint16_t type, const void *payload,
				     size_t length, int timeout_ms)
{
	struct long_wait l = {
		.wait = { chan, &long_out, timeout_ms, 0 },
		.payload = payload,
		.room = length,
		.send_type = type,
	};
	int err = length > remora_chan_long_max(chan) ? -EMSGSIZE : attempt_send_long(&l.wait);

	return err == -EAGAIN ? remora_wait_run(&l.wait) : err;
}

REMORA_API int remora_chan_recv_long(struct remora_chan *chan, uint16_t *type, void *buffer,
				     size_t room, size_t *length, int timeout_ms)
{
	struct long_wait l = {
		.wait = { chan, &long_in, timeout_ms, 0 },
		.buffer = buffer,
		.room = room,
		.length = length,
		.type = type,
	};

	/* What read() took cannot be put back. */
	if (!chan->mapped && room < REMORA_PAYLOAD_MAX)
		return -EINVAL;
	return remora_wait_run(&l.wait);
}
