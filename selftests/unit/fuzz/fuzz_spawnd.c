// SPDX-License-Identifier: GPL-2.0-only
/* Starting programs: messages sent, spoilt and forged, jobs, parts that fail, end, never answer. */
#include <abi/protocol/spawnd.h>

#include "services.h"

#define ASKS 4u
#define PARTS 3u
#define JOBS 4u

static struct spawnd spawnds[NODES];
static struct spawnd_ask asks[NODES][ASKS];
static struct spawnd_part parts[NODES][PARTS];
static struct spawnd_job jobs[JOBS];
static uint64_t seen[16];

static void started(void *ctx, uint32_t domain, uint64_t tag, uint64_t job)
{
	MUST(tag == 1 && domain < 3);
	seen[job % 16] = job;
	(void)ctx;
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t node)
{
	MUST(tag == 1 && domain < 3 && error && error < SPAWND_E_COUNT);
	(void)ctx;
	(void)node;
}

static void exited(void *ctx, uint32_t domain, uint64_t tag, uint32_t how, int32_t status,
		   uint32_t node)
{
	MUST(tag == 1 && domain < 3 && how < SPAWND_HOW_COUNT);
	(void)ctx;
	(void)status;
	(void)node;
}

static void killed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	MUST(tag == 2 && domain < 3 && error < SPAWND_E_COUNT);
	(void)ctx;
}

static void start(void *ctx, const struct spawnd_begin *b)
{
	MUST(protocol_set_has(&b->nodes, *(uint32_t *)ctx) && b->name[0]);
	for (uint32_t i = 0; i < b->args_bytes; i++)
		seen[15] ^= b->args[i];
	seen[b->job % 15] = b->job;
}

static void go(void *ctx, uint64_t job)
{
	(void)ctx;
	(void)job;
}

static void stuck(void *ctx, uint32_t node)
{
	MUST(!*(uint32_t *)ctx && node < NODES);
}

static void begin(uint32_t node)
{
	static const struct spawnd_hooks hooks = { started, failed, exited, killed,
						   start, go, go, stuck };
	struct protocol_port port = port_of(node);
	struct spawnd_memory memory = { asks[node], ASKS, parts[node], PARTS, node ? NULL : jobs,
					node ? 0 : JOBS, 3, 3 };

	memset(asks[node], 0, sizeof(asks[node]));
	memset(parts[node], 0, sizeof(parts[node]));
	MUST(!spawnd_init(&spawnds[node], node, &memory, &port, &hooks, &numbers[node]));
}

static void message(uint32_t to, uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	spawnd_message(&spawnds[to], from, type, payload, bytes, 5);
}

static void spawn(uint32_t node)
{
	struct spawnd_wish wish = { .name = "p", .nodes.bits = { next_byte() % 8 },
				    .flags = next_byte() % 2, .args_bytes = next_byte() };

	spawnd_spawn(&spawnds[node], next_byte() % 3, 1, &wish, 5);
}

static void happen(uint8_t what, uint32_t node)
{
	uint64_t job = seen[next_byte() % 16];
	struct protocol_set members;

	switch (what) {
	case 0: case 1: case 2: case 3: deliver(message, 0, false); break;
	case 4: deliver(message, 0, true); break;
	case 5: forge(message, PROTOCOL_SPAWN); break;
	case 6: case 7: spawn(node); break;
	case 8: spawnd_kill(&spawnds[node], next_byte() % 3, 2, job, 5); break;
	case 9: case 10: spawnd_ready(&spawnds[node], job, next_byte() % 16 ? 0 : next_byte(), 5); break;
	case 11: spawnd_ended(&spawnds[node], job, next_byte() % SPAWND_HOW_COUNT, 1, 5); break;
	case 12: spawnd_domain_end(&spawnds[node], next_byte() % 3, 5); break;
	case 13: spawnd_tick(&spawnds[0], 5 + next_byte() * 1000000ull); break;
	default:
		members = members_of(next_byte());
		spawnd_view(&spawnds[node], &members, 5);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct protocol_set all = members_of(7);

	input = data;
	input_end = data + bytes;
	queued = 0;
	memset(jobs, 0, sizeof(jobs));
	memset(seen, 0, sizeof(seen));
	for (uint32_t node = 0; node < NODES; node++) {
		begin(node);
		spawnd_view(&spawnds[node], &all, 5);
	}
	for (uint32_t i = 0; i < 300 && input < input_end; i++) {
		uint8_t what = next_byte();

		happen(what % 15, what / 15 % NODES);
	}
	/* A job that is over has no part; one that is not has its asker or its nodes among the members. */
	for (uint32_t i = 0; i < JOBS; i++)
		MUST(jobs[i].state || protocol_set_empty(&jobs[i].running));
	return 0;
}
