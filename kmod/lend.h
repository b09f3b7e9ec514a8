/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node 0's part in memory between nodes (abi/protocol/memserv.h): it has none itself, gives and takes memory for
 * Linux, and knows what is still in use elsewhere of a core that is gone. All under monitor.lock, in process
 * context.
 */
#ifndef REMORA_LEND_H
#define REMORA_LEND_H

#include <linux/types.h>

struct memserv;
struct node;
struct remora_lend;
struct remora_partition;

/** remora_lend_part - for remora_parts_init(). Return: 0, -ENOMEM, -EINVAL */
int remora_lend_part(struct remora_partition *p, struct node *n);
/** remora_lend_unpart - nothing without remora_lend_part() */
void remora_lend_unpart(struct remora_partition *p);

/** remora_lend_may_join - is it known what the others keep of the last node of that number? */
bool remora_lend_may_join(struct remora_partition *p, unsigned int node);

/** remora_memserv - to add memory and to take it; between remora_monitor_enter() and _exit(). NULL: there is none */
struct memserv *remora_memserv(struct remora_partition *p);

#endif
