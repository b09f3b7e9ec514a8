/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes with links between them, for tests: messages wait in order on each link until delivered. */
#ifndef WORLD_H
#define WORLD_H

#include "local.h"

#define WORLD_NODES 10u
#define WORLD_ENTRIES 64u
#define WORLD_QUEUE 1024u
#define WORLD_MESSAGE 64u

/* Each node brings RAM, and there are frames and device memory at the end. */
#define NODE_PAGES 16ull
#define NODE_RAM(n) ((n) * NODE_PAGES * ABI_PAGE_SIZE)

struct message {
	uint16_t type;
	uint8_t bytes;
	uint8_t payload[WORLD_MESSAGE];
};

struct link {
	struct message queue[WORLD_QUEUE];
	uint32_t first;
	uint32_t count;
};

struct node {
	struct local_node local;
	struct agree agree;
	struct agree_entry entries[WORLD_ENTRIES];
	uint64_t heard[WORLD_ENTRIES];
	struct agree_peer peers[WORLD_NODES];
	uint16_t room[ROUTE_ROOM(WORLD_NODES, WORLD_NODES)];
	bool alive;
	bool installed; /* of the change of view under way */
	struct world *world;
	uint64_t last_result;
	uint32_t dones;
	uint32_t givens;
	int given_result;
	int result;
	uint32_t relations;
};

struct world {
	uint32_t count;
	uint32_t entries;
	struct node nodes[WORLD_NODES];
	struct link links[WORLD_NODES][WORLD_NODES];
	struct protocol_set members;
	struct protocol_set fresh; /* members in the next view that were not */
	uint32_t view;
	uint32_t sent;
	uint32_t dropped;
	struct route_topology topology;
	uint16_t package[WORLD_NODES];
};

extern struct world world;

/** world_begin - @count nodes in view 1, @packages of them each; no capabilities */
void world_begin(uint32_t count, uint32_t packages, enum route_kind kind, uint32_t entries);

/** world_deliver - the first message of a link; Return: was there one? */
bool world_deliver(uint32_t from, uint32_t to);

/** world_settle - deliver and work in a fixed order until nothing is left to do */
void world_settle(void);

/** world_kill - a node stops; the last @lost of its messages on each link are lost */
void world_kill(uint32_t node, uint32_t lost);

/** world_quiet - nothing is on its way or under way */
bool world_quiet(void);

/** world_check - all invariants, or die with what is wrong */
void world_check(void);

/** world_links_empty - no message waits on a link between live nodes */
bool world_links_empty(void);

static inline struct local_node *local(uint32_t n)
{
	return &world.nodes[n].local;
}

#endif
