/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Shootdowns by message: node 0 plans a run, has its cores open it, lets the rounds be done or does
 * them itself, and has the run closed. See abi/shootdown.h for what the cores are told.
 */
#ifndef REMORA_SHOOTDOWN_H
#define REMORA_SHOOTDOWN_H

#include <linux/mutex.h>

#include <abi/boot.h>
#include "memory.h"

struct file;
struct remora_partition;

/**
 * struct remora_shoot - shootdowns of a partition
 * @lock:   held all through a run; partition->lock is taken inside. Protects what follows
 * @ending: no run begins any more, and the one under way ends; also read without the lock
 * @serial: number of the last run
 * @rooms:  nodes that have a room, node 0 with them; 0: nothing is allocated
 * @common: a room for every node, node 0's first; allocated by the first run, kept to the end or
 *          until there are more nodes
 * @near:   by node: a room on the core's NUMA node
 * @run:    by node: the run that the core may have open, while its control node is in @epoch; 0: none
 */
struct remora_shoot {
	struct mutex lock;
	bool ending;
	u32 serial;
	unsigned int rooms;
	struct remora_region common;
	struct remora_region near[ABI_NODES_MAX];
	u32 run[ABI_NODES_MAX];
	u32 epoch[ABI_NODES_MAX];
};

/** remora_shootdown_init - once for a new partition object */
void remora_shootdown_init(struct remora_partition *p);

/**
 * remora_shootdown_end - end a run that is under way, let none begin, free the rooms
 * All cores are silent. Context: process; the caller does not hold p->lock. Does nothing the second
 * time.
 */
void remora_shootdown_end(struct remora_partition *p);

/** remora_device_shootdown - REMORA_IOC_SHOOTDOWN */
long remora_device_shootdown(struct file *file, void *arg, struct remora_error *err);

#endif
