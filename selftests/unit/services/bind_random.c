// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random connections on a few nodes that come and go, with messages in random order of links.
 * Each end is told what bind.h says (bind_world.c), in the end both ends of each channel agree
 * whether it is there, and when all domains have ended nothing is left. usage: bind_random RUNS
 * [SEED]
 */
#include "bind_world.h"

#define DOMAINS_USED 2u

static uint64_t opened_ever, over_ever, killed_ever;

static bool usable(uint32_t node)
{
	return net.alive[node] && protocol_set_has(&net.members, node) &&
	       names_ready(&names[node]) && !binds[node].stopped;
}

static bool mine(const struct end *e)
{
	return usable(e->node) && e->life == life_of[e->node] && !e->over && !e->mute;
}

/* Any end that a domain can still do something with. */
static struct end *pick(bool server)
{
	uint32_t first = end_count ? net_chance(end_count) : 0;

	for (uint32_t i = 0; i < end_count; i++) {
		struct end *e = &ends[(first + i) % end_count];

		if (mine(e) && e->server == server)
			return e;
	}
	return NULL;
}

static void gone(uint32_t node)
{
	for (uint32_t i = 0; i < end_count; i++)
		if (ends[i].node == node)
			ends[i].mute = true;
}

static void change_view(void)
{
	struct protocol_set members = net.members;
	uint32_t left = 100000;

	for (uint32_t node = 1; node < net.nodes; node++)
		while (net.alive[node] && net_count(node, 0) > 20 && net_step())
			MUST(--left);
	for (uint32_t node = 1; node < net.nodes; node++) {
		bool member = protocol_set_has(&members, node);

		if (member && !net.alive[node]) {
			protocol_set_remove(&members, node);
		} else if (member && !net_chance(10)) {
			protocol_set_remove(&members, node);
		} else if (!member && net_chance(2)) {
			gone(node);
			net_revive(node);
			bind_world_node(node);
			protocol_set_add(&members, node);
		}
	}
	net_install(&members);
}

static void serve(uint32_t node)
{
	static const char *const name[] = { "s0", "s1" };
	uint32_t domain = 1 + net_chance(DOMAINS_USED);

	if (binds[node].memory.offer_count && usable(node))
		bind_serve(node, domain, name[net_chance(2)], 1 + !net_chance(8));
}

static void connect(uint32_t node)
{
	static const char *const name[] = { "s0", "s1", "none" };

	bind_go(node, 1 + net_chance(DOMAINS_USED), name[net_chance(3)], 1 + !net_chance(8),
		net_chance(2), net_chance(2) ? PROTOCOL_NEVER : net.now + net_chance(1500));
}

static void answer(void)
{
	struct end *e = pick(true);

	if (!e || e->accepted)
		return;
	if (net_chance(4)) {
		bind_end_accept(e);
	} else {
		e->mute = true;
		MUST(!bind_refuse(&binds[e->node], e->domain, e->handle, 5));
	}
}

static void kill_some(uint32_t node)
{
	if (!node || !usable(node))
		return;
	gone(node);
	net_kill(node);
	killed_ever++;
}

static void step(void)
{
	uint32_t node = net_chance(net.nodes), what = net_chance(100);
	struct end *e;

	net.now += net_chance(20);
	if (what < 45) {
		net_step();
	} else if (what < 50 && usable(node)) {
		serve(node);
	} else if (what < 60 && usable(node) && end_count < ENDS / 2) {
		connect(node);
	} else if (what < 72) {
		answer();
	} else if (what < 80) {
		if (making_count)
			bind_make_one(net_chance(making_count),
				      net_chance(10) ? 0 : BIND_E_MEMORY);
		if (unmaking_count)
			bind_unmake_one(net_chance(unmaking_count));
	} else if (what < 88) {
		if (usable(node))
			bind_tick(&binds[node], net.now);
	} else if (what < 92) {
		e = pick(net_chance(2));
		if (e)
			bind_end_close(e);
	} else if (what < 94 && usable(node)) {
		if (!net_chance(2))
			bind_end_domain(node, 1 + net_chance(DOMAINS_USED));
	} else if (what < 96 && !net.frozen && net_seen()) {
		net_freeze();
	} else if (what < 99 && net.frozen) {
		change_view();
	} else if (what == 99 && !net_chance(2)) {
		kill_some(node);
	}
}

/* Who is open and was not let go has another end that is just so. */
static void agree(void)
{
	for (uint32_t i = 0; i < end_count; i++) {
		const struct end *e = &ends[i];
		uint32_t others = 0;

		opened_ever += e->opened;
		over_ever += e->over;
		if (!mine(e) || !e->opened)
			continue;
		for (uint32_t j = 0; j < end_count; j++)
			others += mine(&ends[j]) && ends[j].opened && ends[j].server != e->server &&
				  ends[j].end == (e->server ? e->end - 1 : e->end + 1);
		MUST(others == 1);
	}
}

static void run(uint64_t seed)
{
	struct protocol_set members;
	uint32_t node;

	bind_limits_used = (struct bind_limits){ 2 + seed % 3, 8, 2, 3, 4, 8, 0 };
	bind_world(2 + seed % 4, seed);
	for (uint32_t i = 0; i < 800; i++)
		step();
	members = net.members;
	for (node = 1; node < net.nodes; node++)
		if (!net.alive[node])
			protocol_set_remove(&members, node);
	net_install(&members);
	bind_settle();
	agree();
	for (node = 0; node < net.nodes; node++)
		for (uint32_t domain = 1; usable(node) && domain <= DOMAINS_USED; domain++) {
			bind_end_domain(node, domain);
			bind_settle();
		}
	bind_settle();
	bind_left(0);
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
	enough = opened_ever > 5 * runs && over_ever > 5 * runs && killed_ever > runs / 4;
	printf("# %llu runs, %llu ends opened, %llu told that it is over, %llu nodes died\n",
	       (unsigned long long)runs, (unsigned long long)opened_ever,
	       (unsigned long long)over_ever, (unsigned long long)killed_ever);
	printf("%s 1 - random connections\n", enough ? "ok" : "not ok");
	return !enough;
}
