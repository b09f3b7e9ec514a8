// SPDX-License-Identifier: GPL-2.0-only
#include <abi/protocol/sizes.h>

#include <base/string.h>

#include <agreed.h>
#include <domain.h>
#include <mesh.h>
#include <member.h>
#include <parts.h>
#include <requests.h>

#define PASSES 4u /* then others have their turn */
#define REQUESTS 64u        /* of programs to the name service, unanswered */
#define REQUESTS_DOMAIN 16u /* of one */
#define WATCHES 64u
#define WATCHES_DOMAIN 8u

static struct node node;
static struct {
	uint16_t package[SIZES_NODES];
	uint32_t distance[SIZES_PACKAGES * SIZES_PACKAGES];
	struct agree_entry entries[SIZES_ENTRIES];
	uint64_t heard[SIZES_ENTRIES * AGREE_WORDS(SIZES_NODES)];
	struct agree_peer peers[SIZES_NODES];
	uint16_t room[ROUTE_ROOM(SIZES_NODES, SIZES_PACKAGES)];
	struct batch_peer batches[SIZES_NODES];
	struct names_slot slots[SIZES_NAMES];
	struct names_index index[SIZES_NAMES];
	struct names_pending pending[REQUESTS + DOMAINS_MAX];
	struct names_watch watches[WATCHES];
} memory;

static struct protocol_set broken; /* to be told to the view machine */
static uint64_t khz;
static uint64_t due; /* microseconds */
static bool fresh;   /* something has come since the last tick */
static uint64_t drain_by; /* microseconds: programs have until then before this core leaves; 0: it does not */

static uint64_t now(void)
{
	uint64_t tsc = mon_cycles();

	return tsc / khz * 1000 + tsc % khz * 1000 / khz;
}

uint64_t member_time(uint64_t us)
{
	return us / 1000 * khz + (us % 1000 * khz + 999) / 1000;
}

static void changed(void *ctx, const struct view *old, const struct view *next)
{
	(void)ctx, (void)old;
	mon_print("view %u: %u nodes", next->number, protocol_set_count(&next->members));
	requests_view();
}

/* Half of the time that Linux gives is for programs, the other one for the change of view. */
static void drain(void *ctx, uint64_t us)
{
	(void)ctx;
	drain_by = node.now + us / 2;
	requests_leave(drain_by);
	fresh = true;
}

static void gone(void *ctx, bool left)
{
	(void)ctx;
	drain_by = 0;
	requests_leave(0);
	requests_view();
	mon_print(left ? "left the partition" : "removed from the partition by the others");
}

static void refused(void *ctx, uint32_t from, uint16_t type)
{
	(void)ctx;
	mon_print("a message of node %u, type 0x%x, breaks its protocol", from, type);
}

static const struct node_events events = { .changed = changed, .drain = drain, .gone = gone,
					 .broken = refused };

static struct node_memory give_memory(void)
{
	return (struct node_memory){
		.nodes = SIZES_NODES,
		.packages = SIZES_PACKAGES,
		.package = memory.package,
		.distance = memory.distance,
		.batches = memory.batches,
		.agree = { .entries = memory.entries,
			   .heard = memory.heard,
			   .peers = memory.peers,
			   .room = memory.room,
			   .count = SIZES_ENTRIES,
			   .nodes = SIZES_NODES },
		.names = { .slots = memory.slots,
			   .index = memory.index,
			   .pending = memory.pending,
			   .pendings = REQUESTS + DOMAINS_MAX,
			   .domains = DOMAINS_MAX,
			   .domain_pending = REQUESTS_DOMAIN,
			   .watches = memory.watches,
			   .watch_count = WATCHES,
			   .domain_watches = WATCHES_DOMAIN },
	};
}

int member_init(uint32_t self, uint64_t tsc_khz)
{
	static const struct names_limits limits = SIZES_NAMES_LIMITS;
	static const struct view_settings settings = SIZES_SETTINGS;
	struct names_hooks names = parts_names_hooks();
	struct agree_local local = agreed_local();
	struct node_memory given = give_memory();
	struct node_setup setup = {
		.self = self,
		.port = { .send = mesh_send },
		.settings = &settings,
		.events = &events,
		.memory = &given,
		.local = &local,
		.kind = ROUTE_NUMA,
		.names_hooks = &names,
		.names_limits = &limits,
	};

	khz = tsc_khz ? tsc_khz : 1;
	due = PROTOCOL_NEVER;
	fresh = false;
	drain_by = 0;
	protocol_set_clear(&broken);
	memset(&memory, 0, sizeof(memory));
	if (node_init(&node, &setup, now()))
		return -MON_EINVAL;
	parts_init(&node);
	return 0;
}

void member_message(uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	fresh = true;
	node_message(&node, from, type, payload, bytes, now());
}

void member_broken(uint32_t peer)
{
	fresh = true;
	protocol_set_add(&broken, peer);
}

struct node *member_enter(void)
{
	node_at(&node, now());
	return &node;
}

void member_leave(void)
{
	fresh = true;
}

void member_wake(void)
{
	fresh = true;
}

/* Telling of a node sends, which may find another one broken. */
static void tell_of_broken(void)
{
	struct protocol_set told = broken;
	uint32_t peer;

	protocol_set_clear(&broken);
	node_at(&node, now());
	protocol_set_each(peer, &told)
		view_suspect(&node.view, peer, VIEW_BROKEN, node.now);
}

/* Who does not answer is not waited for. */
static void look_at_drain(void)
{
	if (!drain_by || (now() < drain_by && requests_leaving()))
		return;
	drain_by = 0;
	node_at(&node, now());
	view_drained(&node.view);
}

uint64_t member_work(void)
{
	if (!fresh && due == PROTOCOL_NEVER)
		return UINT64_MAX;
	for (uint32_t i = 0; i < PASSES && (fresh || !i); i++) {
		fresh = false;
		tell_of_broken();
		look_at_drain();
		due = node_tick(&node, now());
		if (drain_by && drain_by < due)
			due = drain_by;
	}
	if (fresh)
		return mon_cycles();
	return due == PROTOCOL_NEVER ? UINT64_MAX : member_time(due);
}
