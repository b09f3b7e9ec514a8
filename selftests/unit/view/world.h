/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes that run the view machine, links between them and a clock. Every message takes its time (at
 * most world.delay, drawn from the seed), those of one link arrive in their order. What must hold
 * always is checked in the hooks, and a broken promise ends the program.
 */
#ifndef WORLD_H
#define WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/if/view.h>
#include <abi/protocol/view.h>
#include <urpc/chan.h>

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "broken promise: %s:%d: %s (seed %llu)\n", __FILE__,       \
				__LINE__, #condition, (unsigned long long)world.seed);             \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

enum { NODES = PROTOCOL_NODES_MAX, VIEWS = 4096 };

/*
 * @runs:     takes messages and has its ticks; false: dead or never started
 * @incarnation: counts starts, so that links of an earlier one deliver nothing
 * @fenced:   the leader was told to stop it
 * @frozen:   between freeze and thaw
 * @in:       the view installed last, number 0: none
 * @drains:   asked to drain; answers at once if @prompt
 * @gone, @left: of the hook; @broken: messages refused with -URPC_EPROTO
 * @done, @error: leader: what done() said of this node last, and how often
 */
struct node {
	struct view_state v;
	bool fenced, runs, frozen, drains, prompt, gone, left, mute_report, deaf;
	uint32_t incarnation;
	struct view in;
	uint64_t tick_at;
	uint32_t done, broken, freezes, thaws, installs, welcomed;
	int error;
	uint64_t died;
	uint32_t last_broken;
};

struct world {
	uint64_t now, seed, random, delay, sent, delivered;
	struct view_settings settings;
	struct node nodes[NODES];
	/* What view n was at whoever installed it first; number 0: nobody has. */
	struct view views[VIEWS];
	uint8_t blobs[VIEWS][8];
	uint32_t merged;
	struct protocol_set asleep, doubtful;
	uint32_t confirms;
	/* From the last death to some survivor's view without one that died, the longest. */
	uint64_t last_death, slowest;
	uint32_t count[16]; /* messages by number, sent */
	bool show;
};

extern struct world world;

void world_reset(uint64_t seed);
uint64_t world_random(uint64_t below);
void world_start(uint32_t node);
void world_kill(uint32_t node);
/* Run until there is nothing before @until. */
void world_run(uint64_t until);
/* Run until no message is on its way, and no timer within @quiet. */
void world_settle(void);
/* A message that nobody sent. Return: what view_message() said. */
int world_inject(uint32_t from, uint32_t to, uint16_t type, const void *buffer, uint32_t bytes);
void world_tick(uint32_t node);
void world_join(uint32_t first, uint32_t last);
bool world_member(uint32_t node);
/* Everybody who is in the leader's view operates in it, and nobody else does. */
void world_agrees(void);

#define VIEW_OF(node) (&world.nodes[node].v)
#define LEADER VIEW_OF(0)

#endif
