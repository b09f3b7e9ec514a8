/* SPDX-License-Identifier: GPL-2.0-only */
/* A mapped channel, run by the transport in this process. */
#ifndef RT_MAPPED_H
#define RT_MAPPED_H

#include <linux/remora.h>
#include <urpc/chan.h>

struct rt_mapped {
	int fd;
	struct remora_channel info;
	struct urpc_ring *tx;
	const struct urpc_ring *rx;
	struct urpc_chan chan;
};

/** rt_map - bind with REMORA_BIND_MAPPED and map both rings. 0 or -errno, nothing left behind */
int rt_map(int partition, unsigned int node, unsigned int service, unsigned int slots,
	   struct rt_mapped *m);
void rt_unmap(struct rt_mapped *m);

/** rt_mapped_echo - @count round trips; polls, rings the doorbell when told to, sleeps in poll() */
int rt_mapped_echo(struct rt_mapped *m, unsigned int count);

/** rt_notify - ring the core. 0, also when it has seen and closed a spoilt channel before; -errno */
int rt_notify(const struct rt_mapped *m);

#endif
