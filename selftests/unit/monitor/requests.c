// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs at their monitor's services: what is asked well, badly, too often, and by programs that end or
 * spoil the rings. No other node is there: what needs one is never answered.
 */
#include "client.h"

#include <abi/protocol/names_types.h>
#include <abi/protocol/spawnd.h>

#include <requests.h>

static const struct monitor_handlers none;

static bool served(struct client *c)
{
	struct monitor_hello hello = { 0 };
	struct monitor_hello_reply reply = { 0 };
	struct urpc_call call;

	assert_int_equal(monitor_hello_call(&c->end, &call, &hello, &reply), 0);
	core_turn();
	client_take(c, &none, NULL);
	/* This core is in no view. */
	return !call.status && !reply.members && reply.node == 2 &&
	       reply.domain == c->program->setup.domain;
}

static int start(void **state)
{
	(void)state;
	core_start();
	return 0;
}

static int stop(void **state)
{
	(void)state;
	core_sound();
	return 0;
}

static void test_hello(void **state)
{
	unsigned int told;
	struct client c;

	(void)state;
	client_open(&c, 0);
	client_greet(&c);
	assert_true(served(&c));
	/* It sleeps: it is told by a notice. */
	assert_true(urpc_arm(&c.chan));
	c.program->told = 0;
	assert_int_equal(monitor_hello_call(&c.end, &(struct urpc_call){ 0 }, &(struct monitor_hello){ 0 },
					    &(struct monitor_hello_reply){ 0 }), 0);
	core_turn();
	told = c.program->told;
	assert_in_range(told, 1, 2);
	core_turn();
	assert_int_equal(c.program->told, told);
	core_unbind(0);
}

static void test_version(void **state)
{
	struct client c;

	(void)state;
	client_open(&c, 0);
	c.end.bound.version++;
	assert_int_equal(monitor_bind(&c.end), -URPC_EAGAIN);
	core_turn();
	assert_int_equal(monitor_bind(&c.end), -URPC_EPROTONOSUPPORT);
	assert_int_equal(c.end.bound.peer_version, MONITOR_VERSION);
	core_turn();
	assert_non_null(requests_of(c.program->setup.domain));
	core_unbind(0);
}

/* A message of every length and type that is none, each by a program of its own. */
static void test_bad(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t bytes;
	} bad[] = { { 0, 0 },
		    { MONITOR_HELLO, 0 },
		    { MONITOR_HELLO, 5 },
		    { MONITOR_HELLO_REPLY, 24 },
		    { MONITOR_NAME_CHANGE, 12 },
		    { MONITOR_NAME_CHANGED, 40 },
		    { MONITOR_SPAWN, 330 },
		    { MONITOR_IMAGE_WANTED, 24 },
		    { MONITOR_INTERFACE << 8 | 255, 4 },
		    { 0xffff, 56 } };
	static const uint8_t ones[400] = { [0 ... 399] = 0xff };

	(void)state;
	for (uint32_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct client c, other;

		client_open(&c, 0);
		client_greet(&c);
		client_open(&other, 1);
		client_greet(&other);
		assert_int_equal(urpc_send_long(&c.chan, bad[i].type, ones, bad[i].bytes), 0);
		core_turn();
		assert_null(requests_of(c.program->setup.domain));
		assert_false(served(&c));
		assert_true(served(&other));
		core_unbind(0);
		core_unbind(1);
	}
}

/* Every word of its ring, one after the other. */
static void test_spoilt(void **state)
{
	struct client c, other;

	(void)state;
	client_open(&other, 1);
	client_greet(&other);
	for (uint32_t word = 0; word < ABI_REQUEST_RING / 8; word += 7) {
		uint64_t *ring;

		client_open(&c, 0);
		client_greet(&c);
		ring = (uint64_t *)(void *)c.chan.tx;
		for (uint32_t i = word; i < ABI_REQUEST_RING / 8; i += 63)
			ring[i] = 0xa5a5a5a5a5a5a5a5ull * (i | 1);
		core_turn();
		assert_true(served(&other));
		core_unbind(0);
		if (word % 70 == 0)
			core_sound();
	}
	core_unbind(1);
}

/* More questions than may be under way: refused, and none of the others is kept from its answers. */
static void test_pending(void **state)
{
	static struct urpc_call calls[100];
	static struct monitor_name_change_reply replies[100];
	struct monitor_name_change m = { .op = NAMES_OP_LOCK, .wait_us = PROTOCOL_NEVER, .name = "lock" };
	unsigned int refused = 0, open = 0;
	struct client c;

	(void)state;
	client_open(&c, 0);
	client_greet(&c);
	for (uint32_t i = 0; i < 100; i++) {
		while (monitor_name_change_call(&c.end, &calls[i], &m, &replies[i])) {
			core_turn();
			client_take(&c, &none, NULL);
		}
	}
	core_turn();
	client_take(&c, &none, NULL);
	for (uint32_t i = 0; i < 100; i++) {
		refused += !calls[i].status && (replies[i].error == NAMES_PENDING ||
						replies[i].error == MONITOR_REFUSAL_PENDING);
		open += calls[i].status == -URPC_EAGAIN;
	}
	assert_int_equal(refused + open, 100);
	assert_in_range(open, 1, REQUESTS_OWED_MAX);
	assert_true(served(&c));
	core_unbind(0);
}

/* It asks without taking answers: the monitor takes no more than it can answer. */
static void test_deaf(void **state)
{
	struct client c, other;
	unsigned int asked = 0;

	(void)state;
	client_open(&c, 0);
	client_greet(&c);
	client_open(&other, 1);
	client_greet(&other);
	for (int turns = 0; turns < 10; turns++) {
		static struct urpc_call calls[1000];
		static struct monitor_hello_reply replies[1000];

		while (!monitor_hello_call(&c.end, &calls[asked], &(struct monitor_hello){ 0 },
					   &replies[asked]))
			asked++;
		core_turn();
	}
	assert_in_range(asked, ABI_REQUEST_SLOTS, 3 * ABI_REQUEST_SLOTS);
	assert_true(served(&other));
	/* All are answered once it listens. */
	for (int turns = 0; turns < 10 && asked; turns++) {
		asked -= client_take(&c, &none, NULL);
		core_turn();
	}
	assert_int_equal(asked, 0);
	assert_true(served(&c));
	core_unbind(0);
	core_unbind(1);
}

static void test_refused(void **state)
{
	struct monitor_spawn m = { .image = 1, .nodes = 4, .elf_bytes = 100, .argc = 1, .name = "job",
				   .strings = (const uint8_t *)"job", .strings_count = 4 };
	struct monitor_spawn_reply reply = { 0 };
	struct urpc_call call;
	struct client c;

	(void)state;
	client_open(&c, 0);
	client_greet(&c);
	/* This core is in no view. */
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	core_turn();
	client_take(&c, &none, NULL);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.error, SPAWND_E_STOPPED);
	m.elf_bytes = 0;
	assert_int_equal(monitor_spawn_call(&c.end, &call, &m, &reply), 0);
	core_turn();
	client_take(&c, &none, NULL);
	assert_int_equal(reply.error, MONITOR_REFUSAL_INVALID);
	assert_int_equal(requests_of(c.program->setup.domain)->owed, 0);
	core_unbind(0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hello, start, stop),
		cmocka_unit_test_setup_teardown(test_version, start, stop),
		cmocka_unit_test_setup_teardown(test_bad, start, stop),
		cmocka_unit_test_setup_teardown(test_spoilt, start, stop),
		cmocka_unit_test_setup_teardown(test_pending, start, stop),
		cmocka_unit_test_setup_teardown(test_deaf, start, stop),
		cmocka_unit_test_setup_teardown(test_refused, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
