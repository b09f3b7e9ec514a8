/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Starting programs: on any nodes, asked for on any node. A job is a program on one or more
 * nodes, a dispatcher on each. All are made first, then all begin (barrier); when one ends, all
 * end, and the first one's status is the job's. Node 0 knows all jobs, since it never dies.
 *
 * Who asked is told started() and then exited(), or failed(), once. A job goes on when who asked
 * has ended, unless it was started with SPAWND_WITH_ASKER. The runner calls from one thread;
 * hooks never call back.
 */
#ifndef ABI_PROTOCOL_SPAWND_H
#define ABI_PROTOCOL_SPAWND_H

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

#define SPAWND_NAME_BYTES 32u
#define SPAWND_ARGS_BYTES 320u
#define SPAWND_START_US 10000000u /* a node that has not made its dispatcher by then: LATE */
#define SPAWND_STUCK_US 2000000u  /* one that does not end it is reported */
#define SPAWND_JOBS_MAX 65536u
/**
 * SPAWND_UNSENT - messages for one peer that it has not handled: table sizes as in spawnd_memory
 */
#define SPAWND_UNSENT(asks, parts, jobs) (4u * (asks) + 3u * (parts) + 6u * (jobs) + 8u)

#define SPAWND_WITH_ASKER 0x01u /* the job ends with the domain that asked */

#define SPAWND_ERRORS(E)                                                                           \
	E(INVALID, "a job has a name of 1 to 31 bytes, known flags, and at least one node")        \
	E(NODE, "one of the nodes is no member of the partition, or is Linux")                     \
	E(JOBS, "the domain has as many jobs as it may have")                                      \
	E(NODE_JOBS, "the asker's node has as many jobs as it may have")                           \
	E(TABLE, "node 0 has as many jobs as it can have")                                         \
	E(PARTS, "a node runs as many programs as it can")                                         \
	E(MEMORY, "a node has not enough memory for the program")                                  \
	E(IMAGE, "the file is no program that a node could run")                                   \
	E(LATE, "a node did not make its part of the program in time")                             \
	E(DIED, "a node is gone")                                                                  \
	E(MISSING, "there is no such job, or it is not this domain's")                             \
	E(KILLED, "the job was killed before it began")                                            \
	E(STOPPED, "this node is no member of the partition")

/** enum spawnd_error - 0: well */
enum spawnd_error {
	SPAWND_OK,
#define SPAWND_E(name, sentence) SPAWND_E_##name,
	SPAWND_ERRORS(SPAWND_E)
#undef SPAWND_E
	SPAWND_E_COUNT
};

/** enum spawnd_how - how a job ended */
enum spawnd_how {
	SPAWND_RETURNED, /* status: what the program said */
	SPAWND_FAULT,    /* a fault, on the node told */
	SPAWND_WAS_KILLED,
	SPAWND_NODE_DIED, /* the node told is gone */
	SPAWND_WAS_STOPPED, /* this node: nobody knows any more */
	SPAWND_HOW_COUNT
};

/** struct spawnd_wish - what to start; @image: as the runners agree on */
struct spawnd_wish {
	char name[SPAWND_NAME_BYTES];
	struct protocol_set nodes;
	uint8_t flags;
	uint64_t image;
	uint64_t image_bytes;
	uint32_t args_bytes;
	uint8_t args[SPAWND_ARGS_BYTES];
};

/** struct spawnd_begin - a job's part on this node, as start() gets it; @args valid in the call */
struct spawnd_begin {
	uint64_t job;
	uint32_t rank;
	struct protocol_set nodes;
	uint64_t image;
	uint64_t image_bytes;
	const char *name;
	const uint8_t *args;
	uint32_t args_bytes;
};

/**
 * struct spawnd_hooks - what the machine tells its runner
 * @started, @failed, @exited: to who asked: @node is where it went wrong, or ended first
 * @killed:  answer to spawnd_kill()
 * @start:   make a dispatcher that does not run yet, then call spawnd_ready()
 * @go:      all are there: run it
 * @end:     end it, then call spawnd_ended(). It may never have run
 * @stuck:   at node 0: @node does not end its part; to be removed by a change of view
 */
struct spawnd_hooks {
	void (*started)(void *ctx, uint32_t domain, uint64_t tag, uint64_t job);
	void (*failed)(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t node);
	void (*exited)(void *ctx, uint32_t domain, uint64_t tag, uint32_t how, int32_t status,
		       uint32_t node);
	void (*killed)(void *ctx, uint32_t domain, uint64_t tag, uint32_t error);
	void (*start)(void *ctx, const struct spawnd_begin *begin);
	void (*go)(void *ctx, uint64_t job);
	void (*end)(void *ctx, uint64_t job);
	void (*stuck)(void *ctx, uint32_t node);
};

/** struct spawnd_ask - a domain of this node asked for a job, or to kill one */
struct spawnd_ask {
	uint8_t state;
	bool silent; /* its domain has ended */
	uint32_t domain;
	uint64_t tag;
	uint64_t number;
	uint64_t job;
};

/** struct spawnd_part - a part of a job on this node */
struct spawnd_part {
	uint8_t state;
	bool ending;
	uint64_t job;
};

/**
 * struct spawnd_job - at node 0
 * @running: nodes that have a part; @ready: those whose part is made
 * @asker:   PROTOCOL_NODE_NONE: nobody is told any more
 * @since:   when it was asked for, or when its end began
 */
struct spawnd_job {
	uint8_t state;
	uint8_t flags;
	uint16_t generation;
	uint32_t asker;
	uint32_t domain;
	uint32_t error;
	uint32_t how;
	uint32_t node;
	int32_t status;
	bool reported;
	uint64_t number;
	uint64_t since;
	struct protocol_set running;
	struct protocol_set ready;
};

/** struct spawnd_memory - zeroed; @jobs at node 0 alone. @domain_jobs, @node_jobs: limits */
struct spawnd_memory {
	struct spawnd_ask *asks;
	uint32_t ask_count;
	struct spawnd_part *parts;
	uint32_t part_count;
	struct spawnd_job *jobs;
	uint32_t job_count;
	uint32_t domain_jobs;
	uint32_t node_jobs;
};

/** struct spawnd - all fields are the machine's own */
struct spawnd {
	uint32_t self;
	bool stopped;
	struct protocol_set members;
	struct protocol_port port;
	struct spawnd_hooks hooks;
	void *ctx;
	struct spawnd_memory memory;
	uint64_t now;
	uint64_t number;
	uint64_t strangers;
};

/** spawnd_init - begin. Return: 0, -URPC_EINVAL */
int spawnd_init(struct spawnd *s, uint32_t self, const struct spawnd_memory *memory,
		const struct protocol_port *port, const struct spawnd_hooks *hooks, void *ctx);

/** spawnd_message - of interface PROTOCOL_SPAWN. Return: 0, -URPC_EPROTO */
int spawnd_message(struct spawnd *s, uint32_t from, uint16_t type, const void *payload,
		   uint32_t bytes, uint64_t now);

/** spawnd_view - a view was installed, and who is gone does not run any more */
void spawnd_view(struct spawnd *s, const struct protocol_set *members, uint64_t now);

/** spawnd_tick - Return: when to call again at the latest (us), PROTOCOL_NEVER */
uint64_t spawnd_tick(struct spawnd *s, uint64_t now);

/**
 * spawnd_spawn - start a job. Return: 0: an answer comes; enum spawnd_error: refused, none comes
 */
int spawnd_spawn(struct spawnd *s, uint32_t domain, uint64_t tag, const struct spawnd_wish *wish,
		 uint64_t now);

/**
 * spawnd_kill - end a job that this domain started; domain 0 of node 0 (Linux's) may end any
 * Return: 0: killed() comes, when it is known; enum spawnd_error
 */
int spawnd_kill(struct spawnd *s, uint32_t domain, uint64_t tag, uint64_t job, uint64_t now);

/** spawnd_ready - the dispatcher that start() asked for is there, or @error (enum spawnd_error) */
void spawnd_ready(struct spawnd *s, uint64_t job, uint32_t error, uint64_t now);

/** spawnd_ended - the dispatcher has ended, by itself or because end() said so */
void spawnd_ended(struct spawnd *s, uint64_t job, uint32_t how, int32_t status, uint64_t now);

/** spawnd_domain_end - a domain of this node has ended: it is told nothing more */
void spawnd_domain_end(struct spawnd *s, uint32_t domain, uint64_t now);

/**
 * spawnd_quiet - nothing is under way; @jobs: that run here, or are asked for here, or known here
 */
bool spawnd_quiet(const struct spawnd *s, uint32_t *jobs);

/** spawnd_sentence - for an enum spawnd_error; never NULL */
const char *spawnd_sentence(uint32_t error);

#endif
