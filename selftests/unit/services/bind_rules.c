// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding: each way to connect and to be refused; each side ending, closing or dying at each
 * step.
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

static void tick_all(uint64_t now)
{
	uint32_t node;

	net.now = now;
	protocol_set_each(node, &net.members)
		if (net.alive[node])
			bind_tick(&binds[node], now);
	bind_settle();
}

/* Open between all pairs of nodes; each end has what was made for it; closed by either. */
static void test_open_and_close(void **state)
{
	(void)state;
	for (uint32_t server = 0; server < 4; server++)
		for (uint32_t client = 0; client < 4; client++) {
			struct end *c, *s;
			char name[8];

			sprintf(name, "s%u", server);
			if (!client)
				bind_serve(server, 5, name, 2);
			bind_settle();
			c = bind_go(client, 6, name, 2, false, NEVER);
			bind_settle();
			s = bind_last_server();
			assert_int_equal(s->other_node, client);
			assert_int_equal(s->other_domain, 6);
			assert_false(c->opened);
			bind_end_accept(s);
			bind_settle();
			assert_true(c->opened && s->opened);
			assert_int_equal(s->end, c->end + 1);
			bind_left(client == server ? 2 : 3);
			bind_end_close(client < server ? c : s);
			bind_settle();
			assert_int_equal((client < server ? s : c)->error, BIND_E_CLOSED);
			bind_left(0);
		}
}

static void test_no_name(void **state)
{
	struct end *c = bind_go(1, 1, "none", 1, false, NEVER), *d, *e;

	(void)state;
	assert_int_equal(c->error, BIND_E_MISSING);
	d = bind_go(1, 1, "none", 1, true, net.now + 500);
	e = bind_go(1, 1, "none", 1, true, NEVER);
	assert_int_equal(bind_tick(&binds[1], net.now), net.now + 500);
	tick_all(net.now + 500);
	assert_int_equal(d->error, BIND_E_LATE_NAME);
	assert_false(e->over);
	bind_serve(2, 3, "none", 1);
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(e->opened);
	bind_end_close(e);
}

static void test_wrong_service(void **state)
{
	struct names_ask lie = names_ask(NAMES_OP_SET, "lie", NAMES_EPHEMERAL, 0);
	uint32_t offer = bind_serve(2, 3, "disk", 7), other;
	struct end *e;

	(void)state;
	assert_int_equal(names_do(2, 3, NAMES_OP_SET, "record", NAMES_EPHEMERAL, 1), NAMES_OK);
	bind_settle();
	assert_int_equal(bind_go(1, 1, "record", 7, true, NEVER)->error, BIND_E_NOT_OFFER);
	e = bind_go(1, 1, "disk", 6, true, NEVER);
	assert_int_equal(e->error, BIND_E_VERSION);
	assert_int_equal(e->detail, 7);
	/* A record that says other things than the server: the server's node knows. */
	bind_record(offer, 40, 8, lie.value);
	MUST(!names_submit(&names[2], 3, 1, &lie, NEVER, net.now));
	bind_settle();
	e = bind_go(1, 1, "lie", 8, true, NEVER);
	bind_settle();
	assert_int_equal(e->error, BIND_E_VERSION);
	assert_int_equal(e->detail, 7);
	bind_record(offer, 41, 7, lie.value);
	MUST(!names_submit(&names[2], 3, 1, &lie, NEVER, net.now));
	bind_settle();
	e = bind_go(1, 1, "lie", 7, true, NEVER);
	assert_int_equal(e->error, BIND_E_INTERFACE);
	assert_int_equal(e->detail, 41);
	bind_record(offer + 1, 40, 7, lie.value);
	MUST(!names_submit(&names[2], 3, 1, &lie, NEVER, net.now));
	bind_settle();
	e = bind_go(1, 1, "lie", 7, false, NEVER);
	bind_settle();
	assert_int_equal(e->error, BIND_E_GONE);
	assert_int_equal(bind_offer_open(&binds[2], 3, 7003, 41, 7, &other), BIND_OK);
	bind_record(other, 40, 7, lie.value);
	MUST(!names_submit(&names[2], 3, 1, &lie, NEVER, net.now));
	bind_settle();
	e = bind_go(1, 1, "lie", 7, false, NEVER);
	bind_settle();
	assert_int_equal(e->error, BIND_E_INTERFACE);
	assert_int_equal(e->detail, 41);
	assert_int_equal(bind_offer_close(&binds[2], 3, other), BIND_OK);
	/* Who waits is not told, and goes on when the service is back. */
	e = bind_go(1, 1, "lie", 7, true, NEVER);
	bind_settle();
	assert_false(e->over);
	bind_record(offer, 40, 7, lie.value);
	MUST(!names_submit(&names[2], 3, 1, &lie, NEVER, net.now));
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(e->opened);
	bind_end_close(e);
}

static void test_refused(void **state)
{
	struct end *c, *s;

	(void)state;
	bind_serve(2, 3, "disk", 7);
	bind_settle();
	c = bind_go(1, 1, "disk", 7, false, NEVER);
	bind_settle();
	s = bind_last_server();
	assert_int_equal(bind_refuse(&binds[2], 4, s->handle, 1234), BIND_E_HANDLE);
	assert_int_equal(bind_accept(&binds[2], 4, s->handle, 0, 0), BIND_E_HANDLE);
	assert_int_equal(bind_accept(&binds[2], 3, s->handle + 1, 0, 0), BIND_E_HANDLE);
	assert_int_equal(bind_close(&binds[2], 3, s->handle ^ 0x10000), BIND_E_HANDLE);
	assert_int_equal(bind_refuse(&binds[2], 3, s->handle, 1234), BIND_OK);
	assert_int_equal(bind_refuse(&binds[2], 3, s->handle, 1234), BIND_E_HANDLE);
	bind_settle();
	assert_int_equal(c->error, BIND_E_REFUSED);
	assert_int_equal(c->detail, 1234);
	c = bind_go(1, 1, "disk", 7, false, NEVER);
	bind_settle();
	bind_end_close(bind_last_server());
	bind_settle();
	assert_int_equal(c->error, BIND_E_REFUSED);
}

static void test_server_never_answers(void **state)
{
	struct end *c, *s;

	(void)state;
	bind_serve(2, 3, "disk", 7);
	bind_settle();
	c = bind_go(1, 1, "disk", 7, true, net.now + 100);
	bind_settle();
	s = bind_last_server();
	tick_all(net.now + 99);
	assert_false(c->over);
	tick_all(net.now + 1);
	assert_int_equal(c->error, BIND_E_LATE_SERVER);
	assert_int_equal(s->error, BIND_E_ABANDONED);
	assert_int_equal(bind_accept(&binds[2], 3, s->handle, 0, 0), BIND_E_HANDLE);
	/* It accepted, but the channel is not made in time. */
	c = bind_go(1, 1, "disk", 7, true, net.now + 100);
	net_drain();
	s = bind_last_server();
	bind_end_accept(s);
	assert_int_equal(bind_accept(&binds[2], 3, s->handle, s->tag, net.now), BIND_E_HANDLE);
	net_drain();
	assert_int_equal(making_count, 1);
	net.now += 100;
	bind_tick(&binds[1], net.now);
	net_drain();
	assert_int_equal(c->error, BIND_E_LATE_SERVER);
	assert_false(s->over);
	bind_settle();
	assert_true(s->opened);
	assert_int_equal(s->error, BIND_E_ABANDONED);
}

static void test_quotas(void **state)
{
	uint32_t told = 0;

	(void)state;
	for (uint32_t i = 0; i < 4; i++)
		assert_non_null(bind_go(1, 1, "none", 1, true, NEVER));
	assert_null(bind_go(1, 1, "none", 1, true, NEVER));
	assert_int_equal(bind_refused_with, BIND_E_CONNECTS);
	bind_end_domain(1, 1);
	assert_int_not_equal(bind_serve(2, 3, "a", 1), ~0u);
	assert_int_not_equal(bind_serve(2, 3, "b", 1), ~0u);
	assert_int_equal(bind_serve(2, 3, "c", 1), ~0u);
	assert_int_equal(bind_refused_with, BIND_E_OFFERS);
	bind_serve(2, 4, "d", 1);
	bind_serve(2, 4, "e", 1);
	assert_int_equal(bind_serve(2, 5, "f", 1), ~0u);
	assert_int_equal(bind_refused_with, BIND_E_TABLE);
	bind_settle();
	/* Three wait at a server; four of one node at all servers of a node. */
	for (uint32_t i = 0; i < 4; i++)
		bind_go(1, 10 + i, "a", 1, false, NEVER);
	bind_settle();
	for (uint32_t i = 0; i < end_count; i++)
		told += !ends[i].server && ends[i].error == BIND_E_BUSY;
	assert_int_equal(told, 1);
	bind_go(1, 20, "d", 1, false, NEVER);
	bind_settle();
	assert_int_equal(ends[end_count - 1].server, true);
	assert_int_equal(bind_go(1, 21, "d", 1, false, NEVER)->over, false);
	bind_settle();
	assert_int_equal(ends[end_count - 1].error, BIND_E_BUSY);
	bind_go(3, 21, "d", 1, false, NEVER);
	bind_settle();
	assert_int_equal(ends[end_count - 1].server, true);
	for (uint32_t domain = 10; domain < 22; domain++)
		bind_end_domain(1, domain);
	bind_end_domain(3, 21);
	bind_settle();
	bind_left(0);
}

/* Channels of a domain, of a node; a full table; no memory. */
static void test_channel_quotas(void **state)
{
	uint32_t opened = 0, errors[BIND_E_COUNT] = { 0 };

	(void)state;
	bind_serve(2, 3, "a", 1);
	bind_serve(2, 4, "b", 1);
	bind_settle();
	for (uint32_t i = 0; i < 20; i++) {
		struct end *c = bind_go(1 + 2 * (i % 2), 1 + i / 2, i < 10 ? "a" : "b", 1, false,
					NEVER);

		assert_non_null(c);
		bind_settle();
		if (ends[end_count - 1].server) {
			bind_end_accept(bind_last_server());
			bind_settle();
		}
		opened += c->opened;
		errors[c->error]++;
	}
	/* Node 2 may have eight channels, its domain 3 eight ends. */
	assert_int_equal(opened, 8);
	assert_int_equal(errors[BIND_E_CHANNELS], 2);
	assert_int_equal(errors[BIND_E_TABLE], 10);
	for (uint32_t domain = 1; domain < 12; domain++) {
		bind_end_domain(1, domain);
		bind_end_domain(3, domain);
	}
	bind_settle();
	bind_left(0);
	assert_non_null(bind_go(1, 50, "a", 1, false, NEVER));
	net_drain();
	bind_end_accept(bind_last_server());
	net_drain();
	bind_make_one(0, BIND_E_MEMORY);
	bind_settle();
	assert_int_equal(bind_last_server()->error, BIND_E_MEMORY);
	assert_int_equal(ends[end_count - 2].error, BIND_E_MEMORY);
	local_fails = true;
	assert_non_null(bind_go(2, 51, "a", 1, false, NEVER));
	bind_end_accept(bind_last_server());
	assert_int_equal(bind_last_server()->error, BIND_E_MEMORY);
	assert_int_equal(ends[end_count - 2].error, BIND_E_MEMORY);
	/* The node's own table. */
	for (uint32_t i = 0; i < CONNS; i++)
		assert_non_null(bind_go(3, 60 + i / 4, "none", 1, true, NEVER));
	assert_null(bind_go(3, 70, "none", 1, true, NEVER));
	assert_int_equal(bind_refused_with, BIND_E_TABLE);
	for (uint32_t i = 0; i < CONNS; i++)
		bind_end_domain(3, 60 + i / 4);
}

enum step { WAITS, ASKED, OFFERED, ACCEPTED, MAKING, OPENING, OPEN, STEPS };
enum event { CLIENT_ENDS, SERVER_ENDS, CLIENT_CLOSES, SERVER_CLOSES, CLIENT_DIES, SERVER_DIES,
	     OFFER_ENDS, EVENTS };

struct pair {
	uint32_t client, server, offer;
	struct end *c, *s;
};

/* Bring a connection to @step and no further. */
static void reach(struct pair *p, enum step step)
{
	if (step > WAITS)
		p->offer = bind_serve(p->server, 3, "disk", 1);
	bind_settle();
	p->c = bind_go(p->client, 1, "disk", 1, true, NEVER);
	if (step <= ASKED)
		return;
	net_drain();
	p->s = bind_last_server();
	if (step == OFFERED)
		return;
	bind_end_accept(p->s);
	if (step == ACCEPTED)
		return;
	net_drain();
	if (step == MAKING)
		return;
	if (making_count)
		bind_make_one(0, 0);
	if (step == OPEN)
		net_drain();
}

static void kill_node(uint32_t node)
{
	struct protocol_set members = net.members;

	net_kill(node);
	for (uint32_t i = 0; i < end_count; i++)
		if (ends[i].node == node)
			ends[i].mute = true;
	/* Some of what is under way goes on before anybody notices. */
	for (uint32_t i = net_chance(6); i; i--)
		net_step();
	protocol_set_remove(&members, node);
	net_freeze();
	net_install(&members);
}

/* Return: false if there is no such event at this step. */
static bool happen(struct pair *p, enum event event)
{
	switch (event) {
	case CLIENT_ENDS:
		bind_end_domain(p->client, 1);
		return true;
	case SERVER_ENDS:
		bind_end_domain(p->server, 3);
		return true;
	case CLIENT_CLOSES:
		if (!p->c->over)
			bind_end_close(p->c);
		return true;
	case SERVER_CLOSES:
		if (!p->s || p->s->over)
			return false;
		bind_end_close(p->s);
		return true;
	case CLIENT_DIES:
		if (p->client)
			kill_node(p->client);
		return p->client != 0;
	case SERVER_DIES:
		if (p->server)
			kill_node(p->server);
		return p->server != 0;
	default:
		for (uint32_t i = 0; i < end_count; i++)
			ends[i].mute |= ends[i].server && !ends[i].accepted;
		return p->offer && !bind_offer_close(&binds[p->server], 3, p->offer);
	}
}

/* Who is left was told; if the connection goes on, it opens, and is ended then. */
static void finish(struct pair *p, enum step step, enum event event)
{
	bool client_here = event != CLIENT_ENDS && event != CLIENT_CLOSES &&
			   event != CLIENT_DIES;

	bind_settle();
	if (!p->s && end_count && ends[end_count - 1].server)
		p->s = &ends[end_count - 1];
	if (p->s && !p->s->over && !p->s->mute && !p->s->accepted)
		bind_end_accept(p->s);
	bind_settle();
	if (p->s && !p->s->mute && !(event == OFFER_ENDS && step > OFFERED))
		MUST(p->s->over);
	/* Before it is open, who waits goes on waiting for the name. */
	if (client_here && step == OPEN && event != OFFER_ENDS && !p->c->mute)
		MUST(p->c->over);
	if (!p->c->over && !p->c->mute && net.alive[p->client])
		bind_end_close(p->c);
	bind_settle();
	bind_left(0);
}

static void test_every_end_at_every_step(void **state)
{
	static const uint32_t pairs[][2] = { { 1, 2 }, { 0, 2 }, { 1, 0 }, { 1, 1 }, { 0, 0 } };
	uint32_t done = 0;

	(void)state;
	for (uint32_t at = 0; at < 5 * STEPS * EVENTS * 4; at++) {
		struct pair p = { pairs[at % 5][0], pairs[at % 5][1], 0, NULL, NULL };
		enum step step = at / 5 % STEPS;
		enum event event = at / 5 / STEPS % EVENTS;

		bind_world(4, at);
		reach(&p, step);
		if (happen(&p, event)) {
			finish(&p, step, event);
			done++;
		}
		bind_end_domain(0, 1);
		bind_end_domain(0, 3);
		for (uint32_t node = 1; node < 4; node++)
			if (protocol_set_has(&net.members, node) && net.alive[node]) {
				bind_end_domain(node, 1);
				bind_end_domain(node, 3);
			}
		bind_settle();
		bind_left(0);
	}
	assert_true(done > 5 * STEPS * EVENTS * 3);
}

static void test_both_close(void **state)
{
	struct pair p = { 1, 2, 0, NULL, NULL };

	(void)state;
	reach(&p, OPEN);
	bind_end_close(p.c);
	bind_end_close(p.s);
	bind_settle();
	bind_left(0);
}

/* A node that does not let go of a closed channel is reported, and what it had goes with it. */
static void test_stuck(void **state)
{
	struct pair p = { 1, 2, 0, NULL, NULL };
	uint64_t at;

	(void)state;
	reach(&p, OPEN);
	net.alive[2] = false;
	bind_end_close(p.c);
	net_drain();
	at = bind_tick(&binds[0], net.now);
	assert_true(at <= net.now + BIND_STUCK_US + 1);
	assert_int_equal(bind_stuck, PROTOCOL_NODE_NONE);
	assert_int_equal(bind_tick(&binds[0], at), PROTOCOL_NEVER);
	assert_int_equal(bind_stuck, 2);
	bind_out(2);
	bind_settle();
	bind_left(0);
}

static void test_stopped(void **state)
{
	struct pair p = { 1, 2, 0, NULL, NULL };
	struct end *waits, *local, *here;

	(void)state;
	reach(&p, OPEN);
	waits = bind_go(2, 9, "none", 1, true, NEVER);
	local = bind_go(2, 8, "disk", 1, true, NEVER);
	here = bind_last_server();
	bind_end_accept(here);
	bind_out(2);
	assert_int_equal(p.s->error, BIND_E_STOPPED);
	assert_int_equal(p.c->error, BIND_E_NODE);
	assert_int_equal(waits->error, BIND_E_STOPPED);
	assert_int_equal(local->error, BIND_E_STOPPED);
	assert_int_equal(here->error, BIND_E_STOPPED);
	assert_int_equal(local_pairs[2], 0);
	assert_null(bind_go(2, 9, "none", 1, true, NEVER));
	assert_int_equal(bind_refused_with, BIND_E_STOPPED);
	bind_settle();
	bind_in(2);
	waits = bind_go(2, 9, "none", 1, true, NEVER);
	assert_non_null(waits);
	bind_end_close(waits);
}

/* A node that comes back has the old one's numbers again, while a channel for that is still being made. */
static void test_comes_back(void **state)
{
	struct pair p = { 1, 2, 0, NULL, NULL };
	struct end *c, *s;

	(void)state;
	reach(&p, MAKING);
	assert_int_equal(making_count, 1);
	kill_node(1);
	net_drain();
	bind_in(1);
	c = bind_go(1, 1, "disk", 1, false, NEVER);
	net_drain();
	s = bind_last_server();
	assert_ptr_not_equal(s, p.s);
	bind_end_accept(s);
	bind_settle();
	assert_true(c->opened && s->opened);
	assert_int_equal(p.s->error, BIND_E_NODE);
	bind_end_close(c);
}

/* Both ends' nodes go at once, and live on: neither hears of the other's end. */
static void test_both_out(void **state)
{
	struct pair p = { 1, 2, 0, NULL, NULL };
	struct protocol_set members = net.members;

	(void)state;
	reach(&p, OPEN);
	protocol_set_remove(&members, 1);
	protocol_set_remove(&members, 2);
	net_change(&members);
	assert_int_equal(p.c->error, BIND_E_STOPPED);
	assert_int_equal(p.s->error, BIND_E_STOPPED);
	assert_int_equal(binds[1].strangers + binds[2].strangers, 0);
	assert_int_equal(unmaking_count, 1);
}

/* While the view changes nobody is asked. */
static void test_frozen(void **state)
{
	struct end *c;

	(void)state;
	bind_serve(2, 3, "disk", 1);
	bind_settle();
	bind_freeze(&binds[1]);
	c = bind_go(1, 1, "disk", 1, false, NEVER);
	bind_tick(&binds[1], net.now);
	assert_int_equal(net_count(1, 2), 0);
	assert_false(c->over);
	bind_thaw(&binds[1], net.now);
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(c->opened);
	bind_end_close(c);
}

/* As node 0 of Linux: it makes no channels within itself, and has a limit of its own for others. */
static void test_node_0(void **state)
{
	struct end *e, *first;

	(void)state;
	binds[0].hooks.local = NULL;
	binds[0].limits.own_channels = 1;
	bind_serve(0, 3, "a", 1);
	bind_serve(2, 3, "b", 1);
	bind_settle();
	e = bind_go(0, 1, "a", 1, true, NEVER);
	bind_settle();
	assert_int_equal(e->error, BIND_E_WITHIN);
	first = bind_go(1, 1, "a", 1, false, NEVER);
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(first->opened);
	e = bind_go(0, 2, "b", 1, false, NEVER);
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_int_equal(e->error, BIND_E_TABLE);
	e = bind_go(1, 2, "b", 1, false, NEVER);
	bind_settle();
	bind_end_accept(bind_last_server());
	bind_settle();
	assert_true(e->opened);
	bind_end_domain(1, 1);
	bind_end_domain(1, 2);
}

static const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(test_##name, bind_setup, bind_teardown)
	T(open_and_close), T(no_name), T(wrong_service), T(refused), T(server_never_answers),
	T(quotas), T(channel_quotas), T(every_end_at_every_step), T(both_close), T(stuck),
	T(stopped), T(comes_back), T(both_out), T(frozen), T(node_0),
};

int main(void)
{
	return cmocka_run_group_tests(tests, NULL, NULL);
}
