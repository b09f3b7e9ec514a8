/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A few nodes and the links between them, for tests of machines of partition/protocol: messages
 * of one node to another come in order, those of a dead one are a prefix. Which link delivers
 * next is chance.
 */
#ifndef SERVICES_NET_H
#define SERVICES_NET_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <abi/protocol/port.h>
#include <abi/protocol/set.h>

#define NET_NODES 8u

/* What is wrong ends the test at once, with the seed of the run. */
#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "# %s:%d: not so: %s (seed %llu, step %llu)\n", __FILE__,  \
				__LINE__, #condition, (unsigned long long)net.seed,                \
				(unsigned long long)net.steps);                                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct net_message {
	struct net_message *next;
	uint16_t type; /* 0: NET_FREEZE or NET_VIEW, of the test itself */
	uint32_t bytes;
	uint8_t payload[];
};

struct net_link {
	struct net_message *first;
	struct net_message *last;
	uint32_t count;
};

/* The machine under test, on each node. */
struct net_machine {
	void (*message)(uint32_t node, uint32_t from, uint16_t type, const void *payload,
			uint32_t bytes);
	void (*freeze)(uint32_t node);
	void (*view)(uint32_t node, uint32_t view, const struct protocol_set *members);
	void (*thaw)(uint32_t node); /* all have the view; may be NULL */
	uint32_t unsent; /* at most so many messages on a link */
};

struct net {
	const struct net_machine *machine;
	uint32_t nodes;
	bool alive[NET_NODES];
	struct net_link link[NET_NODES][NET_NODES];
	struct protocol_set members; /* as node 0 installed them last */
	uint32_t view;
	uint32_t epoch[NET_NODES]; /* view in which each came in */
	uint32_t seen[NET_NODES]; /* the view that the node has */
	uint32_t thawed; /* the last view that all had */
	bool frozen;
	uint64_t now;
	uint64_t seed;
	uint64_t random;
	uint64_t steps;
};

extern struct net net;

void net_begin(const struct net_machine *machine, uint32_t nodes, uint64_t seed);
void net_end(void);
struct protocol_port net_port(uint32_t node);

/* Below @limit. */
uint32_t net_chance(uint32_t limit);

/* One message of some link arrives; false: there is none. */
bool net_step(void);
/* All of them, and what they bring about. */
void net_drain(void);

/*
 * A change of view: all freeze; then node 0 installs. Messages travel meanwhile if the test lets
 * them.
 */
void net_freeze(void);
/* Every living member has the view of node 0: before that no other change begins. */
bool net_seen(void);
void net_install(const struct protocol_set *members);
/* Both, and everything arrives. */
void net_change(const struct protocol_set *members);
/* The node dies: of what it sent a prefix arrives. */
void net_kill(uint32_t node);
/* It, or another one of that number, is there: no member yet, with links of its own. */
void net_revive(uint32_t node);

/*
 * Some last messages of @node to node 0 are lost though it lives: only what is sent again may be.
 */
void net_lose(uint32_t node);
/* Messages on the way from @from to @to. */
uint32_t net_count(uint32_t from, uint32_t to);

/* A message as if @from had sent it. */
void net_inject(uint32_t from, uint32_t to, uint16_t type, const void *payload, uint32_t bytes);

#endif
