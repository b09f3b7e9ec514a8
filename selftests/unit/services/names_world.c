// SPDX-License-Identifier: GPL-2.0-only
#include "names_world.h"

struct names names[NET_NODES];
struct names_slot names_slots[NET_NODES][SLOTS];
struct names_index names_indexes[NET_NODES][SLOTS];
static struct names_pending pendings[NET_NODES][PENDINGS];
static struct names_watch watches[NET_NODES][WATCHES];
static struct names_peer peers[NET_NODES];
static struct names_entry queue[NET_NODES * (NAMES_OUTSTANDING + 1)];
static uint32_t numbers[NET_NODES] = { 0, 1, 2, 3, 4, 5, 6, 7 };

struct names_limits names_limits_used = { SLOTS, 6, 4, 24 };
struct heard answers[4096], changes[4096];
uint32_t answer_count, change_count, ended_count, stuck_node, protocol_errors;
bool changes_refused;
uint64_t names_tag;

static struct heard *hear(struct heard *list, uint32_t *count, void *ctx, uint32_t domain,
			  uint64_t tag, uint32_t error, const struct names_slot *slot)
{
	struct heard *h = &list[*count % 4096];

	++*count;
	*h = (struct heard){ *(uint32_t *)ctx, domain, tag, error, { 0 }, slot != NULL };
	if (slot)
		h->slot = *slot;
	return h;
}

static void answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		   const struct names_slot *slot)
{
	MUST(error < NAMES_ERROR_COUNT);
	hear(answers, &answer_count, ctx, domain, tag, error, slot);
}

static bool changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		    const struct names_slot *slot)
{
	if (!changes_refused)
		hear(changes, &change_count, ctx, domain, tag, what, slot);
	return !changes_refused;
}

static void ended(void *ctx, uint32_t domain)
{
	(void)ctx;
	(void)domain;
	ended_count++;
}

static void stuck(void *ctx, uint32_t node)
{
	MUST(*(uint32_t *)ctx == 0);
	stuck_node = node;
}

static void message(uint32_t node, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes)
{
	if (names_message(&names[node], from, type, payload, bytes, net.now))
		protocol_errors++;
}

static void freeze(uint32_t node)
{
	names_freeze(&names[node]);
}

static void view(uint32_t node, uint32_t number, const struct protocol_set *members)
{
	names_view(&names[node], number, members, net.now);
}

const struct net_machine names_machine = { message, freeze, view, NULL, NAMES_UNSENT };

void names_world_node(uint32_t node)
{
	static const struct names_hooks hooks = { answer, changed, ended, stuck };
	struct protocol_port port = net_port(node);
	struct names_memory memory = {
		.slots = names_slots[node],
		.index = names_indexes[node],
		.pending = pendings[node],
		.pendings = PENDINGS,
		.domains = DOMAINS,
		.domain_pending = 6,
		.watches = watches[node],
		.watch_count = WATCHES,
		.domain_watches = 3,
		.peers = node ? NULL : peers,
		.peer_count = node ? 0 : NET_NODES,
		.queue = node ? NULL : queue,
		.queue_count = node ? 0 : NET_NODES * (NAMES_OUTSTANDING + 1),
	};

	memset(names_slots[node], 0xee, sizeof(names_slots[node]));
	memset(pendings[node], 0, sizeof(pendings[node]));
	memset(watches[node], 0, sizeof(watches[node]));
	MUST(!names_init(&names[node], node, &names_limits_used, &memory, &port, &hooks,
			 &numbers[node]));
}

void names_join(uint32_t node)
{
	struct protocol_set members = net.members;

	net_revive(node);
	names_world_node(node);
	protocol_set_add(&members, node);
	net_change(&members);
}

void names_leave_view(uint32_t node)
{
	struct protocol_set members = net.members;

	protocol_set_remove(&members, node);
	net_change(&members);
}

void names_world(uint32_t nodes, uint64_t seed)
{
	struct protocol_set members;

	net_begin(&names_machine, nodes, seed);
	memset(peers, 0, sizeof(peers));
	answer_count = change_count = ended_count = protocol_errors = 0;
	stuck_node = PROTOCOL_NODE_NONE;
	changes_refused = false;
	protocol_set_clear(&members);
	for (uint32_t node = 0; node < nodes; node++) {
		net.alive[node] = true;
		names_world_node(node);
		protocol_set_add(&members, node);
	}
	net_change(&members);
	names_same();
}

void names_same(void)
{
	uint32_t node;

	protocol_set_each(node, &net.members) {
		if (!net.alive[node])
			continue;
		MUST(names_ready(&names[node]));
		MUST(names_check(&names[node]));
		MUST(names_hash(&names[node]) == names_hash(&names[0]));
		MUST(!memcmp(names_slots[node], names_slots[0], sizeof(names_slots[0])));
		MUST(names_quiet(&names[node]));
	}
	MUST(!protocol_errors);
}

struct names_ask names_ask(uint8_t op, const char *name, uint8_t flags, uint64_t value)
{
	struct names_ask ask = { .op = op, .flags = flags, .value = { value } };

	MUST(strlen(name) < sizeof(ask.name));
	strcpy(ask.name, name);
	return ask;
}

uint32_t names_answer(uint64_t tag)
{
	uint32_t found = ~0u;

	for (uint32_t i = 0; i < answer_count && i < 4096; i++) {
		if (answers[i].tag != tag)
			continue;
		MUST(found == ~0u);
		found = answers[i].error;
	}
	return found;
}

uint32_t names_do(uint32_t node, uint32_t domain, uint8_t op, const char *name, uint8_t flags,
		  uint64_t value)
{
	struct names_ask ask = names_ask(op, name, flags, value);
	int refused = names_submit(&names[node], domain, ++names_tag, &ask, PROTOCOL_NEVER,
				   net.now);

	net_drain();
	return refused ? (uint32_t)refused : names_answer(names_tag);
}
