// SPDX-License-Identifier: GPL-2.0-only
/* Binding: messages sent, spoilt and forged, connections in all states, ends, views. */
#include <abi/protocol/bind.h>

#include "services.h"

#define CONNS 8u
#define OFFERS 2u
#define CHANNELS 4u
#define SLOTS 8u

static struct bind binds[NODES];
static struct bind_conn conns[NODES][CONNS];
static struct bind_offer offers[NODES][OFFERS];
static struct bind_channel channels[CHANNELS];
static struct names names[NODES];
static struct names_slot slots[NODES][SLOTS];
static struct names_index indexes[NODES][SLOTS];
static struct names_pending pendings[NODES][4];
static struct names_peer peers[NODES];
static struct names_entry entries[NODES * (NAMES_OUTSTANDING + 1)];
static uint64_t making[16], unmaking[16];
static uint32_t making_count, unmaking_count, handles[16];
static int32_t pairs;

static void offered(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t client_node,
		    uint32_t client_domain)
{
	MUST(client_node < NODES && tag == 9 && domain < 3);
	handles[handle % 16] = handle;
	(void)ctx;
	(void)client_domain;
}

static void opened(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t end)
{
	MUST(tag < 9 && domain < 3);
	handles[handle % 16] = handle;
	(void)ctx;
	(void)end;
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t detail)
{
	MUST(error && error < BIND_E_COUNT && tag == 1 && domain < 3);
	(void)ctx;
	(void)detail;
}

static void closed(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t error)
{
	MUST(error && error < BIND_E_COUNT && tag <= 9 && domain < 3);
	(void)ctx;
	(void)handle;
}

static int local(void *ctx, const struct bind_conn *client, const struct bind_conn *server,
		 uint32_t end[2])
{
	MUST(client && server && client != server);
	end[0] = end[1] = 1;
	pairs++;
	(void)ctx;
	return 0;
}

static void unlocal(void *ctx, const uint32_t end[2])
{
	MUST(end[0] == 1 && --pairs >= 0);
	(void)ctx;
}

static void channel(void *ctx, uint64_t id, const struct bind_channel *c)
{
	MUST(!*(uint32_t *)ctx && c->node[0] != c->node[1]);
	if (making_count < 16)
		making[making_count++] = id;
}

static void unmake(void *ctx, uint64_t id, const struct bind_channel *c)
{
	MUST(!*(uint32_t *)ctx && c->closed[0] && c->closed[1]);
	if (unmaking_count < 16)
		unmaking[unmaking_count++] = id;
}

static void stuck(void *ctx, uint32_t node)
{
	MUST(!*(uint32_t *)ctx && node < NODES);
}

static void no_answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		      const struct names_slot *slot)
{
	(void)ctx;
	(void)domain;
	(void)tag;
	(void)error;
	(void)slot;
}

/* Each node leads its own names here: they are there at once. */
static void begin(uint32_t node)
{
	static const struct bind_hooks hooks = { offered, opened, failed, closed, local,
						 unlocal, channel, unmake, stuck };
	static const struct bind_limits limits = { 3, 6, 2, 2, 3, 3, 0 };
	static const struct names_hooks names_hooks = { .answer = no_answer };
	static const struct names_limits names_limits = { SLOTS, 8, 8, 8 };
	struct protocol_port port = port_of(node);
	struct bind_memory memory = { conns[node], CONNS, offers[node], OFFERS,
				      node ? NULL : channels, node ? 0 : CHANNELS };
	struct names_memory names_memory = { .slots = slots[node], .index = indexes[node],
					     .pending = pendings[node], .pendings = 4,
					     .domain_pending = 4, .peers = peers,
					     .peer_count = NODES, .queue = entries,
					     .queue_count = NODES * (NAMES_OUTSTANDING + 1) };

	memset(conns[node], 0, sizeof(conns[node]));
	memset(offers[node], 0, sizeof(offers[node]));
	memset(pendings[node], 0, sizeof(pendings[node]));
	MUST(!names_init(&names[node], 0, &names_limits, &names_memory, &port, &names_hooks, NULL));
	MUST(!bind_init(&binds[node], node, &names[node], &limits, &memory, &port, &hooks,
			&numbers[node]));
}

static void message(uint32_t to, uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	bind_message(&binds[to], from, type, payload, bytes, 5);
}

/* The name "s" on @node says that @server offers; whether it does is another thing. */
static void name(uint32_t node, uint32_t server)
{
	struct names_ask ask = { .op = NAMES_OP_SET, .flags = NAMES_SHARED, .name = "s" };
	uint32_t offer = 1u << 16;

	bind_offer_open(&binds[server], next_byte() % 3, 9, 40, 1, &offer);
	bind_record(offer, 40, 1, ask.value);
	names_submit(&names[node], 1, 1, &ask, PROTOCOL_NEVER, 5);
	slots[node][0].node = server;
	slots[node][0].domain = next_byte() % 3;
}

static void connect(uint32_t node)
{
	struct bind_ask ask = { .name = "s", .interface = 40, .version = 1 + !(next_byte() % 8),
				.wait = next_byte() % 2 };
	uint32_t handle;

	bind_connect(&binds[node], next_byte() % 3, 1, &ask,
		     next_byte() % 2 ? 100 : PROTOCOL_NEVER, 5, &handle);
}

static void make_one(void)
{
	uint32_t end[2] = { 1, 1 };

	if (making_count)
		bind_made(&binds[0], making[--making_count],
			  next_byte() % 8 ? 0 : BIND_E_MEMORY, end, 5);
	if (unmaking_count)
		bind_unmade(&binds[0], unmaking[--unmaking_count]);
}

static void happen(uint8_t what, uint32_t node)
{
	static const uint32_t epochs[2][PROTOCOL_NODES_MAX] = { { 0, 1, 1 }, { 0, 2, 1 } };
	uint32_t handle = handles[next_byte() % 16];
	struct protocol_set members;

	switch (what) {
	case 0: case 1: case 2: case 3: deliver(message, 0, false); break;
	case 4: deliver(message, 0, true); break;
	case 5: forge(message, PROTOCOL_BIND); break;
	case 6: name(node, next_byte() % NODES); break;
	case 7: connect(node); break;
	case 8: bind_accept(&binds[node], next_byte() % 3, handle, 2, 5); break;
	case 9: bind_refuse(&binds[node], next_byte() % 3, handle, 3); break;
	case 10: bind_close(&binds[node], next_byte() % 3, handle); break;
	case 11: bind_domain_end(&binds[node], next_byte() % 3); break;
	case 12: make_one(); break;
	case 13: bind_tick(&binds[node], next_byte() * 10000); break;
	case 14: bind_freeze(&binds[node]); break;
	case 15: bind_thaw(&binds[node], 5); break;
	default:
		members = members_of(next_byte());
		bind_view(&binds[node], &members, epochs[next_byte() % 2], 5);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	static const uint32_t epoch[PROTOCOL_NODES_MAX] = { 0, 1, 1 };
	struct protocol_set all = members_of(7);

	input = data;
	input_end = data + bytes;
	queued = making_count = unmaking_count = 0;
	pairs = 0;
	memset(channels, 0, sizeof(channels));
	memset(peers, 0, sizeof(peers));
	memset(handles, 0, sizeof(handles));
	for (uint32_t node = 0; node < NODES; node++) {
		begin(node);
		bind_view(&binds[node], &all, epoch, 5);
		bind_thaw(&binds[node], 5);
	}
	for (uint32_t i = 0; i < 300 && input < input_end; i++) {
		uint8_t what = next_byte();

		happen(what % 17, what / 17 % NODES);
	}
	/* Whatever was said: when the domains of a node have ended it holds nothing that is open. */
	for (uint32_t node = 0; node < NODES; node++) {
		for (uint32_t domain = 0; domain < 3; domain++)
			bind_domain_end(&binds[node], domain);
		for (uint32_t i = 0; i < CONNS; i++)
			MUST(conns[node][i].state == 0 || conns[node][i].state == 3 ||
			     conns[node][i].state == 6);
	}
	MUST(!pairs);
	return 0;
}
