/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains that want memory of their nodes' servers, and who has which of it. */
#ifndef SIM_LENDERS_H
#define SIM_LENDERS_H

#include <abi/protocol/memserv.h>
#include <abi/protocol/node.h>

#include "sim.h"

#define LENDERS_DOMAINS 3u
#define LENDERS_ASKS 8u
#define LENDERS_PIECES 64u
#define LENDERS_TODO 64u
#define LENDERS_GRANTS 1024u
#define LENDERS_ADDS 16u
#define LENDERS_EXTENT (16ull * MEMSERV_PAGE)
#define LENDERS_QUOTA (12ull * MEMSERV_PAGE)

/** struct lenders_grant - memory that a domain has, anywhere */
struct lenders_grant {
	uint32_t node;
	uint32_t domain;
	uint64_t base;
	uint64_t bytes;
};

/** struct lenders_add - an extent that Linux gave a node. @has: the node has it, for all that is known */
struct lenders_add {
	uint32_t node;
	uint32_t life;
	uint64_t tag; /* of what is under way; 0: nothing */
	uint64_t base;
	bool has;
	bool takes;
};

/** struct lenders_truth - of all nodes: @grant: @grants of them, @add: @adds of them */
struct lenders_truth {
	struct lenders_grant grant[LENDERS_GRANTS];
	uint32_t grants;
	struct lenders_add add[LENDERS_ADDS];
	uint32_t adds;
};

/** struct lenders_todo - a capability is to be sent, or deleted: then the machine is told */
struct lenders_todo {
	enum { LENDERS_NOTHING, LENDERS_LEND, LENDERS_BACK, LENDERS_HOME } what;
	uint64_t base;
};

/** struct lenders - of one node. @asked: that were not answered, by tag; 0: none */
struct lenders {
	struct memserv memserv;
	struct memserv_piece *pieces;
	struct lenders_truth *truth;
	struct sim *sim;
	uint32_t self;
	uint64_t tag;
	bool stopped;
	struct node_part part;
	uint64_t asked[LENDERS_ASKS];
	uint32_t asker[LENDERS_ASKS];
	struct lenders_todo todo[LENDERS_TODO];
};

/** lenders_init - of a node whose machines have begun */
void lenders_init(struct lenders *l, struct lenders_truth *truth, struct sim *sim, uint32_t self,
		  struct node *node);

/** lenders_act - a domain asks, gives back, or ends; at node 0 Linux gives or takes memory */
void lenders_act(struct lenders *l);

/** lenders_event - a capability has been sent, or deleted; @value: as it was planned */
void lenders_event(struct lenders *l, uint64_t value);

/** lenders_may_join - at node 0: is it known who keeps something of the last node of that number? */
bool lenders_may_join(const struct lenders *l, uint32_t node);

/** lenders_stop - the node is dead or out: its domains have nothing any more */
void lenders_stop(struct lenders *l);

/** lenders_quiet - nothing is under way; lenders_check - what must hold then */
bool lenders_quiet(const struct lenders *l);
void lenders_check(struct lenders *l);

#endif
