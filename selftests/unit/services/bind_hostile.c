// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding among nodes and programs that break its rules: messages that nobody may send, handles and
 * records of before, and of others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <abi/if/bind.h>
#include <urpc/chan.h>

#include "bind_world.h"

#define NEVER PROTOCOL_NEVER

static struct end *client, *server;

/* Domain 1 of node 1 is connected to domain 3 of node 2. */
static void open_pair(void)
{
	bind_serve(2, 3, "disk", 1);
	bind_settle();
	client = bind_go(1, 1, "disk", 1, true, NEVER);
	net_drain();
	server = bind_last_server();
	bind_end_accept(server);
	bind_settle();
	MUST(client->opened && server->opened);
}

#define SAY(from, to, TYPE, kind, ...)                                                             \
	({                                                                                         \
		struct bind_##kind m = { __VA_ARGS__ };                                            \
		uint8_t wire[BIND_MESSAGE_MAX];                                                    \
		uint32_t bytes = bind_##kind##_encode(&m, wire);                                   \
		bind_message(&binds[to], from, BIND_##TYPE, wire, bytes, net.now);                 \
	})

static void test_malformed(void **state)
{
	uint64_t id, number;

	(void)state;
	open_pair();
	id = binds[1].memory.conns[0].channel;
	number = binds[1].memory.conns[0].number;
	assert_int_equal(bind_message(&binds[1], 2, 0x04ff, "", 0, 0), -URPC_EPROTO);
	assert_int_equal(bind_message(&binds[1], 2, BIND_CONNECT, "x", 1, 0), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, CONNECT, connect, .number = 0, .slots = 64), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, CONNECT, connect, .number = 9, .slots = 65), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, CONNECT, connect, .number = 9, .slots = 8192), -URPC_EPROTO);
	assert_int_equal(SAY(1, 2, CONNECT, connect, .number = number, .slots = 64), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, REFUSED, refused, .number = number, .error = 1), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, OPEN, open, .number = number), -URPC_EPROTO);
	assert_int_equal(SAY(2, 1, CLOSED, closed, .channel = id, .error = 1), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, CLOSED, closed, .channel = id, .error = 0), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, CLOSED, closed, .channel = id, .error = 99), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, OPEN, open, .number = 1, .error = 99), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, CLOSE, close, .channel = id), -URPC_EPROTO);
	assert_int_equal(SAY(0, 1, MAKE, make, .client = 2, .slots = 64), -URPC_EPROTO);
	/* To node 0: not theirs, not there, not yet. */
	assert_int_equal(SAY(3, 0, CLOSE, close, .channel = id), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, CLOSE, close, .channel = id + 1), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, CLOSE, close, .channel = id + (1ull << 32)), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, CLOSE, close, .channel = id, .error = 99), -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, MAKE, make, .client = 1, .slots = 64, .number = 1),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, MAKE, make, .client = 512, .slots = 64, .number = 1),
			 -URPC_EPROTO);
	assert_int_equal(SAY(1, 0, MAKE, make, .client = 2, .slots = 63, .number = 1),
			 -URPC_EPROTO);
	assert_int_equal(SAY(7, 0, CLOSE, close, .channel = id), 0);
	assert_int_equal(binds[0].strangers, 1);
	bind_left(3);
	/* A channel for a connection that is another server's: the client's node takes it not. */
	bind_serve(3, 3, "slow", 1);
	bind_settle();
	assert_non_null(bind_go(1, 2, "slow", 1, false, NEVER));
	net_drain();
	assert_int_equal(SAY(2, 0, MAKE, make, .client = 1, .epoch = net.epoch[1],
			     .number = binds[1].number, .slots = 64, .conn = 77), 0);
	bind_settle();
	assert_false(ends[end_count - 2].over || ends[end_count - 2].opened);
	assert_int_equal(SAY(2, 1, REFUSED, refused, .number = binds[1].number, .error = 1),
			 -URPC_EPROTO);
	assert_int_equal(SAY(3, 1, REFUSED, refused, .number = binds[1].number, .error = 0),
			 -URPC_EPROTO);
	assert_false(ends[end_count - 2].over);
	/* Of an earlier life of the client's node. */
	assert_int_equal(SAY(2, 0, MAKE, make, .client = 1, .epoch = net.epoch[1] + 1,
			     .number = 500, .slots = 64, .conn = 77), 0);
	assert_int_equal(making_count, 0);
	bind_end_domain(1, 1);
	bind_end_domain(1, 2);
	bind_settle();
	assert_true(SAY(1, 0, CLOSE, close, .channel = id) == -URPC_EPROTO);
}

/* One node connects without end and never looks at an answer. */
static void test_flood(void **state)
{
	uint32_t offer;

	(void)state;
	offer = bind_serve(2, 3, "disk", 1);
	bind_settle();
	for (uint64_t number = 1; number < 100; number++)
		assert_int_equal(SAY(1, 2, CONNECT, connect, .number = number, .domain = 1,
				     .server = 3, .offer = offer, .interface = 40, .version = 1,
				     .slots = 64), 0);
	assert_int_equal(end_count, 3);
	/* Others are served. */
	assert_non_null(bind_go(3, 1, "disk", 1, false, NEVER));
	bind_end_close(&ends[0]);
	bind_end_close(&ends[1]);
	bind_end_close(&ends[2]);
	while (net_count(2, 1))
		bind_errors = 0, net_step();
	bind_errors = 0;
	bind_settle();
	assert_int_equal(bind_last_server()->other_node, 3);
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(bind_last_server()->opened);
	bind_end_close(bind_last_server());
	bind_errors = 0;
}

static void test_init(void **state)
{
	struct bind_memory memory = binds[0].memory, bad = memory;
	struct bind_limits limits = bind_limits_used;
	static struct bind b;
	struct bind_ask ask = { .name = "x", .slots = 5 };
	uint32_t handle;

	(void)state;
	bad.conn_count = BIND_TABLE_MAX + 1;
	assert_int_equal(bind_init(&b, 0, names, &limits, &bad, &binds[0].port, &binds[0].hooks,
				   NULL), -URPC_EINVAL);
	limits.backlog = 0;
	assert_int_equal(bind_init(&b, 0, names, &limits, &memory, &binds[0].port,
				   &binds[0].hooks, NULL), -URPC_EINVAL);
	assert_int_equal(bind_connect(&binds[1], 1, 1, &ask, 0, 0, &handle), BIND_E_INVALID);
	ask.slots = 0;
	memset(ask.name, 'x', sizeof(ask.name));
	assert_int_equal(bind_connect(&binds[1], 1, 1, &ask, 0, 0, &handle), BIND_E_INVALID);
	for (uint32_t e = 0; e <= BIND_E_COUNT; e++)
		assert_true(strlen(bind_sentence(e)) > 3);
}

/* A handle is of one connection: the next one in its place has another. */
static void test_old_handle(void **state)
{
	struct end *c = bind_go(1, 1, "none", 1, true, NEVER);
	uint32_t old = c->handle;

	(void)state;
	bind_end_close(c);
	c = bind_go(1, 1, "none", 1, true, NEVER);
	assert_int_not_equal(c->handle, old);
	assert_int_equal(bind_close(&binds[1], 1, old), BIND_E_HANDLE);
	assert_int_equal(bind_close(&binds[1], 2, c->handle), BIND_E_HANDLE);
	bind_serve(2, 3, "none", 1);
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(c->opened);
	bind_end_close(c);
}

/* The record @name as @domain of node 2 sets it. Return: the end of who connects by it. */
static struct end *go_by(const char *name, uint32_t domain, uint32_t offer, bool wait)
{
	struct names_ask ask = names_ask(NAMES_OP_SET, name, NAMES_EPHEMERAL | NAMES_SHARED, 0);
	struct end *e;

	bind_record(offer, 40, 1, ask.value);
	MUST(!names_submit(&names[2], domain, 1, &ask, NEVER, net.now));
	bind_settle();
	e = bind_go(1, 1, name, 1, wait, NEVER);
	bind_settle();
	return e;
}

/* A record leads to an offer of who set it, as long as that is open. */
static void test_old_offer(void **state)
{
	uint32_t offer = bind_serve(2, 3, "disk", 1), next, asked = end_count;

	(void)state;
	bind_settle();
	assert_int_equal(go_by("stolen", 4, offer, false)->error, BIND_E_GONE);
	assert_int_equal(bind_offer_close(&binds[2], 4, offer), BIND_E_HANDLE);
	assert_int_equal(bind_offer_close(&binds[2], 3, offer), BIND_OK);
	next = bind_serve(2, 3, "next", 1);
	assert_int_equal(next & 0xffff, offer & 0xffff);
	bind_settle();
	assert_int_equal(go_by("old", 3, offer, false)->error, BIND_E_GONE);
	assert_int_equal(bind_offer_close(&binds[2], 3, offer), BIND_E_HANDLE);
	assert_int_equal(end_count, asked + 2); /* no server's */
}

/* Who waits for a name asks once by a record that leads nowhere, and again when there is another. */
static void test_record_tried_once(void **state)
{
	uint32_t offer = bind_serve(2, 3, "disk", 1);
	uint64_t number;
	struct end *c;

	(void)state;
	bind_settle();
	assert_int_equal(bind_offer_close(&binds[2], 3, offer), BIND_OK);
	c = go_by("disk", 3, offer, true);
	assert_false(c->over);
	number = binds[1].number;
	for (uint32_t i = 0; i < 10; i++) {
		net.now += 1000;
		bind_tick(&binds[1], net.now);
		bind_settle();
	}
	assert_int_equal(binds[1].number, number);
	bind_serve(2, 3, "disk", 1);
	bind_settle();
	assert_int_equal(binds[1].number, number + 1);
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(c->opened);
	bind_end_close(c);
}

/* An end that is closed is not closed again. */
static void test_closed_twice(void **state)
{
	uint64_t id;

	(void)state;
	open_pair();
	id = binds[1].memory.conns[0].channel;
	net.alive[2] = false;
	bind_end_close(client);
	net_drain();
	assert_int_equal(SAY(1, 0, CLOSE, close, .channel = id), -URPC_EPROTO);
	assert_int_equal(unmaking_count, 0);
	bind_out(2);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, bind_setup, bind_teardown)
	T(malformed), T(flood), T(init), T(old_handle), T(old_offer), T(record_tried_once),
	T(closed_twice),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
