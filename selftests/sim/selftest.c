// SPDX-License-Identifier: GPL-2.0-only
/* Tests of the engine: sim --selftest. */
#include <stdio.h>
#include <string.h>

#include "engine.h"
#include "program.h"
#include "tiny.h"

static unsigned int count, wrong;

static void ok(bool good, const char *what)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++count, what);
	wrong += !good;
}

/* The first seed up to @seeds that fails, or 0; @sim keeps the failure. */
static uint64_t first_failure(struct sim *sim, enum tiny_fault fault, uint64_t seeds)
{
	tiny_fault = fault;
	for (uint64_t seed = 1; seed <= seeds; seed++)
		if (sim_run(sim, seed))
			return seed;
	return 0;
}

static void test_right(struct sim *sim)
{
	uint64_t seed = first_failure(sim, TINY_RIGHT, 20000);

	if (seed)
		printf("# seed %llu: %s\n", (unsigned long long)seed, sim->failure);
	ok(!seed, "a right machine passes; links are FIFO, a death costs only the last messages");
	ok(tiny_seen.lost && tiny_seen.torn && tiny_seen.lives,
	   "messages were lost, sends were cut off in the middle, nodes came back");
}

static void test_wrong(struct sim *sim, enum tiny_fault fault, const char *what)
{
	uint64_t seed = first_failure(sim, fault, 2000), step = sim->failed_at;
	char failure[sizeof(sim->failure)];
	uint64_t hash = sim->hash;

	memcpy(failure, sim->failure, sizeof(failure));
	printf("# %s: seed %llu, step %llu: %s\n", what, (unsigned long long)seed,
	       (unsigned long long)step, failure);
	ok(seed, what);
	if (seed)
		sim_run(sim, seed);
	ok(seed && sim->failed && sim->hash == hash && sim->failed_at == step &&
		   !strcmp(sim->failure, failure),
	   "its seed fails again, in the same step, with the same trace");
}

static void test_replay(struct sim *sim)
{
	uint64_t same = 0, different = 0, last = 0;

	tiny_fault = TINY_RIGHT;
	for (uint64_t seed = 1; seed <= 500; seed++) {
		uint64_t hash;

		sim_run(sim, seed);
		hash = sim->hash;
		different += hash != last;
		last = hash;
		sim_run(sim, seed + 100000);
		sim_run(sim, seed);
		same += sim->hash == hash;
	}
	ok(same == 500, "a seed's trace is the same whatever ran before");
	ok(different == 500, "each seed's is another");
}

static void test_delays(struct sim *sim)
{
	uint64_t most = 0, least = SIM_NEVER;

	for (uint64_t seed = 1; seed <= 2000; seed++) {
		sim_reset(sim, seed);
		for (uint32_t i = 0; i < 50; i++) {
			uint64_t delay = sim_delay(sim, i % 7, i % 5);

			most = delay > most ? delay : most;
			least = delay < least ? delay : least;
		}
	}
	printf("# delays from %llu to %llu ticks\n", (unsigned long long)least,
	       (unsigned long long)most);
	ok(least >= 1 && most <= SIM_DELAY_MAX_US * SIM_US && most > SIM_DELAY_MAX_US * SIM_US / 2,
	   "no delay is above the bound, some come near");
}

int selftest(void)
{
	struct sim *sim = sim_open(&tiny_world);

	if (!sim)
		return SIM_EXIT_TROUBLE;
	printf("1..11\n");
	test_right(sim);
	test_wrong(sim, TINY_ORDER, "a machine that relies on the order of two links is caught");
	test_wrong(sim, TINY_TORN, "a machine that believes in whole broadcasts is caught");
	test_wrong(sim, TINY_SILENT, "a machine that waits for ever is caught");
	test_replay(sim);
	test_delays(sim);
	sim_close(sim);
	return wrong ? SIM_EXIT_FAILED : 0;
}
