// SPDX-License-Identifier: GPL-2.0-only
/* The memory server: messages sent, spoilt and forged, wishes, ends. No byte is in two pieces. */
#include <abi/protocol/memserv.h>

#include "services.h"

#define PIECES 40u
#define PAGE 4096ull

static struct memserv servers[NODES];
static struct memserv_piece pieces[NODES][PIECES];
static struct protocol_set untold[PROTOCOL_NODES_MAX];
static struct { uint32_t node; bool lend; uint64_t base; } todo[64];
static uint32_t todo_count;

static void granted(void *ctx, uint32_t domain, uint64_t tag, uint64_t base, uint64_t bytes)
{
	MUST(bytes && !((base | bytes) & (PAGE - 1)) && tag == 1 && domain < 3);
	(void)ctx;
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	MUST(error && error < MEMSERV_E_COUNT && tag == 1 && domain < 3);
	(void)ctx;
}

static uint32_t nearest(void *ctx, uint32_t rank)
{
	(void)ctx;
	return rank < NODES ? rank : PROTOCOL_NODE_NONE;
}

static void later(void *ctx, bool lend, uint64_t base)
{
	if (todo_count < 64) {
		todo[todo_count].node = *(uint32_t *)ctx;
		todo[todo_count].lend = lend;
		todo[todo_count++].base = base;
	}
}

static void lend(void *ctx, uint32_t to, uint64_t base, uint64_t bytes)
{
	MUST(to < NODES && bytes);
	later(ctx, true, base);
}

static void give_back(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	MUST(owner < NODES && bytes);
	later(ctx, false, base);
}

static bool added(void *ctx, uint64_t base, uint64_t bytes)
{
	(void)ctx;
	return base && bytes;
}

static void removed(void *ctx, uint64_t base, uint64_t bytes)
{
	(void)ctx;
	MUST(base + bytes > base);
}

static void done(void *ctx, uint64_t tag, uint32_t error, uint32_t node, uint32_t domain,
		 uint64_t base)
{
	MUST(!*(uint32_t *)ctx && tag == 2 && error < MEMSERV_E_COUNT);
	(void)node;
	(void)domain;
	(void)base;
}

static void reclaim(void *ctx, uint32_t node)
{
	MUST(!*(uint32_t *)ctx && node);
}

static void kept(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	MUST(!*(uint32_t *)ctx && owner && bytes);
	(void)base;
}

static void begin(uint32_t node)
{
	static const struct memserv_hooks hooks = { granted, failed, nearest, lend, give_back, added,
						    removed, done, reclaim, kept, removed, NULL,
						    NULL };
	static const struct memserv_limits limits = { 40 * PAGE, 4 * PAGE, 4 * PAGE, 2 * PAGE,
						      12 * PAGE };
	struct protocol_port port = port_of(node);

	memset(pieces[node], 0, sizeof(pieces[node]));
	MUST(!memserv_init(&servers[node], node, &limits, pieces[node], PIECES,
			   node ? NULL : untold, &port, &hooks, &numbers[node]));
	if (node)
		memserv_extent(&servers[node], node * 0x100000, 16 * PAGE, node % 2);
}

static void message(uint32_t to, uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	memserv_message(&servers[to], from, type, payload, bytes);
}

static void do_later(void)
{
	uint32_t at = todo_count ? next_byte() % todo_count : 0;
	uint32_t node = todo[at].node;
	uint64_t base = todo[at].base;
	bool lends = todo[at].lend;

	if (!todo_count)
		return;
	todo[at] = todo[--todo_count];
	if (lends)
		memserv_lent(&servers[node], base, next_byte() % 4);
	else
		memserv_given(&servers[node], base);
}

static void happen(uint8_t what, uint32_t node)
{
	struct protocol_set members;

	switch (what) {
	case 0: case 1: case 2: deliver(message, 0, false); break;
	case 3: deliver(message, 0, true); break;
	case 4: forge(message, PROTOCOL_MEMORY); break;
	case 5: case 6:
		memserv_alloc(&servers[node], next_byte() % 3, 1, next_byte() % 20 * PAGE,
			      PAGE << next_byte() % 3, next_byte() % 2 ? MEMSERV_ANY : 1,
			      next_byte() % 2);
		break;
	case 7: memserv_free(&servers[node], next_byte() % 3, next_byte() * PAGE); break;
	case 8: memserv_domain_end(&servers[node], next_byte() % 3); break;
	case 9: do_later(); break;
	case 10: memserv_add(&servers[0], 2, node, next_byte() * PAGE, next_byte() * PAGE, 0); break;
	case 11:
		memserv_take(&servers[0], 2, node, node * 0x100000 + next_byte() % 16 * PAGE,
			     next_byte() % 16 * PAGE);
		break;
	case 12: memserv_freeze(&servers[node]); break;
	case 13: memserv_thaw(&servers[node]); break;
	default:
		members = members_of(next_byte());
		memserv_view(&servers[node], &members);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
	struct protocol_set all = members_of(7);

	input = data;
	input_end = data + bytes;
	queued = todo_count = 0;
	memset(untold, 0, sizeof(untold));
	for (uint32_t node = 0; node < NODES; node++) {
		begin(node);
		memserv_view(&servers[node], &all);
		memserv_thaw(&servers[node]);
	}
	for (uint32_t i = 0; i < 300 && input < input_end; i++) {
		uint8_t what = next_byte();

		happen(what % 15, what / 15 % NODES);
		for (uint32_t node = 0; node < NODES; node++)
			MUST(memserv_check(&servers[node]));
	}
	return 0;
}
