/* SPDX-License-Identifier: GPL-2.0-only */
/* What monitor.c, which moves messages, and monitor_node.c, which has the machines, share. */
#ifndef REMORA_MONITOR_PRIV_H
#define REMORA_MONITOR_PRIV_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/rcupdate.h>

#include <abi/protocol/node.h>
#include <urpc/chan.h>

#include "monitor.h"
#include "partition.h"

/**
 * struct remora_uplink - the link to one core's monitor
 * @tx, @rx: constant; also used under RCU
 * @end, @queue, @queued: under monitor.lock
 * @overrun: it takes no messages; the work looks at it
 * @broken:  it broke a protocol, or was fenced: nothing of it counts any more
 * @full:    batches in a row that it had more than
 * @why:     what it is or was suspected of; 0: nothing
 */
struct remora_uplink {
	struct remora_core *core;
	u32 epoch;
	struct urpc_ring *tx;
	struct urpc_ring *rx;
	struct urpc_chan end;
	struct list_head queue;
	unsigned int queued;
	bool overrun;
	bool broken;
	unsigned int full;
	enum view_reason why;
};

static inline struct remora_partition *remora_monitor_partition(struct remora_monitor *m)
{
	return container_of(m, struct remora_partition, monitor);
}

static inline struct remora_uplink *remora_uplink(struct remora_monitor *m, unsigned int node)
{
	return rcu_dereference_protected(m->link[node], lockdep_is_held(&m->lock));
}

/** remora_monitor_us - the node's clock */
static inline u64 remora_monitor_us(void)
{
	return ktime_get_ns() / NSEC_PER_USEC;
}

/**
 * remora_machines_begin - node 0 begins: m->node
 * @port: to the links. Under monitor.lock, as the next one. Return: 0, -ENOMEM, -EINVAL.
 */
int remora_machines_begin(struct remora_monitor *m, const struct protocol_port *port);
/** remora_machines_end - it ends; nothing when it has not begun */
void remora_machines_end(struct remora_monitor *m);

/** remora_machines_package - the number that the nodes know the package of a core by */
u32 remora_machines_package(const struct remora_monitor *m, const struct remora_core *core);

#endif
