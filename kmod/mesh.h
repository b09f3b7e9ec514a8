/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mesh: a link between the monitors of each two cores, and one of each to node 0.
 *
 * Node 0 makes all links, in channel memory, and takes them away when one of the two is gone. All of
 * that is done by a work, which is kicked whenever a core has come up or gone: it compares the links
 * there are with the cores that run. A core whose monitor takes no links is left without; what failed for
 * want of memory is tried again at the next kick, what failed for want of an answer after a while too.
 *
 * Links between cores may use a quarter of the channel memory, links to node 0 another one, so that
 * channels, control rings and lines of shootdowns find room however many cores there are.
 */
#ifndef REMORA_MESH_H
#define REMORA_MESH_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <abi/boot.h>

struct remora_partition;

/**
 * struct remora_running - what a work's turn goes by, by node
 * @epoch: of those that run, 0 for the others
 * @joined: it came later, and has no rings of CPU drivers
 * @skip:  no more links in this turn
 * @silent: somebody did not answer in time
 */
struct remora_running {
	u32 epoch[ABI_NODES_MAX];
	u32 apic_id[ABI_NODES_MAX];
	int numa[ABI_NODES_MAX];
	bool joined[ABI_NODES_MAX];
	bool skip[ABI_NODES_MAX];
	bool silent;
};

/**
 * struct remora_mesh
 * @lock:   held by the work, all through its calls to cores; taken outside partition->lock
 * @links:  under @lock
 * @retry_ms: until the next attempt with those that did not answer; begins anew with each kick
 * @running: under @lock
 * @bytes:  of channel memory, by links between cores and by those to node 0. Under @lock
 * @deaf:   by node: the epoch in which the core refused a link; 0: none. Under @lock
 * @lost:   by node: the epoch in which it closed a link: it keeps none. Under @lock
 * @closed: by node: bits of the peers whose links it closed; set in atomic context
 * @measured: how far packages are from each other, since a core came up beside none. Under @lock
 * @ending: no link is made any more
 */
struct remora_mesh {
	struct mutex lock;
	struct list_head links;
	struct delayed_work work;
	unsigned int retry_ms;
	struct remora_running running;
	u64 bytes[2];
	u32 deaf[ABI_NODES_MAX];
	u32 lost[ABI_NODES_MAX];
	unsigned long closed[ABI_NODES_MAX];
	bool measured;
	bool ending;
};

/** remora_mesh_init - once for a new partition object */
void remora_mesh_init(struct remora_partition *p);

/** remora_mesh_kick - a core has come up or gone. Any context. */
void remora_mesh_kick(struct remora_partition *p);

/**
 * remora_mesh_closed - a core says that it closed its link to another monitor: broken, or its own is gone
 * Its links go, and it goes out of the view. Atomic context, in the order of the core's answers.
 */
void remora_mesh_closed(struct remora_partition *p, unsigned int node, unsigned int peer);

/**
 * remora_mesh_end - all cores are silent: free what is left, make no more
 * Context: process; the caller does not hold p->lock. A second call does nothing.
 */
void remora_mesh_end(struct remora_partition *p);

#endif
