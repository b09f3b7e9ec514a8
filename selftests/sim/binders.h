/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains that offer services and connect to others', and what each end of a channel may be told. */
#ifndef SIM_BINDERS_H
#define SIM_BINDERS_H

#include <abi/protocol/bind.h>
#include <abi/protocol/node.h>

#include "callers.h"

/* Beside those of callers.h: they use the name service too. */
#define BINDERS_FIRST CALLERS_DOMAINS
#define BINDERS_DOMAINS CALLERS_OTHERS
#define BINDERS_ENDS 24u
#define BINDERS_TODO 32u

/** struct binder_end - a connection, at one end. Ends 2 n and 2 n + 1 are of one channel */
struct binder_end {
	enum { BINDER_NONE, BINDER_ASKED, BINDER_OFFERED, BINDER_ACCEPTED, BINDER_OPEN } state;
	bool server;
	uint32_t domain;
	uint32_t handle;
	uint32_t end;
	uint64_t tag;
};

/** struct binders_truth - of all nodes. @ends: numbers given; @made: channels of two nodes that are there */
struct binders_truth {
	uint32_t ends;
	uint32_t made;
};

/** struct binders_todo - a server answers, a client closes; node 0 makes or takes away a channel */
struct binders_todo {
	enum { BINDERS_NOTHING, BINDERS_ANSWER, BINDERS_CLOSE, BINDERS_MAKE, BINDERS_UNMAKE } what;
	uint64_t which; /* tag of an end, or a channel */
};

/** struct binders - of one node. @ended: domains that are not there any more; @pairs: channels here */
struct binders {
	struct bind bind;
	struct node *node;
	struct binders_truth *truth;
	struct sim *sim;
	uint32_t self;
	uint32_t ended;
	uint32_t pairs;
	uint64_t tag;
	bool stopped;
	struct node_part part;
	struct binder_end end[BINDERS_ENDS];
	struct binders_todo todo[BINDERS_TODO];
};

/** binders_init - of a node whose machines, names too, have begun */
void binders_init(struct binders *b, struct binders_truth *truth, struct sim *sim, uint32_t self,
		  struct node *node);

/** binders_act - a domain offers, connects, closes, or ends; binders_last - all domains end */
void binders_act(struct binders *b);
void binders_last(struct binders *b);

/** binders_event - what was planned with PLAN_BOUND */
void binders_event(struct binders *b, uint64_t value);

/** binders_stop - the node is dead or out */
void binders_stop(struct binders *b);

/** binders_quiet - nothing is under way; binders_check - what must hold then, of all nodes' ends */
bool binders_quiet(const struct binders *b);
void binders_check(struct sim *sim);

#endif
