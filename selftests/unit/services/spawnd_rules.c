// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting programs: the barrier, the end of all, kill, quotas, deaths of each side at each step.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <abi/if/spawn.h>
#include <urpc/chan.h>

#include "spawnd_world.h"

static int setup(void **state)
{
	(void)state;
	spawnd_world(5, 3);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	spawnd_settle();
	spawnd_left(0);
	net_end();
	return 0;
}

static struct heard_of *last(void)
{
	return &heards[spawnd_tag];
}

/* From each node on each node, and on several. */
static void test_start_and_exit(void **state)
{
	(void)state;
	for (uint32_t asker = 0; asker < 5; asker++)
		for (uint32_t nodes = 2; nodes < 32; nodes += 2) {
			uint32_t count = (uint32_t)__builtin_popcount(nodes);
			uint32_t first = (uint32_t)__builtin_ctz(nodes);

			assert_int_equal(spawnd_go(asker, 1, nodes, 0), 0);
			net_drain();
			assert_int_equal(program_count(PROGRAM_MAKING), count);
			assert_false(last()->started);
			spawnd_settle();
			assert_int_equal(program_count(PROGRAM_RUNS), count);
			assert_true(last()->started);
			program_ends(first, &programs[first][0], SPAWND_RETURNED, 42);
			spawnd_settle();
			assert_true(last()->over);
			assert_int_equal(last()->how, SPAWND_RETURNED);
			assert_int_equal(last()->status, 42);
			assert_int_equal(last()->where, first);
			assert_int_equal(program_count(0), 0);
			spawnd_left(0);
		}
}

static void test_barrier(void **state)
{
	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0x1c, 0), 0);
	net_drain();
	program_made(2, &programs[2][0], 0);
	program_made(4, &programs[4][0], 0);
	net_drain();
	assert_int_equal(program_count(PROGRAM_RUNS), 0);
	program_made(3, &programs[3][0], 0);
	net_drain();
	assert_int_equal(program_count(PROGRAM_RUNS), 3);
	program_ends(3, &programs[3][0], SPAWND_FAULT, 139);
	net_drain();
	assert_false(last()->over); /* not before all have ended */
	assert_true(programs[2][0].end && programs[4][0].end);
	/* The second one's own status counts no more. */
	program_ends(4, &programs[4][0], SPAWND_RETURNED, 7);
	spawnd_settle();
	assert_int_equal(last()->how, SPAWND_FAULT);
	assert_int_equal(last()->status, 139);
	assert_int_equal(last()->where, 3);
}

static void test_part_fails(void **state)
{
	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0x1c, 0), 0);
	net_drain();
	program_made(2, &programs[2][0], 0);
	program_made(3, &programs[3][0], SPAWND_E_MEMORY);
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_MEMORY);
	assert_int_equal(last()->where, 3);
	assert_int_equal(program_count(0), 0);
	spawnd_left(0);
	/* It ended before it ran. */
	assert_int_equal(spawnd_go(1, 1, 0xc, 0), 0);
	net_drain();
	program_made(2, &programs[2][0], 0);
	net_drain();
	program_ends(2, &programs[2][0], SPAWND_FAULT, 1);
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_KILLED);
	assert_int_equal(last()->where, 2);
}

static void test_refused(void **state)
{
	struct spawnd_wish wish = { .name = "", .nodes.bits = { 2 } };

	(void)state;
	assert_int_equal(spawnd_spawn(&spawnds[1], 1, 1, &wish, 0), SPAWND_E_INVALID);
	memset(wish.name, 'x', sizeof(wish.name));
	assert_int_equal(spawnd_spawn(&spawnds[1], 1, 1, &wish, 0), SPAWND_E_INVALID);
	strcpy(wish.name, "p");
	wish.flags = 2;
	assert_int_equal(spawnd_spawn(&spawnds[1], 1, 1, &wish, 0), SPAWND_E_INVALID);
	wish.flags = 0;
	wish.args_bytes = SPAWND_ARGS_BYTES + 1;
	assert_int_equal(spawnd_spawn(&spawnds[1], 1, 1, &wish, 0), SPAWND_E_INVALID);
	assert_int_equal(spawnd_go(1, 1, 0, 0), SPAWND_E_INVALID);
	assert_int_equal(spawnd_go(1, 1, 3, 0), 0); /* with Linux */
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_NODE);
	assert_int_equal(last()->where, 0);
	assert_int_equal(spawnd_go(0, 1, 0x82, 0), 0);
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_NODE);
	assert_int_equal(last()->where, 7);
	for (uint32_t e = 0; e <= SPAWND_E_COUNT; e++)
		assert_true(strlen(spawnd_sentence(e)) > 3);
}

static void test_quotas(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(spawnd_go(1, 1, 4, 0), 0);
	assert_int_equal(spawnd_go(1, 1, 4, 0), SPAWND_E_JOBS);
	assert_int_equal(spawnd_go(1, 2, 4, 0), 0);
	spawnd_settle();
	assert_true(last()->started);
	assert_int_equal(spawnd_go(1, 2, 4, 0), 0);
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_NODE_JOBS);
	assert_int_equal(spawnd_go(3, 2, 0xc, 0), 0); /* node 2 runs five already */
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_PARTS);
	assert_int_equal(last()->where, 2);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(spawnd_go(i % 2 ? 3 : 4, 1 + i, 2 << (2 + i % 2), 0), 0);
	spawnd_settle();
	assert_int_equal(spawnd_go(0, 1, 2, 0), 0);
	assert_int_equal(spawnd_go(0, 1, 2, 0), 0);
	assert_int_equal(spawnd_go(0, 1, 2, 0), 0);
	assert_int_equal(last()->error, SPAWND_E_TABLE);
	spawnd_settle();
	for (uint64_t tag = 1; tag <= spawnd_tag; tag++)
		if (heards[tag].started && !heards[tag].over)
			spawnd_kill(&spawnds[0], 0, 7777, heards[tag].job, net.now);
	spawnd_settle();
}

static void test_kill(void **state)
{
	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0x1c, 0), 0);
	spawnd_settle();
	assert_int_equal(spawnd_kill(&spawnds[1], 2, 7777, last()->job, 0), 0);
	spawnd_settle();
	assert_int_equal(killed_error, SPAWND_E_MISSING);
	assert_int_equal(spawnd_kill(&spawnds[2], 1, 7777, last()->job, 0), 0);
	assert_int_equal(spawnd_kill(&spawnds[1], 1, 7777, last()->job + 1, 0), 0);
	assert_int_equal(spawnd_kill(&spawnds[1], 1, 7777, last()->job + (1ull << 32), 0), 0);
	spawnd_settle();
	assert_int_equal(killed_answers, 4);
	assert_int_equal(killed_error, SPAWND_E_MISSING);
	assert_int_equal(program_count(PROGRAM_RUNS), 3);
	assert_int_equal(spawnd_kill(&spawnds[1], 1, 7777, last()->job, 0), 0);
	spawnd_settle();
	assert_int_equal(killed_error, 0);
	assert_int_equal(last()->how, SPAWND_WAS_KILLED);
	spawnd_left(0);
	/* A domain with as many jobs as it may have can kill one. */
	for (uint32_t i = 0; i < 4; i++)
		assert_int_equal(spawnd_go(1, 1, 4, 0), 0);
	spawnd_settle();
	assert_int_equal(spawnd_kill(&spawnds[1], 1, 7777, last()->job, 0), 0);
	spawnd_settle();
	assert_int_equal(last()->how, SPAWND_WAS_KILLED);
	for (uint64_t tag = spawnd_tag - 3; tag < spawnd_tag; tag++)
		assert_int_equal(spawnd_kill(&spawnds[0], 0, 7777, heards[tag].job, 0), 0);
	spawnd_settle();
	/* Linux's other domains have no such right. */
	assert_int_equal(spawnd_go(1, 1, 4, 0), 0);
	spawnd_settle();
	assert_int_equal(spawnd_kill(&spawnds[0], 5, 7777, last()->job, 0), 0);
	assert_int_equal(killed_error, SPAWND_E_MISSING);
	assert_int_equal(spawnd_kill(&spawnds[0], 0, 7777, last()->job, 0), 0);
}

/* Who kills what is not there, again and again, takes no more entries than it has for jobs. */
static void test_kill_flood(void **state)
{
	uint32_t taken = 0;

	(void)state;
	while (taken < ASKS && !spawnd_kill(&spawnds[1], 1, 7777, 4711, 0))
		taken++;
	assert_int_equal(taken, 4);
	assert_int_equal(spawnd_kill(&spawnds[1], 1, 7777, 4711, 0), SPAWND_E_JOBS);
	/* Its own jobs and those of others are another matter. */
	assert_int_equal(spawnd_go(1, 1, 4, 0), 0);
	assert_int_equal(spawnd_go(1, 2, 4, 0), 0);
	spawnd_settle();
	assert_int_equal(killed_answers, 4);
	assert_int_equal(spawnd_kill(&spawnds[1], 1, 7777, heards[spawnd_tag - 1].job, 0), 0);
	assert_int_equal(spawnd_kill(&spawnds[1], 2, 7777, last()->job, 0), 0);
	spawnd_settle();
	assert_int_equal(killed_error, 0);
	spawnd_left(0);
}

static void out(uint32_t node)
{
	struct protocol_set members = net.members;

	net_kill(node);
	memset(programs[node], 0, sizeof(programs[node]));
	protocol_set_remove(&members, node);
	net_freeze();
	net_install(&members);
	spawnd_settle();
}

/* A node of the job, or the asker's, dies, or the asking domain ends, at each step. */
static void test_deaths(void **state)
{
	(void)state;
	for (uint32_t at = 0; at < 5 * 4 * 2 * 2 * 8; at++) {
		uint32_t step = at % 5, what = at / 5 % 4, asker = at / 20 % 2;
		uint8_t flags = at / 40 % 2;
		bool gone;

		spawnd_world(5, at);
		assert_int_equal(spawnd_go(asker, 1, 0x1c, flags), 0);
		for (uint32_t i = 0; step && i < 2 + at % 7; i++)
			net_step();
		if (step > 1) {
			net_drain();
			program_made(2, &programs[2][0], 0);
		}
		if (step > 2)
			spawnd_settle();
		if (step > 3)
			program_ends(4, &programs[4][0], SPAWND_RETURNED, 5);
		gone = what == 0 ? true : what == 2 ? asker != 0 : false;
		if (what == 0)
			spawnd_domain_end(&spawnds[asker], 1, net.now);
		else if (what == 1)
			out(3);
		else if (what == 2 && asker)
			out(asker);
		if (gone)
			last()->over = true; /* nothing may be told any more */
		spawnd_settle();
		if (what == 1)
			MUST(last()->over && (step > 3 || last()->where == 3));
		if (what == 1 && step < 3)
			MUST(last()->error == SPAWND_E_DIED || last()->error == SPAWND_E_NODE);
		if (what == 1 && step == 3)
			MUST(last()->how == SPAWND_NODE_DIED);
		/* Without its asker it goes on, or ends with it. */
		if (gone && step == 3)
			MUST(program_count(0) == (flags ? 0 : 3));
		for (uint32_t node = 1; node < 5; node++)
			for (uint32_t i = 0; net.alive[node] && i < PARTS; i++)
				if (programs[node][i].state && !programs[node][i].end)
					program_ends(node, &programs[node][i], 0, 0);
		spawnd_settle();
		MUST(program_count(0) == 0);
		spawnd_left(0);
	}
}

static void test_late_and_stuck(void **state)
{
	uint64_t at;

	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0xc, 0), 0);
	net_drain();
	program_made(2, &programs[2][0], 0);
	net_drain();
	at = spawnd_tick(&spawnds[0], net.now);
	assert_int_equal(at, net.now + SPAWND_START_US);
	assert_int_equal(spawnd_tick(&spawnds[0], at), at + SPAWND_STUCK_US);
	net_drain();
	program_ends(2, &programs[2][0], SPAWND_WAS_KILLED, 0);
	net_drain();
	assert_false(last()->over);
	/* Node 3 never answers. */
	assert_int_equal(spawnd_tick(&spawnds[0], at + SPAWND_STUCK_US), PROTOCOL_NEVER);
	assert_int_equal(spawnd_stuck, 3);
	out(3);
	assert_int_equal(last()->error, SPAWND_E_LATE);
	assert_int_equal(last()->where, 3);
}

static void test_stopped(void **state)
{
	struct protocol_set members = net.members;

	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0xe, 0), 0);
	spawnd_settle();
	assert_int_equal(spawnd_go(1, 1, 4, 0), 0);
	protocol_set_remove(&members, 1);
	net_freeze();
	net_install(&members);
	spawnd_settle();
	assert_int_equal(heards[1].how, SPAWND_WAS_STOPPED);
	assert_int_equal(heards[2].error, SPAWND_E_STOPPED);
	assert_int_equal(spawnd_go(1, 1, 4, 0), SPAWND_E_STOPPED);
	assert_int_equal(program_count(0), 0);
}

#define SAY(from, to, TYPE, kind, ...)                                                             \
	({                                                                                         \
		struct spawn_##kind a = { __VA_ARGS__ };                                           \
		uint8_t wire[SPAWN_MESSAGE_MAX];                                                   \
		uint32_t bytes = spawn_##kind##_encode(&a, wire);                                  \
		spawnd_message(&spawnds[to], from, SPAWN_##TYPE, wire, bytes, net.now);            \
	})

static void test_malformed(void **state)
{
	uint64_t job;

	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0xc, 0), 0);
	spawnd_settle();
	job = last()->job;
	assert_int_equal(spawnd_message(&spawnds[1], 0, 0x06ff, "", 0, 0), -URPC_EPROTO);
	assert_int_equal(spawnd_message(&spawnds[0], 1, SPAWN_SPAWN, "x", 1, 0), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, SPAWN, spawn, .number = 9, .name = "p"), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, SPAWN, spawn, .number = 9, .nodes.bits = { 4 }), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, SPAWN, spawn, .number = 0, .nodes.bits = { 4 }, .name = "p"),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, SPAWN, spawn, .number = 9, .nodes.bits = { 4 }, .name = "p",
			     .flags = 8), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, READY, ready, .job = job), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, READY, ready, .job = job), -URPC_EPROTO); /* twice */
	assert_int_equal(SAY(2, 0, READY, ready, .job = job + 1), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, EXITED, exited, .job = job), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, EXITED, exited, .job = job, .how = 99), -URPC_EPROTO);
	assert_int_equal(SAY(2, 0, START, start, .job = job), -URPC_EPROTO);
	assert_int_equal(SAY(7, 0, READY, ready, .job = job), 0);
	assert_int_equal(spawnds[0].strangers, 1);
	/* What only node 0 says. */
	assert_int_equal(SAY(2, 1, OVER, over, .number = 1), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, STARTED, started, .number = 1), -URPC_EPROTO);
	assert_int_equal(SAY(2, 3, STOP, stop, .job = job), -URPC_EPROTO);
	assert_int_equal(SAY(2, 3, GO, go, .job = job), -URPC_EPROTO);
	assert_int_equal(SAY(2, 3, START, start, .job = 77, .nodes.bits = { 8 }, .name = "p"),
			 -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, READY, ready, .job = job), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, OVER, over, .number = 1, .how = 99), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, OVER, over, .number = 99), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, FAILED, failed, .number = 1, .error = 1), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, KILLED, killed, .number = 1), -URPC_EPROTO);
	assert_int_equal(SAY(0, 3, START, start, .job = job, .nodes.bits = { 8 }, .name = "p"),
			 -URPC_EPROTO); /* it has that */
	assert_int_equal(SAY(0, 3, START, start, .job = 77, .nodes.bits = { 4 }, .name = "p"),
			 -URPC_EPROTO); /* not on this node */
	assert_int_equal(SAY(0, 3, STOP, stop, .job = 77), 0);
	assert_int_equal(SAY(0, 3, GO, go, .job = 77), 0);
	assert_int_equal(program_count(PROGRAM_RUNS), 2);
	/* One asks without end. */
	for (uint64_t number = 50; number < 90; number++)
		assert_int_equal(SAY(4, 0, SPAWN, spawn, .number = number, .nodes.bits = { 8 },
				     .name = "p", .image = 0x5000, .args_count = 4,
				     .args = (const uint8_t *)"a\0b"), 0);
	while (net_step())
		spawnd_errors = 0; /* its own machine has not asked for that */
	assert_int_equal(program_count(PROGRAM_MAKING), 4);
	out(4);
	spawnd_errors = 0;
	spawnd_kill(&spawnds[0], 0, 7777, job, net.now);
	for (uint32_t i = 0; i < PARTS; i++)
		if (programs[3][i].state && programs[3][i].job != job)
			program_ends(3, &programs[3][i], 0, 0);
	spawnd_settle();
}

static void test_init(void **state)
{
	static struct spawnd s;
	struct spawnd_memory memory = spawnds[0].memory;
	struct protocol_port port = net_port(0);

	(void)state;
	memory.node_jobs = 0;
	assert_int_equal(spawnd_init(&s, 0, &memory, &port, &spawnds[0].hooks, NULL),
			 -URPC_EINVAL);
	memory = spawnds[0].memory;
	memory.job_count = SPAWND_JOBS_MAX + 1;
	assert_int_equal(spawnd_init(&s, 0, &memory, &port, &spawnds[0].hooks, NULL),
			 -URPC_EINVAL);
}

/* While a job starts: what only node 0 says, and what is told of parts that are not made. */
static void test_starting(void **state)
{
	uint64_t job, number;

	(void)state;
	assert_int_equal(spawnd_go(1, 1, 0xc, 0), 0);
	number = spawnds[1].number;
	assert_int_equal(SAY(2, 1, STARTED, started, .number = number, .job = 1), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, FAILED, failed, .number = number, .error = 1), -URPC_EPROTO);
	net_drain();
	job = programs[2][0].job;
	assert_int_equal(SAY(2, 0, EXITED, exited, .job = job), -URPC_EPROTO);
	/* Made twice: node 0 hears of it once. */
	program_made(2, &programs[2][0], 0);
	spawnd_ready(&spawnds[2], job, 0, net.now);
	net_drain();
	assert_int_equal(spawnd_errors, 0);
	assert_false(last()->over || last()->started);
	/* What is to end is ended once, and does not begin any more. */
	assert_int_equal(SAY(0, 2, STOP, stop, .job = job), 0);
	assert_true(programs[2][0].end);
	assert_int_equal(SAY(0, 2, STOP, stop, .job = job), 0);
	assert_int_equal(SAY(0, 2, GO, go, .job = job), 0);
	assert_int_equal(program_count(PROGRAM_RUNS), 0);
	spawnd_settle();
	assert_int_equal(last()->error, SPAWND_E_KILLED);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	T(start_and_exit), T(barrier), T(part_fails), T(refused), T(quotas), T(kill), T(kill_flood), T(deaths),
	T(late_and_stuck), T(stopped), T(malformed), T(init), T(starting),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
