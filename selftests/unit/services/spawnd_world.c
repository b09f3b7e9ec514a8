// SPDX-License-Identifier: GPL-2.0-only
#include "spawnd_world.h"

struct spawnd spawnds[NET_NODES];
static struct spawnd_ask asks[NET_NODES][ASKS];
static struct spawnd_part parts[NET_NODES][PARTS];
static struct spawnd_job jobs[JOBS];
static uint32_t numbers[NET_NODES] = { 0, 1, 2, 3, 4, 5, 6, 7 };
struct program programs[NET_NODES][PARTS];
struct heard_of heards[4096];
uint32_t spawnd_errors, spawnd_stuck, killed_answers, killed_error;
uint64_t spawnd_tag;

static struct heard_of *told(void *ctx, uint32_t domain, uint64_t tag)
{
	struct heard_of *h = &heards[tag];

	MUST(tag && tag <= spawnd_tag && h->node == *(uint32_t *)ctx && h->domain == domain);
	MUST(!h->over);
	return h;
}

static void started(void *ctx, uint32_t domain, uint64_t tag, uint64_t job)
{
	struct heard_of *h = told(ctx, domain, tag);

	MUST(!h->started && job);
	h->started = true;
	h->job = job;
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t node)
{
	struct heard_of *h = told(ctx, domain, tag);

	MUST(!h->started && error && error < SPAWND_E_COUNT);
	h->over = true;
	h->error = error;
	h->where = node;
}

static void exited(void *ctx, uint32_t domain, uint64_t tag, uint32_t how, int32_t status,
		   uint32_t node)
{
	struct heard_of *h = told(ctx, domain, tag);

	MUST(h->started && how < SPAWND_HOW_COUNT);
	h->over = true;
	h->how = how;
	h->status = status;
	h->where = node;
}

static void killed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	(void)ctx;
	(void)domain;
	MUST(tag == 7777);
	killed_answers++;
	killed_error = error;
}

static struct program *program_of(uint32_t node, uint64_t job)
{
	for (uint32_t i = 0; i < PARTS; i++)
		if (programs[node][i].state && programs[node][i].job == job)
			return &programs[node][i];
	return NULL;
}

static void start(void *ctx, const struct spawnd_begin *begin)
{
	uint32_t node = *(uint32_t *)ctx, i = 0, rank = 0, other;
	struct program *p;

	MUST(node && !program_of(node, begin->job) && !strcmp(begin->name, "p"));
	MUST(begin->args_bytes == 4 && !memcmp(begin->args, "a\0b", 4) && begin->image == 0x5000);
	protocol_set_each(other, &begin->nodes)
		rank += other < node;
	MUST(begin->rank == rank && protocol_set_has(&begin->nodes, node));
	while (programs[node][i].state)
		MUST(++i < PARTS);
	p = &programs[node][i];
	*p = (struct program){ PROGRAM_MAKING, begin->job, begin->rank, false };
}

/* All parts are made before one begins. */
static void go(void *ctx, uint64_t job)
{
	uint32_t node = *(uint32_t *)ctx;
	struct program *p = program_of(node, job);

	MUST(p && p->state == PROGRAM_MADE && !p->end);
	for (uint32_t other = 1; other < net.nodes; other++) {
		struct program *q = program_of(other, job);

		MUST(!q || q->state != PROGRAM_MAKING || !net.alive[other]);
	}
	p->state = PROGRAM_RUNS;
}

static void end(void *ctx, uint64_t job)
{
	struct program *p = program_of(*(uint32_t *)ctx, job);

	MUST(p && !p->end);
	p->end = true;
}

static void stuck(void *ctx, uint32_t node)
{
	MUST(*(uint32_t *)ctx == 0);
	spawnd_stuck = node;
}

static void message(uint32_t node, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes)
{
	spawnd_errors += spawnd_message(&spawnds[node], from, type, payload, bytes, net.now) != 0;
}

static void view(uint32_t node, uint32_t number, const struct protocol_set *members)
{
	(void)number;
	spawnd_view(&spawnds[node], members, net.now);
}

static const struct net_machine machine = {
	message, NULL, view, NULL, SPAWND_UNSENT(ASKS, PARTS, JOBS)
};

void spawnd_world_node(uint32_t node)
{
	static const struct spawnd_hooks hooks = { started, failed, exited, killed,
						   start, go, end, stuck };
	struct protocol_port port = net_port(node);
	struct spawnd_memory memory = { asks[node], ASKS, parts[node], PARTS,
					node ? NULL : jobs, node ? 0 : JOBS, 4, 5 };

	memset(asks[node], 0, sizeof(asks[node]));
	memset(parts[node], 0, sizeof(parts[node]));
	memset(programs[node], 0, sizeof(programs[node]));
	MUST(!spawnd_init(&spawnds[node], node, &memory, &port, &hooks, &numbers[node]));
}

void spawnd_world(uint32_t nodes, uint64_t seed)
{
	struct protocol_set members;

	net_begin(&machine, nodes, seed);
	memset(jobs, 0, sizeof(jobs));
	memset(heards, 0, sizeof(heards));
	spawnd_errors = killed_answers = killed_error = 0;
	spawnd_tag = 0;
	spawnd_stuck = PROTOCOL_NODE_NONE;
	protocol_set_clear(&members);
	for (uint32_t node = 0; node < nodes; node++) {
		net.alive[node] = true;
		spawnd_world_node(node);
		protocol_set_add(&members, node);
	}
	net_change(&members);
}

int spawnd_go(uint32_t node, uint32_t domain, uint32_t nodes, uint8_t flags)
{
	struct spawnd_wish wish = { .name = "p", .nodes.bits = { nodes }, .flags = flags,
				    .image = 0x5000, .image_bytes = 99, .args_bytes = 4,
				    .args = "a\0b" };
	int error;

	MUST(++spawnd_tag < 4096);
	heards[spawnd_tag] = (struct heard_of){ .node = node, .domain = domain };
	error = spawnd_spawn(&spawnds[node], domain, spawnd_tag, &wish, net.now);
	if (error)
		heards[spawnd_tag].over = true;
	return error;
}

void program_made(uint32_t node, struct program *p, uint32_t error)
{
	uint64_t job = p->job;

	p->state = error ? 0 : PROGRAM_MADE;
	spawnd_ready(&spawnds[node], job, error, net.now);
}

void program_ends(uint32_t node, struct program *p, uint32_t how, int32_t status)
{
	uint64_t job = p->job;

	p->state = 0;
	spawnd_ended(&spawnds[node], job, how, status, net.now);
}

static bool work(void)
{
	bool any = false;

	for (uint32_t node = 1; node < net.nodes; node++)
		for (uint32_t i = 0; net.alive[node] && i < PARTS; i++) {
			struct program *p = &programs[node][i];

			if (p->state == PROGRAM_MAKING)
				program_made(node, p, 0);
			else if (p->state && p->end)
				program_ends(node, p, SPAWND_WAS_KILLED, 137);
			else
				continue;
			any = true;
		}
	return any;
}

void spawnd_settle(void)
{
	do
		net_drain();
	while (work() || net_step());
}

uint32_t program_count(uint32_t state)
{
	uint32_t count = 0;

	for (uint32_t node = 1; node < net.nodes; node++)
		for (uint32_t i = 0; net.alive[node] && i < PARTS; i++)
			count += programs[node][i].state &&
				 (!state || programs[node][i].state == state);
	return count;
}

void spawnd_left(uint32_t left)
{
	uint32_t node, sum = 0, here;

	protocol_set_each(node, &net.members) {
		if (!net.alive[node])
			continue;
		MUST(spawnd_quiet(&spawnds[node], &here));
		sum += here;
	}
	MUST(sum == left && !spawnd_errors);
}
