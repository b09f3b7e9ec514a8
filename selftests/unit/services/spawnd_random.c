// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random jobs on a few nodes that come and go. Whoever asks hears what spawnd.h says (spawnd_world.c),
 * and when all programs have ended nothing is left. usage: spawnd_random RUNS [SEED]
 */
#include "spawnd_world.h"

static uint64_t started_ever, over_ever, died_ever;

static bool usable(uint32_t node)
{
	return net.alive[node] && protocol_set_has(&net.members, node) && !spawnds[node].stopped;
}

static void gone(uint32_t node, uint32_t domain)
{
	for (uint64_t tag = 1; tag <= spawnd_tag; tag++)
		if (heards[tag].node == node && (!domain || heards[tag].domain == domain)) {
			over_ever += heards[tag].over;
			heards[tag].over = true;
		}
}

static void change_view(void)
{
	struct protocol_set members = net.members;

	for (uint32_t node = 1; node < net.nodes; node++) {
		if (protocol_set_has(&members, node)) {
			if (!net.alive[node])
				protocol_set_remove(&members, node);
		} else if (net_chance(2)) {
			gone(node, 0);
			net_revive(node);
			spawnd_world_node(node);
			protocol_set_add(&members, node);
		}
	}
	net_install(&members);
}

static void run_program(uint32_t node)
{
	struct program *p = &programs[node][net_chance(PARTS)];

	if (!node || !usable(node) || !p->state)
		return;
	if (p->state == PROGRAM_MAKING)
		program_made(node, p, net_chance(8) ? 0 : SPAWND_E_MEMORY);
	else if (p->end || !net_chance(6))
		program_ends(node, p, p->end ? SPAWND_WAS_KILLED : net_chance(2), 3);
}

static void kill_job(uint32_t node)
{
	struct heard_of *h = &heards[1 + net_chance((uint32_t)spawnd_tag + 1)];

	if (h->started && !h->over && usable(node))
		spawnd_kill(&spawnds[node], h->domain, 7777, h->job, net.now);
}

static void step(void)
{
	uint32_t node = net_chance(net.nodes), what = net_chance(100);

	net.now += net_chance(1000);
	if (what < 45) {
		net_step();
	} else if (what < 60 && usable(node) && spawnd_tag < 2000) {
		spawnd_go(node, 1 + net_chance(2), 2 + net_chance((1u << net.nodes) - 2) / 2 * 2,
			  net_chance(2));
	} else if (what < 85) {
		run_program(node);
	} else if (what < 89) {
		kill_job(node);
	} else if (what < 91 && usable(node)) {
		uint32_t domain = 1 + net_chance(2);

		gone(node, domain);
		spawnd_domain_end(&spawnds[node], domain, net.now);
	} else if (what < 94) {
		spawnd_tick(&spawnds[0], net.now);
	} else if (what < 97 && net_seen()) {
		net_freeze();
		change_view();
	} else if (what == 99 && node && usable(node)) {
		gone(node, 0);
		memset(programs[node], 0, sizeof(programs[node]));
		net_kill(node);
		died_ever++;
	}
}

static void run(uint64_t seed)
{
	struct protocol_set members;

	spawnd_world(2 + seed % 5, seed);
	for (uint32_t i = 0; i < 700; i++)
		step();
	members = net.members;
	for (uint32_t node = 1; node < net.nodes; node++)
		if (!net.alive[node])
			protocol_set_remove(&members, node);
	net_freeze();
	net_install(&members);
	spawnd_settle();
	for (uint32_t node = 1; node < net.nodes; node++)
		for (uint32_t i = 0; usable(node) && i < PARTS; i++)
			if (programs[node][i].state && !programs[node][i].end)
				program_ends(node, &programs[node][i], SPAWND_RETURNED, 0);
	spawnd_settle();
	for (uint64_t tag = 1; tag <= spawnd_tag; tag++) {
		MUST(heards[tag].over);
		started_ever += heards[tag].started;
	}
	MUST(!program_count(0));
	spawnd_left(0);
}

int main(int argc, char **argv)
{
	uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	bool enough;

	printf("1..1\n");
	for (uint64_t seed = first; seed < first + runs; seed++)
		run(seed);
	net_end();
	enough = started_ever > 3 * runs && over_ever > runs && died_ever > runs / 4;
	printf("# %llu runs, %llu jobs ran, %llu nodes died\n", (unsigned long long)runs,
	       (unsigned long long)started_ever, (unsigned long long)died_ever);
	printf("%s 1 - random jobs\n", enough ? "ok" : "not ok");
	return !enough;
}
