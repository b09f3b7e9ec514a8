// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random requests on a few nodes that come and go, with messages in random order of links. Held
 * after each step: every replica's table and index are right; a lock has one holder. In the end:
 * each request was answered once, replicas are the same, what died left nothing. usage:
 * names_random RUNS [SEED]
 */
#include "names_world.h"

#define NAMES_USED 7u
#define DOMAINS_USED 3u
#define REQUESTS 600u

/* What the test knows of a request; its number is its tag. */
struct request {
	uint32_t node, domain;
	uint32_t life; /* of the node */
	uint8_t op;
	uint32_t name;
	uint64_t value;
	bool expected;  /* an answer must come */
	bool forbidden; /* none may come */
	uint32_t told;
	uint32_t error;
};

static struct request requests[REQUESTS];
static uint32_t request_count, heard_count;
static uint32_t life[NET_NODES];
static struct { uint32_t node, domain; bool held; } holder[NAMES_USED];
static bool calm; /* no node and no domain ends: all can be counted */

static const char *const name_of[NAMES_USED] = { "l0", "l1", "s0", "s1", "b0", "r0", "r1" };

static void let_go(uint32_t node, uint32_t domain)
{
	for (uint32_t i = 0; i < NAMES_USED; i++)
		if (holder[i].held && holder[i].node == node &&
		    (!domain || holder[i].domain == domain))
			holder[i].held = false;
}

/* Who ends is not answered any more. */
static void forget(uint32_t node, uint32_t domain, bool forbid)
{
	for (uint32_t i = 0; i < request_count; i++) {
		struct request *r = &requests[i];

		if (r->node != node || r->life != life[node] || (domain && r->domain != domain))
			continue;
		r->expected = false;
		r->forbidden |= forbid && !r->told;
	}
	let_go(node, domain);
}

static void hear_answers(void)
{
	for (; heard_count < answer_count; heard_count++) {
		struct heard *h = &answers[heard_count % 4096];
		struct request *r = &requests[h->tag];

		MUST(h->tag < request_count && h->node == r->node && h->domain == r->domain);
		MUST(!r->told && !r->forbidden);
		r->told = 1;
		r->error = h->error;
		if (r->op != NAMES_OP_LOCK || h->error || r->life != life[r->node] ||
		    !protocol_set_has(&net.members, r->node))
			continue;
		MUST(!holder[r->name].held);
		holder[r->name].held = true;
		holder[r->name].node = r->node;
		holder[r->name].domain = r->domain;
	}
}

static void ask_something(uint32_t node)
{
	static const struct { uint8_t op; uint32_t first, count; } kinds[] = {
		{ NAMES_OP_LOCK, 0, 2 }, { NAMES_OP_UNLOCK, 0, 2 }, { NAMES_OP_SEMAPHORE, 2, 2 },
		{ NAMES_OP_POST, 2, 2 }, { NAMES_OP_WAIT, 2, 2 }, { NAMES_OP_BARRIER, 4, 1 },
		{ NAMES_OP_SET, 5, 2 }, { NAMES_OP_REMOVE, 5, 2 }, { NAMES_OP_SET, 5, 2 },
	};
	uint32_t kind = net_chance(9), domain = 1 + net_chance(DOMAINS_USED);
	uint32_t name = kinds[kind].first + net_chance(kinds[kind].count);
	struct names_ask ask = names_ask(kinds[kind].op, name_of[name], 0, 0);
	struct request *r = &requests[request_count];
	uint64_t deadline = net_chance(2) ? PROTOCOL_NEVER : net.now + net_chance(2000);

	if (request_count == REQUESTS)
		return;
	if (ask.op == NAMES_OP_SEMAPHORE || ask.op == NAMES_OP_POST)
		ask.value[0] = 1 + net_chance(2);
	if (ask.op == NAMES_OP_BARRIER)
		ask.value[0] = 3;
	if (ask.op == NAMES_OP_SET) {
		ask.value[0] = net_chance(100);
		ask.flags = net_chance(4) * NAMES_EPHEMERAL;
		ask.flags &= NAMES_EPHEMERAL | NAMES_SHARED;
	}
	if ((ask.op == NAMES_OP_LOCK || ask.op == NAMES_OP_WAIT) && !net_chance(4))
		ask.flags = NAMES_NOWAIT;
	*r = (struct request){ node, domain, life[node], ask.op, name, ask.value[0], false, false,
			       0, 0 };
	/* Only who knows that he holds it: from here on another may have it. */
	if (ask.op == NAMES_OP_UNLOCK) {
		if (!holder[name].held || holder[name].node != node)
			return;
		r->domain = domain = holder[name].domain;
		holder[name].held = false;
	}
	request_count++;
	r->expected = !names_submit(&names[node], domain, request_count - 1, &ask, deadline,
				    net.now);
	if (!r->expected)
		r->forbidden = true;
}

static bool usable(uint32_t node)
{
	return net.alive[node] && protocol_set_has(&net.members, node);
}

static void end_domain(uint32_t node, uint32_t domain)
{
	hear_answers();
	if (usable(node) && !names_domain_end(&names[node], domain, net.now))
		forget(node, domain, true);
}

static void change_view(void)
{
	struct protocol_set members = net.members;
	uint32_t left = 100000;

	for (uint32_t node = 1; node < net.nodes; node++)
		while (net.alive[node] && net_count(node, 0) > 20 && net_step())
			MUST(--left);
	hear_answers();
	for (uint32_t node = 1; node < net.nodes; node++) {
		bool member = protocol_set_has(&members, node);

		if (member && (!net.alive[node] || (!calm && !net_chance(8)))) {
			forget(node, 0, false);
			protocol_set_remove(&members, node);
		} else if (!member && net_chance(2)) {
			forget(node, 0, true);
			net_revive(node);
			names_world_node(node);
			life[node]++;
			protocol_set_add(&members, node);
		} else if (member && net_chance(2)) {
			net_lose(node);
		}
	}
	net_install(&members);
}

static void check_all(void)
{
	for (uint32_t node = 0; node < net.nodes; node++)
		if (usable(node) && names_ready(&names[node]))
			MUST(names_check(&names[node]));
	hear_answers();
}

static void step(void)
{
	uint32_t node = net_chance(net.nodes), what = net_chance(100);

	net.now += net_chance(30);
	if (what < 40)
		net_step();
	else if (what < 75 && usable(node))
		ask_something(node);
	else if (what < 90 && usable(node))
		names_tick(&names[node], net.now);
	else if (what < 93 && !net.frozen && net_seen())
		net_freeze();
	else if (what < 96 && net.frozen)
		change_view();
	else if (what < 98 && !calm)
		end_domain(node, 1 + net_chance(DOMAINS_USED));
	else if (what == 98 && !calm && node && usable(node) && !net_chance(3))
		net_kill(node);
	check_all();
}

/* Everything that can be answered is: deadlines pass, and who waits for ever is ended. */
static void settle(void)
{
	struct protocol_set members = net.members;
	uint32_t node;

	hear_answers();
	for (node = 1; node < net.nodes; node++)
		if (!net.alive[node]) {
			forget(node, 0, false);
			protocol_set_remove(&members, node);
		}
	net_install(&members);
	for (uint32_t turn = 0; turn < 20; turn++) {
		net_drain();
		net.now += 1000;
		for (node = 0; node < net.nodes; node++)
			if (usable(node))
				names_tick(&names[node], net.now);
	}
	net_drain();
	check_all();
	names_same();
}

/* What is left of each semaphore is what came in less what went out. */
static void count_semaphores(void)
{
	for (uint32_t name = 2; name < 4; name++) {
		const struct names_slot *s = names_get(&names[0], name_of[name]);
		int64_t sum = 0;

		for (uint32_t i = 0; i < request_count; i++) {
			const struct request *r = &requests[i];

			if (r->name != name || !r->told || r->error)
				continue;
			sum += r->op == NAMES_OP_WAIT ? -1 : (int64_t)r->value;
		}
		MUST(s ? (int64_t)s->value[0] == sum : !sum);
	}
}

static void run(uint64_t seed)
{
	net_begin(&names_machine, 0, seed);
	names_limits_used.slots = SLOTS;
	names_limits_used.records = 3 + net_chance(4);
	names_limits_used.waits = 1 + net_chance(3);
	names_limits_used.node = 40;
	names_world(2 + net_chance(5), seed);
	calm = seed % 4 == 0;
	request_count = heard_count = 0;
	memset(holder, 0, sizeof(holder));
	for (uint32_t i = 0; i < 700; i++)
		step();
	settle();
	if (calm)
		count_semaphores();
	for (uint32_t node = 0; node < net.nodes; node++)
		for (uint32_t domain = 1; usable(node) && domain <= DOMAINS_USED; domain++) {
			end_domain(node, domain);
			net_drain();
		}
	settle();
	for (uint32_t i = 0; i < request_count; i++)
		MUST(!requests[i].expected || requests[i].told);
	for (uint32_t i = 0; i < SLOTS; i++)
		MUST(!names_slots[0][i].kind || names_slots[0][i].domain == NAMES_NOBODY);
}

int main(int argc, char **argv)
{
	uint64_t runs = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000;
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 1, told = 0, applied = 0, gaps = 0;

	printf("1..1\n");
	for (uint64_t seed = first; seed < first + runs; seed++) {
		run(seed);
		for (uint32_t i = 0; i < request_count; i++)
			told += requests[i].told;
		applied += names[0].counts.applied;
		gaps += names[0].counts.gaps + names[0].counts.repeated;
	}
	net_end();
	/* A test that asks nothing, or loses nothing, tests nothing. */
	printf("# %llu runs, %llu answers, %llu entries, %llu requests again or behind lost ones\n",
	       (unsigned long long)runs, (unsigned long long)told, (unsigned long long)applied,
	       (unsigned long long)gaps);
	printf("%s 1 - random requests\n", told > 20 * runs && gaps ? "ok" : "not ok");
	return !(told > 20 * runs && gaps);
}
