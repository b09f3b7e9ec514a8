/* SPDX-License-Identifier: GPL-2.0-only */
/* Domains that start programs on other nodes, the programs, and what each may be told. */
#ifndef SIM_STARTERS_H
#define SIM_STARTERS_H

#include <abi/protocol/node.h>
#include <abi/protocol/spawnd.h>

#include "sim.h"

#define STARTERS_DOMAINS 3u
#define STARTERS_ASKS 8u
#define STARTERS_PARTS 6u
#define STARTERS_JOBS 24u

/** struct starter_ask - of a domain: that must be told how it ends, once */
struct starter_ask {
	uint64_t tag; /* 0: none */
	uint64_t job; /* when it was told that it runs */
	uint32_t domain;
};

/** struct starter_program - a part of a job here. @end: the machine wants its end */
struct starter_program {
	enum { STARTER_NONE, STARTER_MAKING, STARTER_MADE, STARTER_RUNS } state;
	uint64_t job;
	bool end;
};

/** struct starters - of one node; @kills: that are not answered, by domain */
struct starters {
	struct spawnd spawnd;
	struct node *node;
	struct sim *sim;
	uint32_t self;
	uint32_t kills[STARTERS_DOMAINS];
	uint64_t tag;
	bool stopped;
	struct node_part part;
	struct starter_ask asked[STARTERS_ASKS];
	struct starter_program program[STARTERS_PARTS];
};

/** starters_init - of a node whose machines have begun */
void starters_init(struct starters *s, struct sim *sim, uint32_t self, struct node *node);

/** starters_act - a domain starts or ends a job, or ends. */
void starters_act(struct starters *s);

/** starters_event - a program goes on; @value: as it was planned, with PLAN_PROGRAM */
void starters_event(struct starters *s, uint64_t value);

/** starters_stop - the node is dead or out */
void starters_stop(struct starters *s);

/** starters_quiet - nothing is under way, no program runs; starters_check - what must hold then */
bool starters_quiet(const struct starters *s);
void starters_check(struct starters *s);

#endif
