// SPDX-License-Identifier: GPL-2.0-only
/* Mapped channels. */
#define _GNU_SOURCE
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mapped.h"
#include "support.h"

int rt_map(int partition, unsigned int node, unsigned int service, unsigned int slots,
	   struct rt_mapped *m)
{
	void *tx, *rx;
	int ret;

	memset(m, 0, sizeof(*m));
	m->fd = rt_bind(partition, node, service, REMORA_BIND_MAPPED | REMORA_BIND_CLOEXEC, slots,
			NULL);
	if (m->fd < 0)
		return m->fd;
	m->info.size = sizeof(m->info);
	if (ioctl(m->fd, REMORA_IOC_CHANNEL, &m->info) < 0)
		goto close_fd;
	tx = mmap(NULL, m->info.ring_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->fd,
		  (off_t)m->info.tx_offset);
	if (tx == MAP_FAILED)
		goto close_fd;
	rx = mmap(NULL, m->info.ring_bytes, PROT_READ, MAP_SHARED, m->fd,
		  (off_t)m->info.rx_offset);
	if (rx == MAP_FAILED)
		goto unmap_tx;
	m->tx = tx;
	m->rx = rx;
	return urpc_chan_init(&m->chan, tx, rx, m->info.slots);

unmap_tx:
	ret = errno;
	munmap(tx, m->info.ring_bytes);
	errno = ret;
close_fd:
	ret = -errno;
	close(m->fd);
	m->fd = -1;
	return ret;
}

void rt_unmap(struct rt_mapped *m)
{
	if (m->fd < 0)
		return;
	munmap((void *)m->tx, m->info.ring_bytes);
	munmap((void *)m->rx, m->info.ring_bytes);
	close(m->fd);
	m->fd = -1;
}

/* Sleeps until a message came; 0, or -errno. */
static int mapped_wait(struct rt_mapped *m)
{
	struct pollfd p = { .fd = m->fd, .events = POLLIN };
	int ret = 0;

	if (!urpc_arm(&m->chan))
		return 0;
	if (poll(&p, 1, RT_PATIENT_MS) != 1)
		ret = -ETIMEDOUT;
	else if (p.revents & POLLHUP)
		ret = -EHOSTDOWN;
	urpc_disarm(&m->chan);
	return ret;
}

int rt_mapped_echo(struct rt_mapped *m, unsigned int count)
{
	struct urpc_msg in;
	int ret;

	for (unsigned int i = 0; i < count; i++) {
		__u64 payload[7] = { i, ~(__u64)i, i * 3, 4, 5, 6, 7 };

		ret = urpc_send(&m->chan, (uint16_t)i, payload, i % 57);
		if (ret)
			return ret;
		if (urpc_notify_needed(&m->chan) && ioctl(m->fd, REMORA_IOC_NOTIFY) < 0)
			return -errno;
		while ((ret = urpc_recv(&m->chan, &in)) == -URPC_EAGAIN) {
			ret = mapped_wait(m);
			if (ret)
				return ret;
		}
		if (ret)
			return ret;
		if (in.type != (uint16_t)i || in.len != i % 57 ||
		    memcmp(in.payload, payload, in.len))
			return -EBADMSG;
	}
	return 0;
}

int rt_notify(const struct rt_mapped *m)
{
	return ioctl(m->fd, REMORA_IOC_NOTIFY) && errno != EPROTO ? -errno : 0;
}
