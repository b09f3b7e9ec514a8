/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * What the name service of names.h knows: names, requests, reasons to refuse, limits.
 */
#ifndef ABI_PROTOCOL_NAMES_TYPES_H
#define ABI_PROTOCOL_NAMES_TYPES_H

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
 * @first: of what can be waited for: slot of the first waiter, NAMES_NONE; of a waiter: slot of
 *         what it waits for
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
	NAMES_SET,    /* a record was made or changed */
	NAMES_GONE,   /* a record was removed */
	NAMES_MISSED, /* something could not be delivered: look at the records again */
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

#endif
