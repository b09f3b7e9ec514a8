// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory server: own memory, others', quotas, the cache, Linux's additions and takings,
 * deaths.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <abi/if/memory.h>
#include <urpc/chan.h>

#include "memserv_world.h"

static uint64_t tags;

static int setup(void **state)
{
	(void)state;
	memserv_limits_used = (struct memserv_limits){ 100 * PAGE, 8 * PAGE, 16 * PAGE, 8 * PAGE,
						       40 * PAGE };
	memserv_world(4, 5);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	net_end();
	return 0;
}

/* Return: the base, or the error negated. */
static int64_t get(uint32_t node, uint32_t domain, uint64_t pages, uint64_t align, uint16_t numa,
		   bool strict)
{
	int error = memserv_alloc(&servers[node], domain, ++tags, pages * PAGE, align, numa,
				  strict);
	struct told *t;

	if (error)
		return -error;
	memserv_settle();
	t = memserv_told_of(tags);
	MUST(t && t->domain == domain && t->node == node);
	MUST(t->error || (t->bytes == pages * PAGE && !(t->base & (align - 1))));
	memserv_sane();
	return t->error ? -(int64_t)t->error : (int64_t)t->base;
}

#define GET(node, domain, pages) get(node, domain, pages, PAGE, MEMSERV_ANY, false)

static uint64_t free_of(uint32_t node)
{
	uint64_t own, cached;

	memserv_left(&servers[node], &own, &cached);
	return own / PAGE;
}

static uint64_t cached_of(uint32_t node)
{
	uint64_t own, cached;

	memserv_left(&servers[node], &own, &cached);
	return cached / PAGE;
}

static void test_own(void **state)
{
	int64_t a, b;

	(void)state;
	a = GET(1, 1, 10);
	assert_int_equal(a, EXTENT(1));
	b = get(1, 2, 4, 16 * PAGE, MEMSERV_ANY, false);
	assert_int_equal(b, EXTENT(1) + 16 * PAGE);
	assert_int_equal(free_of(1), 50);
	assert_int_equal(memserv_used(&servers[1], 1), 10 * PAGE);
	/* The hole before an aligned piece is used. */
	assert_int_equal(GET(1, 3, 6), EXTENT(1) + 10 * PAGE);
	assert_int_equal(memserv_free(&servers[1], 2, (uint64_t)a), MEMSERV_E_MISSING);
	assert_int_equal(memserv_free(&servers[1], 1, (uint64_t)a + PAGE), MEMSERV_E_MISSING);
	assert_int_equal(memserv_free(&servers[1], 1, (uint64_t)a), 0);
	memserv_domain_end(&servers[1], 2);
	memserv_domain_end(&servers[1], 3);
	assert_int_equal(free_of(1), 64);
	assert_int_equal(GET(1, 1, 64), EXTENT(1)); /* joined again */
	assert_false(net_step());
	memserv_conserved();
}

static void test_malformed_calls(void **state)
{
	(void)state;
	assert_int_equal(memserv_alloc(&servers[1], 1, 1, 0, PAGE, 0, 0), MEMSERV_E_INVALID);
	assert_int_equal(memserv_alloc(&servers[1], 1, 1, 100, PAGE, 0, 0), MEMSERV_E_INVALID);
	assert_int_equal(memserv_alloc(&servers[1], 1, 1, PAGE, 3 * PAGE, 0, 0),
			 MEMSERV_E_INVALID);
	assert_int_equal(memserv_alloc(&servers[1], 1, 1, PAGE, 64, 0, 0), MEMSERV_E_INVALID);
	assert_int_equal(memserv_extent(&servers[1], EXTENT(1) + PAGE, PAGE, 0),
			 MEMSERV_E_OVERLAP);
	assert_int_equal(memserv_extent(&servers[1], 64, PAGE, 0), MEMSERV_E_INVALID);
	assert_int_equal(memserv_extent(&servers[1], 0 - PAGE, PAGE, 0), MEMSERV_E_INVALID);
	assert_int_equal(memserv_add(&servers[1], 1, 2, PAGE, PAGE, 0), MEMSERV_E_INVALID);
	assert_int_equal(memserv_take(&servers[0], 1, 0, PAGE, PAGE), MEMSERV_E_NODE);
	assert_int_equal(memserv_take(&servers[0], 1, 9, PAGE, PAGE), MEMSERV_E_NODE);
	assert_int_equal(memserv_take(&servers[0], 1, 1, PAGE, 5), MEMSERV_E_INVALID);
	for (uint32_t e = 0; e <= MEMSERV_E_COUNT; e++)
		assert_true(strlen(memserv_sentence(e)) > 3);
}

static void test_quota(void **state)
{
	(void)state;
	assert_int_equal(GET(1, 1, 101), -MEMSERV_E_QUOTA);
	assert_true(GET(1, 1, 60) > 0);
	assert_int_equal(GET(1, 1, 41), -MEMSERV_E_QUOTA);
	assert_true(GET(1, 2, 4) > 0);
	/* What is asked for counts, before it comes. */
	assert_int_equal(memserv_alloc(&servers[1], 1, 5, 30 * PAGE, PAGE, MEMSERV_ANY, 0), 0);
	assert_int_equal(memserv_alloc(&servers[1], 1, 6, 11 * PAGE, PAGE, MEMSERV_ANY, 0),
			 MEMSERV_E_QUOTA);
	memserv_settle();
	memserv_domain_end(&servers[1], 1);
	assert_int_equal(memserv_used(&servers[1], 1), 0);
	memserv_settle();
	memserv_conserved();
}

/* The nearest first, then the next; what is left of a grant serves the next without a message. */
static void test_others(void **state)
{
	int64_t a;
	uint32_t i;

	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	a = GET(1, 2, 2);
	assert_int_equal(a, EXTENT(2));
	assert_int_equal(cached_of(1), 14);
	assert_int_equal(memserv_alloc(&servers[1], 3, ++tags, 4 * PAGE, PAGE, MEMSERV_ANY, 0), 0);
	assert_non_null(memserv_told_of(tags)); /* at once */
	/* Node 2 keeps a reserve of 8, and lends at most 40 to one node. */
	assert_int_equal(GET(1, 4, 24), EXTENT(2) + 16 * PAGE);
	assert_int_equal(GET(1, 5, 24) >> 32, 3);
	assert_int_equal(GET(1, 6, 60), -MEMSERV_E_OUT);
	/* All of a grant is free: it goes back when the cache is over its limit. */
	assert_int_equal(free_of(2), 24);
	memserv_domain_end(&servers[1], 2);
	assert_int_equal(cached_of(1), 12);
	memserv_domain_end(&servers[1], 3);
	memserv_settle();
	assert_int_equal(cached_of(1), 0);
	assert_int_equal(free_of(2), 40);
	for (i = 1; i < 8; i++)
		memserv_domain_end(&servers[1], i);
	memserv_settle();
	memserv_conserved();
	assert_int_equal(free_of(1) + free_of(2) + free_of(3), 3 * 64);
}

static void test_numa(void **state)
{
	(void)state;
	/* Node 1 and 3 are of NUMA node 1, node 2 and 0 of 0. */
	assert_int_equal(get(1, 1, 4, PAGE, 1, true) >> 32, 1);
	assert_int_equal(get(1, 1, 4, PAGE, 0, false) >> 32, 2);
	assert_int_equal(get(1, 1, 4, PAGE, 0, true) >> 32, 2);
	assert_int_equal(get(1, 1, 4, PAGE, 7, true), -MEMSERV_E_OUT);
	assert_int_equal(get(1, 1, 4, PAGE, 7, false) >> 32, 1);
	/* Own is out: of the wanted NUMA node farther, before any nearer. */
	assert_true(GET(1, 2, 56) > 0);
	assert_int_equal(get(1, 1, 4, PAGE, 1, false) >> 32, 3);
}

static void test_transfer_fails(void **state)
{
	struct told *t;

	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(memserv_alloc(&servers[1], 2, ++tags, PAGE, PAGE, MEMSERV_ANY, 0), 0);
	net_drain();
	assert_int_equal(todo_count, 1);
	memserv_do(0, false);
	memserv_settle();
	t = memserv_told_of(tags);
	assert_int_equal(t->base >> 32, 3); /* the next one */
	assert_int_equal(free_of(2), 64);
}

static void test_orphan(void **state)
{
	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(memserv_alloc(&servers[1], 2, ++tags, PAGE, PAGE, MEMSERV_ANY, 0), 0);
	memserv_domain_end(&servers[1], 2);
	memserv_settle();
	assert_null(memserv_told_of(tags));
	memserv_conserved();
	assert_int_equal(free_of(2), 64);
}

static void test_asks_and_table(void **state)
{
	uint32_t asked = 0, got = 0;
	int64_t error = 1;

	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	for (uint32_t i = 0; i < 12; i++)
		asked += memserv_alloc(&servers[1], 2, ++tags, PAGE, PAGE, MEMSERV_ANY, 0) !=
			 MEMSERV_E_ASKS;
	assert_int_equal(asked, MEMSERV_ASKS);
	memserv_settle();
	/* Single pages until the table of pieces is full: entries for cutting are kept. */
	for (; error > 0; got++)
		error = get(3, 1, 1, 2 * PAGE, MEMSERV_ANY, false);
	assert_true(error == -MEMSERV_E_TABLE || error == -MEMSERV_E_OUT);
	assert_true(got > 20);
	memserv_domain_end(&servers[3], 1);
	memserv_domain_end(&servers[1], 1);
	memserv_domain_end(&servers[1], 2);
	memserv_settle();
	memserv_conserved();
}

static uint32_t done_error(uint64_t tag)
{
	struct told *t = memserv_told_of(tag);

	MUST(t);
	return t->error;
}

static void test_add_and_take(void **state)
{
	struct told *t;
	uint64_t base = 0x900000000;

	(void)state;
	assert_int_equal(memserv_add(&servers[0], 501, 1, base, 8 * PAGE, 3), 0);
	memserv_settle();
	assert_int_equal(done_error(501), 0);
	assert_int_equal(get(1, 1, 4, PAGE, 3, true), (int64_t)base);
	memserv_add(&servers[0], 502, 1, base + PAGE, PAGE, 3);
	memserv_settle();
	assert_int_equal(done_error(502), MEMSERV_E_OVERLAP);
	adding_fails = true;
	memserv_add(&servers[0], 503, 1, base + 32 * PAGE, PAGE, 3);
	memserv_settle();
	assert_int_equal(done_error(503), MEMSERV_E_REFUSED);
	/* Who has it is told; what nobody has goes. */
	memserv_take(&servers[0], 504, 1, base, 8 * PAGE);
	memserv_settle();
	t = memserv_told_of(504);
	assert_int_equal(t->error, MEMSERV_E_HELD);
	assert_int_equal(t->who, 1);
	assert_int_equal(t->domain, 1);
	assert_int_equal(t->base, base);
	assert_int_equal(get(1, 2, 4, PAGE, 3, true), (int64_t)base + 4 * (int64_t)PAGE);
	memserv_domain_end(&servers[1], 2);
	memserv_take(&servers[0], 505, 1, base + 5 * PAGE, 2 * PAGE);
	memserv_settle();
	assert_int_equal(done_error(505), 0);
	assert_int_equal(removed_count, 1);
	assert_int_equal(get(1, 2, 2, PAGE, 3, true), -MEMSERV_E_OUT);
	memserv_take(&servers[0], 506, 1, base + 4 * PAGE, 4 * PAGE);
	memserv_settle();
	assert_int_equal(done_error(506), MEMSERV_E_UNKNOWN);
	memserv_domain_end(&servers[1], 1);
	memserv_take(&servers[0], 507, 1, base, 5 * PAGE);
	memserv_take(&servers[0], 508, 1, base + 7 * PAGE, PAGE);
	memserv_settle();
	assert_int_equal(done_error(507), 0);
	assert_int_equal(done_error(508), 0);
	memserv_conserved();
}

/* What is lent is called back from the cache, or the one who uses it is named. */
static void test_take_lent(void **state)
{
	struct told *t;

	(void)state;
	memserv_limits_used.cache = 100 * PAGE;
	memserv_world(4, 5);
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(GET(1, 2, 2), EXTENT(2));
	memserv_take(&servers[0], 601, 2, EXTENT(2), 64 * PAGE);
	memserv_settle();
	t = memserv_told_of(601);
	assert_int_equal(t->error, MEMSERV_E_HELD);
	assert_int_equal(t->who, 1);
	assert_int_equal(t->domain, 2);
	assert_true(GET(2, 1, 48) > 0); /* what was marked is free again */
	memserv_domain_end(&servers[2], 1);
	memserv_domain_end(&servers[1], 2);
	assert_int_equal(cached_of(1), 16);
	memserv_take(&servers[0], 602, 2, EXTENT(2), 32 * PAGE);
	net_drain();
	assert_null(memserv_told_of(602));
	assert_int_equal(todo_count, 1);
	memserv_take(&servers[0], 603, 2, EXTENT(2) + 40 * PAGE, PAGE);
	net_drain();
	assert_int_equal(done_error(603), MEMSERV_E_BUSY);
	memserv_settle();
	assert_int_equal(done_error(602), 0);
	assert_int_equal(free_of(2), 32);
	/* Being lent just now. */
	memserv_alloc(&servers[1], 2, ++tags, PAGE, PAGE, MEMSERV_ANY, false);
	net_drain();
	memserv_take(&servers[0], 604, 2, EXTENT(2) + 32 * PAGE, PAGE);
	net_drain();
	assert_int_equal(done_error(604), MEMSERV_E_HELD);
	memserv_settle();
}

static void out(uint32_t node)
{
	struct protocol_set members = net.members;

	net_kill(node);
	protocol_set_remove(&members, node);
	net_install(&members);
	net_drain();
}

/* A lender dies: what is in use stays, node 0 knows before anything is used again. */
static void test_lender_dies(void **state)
{
	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(GET(1, 2, 2), EXTENT(2));
	assert_int_equal(GET(1, 3, 4), EXTENT(2) + 2 * PAGE);
	assert_int_equal(GET(3, 1, 64) >> 32, 3);
	assert_int_equal(GET(3, 2, 8) >> 32, 2);
	net_kill(2);
	protocol_set_remove(&net.members, 2);
	net_install(&net.members);
	/* Before all have told nothing is said. */
	assert_int_equal(reclaimed, 0);
	while (net_count(1, 0) < 2)
		net_step();
	assert_int_equal(reclaimed, 0);
	net_drain();
	assert_int_equal(reclaimed, 1 << 2);
	assert_int_equal(kept_count, 2);
	assert_int_equal(returned_count, 0);
	memserv_domain_end(&servers[1], 2);
	memserv_settle();
	assert_int_equal(returned_count, 0); /* a part of the grant is in use */
	memserv_domain_end(&servers[1], 3);
	memserv_settle();
	assert_int_equal(returned_count, 1);
	out(3); /* what it kept is free with it */
	assert_int_equal(returned_count, 2);
	assert_int_equal(reclaimed, 1 << 2 | 1 << 3);
	memserv_conserved();
}

/* Who comes in the change in which another goes has nothing of it, and is not waited for. */
static void test_comes_as_one_goes(void **state)
{
	struct protocol_set members;

	(void)state;
	out(3);
	assert_int_equal(reclaimed, 1 << 3);
	members = net.members;
	net_kill(2);
	net_revive(3);
	memserv_world_node(3);
	protocol_set_remove(&members, 2);
	protocol_set_add(&members, 3);
	net_change(&members);
	memserv_settle();
	assert_int_equal(reclaimed, 1 << 2 | 1 << 3);
	memserv_conserved();
}

static void test_borrower_dies(void **state)
{
	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(GET(1, 2, 2), EXTENT(2));
	assert_int_equal(memserv_alloc(&servers[1], 3, 900, 30 * PAGE, PAGE, MEMSERV_ANY, 0), 0);
	net_drain();
	assert_int_equal(todo_count, 1); /* being lent */
	out(1);
	memserv_settle();
	assert_int_equal(free_of(2), 64);
	assert_int_equal(reclaimed, 1 << 1);
	assert_int_equal(kept_count, 0);
	memserv_conserved();
}

/* Who comes back under its number has asked for nothing yet, whatever was on its way to who had it before. */
static void test_borrower_comes_back(void **state)
{
	struct protocol_set members;

	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(memserv_alloc(&servers[1], 3, 900, 30 * PAGE, PAGE, MEMSERV_ANY, 0), 0);
	net_drain();
	assert_int_equal(todo_count, 1); /* being lent */
	out(1);
	members = net.members;
	net_revive(1);
	memserv_world_node(1);
	protocol_set_add(&members, 1);
	net_change(&members);
	net_drain();
	assert_int_equal(todo_count, 1);
	memserv_settle();
	assert_int_equal(free_of(2), 64);
	memserv_conserved();
}

/* The one that is asked dies: the next is asked. And who asks an owner that is taken from. */
static void test_asked_dies(void **state)
{
	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(memserv_alloc(&servers[1], 3, 901, PAGE, PAGE, MEMSERV_ANY, 0), 0);
	memserv_take(&servers[0], 902, 2, EXTENT(2), PAGE);
	net.alive[2] = false;
	net_drain();
	assert_null(memserv_told_of(901));
	out(2);
	memserv_settle();
	assert_int_equal(memserv_told_of(901)->base >> 32, 3);
	assert_int_equal(done_error(902), MEMSERV_E_NODE);
	/* This one itself. */
	assert_true(GET(3, 9, 1) > 0);
	assert_int_equal(memserv_alloc(&servers[1], 3, 903, 40 * PAGE, PAGE, MEMSERV_ANY, 0), 0);
	protocol_set_remove(&net.members, 1);
	memserv_view(&servers[1], &net.members);
	assert_int_equal(done_error(903), MEMSERV_E_NODE);
}

#define SAY(from, to, TYPE, kind, ...)                                                             \
	({                                                                                         \
		struct memory_##kind a = { __VA_ARGS__ };                                          \
		uint8_t wire[MEMORY_MESSAGE_MAX];                                                  \
		uint32_t bytes = memory_##kind##_encode(&a, wire);                                 \
		memserv_message(&servers[to], from, MEMORY_##TYPE, wire, bytes);                   \
	})

static void test_malformed(void **state)
{
	uint32_t taken = 0;

	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(GET(1, 2, 2), EXTENT(2));
	assert_int_equal(memserv_message(&servers[1], 2, 0x05ff, "", 0), -URPC_EPROTO);
	assert_int_equal(memserv_message(&servers[1], 2, MEMORY_ASK, "x", 1), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, ASK, ask, .number = 0, .bytes = PAGE, .most = PAGE,
			     .align = PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, ASK, ask, .number = 9, .bytes = 5, .most = PAGE,
			     .align = PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, ASK, ask, .number = 9, .bytes = 2 * PAGE, .most = PAGE,
			     .align = PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, ASK, ask, .number = 9, .bytes = PAGE, .most = PAGE,
			     .align = 24), -URPC_EPROTO);
	/* Grants that nobody asked for, of other size, place, owner. */
	assert_int_equal(SAY(2, 1, GRANT, grant, .number = 9, .base = PAGE, .bytes = PAGE),
			 -URPC_EPROTO);
	assert_int_equal(memserv_alloc(&servers[1], 3, 700, 30 * PAGE, PAGE, MEMSERV_ANY, 0), 0);
	assert_int_equal(SAY(3, 1, GRANT, grant, .number = servers[1].number, .base = PAGE,
			     .bytes = 30 * PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, GRANT, grant, .number = servers[1].number, .base = PAGE,
			     .bytes = 29 * PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, GRANT, grant, .number = servers[1].number,
			     .base = EXTENT(1), .bytes = 30 * PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, GRANT, grant, .number = servers[1].number,
			     .base = 0 - PAGE, .bytes = 30 * PAGE), -URPC_EPROTO);
	assert_int_equal(SAY(3, 1, NONE, none, .number = servers[1].number), -URPC_EPROTO);
	/* What was not lent, or not to him, or not all of it. */
	assert_int_equal(SAY(3, 2, BACK, back, .base = EXTENT(2), .bytes = 16 * PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, BACK, back, .base = EXTENT(2), .bytes = 15 * PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, BACK, back, .base = EXTENT(2) + PAGE, .bytes = PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(3, 2, HELD, held, .base = EXTENT(2), .domain = 1), -URPC_EPROTO);
	/* Of node 0 alone, or to it. */
	assert_int_equal(SAY(1, 2, ADD, add, .number = 1, .base = PAGE, .bytes = PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, TAKE, take, .number = 1, .base = EXTENT(2), .bytes = PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, DONE, done, .number = 1), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, DONE, done, .number = 1), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, KEEP, keep, .owner = 2, .base = PAGE, .bytes = PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, KEPT, kept, .owner = 2), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, KEPT, kept, .owner = 5000), -URPC_EPROTO);
	assert_int_equal(SAY(7, 0, KEPT, kept, .owner = 2), 0);
	assert_int_equal(servers[0].strangers, 1);
	/* A recall of what is not his does nothing. */
	assert_int_equal(SAY(3, 1, RECALL, recall, .base = EXTENT(2), .bytes = 16 * PAGE), 0);
	memserv_settle();
	memserv_conserved();
	/* One asks without end while nothing is lent yet: bounded. */
	for (uint64_t number = 100; number < 200; number++)
		taken += !SAY(1, 3, ASK, ask, .number = number, .bytes = PAGE, .most = PAGE,
			      .align = PAGE, .numa = MEMSERV_ANY);
	assert_int_equal(taken, MEMSERV_ASKS);
}

/* A part that is freed alone sends its grant back, too. */
static void test_freed_grant(void **state)
{
	int64_t a;

	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	a = GET(1, 2, 2);
	assert_int_equal(a, EXTENT(2));
	assert_int_equal(memserv_free(&servers[1], 2, (uint64_t)a), 0);
	memserv_settle();
	assert_int_equal(cached_of(1), 0);
	assert_int_equal(free_of(2), 64);
	memserv_conserved();
}

/* While entries are left that what was asked for may need, pages are given, each with a hole behind it. */
static void test_table(void **state)
{
	uint32_t got = 0;
	int64_t error;

	(void)state;
	while ((error = get(3, 1, 1, 2 * PAGE, MEMSERV_ANY, false)) > 0)
		got++;
	assert_int_equal(error, -MEMSERV_E_TABLE);
	assert_int_equal(got, 24);
	assert_false(net_step());
	memserv_domain_end(&servers[3], 1);
	assert_true(GET(3, 1, 64) > 0);
	memserv_conserved();
}

/* However much may be lent to one node, the owner keeps something. */
static void test_reserve(void **state)
{
	(void)state;
	memserv_limits_used.lend = 100 * PAGE;
	memserv_world(4, 5);
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(GET(1, 2, 50) >> 32, 2);
	assert_int_equal(GET(1, 2, 7) >> 32, 3);
	assert_int_equal(free_of(2), 14);
	assert_int_equal(GET(3, 1, 48) >> 32, 3);
	assert_int_equal(GET(3, 1, 6) >> 32, 2);
	assert_int_equal(free_of(2), 8);
	for (uint32_t node = 1; node < 4; node++)
		for (uint32_t domain = 1; domain < 3; domain++)
			memserv_domain_end(&servers[node], domain);
	memserv_settle();
	memserv_conserved();
}

/* Two lenders die, one after the other, before anybody has told what it keeps. */
static void test_both_lenders_die(void **state)
{
	(void)state;
	assert_true(GET(1, 1, 64) > 0);
	assert_int_equal(GET(1, 2, 2) >> 32, 2);
	for (uint32_t node = 2; node < 4; node++) {
		net_kill(node);
		protocol_set_remove(&net.members, node);
		net_install(&net.members);
	}
	assert_int_equal(reclaimed, 0);
	net_drain();
	assert_int_equal(reclaimed, 1 << 2 | 1 << 3);
	assert_int_equal(kept_count, 1);
}

/* Of what a node had that is gone, those keep who were there with it, and no more than can be noted. */
static void test_keepers(void **state)
{
	(void)state;
	out(3);
	net_kill(2);
	net_revive(3);
	memserv_world_node(3);
	protocol_set_remove(&net.members, 2);
	protocol_set_add(&net.members, 3);
	net_install(&net.members);
	assert_int_equal(SAY(3, 0, KEEP, keep, .owner = 2, .base = EXTENT(2), .bytes = PAGE),
			 -URPC_EPROTO);
	assert_int_equal(SAY(3, 0, KEPT, kept, .owner = 2), -URPC_EPROTO);
	for (uint32_t i = 0; i <= PIECES; i++)
		assert_int_equal(SAY(1, 0, KEEP, keep, .owner = 2, .base = EXTENT(2) + i * PAGE,
				     .bytes = PAGE), 0);
	assert_int_equal(kept_count, PIECES);
	net_drain();
	/* What could not be noted may be in use: nothing of it is used again. */
	assert_int_equal(reclaimed, 1 << 3);
	assert_true(memserv_quiet(&servers[0]));
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	T(own), T(malformed_calls), T(quota), T(others), T(numa), T(transfer_fails), T(orphan),
	T(asks_and_table), T(add_and_take), T(take_lent), T(lender_dies), T(comes_as_one_goes),
	T(borrower_dies), T(borrower_comes_back),
	T(asked_dies), T(malformed), T(freed_grant), T(table), T(reserve), T(both_lenders_die), T(keepers),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
