// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each operation of the name service, each reason to refuse, and what ends with a domain or a
 * node.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "names_world.h"

#define DO(node, domain, op, name, flags, value)                                                   \
	names_do(node, domain, NAMES_OP_##op, name, flags, value)
#define NOT_YET 0xffffffffu

static int setup(void **state)
{
	(void)state;
	names_limits_used = (struct names_limits){ SLOTS, 6, 4, 24 };
	names_world(4, 7);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	names_same();
	net_end();
	return 0;
}

static void test_records(void **state)
{
	const struct names_slot *s;

	(void)state;
	assert_null(names_get(&names[2], "disk"));
	assert_int_equal(DO(1, 5, SET, "disk", NAMES_OVERWRITE, 1), NAMES_MISSING);
	assert_int_equal(DO(1, 5, SET, "disk", NAMES_CREATE, 11), NAMES_OK);
	for (uint32_t node = 0; node < 4; node++) {
		s = names_get(&names[node], "disk");
		assert_non_null(s);
		assert_int_equal(s->value[0], 11);
		assert_int_equal(s->node, 1);
		assert_int_equal(s->domain, 5);
	}
	assert_int_equal(DO(1, 5, SET, "disk", NAMES_CREATE, 12), NAMES_EXISTS);
	assert_int_equal(DO(1, 6, SET, "disk", 0, 12), NAMES_OWNER);
	assert_int_equal(DO(2, 5, SET, "disk", 0, 12), NAMES_OWNER);
	assert_int_equal(names_get(&names[3], "disk")->value[0], 11);
	assert_int_equal(DO(1, 5, SET, "disk", NAMES_OVERWRITE, 13), NAMES_OK);
	assert_int_equal(names_get(&names[3], "disk")->value[0], 13);
	assert_int_equal(DO(2, 5, REMOVE, "disk", 0, 0), NAMES_OWNER);
	assert_int_equal(DO(1, 5, REMOVE, "disk", 0, 0), NAMES_OK);
	assert_int_equal(DO(1, 5, REMOVE, "disk", 0, 0), NAMES_MISSING);
	assert_null(names_get(&names[3], "disk"));
	assert_int_equal(DO(0, 1, SET, "all", NAMES_SHARED, 1), NAMES_OK);
	assert_int_equal(DO(3, 2, SET, "all", 0, 2), NAMES_OK);
	assert_int_equal(names_get(&names[1], "all")->node, 0);
	assert_int_equal(DO(2, 9, REMOVE, "all", 0, 0), NAMES_OK);
}

static void test_malformed(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_SET, "x", 0, 1);

	(void)state;
	assert_int_equal(DO(1, 1, SET, "", 0, 1), NAMES_INVALID);
	assert_int_equal(DO(1, 1, SET, "x", NAMES_CREATE | NAMES_OVERWRITE, 1), NAMES_INVALID);
	assert_int_equal(DO(1, 1, SET, "x", NAMES_NOWAIT, 1), NAMES_INVALID);
	assert_int_equal(DO(1, 1, LOCK, "x", 0, 1), NAMES_INVALID);
	assert_int_equal(DO(1, 1, REMOVE, "x", NAMES_CREATE, 0), NAMES_INVALID);
	assert_int_equal(DO(1, 1, BARRIER, "x", 0, 0), NAMES_INVALID);
	assert_int_equal(DO(1, 1, POST, "x", 0, 0), NAMES_INVALID);
	assert_int_equal(DO(1, 1, SEMAPHORE, "x", 0, (1ull << 31) + 1), NAMES_INVALID);
	assert_int_equal(DO(1, 1, CANCEL, "x", 0, 0), NAMES_INVALID);
	assert_int_equal(DO(1, 1, DOMAIN_END, "", 0, 0), NAMES_INVALID);
	assert_int_equal(DO(1, NAMES_NOBODY, SET, "x", 0, 0), NAMES_INVALID);
	memset(ask.name, 'x', sizeof(ask.name));
	assert_int_equal(names_submit(&names[1], 1, 1, &ask, PROTOCOL_NEVER, 0), NAMES_INVALID);
	ask.op = 99;
	assert_int_equal(names_submit(&names[1], 1, 1, &ask, PROTOCOL_NEVER, 0), NAMES_INVALID);
	assert_null(names_get(&names[1], ask.name));
	assert_int_equal(names_await(&names[1], 1, 1, "", PROTOCOL_NEVER, 0), NAMES_INVALID);
	assert_int_equal(names_watch(&names[1], 1, 1, ask.name), NAMES_INVALID);
	for (uint32_t e = 0; e <= NAMES_ERROR_COUNT; e++)
		assert_true(strlen(names_sentence(e)) > 3);
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(DO(1, 1, SET, "r", 0, 1), NAMES_OK);
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(DO(1, 1, SEMAPHORE, "s", 0, 1), NAMES_OK);
	assert_int_equal(DO(1, 2, BARRIER, "b", 0, 2), NOT_YET);
	assert_int_equal(DO(1, 1, LOCK, "r", 0, 0), NAMES_KIND);
	assert_int_equal(DO(1, 1, UNLOCK, "s", 0, 0), NAMES_KIND);
	assert_int_equal(DO(1, 1, POST, "l", 0, 1), NAMES_KIND);
	assert_int_equal(DO(1, 1, WAIT, "b", 0, 0), NAMES_KIND);
	assert_int_equal(DO(1, 1, BARRIER, "s", 0, 2), NAMES_KIND);
	assert_int_equal(DO(1, 1, SET, "s", 0, 2), NAMES_KIND);
	assert_int_equal(DO(1, 1, REMOVE, "l", 0, 0), NAMES_KIND);
	assert_int_equal(DO(1, 2, REMOVE, "b", 0, 0), NAMES_KIND);
	assert_int_equal(DO(1, 1, SEMAPHORE, "r", 0, 1), NAMES_EXISTS);
	assert_int_equal(DO(1, 1, UNLOCK, "none", 0, 0), NAMES_MISSING);
	assert_int_equal(DO(1, 1, POST, "none", 0, 1), NAMES_MISSING);
	assert_int_equal(DO(1, 1, WAIT, "none", 0, 0), NAMES_MISSING);
	assert_int_equal(DO(2, 1, BARRIER, "b", 0, 2), NAMES_OK);
}

static void test_locks(void **state)
{
	uint64_t second, third;

	(void)state;
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(DO(2, 1, LOCK, "l", NAMES_NOWAIT, 0), NAMES_BUSY);
	assert_int_equal(DO(2, 1, LOCK, "l", 0, 0), NOT_YET);
	second = names_tag;
	assert_int_equal(DO(3, 2, LOCK, "l", 0, 0), NOT_YET);
	third = names_tag;
	assert_int_equal(DO(2, 1, UNLOCK, "l", 0, 0), NAMES_OWNER);
	assert_int_equal(DO(1, 2, UNLOCK, "l", 0, 0), NAMES_OWNER);
	assert_int_equal(names_get(&names[0], "l")->node, 1);
	assert_int_equal(DO(1, 1, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(names_answer(second), NAMES_OK);
	assert_int_equal(names_answer(third), NOT_YET);
	assert_int_equal(names_get(&names[0], "l")->node, 2);
	assert_int_equal(DO(2, 1, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(names_answer(third), NAMES_OK);
	assert_int_equal(DO(3, 2, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_null(names_get(&names[0], "l"));
}

static void test_semaphores(void **state)
{
	uint64_t first, second;

	(void)state;
	assert_int_equal(DO(1, 1, SEMAPHORE, "s", 0, 1), NAMES_OK);
	assert_int_equal(DO(1, 1, SEMAPHORE, "s", 0, 1), NAMES_EXISTS);
	assert_int_equal(DO(2, 1, WAIT, "s", 0, 0), NAMES_OK);
	assert_int_equal(DO(2, 1, WAIT, "s", NAMES_NOWAIT, 0), NAMES_BUSY);
	assert_int_equal(DO(2, 1, WAIT, "s", 0, 0), NOT_YET);
	first = names_tag;
	assert_int_equal(DO(3, 1, WAIT, "s", 0, 0), NOT_YET);
	second = names_tag;
	assert_int_equal(DO(3, 9, POST, "s", 0, 1), NAMES_OK);
	assert_int_equal(names_answer(first), NAMES_OK);
	assert_int_equal(names_answer(second), NOT_YET);
	assert_int_equal(DO(3, 9, POST, "s", 0, 5), NAMES_OK);
	assert_int_equal(names_answer(second), NAMES_OK);
	assert_int_equal(names_get(&names[2], "s")->value[0], 4);
	assert_int_equal(DO(3, 9, POST, "s", 0, (1ull << 31) - 3), NAMES_COUNT);
	assert_int_equal(DO(3, 9, POST, "s", 0, (1ull << 31) - 4), NAMES_OK);
	assert_int_equal(DO(2, 9, REMOVE, "s", 0, 0), NAMES_OWNER);
	assert_int_equal(DO(1, 1, REMOVE, "s", 0, 0), NAMES_OK);
	assert_int_equal(DO(1, 1, SEMAPHORE, "s", 0, 0), NAMES_OK);
	assert_int_equal(DO(2, 1, WAIT, "s", 0, 0), NOT_YET);
	first = names_tag;
	assert_int_equal(DO(1, 1, REMOVE, "s", 0, 0), NAMES_OK);
	assert_int_equal(names_answer(first), NAMES_REMOVED);
}

static void test_barriers(void **state)
{
	uint64_t first, second;

	(void)state;
	assert_int_equal(DO(1, 1, BARRIER, "b", 0, 1), NAMES_OK);
	assert_null(names_get(&names[0], "b"));
	assert_int_equal(DO(1, 1, BARRIER, "b", 0, 3), NOT_YET);
	first = names_tag;
	assert_int_equal(DO(2, 1, BARRIER, "b", 0, 2), NAMES_COUNT);
	assert_int_equal(DO(2, 1, BARRIER, "b", 0, 3), NOT_YET);
	second = names_tag;
	/* Who came first has ended: the barrier is the second one's, and waits for two more. */
	assert_int_equal(names_domain_end(&names[1], 1, net.now), 0);
	net_drain();
	assert_int_equal(names_get(&names[3], "b")->node, 2);
	assert_int_equal(names_get(&names[3], "b")->value[1], 1);
	assert_int_equal(DO(3, 1, BARRIER, "b", 0, 3), NOT_YET);
	assert_int_equal(names_answer(second), NOT_YET);
	assert_int_equal(DO(0, 1, BARRIER, "b", 0, 3), NAMES_OK);
	assert_int_equal(names_answer(second), NAMES_OK);
	assert_int_equal(names_answer(first), NOT_YET); /* its domain is gone: nobody is told */
	assert_null(names_get(&names[0], "b"));
}

static void test_deadlines(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_LOCK, "l", 0, 0);

	(void)state;
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(names_submit(&names[3], 1, 901, &ask, net.now + 90, net.now), 0);
	net_drain();
	assert_int_equal(names_submit(&names[3], 2, 904, &ask, net.now + 20, net.now), 0);
	net_drain();
	assert_int_equal(names_tick(&names[3], net.now + 20), net.now + 90);
	net_drain();
	assert_int_equal(names_answer(904), NAMES_TIMEOUT);
	assert_int_equal(names_answer(901), NOT_YET);
	/* Behind it, with the same number on its own node. */
	assert_int_equal(names_submit(&names[2], 1, 900, &ask, net.now + 50, net.now), 0);
	net_drain();
	assert_int_equal(names_tick(&names[2], net.now + 49), net.now + 50);
	net_drain();
	assert_int_equal(names_answer(900), NOT_YET);
	assert_int_equal(names_tick(&names[2], net.now + 50), PROTOCOL_NEVER);
	assert_int_equal(names_answer(900), NOT_YET);
	net_drain();
	assert_int_equal(names_answer(900), NAMES_TIMEOUT);
	assert_int_equal(names_answer(901), NOT_YET);
	/*
	 * It is let go while it gives up: what the log says first counts, and nothing is told
	 * twice.
	 */
	assert_int_equal(names_submit(&names[1], 1, 902, &(struct names_ask){ NAMES_OP_UNLOCK, 0,
				      { 0 }, "l" }, PROTOCOL_NEVER, net.now), 0);
	names_tick(&names[3], net.now + 100);
	net_drain();
	assert_true(names_answer(901) == NAMES_OK || names_answer(901) == NAMES_TIMEOUT);
	if (names_answer(901) == NAMES_OK)
		assert_int_equal(DO(3, 1, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_null(names_get(&names[0], "l"));
	/* What cannot be sent now is given up here. */
	names_freeze(&names[2]);
	assert_int_equal(names_submit(&names[2], 1, 903, &ask, net.now + 10, net.now), 0);
	assert_int_equal(names_tick(&names[2], net.now), net.now + 10);
	names_tick(&names[2], net.now + 10);
	assert_int_equal(names_answer(903), NAMES_TIMEOUT);
	net_change(&net.members);
}

/* Who does not want to wait any more: his queue's entry goes, and nobody else's. */
static void test_give_up(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_LOCK, "l", 0, 0);

	(void)state;
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(names_of(&names[1], 1), 1);
	for (uint32_t domain = 1; domain <= 3; domain++)
		assert_int_equal(names_submit(&names[3], domain, 950, &ask, PROTOCOL_NEVER, net.now), 0);
	assert_int_equal(names_await(&names[3], 2, 951, "none", PROTOCOL_NEVER, net.now), 0);
	net_drain();
	assert_int_equal(names_of(&names[3], 2), 1);
	assert_int_equal(names_of(&names[3], 4), 0);
	assert_false(names_give_up(&names[3], 2, 952, net.now));
	assert_false(names_give_up(&names[3], 4, 950, net.now));
	assert_true(names_give_up(&names[3], 2, 950, net.now));
	assert_true(names_give_up(&names[3], 2, 951, net.now));
	assert_int_equal(names_answer(951), NOT_YET);
	names_tick(&names[3], net.now);
	net_drain();
	assert_int_equal(answer_count, 3);
	for (uint32_t i = 1; i < 3; i++) {
		assert_int_equal(answers[i].domain, 2);
		assert_int_equal(answers[i].error, NAMES_TIMEOUT);
	}
	assert_int_equal(names_of(&names[3], 2), 0);
	assert_int_equal(DO(1, 1, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(DO(3, 1, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(DO(3, 3, UNLOCK, "l", 0, 0), NAMES_OK);
	assert_null(names_get(&names[0], "l"));
}

static void test_await_and_watch(void **state)
{
	(void)state;
	assert_int_equal(names_await(&names[2], 1, 800, "disk", PROTOCOL_NEVER, net.now), 0);
	assert_int_equal(names_await(&names[2], 1, 801, "dis", net.now + 5, net.now), 0);
	assert_int_equal(names_watch(&names[3], 2, 802, "di"), 0);
	assert_int_equal(names_watch(&names[3], 2, 803, "disk2"), 0);
	assert_int_equal(names_watch(&names[0], 2, 804, ""), 0);
	assert_int_equal(DO(1, 1, SET, "disk", 0, 3), NAMES_OK);
	assert_int_equal(names_answer(800), NAMES_OK);
	assert_int_equal(answers[0].slot.value[0], 3);
	assert_int_equal(change_count, 2);
	assert_int_equal(DO(1, 1, SET, "other", 0, 3), NAMES_OK);
	assert_int_equal(change_count, 3);
	assert_int_equal(changes[2].tag, 804);
	assert_int_equal(DO(1, 1, REMOVE, "disk", 0, 0), NAMES_OK);
	assert_int_equal(change_count, 5);
	assert_int_equal(changes[4].error, NAMES_GONE);
	assert_int_equal(names_tick(&names[2], net.now), net.now + 5);
	assert_int_equal(names_tick(&names[2], net.now + 5), PROTOCOL_NEVER);
	assert_int_equal(names_answer(801), NAMES_TIMEOUT);
	/* At once, when it is there. */
	assert_int_equal(names_await(&names[2], 1, 805, "other", PROTOCOL_NEVER, net.now), 0);
	assert_int_equal(names_answer(805), NAMES_OK);
	/* Locks are no records. */
	assert_int_equal(DO(1, 1, LOCK, "dice", 0, 0), NAMES_OK);
	assert_int_equal(names_await(&names[2], 1, 806, "dice", net.now, net.now), 0);
	assert_int_equal(change_count, 5);
	/* What could not be told is told as missed. */
	changes_refused = true;
	assert_int_equal(DO(1, 1, SET, "disk", 0, 4), NAMES_OK);
	changes_refused = false;
	assert_int_equal(change_count, 5);
	names_tick(&names[3], net.now);
	assert_int_equal(change_count, 6);
	assert_int_equal(changes[5].error, NAMES_MISSED);
	assert_int_equal(DO(1, 1, SET, "disk", 0, 5), NAMES_OK);
	assert_int_equal(changes[6].error + changes[7].error + changes[8].error,
			 NAMES_SET + NAMES_SET + NAMES_MISSED);
	assert_int_equal(names_answer(800), NAMES_OK); /* once */
	assert_true(names_unwatch(&names[3], 2, 802));
	assert_false(names_unwatch(&names[3], 2, 802));
	assert_int_equal(DO(1, 1, SET, "disk", 0, 6), NAMES_OK);
	assert_int_equal(change_count, 10);
}

static void test_quotas(void **state)
{
	char name[16];
	uint32_t made = 0;

	(void)state;
	for (int i = 0; i < 6; i++) {
		sprintf(name, "r%d", i);
		assert_int_equal(DO(1, 1, SET, name, 0, 1), NAMES_OK);
	}
	assert_int_equal(DO(1, 1, SET, "r6", 0, 1), NAMES_RECORDS);
	assert_int_equal(DO(1, 1, LOCK, "r6", 0, 0), NAMES_RECORDS);
	assert_int_equal(DO(1, 1, SEMAPHORE, "r6", 0, 0), NAMES_RECORDS);
	assert_int_equal(DO(1, 1, BARRIER, "r6", 0, 2), NAMES_RECORDS);
	assert_int_equal(DO(1, 1, SET, "r5", 0, 2), NAMES_OK);
	assert_int_equal(DO(1, 2, SET, "r6", 0, 1), NAMES_OK);
	assert_int_equal(DO(2, 1, SEMAPHORE, "s", 0, 0), NAMES_OK);
	for (int i = 0; i < 4; i++)
		assert_int_equal(DO(1, 1, WAIT, "s", 0, 0), NOT_YET);
	assert_int_equal(DO(1, 1, WAIT, "s", 0, 0), NAMES_WAITS);
	assert_int_equal(DO(1, 2, WAIT, "s", 0, 0), NOT_YET);
	/* A node's share of the table: 24 of 64. */
	for (uint32_t domain = 10; domain < 40; domain++) {
		uint32_t error;

		sprintf(name, "n%u", domain);
		error = DO(1, domain, SET, name, 0, 1);
		if (error)
			assert_int_equal(error, NAMES_NODE);
		made += !error;
	}
	assert_int_equal(made, 24 - 12);
	/* The whole table. */
	for (uint32_t node = 2; node < 4; node++)
		for (uint32_t domain = 10; domain < 34; domain++) {
			sprintf(name, "m%u.%u", node, domain);
			DO(node, domain, SET, name, 0, 1);
		}
	assert_int_equal(DO(0, 1, SET, "last", 0, 1), NAMES_FULL);
	assert_int_equal(DO(0, 1, BARRIER, "last", 0, 2), NAMES_FULL);
	assert_int_equal(DO(2, 10, REMOVE, "m2.10", 0, 0), NAMES_OK);
	/* Room for the barrier, not for who waits there: nothing is left. */
	assert_int_equal(DO(0, 1, BARRIER, "last", 0, 2), NAMES_FULL);
	assert_null(names_get(&names[0], "last"));
	assert_int_equal(DO(0, 1, SET, "last", 0, 1), NAMES_OK);
}

static void test_pending(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_SET, "x", 0, 1);
	uint32_t refused = 0, sent = 0;

	(void)state;
	for (int i = 0; i < 7; i++)
		refused += names_submit(&names[1], 1, 700, &ask, PROTOCOL_NEVER, net.now) ==
			   NAMES_PENDING;
	assert_int_equal(refused, 1);
	/* Of 16 four are kept for the ends of domains. */
	for (uint32_t domain = 2; domain < 20; domain++)
		sent += !names_submit(&names[1], domain, 701, &ask, PROTOCOL_NEVER, net.now);
	assert_int_equal(sent, 16 - 4 - 6);
	assert_int_equal(names_domain_end(&names[1], 1, net.now), 0);
	assert_int_equal(names_domain_end(&names[1], 1, net.now), 0);
	assert_int_equal(names_submit(&names[1], 1, 702, &ask, PROTOCOL_NEVER, net.now),
			 NAMES_STOPPED);
	net_drain();
	assert_int_equal(ended_count, 1);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(names_watch(&names[1], 1, i, "a"), 0);
	assert_int_equal(names_watch(&names[1], 1, 4, "a"), NAMES_WATCHES);
	assert_int_equal(names_await(&names[1], 1, 4, "a", 0, 0), NAMES_WATCHES);
	assert_int_equal(names_domain_end(&names[1], 1, net.now), 0);
	net_drain();
	assert_int_equal(names_watch(&names[1], 1, 4, "a"), 0);
}

static void test_domain_end(void **state)
{
	uint64_t waits, other;

	(void)state;
	assert_int_equal(DO(1, 1, SET, "short", NAMES_EPHEMERAL, 1), NAMES_OK);
	assert_int_equal(DO(1, 1, SET, "long", 0, 1), NAMES_OK);
	assert_int_equal(DO(1, 2, SET, "his", NAMES_EPHEMERAL, 1), NAMES_OK);
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(DO(2, 1, LOCK, "l", 0, 0), NOT_YET);
	waits = names_tag;
	assert_int_equal(DO(2, 1, LOCK, "m", 0, 0), NAMES_OK);
	assert_int_equal(DO(1, 1, LOCK, "m", 0, 0), NOT_YET);
	assert_int_equal(DO(3, 1, LOCK, "m", 0, 0), NOT_YET);
	other = names_tag;
	assert_int_equal(DO(1, 1, SEMAPHORE, "s", NAMES_EPHEMERAL, 0), NAMES_OK);
	assert_int_equal(names_watch(&names[3], 1, 600, "s"), 0);
	assert_int_equal(names_domain_end(&names[1], 1, net.now), 0);
	net_drain();
	assert_int_equal(ended_count, 1);
	assert_int_equal(change_count, 1);
	assert_int_equal(changes[0].error, NAMES_GONE);
	assert_null(names_get(&names[0], "short"));
	assert_null(names_get(&names[0], "s"));
	assert_non_null(names_get(&names[0], "his"));
	assert_int_equal(names_get(&names[0], "long")->domain, NAMES_NOBODY);
	assert_int_equal(names_answer(waits), NAMES_OK);
	assert_int_equal(DO(2, 1, UNLOCK, "m", 0, 0), NAMES_OK);
	assert_int_equal(names_answer(other), NAMES_OK);
	/* Anybody may take what nobody owns; then it is his. */
	assert_int_equal(DO(3, 4, SET, "long", NAMES_EPHEMERAL, 2), NAMES_OK);
	assert_int_equal(DO(1, 1, SET, "long", 0, 3), NAMES_OWNER);
	assert_int_equal(names_domain_end(&names[3], 4, net.now), 0);
	net_drain();
	assert_null(names_get(&names[0], "long"));
	/* What was not sent when it ended is not done. */
	names_freeze(&names[2]);
	assert_int_equal(names_submit(&names[2], 7, 1, &(struct names_ask){ NAMES_OP_SET, 0, { 0 },
				      "late" }, PROTOCOL_NEVER, net.now), 0);
	assert_int_equal(names_domain_end(&names[2], 7, net.now), 0);
	assert_int_equal(ended_count, 3);
	net_change(&net.members);
	assert_null(names_get(&names[0], "late"));
	ended_count = 2;
	/* Who had nothing ends at once, without the log. */
	assert_int_equal(names_domain_end(&names[2], 77, net.now), 0);
	assert_int_equal(ended_count, 3);
	assert_false(net_step());
}

static void test_node_end(void **state)
{
	uint64_t waits;

	(void)state;
	assert_int_equal(DO(2, 1, SET, "gone", 0, 1), NAMES_OK);
	assert_int_equal(DO(2, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(DO(2, 2, LOCK, "l", 0, 0), NOT_YET);
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NOT_YET);
	waits = names_tag;
	names_leave_view(2);
	assert_int_equal(names_answer(waits), NAMES_OK);
	assert_null(names_get(&names[3], "gone"));
	assert_int_equal(names_submit(&names[2], 1, 1, &(struct names_ask){ NAMES_OP_SET, 0, { 0 },
				      "x" }, PROTOCOL_NEVER, net.now), NAMES_STOPPED);
	assert_int_equal(names_await(&names[2], 1, 1, "x", 1, 1), NAMES_STOPPED);
	assert_int_equal(names_watch(&names[2], 1, 1, "x"), NAMES_STOPPED);
	assert_null(names_get(&names[2], "l"));
	/* Another core of that number: what it asks counts from 1 again. */
	names_join(2);
	assert_int_equal(names_get(&names[2], "l")->node, 1);
	assert_int_equal(DO(2, 1, SET, "back", 0, 1), NAMES_OK);
}

static void test_stopped_is_told(void **state)
{
	struct names_ask ask = names_ask(NAMES_OP_LOCK, "l", 0, 0);

	(void)state;
	assert_int_equal(DO(1, 1, LOCK, "l", 0, 0), NAMES_OK);
	assert_int_equal(names_submit(&names[2], 1, 500, &ask, PROTOCOL_NEVER, net.now), 0);
	assert_int_equal(names_await(&names[2], 1, 501, "none", PROTOCOL_NEVER, net.now), 0);
	net_drain();
	assert_int_equal(names_submit(&names[2], 1, 502, &ask, PROTOCOL_NEVER, net.now), 0);
	names_leave_view(2);
	assert_int_equal(names_answer(500), NAMES_STOPPED);
	assert_int_equal(names_answer(501), NAMES_STOPPED);
	assert_int_equal(names_answer(502), NAMES_STOPPED);
}

/* As many owners and names as there are chains: some share one, and are not mixed up. */
static void test_chains_and_list(void **state)
{
	uint32_t at = 0, found = 0;
	char name[16];

	(void)state;
	names_limits_used = (struct names_limits){ SLOTS, 1, 1, SLOTS };
	names_world(4, 7);
	for (uint32_t domain = 1; domain <= 50; domain++) {
		sprintf(name, "%s%u", domain % 2 ? "odd" : "even", domain);
		assert_int_equal(DO(1, domain, SET, name, 0, domain), NAMES_OK);
	}
	assert_int_equal(DO(1, 51, LOCK, "odd", 0, 0), NAMES_OK);
	assert_int_equal(DO(2, 1, LOCK, "odd", 0, 0), NOT_YET);
	while (names_list(&names[3], "odd", &at))
		found++;
	assert_int_equal(found, 26);
	for (at = found = 0; names_list(&names[3], "", &at);)
		found++;
	assert_int_equal(found, 51);
	at = 0;
	assert_null(names_list(&names[3], "odder", &at));
	assert_int_equal(names_get(&names[2], "even50")->value[0], 50);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, setup, teardown)
	T(records), T(malformed), T(kinds), T(locks), T(semaphores), T(barriers), T(deadlines),
	T(give_up), T(await_and_watch), T(quotas), T(pending), T(domain_end), T(node_end), T(stopped_is_told),
	T(chains_and_list),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
