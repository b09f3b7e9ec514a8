// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Channels: binding, and the calls that never wait.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "chan.h"

#define ASSERT_SAME(field, other)                                                                  \
	_Static_assert(offsetof(struct remora_message, field) == offsetof(struct urpc_msg, other), \
		       "a message is the same for the device and for the transport")

ASSERT_SAME(type, type);
ASSERT_SAME(length, len);
ASSERT_SAME(payload, payload);
_Static_assert(sizeof(struct remora_message) == sizeof(struct urpc_msg), "a message");
_Static_assert(REMORA_PAYLOAD_MAX == URPC_PAYLOAD_BYTES, "a message");

static void unmap(struct remora_chan *chan)
{
	size_t bytes = (size_t)chan->info.ring_bytes;

	if (chan->rx)
		munmap(chan->rx, bytes);
	if (chan->tx)
		munmap(chan->tx, bytes);
}

static void *map_ring(const struct remora_chan *chan, int protection, uint64_t offset)
{
	void *ring = mmap(NULL, (size_t)chan->info.ring_bytes, protection, MAP_SHARED, chan->fd,
			  (off_t)offset);

	return ring == MAP_FAILED ? NULL : ring;
}

static int map(struct remora_chan *chan)
{
	const struct remora_channel *info = &chan->info;
	int err;

	if (!urpc_slots_valid(info->slots) || info->ring_bytes < urpc_ring_bytes(info->slots))
		return -EPROTO;
	chan->tx = map_ring(chan, PROT_READ | PROT_WRITE, info->tx_offset);
	if (!chan->tx)
		return -errno;
	chan->rx = map_ring(chan, PROT_READ, info->rx_offset);
	if (!chan->rx) {
		err = -errno;
		goto undo;
	}
	err = urpc_chan_init(&chan->urpc, chan->tx, chan->rx, info->slots);
	if (err)
		goto undo;
	chan->mapped = true;
	return 0;
undo:
	unmap(chan);
	return err;
}

REMORA_API int remora_chan_bind(struct remora_chan **chan, struct remora_partition *partition,
				uint32_t node, uint32_t service, uint32_t slots, uint32_t flags,
				struct remora_error *error)
{
	struct remora_bind request = {
		.size = sizeof(request),
		.flags = (flags & REMORA_BIND_MAPPED) | REMORA_BIND_CLOEXEC | REMORA_BIND_NONBLOCK,
		.node = node,
		.service = service,
		.slots = slots,
	};
	struct remora_chan *c;
	int err;

	if (flags & ~REMORA_BIND_MAPPED)
		return remora_error_set(error, -EINVAL, REMORA_R_FLAGS_UNKNOWN,
					"flags 0x%x: only REMORA_BIND_MAPPED was expected", flags);
	c = aligned_alloc(URPC_CACHE_LINE, sizeof(*c));
	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->fd = remora_ioctl(partition->fd, REMORA_IOC_BIND, &request);
	remora_error_copy(error, &request.error);
	if (c->fd < 0) {
		err = c->fd;
		goto free_chan;
	}
	c->info.size = sizeof(c->info);
	err = remora_ioctl(c->fd, REMORA_IOC_CHANNEL, &c->info);
	if (!err && flags & REMORA_BIND_MAPPED)
		err = map(c);
	if (err)
		goto close_fd;
	c->poll_cycles = c->info.poll_cycles;
	*chan = c;
	return 0;
close_fd:
	close(c->fd);
free_chan:
	free(c);
	return err;
}

REMORA_API void remora_chan_close(struct remora_chan *chan)
{
	if (!chan)
		return;
	unmap(chan);
	close(chan->fd);
	free(chan);
}

REMORA_API const struct remora_channel *remora_chan_info(const struct remora_chan *chan)
{
	return &chan->info;
}

REMORA_API int remora_chan_fd(const struct remora_chan *chan)
{
	return chan->fd;
}

REMORA_API struct urpc_chan *remora_chan_urpc(struct remora_chan *chan)
{
	return chan->mapped ? &chan->urpc : NULL;
}

REMORA_API void remora_chan_set_polling(struct remora_chan *chan, uint64_t cycles)
{
	chan->poll_cycles = cycles;
}

static int notify(struct remora_chan *chan)
{
	int err = remora_ioctl(chan->fd, REMORA_IOC_NOTIFY, NULL);

	return err < 0 ? err : 0;
}

static int write_message(struct remora_chan *chan, uint16_t type, const void *payload,
			 size_t length)
{
	struct remora_message message = { .type = type };
	ssize_t done;

	if (length > REMORA_PAYLOAD_MAX)
		return -EMSGSIZE;
	message.length = (uint16_t)length;
	if (length)
		memcpy(message.payload, payload, length);
	done = write(chan->fd, &message, sizeof(message));
	if (done < 0)
		return errno == EPIPE ? -EHOSTDOWN : -errno;
	return done == sizeof(message) ? 0 : -EPROTO;
}

static int read_message(struct remora_chan *chan, struct remora_message *message)
{
	ssize_t done = read(chan->fd, message, sizeof(*message));

	if (done < 0)
		return -errno;
	if (!done)
		return -EHOSTDOWN;
	return done == sizeof(*message) ? 0 : -EPROTO;
}

REMORA_API int remora_chan_queue(struct remora_chan *chan, uint16_t type, const void *payload,
				 size_t length)
{
	if (!chan->mapped)
		return write_message(chan, type, payload, length);
	return urpc_send(&chan->urpc, type, payload, length);
}

REMORA_API int remora_chan_flush(struct remora_chan *chan)
{
	if (!chan->mapped || !urpc_notify_needed(&chan->urpc))
		return 0;
	return notify(chan);
}

REMORA_API int remora_chan_try_send(struct remora_chan *chan, uint16_t type, const void *payload,
				    size_t length)
{
	int err = remora_chan_queue(chan, type, payload, length);

	return err ? err : remora_chan_flush(chan);
}

REMORA_API int remora_chan_try_recv(struct remora_chan *chan, struct remora_message *message)
{
	struct urpc_msg m;
	int err;

	if (!chan->mapped)
		return read_message(chan, message);
	err = urpc_recv(&chan->urpc, &m);
	if (err)
		return err;
	memcpy(message, &m, sizeof(m));
	/* The message is taken: a peer that died since is found out by the next call. */
	if (urpc_ack_notify_needed(&chan->urpc))
		notify(chan);
	return 0;
}

REMORA_API bool remora_chan_arm(struct remora_chan *chan)
{
	return !chan->mapped || urpc_arm(&chan->urpc);
}

REMORA_API void remora_chan_disarm(struct remora_chan *chan)
{
	if (chan->mapped)
		urpc_disarm(&chan->urpc);
}
