/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mesh: a link between the monitors of each two cores, and one of each to node 0.
 *
 * Node 0 makes all links, in channel memory, and takes them away when one of the two is gone. All of
 * that is done by a work, which is kicked whenever a core has come up or gone: it compares the links
 * there are with the cores that run. A core whose monitor takes no links is left without.
 */
#ifndef REMORA_MESH_H
#define REMORA_MESH_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/workqueue.h>

#include <abi/boot.h>

struct remora_partition;

/**
 * struct remora_mesh
 * @lock:   held by the work, all through its calls to cores; taken outside partition->lock
 * @links:  under @lock
 * @deaf:   by node: the epoch in which the core takes no links; 0: none. Under @lock
 * @ending: no link is made any more
 */
struct remora_mesh {
	struct mutex lock;
	struct list_head links;
	struct work_struct work;
	u32 deaf[ABI_NODES_MAX];
	bool ending;
};

/** remora_mesh_init - once for a new partition object */
void remora_mesh_init(struct remora_partition *p);

/** remora_mesh_kick - a core has come up or gone. Any context. */
void remora_mesh_kick(struct remora_partition *p);

/**
 * remora_mesh_end - all cores are silent: free what is left, make no more
 * Context: process; the caller does not hold p->lock. A second call does nothing.
 */
void remora_mesh_end(struct remora_partition *p);

#endif
