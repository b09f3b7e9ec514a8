/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The engine of the simulator: nodes, links between them, virtual time, and one seed from which
 * everything follows. It knows nothing of protocols: those are worlds (struct sim_world).
 *
 * Time runs in ticks: nanoseconds in schedules, cycles in cost models. A link is one ordered pair
 * of nodes; it is FIFO and loses nothing, but when its sender dies the last messages may be lost,
 * and when its receiver dies all of them are.
 */
#ifndef SIM_H
#define SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_NODES_MAX 512u
#define SIM_US 1000u        /* ticks of a microsecond in schedules */
#define SIM_BYTES_MAX 8192u /* payload of one message */
#define SIM_NEVER UINT64_MAX

struct sim;

/**
 * struct sim_message - one message on its way
 * @at:     when it arrives
 * @lives:  incarnations of the two nodes when it was sent, the sender's in the high half
 * @next:   in the receiver's inbox
 * @lost:   its sender died and took it along
 * @class:  of its storage
 */
struct sim_message {
	uint64_t at;
	uint64_t lives;
	struct sim_message *next;
	uint32_t from;
	uint32_t to;
	uint32_t bytes;
	uint16_t type;
	uint8_t class;
	bool lost;
	uint8_t payload[];
};

/**
 * struct sim_world - what runs on the nodes
 * @begin:   a new schedule: choose sim->nodes by sim_nodes(), make the nodes, plan events
 * @message: a live node receives; @tick: the time it asked for by sim_tick_at() has come
 * @event:   what was planned by sim_plan(); also for nodes that are not alive
 * @crashed: a node has just died
 * @after:   after each step of a node: the invariants that hold always
 * @quiet:   nothing is under way, and nothing is planned
 * @end:     the invariants that hold at rest
 * @background: messages of this type are sent for ever (heartbeats): not counted as under way
 * @type_name: for traces
 */
struct sim_world {
	const char *name;
	void (*begin)(struct sim *sim);
	void (*message)(struct sim *sim, uint32_t node, const struct sim_message *m);
	void (*tick)(struct sim *sim, uint32_t node);
	void (*event)(struct sim *sim, uint32_t node, uint32_t code, uint64_t value);
	void (*crashed)(struct sim *sim, uint32_t node);
	void (*after)(struct sim *sim, uint32_t node);
	bool (*quiet)(struct sim *sim);
	void (*end)(struct sim *sim);
	bool (*background)(uint16_t type);
	const char *(*type_name)(uint16_t type);
};

/** enum sim_delays - how long messages take in a schedule; all up to SIM_DELAY_MAX_US */
enum sim_delays {
	SIM_DELAY_EVEN,  /* nearly the same for all */
	SIM_DELAY_ANY,   /* anything */
	SIM_DELAY_TAIL,  /* short, and now and then very long */
	SIM_DELAY_LINKS, /* each link has its own */
	SIM_DELAY_NODES, /* some nodes are slow to listen */
	SIM_DELAY_COUNT
};

#define SIM_DELAY_MAX_US 200u

/**
 * struct sim_cost - a machine's costs in cycles: nodes are busy while they work (fig8.c)
 * @line: for each cache line of a message, at the sender and at the receiver
 * @handle: work of one handler beside that
 * @latency: on the way
 */
struct sim_cost {
	uint32_t line;
	uint32_t handle;
	uint32_t (*latency)(const struct sim *sim, uint32_t from, uint32_t to);
};

/**
 * struct sim_node - the engine's part of a node
 * @life:    how often it came to life: messages of earlier lives are not delivered
 * @tick_at: when @tick of the world is due; @tick_set: an event for that time is in the heap
 * @doomed:  it dies in the handler that runs, or the next, after @sends more messages
 * @busy:    until then, where there is a cost model; @inbox: what it has not looked at, and @waking:
 *           will, by an event in the heap
 */
struct sim_node {
	uint32_t life;
	uint32_t sends;
	uint64_t tick_at;
	uint64_t tick_set;
	uint64_t busy;
	struct sim_message *inbox;
	struct sim_message *inbox_last;
	bool waking;
	bool alive;
	bool doomed;
};

struct sim_event {
	uint64_t at;
	uint64_t order; /* among events of the same time, in the order of their making */
	uint64_t value;
	uint32_t node;
	uint32_t code;
};

#define SIM_CLASSES 9

/**
 * struct sim - one schedule under way
 * @now:    ticks; @steps: handlers run so far; @limit: most of them
 * @hash:   of all steps and all that was sent
 * @state:  the world's
 * @flying: messages on their way that are not background
 * @failed: an invariant does not hold; @failure says which, and in which step
 */
struct sim {
	const struct sim_world *world;
	const struct sim_cost *cost;
	void *state;
	uint64_t seed;
	uint64_t random;
	uint64_t now;
	uint64_t steps;
	uint64_t limit;
	uint64_t hash;
	uint64_t order;
	uint64_t messages;
	uint64_t flying;
	uint64_t lost;
	uint32_t nodes;
	uint32_t delays;
	bool trace;
	bool failed;
	uint64_t failed_at;
	char failure[400];

	struct sim_node *node;
	uint64_t *link_last; /* when the last message of each link arrives */
	struct sim_event *heap;
	uint32_t heap_count;
	uint32_t heap_room;
	struct sim_message *free[SIM_CLASSES];
	uint8_t *arena;
	size_t arena_used;
	size_t arena_dirty; /* all behind was never written since it is zero */
};

/** sim_open - memory for schedules, used again for each. Return: NULL when there is none. */
struct sim *sim_open(const struct sim_world *world);
void sim_close(struct sim *sim);

/**
 * sim_run - one schedule from its seed to its end
 * Return: 0, or -1 with sim->failure when an invariant did not hold.
 */
int sim_run(struct sim *sim, uint64_t seed);

/* For worlds. */

/** sim_nodes - how many there will be; none is alive. Once, at the beginning. */
void sim_nodes(struct sim *sim, uint32_t nodes);

/** sim_alloc - memory until the schedule ends, not cleared, on a line of its own. */
void *sim_alloc(struct sim *sim, size_t bytes);
void *sim_zalloc(struct sim *sim, size_t bytes);

/** sim_start - a node comes to life, once more perhaps: nothing on its links is left. */
void sim_start(struct sim *sim, uint32_t node);

/** sim_crash - a node dies between two steps. Of each link a random number of messages is lost. */
void sim_crash(struct sim *sim, uint32_t node);

/** sim_doom - a node dies in its next handler after @sends messages, or at the handler's end. */
void sim_doom(struct sim *sim, uint32_t node, uint32_t sends);

/** sim_send - the world's port. To itself too: that is a link like the others. */
void sim_send(struct sim *sim, uint32_t from, uint32_t to, uint16_t type, const void *payload,
	      uint32_t bytes);

/** sim_tick_at - a node wants its @tick then, in ticks; SIM_NEVER: not at all. Replaces the last. */
void sim_tick_at(struct sim *sim, uint32_t node, uint64_t at);

/** sim_plan - @event of the world happens @after ticks from now. */
void sim_plan(struct sim *sim, uint64_t after, uint32_t node, uint32_t code, uint64_t value);

/** sim_random - anything from 0 to @below - 1; @below at least 1. */
uint32_t sim_random(struct sim *sim, uint32_t below);

/** sim_chance - true once in @of times. */
static inline bool sim_chance(struct sim *sim, uint32_t of)
{
	return !sim_random(sim, of);
}

/** sim_fail - an invariant does not hold: the schedule ends after this step. */
void sim_fail(struct sim *sim, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** sim_note - a line of the trace, and a part of the hash: what a node did by itself. */
void sim_note(struct sim *sim, uint32_t node, const char *what, uint64_t a, uint64_t b);

/** sim_time_us - what machines are told as the time. */
static inline uint64_t sim_time_us(const struct sim *sim)
{
	return sim->now / SIM_US;
}

#endif
