/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs of a node that use capabilities; local.h is what its monitor does for them. */
#ifndef SIM_PROGRAMS_H
#define SIM_PROGRAMS_H

#include <local.h>

#include "place.h"

#define PROGRAMS_GIVES 2048u /* in a schedule */

/**
 * struct programs - of one node
 * @local: first, so that its hooks and those of the simulator have one context
 * @hooks: those of @local, under the simulator's
 * @began: when each of local.calls began, in microseconds; @performed: its retype was;
 *         @decided: when it was first carried out here, in ticks
 * @gives: under way
 * @waits: there is work left that waits
 */
struct programs {
	struct local_node local;
	struct agree_local hooks;
	struct agree *agree;
	struct place place;
	struct programs_truth *truth;
	struct sim *sim;
	uint32_t node;
	uint32_t gives;
	bool waits;
	bool performed[LOCAL_CALLS];
	uint64_t began[LOCAL_CALLS];
	uint64_t decided[LOCAL_CALLS];
};

#define PROGRAMS_REVOKES 64u

/**
 * struct revoke - a revocation that was decided
 * @object:  of which; @since: when
 * @node, @life: who asked
 * @carried: other nodes that have carried it out, of those whose programs run: what only the dead
 *           have seen need not have been
 */
struct revoke {
	struct place_cap object;
	uint32_t node;
	uint32_t life;
	struct protocol_set carried;
};

/**
 * struct programs_truth - of all nodes
 * @revoke: @revokes of them, by time
 * @places: of all nodes; @entries: a machine's room; @pages: of RAM that each began with
 * @created: gives that have arrived; @count: gives so far
 * @longest: an operation took, in microseconds
 * @packages, @package, @distance, @kind: of the machine
 */
struct programs_truth {
	struct place **places;
	uint32_t pages;
	uint32_t entries;
	uint32_t count;
	uint64_t longest;
	uint32_t revokes;
	struct revoke revoke[PROGRAMS_REVOKES];
	uint8_t created[PROGRAMS_GIVES];
	uint16_t giver[PROGRAMS_GIVES];
	uint32_t packages;
	uint16_t *package;
	uint32_t *distance;
	enum route_kind kind;
};

/** programs_topology - of this schedule: packages, and how messages are routed. */
void programs_topology(struct programs_truth *t, struct sim *sim);

/** programs_init - a node that has nothing yet. @memory: for @agree, its machine. */
void programs_init(struct programs *p, struct programs_truth *truth, struct sim *sim, uint32_t node,
		   struct agree *agree, struct agree_memory *memory);

/** programs_own - the node has RAM from now on. */
void programs_own(struct programs *p);

/** programs_spread - the node gives what it has to some others. */
void programs_spread(struct programs *p);

/** programs_act - some program does something. */
void programs_act(struct programs *p);

/** programs_work - what is left for this node itself; after each of its steps. */
void programs_work(struct programs *p);

/** programs_stop - the node is out, or not in yet: it has no capabilities. */
void programs_stop(struct programs *p);

/** programs_quiet - nothing is under way. */
bool programs_quiet(const struct programs *p);

/** programs_check - what must hold at rest. @deaths: nodes died or left in this schedule. */
void programs_check(struct programs *p, bool deaths);

/** programs_hooks - what stands between the machine and the node's capabilities (witness.c). */
struct agree_local programs_hooks(struct programs *p);

/** programs_range - the RAM that a node began with. */
static inline struct place_cap programs_range(const struct programs_truth *t, uint32_t node)
{
	uint64_t bytes = (uint64_t)t->pages * 4096, base = 0x100000ull + node * bytes;

	return (struct place_cap){ base, base + bytes, ABI_CAP_RAM, 0 };
}

#endif
