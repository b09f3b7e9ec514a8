// SPDX-License-Identifier: GPL-2.0-only
/* What a seed decides: numbers, delays; and the trace that shows it, with its hash. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "engine.h"

void sim_reset(struct sim *sim, uint64_t seed)
{
	sim->seed = seed;
	sim->random = sim_mix(seed);
	sim->now = 0;
	sim->steps = 0;
	sim->limit = 1000000;
	sim->hash = sim->random;
	sim->order = 0;
	sim->messages = 0;
	sim->flying = 0;
	sim->lost = 0;
	sim->nodes = 0;
	sim->failed = false;
	sim->failure[0] = 0;
	sim->heap_count = 0;
	memset(sim->free, 0, sizeof(sim->free));
	sim->arena_used = 0;
	sim->delays = sim_random(sim, SIM_DELAY_COUNT);
}

uint32_t sim_random(struct sim *sim, uint32_t below)
{
	sim->random ^= sim->random >> 12;
	sim->random ^= sim->random << 25;
	sim->random ^= sim->random >> 27;
	return (uint32_t)(((sim->random * 0x2545f4914f6cdd1dull >> 32) * below) >> 32);
}

uint64_t sim_delay(struct sim *sim, uint32_t from, uint32_t to)
{
	const uint32_t most = SIM_DELAY_MAX_US * SIM_US;

	if (sim->cost)
		return sim->cost->latency(sim, from, to);
	switch (sim->delays) {
	case SIM_DELAY_EVEN:
		return 300 + sim_random(sim, 64);
	case SIM_DELAY_ANY:
		return 100 + sim_random(sim, most - 100);
	case SIM_DELAY_TAIL:
		return 200 + sim_random(sim, sim_chance(sim, 8) ? most - 200 : 2000);
	case SIM_DELAY_LINKS:
		return 200 + sim_mix(sim->seed ^ (uint64_t)from << 32 ^ to) % (most / 2) +
		       sim_random(sim, 4000);
	default:
		return 300 + sim_random(sim, sim_mix(sim->seed ^ to) % 3 ? 1000 : most - 300);
	}
}

static void line(const struct sim *sim, uint32_t node)
{
	printf("%6llu %10.3f us  node %-3u ", (unsigned long long)sim->steps,
	       (double)sim->now / SIM_US, node);
}

void sim_trace_message(struct sim *sim, const struct sim_message *m)
{
	const char *name = sim->trace && sim->world->type_name ? sim->world->type_name(m->type) : NULL;
	uint64_t word = 0;
	uint32_t i;

	sim_hash(sim, sim->now);
	sim_hash(sim, (uint64_t)m->from << 32 | m->to);
	sim_hash(sim, (uint64_t)m->type << 32 | m->bytes);
	for (i = 0; i + 8 <= m->bytes; i += 8) {
		memcpy(&word, m->payload + i, 8);
		sim_hash(sim, word);
	}
	word = 0;
	memcpy(&word, m->payload + i, m->bytes - i);
	sim_hash(sim, word);
	if (!sim->trace)
		return;
	line(sim, m->to);
	if (name)
		printf("<- %-3u %s, %u bytes\n", m->from, name, m->bytes);
	else
		printf("<- %-3u message 0x%04x, %u bytes\n", m->from, m->type, m->bytes);
}

void sim_note(struct sim *sim, uint32_t node, const char *what, uint64_t a, uint64_t b)
{
	sim_hash(sim, sim->now);
	sim_hash(sim, (uint64_t)node << 32 | (uint8_t)what[0]);
	sim_hash(sim, a);
	sim_hash(sim, b);
	if (!sim->trace)
		return;
	line(sim, node);
	printf("%s %llx %llx\n", what, (unsigned long long)a, (unsigned long long)b);
}

void sim_fail(struct sim *sim, const char *format, ...)
{
	va_list args;

	if (sim->failed)
		return;
	sim->failed = true;
	sim->failed_at = sim->steps;
	va_start(args, format);
	vsnprintf(sim->failure, sizeof(sim->failure), format, args);
	va_end(args);
}
