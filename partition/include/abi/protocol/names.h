/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The name service: records, locks, semaphores and barriers by name, replicated on every node.
 *
 * Each node has the whole table. A change is a request to node 0, which puts all requests in one
 * order, the log, and sends each entry of it to all nodes; every replica applies the same entries in
 * the same order, and the replica of the node that asked answers its domain. Reading, waiting for a
 * name and watching are local. Node 0 keeps no log: an entry is applied by it when it is sent, and
 * gone. A joining node gets the table in pieces while the log goes on.
 *
 * The runner calls the functions below from one thread, and a hook never calls back.
 *
 * Bounds: a node has at most NAMES_OUTSTANDING unordered requests at node 0, node 0 sends at most
 * NAMES_WINDOW entries that a node has not acknowledged; see NAMES_UNSENT.
 */
#ifndef ABI_PROTOCOL_NAMES_H
#define ABI_PROTOCOL_NAMES_H

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

#define NAMES_NAME_BYTES 64u  /* with the 0 byte at the end */
#define NAMES_VALUES 4u
#define NAMES_SLOTS_MAX 32768u
#define NAMES_OUTSTANDING 8u  /* requests of a node that node 0 has not put in order yet */
#define NAMES_WINDOW 32u      /* entries sent to a node and not acknowledged */
#define NAMES_PIECE_SLOTS 6u  /* of a snapshot, in one message */
#define NAMES_STUCK_US 500000u /* a node that acknowledges nothing for so long is reported */
/** NAMES_UNSENT - messages the machine can have for one peer that the peer has not handled */
#define NAMES_UNSENT (NAMES_WINDOW + 2 * NAMES_OUTSTANDING + 8u)
/** NAMES_NOBODY - the domain that owns what its owner left behind: any domain may change it */
#define NAMES_NOBODY 0xffffffffu

/*
 * Why a request was refused, with a sentence. They travel between nodes: new ones at the end.
 */
#define NAMES_ERRORS(E)                                                                            \
	E(MISSING, "there is no such name")                                                        \
	E(EXISTS, "the name is taken")                                                             \
	E(KIND, "the name is something else: record, lock, semaphore or barrier")                  \
	E(OWNER, "only the domain that made the name, or holds the lock, may do that")             \
	E(RECORDS, "the domain has as many names as it may have")                                  \
	E(WAITS, "the domain has as many waiting requests as it may have")                         \
	E(NODE, "the domain's node has as many names and waiting requests as it may have")         \
	E(FULL, "the table of names is full")                                                      \
	E(BUSY, "the lock is held, or the semaphore is at 0, and the caller does not wait")        \
	E(TIMEOUT, "the deadline has passed")                                                      \
	E(REMOVED, "the name was removed meanwhile")                                               \
	E(INVALID, "a name has 1 to 63 bytes, a count is 1 to 2^31, and unused fields are 0")      \
	E(COUNT, "the barrier was entered with another count, or the semaphore would overflow")    \
	E(PENDING, "the domain has as many unanswered requests as it may have")                    \
	E(WATCHES, "the domain has as many watches as it may have")                                \
	E(STOPPED, "this node is no member of the partition any more")

/** enum names_error - 0: well */
enum names_error {
	NAMES_OK,
#define NAMES_E(name, sentence) NAMES_##name,
	NAMES_ERRORS(NAMES_E)
#undef NAMES_E
	NAMES_ERROR_COUNT
};

/** enum names_kind - what a slot of the table is */
enum names_kind {
	NAMES_FREE,
	NAMES_RECORD,    /* values */
	NAMES_LOCK,      /* is there while somebody holds it; the owner is the holder */
	NAMES_SEMAPHORE, /* value[0]: how many may pass */
	NAMES_BARRIER,   /* value[0]: how many must come, value[1]: how many are there */
	NAMES_WAITER,    /* a request that waits for one of the three; has no name */
	NAMES_KIND_COUNT
};

/* Flags of a request, and of a record. */
#define NAMES_CREATE 0x01u    /* SET: the name must be new */
#define NAMES_OVERWRITE 0x02u /* SET: the name must be there */
#define NAMES_EPHEMERAL 0x04u /* the record goes with the domain that made it; else with its node */
#define NAMES_SHARED 0x08u    /* any domain may change and remove it */
#define NAMES_NOWAIT 0x10u    /* LOCK, WAIT: BUSY instead of waiting */

/** enum names_op - what a request asks for, and what an entry of the log does */
enum names_op {
	NAMES_OP_SET = 1,        /* name, value; CREATE, OVERWRITE, EPHEMERAL, SHARED */
	NAMES_OP_REMOVE = 2,     /* name of a record, or of a semaphore */
	NAMES_OP_LOCK = 3,       /* name; NOWAIT */
	NAMES_OP_UNLOCK = 4,     /* name */
	NAMES_OP_SEMAPHORE = 5,  /* make one: name, value[0] at first; EPHEMERAL */
	NAMES_OP_POST = 6,       /* name, value[0]: how many more may pass */
	NAMES_OP_WAIT = 7,       /* name; NOWAIT */
	NAMES_OP_BARRIER = 8,    /* name, value[0]: go on when so many have come */
	NAMES_OP_CANCEL = 9,     /* the machine's own from here on: a deadline has passed */
	NAMES_OP_DOMAIN_END = 10,
	NAMES_OP_NODE_END = 11,
	NAMES_OP_COUNT
};

/**
 * struct names_slot - one of the replicated table; equal on all nodes after the same entries
 * @kind:  enum names_kind; a free slot is all 0
 * @flags: EPHEMERAL, SHARED
 * @first: of what can be waited for: slot of the first waiter, NAMES_NONE; of a waiter: slot of what
 *         it waits for
 * @last:  the last waiter
 * @next:  of a waiter: the one behind it
 * @node, @domain: owner
 * @version: number of the log's entry that changed it last
 * @number: of a waiter: number of its request, unique on its node
 */
struct names_slot {
	uint8_t kind;
	uint8_t flags;
	uint16_t first;
	uint16_t last;
	uint16_t next;
	uint32_t node;
	uint32_t domain;
	uint64_t version;
	uint64_t number;
	uint64_t value[NAMES_VALUES];
	char name[NAMES_NAME_BYTES];
};

#define NAMES_NONE 0xffffu /* no slot */

URPC_STATIC_ASSERT(sizeof(struct names_slot) == 128, "slot of names");
URPC_STATIC_ASSERT(offsetof(struct names_slot, value) == 32, "slot of names");
URPC_STATIC_ASSERT(offsetof(struct names_slot, name) == 64, "slot of names");

/** struct names_ask - a domain's request; unused fields are 0 */
struct names_ask {
	uint8_t op; /* enum names_op, up to BARRIER */
	uint8_t flags;
	uint64_t value[NAMES_VALUES];
	char name[NAMES_NAME_BYTES];
};

/** struct names_entry - a request on its way to node 0, and an entry of the log */
struct names_entry {
	struct names_ask ask;
	uint32_t node;
	uint32_t domain;
	uint64_t number;  /* of the request, on its node, from 1; 0: node 0's own */
	uint64_t cancels; /* CANCEL: number of the request that gives up */
};

/** enum names_what - what a watch tells of */
enum names_what {
	NAMES_SET,     /* a record was made or changed */
	NAMES_GONE,    /* a record was removed */
	NAMES_MISSED,  /* something happened that could not be delivered: look at the records again */
};

/**
 * struct names_hooks - what the machine tells its runner; called from within its functions
 * @answer:  to a request, a lock, a wait: enum names_error; @slot is what it was about (for SET and
 *           waiting for a name the record, else may be NULL), valid during the call
 * @changed: a watch; false: could not be told now. A later one says MISSED first
 * @ended:   all that @domain had is gone on all nodes: its number may be used again
 * @stuck:   at node 0: @node acknowledges nothing any more; to be removed by a change of view
 */
struct names_hooks {
	void (*answer)(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		       const struct names_slot *slot);
	bool (*changed)(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
			const struct names_slot *slot);
	void (*ended)(void *ctx, uint32_t domain);
	void (*stuck)(void *ctx, uint32_t node);
};

/**
 * struct names_limits - part of the replicated state: node 0's count everywhere
 * @slots: of the table, a power of two up to NAMES_SLOTS_MAX
 * @records, @waits: that a domain may have; @node: slots that all domains of a node may have
 */
struct names_limits {
	uint32_t slots;
	uint32_t records;
	uint32_t waits;
	uint32_t node;
};

struct names_index;   /* of a slot: chains by name and by owner, made from the table */
struct names_pending; /* a request of a domain of this node */
struct names_watch;   /* a watch, or somebody who waits for a name */
struct names_peer;    /* at node 0: a node */

#define NAMES_INDEX_BYTES 16u
#define NAMES_PENDING_BYTES 176u
#define NAMES_WATCH_BYTES 104u
#define NAMES_PEER_BYTES 72u

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
};

/**
 * names_init - begin: node 0 as the leader, with itself as the only member; others as no members yet
 * @limits: others take node 0's with the snapshot; their .slots must be the same there and here
 *
 * Return: 0, or -URPC_EINVAL if a number of @limits or @memory is out of range
 */
int names_init(struct names *n, uint32_t self, const struct names_limits *limits,
	       const struct names_memory *memory, const struct protocol_port *port,
	       const struct names_hooks *hooks, void *ctx);

/**
 * names_message - a message of interface PROTOCOL_NAMES came
 *
 * At another node than 0 only node 0's are taken. A snapshot can come as soon as node 0 has called
 * names_view(), so that is called when the view machine has sent INSTALL, and at the others on its
 * arrival, before the next message.
 * Return: 0, or -URPC_EPROTO: @from broke the protocol and should be removed; nothing changed
 */
int names_message(struct names *n, uint32_t from, uint16_t type, const void *payload,
		  uint32_t bytes, uint64_t now);

/** names_freeze - a change of view begins: requests wait, node 0 puts nothing in order */
void names_freeze(struct names *n);

/** names_view - a view was installed: who is new gets a snapshot, what the gone had is removed */
void names_view(struct names *n, uint32_t view, const struct protocol_set *members, uint64_t now);

/** names_tick - look at deadlines; Return: when to call again at the latest (us), or PROTOCOL_NEVER */
uint64_t names_tick(struct names *n, uint64_t now);

/** names_ready - true when this node has the table: before that reads find nothing, requests wait */
bool names_ready(const struct names *n);

/**
 * names_submit - a domain's request; hooks.answer() comes later, once, or at once within the call
 * @deadline: microseconds, as @now; PROTOCOL_NEVER: none. An answer that is under way when it passes
 *            still counts: TIMEOUT says that nothing was done
 * Return: 0, or enum names_error: refused, no answer comes
 */
int names_submit(struct names *n, uint32_t domain, uint64_t tag, const struct names_ask *ask,
		 uint64_t deadline, uint64_t now);

/** names_get - look up a record, or anything with a name; NULL: none. Valid until the next call */
const struct names_slot *names_get(const struct names *n, const char *name);

/**
 * names_list - go through the names that begin with @prefix, in no order
 * @at: 0 at first, then what the call before left there
 * Return: the next one, NULL: no more
 */
const struct names_slot *names_list(const struct names *n, const char *prefix, uint32_t *at);

/**
 * names_await - wait until there is a record @name; hooks.answer() comes once, at once if it is there
 * Return: 0, or enum names_error: refused
 */
int names_await(struct names *n, uint32_t domain, uint64_t tag, const char *name,
		uint64_t deadline, uint64_t now);

/**
 * names_watch - be told by hooks.changed() of each change of a record whose name begins with @prefix
 * Return: 0, or enum names_error: refused
 */
int names_watch(struct names *n, uint32_t domain, uint64_t tag, const char *prefix);

/** names_unwatch - no more; Return: false if there is none with this tag */
bool names_unwatch(struct names *n, uint32_t domain, uint64_t tag);

/**
 * names_domain_end - a domain of this node has ended: nothing is answered to it any more, its
 * ephemeral records and locks and places in queues go, in log order, then hooks.ended() is called
 *
 * What it left for good is NAMES_NOBODY's of this node from then on, and counts for the node alone.
 * Return: 0, or enum names_error: more domains end than memory.domains
 */
int names_domain_end(struct names *n, uint32_t domain, uint64_t now);

/** names_hash - of the table and the log's number: equal at all ready nodes when nothing is under way */
uint64_t names_hash(const struct names *n);

/** names_quiet - nothing of this node is under way, and at node 0 nothing of any */
bool names_quiet(const struct names *n);

/** names_check - true when every invariant of the table and its index holds; for tests: slow */
bool names_check(const struct names *n);

/** names_sentence - for an enum names_error; never NULL */
const char *names_sentence(uint32_t error);

#endif
