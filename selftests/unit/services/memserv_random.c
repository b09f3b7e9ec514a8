// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random wishes for memory on a few nodes that come and go. Held after each step: no byte is used
 * twice. In the end: each wish was answered once, and when all domains have ended each node has
 * all of its own memory. usage: memserv_random RUNS [SEED]
 */
#include "memserv_world.h"

#define WISHES 1024u

static struct wish {
	uint32_t node, domain, life;
	bool expected, ended;
} wishes[WISHES];
static uint32_t wish_count, heard, life[NET_NODES];
static uint64_t borrowed_ever, killed_ever, taken_ever;

static bool usable(uint32_t node)
{
	return node && net.alive[node] && protocol_set_has(&net.members, node);
}

static void hear(void)
{
	for (; heard < told_count; heard++) {
		struct told *t = &told[heard];
		struct wish *w = &wishes[t->tag % WISHES];

		if (t->tag >= WISHES) {
			taken_ever += !t->error;
			continue;
		}
		MUST(t->node == w->node && t->domain == w->domain && w->expected && !w->ended);
		w->expected = false;
		borrowed_ever += !t->error && t->base >> 32 != t->node;
	}
}

static void wish(uint32_t node)
{
	struct wish *w = &wishes[wish_count];
	uint64_t pages = 1 + net_chance(net_chance(2) ? 30 : 5);

	if (wish_count == WISHES)
		return;
	*w = (struct wish){ node, 1 + net_chance(3), life[node], true, false };
	if (memserv_alloc(&servers[node], w->domain, wish_count, pages * PAGE,
			  PAGE << net_chance(3),
			  net_chance(2) ? MEMSERV_ANY : (uint16_t)net_chance(2), net_chance(2)))
		w->expected = false;
	wish_count++;
}

static void end_domain(uint32_t node, uint32_t domain)
{
	hear();
	for (uint32_t i = 0; i < wish_count; i++)
		if (wishes[i].node == node && wishes[i].life == life[node] &&
		    wishes[i].domain == domain) {
			wishes[i].ended = true;
			wishes[i].expected = false;
		}
	memserv_domain_end(&servers[node], domain);
}

static void free_something(uint32_t node)
{
	for (uint32_t i = 0; i < told_count; i++) {
		uint32_t at = net_chance(told_count);

		if (told[at].tag < WISHES && told[at].node == node && told[at].base &&
		    !memserv_free(&servers[node], told[at].domain, told[at].base))
			return;
	}
}

/* Does anybody still have memory of a node that is gone? */
static bool kept_of(uint32_t owner)
{
	for (uint32_t node = 0; node < net.nodes; node++)
		for (uint32_t i = 0; (!node || usable(node)) && i < PIECES; i++)
			if (server_pieces[node][i].state &&
			    server_pieces[node][i].base >> 32 == owner && node != owner)
				return true;
	return false;
}

static uint64_t lent_by(uint32_t owner)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < PIECES; i++)
		if (server_pieces[owner][i].state && server_pieces[owner][i].node != owner &&
		    server_pieces[owner][i].base >> 32 == owner)
			sum += server_pieces[owner][i].bytes;
	return sum;
}

static void change_view(void)
{
	struct protocol_set members = net.members;

	for (uint32_t node = 1; node < net.nodes; node++) {
		bool member = protocol_set_has(&members, node);

		if (member && !net.alive[node]) {
			protocol_set_remove(&members, node);
		} else if (!member && reclaimed & 1u << node && !kept_of(node)) {
			life[node]++;
			reclaimed &= ~(1u << node);
			net_revive(node);
			memserv_world_node(node);
			protocol_set_add(&members, node);
		}
	}
	net_install(&members);
}

static void step(void)
{
	uint32_t node = net_chance(net.nodes), what = net_chance(100);

	if (what < 45) {
		net_step();
	} else if (what < 60 && usable(node)) {
		wish(node);
	} else if (what < 75 && todo_count) {
		memserv_do(net_chance(todo_count), net_chance(8) != 0);
	} else if (what < 85 && usable(node)) {
		free_something(node);
	} else if (what < 90 && usable(node)) {
		end_domain(node, 1 + net_chance(3));
	} else if (what < 93 && usable(node)) {
		uint64_t base = EXTENT(node) + net_chance(EXTENT_PAGES) * PAGE;

		if (node == net.nodes - 1)
			memserv_take(&servers[0], WISHES + node, node, base, PAGE);
	} else if (what < 95 && net_seen() && !net.frozen) {
		net_freeze();
	} else if (what < 97 && net.frozen) {
		change_view();
	} else if (what == 99 && usable(node) && net_chance(3) == 0 && node != net.nodes - 1) {
		for (uint32_t i = 0; i < wish_count; i++)
			if (wishes[i].node == node)
				wishes[i].expected = false;
		net_kill(node);
		killed_ever++;
	}
	hear();
	memserv_sane();
}

static void settle(void)
{
	for (uint32_t node = 1; node < net.nodes; node++)
		if (!net.alive[node])
			protocol_set_remove(&net.members, node);
	change_view();
	memserv_settle();
	hear();
}

static void run(uint64_t seed)
{
	uint64_t own, cached, missing = 0;

	memserv_limits_used = (struct memserv_limits){ 90 * PAGE, seed % 3 * 10 * PAGE,
						       (1 + seed % 20) * PAGE, seed % 2 * 8 * PAGE,
						       (20 + seed % 40) * PAGE };
	memserv_world(3 + seed % 4, seed);
	wish_count = heard = 0;
	memset(wishes, 0, sizeof(wishes));
	for (uint32_t i = 0; i < 700; i++)
		step();
	for (uint32_t i = 0; i < 3; i++)
		settle();
	for (uint32_t i = 0; i < wish_count; i++)
		MUST(!wishes[i].expected);
	for (uint32_t node = 1; node < net.nodes; node++)
		for (uint32_t domain = 1; usable(node) && domain < 4; domain++)
			end_domain(node, domain);
	memserv_settle();
	/*
	 * What the caches hold is its owner's; the rest is free, but for what Linux took of the
	 * last.
	 */
	for (uint32_t node = 1; node < net.nodes; node++) {
		if (!usable(node))
			continue;
		memserv_left(&servers[node], &own, &cached);
		MUST(memserv_quiet(&servers[node]) && cached <= memserv_limits_used.cache);
		missing += EXTENT_PAGES * PAGE - own - lent_by(node);
	}
	MUST(missing == removed_count * PAGE && !memserv_errors);
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
	enough = borrowed_ever > runs && killed_ever > runs / 4 && taken_ever > runs / 4;
	printf("# %llu runs, %llu pieces of other nodes, %llu nodes died, %llu pages taken\n",
	       (unsigned long long)runs, (unsigned long long)borrowed_ever,
	       (unsigned long long)killed_ever, (unsigned long long)taken_ever);
	printf("%s 1 - random memory\n", enough ? "ok" : "not ok");
	return !enough;
}
