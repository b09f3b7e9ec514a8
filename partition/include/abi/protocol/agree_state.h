/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the machine of agree.h keeps; all fields are its own. Included by agree.h alone.
 *
 * An attempt is one try of an operation: it has a slot of its coordinator's and a number, (count of
 * the slot's uses << 5) | slot. A node's entry for it lasts from its PREPARE to the acknowledgement.
 */
#ifndef ABI_PROTOCOL_AGREE_STATE_H
#define ABI_PROTOCOL_AGREE_STATE_H

#include <abi/protocol/agree_types.h>

/**
 * struct agree_entry - an attempt under way, at one node; sizes and places in pages
 * @first, @length: the range that it is about: the piece of a RETYPE, else the object
 * @time:    age of the operation: with @coordinator its ticket
 * @offset:  of the range in the object; @pages: of the object
 * @parent:  who sent PREPARE; none at the coordinator, or after a change of view
 * @next, @prev: in the order of arrival, or of free ones
 * @vote:    enum agree_vote of this node and all below it; @error goes with no
 * @blocker, @blocker_id: the older attempt that it met, of busy
 * @heir:    least node with a copy
 * @missing: children not heard of in this phase
 * @op:      at the coordinator: its operation
 * @clear:   nothing before it stands in its way
 */
struct agree_entry {
	uint64_t first;
	uint64_t time;
	uint32_t length;
	uint32_t pages;
	uint32_t offset;
	uint32_t id;
	uint16_t coordinator;
	uint16_t parent;
	uint16_t next;
	uint16_t prev;
	uint8_t kind;
	uint8_t type;
	uint8_t into;
	uint8_t state;
	uint8_t vote;
	uint8_t error;
	uint8_t relations;
	uint8_t flags;
	uint32_t blocker_id;
	uint16_t blocker;
	uint16_t heir;
	uint16_t missing;
	uint8_t op;
	bool clear;
	uint8_t reserved[4];
};

URPC_STATIC_ASSERT(sizeof(struct agree_entry) == 64, "a line each: all are looked at");

/**
 * struct agree_say - what is to be said of a coordinator's attempts at the end of the turn, masks of slots
 * @yes:    to the parent
 * @commit, @abort: to the children
 * @done:   to the parent
 */
struct agree_say {
	uint32_t yes;
	uint32_t commit;
	uint32_t abort;
	uint32_t done;
};

/**
 * struct agree_peer - what is known of another node's attempts
 * @id:        number of the last one in each slot; 0: none
 * @ended:     mask of slots: it was decided
 * @committed: and committed
 * @entry:     where the entry of the slot's last attempt was put; it may be another's by now
 */
struct agree_peer {
	uint32_t id[AGREE_SLOTS_MAX];
	uint32_t ended;
	uint32_t committed;
	uint16_t entry[AGREE_SLOTS_MAX];
	struct agree_say say;
};

/**
 * struct agree_op - an operation of this node
 * @time:    its age, kept over all attempts; 0: not in use
 * @id:      the attempt under way; 0: none, it waits to begin one
 * @waiting: after a change of view: members that have not acknowledged @outcome
 * @blocker, @blocker_id: the older attempt that the last one met; the next begins when it has ended
 * @outcome: of the attempt; @heir: goes with it
 * @performed: this node's part is done, and in the attempt's own view the others' too
 */
struct agree_op {
	struct agree_request request;
	uint64_t cookie;
	uint64_t time;
	uint64_t attempts;
	struct protocol_set waiting;
	uint32_t id;
	int32_t result;
	uint32_t relations;
	uint32_t blocker_id;
	uint16_t blocker;
	uint16_t heir;
	uint8_t state;
	uint8_t outcome;
	bool performed;
};

/** struct agree_transfer - a capability on its way to another node */
struct agree_transfer {
	struct agree_object object;
	uint64_t handle;
	uint64_t cookie;
	uint32_t tag;
	uint16_t to;
	uint8_t rights;
	uint8_t state;
};

/** AGREE_WORDS - of a set of nodes */
#define AGREE_WORDS(nodes) (((nodes) + 63u) / 64u)

/**
 * struct agree_memory - what the runner gives
 * @entries: @count of them, 2 * @nodes to 65534; a coordinator has at most @count / members attempts
 *           under way (AGREE_SLOTS_MAX at most)
 * @heard:   @count * AGREE_WORDS(@nodes) words
 * @peers:   @nodes of them
 * @room:    ROUTE_ROOM(@nodes, packages)
 * @nodes:   numbers of nodes are below this; at most PROTOCOL_NODES_MAX
 */
struct agree_memory {
	struct agree_entry *entries;
	uint64_t *heard;
	struct agree_peer *peers;
	uint16_t *room;
	uint32_t count;
	uint32_t nodes;
};

/** struct agree_counts - only grow; for status and tests */
struct agree_counts {
	uint64_t started;   /* operations of this node */
	uint64_t attempts;  /* of them; more than operations: some met older ones */
	uint64_t committed; /* operations of this node that were done */
	uint64_t refused;   /* that a node objected to */
	uint64_t given;     /* capabilities that arrived elsewhere */
	uint64_t taken;     /* that arrived here */
	uint64_t late;      /* messages of an earlier view, dropped */
	uint64_t broken;    /* messages refused */
	uint64_t full;      /* PREPAREs for which there was no entry */
};

/** struct agree - one node's end; about 11 KiB beside struct agree_memory */
struct agree {
	struct agree_memory memory;
	struct protocol_port port;
	struct agree_local local;
	struct route_topology topology;
	struct route route;
	struct protocol_set members;
	struct protocol_set forget; /* nodes whose RAM is to be taken away */
	uint32_t forgetting;        /* of these: the one that was begun */
	struct protocol_set locked_out; /* nodes whose transfers met a lock here */
	struct protocol_set put_off;    /* nodes whose transfers met this node's own work */
	uint32_t kind;
	uint32_t self;
	uint32_t view;   /* 0: none */
	uint32_t window; /* attempts that a node may have under way */
	bool frozen;     /* drop what comes */
	bool open;       /* begin attempts */
	bool wake;       /* something ended: look at what waits */
	bool again;      /* something waits for this node's own work */
	bool released;   /* a lock has ended */
	bool says;       /* something is to be said, of the nodes in @saying */
	bool outcomes;   /* outcomes too */
	struct protocol_set saying;
	uint16_t first;  /* entries in use, in order of arrival */
	uint16_t last;
	uint16_t free;
	uint32_t used;
	uint64_t clock;  /* greatest age seen */
	uint32_t slots;  /* own ones in use, a mask */
	uint64_t pending; /* operations that are to begin an attempt, a mask */
	uint32_t slot_uses[AGREE_SLOTS_MAX];
	uint32_t tag;
	struct agree_op ops[AGREE_OPS_MAX + AGREE_DELETES_MAX];
	struct agree_transfer gives[AGREE_GIVES_MAX];
	struct agree_counts counts;
};

URPC_STATIC_ASSERT(sizeof(struct agree) < 16384, "small enough to be anywhere");

/**
 * struct agree_merger - on the leader: what the reports say, put together
 * @node:  the nodes that go; @id: by slot the newest attempt that somebody saw committed; 0: none
 */
struct agree_merger {
	uint32_t nodes;
	uint32_t node[AGREE_DEPART_MAX];
	uint32_t id[AGREE_DEPART_MAX][AGREE_SLOTS_MAX];
};

#endif
