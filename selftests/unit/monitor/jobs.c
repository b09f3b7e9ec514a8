// SPDX-License-Identifier: GPL-2.0-only
/* Programs that programs start, on this core: the test is node 0, with the real machines. */
#include <abi/if/image.h>
#include <abi/if/spawn.h>
#include <abi/protocol/spawnd.h>

#include <domain.h>
#include <requests.h>

#include "leader.h"

#define OTHER 3u
#define PIECE 1024u

static struct spawnd spawnd;
static struct spawnd_job jobs[8];
static struct spawnd_ask asks[1];
static struct urpc_chan *other_link;
static struct message message;

/* ---- node 0 ---- */

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

static int start(void **state)
{
	const struct spawnd_memory tables = { .asks = asks, .ask_count = 1, .jobs = jobs, .job_count = 8,
					      .domain_jobs = 1, .node_jobs = 8 };

	(void)state;
	core_start();
	leader_begin(&no_caps, &no_names);
	memset(jobs, 0, sizeof(jobs));
	assert_int_equal(spawnd_init(&spawnd, 0, &tables, &leader.port, &spawn_hooks, NULL), 0);
	assert_int_equal(node_add(&leader, &part), 0);
	other_link = core_bind(ABI_CHANNEL_MONITOR(OTHER), ABI_SERVICE_MONITOR, ABI_MONITOR_SLOTS);
	leader_join(0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	core_sound();
	return 0;
}

/* ---- a program ---- */

struct asker {
	struct client at;
	struct monitor_spawn_exited exited;
	unsigned int exits, wanted;
	bool lazy; /* sends no pieces */
};

static struct elf file;

static int on_wanted(void *ctx, uint32_t from, const struct monitor_image_wanted *m)
{
	const struct monitor_image_piece piece = { .image = m->image, .node = m->node,
						   .offset = m->offset, .data_count = m->bytes,
						   .data = (const uint8_t *)&file + m->offset };
	struct asker *c = ctx;

	(void)from;
	c->wanted++;
	assert_in_range(m->offset + m->bytes, 1, sizeof(file));
	if (!c->lazy)
		assert_int_equal(monitor_image_piece_send(&c->at.end, &piece), 0);
	return 0;
}

static int on_exited(void *ctx, uint32_t from, const struct monitor_spawn_exited *m)
{
	struct asker *c = ctx;

	(void)from;
	c->exited = *m;
	c->exits++;
	return 0;
}

static const struct monitor_handlers handlers = { .image_wanted = on_wanted, .spawn_exited = on_exited };

static void open_asker(struct asker *c, uint32_t channel)
{
	memset(c, 0, sizeof(*c));
	client_open(&c->at, channel);
	client_greet(&c->at);
	elf_make(&file);
}

static void run(struct asker *c)
{
	leader_run(&c->at, &handlers, c);
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
	struct asker c;

	(void)state;
	open_asker(&c, 10);
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.error, 0);
	assert_int_equal(c.wanted, (sizeof(file) + PIECE - 1) / PIECE);
	p = newest();
	assert_ptr_not_equal(p, c.at.program);
	assert_int_equal(p->status.state, ABI_DISPATCHER_RUNNABLE);
	assert_int_equal(core_write(p, ABI_STREAM_OUTPUT, "one\ntwo", 7), 7);
	core_ended(p, ABI_DISPATCHER_EXITED, 9);
	run(&c);
	assert_int_equal(c.exits, 1);
	assert_int_equal(c.exited.image, 7);
	assert_int_equal(c.exited.how, SPAWND_RETURNED);
	assert_int_equal(c.exited.status, 9);
	assert_int_equal(domains_count(), 1);
	assert_int_equal(requests_of(c.at.program->setup.domain)->owed, 0);
	core_unbind(10);
}

static void test_killed(void **state)
{
	struct monitor_spawn m = job_of(1 << SELF);
	struct monitor_spawn_reply reply = { .error = 1 };
	struct monitor_spawn_kill_reply killed = { .error = 1 };
	struct monitor_spawn_kill kill;
	struct urpc_call call;
	struct asker c;

	(void)state;
	open_asker(&c, 10);
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	kill = (struct monitor_spawn_kill){ .job = reply.job };
	assert_int_equal(monitor_spawn_kill_call(&c.at.end, &call, &kill, &killed), 0);
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
	struct asker c;

	(void)state;
	open_asker(&c, 10);
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(reply.error, SPAWND_E_NODE);
	m = job_of(1 << SELF);
	memset(&file, 0x55, sizeof(file));
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(reply.error, SPAWND_E_IMAGE);
	elf_make(&file);
	c.lazy = true;
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(call.status, -URPC_EAGAIN);
	for (uint64_t past = 0; past <= SPAWND_START_US; past += 10000)
		leader_pass(10000);
	run(&c);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.error, SPAWND_E_LATE);
	assert_int_equal(requests_of(c.at.program->setup.domain)->owed, 0);
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	core_unbind(10);
	leader_pass(1000);
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
	struct asker c;

	(void)state;
	/* Of nobody who is a member. */
	assert_int_equal(urpc_send_long(other_link, IMAGE_FETCH, buffer, image_fetch_encode(&fetch, buffer)),
			 0);
	open_asker(&c, 10);
	c.lazy = true;
	assert_int_equal(monitor_spawn_call(&c.at.end, &call, &m, &reply), 0);
	run(&c);
	assert_false(take(other_link, &message) && message.type == IMAGE_PIECE);
	core_unbind(10);
	leader_pass(1000);
	assert_int_equal(domains_count(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_job, start, stop),
		cmocka_unit_test_setup_teardown(test_killed, start, stop),
		cmocka_unit_test_setup_teardown(test_fails, start, stop),
		cmocka_unit_test_setup_teardown(test_file, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
