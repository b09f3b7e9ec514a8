// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs at services that need node 0, which the test is, with the real machines: names, and programs
 * that programs start, on this core and on another one, which the test plays.
 */
#include "core.h"

#include <abi/if/image.h>
#include <abi/if/monitor_stub.h>
#include <abi/if/spawn.h>
#include <abi/protocol/node.h>
#include <abi/protocol/sizes.h>
#include <abi/protocol/spawnd.h>

#include <domain.h>
#include <image.h>
#include <requests.h>

#define SELF 2u
#define OTHER 3u
#define US 1000u /* cycles */
#define PIECE 1024u

static struct node leader;
static struct spawnd spawnd;
static struct spawnd_job jobs[8];
static struct spawnd_ask asks[1];
static struct {
	uint16_t package[SIZES_NODES];
	struct agree_entry entries[SIZES_ENTRIES];
	uint64_t heard[SIZES_ENTRIES * AGREE_WORDS(SIZES_NODES)];
	struct agree_peer peers[SIZES_NODES];
	uint16_t room[ROUTE_ROOM(SIZES_NODES, SIZES_PACKAGES)];
	struct names_slot slots[SIZES_NAMES];
	struct names_index index[SIZES_NAMES];
	struct names_pending pending[8];
	struct names_watch watches[8];
	struct names_peer name_peers[SIZES_NODES];
	struct names_entry queue[SIZES_NODES * (NAMES_OUTSTANDING + 1)];
} memory;
static struct urpc_chan *link0, *other_link;
static uint64_t us;
static int joined;
static struct message message;

/* ---- node 0 ---- */

static void leader_sends(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	(void)ctx;
	if (to == SELF)
		assert_int_equal(urpc_send_long(link0, type, payload, bytes), 0);
}

static void done(void *ctx, uint32_t node, int error)
{
	(void)ctx, (void)node;
	joined = error;
}

static const struct node_events events = { .done = done };

static int spawn_message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
			 uint64_t now)
{
	(void)ctx;
	return spawnd_message(&spawnd, from, type, payload, bytes, now);
}

static void spawn_install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	(void)ctx, (void)old;
	spawnd_view(&spawnd, &now->members, time);
}

static uint64_t spawn_tick(void *ctx, uint64_t now)
{
	(void)ctx;
	return spawnd_tick(&spawnd, now);
}

static const struct node_part part = { .interface = PROTOCOL_SPAWN, .message = spawn_message,
				       .install = spawn_install, .tick = spawn_tick };
static const struct spawnd_hooks spawn_hooks;
static const struct agree_local no_caps;
static const struct names_hooks no_names;

static void begin_leader(void)
{
	static const struct names_limits limits = SIZES_NAMES_LIMITS;
	const struct node_memory given = {
		.nodes = SIZES_NODES,
		.packages = SIZES_PACKAGES,
		.package = memory.package,
		.agree = { .entries = memory.entries, .heard = memory.heard, .peers = memory.peers,
			   .room = memory.room, .count = SIZES_ENTRIES, .nodes = SIZES_NODES },
		.names = { .slots = memory.slots, .index = memory.index, .pending = memory.pending,
			   .pendings = 8, .domains = 4, .domain_pending = 4, .watches = memory.watches,
			   .watch_count = 8, .domain_watches = 4, .peers = memory.name_peers,
			   .peer_count = SIZES_NODES, .queue = memory.queue,
			   .queue_count = SIZES_NODES * (NAMES_OUTSTANDING + 1) },
	};
	const struct node_setup setup = { .port = { .send = leader_sends }, .events = &events,
					  .memory = &given, .local = &no_caps, .kind = ROUTE_NUMA,
					  .names_hooks = &no_names, .names_limits = &limits };
	const struct spawnd_memory tables = { .asks = asks, .ask_count = 1, .jobs = jobs, .job_count = 8,
					      .domain_jobs = 1, .node_jobs = 8 };

	memset(&memory, 0, sizeof(memory));
	memset(jobs, 0, sizeof(jobs));
	assert_int_equal(node_init(&leader, &setup, us), 0);
	assert_int_equal(spawnd_init(&spawnd, 0, &tables, &leader.port, &spawn_hooks, NULL), 0);
	assert_int_equal(node_add(&leader, &part), 0);
}

/* Both have what has come, until there is nothing more. */
static void talk(void)
{
	bool any = true;

	while (any) {
		any = false;
		core_turn();
		/* It does not sleep while something is left to do. */
		assert_false(jobs_news());
		while (take(link0, &message)) {
			any = true;
			assert_int_equal(node_message(&leader, SELF, message.type, message.data,
						      (uint32_t)message.bytes, us), 0);
		}
		node_tick(&leader, us);
	}
}

static void pass(uint64_t more)
{
	us += more;
	core_pass(more * US);
	talk();
}

static int start(void **state)
{
	(void)state;
	core_start();
	us = 0;
	joined = -1;
	begin_leader();
	link0 = core_bind(ABI_CHANNEL_MONITOR(0), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS);
	other_link = core_bind(ABI_CHANNEL_MONITOR(OTHER), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS);
	assert_int_equal(node_join(&leader, SELF, 0), 0);
	node_tick(&leader, us);
	for (int i = 0; i < 100 && joined; i++)
		pass(1000);
	assert_int_equal(joined, 0);
	pass(1000);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	core_sound();
	return 0;
}

/* ---- a program ---- */

struct client {
	struct program *program;
	struct urpc_chan chan;
	struct monitor_end end;
	struct monitor_spawn_exited exited;
	unsigned int exits, wanted, changes;
	bool lazy; /* sends no pieces */
};

static struct elf file;

static int on_wanted(void *ctx, uint32_t from, const struct monitor_image_wanted *m)
{
	const struct monitor_image_piece piece = { .image = m->image, .node = m->node,
						   .offset = m->offset, .data_count = m->bytes,
						   .data = (const uint8_t *)&file + m->offset };
	struct client *c = ctx;

	(void)from;
	c->wanted++;
	assert_in_range(m->offset + m->bytes, 1, sizeof(file));
	if (!c->lazy)
		assert_int_equal(monitor_image_piece_send(&c->end, &piece), 0);
	return 0;
}

static int on_exited(void *ctx, uint32_t from, const struct monitor_spawn_exited *m)
{
	struct client *c = ctx;

	(void)from;
	c->exited = *m;
	c->exits++;
	return 0;
}

static int on_changed(void *ctx, uint32_t from, const struct monitor_name_changed *m)
{
	(void)from, (void)m;
	((struct client *)ctx)->changes++;
	return 0;
}

static const struct monitor_handlers handlers = { .image_wanted = on_wanted, .spawn_exited = on_exited,
						  .name_changed = on_changed };

static void open_client(struct client *c, uint32_t channel)
{
	struct abi_requests *rings;

	memset(c, 0, sizeof(*c));
	c->program = core_program(spawn_good(core_bind(channel, ABI_SERVICE_SPAWN, 256)));
	rings = core_at(c->program, ABI_DOMAIN_REQUESTS, ABI_CAP_RW);
	assert_int_equal(urpc_chan_init(&c->chan, (void *)rings->ask, (void *)rings->answer,
					ABI_REQUEST_SLOTS), 0);
	assert_int_equal(monitor_client(&c->end, &c->chan), 0);
	assert_int_equal(monitor_bind(&c->end), -URPC_EAGAIN);
	core_turn();
	assert_int_equal(monitor_bind(&c->end), 0);
	elf_make(&file);
}

/* Everybody has his turn, and the program takes what has come, until nothing comes. */
static void run(struct client *c)
{
	int quiet = 0;

	while (quiet < 3) {
		pass(100);
		quiet++;
		while (!monitor_receive(&c->end, &handlers, c, 0))
			quiet = 0;
	}
}

static uint32_t change(struct client *c, uint8_t op, uint8_t flags, const char *name, uint64_t value)
{
	struct monitor_name_change m = { .op = op, .flags = flags, .wait_us = PROTOCOL_NEVER,
					 .value_count = 1, .value = { value } };
	struct monitor_name_change_reply reply;
	struct urpc_call call;

	strcpy(m.name, name);
	assert_int_equal(monitor_name_change_call(&c->end, &call, &m, &reply), 0);
	run(c);
	assert_int_equal(call.status, 0);
	return reply.error;
}

static uint32_t get(struct client *c, const char *name, struct monitor_name_get_reply *reply)
{
	struct monitor_name_get m = { 0 };
	struct urpc_call call;

	strcpy(m.name, name);
	assert_int_equal(monitor_name_get_call(&c->end, &call, &m, reply), 0);
	run(c);
	assert_int_equal(call.status, 0);
	return reply->error;
}

static void test_names(void **state)
{
	struct monitor_name_watch watch = { .watch = 1, .prefix = "a" };
	struct monitor_name_watch_reply watched = { .error = 1 };
	struct monitor_name_get_reply reply;
	struct urpc_call call;
	struct client a, b;

	(void)state;
	open_client(&a, 10);
	open_client(&b, 11);
	assert_int_equal(monitor_name_watch_call(&b.end, &call, &watch, &watched), 0);
	run(&b);
	assert_int_equal(watched.error, 0);
	assert_int_equal(get(&b, "a.record", &reply), NAMES_MISSING);
	assert_int_equal(change(&a, NAMES_OP_SET, NAMES_EPHEMERAL, "a.record", 42), 0);
	assert_int_equal(get(&b, "a.record", &reply), 0);
	assert_int_equal(reply.value[0], 42);
	assert_int_equal(reply.node, SELF);
	assert_int_equal(reply.domain, a.program->setup.domain);
	assert_int_equal(change(&b, NAMES_OP_SET, 0, "a.record", 1), NAMES_OWNER);
	assert_int_equal(change(&a, NAMES_OP_LOCK, 0, "lock", 0), 0);
	assert_int_equal(change(&b, NAMES_OP_LOCK, NAMES_NOWAIT, "lock", 0), NAMES_BUSY);
	assert_int_equal(change(&b, NAMES_OP_CANCEL, 0, "lock", 0), NAMES_INVALID);
	run(&b);
	assert_int_equal(b.changes, 1);
	/* It goes with its program. */
	core_unbind(10);
	run(&b);
	assert_int_equal(b.changes, 2);
	assert_int_equal(get(&b, "a.record", &reply), NAMES_MISSING);
	assert_int_equal(change(&b, NAMES_OP_LOCK, NAMES_NOWAIT, "lock", 0), 0);
	core_unbind(11);
	pass(1000);
	assert_true(names_quiet(&leader.names));
}

/* Programs come and go, all with names: each end is told, and there is room for all of them. */
static void test_ends(void **state)
{
	struct client c;

	(void)state;
	for (int i = 0; i < 3 * (int)DOMAINS_MAX; i++) {
		open_client(&c, 10);
		assert_int_equal(change(&c, NAMES_OP_SET, NAMES_EPHEMERAL, "name", 1), 0);
		core_unbind(10);
		talk();
	}
	pass(1000);
	assert_true(names_quiet(&leader.names));
}

/* ---- jobs ---- */

static struct monitor_spawn job_of(uint64_t nodes)
{
	struct monitor_spawn m = { .image = 7, .nodes = nodes, .elf_bytes = sizeof(file),
				   .ram_bytes = 1 << 20, .argc = 2, .environ_count = 1, .name = "job",
				   .strings = (const uint8_t *)"job\0two\0A=1", .strings_count = 12 };

	return m;
}

static struct program *newest(void)
{
	return core_program((uint32_t)domains_spawned());
}

static void test_job(void **state)
{
	struct monitor_spawn m = job_of(1 << SELF);
	struct monitor_spawn_reply reply = { .error = 1 };
	struct urpc_call call;
	struct program *p;
	struct client c;

	(void)state;
	open_client(&c, 10);
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.error, 0);
	assert_int_equal(c.wanted, (sizeof(file) + PIECE - 1) / PIECE);
	p = newest();
	assert_ptr_not_equal(p, c.program);
	assert_int_equal(p->status.state, ABI_DISPATCHER_RUNNABLE);
	assert_int_equal(core_write(p, ABI_STREAM_OUTPUT, "one\ntwo", 7), 7);
	core_ended(p, ABI_DISPATCHER_EXITED, 9);
	run(&c);
	assert_int_equal(c.exits, 1);
	assert_int_equal(c.exited.image, 7);
	assert_int_equal(c.exited.how, SPAWND_RETURNED);
	assert_int_equal(c.exited.status, 9);
	assert_int_equal(domains_count(), 1);
	assert_int_equal(requests_of(c.program->setup.domain)->owed, 0);
	core_unbind(10);
}

static void test_killed(void **state)
{
	struct monitor_spawn m = job_of(1 << SELF);
	struct monitor_spawn_reply reply = { .error = 1 };
	struct monitor_spawn_kill_reply killed = { .error = 1 };
	struct monitor_spawn_kill kill;
	struct urpc_call call;
	struct client c;

	(void)state;
	open_client(&c, 10);
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	kill = (struct monitor_spawn_kill){ .job = reply.job };
	assert_int_equal(monitor_spawn_kill_call(&c.end, &call, &kill, &killed), 0);
	run(&c);
	assert_int_equal(killed.error, 0);
	assert_int_equal(c.exits, 1);
	assert_int_equal(c.exited.how, SPAWND_WAS_KILLED);
	assert_int_equal(domains_count(), 1);
	core_unbind(10);
}

/* What fails: a node that is none, a file that is none, a file that never comes or goes with its owner. */
static void test_fails(void **state)
{
	struct monitor_spawn m = job_of(1 << 5);
	struct monitor_spawn_reply reply = { .error = 0 };
	struct urpc_call call;
	struct client c;

	(void)state;
	open_client(&c, 10);
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(reply.error, SPAWND_E_NODE);
	m = job_of(1 << SELF);
	memset(&file, 0x55, sizeof(file));
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(reply.error, SPAWND_E_IMAGE);
	elf_make(&file);
	c.lazy = true;
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(call.status, -URPC_EAGAIN);
	for (uint64_t past = 0; past <= SPAWND_START_US; past += 10000)
		pass(10000);
	run(&c);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.error, SPAWND_E_LATE);
	assert_int_equal(requests_of(c.program->setup.domain)->owed, 0);
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	core_unbind(10);
	pass(1000);
	assert_int_equal(domains_count(), 0);
	for (uint32_t i = 0; i < 8; i++)
		assert_int_equal(jobs[i].state, 0);
}

/* The file for another node: it asks, is answered, and asks badly. */
static void test_file(void **state)
{
	uint8_t buffer[IMAGE_MESSAGE_MAX] = { 0 };
	struct monitor_spawn m = job_of(1 << SELF);
	struct monitor_spawn_reply reply;
	struct image_fetch fetch = { .image = 12345, .bytes = 16 };
	struct urpc_call call;
	struct client c;

	(void)state;
	/* Of nobody who is a member. */
	assert_int_equal(urpc_send_long(other_link, IMAGE_FETCH, buffer, image_fetch_encode(&fetch, buffer)),
			 0);
	open_client(&c, 10);
	c.lazy = true;
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	assert_false(take(other_link, &message) && message.type == IMAGE_PIECE);
	core_unbind(10);
	pass(1000);
	assert_int_equal(domains_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_names, start, stop),
		cmocka_unit_test_setup_teardown(test_ends, start, stop),
		cmocka_unit_test_setup_teardown(test_job, start, stop),
		cmocka_unit_test_setup_teardown(test_killed, start, stop),
		cmocka_unit_test_setup_teardown(test_fails, start, stop),
		cmocka_unit_test_setup_teardown(test_file, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
