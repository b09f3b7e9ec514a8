/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who calls whom in a shootdown. Pure: runs in the module and in host tests.
 */
#ifndef REMORA_SHOOTDOWN_TREE_H
#define REMORA_SHOOTDOWN_TREE_H

#include <linux/remora.h>
#include <abi/boot.h>
#include "pure.h"

/**
 * struct remora_machine - where the nodes are, by node number; node 0 is where the caller runs
 * @package:  number of the processor package
 * @numa:     NUMA node
 * @distance: between two NUMA nodes, greater is farther
 */
struct remora_machine {
	unsigned int package[ABI_NODES_MAX];
	int numa[ABI_NODES_MAX];
	int (*distance)(int from, int to);
};

/** struct remora_edge - node @from calls node @to */
struct remora_edge {
	u8 from;
	u8 to;
};

/**
 * struct remora_tree - one edge to every recipient
 * Edges are in the order of calling; those of the initiator come before those of aggregation cores,
 * so that no edge comes before the one that leads to its @from.
 */
struct remora_tree {
	unsigned int count;
	struct remora_edge edge[ABI_NODES_MAX];
};

/**
 * remora_tree_make - plan a shootdown
 * @protocol:   enum remora_shootdown_protocol
 * @initiator:  node number
 * @recipients: bits of node numbers, not the initiator's
 *
 * BROADCAST and UNICAST: the initiator calls all, by node number. MULTICAST: it calls the lowest
 * node of each other package, which calls the others there, then those of its own package, being
 * their aggregation core itself. NUMA_MULTICAST: the same, farthest first on both levels.
 */
void remora_tree_make(const struct remora_machine *machine, unsigned int protocol,
		      unsigned int initiator, u64 recipients, struct remora_tree *tree);

#endif
