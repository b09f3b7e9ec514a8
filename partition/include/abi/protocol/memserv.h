/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * The memory server of a node: RAM for its domains, from its own extents, and when these are used
 * up from other nodes, the nearest first. What came from another node is a grant; what is free of
 * it is kept for the next domain (the cache), and goes back as a whole when nobody uses any of it
 * and the cache is full. A domain's end returns all it had. Linux adds extents, and takes them
 * away when nobody uses them, or is told who does.
 *
 * When a node is gone, what it had lent and is in use stays in use: node 0 is told (KEEP) and is
 * the owner from then on; reclaim() says when all have told. What the others had lent to it is
 * free.
 *
 * This is only about addresses: capabilities are the runner's, by the hooks. It calls from one
 * thread, and hooks never call back. All addresses and sizes are multiples of MEMSERV_PAGE.
 */
#ifndef ABI_PROTOCOL_MEMSERV_H
#define ABI_PROTOCOL_MEMSERV_H

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

#define MEMSERV_PAGE 4096u
#define MEMSERV_ANY 0xffffu     /* NUMA node: any */
#define MEMSERV_ASKS 8u         /* of a node that are not answered */
#define MEMSERV_PIECES_MAX 65536u
#define MEMSERV_NOBODY 0xffffffffu
/** MEMSERV_UNSENT - messages for one peer that it has not handled, with tables of @pieces */
#define MEMSERV_UNSENT(pieces) (4u * (pieces) + 4u * MEMSERV_ASKS)

#define MEMSERV_ERRORS(E)                                                                          \
	E(OUT, "no node has so much memory left in one piece")                                     \
	E(QUOTA, "the domain has as much memory as it may have")                                   \
	E(ASKS, "the node asks the others for as many pieces already as it may")                   \
	E(TABLE, "the node's table of pieces is full")                                             \
	E(INVALID, "sizes and places are multiples of 4096, and an alignment is a power of two")   \
	E(MISSING, "the domain has no such piece")                                                 \
	E(HELD, "the memory is in use")                                                            \
	E(OVERLAP, "part of the memory is there already")                                          \
	E(UNKNOWN, "not all of the memory is this node's")                                         \
	E(NODE, "the node is no member of the partition")                                          \
	E(BUSY, "the node is about something like that already")                                   \
	E(REFUSED, "the node's monitor could not take the memory")

/** enum memserv_error - 0: well */
enum memserv_error {
	MEMSERV_OK,
#define MEMSERV_E(name, sentence) MEMSERV_E_##name,
	MEMSERV_ERRORS(MEMSERV_E)
#undef MEMSERV_E
	MEMSERV_E_COUNT
};

/**
 * struct memserv_piece - a piece of memory; no two overlap
 * @node:   whose it is, if it is here; to whom it is lent, or is being lent
 * @domain: that has it
 * @numa, @base, @bytes: what it is; pieces are joined with neighbours of the same @unit
 * @unit:   base of the extent, or of the grant, of which it is a part; @unit_bytes: of that
 */
struct memserv_piece {
	uint8_t state;
	uint16_t numa;
	uint32_t node;
	uint32_t domain;
	uint64_t base;
	uint64_t bytes;
	uint64_t unit;
	uint64_t unit_bytes;
	uint64_t number; /* being lent: of the ask; 0: whose node is gone */
};

/** struct memserv_ask - a domain waits for memory of another node */
struct memserv_ask {
	bool used;
	bool orphan; /* its domain has ended */
	bool strict;
	bool waits;  /* for the end of a change of view */
	uint8_t pass;  /* 0: of the wanted NUMA node, 1: of any */
	uint16_t numa;
	uint32_t domain;
	uint32_t rank; /* of the node that is asked */
	uint32_t node;
	uint64_t tag;
	uint64_t bytes;
	uint64_t align;
	uint64_t number;
};

/**
 * struct memserv_hooks - what the machine tells its runner
 * @granted: a domain has a piece; the runner gives it the capability
 * @failed:  enum memserv_error
 * @nearest: the node of this distance rank, 0 the nearest; PROTOCOL_NODE_NONE: no more
 * @lend:    send the capability of a piece to node @to, then memserv_lent()
 * @give_back: delete all capabilities of a grant here, then memserv_given()
 * @added:   an extent is this node's: false: it cannot be taken
 * @removed: the extent is Linux's again
 * @done:    at node 0, of memserv_add() and memserv_take(): @node, @domain: who holds @base, for
 *          HELD
 * @reclaim: at node 0: all that @node, which is gone, had, and nobody keeps (kept()) can be used
 *           again. Before, no other node comes in under its number
 * @kept, @returned: at node 0: of a node that is gone, still in use; not any more
 * @home:    what was lent, or on its way, is this node's again: delete all capabilities of it, then
 *          memserv_lent(). NULL: it is free at once
 * @quota:   bytes that a domain may have in all. NULL: the limit of all domains
 */
struct memserv_hooks {
	void (*granted)(void *ctx, uint32_t domain, uint64_t tag, uint64_t base, uint64_t bytes);
	void (*failed)(void *ctx, uint32_t domain, uint64_t tag, uint32_t error);
	uint32_t (*nearest)(void *ctx, uint32_t rank);
	void (*lend)(void *ctx, uint32_t to, uint64_t base, uint64_t bytes);
	void (*give_back)(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes);
	bool (*added)(void *ctx, uint64_t base, uint64_t bytes);
	void (*removed)(void *ctx, uint64_t base, uint64_t bytes);
	void (*done)(void *ctx, uint64_t tag, uint32_t error, uint32_t node, uint32_t domain,
		     uint64_t base);
	void (*reclaim)(void *ctx, uint32_t node);
	void (*kept)(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes);
	void (*returned)(void *ctx, uint64_t base, uint64_t bytes);
	void (*home)(void *ctx, uint64_t base, uint64_t bytes);
	uint64_t (*quota)(void *ctx, uint32_t domain);
};

/**
 * struct memserv_limits - in bytes
 * @domain: that a domain may have; @cache: of other nodes' memory kept here though nobody uses it
 * @chunk: asked of another node at once, if it has so much; @reserve: never lent; @lend: to one
 *          node
 */
struct memserv_limits {
	uint64_t domain;
	uint64_t cache;
	uint64_t chunk;
	uint64_t reserve;
	uint64_t lend;
};

/** struct memserv_job - an add or take: at node 0 what it asked of a node; at the node, a take */
struct memserv_job {
	bool used;
	bool takes;
	uint32_t node;
	uint64_t tag;
	uint64_t number;
	uint64_t base;
	uint64_t bytes;
};

#define MEMSERV_JOBS 8u

/** struct memserv - all fields are the machine's own */
struct memserv {
	uint32_t self;
	bool frozen;
	struct protocol_set members;
	struct protocol_port port;
	struct memserv_hooks hooks;
	void *ctx;
	struct memserv_limits limits;
	struct memserv_piece *pieces;
	uint32_t count;
	uint64_t number;
	struct memserv_ask asks[MEMSERV_ASKS];
	struct memserv_job jobs[MEMSERV_JOBS]; /* of others than node 0: the first alone */
	struct protocol_set lost;              /* node 0: gone, and not all have told */
	struct protocol_set *untold;           /* node 0: by lost node: who has not */
	bool overflow;                         /* node 0: something in use could not be noted */
	uint64_t strangers;
};

/**
 * memserv_init - begin without memory: memserv_extent() adds that of the boot information
 * @pieces: @count of them, zeroed; @untold: at node 0 PROTOCOL_NODES_MAX sets, else NULL
 * Return: 0, -URPC_EINVAL
 */
int memserv_init(struct memserv *m, uint32_t self, const struct memserv_limits *limits,
		 struct memserv_piece *pieces, uint32_t count, struct protocol_set *untold,
		 const struct protocol_port *port, const struct memserv_hooks *hooks, void *ctx);

/** memserv_extent - memory of this node from its begin on. Return: 0 or enum memserv_error */
int memserv_extent(struct memserv *m, uint64_t base, uint64_t bytes, uint16_t numa);

/** memserv_message - of interface PROTOCOL_MEMORY. Return: 0, -URPC_EPROTO */
int memserv_message(struct memserv *m, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes);

/** memserv_freeze, memserv_thaw - nobody is asked in between; others begin frozen, node 0 not */
void memserv_freeze(struct memserv *m);
void memserv_thaw(struct memserv *m);

/** memserv_view - a view was installed, and who is gone does not run any more */
void memserv_view(struct memserv *m, const struct protocol_set *members);

/**
 * memserv_alloc - memory for a domain; granted() or failed() comes once, perhaps within the call
 * @align: power of two, at least MEMSERV_PAGE; @numa: wanted, MEMSERV_ANY; @strict: or nothing
 * Return: 0 or enum memserv_error: refused, nothing comes
 */
int memserv_alloc(struct memserv *m, uint32_t domain, uint64_t tag, uint64_t bytes,
		  uint64_t align, uint16_t numa, bool strict);

/**
 * memserv_own - as memserv_alloc(), of this node's own memory, at once
 * @domain: 0: of the node itself; @limited: no more than its quota
 * Return: 0 and *@base, or enum memserv_error.
 */
int memserv_own(struct memserv *m, uint32_t domain, uint64_t bytes, uint64_t align, uint16_t numa,
		bool strict, bool limited, uint64_t *base);

/**
 * memserv_free - a whole piece as granted, its capabilities deleted. Return: enum memserv_error
 */
int memserv_free(struct memserv *m, uint32_t domain, uint64_t base);

/** memserv_domain_end - the domain has ended, its capabilities are deleted: all it had is free */
void memserv_domain_end(struct memserv *m, uint32_t domain);

/** memserv_orphan - the domain ends: what it waits for is not told any more. What it has stays its */
void memserv_orphan(struct memserv *m, uint32_t domain);

/**
 * memserv_lent - the transfer that lend() began is over; @well: or the other node has nothing, and there
 * are no capabilities. Likewise what home() began
 */
void memserv_lent(struct memserv *m, uint64_t base, bool well);

/** memserv_given - what give_back() asked for is done */
void memserv_given(struct memserv *m, uint64_t base);

/**
 * memserv_add - node 0: give node @node an extent; done() comes. Return: 0 or enum memserv_error
 */
int memserv_add(struct memserv *m, uint64_t tag, uint32_t node, uint64_t base, uint64_t bytes,
		uint16_t numa);

/**
 * memserv_take - node 0: take memory from node @node; done() comes. Return: 0 or enum
 * memserv_error
 */
int memserv_take(struct memserv *m, uint64_t tag, uint32_t node, uint64_t base, uint64_t bytes);

/** memserv_asked - does this node wait for memory of @node, @bytes at the most? */
bool memserv_asked(const struct memserv *m, uint32_t node, uint64_t bytes);

/** memserv_owner - whose the memory is; 0: of a node that is gone. PROTOCOL_NODE_NONE: not known here */
uint32_t memserv_owner(const struct memserv *m, uint64_t base);

/** memserv_numa - of the piece that @base is in; MEMSERV_ANY: there is none */
uint16_t memserv_numa(const struct memserv *m, uint64_t base);

/** memserv_used - bytes that a domain has, or waits for */
uint64_t memserv_used(const struct memserv *m, uint32_t domain);

/** memserv_left - bytes that are free here: of this node's own, and in the cache */
void memserv_left(const struct memserv *m, uint64_t *own, uint64_t *cached);

/** memserv_sums - bytes that are lent, and that are borrowed: used here, in the cache, or on their way back */
void memserv_sums(const struct memserv *m, uint64_t *lent, uint64_t *borrowed);

/** memserv_largest - of what memserv_own() can give at once with that alignment */
uint64_t memserv_largest(const struct memserv *m, uint64_t align);

/** memserv_quiet - nothing is under way here */
bool memserv_quiet(const struct memserv *m);

/** memserv_check - no two pieces overlap, all are what they can be; for tests: slow */
bool memserv_check(const struct memserv *m);

/** memserv_sentence - for an enum memserv_error; never NULL */
const char *memserv_sentence(uint32_t error);

#endif
