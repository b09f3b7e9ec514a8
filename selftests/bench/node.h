/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A node of the native measurement of agreements: a thread with the machine of partition/protocol and a
 * channel of the transport to each other node.
 */
#ifndef BENCH_NODE_H
#define BENCH_NODE_H

#include <abi/protocol/agree.h>
#include <abi/protocol/batch.h>
#include <urpc/bulk.h>
#include <urpc/chan.h>

#define NODES_MAX 16u
#define ENTRIES 512u
#define RING_SLOTS 64u
#define QUEUE AGREE_UNSENT(ENTRIES)

/** struct waiting - a message for which the channel had no room */
struct waiting {
	uint16_t type;
	uint16_t bytes;
	uint8_t payload[BATCH_BYTES];
};

/** struct link - to another node; the queue is used when the ring is full */
struct link {
	struct urpc_chan chan;
	struct waiting *queue;
	uint32_t first;
	uint32_t count;
};

/**
 * struct node
 * @votes: times that it was asked for its vote, as an operation of another node
 * @ended: operations of its own that are over, @good of them well
 * @wrong: why its figures must not be used, or NULL
 */
struct node {
	struct agree agree;
	struct link link[NODES_MAX];
	struct agree_entry entries[ENTRIES];
	uint64_t heard[ENTRIES * AGREE_WORDS(NODES_MAX)];
	struct agree_peer peers[NODES_MAX];
	uint16_t room[ROUTE_ROOM(NODES_MAX, NODES_MAX)];
	struct batcher batcher;
	struct batch_peer batches[NODES_MAX];
	uint32_t self;
	uint32_t nodes;
	uint64_t votes;
	uint64_t ended;
	uint64_t good;
	const char *wrong;
} __attribute__((aligned(4096)));

/**
 * nodes_open - @count nodes in one view, connected by rings each way
 * Return: an array of them, or NULL: no memory.
 */
struct node *nodes_open(uint32_t count, enum route_kind kind);
void nodes_close(struct node *nodes, uint32_t count);

/** node_turn - take what has come from each other node, work, send what waits. Context: its thread. */
void node_turn(struct node *n);

/** node_retype - begin to make a frame of a page of object @object. Return: 0 or negative error. */
int node_retype(struct node *n, uint32_t object);

#endif
