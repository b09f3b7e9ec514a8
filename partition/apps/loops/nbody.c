// SPDX-License-Identifier: GPL-2.0-only
/* Bodies that attract each other, in steps of time; the sum covers every bit of where they end. */
#include <math.h>

#include "loops.h"

#define BODIES 5u
#define STEPS 200u
#define STEP 0.001

struct body {
	double at[3], speed[3], mass;
};

static void start(struct body *bodies, uint32_t seed)
{
	for (unsigned int i = 0; i < BODIES; i++) {
		for (unsigned int k = 0; k < 3; k++) {
			bodies[i].at[k] = next_random(&seed) / 4096.0 - 8;
			bodies[i].speed[k] = next_random(&seed) / 32768.0 - 1;
		}
		bodies[i].mass = 1 + next_random(&seed) / 1024.0;
	}
}

static void attract(struct body *a, struct body *b)
{
	double d[3], distance2 = 0.01, pull;

	for (unsigned int k = 0; k < 3; k++) {
		d[k] = a->at[k] - b->at[k];
		distance2 += d[k] * d[k];
	}
	pull = STEP / (distance2 * sqrt(distance2));
	for (unsigned int k = 0; k < 3; k++) {
		a->speed[k] -= d[k] * b->mass * pull;
		b->speed[k] += d[k] * a->mass * pull;
	}
}

uint32_t loop_nbody(uint32_t seed, uint32_t sum)
{
	struct body bodies[BODIES];

	start(bodies, seed);
	for (unsigned int step = 0; step < STEPS; step++) {
		for (unsigned int i = 0; i < BODIES; i++)
			for (unsigned int j = i + 1; j < BODIES; j++)
				attract(&bodies[i], &bodies[j]);
		for (unsigned int i = 0; i < BODIES; i++)
			for (unsigned int k = 0; k < 3; k++)
				bodies[i].at[k] += STEP * bodies[i].speed[k];
	}
	return sum_bytes(sum, bodies, sizeof(bodies));
}
