/* SPDX-License-Identifier: GPL-2.0-only */
/* The world that the engine is tested with, and the ways to make it wrong. */
#ifndef SIM_TINY_H
#define SIM_TINY_H

#include "sim.h"

#define TINY_NODES_MAX 6u

enum tiny_fault {
	TINY_RIGHT,
	TINY_ORDER,  /* believes that messages of two nodes arrive everywhere in one order */
	TINY_TORN,   /* believes that all or none get what a dying node sends */
	TINY_SILENT, /* waits for an answer that does not come */
};

/** struct tiny_seen - what happened in all schedules: a test must have seen it */
struct tiny_seen {
	uint64_t lost;
	uint64_t torn;
	uint64_t lives;
};

extern enum tiny_fault tiny_fault;
extern struct tiny_seen tiny_seen;
extern const struct sim_world tiny_world;

#endif
