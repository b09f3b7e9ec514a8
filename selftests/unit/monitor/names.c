// SPDX-License-Identifier: GPL-2.0-only
/* Programs at the name service: the test is node 0, with the real machines. */
#include <abi/protocol/names_types.h>

#include <agreed.h>
#include <domain.h>
#include <requests.h>

#include "leader.h"

#define WAITS 7u /* as many as a program may have, beside a watch */

static struct monitor_name_changed last;
static unsigned int changes, missed;

static int on_changed(void *ctx, uint32_t from, const struct monitor_name_changed *m)
{
	(void)ctx, (void)from;
	last = *m;
	changes++;
	missed += m->what == NAMES_MISSED;
	return 0;
}

static const struct monitor_handlers handlers = { .name_changed = on_changed };

static int start(void **state)
{
	static const struct names_hooks no_names;
	const struct agree_local local = agreed_local();

	(void)state;
	changes = missed = 0;
	core_start();
	leader_begin(&local, &no_names);
	leader_join(0);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	core_sound();
	return 0;
}

static void open_client(struct client *c, uint32_t channel)
{
	client_open(c, channel);
	client_greet(c);
}

static void run(struct client *c)
{
	leader_run(c, &handlers, NULL);
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

static uint32_t watch(struct client *c, uint64_t number, const char *prefix)
{
	struct monitor_name_watch m = { .watch = number };
	struct monitor_name_watch_reply reply = { .error = 1000 };
	struct urpc_call call;

	strcpy(m.prefix, prefix);
	assert_int_equal(monitor_name_watch_call(&c->end, &call, &m, &reply), 0);
	run(c);
	return reply.error;
}

static void test_names(void **state)
{
	struct monitor_name_get_reply reply;
	struct client a, b;

	(void)state;
	open_client(&a, 10);
	open_client(&b, 11);
	assert_int_equal(watch(&b, 1, "a"), 0);
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
	assert_int_equal(changes, 1);
	/* It goes with its program. */
	core_unbind(10);
	run(&b);
	assert_int_equal(changes, 2);
	assert_int_equal(get(&b, "a.record", &reply), NAMES_MISSING);
	assert_int_equal(change(&b, NAMES_OP_LOCK, NAMES_NOWAIT, "lock", 0), 0);
	core_unbind(11);
	leader_pass(1000);
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
		assert_int_equal(change(&c, NAMES_OP_SET, NAMES_EPHEMERAL, "name", 2), 0);
		core_unbind(10);
		leader_talk();
	}
	leader_pass(1000);
	assert_true(names_quiet(&leader.names));
}

/* Each of those that begin so, once, with all that is known of it. */
static void test_list(void **state)
{
	struct monitor_name_list m = { .prefix = "list." };
	struct monitor_name_list_reply reply = { 0 };
	uint64_t sum = 0, names = 0;
	struct urpc_call call;
	struct client c;

	(void)state;
	open_client(&c, 10);
	for (uint64_t i = 0; i < 5; i++) {
		char name[] = { 'l', 'i', 's', 't', '.', (char)('a' + i), 0 };

		assert_int_equal(change(&c, NAMES_OP_SET, NAMES_EPHEMERAL, name, 1ull << 8 * i), 0);
	}
	assert_int_equal(change(&c, NAMES_OP_SET, 0, "other", 1ull << 56), 0);
	for (int i = 0; i < 10; i++) {
		assert_int_equal(monitor_name_list_call(&c.end, &call, &m, &reply), 0);
		run(&c);
		assert_int_equal(call.status, 0);
		if (reply.error)
			break;
		sum += reply.value[0];
		names |= 1u << (reply.name[5] - 'a');
		assert_int_equal(reply.kind, NAMES_RECORD);
		assert_int_equal(reply.flags, NAMES_EPHEMERAL);
		assert_int_equal(reply.node, SELF);
		assert_int_equal(reply.domain, c.program->setup.domain);
		m.at = reply.next;
	}
	assert_int_equal(reply.error, NAMES_MISSING);
	assert_true(sum == 0x0101010101ull);
	assert_int_equal(names, 0x1f);
	core_unbind(10);
}

/* A name that is awaited: until it is there, until it is late, and no more than may be. */
static void test_await(void **state)
{
	struct monitor_name_get m = { .wait_us = 5000, .name = "later" };
	struct monitor_name_get_reply reply = { 0 }, late = { 0 };
	struct urpc_call call, second, calls[WAITS + 2];
	struct requests *r;
	struct client c;

	(void)state;
	open_client(&c, 10);
	r = requests_of(c.program->setup.domain);
	assert_int_equal(monitor_name_get_call(&c.end, &call, &m, &reply), 0);
	strcpy(m.name, "never");
	assert_int_equal(monitor_name_get_call(&c.end, &second, &m, &late), 0);
	run(&c);
	assert_int_equal(call.status, -URPC_EAGAIN);
	assert_int_equal(r->owed, 2);
	assert_int_equal(change(&c, NAMES_OP_SET, NAMES_EPHEMERAL, "later", 17), 0);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.error, 0);
	assert_int_equal(reply.value[0], 17);
	assert_int_equal(reply.kind, NAMES_RECORD);
	assert_int_equal(second.status, -URPC_EAGAIN);
	leader_pass(5000);
	run(&c);
	assert_int_equal(second.status, 0);
	assert_int_equal(late.error, NAMES_TIMEOUT);
	assert_int_equal(r->owed, 0);
	for (uint32_t i = 0; i < WAITS + 2; i++) {
		assert_int_equal(monitor_name_get_call(&c.end, &calls[i], &m, &reply), 0);
		run(&c);
		assert_int_equal(calls[i].status, i < WAITS + 1 ? -URPC_EAGAIN : 0);
	}
	assert_int_equal(reply.error, NAMES_WATCHES);
	assert_int_equal(r->owed, WAITS + 1);
	core_unbind(10);
}

/* What changes is told with its values, to who watches, as long as it does. */
static void test_watch(void **state)
{
	struct monitor_name_unwatch m = { .watch = 9 };
	struct monitor_name_unwatch_reply reply = { .error = 1000 };
	struct urpc_call call;
	struct client a, b;

	(void)state;
	open_client(&a, 10);
	open_client(&b, 11);
	assert_int_equal(watch(&b, 9, "w"), 0);
	assert_int_equal(change(&a, NAMES_OP_SET, NAMES_EPHEMERAL, "w1", 33), 0);
	run(&b);
	assert_int_equal(changes, 1);
	assert_int_equal(last.watch, 9);
	assert_int_equal(last.value[0], 33);
	assert_int_equal(last.flags, NAMES_EPHEMERAL);
	assert_int_equal(last.node, SELF);
	assert_int_equal(last.domain, a.program->setup.domain);
	assert_string_equal(last.name, "w1");
	assert_int_equal(monitor_name_unwatch_call(&b.end, &call, &m, &reply), 0);
	run(&b);
	assert_int_equal(reply.error, 0);
	assert_int_equal(monitor_name_unwatch_call(&b.end, &call, &m, &reply), 0);
	run(&b);
	assert_int_equal(reply.error, MONITOR_REFUSAL_MISSING);
	assert_int_equal(change(&a, NAMES_OP_SET, NAMES_EPHEMERAL, "w2", 34), 0);
	run(&b);
	assert_int_equal(changes, 1);
	core_unbind(10);
	core_unbind(11);
}

/* Who takes nothing is told as much as there is room for, and once there is room, that it missed something. */
static void test_no_room(void **state)
{
	unsigned int made = 0;
	struct client a, b;

	(void)state;
	open_client(&a, 10);
	open_client(&b, 11);
	assert_int_equal(watch(&b, 1, "w"), 0);
	while (made < ABI_REQUEST_SLOTS) {
		assert_int_equal(change(&a, NAMES_OP_SET, NAMES_EPHEMERAL, "w", made), 0);
		made++;
	}
	assert_int_equal(changes, 0);
	run(&b);
	assert_in_range(changes, 2, made - 1);
	assert_int_equal(missed, 1);
	assert_int_equal(last.what, NAMES_MISSED);
	assert_int_equal(change(&a, NAMES_OP_SET, NAMES_EPHEMERAL, "w", 1), 0);
	run(&b);
	assert_int_equal(missed, 1);
	assert_int_equal(last.what, NAMES_SET);
	core_unbind(10);
	core_unbind(11);
}

/* Room for answers that are promised is kept, whatever else @c could be told: it takes nothing now. */
static void keeps_promises(struct client *c, bool watches)
{
	static struct urpc_call calls[ABI_REQUEST_SLOTS], waits[WAITS];
	static struct monitor_hello_reply replies[ABI_REQUEST_SLOTS];
	struct monitor_name_get_reply answers[WAITS];
	struct monitor_name_get m = { .wait_us = PROTOCOL_NEVER, .name = "late" };
	struct client other;

	open_client(c, 10);
	open_client(&other, 11);
	if (watches)
		assert_int_equal(watch(c, 1, "w"), 0);
	for (uint32_t i = 0; i < WAITS; i++)
		assert_int_equal(monitor_name_get_call(&c->end, &waits[i], &m, &answers[i]), 0);
	core_turn();
	for (uint32_t i = 0; i < ABI_REQUEST_SLOTS; i++) {
		if (watches)
			change(&other, NAMES_OP_SET, NAMES_EPHEMERAL, "w", i);
		else
			monitor_hello_call(&c->end, &calls[i], &(struct monitor_hello){ 0 }, &replies[i]);
		core_turn();
	}
	assert_int_equal(change(&other, NAMES_OP_SET, NAMES_EPHEMERAL, "late", 5), 0);
	assert_int_equal(requests_of(c->program->setup.domain)->owed, 0);
	run(c);
	for (uint32_t i = 0; i < WAITS; i++) {
		assert_int_equal(waits[i].status, 0);
		assert_int_equal(answers[i].value[0], 5);
	}
	core_unbind(10);
	core_unbind(11);
}

static void test_promises(void **state)
{
	struct client c;

	(void)state;
	keeps_promises(&c, false);
	keeps_promises(&c, true);
}

/* Who is in the view, if this core is. */
static void test_members(void **state)
{
	struct monitor_hello m = { 0 };
	struct monitor_hello_reply reply = { 0 };
	struct urpc_call call;
	struct client c;

	(void)state;
	open_client(&c, 10);
	assert_int_equal(monitor_hello_call(&c.end, &call, &m, &reply), 0);
	run(&c);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.members, 1u << SELF | 1);
	assert_int_equal(reply.node, SELF);
	/* None, once it is in no view any more. */
	assert_int_equal(view_leave(&leader.view, SELF, VIEW_DRAIN_US, leader_us), 0);
	node_tick(&leader, leader_us);
	leader_talk();
	assert_int_equal(monitor_hello_call(&c.end, &call, &m, &reply), 0);
	core_turn();
	client_take(&c, &handlers, NULL);
	assert_int_equal(call.status, 0);
	assert_int_equal(reply.members, 0);
	core_unbind(10);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_names), TEST(test_ends),  TEST(test_list),
		TEST(test_await), TEST(test_watch), TEST(test_no_room),
		TEST(test_members), TEST(test_promises),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
