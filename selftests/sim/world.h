/* SPDX-License-Identifier: GPL-2.0-only */
/* The world "nodes": the real machines of partition/protocol on every node, wired as a monitor does. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <abi/protocol/node.h>

#include "binders.h"
#include "callers.h"
#include "lenders.h"
#include "place.h"
#include "programs.h"
#include "sim.h"
#include "starters.h"

/** enum planned - codes of planned events */
enum planned {
	PLAN_CRASH,   /* the node dies */
	PLAN_DOOM,    /* it dies in its next handler, after that many messages */
	PLAN_TOLD,    /* the leader is told that it is dead */
	PLAN_JOIN,    /* it is started, and taken in; not when it is there already */
	PLAN_LEAVE,   /* it is asked to leave, or asks itself */
	PLAN_DRAINED, /* it has drained */
	PLAN_NAMES,   /* a domain does something */
	PLAN_CAPS,    /* a program does something with capabilities */
	PLAN_SPREAD,  /* a node gives what it has */
	PLAN_START,   /* a domain starts or ends a program */
	PLAN_WORK,    /* agreements look again at what waited for the node itself */
	PLAN_LAST,    /* nothing new comes: domains end */
	PLAN_BIND,    /* a domain offers a service, connects to one, closes */
	PLAN_BOUND,   /* it answers; node 0 has made a channel */
	PLAN_MEMORY,  /* a domain wants memory, or gives it back */
	PLAN_LENT,    /* memory has been sent to another node, or deleted here */
	PLAN_PROGRAM, /* a program is made, or ends */
	PLAN_COUNT
};

/**
 * struct member - a node
 * @callers: first, so that the hooks of names and those of the node have one context
 * @stopped: it is in no view any more, and knows it
 * @fenced:  its programs run no more
 * @leaving: the event PLAN_DRAINED is planned; @working: PLAN_WORK is
 * @patience: how long that is put off at most, in microseconds
 * @owner:   it gets RAM when it operates first
 * @doom:    it dies in its next handler, after one message fewer than that; 0: it does not
 */
struct member {
	struct callers callers;
	struct programs programs;
	struct starters starters;
	struct lenders lenders;
	struct binders binders;
	struct node machines;
	struct sim *sim;
	uint32_t node;
	bool stopped;
	bool fenced;
	bool leaving;
	bool working;
	bool owner;
	uint32_t patience;
	uint32_t doom;
};

#define WORLD_VIEWS 2048u
/* Time for everything to end after the last event: two rounds of deaths, each found by the next. */
#define WORLD_REST_US (4 * (uint64_t)VIEW_DEAD_US + VIEW_PHASE_US + VIEW_DRAIN_US)

/**
 * struct world - one schedule
 * @planned:  events that are to come
 * @late:     at rest by then, or something does not end; microseconds, from the last event's time
 * @names:    there are domains; @caps: there are programs; @batches: messages travel together;
 *            @jobs: domains start programs; @lending: they want memory; @binding: they connect
 * @views:    members by number, as the first that installed it has them
 * @died:     when, in microseconds, for those whose removal is not installed; SIM_NEVER
 * @deaths:   how many died in all; @gone: some died or left
 * @joining, @leaving: view_join(), view_leave() that are not done; @asked: asked itself to leave
 * @places:   of all members
 */
struct world {
	struct member **member;
	struct place **places;
	uint32_t planned;
	uint32_t deaths;
	uint64_t last_death;
	bool gone;
	bool names;
	bool caps;
	bool batches;
	bool jobs;
	bool lending;
	bool binding;
	uint64_t late;
	uint64_t died[SIM_NODES_MAX];
	struct protocol_set joining;
	struct protocol_set leaving;
	struct protocol_set asked;
	struct protocol_set views[WORLD_VIEWS];
	bool installed[WORLD_VIEWS];
	struct callers_truth truth;
	struct programs_truth memory;
	struct lenders_truth lent;
	struct binders_truth bound;
};

extern const struct sim_world nodes_world;

static inline struct member *member_of(const struct sim *sim, uint32_t node)
{
	const struct world *w = sim->state;

	return w->member[node];
}

/** member_start - a node comes to life with its machines in no view; node 0 in view 1. */
void member_start(struct sim *sim, uint32_t node);

/** member_message - it receives; member_tick - its time has come. */
void member_message(struct sim *sim, uint32_t node, const struct sim_message *m);
void member_tick(struct sim *sim, uint32_t node);

/** member_drained - it has handed over all: its programs are gone. */
void member_drained(struct member *m);

/** member_turn - at the end of all that a node does: when is it to be called again? */
void member_turn(struct member *m);

/** member_active - does it live, and is it in a view, as far as it knows? */
bool member_active(const struct sim *sim, uint32_t node);

/** plan_begin - what happens in a schedule: from its random numbers. */
void plan_begin(struct sim *sim);

/** plan_event - it happens. */
void plan_event(struct sim *sim, uint32_t node, uint32_t code, uint64_t value);

/* Invariants: what must be true of a view that is installed, or operates; and at rest. */
void check_install(struct member *m, const struct view *old, const struct view *now);
void check_thaw(struct member *m, const struct view *now);
void check_crashed(struct sim *sim, uint32_t node);
void check_after(struct sim *sim, uint32_t node);
bool check_quiet(struct sim *sim);
void check_end(struct sim *sim);

#endif
