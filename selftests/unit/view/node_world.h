/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whole nodes, their messages in one queue, a clock; and what each node's hooks were told. Agreement's
 * local side has no capabilities here: it says yes.
 */
#ifndef VIEW_NODE_WORLD_H
#define VIEW_NODE_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/if/node.h>
#include <abi/if/names.h>
#include <abi/if/view.h>
#include <abi/protocol/node.h>
#include <urpc/chan.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

enum { NODES = 8, PACKAGES = 3, ENTRIES = 64, SLOTS = 64, LETTERS = 4096, MINE = PROTOCOL_USERS };

#define yes(a) assert_true(a)
#define is(a, b) assert_int_equal(a, b)

struct letter {
	uint32_t from, to, bytes;
	uint16_t type;
	uint8_t data[VIEW_MESSAGE_MAX];
};

/* Of each node: the memory it was given, and what its hooks were told. */
struct seat {
	struct node n;
	bool runs, gone, left, told, holds;
	uint16_t package[NODES];
	uint32_t distance[PACKAGES * PACKAGES];
	struct agree_entry entries[ENTRIES];
	uint64_t heard[ENTRIES];
	struct agree_peer agree_peers[NODES];
	uint16_t room[ROUTE_ROOM(NODES, PACKAGES)];
	struct names_slot slots[SLOTS];
	struct names_index index[SLOTS];
	struct names_pending pending[16];
	struct names_watch watches[16];
	struct names_peer names_peers[NODES];
	struct names_entry queue[NODES * (NAMES_OUTSTANDING + 1)];
	struct node_part part;
	struct batch_peer batches[NODES];
	char story[64]; /* a letter for each hook */
	uint32_t mine, broken, answered, error, done, forgot;
	int done_error, result;
	uint64_t tick_at;
};

extern struct seat seats[NODES];
extern struct letter letters[LETTERS]; /* those from letters_first on are under way */
extern uint32_t letters_first, letters_last;
extern uint32_t batching; /* nodes that let messages travel together, a mask */
extern uint64_t now;

/* A test's setup: there is node 0, alone. */
int world_fresh(void **state);
struct node_setup world_setup(struct seat *s, struct node_memory *memory, struct agree_local *local);
/* A new life of @node, which is in no view. */
void world_start(uint32_t node);
/* Such of all of these, and node 0 takes them in. */
void world_join(uint32_t from, uint32_t to);
/* All that is under way, then the clock, until @us are over. */
void world_run(uint64_t us);
/* In node 0's view. */
bool world_member(uint32_t node);

#endif
