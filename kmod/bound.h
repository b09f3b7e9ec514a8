/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Channels between programs of two cores, or of Linux and a core, which node 0 brokers: abi/protocol/bind.h says which there
 * are to be, this makes them, in channel memory, and takes them away.
 *
 * Asking a core takes time, so a work does it, without the monitor's lock. A channel's rings are freed
 * when neither core can write them, as those of links (mesh.h); they use at most a quarter of the channel
 * memory. What a core has not confirmed is tried again when it is gone.
 */
#ifndef REMORA_BOUND_H
#define REMORA_BOUND_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/workqueue.h>

struct bind;
struct node;
struct remora_broker;
struct remora_chan;
struct remora_core;
struct remora_partition;

/**
 * struct remora_bounds
 * @lock:   @list and what of its entries others than the work write; spinlock, taken last
 * @list:   of struct remora_bound; entries are removed by the work alone
 * @bytes:  of channel memory. The work's own
 * @number: of the last end of Linux's. Under monitor.lock
 * @broker: the machine and its tables. Under monitor.lock
 * @ending: no channel is made any more
 */
struct remora_bounds {
	spinlock_t lock;
	struct list_head list;
	struct work_struct work;
	u64 bytes;
	u32 number;
	struct remora_broker *broker;
	bool ending;
};

/** remora_bounds_init - once for a new partition object */
void remora_bounds_init(struct remora_partition *p);

/** remora_bounds_part - let the node of node 0 bind. Under monitor.lock. Return: 0, -ENOMEM, -EINVAL. */
int remora_bounds_part(struct remora_partition *p, struct node *n);
/** remora_bounds_unpart - the node runs no more. Under monitor.lock; nothing when it did not bind */
void remora_bounds_unpart(struct remora_partition *p);

/** remora_bounds_kick - a core is gone: what waited for that is freed. Any context. */
void remora_bounds_kick(struct remora_partition *p);

/**
 * remora_bounds_closed - a core says that it forgot a channel unasked: its monitor is over
 * Programs there may still have its rings: they stay until the core is silent. Atomic context.
 */
void remora_bounds_closed(struct remora_core *core, u32 number);

/** remora_broker_bind - node 0's machine, while remora_monitor_enter() is held */
struct bind *remora_broker_bind(struct remora_partition *p);

/**
 * remora_bound_attach - Linux's end of a channel is open: @chan has its rings
 * @end: as remora_broker_made() named it. Under monitor.lock, from where the machine tells.
 */
void remora_bound_attach(struct remora_partition *p, u32 end, struct remora_chan *chan);
/** remora_bound_detach - it has them no more; nothing when it had none. Under shared_memory.lock */
void remora_bound_detach(struct remora_chan *chan);

/**
 * remora_bounds_end - all cores are silent, and the machine is gone: free what is left
 * Context: process, without p->lock and monitor.lock; after remora_monitor_end(), as nobody but the work
 * looks at the channels then.
 */
void remora_bounds_end(struct remora_partition *p);

#endif
