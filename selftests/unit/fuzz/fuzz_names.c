// SPDX-License-Identifier: GPL-2.0-only
/* The name service: messages sent, spoilt and forged, requests, views. The tables stay right. */
#include <abi/protocol/names.h>

#include "services.h"

#define SLOTS 32u
#define PENDINGS 8u
#define WATCHES 4u

static struct names names[NODES];
static struct names_slot slots[NODES][SLOTS];
static struct names_index indexes[NODES][SLOTS];
static struct names_pending pendings[NODES][PENDINGS];
static struct names_watch watches[NODES][WATCHES];
static struct names_peer peers[NODES];
static uint32_t view;
static struct names_entry entries[NODES * (NAMES_OUTSTANDING + 1)];

static void answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		   const struct names_slot *slot)
{
	MUST(error < NAMES_ERROR_COUNT && domain != NAMES_NOBODY && tag == 1);
	MUST(!slot || slot->kind);
	(void)ctx;
}

static bool changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		    const struct names_slot *slot)
{
	(void)ctx;
	(void)domain;
	(void)tag;
	return slot || what == NAMES_MISSED;
}

static void ended(void *ctx, uint32_t domain)
{
	(void)ctx;
	(void)domain;
}

static void stuck(void *ctx, uint32_t node)
{
	MUST(!*(uint32_t *)ctx && node < NODES);
}

static void begin(uint32_t node)
{
	static const struct names_hooks hooks = { answer, changed, ended, stuck };
	static const struct names_limits limits = { SLOTS, 6, 4, 20 };
	struct protocol_port port = port_of(node);
	struct names_memory memory = { slots[node], indexes[node], pendings[node], PENDINGS, 2, 4,
				       watches[node], WATCHES, 2, node ? NULL : peers,
				       node ? 0 : NODES, node ? NULL : entries,
				       node ? 0 : NODES * (NAMES_OUTSTANDING + 1) };

	memset(pendings[node], 0, sizeof(pendings[node]));
	memset(watches[node], 0, sizeof(watches[node]));
	MUST(!names_init(&names[node], node, &limits, &memory, &port, &hooks, &numbers[node]));
}

static void message(uint32_t to, uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	names_message(&names[to], from, type, payload, bytes, 5);
}

static void ask(uint32_t node)
{
	struct names_ask a = { .op = next_byte() % 10, .flags = next_byte() % 32,
			       .value = { next_byte() % 4 }, .name = { 'a' + next_byte() % 4 } };

	names_submit(&names[node], next_byte() % 3, 1, &a, next_byte() % 2 ? 100 : PROTOCOL_NEVER,
		     5);
}

static void happen(uint8_t what, uint32_t node)
{
	struct protocol_set members;

	switch (what) {
	case 0: case 1: case 2: deliver(message, 0, false); break;
	case 3: deliver(message, 0, true); break;
	case 4: forge(message, PROTOCOL_NAMES); break;
	case 5: case 6: ask(node); break;
	case 7: names_domain_end(&names[node], next_byte() % 3, 5); break;
	case 8: names_tick(&names[node], 1000); break;
	case 9: names_await(&names[node], 1, 1, "a", next_byte(), 5); break;
	case 10: names_watch(&names[node], 1, 1, "a"); break;
	case 11: names_freeze(&names[node]); break;
	default:
		members = members_of(next_byte());
		names_view(&names[node], node ? view : ++view, &members, 5);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	input = data;
	input_end = data + bytes;
	queued = view = 0;
	memset(peers, 0, sizeof(peers));
	for (uint32_t node = 0; node < NODES; node++)
		begin(node);
	for (uint32_t i = 0; i < 300 && input < input_end; i++) {
		uint8_t what = next_byte();

		happen(what % 13, what / 13 % NODES);
		for (uint32_t node = 0; node < NODES; node++)
			MUST(!names_ready(&names[node]) || names_check(&names[node]));
	}
	return 0;
}
