// SPDX-License-Identifier: GPL-2.0-only
#include <abi/protocol/sizes.h>

#include <image.h>

#include "leader.h"

#define US 1000u /* cycles */

struct node leader;
struct urpc_chan *leader_link;
uint64_t leader_us;
int leader_joined;

static struct {
	uint16_t package[SIZES_NODES];
	struct agree_entry entries[SIZES_ENTRIES];
	uint64_t heard[SIZES_ENTRIES * AGREE_WORDS(SIZES_NODES)];
	struct agree_peer peers[SIZES_NODES];
	uint16_t room[ROUTE_ROOM(SIZES_NODES, SIZES_PACKAGES)];
	struct names_slot slots[SIZES_NAMES];
	struct names_index index[SIZES_NAMES];
	struct names_pending pending[16];
	struct names_watch watches[8];
	struct names_peer names_peers[SIZES_NODES];
	struct names_entry queue[SIZES_NODES * (NAMES_OUTSTANDING + 1)];
} memory;

static void send_out(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	(void)ctx;
	assert_int_equal(to, SELF);
	assert_int_equal(urpc_send_long(leader_link, type, payload, bytes), 0);
}

static void done(void *ctx, uint32_t node, int error)
{
	(void)ctx;
	assert_int_equal(node, SELF);
	leader_joined = error;
}

void leader_begin(const struct agree_local *local, const struct names_hooks *hooks)
{
	static const struct names_limits limits = SIZES_NAMES_LIMITS;
	static const struct node_events events = { .done = done };
	const struct node_memory given = {
		.nodes = SIZES_NODES,
		.packages = SIZES_PACKAGES,
		.package = memory.package,
		.agree = { .entries = memory.entries, .heard = memory.heard, .peers = memory.peers,
			   .room = memory.room, .count = SIZES_ENTRIES, .nodes = SIZES_NODES },
		.names = { .slots = memory.slots, .index = memory.index, .pending = memory.pending,
			   .pendings = 16, .domains = 4, .domain_pending = 4,
			   .watches = memory.watches, .watch_count = 8, .domain_watches = 4,
			   .peers = memory.names_peers, .peer_count = SIZES_NODES,
			   .queue = memory.queue,
			   .queue_count = SIZES_NODES * (NAMES_OUTSTANDING + 1) },
	};
	const struct node_setup setup = { .port = { .send = send_out }, .events = &events,
					  .memory = &given, .local = local, .kind = ROUTE_NUMA,
					  .names_hooks = hooks, .names_limits = &limits };

	leader_us = 0;
	leader_joined = -1;
	leader_link = core_bind(ABI_CHANNEL_MONITOR(0), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS);
	assert_int_equal(core_bound, 0);
	memset(&memory, 0, sizeof(memory));
	assert_int_equal(node_init(&leader, &setup, leader_us), 0);
}

void leader_talk(void)
{
	static struct message message;
	bool any = true;

	while (any) {
		any = false;
		core_turn();
		/* It does not sleep while something is left to do. */
		assert_false(jobs_news());
		while (take(leader_link, &message)) {
			any = true;
			assert_int_equal(node_message(&leader, SELF, message.type, message.data,
						      (uint32_t)message.bytes, leader_us), 0);
		}
		node_tick(&leader, leader_us);
	}
}

void leader_pass(uint64_t us)
{
	leader_us += us;
	core_pass(us * US);
	leader_talk();
}

void leader_join(uint16_t package)
{
	assert_int_equal(node_join(&leader, SELF, package), 0);
	node_tick(&leader, leader_us);
	leader_talk();
	assert_int_equal(leader_joined, 0);
	assert_true(protocol_set_has(&view_current(&leader.view)->members, SELF));
}

void leader_run(struct client *c, const struct monitor_handlers *handlers, void *ctx)
{
	int quiet = 0;

	while (quiet < 3) {
		leader_pass(100);
		quiet++;
		if (client_take(c, handlers, ctx))
			quiet = 0;
	}
}
