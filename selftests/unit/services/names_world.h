/* SPDX-License-Identifier: GPL-2.0-only */
/* The name service on the nodes of net.h, with a record of all that it said. */
#ifndef SERVICES_NAMES_WORLD_H
#define SERVICES_NAMES_WORLD_H

#include <abi/protocol/names.h>

#include "net.h"

#define SLOTS 64u
#define PENDINGS 16u
#define DOMAINS 4u
#define WATCHES 8u

struct heard {
	uint32_t node;
	uint32_t domain;
	uint64_t tag;
	uint32_t error; /* of an answer; of a watch enum names_what */
	struct names_slot slot;
	bool has_slot;
};

extern struct names names[NET_NODES];
extern struct names_slot names_slots[NET_NODES][SLOTS];
extern struct names_index names_indexes[NET_NODES][SLOTS];
extern struct names_limits names_limits_used;
extern struct heard answers[4096], changes[4096];
extern uint32_t answer_count, change_count, ended_count, stuck_node, protocol_errors;
extern bool changes_refused; /* hooks.changed() says no */
extern const struct net_machine names_machine;

/* @nodes nodes, all of them members. */
void names_world(uint32_t nodes, uint64_t seed);
void names_world_node(uint32_t node);
void names_join(uint32_t node);
void names_leave_view(uint32_t node);

/* All replicas of members are the same and right. */
void names_same(void);

struct names_ask names_ask(uint8_t op, const char *name, uint8_t flags, uint64_t value);
/* A request, and everything arrives; Return: its answer, ~0: none yet, or the refusal at once. */
uint32_t names_do(uint32_t node, uint32_t domain, uint8_t op, const char *name, uint8_t flags,
		  uint64_t value);
/* The answer with this tag: its error, ~0: none. */
uint32_t names_answer(uint64_t tag);
extern uint64_t names_tag; /* of the last names_do() */

#endif
