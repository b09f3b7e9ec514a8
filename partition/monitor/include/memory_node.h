/* SPDX-License-Identifier: GPL-2.0-only */
/* This core's memory server: abi/protocol/memserv.h as a part of the node. */
#ifndef MEMORY_NODE_H
#define MEMORY_NODE_H

#include <abi/protocol/memserv.h>
#include <abi/protocol/node.h>

#include <mon.h>

/** memory_node_init - with the extents of memory.h, before anything is taken. Return: 0 or -MON_EINVAL */
int memory_node_init(struct node *n);

/** memory_node_own - own memory for @domain, 0: the monitor, whatever its quota. Return: as memserv_own() */
int memory_node_own(uint32_t domain, uint64_t bytes, uint64_t align, uint64_t *base);

/** memory_node_quota - bytes that a program may have, with what it began with; 0: there is none */
uint64_t memory_node_quota(uint32_t domain);

/** memory_node_free - what was granted, all capabilities of which are deleted */
void memory_node_free(uint32_t domain, uint64_t base);

#endif
