/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * One node's protocol machines, put together: membership, agreement and names, and what is added
 * with node_add(). The monitor, the module and the simulator all run this.
 *
 * Whoever runs it feeds it the messages that come, in their order, and calls node_tick() afterwards
 * and when its time has come. All in one thread; a hook may call back only where that is said.
 *
 * Before calling a function of one of the machines in it (agree_start(), names_submit(), ...), call
 * node_at(); after it, node_tick(). What was sent since the last node_tick() goes out at its end at the
 * latest: messages for one node travel together (batch.h), where there is memory for that.
 */
#ifndef ABI_PROTOCOL_NODE_H
#define ABI_PROTOCOL_NODE_H

#include <abi/protocol/agree.h>
#include <abi/protocol/batch.h>
#include <abi/protocol/names.h>
#include <abi/protocol/view.h>

/** NODE_PARTS_MAX - machines that node_add() takes */
#define NODE_PARTS_MAX 8
/** NODE_WORK_ROUNDS - steps of local work in one node_tick() */
#define NODE_WORK_ROUNDS 16

/**
 * NODE_UNSENT - messages that the machines here may have for one other node that it has not taken;
 * those of node_add()ed machines come on top. A batch counts for the messages in it
 * @entries: of struct agree_memory; @nodes, @packages: of struct node_memory
 */
#define NODE_UNSENT(entries, nodes, packages)                                                      \
	(VIEW_UNSENT_MAX + AGREE_UNSENT(entries) + NAMES_UNSENT + 1u + ((nodes) + 127u) / 128u +   \
	 (packages) * (((packages) + 63u) / 64u))

struct node;

/**
 * struct node_part - another machine; each function but @message may be NULL
 * @interface: its messages
 * @ctx:       for all of them
 * @message:   of a member, as view_accepts() says. Return: 0, -URPC_EPROTO: @from is broken
 * @freeze, @thaw: as in struct view_hooks
 * @welcome:   leader: @node is about to get its first INSTALL; what is sent to it now comes before
 * @install:   a view is installed
 * @tick:      Return: when to call again at the latest; PROTOCOL_NEVER
 */
struct node_part {
	uint32_t interface;
	void *ctx;
	int (*message)(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		       uint64_t now);
	void (*freeze)(void *ctx);
	void (*thaw)(void *ctx);
	void (*welcome)(void *ctx, uint32_t node);
	void (*install)(void *ctx, const struct view *old, const struct view *now, uint64_t time);
	uint64_t (*tick)(void *ctx, uint64_t now);
};

/**
 * struct node_events - what the runner is told; each may be NULL
 * @changed: a view is installed, and known to all machines
 * @operates: this node operates in the view (again)
 * @drain, @gone, @confirm, @fence, @asleep, @done: as in struct view_hooks
 * @settled: leader: node_unsettled() is empty, and was not
 * @broken:  @from broke its protocol, and the leader is about to be told; for counts and logs
 */
struct node_events {
	void (*changed)(void *ctx, const struct view *old, const struct view *now);
	void (*operates)(void *ctx, const struct view *now);
	void (*drain)(void *ctx, uint64_t us);
	void (*gone)(void *ctx, bool left);
	bool (*confirm)(void *ctx, uint32_t node, enum view_reason why);
	void (*fence)(void *ctx, uint32_t node);
	bool (*asleep)(void *ctx, uint32_t node);
	void (*done)(void *ctx, uint32_t node, int error);
	void (*settled)(void *ctx);
	void (*broken)(void *ctx, uint32_t from, uint16_t type);
};

/**
 * struct node_memory - what the runner gives, for as long as the node runs
 * @nodes:    numbers of nodes are below this; the same on all nodes
 * @packages: numbers of packages are below this, at most @nodes; the same on all nodes
 * @package:  @nodes of them, zero; on the leader the runner writes [0], node_join() the others
 * @distance: @packages * @packages; on the leader made by route_distances(); others: anything. NULL
 *            on all nodes: all the same
 * @agree:    .nodes is @nodes; .entries NULL: no agreement
 * @names:    .slots NULL: no name service
 * @batches:  @nodes of them; NULL: each message is sent alone. What others batch is understood
 */
struct node_memory {
	uint32_t nodes;
	uint32_t packages;
	uint16_t *package;
	uint32_t *distance;
	struct agree_memory agree;
	struct names_memory names;
	struct batch_peer *batches;
};

/**
 * struct node_setup - how a node begins
 * @self:     its number; 0 is the leader
 * @ctx:      of @events and of @names_hooks, unless that has its own
 * @port:     to the runner's queues
 * @settings: NULL: the default
 * @local:    the capabilities of this node; NULL without agreement
 * @names_hooks: .stuck is not used; NULL without names
 */
struct node_setup {
	uint32_t self;
	void *ctx;
	struct protocol_port port;
	const struct view_settings *settings;
	const struct node_events *events;
	const struct node_memory *memory;
	const struct agree_local *local;
	enum route_kind kind;
	const struct names_hooks *names_hooks;
	const struct names_limits *names_limits;
};

/** struct node_counts - only grow; for status and tests */
struct node_counts {
	uint64_t taken;   /* messages handled */
	uint64_t dropped; /* of nodes that are no members, or are about to go */
	uint64_t broken;  /* refused: the sender was reported */
};

/**
 * struct node - a node
 * @view, @agree, @names: the machines; what is not const in their headers may be called directly
 * @port:   for machines of node_add(): sends, and has the answer watched for
 * @now:    the time of the call under way
 * @runs_agree, @runs_names: there is such a machine here
 * others: private
 */
struct node {
	struct view_state view;
	struct agree agree;
	struct names names;
	struct protocol_port port;
	uint64_t now;
	bool runs_agree;
	bool runs_names;
	struct node_counts counts;

	struct protocol_port out; /* of the view machine: never waits */
	struct batcher batcher;
	void *ctx;
	const struct node_events *events;
	struct node_memory memory;
	struct names_hooks names_hooks;
	struct agree_merger merger;
	uint32_t placed;
	uint32_t settling;              /* the view in which others went, until this node has forgotten them; 0 */
	uint32_t settle_view;           /* leader: the latest in which others went */
	struct protocol_set unsettled;  /* leader: its members who have not */
	const struct node_part *parts[NODE_PARTS_MAX];
	uint32_t part_count;
};

/**
 * node_init - begin: the leader as the only member, others in no view
 * @n:     all of it is written, and stays where it is
 * @setup: copied; what it points at stays the caller's, and must live as long, but for .settings,
 *         .local, .memory, .names_hooks and .names_limits themselves
 * @now:   the time, in microseconds
 *
 * Return: 0; -URPC_EINVAL: a number is out of range, or something is missing.
 */
int node_init(struct node *n, const struct node_setup *setup, uint64_t now);

/**
 * node_add - run another machine too; before the first message
 * @part: must live as long
 *
 * Return: 0; -URPC_EINVAL: its interface is one of those here, no user's, or there are too many.
 */
int node_add(struct node *n, const struct node_part *part);

/** node_at - it is @now; before a machine's function is called directly */
static inline void node_at(struct node *n, uint64_t now)
{
	n->now = now;
}

/**
 * node_unsettled - leader: who may still have memory of nodes that are in no view any more
 * Empty: that memory can be used for something else. Members, this node among them. It is set before
 * events->changed() tells of the view without them.
 */
static inline const struct protocol_set *node_unsettled(const struct node *n)
{
	return &n->unsettled;
}

/**
 * node_message - a message came from node @from
 *
 * Anything may come from anybody: what breaks a protocol is refused and reported to the leader, what
 * a node says that is no member has no effect.
 *
 * Return: 0, -URPC_EPROTO: it was refused.
 */
int node_message(struct node *n, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		 uint64_t now);

/**
 * node_tick - what is to be done now; see view_tick()
 * Return: when to call again at the latest (@now: at once); PROTOCOL_NEVER: not before something
 * happens.
 */
uint64_t node_tick(struct node *n, uint64_t now);

/**
 * node_join - leader: take @node in, which is in @package; as view_join()
 * Return: as view_join(); -VIEW_EINVAL also for a number that is out of range.
 */
int node_join(struct node *n, uint32_t node, uint32_t package);

#endif
