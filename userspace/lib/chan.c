// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Channels: binding, and the calls that never wait. Those for many or long messages are in bulk.c.
 */
#include <errno.h>
#include <fcntl.h>
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

int remora_chan_open(struct remora_chan **chan, int fd, bool map_it)
{
	struct remora_chan *c = aligned_alloc(URPC_CACHE_LINE, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->fd = fd;
	c->info.size = sizeof(c->info);
	err = remora_ioctl(fd, REMORA_IOC_CHANNEL, &c->info);
	if (!err && map_it)
		err = map(c);
	if (err) {
		free(c);
		return err;
	}
	c->poll_cycles = c->info.poll_cycles;
	*chan = c;
	return 0;
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
	int err, fd;

	if (flags & ~REMORA_BIND_MAPPED)
		return remora_error_set(error, -EINVAL, REMORA_R_FLAGS_UNKNOWN,
					"flags 0x%x: only REMORA_BIND_MAPPED was expected", flags);
	fd = remora_ioctl(partition->fd, REMORA_IOC_BIND, &request);
	remora_error_copy(error, &request.error);
	if (fd < 0)
		return fd;
	err = remora_chan_open(chan, fd, flags & REMORA_BIND_MAPPED);
	if (err)
		close(fd);
	return err;
}

REMORA_API int remora_chan_adopt(struct remora_chan **chan, int fd)
{
	int flags = fcntl(fd, F_GETFL), err;

	if (flags < 0)
		return -errno;
	/* Only a channel bound for it can be mapped: the module says EBUSY to the others. */
	err = remora_chan_open(chan, fd, true);
	if (err == -EBUSY)
		err = remora_chan_open(chan, fd, false);
	if (!err && !(flags & O_NONBLOCK))
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
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
		return -errno;
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
	return remora_ioctl(chan->fd, REMORA_IOC_NOTIFY, NULL);
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
	remora_chan_acked(chan);
	return 0;
}

void remora_chan_acked(struct remora_chan *chan)
{
	if (urpc_ack_notify_needed(&chan->urpc))
		remora_ioctl(chan->fd, REMORA_IOC_NOTIFY, NULL);
}

REMORA_API bool remora_chan_arm_for(struct remora_chan *chan, short events)
{
	if (!chan->mapped)
		return true;
	if ((events & POLLIN) && !urpc_arm(&chan->urpc))
		return false;
	if ((events & POLLOUT) && !urpc_arm_send(&chan->urpc)) {
		urpc_disarm(&chan->urpc);
		return false;
	}
	/* Arming acknowledged all that was received: the peer may sleep for room. */
	remora_chan_acked(chan);
	return true;
}

REMORA_API bool remora_chan_arm(struct remora_chan *chan)
{
	return remora_chan_arm_for(chan, POLLIN);
}

REMORA_API void remora_chan_disarm(struct remora_chan *chan)
{
	if (chan->mapped)
		urpc_disarm(&chan->urpc);
}
