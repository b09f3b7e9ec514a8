// SPDX-License-Identifier: GPL-2.0-only
/* Programs and views: who is a member, and what is waited for before their core leaves. */
#include <domain.h>
#include <requests.h>

#include "leader.h"

#define PATIENCE 1000000u /* microseconds that node 0 gives a core to leave */

static struct monitor_view_changed last;
static unsigned int changes;

static int on_changed(void *ctx, uint32_t from, const struct monitor_view_changed *m)
{
	(void)ctx, (void)from;
	last = *m;
	changes++;
	return 0;
}

static const struct monitor_handlers handlers = { .view_changed = on_changed };

static int forget(void *ctx, uint32_t node)
{
	(void)ctx, (void)node;
	return 0;
}

static int start(void **state)
{
	static const struct agree_local no_caps = { .forget = forget };
	static const struct names_hooks no_names;

	(void)state;
	changes = 0;
	memset(&last, 0, sizeof(last));
	core_start();
	leader_begin(&no_caps, &no_names);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	core_sound();
	return 0;
}

static void run(struct client *c)
{
	leader_run(c, &handlers, NULL);
}

static struct monitor_view_watch_reply watch(struct client *c)
{
	struct monitor_view_watch m = { 0 };
	struct monitor_view_watch_reply reply = { 0 };
	struct urpc_call call;

	assert_int_equal(monitor_view_watch_call(&c->end, &call, &m, &reply), 0);
	run(c);
	assert_int_equal(call.status, 0);
	return reply;
}

static uint32_t ready(struct client *c)
{
	struct monitor_view_ready m = { 0 };
	struct monitor_view_ready_reply reply = { .error = 1 };
	struct urpc_call call;

	assert_int_equal(monitor_view_ready_call(&c->end, &call, &m, &reply), 0);
	run(c);
	assert_int_equal(call.status, 0);
	return reply.error;
}

/* A program that watches, of a core that is a member. */
static void open_watching(struct client *c, uint32_t channel)
{
	client_open(c, channel);
	client_greet(c);
	assert_int_equal(watch(c).members, 1u << 0 | 1u << SELF);
}

static void leave(void)
{
	assert_int_equal(view_leave(&leader.view, SELF, PATIENCE, leader_us), 0);
	node_tick(&leader, leader_us);
	leader_talk();
}

static bool is_member(void)
{
	return protocol_set_has(&view_current(&leader.view)->members, SELF);
}

static void test_join(void **state)
{
	struct monitor_view_watch_reply first;
	struct client c, other;

	(void)state;
	client_open(&c, 10);
	client_greet(&c);
	client_open(&other, 11);
	client_greet(&other);
	first = watch(&c);
	assert_int_equal(first.members, 0);
	assert_false(first.leaves);
	leader_join(0);
	run(&c);
	assert_int_equal(changes, 1);
	assert_int_equal(last.members, 1u << 0 | 1u << SELF);
	assert_int_equal(last.number, view_current(&leader.view)->number);
	assert_false(last.leaves);
	/* Who does not watch hears nothing. */
	run(&other);
	assert_int_equal(changes, 1);
	assert_int_equal(ready(&c), MONITOR_REFUSAL_MISSING);
}

/* The core goes when all who watch have said so, not before; those who do not watch are not waited for. */
static void test_hand_over(void **state)
{
	struct client a, b, other;

	(void)state;
	leader_join(0);
	open_watching(&a, 10);
	open_watching(&b, 11);
	client_open(&other, 12);
	client_greet(&other);
	leave();
	run(&a);
	assert_int_equal(changes, 1);
	assert_true(last.leaves);
	assert_in_range(last.leaves_us, PATIENCE / 2 - 10000, PATIENCE / 2);
	assert_int_equal(ready(&a), 0);
	assert_true(is_member());
	run(&b);
	assert_int_equal(changes, 2);
	assert_true(is_member());
	assert_int_equal(ready(&b), 0);
	assert_false(is_member());
	/* They are told the end. */
	run(&b);
	assert_int_equal(changes, 3);
	assert_int_equal(last.members, 0);
	assert_false(last.leaves);
	assert_int_equal(leader_joined, 0);
}

/* Half of the time is theirs, not more. */
static void test_silent(void **state)
{
	struct client c;

	(void)state;
	leader_join(0);
	open_watching(&c, 10);
	leave();
	leader_pass(PATIENCE / 2 - 10000);
	assert_true(is_member());
	leader_pass(10000);
	leader_pass(1000);
	assert_false(is_member());
	assert_int_equal(leader_joined, 0);
}

static void test_ended(void **state)
{
	struct client c;

	(void)state;
	leader_join(0);
	open_watching(&c, 10);
	leave();
	assert_true(is_member());
	core_unbind(10);
	leader_pass(1000);
	assert_false(is_member());
}

/* Who breaks the interface is not waited for. */
static void test_broken(void **state)
{
	struct client c;

	(void)state;
	leader_join(0);
	open_watching(&c, 10);
	leave();
	assert_true(is_member());
	assert_int_equal(urpc_send(&c.chan, 0x7777, NULL, 0), 0);
	core_turn();
	leader_pass(1000);
	assert_false(is_member());
}

static void test_nobody(void **state)
{
	struct client c;

	(void)state;
	leader_join(0);
	client_open(&c, 10);
	client_greet(&c);
	leave();
	assert_false(is_member());
}

/* Who begins to watch when it is late hears that, and is waited for as well. */
static void test_late(void **state)
{
	struct monitor_view_watch_reply first;
	struct client a, b;

	(void)state;
	leader_join(0);
	open_watching(&a, 10);
	client_open(&b, 11);
	client_greet(&b);
	leave();
	leader_pass(100000);
	first = watch(&b);
	assert_true(first.leaves);
	assert_in_range(first.leaves_us, 1, PATIENCE / 2 - 100000);
	assert_int_equal(ready(&a), 0);
	assert_true(is_member());
	assert_int_equal(ready(&b), 0);
	assert_false(is_member());
}

/* Who takes nothing is told the latest when there is room. */
static void test_no_room(void **state)
{
	struct monitor_name_list m = { .prefix = "none" };
	struct monitor_name_list_reply reply;
	struct urpc_call calls[2 * ABI_REQUEST_SLOTS];
	struct client c;
	unsigned int sent = 0;

	(void)state;
	leader_join(0);
	open_watching(&c, 10);
	while (sent < 2 * ABI_REQUEST_SLOTS &&
	       !monitor_name_list_call(&c.end, &calls[sent], &m, &reply)) {
		sent++;
		core_turn();
	}
	leave();
	assert_int_equal(changes, 0);
	run(&c);
	assert_int_equal(changes, 1);
	assert_true(last.leaves);
	assert_int_equal(ready(&c), 0);
	assert_false(is_member());
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_join),   TEST(test_hand_over), TEST(test_silent), TEST(test_ended),
		TEST(test_broken), TEST(test_nobody),	 TEST(test_late),   TEST(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
