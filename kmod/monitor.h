/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node 0's monitor: it leads the views of a partition, and has its part in all that the monitors do
 * together, see abi/protocol/node.h.
 *
 * The protocol runs in a work, under a lock of its own that no life cycle call holds, and looks at what the
 * cores do without their lock: a core can be asked to leave, and be waited for, under p->lock.
 */
#ifndef REMORA_MONITOR_H
#define REMORA_MONITOR_H

#include <linux/mutex.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <abi/boot.h>
#include <abi/if/fault.h>

struct node;
struct node_part;
struct remora_core;
struct remora_machines;
struct remora_partition;
struct remora_uplink;
struct urpc_ring;

/**
 * struct remora_monitor
 * @lock:   protects what follows but @link for readers; taken inside p->lock and mesh.lock
 * @work:   takes messages, does what is due
 * @machines, @node: NULL until somebody needs them
 * @buffer: one message
 * @link:   by node; under RCU for readers
 * @wanted: by node: the epoch that is to be a member; 0: none
 * @asked:  by node: the epoch that was asked to join; once, as one that went does not come back
 * @fault_node, @fault: a core that is to be told of a fault when it has a link; 0: none
 * @bench:  of agreements, for tests
 * @ending: nothing is done any more
 * @wait:   for views
 * @number, @members: of the installed view, also read without the lock
 * @unsettled: members that may have memory of nodes that are in no view; written before @members
 */
struct remora_monitor {
	struct mutex lock;
	struct delayed_work work;
	struct remora_machines *machines;
	struct node *node;
	void *buffer;
	struct remora_uplink __rcu *link[ABI_NODES_MAX];
	u32 wanted[ABI_NODES_MAX];
	u32 asked[ABI_NODES_MAX];
	unsigned int fault_node;
	struct fault_arm fault;
	struct node_part *bench;
	bool ending;
	wait_queue_head_t wait;
	u32 number;
	u64 members;
	u64 unsettled;
};

/** remora_monitor_init - once for a new partition object */
void remora_monitor_init(struct remora_partition *p);

/**
 * remora_monitor_link - a core's link to node 0 is made
 * Context: process, as the next ones. Return: 0, -ENOMEM, -EINVAL, -ESHUTDOWN: it is not linked.
 */
int remora_monitor_link(struct remora_partition *p, unsigned int node, u32 epoch,
			 struct urpc_ring *tx, struct urpc_ring *rx);
/** remora_monitor_unlink - the rings are about to go, the core is dead; nothing when not linked */
void remora_monitor_unlink(struct remora_partition *p, unsigned int node);

/** remora_monitor_join - its links to all others are made: it is to be a member */
void remora_monitor_join(struct remora_partition *p, unsigned int node, u32 epoch);

/**
 * remora_monitor_enter - node 0, to call its machines: names_submit(&n->names, ...) and so on
 * It knows the time: n->now. monitor.lock is held until remora_monitor_exit(); what the machines tell comes
 * under it too, there and in the work. Context: process; not where the machines tell.
 * Return: NULL: there is no memory, or the partition ends; nothing is held.
 */
struct node *remora_monitor_enter(struct remora_partition *p);
/** remora_monitor_exit - the machines are run on at once */
void remora_monitor_exit(struct remora_partition *p);

/**
 * remora_monitor_leave - a core is about to be stopped: let the others go on without it
 * Waits for the view without it, bounded, also when it crashes on the way. Context: process, under p->lock.
 */
void remora_monitor_leave(struct remora_core *core);

/**
 * remora_monitor_bury - cores that do not run are out of the view: the mesh would tell of them, and waits for p->lock
 * Context: process, under p->lock.
 */
void remora_monitor_bury(struct remora_partition *p);

/**
 * remora_monitor_forget - a core was stopped, and its memory is about to be used for something else
 * Waits until no other core has a capability for it, or a mapping: until all who stay have said that they
 * forgot it. Who does not within 10 s is stopped. Context: process, under p->lock.
 */
void remora_monitor_forget(struct remora_core *core);

/**
 * remora_monitor_fault - have core @node fail at a message
 * At once, or before anything else when it is linked. The latest one counts. Context: process.
 */
void remora_monitor_fault(struct remora_partition *p, unsigned int node,
			  const struct fault_arm *fault);

/**
 * struct remora_monitor_counts - for who looks at node 0; all 0 before it has begun
 * @taken, @dropped, @broken: messages handled, of nodes that were out of the view, refused; these only grow
 * @agreements: attempts at agreements under way; @names: names that there are now
 */
struct remora_monitor_counts {
	u64 taken;
	u64 dropped;
	u64 broken;
	u32 agreements;
	u32 names;
};

/**
 * remora_monitor_measured - what was measured between packages, as route_distances() wants it
 * Nothing when node 0 is not alone in its view, or has not begun. Context: process.
 */
void remora_monitor_measured(struct remora_partition *p, const u32 *cycles);

/**
 * remora_monitor_distances - the rows of the matrix of distances between packages, as text
 * @unit: of them, instead. Return: bytes. Context: process.
 */
int remora_monitor_distances(struct remora_partition *p, char *buf, bool unit);

/** remora_monitor_counts - read them. Context: process. */
void remora_monitor_counts(struct remora_partition *p, struct remora_monitor_counts *counts);

/** remora_monitor_look - a doorbell came. Atomic context, under rcu_read_lock(). */
void remora_monitor_look(struct remora_partition *p);

/** remora_monitor_end - nothing is linked any more. Without p->lock; a second call does nothing. */
void remora_monitor_end(struct remora_partition *p);

#endif
