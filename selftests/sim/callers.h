/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains that use the name service on each node, and what they may believe of one another. */
#ifndef SIM_CALLERS_H
#define SIM_CALLERS_H

#include <abi/protocol/names.h>

#include "sim.h"

#define CALLERS_DOMAINS 3u
#define CALLERS_OTHERS 2u /* domains of others, which ask for themselves */
#define CALLERS_REQUESTS 12u
#define CALLERS_LOCKS 2u
#define CALLERS_SLOTS 64u

/** struct caller_request - that waits for its answer */
struct caller_request {
	uint64_t tag; /* 0: no request */
	uint64_t deadline;
	uint32_t domain;
	uint8_t op;   /* enum names_op; 0: names_await() */
	uint8_t name; /* of the table in callers.c */
};

/**
 * struct callers - of one node
 * @ending: domains whose end is under way, a mask
 * @missed: watches that must be told MISSED before all else
 * @open:   requests without an answer
 * @stopped: domains run no more
 */
struct callers {
	struct names *names;
	struct sim *sim;
	uint32_t node;
	uint32_t ending;
	uint32_t missed;
	uint32_t open;
	bool stopped;
	uint64_t tag;
	struct caller_request asked[CALLERS_REQUESTS];
};

/**
 * struct callers_truth - of all nodes
 * @holder: of each lock, node << 8 | domain, plus 1; 0: nobody can believe to hold it
 * @posted: what semaphores could let pass at most; @passed: how many did
 * @entered: requests to enter the barrier; @left: how many went on
 * @last:    all domains end at the end: nothing may be left of them
 */
struct callers_truth {
	uint32_t holder[CALLERS_LOCKS];
	uint64_t posted;
	uint64_t passed;
	uint64_t entered;
	uint64_t left;
	bool last;
};

#define CALLERS_BARRIER 2u /* how many must come */

/** callers_limits, callers_hooks - of the name service on every node; the hooks' context: callers */
extern const struct names_limits callers_limits;
extern const struct names_hooks callers_hooks;

/** callers_init - the domains of a node, whose replica is @names. @memory: for that one. */
void callers_init(struct callers *c, struct callers_truth *truth, struct sim *sim, uint32_t node,
		  struct names *names, struct names_memory *memory);

/** callers_act - some domain does something. */
void callers_act(struct callers *c);

/** callers_end - a domain ends, if it has not begun to. */
void callers_end(struct callers *c, uint32_t domain);

/** callers_stop - the node is dead, or out: its domains run no more, what they believed is void. */
void callers_stop(struct callers *c);

/** callers_quiet - nothing is under way. */
bool callers_quiet(const struct callers *c);

/** callers_check - what must hold at rest; @same: the replica of another node, or NULL. */
void callers_check(struct callers *c, const struct callers *same);

#endif
