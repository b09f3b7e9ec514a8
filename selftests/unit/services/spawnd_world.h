/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting programs on the nodes of net.h. Dispatchers are made and end when the test says so. */
#ifndef SERVICES_SPAWND_WORLD_H
#define SERVICES_SPAWND_WORLD_H

#include <abi/protocol/spawnd.h>

#include "net.h"

#define ASKS 6u
#define PARTS 5u
#define JOBS 12u

enum { PROGRAM_MAKING = 1, PROGRAM_MADE, PROGRAM_RUNS, PROGRAM_ENDING };

/* A dispatcher on a node, as its runner sees it. */
struct program {
	uint32_t state;
	uint64_t job;
	uint32_t rank;
	bool end; /* end() came */
};

struct heard_of {
	uint32_t node, domain;
	uint64_t tag, job;
	bool started, over;
	uint32_t started_count, over_count;
	uint32_t error, how, where;
	int32_t status;
};

extern struct spawnd spawnds[NET_NODES];
extern struct program programs[NET_NODES][PARTS];
extern struct heard_of heards[4096]; /* by tag */
extern uint32_t spawnd_errors, spawnd_stuck, killed_answers, killed_error;

void spawnd_world(uint32_t nodes, uint64_t seed);
void spawnd_world_node(uint32_t node);
/* A job "p" on @nodes (bits); Return: what spawnd_spawn() does. Its tag is the last one. */
int spawnd_go(uint32_t node, uint32_t domain, uint32_t nodes, uint8_t flags);
extern uint64_t spawnd_tag;
/* A runner has made its dispatcher, or not; it has ended. */
void program_made(uint32_t node, struct program *p, uint32_t error);
void program_ends(uint32_t node, struct program *p, uint32_t how, int32_t status);
/* All that can be made is made, all that is to end ends, everything arrives. */
void spawnd_settle(void);
/* How many dispatchers there are in that state; 0: any. */
uint32_t program_count(uint32_t state);
void spawnd_left(uint32_t jobs);

#endif
