/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory servers on the nodes of net.h. What takes a runner time is done when the test says so. */
#ifndef SERVICES_MEMSERV_WORLD_H
#define SERVICES_MEMSERV_WORLD_H

#include <abi/protocol/memserv.h>

#include "net.h"

#define PIECES 64u
#define PAGE 4096ull
#define EXTENT_PAGES 64u
/* Extent of a node: addresses with the node's number in bits 32 to 39. */
#define EXTENT(node) (((uint64_t)(node) << 32) + 0x100000)

struct told {
	uint32_t node, domain;
	uint64_t tag, base, bytes;
	uint32_t error;
	uint32_t who;
};

struct todo {
	uint32_t node;
	bool lend, home;
	uint64_t base;
};

extern struct memserv servers[NET_NODES];
extern struct memserv_piece server_pieces[NET_NODES][PIECES];
extern struct memserv_limits memserv_limits_used;
extern struct told told[8192];
extern uint32_t told_count, memserv_errors, reclaimed, kept_count, returned_count, removed_count;
extern struct todo todos[256];
extern uint32_t todo_count;
extern bool adding_fails;

void memserv_world(uint32_t nodes, uint64_t seed);
void memserv_world_node(uint32_t node);
/* One of what the runners have to do, or all of it and all messages. */
void memserv_do(uint32_t at, bool well);
void memserv_settle(void);
/* No byte is in two places, and of each living node's extents all bytes are somewhere. */
void memserv_sane(void);
void memserv_conserved(void);
/* The answer with this tag; NULL: none yet. */
struct told *memserv_told_of(uint64_t tag);

#endif
