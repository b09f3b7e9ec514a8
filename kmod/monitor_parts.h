/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What belongs to node 0's node beside membership: the machines that are added to it, and whom its name
 * service and its agreements talk to here. All under monitor.lock, in process context.
 */
#ifndef REMORA_MONITOR_PARTS_H
#define REMORA_MONITOR_PARTS_H

#include <abi/protocol/node.h>

struct remora_partition;

/** remora_parts_init - node_add() the other machines of node 0. Return: 0 or -ENOMEM, then nothing is left */
int remora_parts_init(struct remora_partition *p, struct node *n);
/** remora_parts_exit - the node is about to go; nothing when remora_parts_init() has not been called */
void remora_parts_exit(struct remora_partition *p);

/* Their ctx is the partition's struct remora_monitor. */
extern const struct names_hooks remora_names_hooks;

/* Linux has no capabilities: it takes part in agreements as one that has nothing. Without ctx. */
extern const struct agree_local remora_agree_local;

#endif
