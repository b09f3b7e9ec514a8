/* SPDX-License-Identifier: GPL-2.0-only */
/* What the engine's files share, and the program's exit codes. */
#ifndef SIM_ENGINE_H
#define SIM_ENGINE_H

#include "sim.h"

#define SIM_EXIT_FAILED 1  /* an invariant did not hold, a test failed */
#define SIM_EXIT_USAGE 2   /* the options make no sense */
#define SIM_EXIT_TROUBLE 3 /* no memory, no process */

/** sim_mix - a number that looks like no relation of @x; 0 for no other than one @x. */
static inline uint64_t sim_mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline void sim_hash(struct sim *sim, uint64_t word)
{
	sim->hash = (sim->hash ^ word) * 0x9fb21c651e98df25ull;
	sim->hash ^= sim->hash >> 32;
}

/** sim_reset - all as at the beginning of a schedule. */
void sim_reset(struct sim *sim, uint64_t seed);

/** sim_delay - how long a message takes, in ticks, at least 1. */
uint64_t sim_delay(struct sim *sim, uint32_t from, uint32_t to);

/** sim_trace_message - a message arrives: into the hash, and the trace. */
void sim_trace_message(struct sim *sim, const struct sim_message *m);

#endif
