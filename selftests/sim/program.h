/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the program. Each returns an exit code (engine.h). */
#ifndef SIM_PROGRAM_H
#define SIM_PROGRAM_H

#include "sim.h"

/** struct range - seeds to run, and how */
struct range {
	const struct sim_world *world;
	uint64_t from;
	uint64_t to;
	uint32_t jobs;
	bool all; /* do not end with the first failure */
};

/** selftest - of the engine. TAP. */
int selftest(void);

/** seeds_run - all schedules of a range, in @jobs processes. TAP. */
int seeds_run(const struct range *range);

/** seed_run - one schedule, with its trace perhaps. */
int seed_run(const struct sim_world *world, uint64_t seed, bool trace);

#endif
