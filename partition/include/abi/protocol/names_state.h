/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the machine of names.h keeps. The runner gives the memory for it; all fields are the
 * machine's own. Included by names.h alone.
 */
#ifndef ABI_PROTOCOL_NAMES_STATE_H
#define ABI_PROTOCOL_NAMES_STATE_H

#include <abi/protocol/names_types.h>

/**
 * struct names_index - of a slot: chains by name and by owner, made from the table, not replicated
 * @name, @name_next: first slot of this bucket of names; the slot behind this one in its bucket
 * @owner, @owner_next: the same by owner
 * @touched: number of the log's entry that changed the slot last, also when it was freed
 */
struct names_index {
	uint16_t name;
	uint16_t name_next;
	uint16_t owner;
	uint16_t owner_next;
	uint64_t touched;
};

/**
 * struct names_pending - a request of a domain of this node
 * @number: given when it is sent; @cancel: that of the request to give it up
 * @order:  requests are sent in this order
 * @silent: its domain has ended: nobody is answered
 */
struct names_pending {
	uint8_t state;
	bool silent;
	uint32_t domain;
	uint64_t tag;
	uint64_t deadline;
	uint64_t order;
	uint64_t number;
	uint64_t cancel;
	struct names_ask ask;
};

/** struct names_watch - a watch of the names that begin with @name, or somebody who awaits @name */
struct names_watch {
	uint8_t kind;
	bool missed; /* something could not be told */
	uint32_t domain;
	uint32_t length;
	uint64_t tag;
	uint64_t deadline;
	char name[NAMES_NAME_BYTES];
};

/**
 * struct names_peer - at node 0: a node
 * @queued: its requests in the queue; @requested: number of its last one
 * @acked:  the last entry of the log that it has, as far as known
 * @since:  when node 0 began to wait for it; 0: it does not
 * @from, @to, @cursor, @passes: a snapshot under way: a pass sends the slots changed behind entry
 *          @from, beginning when @to was the last; the next slot to look at; passes ended
 * @piece:  pieces sent; @waiting: the last one is not acknowledged
 */
struct names_peer {
	uint8_t state;
	bool waiting;
	bool reported;
	uint32_t epoch;
	uint32_t queued;
	uint32_t cursor;
	uint32_t passes;
	uint32_t piece;
	uint64_t requested;
	uint64_t acked;
	uint64_t since;
	uint64_t from;
	uint64_t to;
};

/**
 * struct names_memory - what the runner gives, all of it zeroed, for as long as the machine runs
 * @slots, @index: as many as limits.slots
 * @pending, @pendings: requests of this node's domains that are not answered; of these @domains are
 *                kept for the ends of domains: as many as there are domains at most
 * @domain_pending: how many of them one domain may have
 * @watches, @watch_count: watches and waits for a name; @domain_watches of one domain
 * @peers, @peer_count: node 0: highest node number + 1; others NULL, 0
 * @queue, @queue_count: node 0: at least peers * (NAMES_OUTSTANDING + 1); others NULL, 0
 */
struct names_memory {
	struct names_slot *slots;
	struct names_index *index;
	struct names_pending *pending;
	uint32_t pendings;
	uint32_t domains;
	uint32_t domain_pending;
	struct names_watch *watches;
	uint32_t watch_count;
	uint32_t domain_watches;
	struct names_peer *peers;
	uint32_t peer_count;
	struct names_entry *queue;
	uint32_t queue_count;
};

/** struct names_counts - only grow; for status and tests */
struct names_counts {
	uint64_t applied;   /* number of the log's last entry here */
	uint64_t refused;   /* requests with an error */
	uint64_t strangers; /* messages of nodes that are no members, dropped */
	uint64_t repeated;  /* requests that came again, dropped */
	uint64_t gaps;      /* requests behind a lost one, dropped */
	uint64_t snapshots; /* given, or taken */
	uint64_t missed;    /* changes that a watch could not be told */
};

/** struct names - a replica, and at node 0 the leader; all fields are the machine's own */
struct names {
	uint32_t self;
	uint32_t state;
	uint32_t view;
	uint32_t epoch; /* the view in which this node joined: part of each of its requests */
	bool frozen;
	struct protocol_set members;
	struct protocol_port port;
	struct names_hooks hooks;
	void *ctx;
	struct names_limits limits;
	struct names_memory memory;
	struct names_counts counts;
	uint64_t now;
	uint64_t number;   /* of the last request sent */
	uint64_t order;    /* of the last request taken from a domain */
	uint32_t unordered; /* requests sent, of which no entry came back */
	uint64_t acknowledged; /* the last entry that node 0 knows is here */
	uint32_t pieces;   /* of the snapshot, taken */
	uint32_t free_hint; /* no slot below is free */
	uint32_t queue_first;
	uint32_t queue_used;
	uint16_t owned[PROTOCOL_NODES_MAX]; /* slots by node of the owner */
	uint8_t piece[NAMES_PIECE_SLOTS * sizeof(struct names_slot)]; /* node 0: being made */
	uint8_t message[NAMES_PIECE_SLOTS * (sizeof(struct names_slot) + 8) + 16];
};

#endif
