// SPDX-License-Identifier: GPL-2.0-only
/* Steps of a schedule: the next event by time, a handler, the checks. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "engine.h"

#define ARENA_BYTES (1ull << 30)
#define CODE_MESSAGE 0xffffffffu
#define CODE_TICK 0xfffffffeu
#define CODE_WAKE 0xfffffffdu

struct sim *sim_open(const struct sim_world *world)
{
	struct sim *sim = calloc(1, sizeof(*sim));
	void *arena = mmap(NULL, ARENA_BYTES, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (!sim || arena == MAP_FAILED) {
		free(sim);
		return NULL;
	}
	sim->world = world;
	sim->arena = arena;
	return sim;
}

void sim_close(struct sim *sim)
{
	munmap(sim->arena, ARENA_BYTES);
	free(sim->heap);
	free(sim);
}

void *sim_alloc(struct sim *sim, size_t bytes)
{
	void *got = sim->arena + sim->arena_used;

	bytes = (bytes + 63) & ~(size_t)63;
	if (bytes > ARENA_BYTES - sim->arena_used) {
		fprintf(stderr, "sim: a schedule needs more than %llu bytes\n", ARENA_BYTES);
		exit(SIM_EXIT_TROUBLE);
	}
	sim->arena_used += bytes;
	return got;
}

void *sim_zalloc(struct sim *sim, size_t bytes)
{
	return memset(sim_alloc(sim, bytes), 0, bytes);
}

void sim_nodes(struct sim *sim, uint32_t nodes)
{
	sim->nodes = nodes;
	sim->node = sim_zalloc(sim, nodes * sizeof(*sim->node));
	sim->link_last = sim_zalloc(sim, (size_t)nodes * nodes * sizeof(*sim->link_last));
	for (uint32_t i = 0; i < nodes; i++)
		sim->node[i].tick_at = sim->node[i].tick_set = SIM_NEVER;
}

/* The heap: the earliest event at [0]. */

static bool before(const struct sim_event *a, const struct sim_event *b)
{
	return a->at != b->at ? a->at < b->at : a->order < b->order;
}

static void push(struct sim *sim, struct sim_event event)
{
	uint32_t i = sim->heap_count++;

	if (i == sim->heap_room) {
		sim->heap_room = sim->heap_room ? 2 * sim->heap_room : 4096;
		sim->heap = realloc(sim->heap, sim->heap_room * sizeof(*sim->heap));
		if (!sim->heap)
			exit(SIM_EXIT_TROUBLE);
	}
	event.order = sim->order++;
	for (; i && before(&event, &sim->heap[(i - 1) / 4]); i = (i - 1) / 4)
		sim->heap[i] = sim->heap[(i - 1) / 4];
	sim->heap[i] = event;
}

static struct sim_event pop(struct sim *sim)
{
	struct sim_event first = sim->heap[0], last = sim->heap[--sim->heap_count];
	uint32_t i = 0;

	for (;;) {
		uint32_t least = 4 * i + 1, end = least + 4;

		if (least >= sim->heap_count)
			break;
		if (end > sim->heap_count)
			end = sim->heap_count;
		for (uint32_t child = least + 1; child < end; child++)
			if (before(&sim->heap[child], &sim->heap[least]))
				least = child;
		if (!before(&sim->heap[least], &last))
			break;
		sim->heap[i] = sim->heap[least];
		i = least;
	}
	sim->heap[i] = last;
	return first;
}

/* Storage of messages: powers of two from 64 bytes on. */

static struct sim_message *message_get(struct sim *sim, uint32_t bytes)
{
	size_t size = 64;
	uint8_t class = 0;
	struct sim_message *m;

	while (size < sizeof(*m) + bytes) {
		size *= 2;
		class++;
	}
	m = sim->free[class];
	if (m)
		memcpy(&sim->free[class], m, sizeof(m));
	else
		m = sim_alloc(sim, size);
	m->class = class;
	return m;
}

static void message_put(struct sim *sim, struct sim_message *m)
{
	uint8_t class = m->class;

	memcpy(m, &sim->free[class], sizeof(m));
	sim->free[class] = m;
}

static bool is_background(const struct sim *sim, uint16_t type)
{
	return sim->world->background && sim->world->background(type);
}

/* Of 64 bytes, 56 of them payload. */
static uint64_t lines(uint32_t bytes)
{
	return bytes / 56 + (bytes % 56 || !bytes);
}

void sim_send(struct sim *sim, uint32_t from, uint32_t to, uint16_t type, const void *payload,
	      uint32_t bytes)
{
	struct sim_node *sender = &sim->node[from];
	uint64_t *last = &sim->link_last[(size_t)from * sim->nodes + to];
	struct sim_message *m;

	if (to >= sim->nodes || bytes > SIM_BYTES_MAX) {
		sim_fail(sim, "node %u sends %u bytes to %u", from, bytes, to);
		return;
	}
	sim_hash(sim, (uint64_t)from << 48 | (uint64_t)to << 32 | (uint64_t)type << 16 | bytes);
	if (sender->doomed && !sender->sends) {
		sim->lost++;
		return;
	}
	if (sender->doomed)
		sender->sends--;
	m = message_get(sim, bytes);
	m->from = from;
	m->to = to;
	m->type = type;
	m->bytes = bytes;
	m->lost = false;
	m->lives = (uint64_t)sender->life << 32 | sim->node[to].life;
	memcpy(m->payload, payload, bytes);
	if (sim->cost && sender->busy < sim->now)
		sender->busy = sim->now;
	if (sim->cost)
		sender->busy += lines(bytes) * sim->cost->line;
	m->at = (sim->cost ? sender->busy : sim->now) + sim_delay(sim, from, to);
	if (m->at <= *last)
		m->at = *last + 1;
	*last = m->at;
	sim->messages++;
	if (!is_background(sim, type))
		sim->flying++;
	push(sim, (struct sim_event){ .at = m->at, .value = (uintptr_t)m, .node = to,
				      .code = CODE_MESSAGE });
}

void sim_tick_at(struct sim *sim, uint32_t node, uint64_t at)
{
	struct sim_node *n = &sim->node[node];

	n->tick_at = at < sim->now ? sim->now : at;
	if (at == SIM_NEVER || n->tick_set <= n->tick_at)
		return; /* the event that is there will find the new time */
	n->tick_set = n->tick_at;
	push(sim, (struct sim_event){ .at = n->tick_at, .node = node, .value = n->life,
				      .code = CODE_TICK });
}

void sim_plan(struct sim *sim, uint64_t after, uint32_t node, uint32_t code, uint64_t value)
{
	push(sim, (struct sim_event){ .at = sim->now + after, .node = node, .code = code,
				      .value = value });
}

void sim_start(struct sim *sim, uint32_t node)
{
	struct sim_node *n = &sim->node[node];

	*n = (struct sim_node){ .alive = true, .life = n->life + 1, .tick_at = SIM_NEVER,
				.tick_set = SIM_NEVER, .busy = sim->now };
	for (uint32_t i = 0; i < sim->nodes; i++) {
		sim->link_last[(size_t)node * sim->nodes + i] = sim->now;
		sim->link_last[(size_t)i * sim->nodes + node] = sim->now;
	}
	sim_note(sim, node, "starts", n->life, 0);
}

/*
 * Of what a dead node has sent, each link keeps what arrives before a moment of its own: the
 * messages behind that are lost, so what arrives is a prefix.
 */
void sim_crash(struct sim *sim, uint32_t node)
{
	uint32_t kind = sim_random(sim, 4);
	uint64_t salt = sim->random;

	if (!sim->node[node].alive)
		return;
	sim->node[node].alive = false;
	sim->node[node].doomed = false;
	for (uint32_t i = 0; i < sim->heap_count && kind; i++) {
		struct sim_message *m = (void *)(uintptr_t)sim->heap[i].value;
		uint64_t keep;

		if (sim->heap[i].code != CODE_MESSAGE || m->from != node || m->lost)
			continue;
		keep = sim_mix(salt ^ m->to) % (SIM_DELAY_MAX_US * SIM_US);
		if (kind == 1 || m->at > sim->now + keep / kind) {
			m->lost = true;
			sim->lost++;
		}
	}
	sim_note(sim, node, "dies", kind, 0);
	if (sim->world->crashed)
		sim->world->crashed(sim, node);
}

void sim_doom(struct sim *sim, uint32_t node, uint32_t sends)
{
	sim->node[node].doomed = true;
	sim->node[node].sends = sends;
}

/* A node's handler has run. */
static void after(struct sim *sim, uint32_t node)
{
	sim->steps++;
	if (sim->node[node].doomed)
		sim_crash(sim, node);
	if (!sim->failed && sim->world->after)
		sim->world->after(sim, node);
}

static void handle(struct sim *sim, struct sim_message *m)
{
	sim_trace_message(sim, m);
	sim->world->message(sim, m->to, m);
	after(sim, m->to);
	message_put(sim, m);
}

/* Where there are costs, a node that is busy looks at its messages one after the other. */
static void handle_in_turn(struct sim *sim, struct sim_message *m)
{
	struct sim_node *n = &sim->node[m->to];

	m->next = NULL;
	if (n->inbox)
		n->inbox_last->next = m;
	else
		n->inbox = m;
	n->inbox_last = m;
	if (n->waking)
		return;
	n->waking = true;
	push(sim, (struct sim_event){ .at = n->busy > sim->now ? n->busy : sim->now, .node = m->to,
				      .code = CODE_WAKE });
}

static void wake(struct sim *sim, uint32_t node)
{
	struct sim_node *n = &sim->node[node];
	struct sim_message *m = n->inbox;

	n->inbox = m->next;
	n->busy = sim->now + sim->cost->handle + lines(m->bytes) * sim->cost->line;
	handle(sim, m);
	n->waking = n->inbox;
	if (n->waking)
		push(sim, (struct sim_event){ .at = n->busy, .node = node, .code = CODE_WAKE });
}

static void deliver(struct sim *sim, struct sim_message *m)
{
	struct sim_node *to = &sim->node[m->to];

	if (!is_background(sim, m->type))
		sim->flying--;
	if (m->lost || !to->alive || (uint32_t)m->lives != to->life ||
	    m->lives >> 32 != sim->node[m->from].life)
		message_put(sim, m);
	else if (sim->cost)
		handle_in_turn(sim, m);
	else
		handle(sim, m);
}

static void tick(struct sim *sim, const struct sim_event *event)
{
	struct sim_node *n = &sim->node[event->node];

	if (!n->alive || event->value != n->life || n->tick_set != event->at)
		return;
	n->tick_set = SIM_NEVER;
	if (n->tick_at > sim->now) {
		sim_tick_at(sim, event->node, n->tick_at);
		return;
	}
	n->tick_at = SIM_NEVER;
	sim_note(sim, event->node, "tick", 0, 0);
	sim->world->tick(sim, event->node);
	after(sim, event->node);
}

static void step(struct sim *sim)
{
	struct sim_event event = pop(sim);

	sim->now = event.at;
	switch (event.code) {
	case CODE_MESSAGE:
		deliver(sim, (struct sim_message *)(uintptr_t)event.value);
		break;
	case CODE_TICK:
		tick(sim, &event);
		break;
	case CODE_WAKE:
		wake(sim, event.node);
		break;
	default:
		sim->world->event(sim, event.node, event.code, event.value);
		after(sim, event.node);
	}
}

int sim_run(struct sim *sim, uint64_t seed)
{
	sim_reset(sim, seed);
	sim->world->begin(sim);
	while (!sim->failed && !(sim->world->quiet(sim) && !sim->flying)) {
		if (!sim->heap_count || sim->steps >= sim->limit)
			sim_fail(sim, "no progress: %s, %llu messages under way",
				 sim->heap_count ? "no rest after so many steps" : "nothing to do",
				 (unsigned long long)sim->flying);
		else
			step(sim);
	}
	if (!sim->failed)
		sim->world->end(sim);
	sim_hash(sim, sim->steps);
	return sim->failed ? -1 : 0;
}
