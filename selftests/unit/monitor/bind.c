// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs of one core that connect to each other: what they ask, what they are told and given, and what
 * breaks the interface. Node 0 is the test; it has the names.
 */
#include <abi/protocol/bind.h>
#include <abi/protocol/names_types.h>

#include <bindings.h>
#include <bound.h>
#include <requests.h>

#include "leader.h"

#define INTERFACE 40u
#define VERSION 3u
#define QUITTERS 10u
#define EACH_QUITS 8u /* pairs of messages that the monitor takes in one turn */

/* What a program was told last, and how often. */
struct peer {
	struct client at;
	struct monitor_bind_asked asked;
	struct monitor_bind_opened opened;
	struct monitor_bind_failed failed;
	struct monitor_bind_closed closed;
	unsigned int asks, opens, fails, closes;
};

static struct peer server, client, bad; /* bad: only while it is there */

static int on_asked(void *ctx, uint32_t from, const struct monitor_bind_asked *m)
{
	struct peer *p = ctx;

	(void)from;
	p->asked = *m;
	p->asks++;
	return 0;
}

static int on_opened(void *ctx, uint32_t from, const struct monitor_bind_opened *m)
{
	struct peer *p = ctx;

	(void)from;
	p->opened = *m;
	p->opens++;
	return 0;
}

static int on_failed(void *ctx, uint32_t from, const struct monitor_bind_failed *m)
{
	struct peer *p = ctx;

	(void)from;
	p->failed = *m;
	p->fails++;
	return 0;
}

static int on_closed(void *ctx, uint32_t from, const struct monitor_bind_closed *m)
{
	struct peer *p = ctx;

	(void)from;
	p->closed = *m;
	p->closes++;
	return 0;
}

static const struct monitor_handlers handlers = { .bind_asked = on_asked, .bind_opened = on_opened,
						  .bind_failed = on_failed, .bind_closed = on_closed };

static void open_peer(struct peer *p, uint32_t channel)
{
	memset(p, 0, sizeof(*p));
	client_open(&p->at, channel);
	client_greet(&p->at);
}

static int start(void **state)
{
	static const struct agree_local no_caps;
	static const struct names_hooks no_names;

	(void)state;
	bad.at.program = NULL;
	core_start();
	leader_begin(&no_caps, &no_names);
	leader_join(0);
	open_peer(&server, 10);
	open_peer(&client, 11);
	return 0;
}

/* Programs end, whatever they had: nothing of it is left. */
static int stop(void **state)
{
	(void)state;
	core_unbind(10);
	core_unbind(11);
	leader_pass(1000);
	assert_int_equal(bindings_count(0), 0);
	assert_int_equal(bound_count(), 0);
	core_sound();
	return 0;
}

/* All take what has come for them. */
static void run(void)
{
	if (bad.at.program)
		leader_run(&bad.at, &handlers, &bad);
	leader_run(&server.at, &handlers, &server);
	leader_run(&client.at, &handlers, &client);
}

static uint32_t domain_of(const struct peer *p)
{
	return p->at.program->setup.domain;
}

static bool served(const struct peer *p)
{
	return requests_of(domain_of(p));
}

/* ---- what programs ask ---- */

static uint32_t offer(struct peer *p, uint64_t binding, const char *name)
{
	struct monitor_bind_offer m = { .binding = binding, .interface = INTERFACE, .version = VERSION };
	struct monitor_name_change set = { .op = NAMES_OP_SET, .flags = NAMES_EPHEMERAL,
					   .wait_us = PROTOCOL_NEVER, .value_count = NAMES_VALUES };
	struct monitor_bind_offer_reply reply = { .error = 1000 };
	struct monitor_name_change_reply changed = { .error = 1000 };
	struct urpc_call call;

	assert_int_equal(monitor_bind_offer_call(&p->at.end, &call, &m, &reply), 0);
	run();
	if (call.status || reply.error)
		return reply.error;
	assert_int_equal(reply.value[1], (uint64_t)INTERFACE << 32 | VERSION);
	memcpy(set.value, reply.value, sizeof(set.value));
	strcpy(set.name, name);
	assert_int_equal(monitor_name_change_call(&p->at.end, &call, &set, &changed), 0);
	run();
	assert_int_equal(changed.error, 0);
	return 0;
}

static uint32_t connect_for(struct peer *p, uint64_t binding, const char *name, bool wait, uint64_t us)
{
	struct monitor_bind_connect m = { .binding = binding, .interface = INTERFACE,
					  .version = VERSION, .slots = 16, .wait = wait, .wait_us = us };
	struct monitor_bind_connect_reply reply = { .error = 1000 };
	struct urpc_call call;

	strcpy(m.name, name);
	assert_int_equal(monitor_bind_connect_call(&p->at.end, &call, &m, &reply), 0);
	run();
	return reply.error;
}

static uint32_t connect_to(struct peer *p, uint64_t binding, const char *name)
{
	return connect_for(p, binding, name, false, PROTOCOL_NEVER);
}

static void accept_as(struct peer *p, uint64_t binding, uint32_t handle)
{
	const struct monitor_bind_accept m = { .handle = handle, .binding = binding };

	assert_int_equal(monitor_bind_accept_send(&p->at.end, &m), 0);
	run();
}

static void refuse(struct peer *p, uint32_t handle, uint32_t reason)
{
	const struct monitor_bind_refuse m = { .handle = handle, .reason = reason };

	assert_int_equal(monitor_bind_refuse_send(&p->at.end, &m), 0);
	run();
}

static void close_of(struct peer *p, uint64_t binding)
{
	const struct monitor_bind_close m = { .binding = binding };

	assert_int_equal(monitor_bind_close_send(&p->at.end, &m), 0);
	run();
}

/* The server's offer is 1, its end 2; the client's 5. */
static void open_both(void)
{
	assert_int_equal(offer(&server, 1, "disk"), 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(server.asks, 1);
	accept_as(&server, 2, server.asked.handle);
	assert_int_equal(server.opens, 1);
	assert_int_equal(client.opens, 1);
}

/* ---- tests ---- */

static struct abi_cap_info given(const struct peer *p, uint32_t place, uint32_t which)
{
	return core_cap(p->at.program, ABI_SLOT_BOUND + place * ABI_BOUND_SLOTS + which);
}

static void has_end(const struct peer *p, bool has)
{
	static const uint32_t types[] = { ABI_CAP_FRAME, ABI_CAP_FRAME, ABI_CAP_ENDPOINT };

	for (uint32_t i = 0; i < ABI_BOUND_SLOTS; i++)
		assert_int_equal(given(p, p->opened.place, i).type, has ? types[i] : 0);
}

/* Each writes what the other reads, and nothing else. */
static void test_open(void **state)
{
	(void)state;
	open_both();
	assert_int_equal(server.asked.binding, 1);
	assert_int_equal(server.asked.node, SELF);
	assert_int_equal(server.asked.domain, domain_of(&client));
	assert_int_equal(server.opened.binding, 2);
	assert_int_equal(client.opened.binding, 5);
	assert_true(server.opened.near && client.opened.near);
	assert_int_equal(server.opened.slots, 16);
	assert_int_equal(client.opened.slots, 16);
	has_end(&server, true);
	has_end(&client, true);
	assert_true(given(&server, 0, ABI_BOUND_TX).base == given(&client, 0, ABI_BOUND_RX).base);
	assert_true(given(&server, 0, ABI_BOUND_RX).base == given(&client, 0, ABI_BOUND_TX).base);
	assert_true(given(&server, 0, ABI_BOUND_RX).base != given(&server, 0, ABI_BOUND_TX).base);
	assert_int_equal(given(&server, 0, ABI_BOUND_RX).rights & ABI_CAP_RW, ABI_CAP_READ);
	assert_int_equal(given(&server, 0, ABI_BOUND_TX).rights & ABI_CAP_RW, ABI_CAP_RW);
	assert_int_equal(bindings_count(domain_of(&server)), 2);
	assert_int_equal(bindings_count(domain_of(&client)), 1);
	/* A second one is at a place of its own. */
	assert_int_equal(connect_to(&client, 6, "disk"), 0);
	accept_as(&server, 3, server.asked.handle);
	assert_int_equal(client.opens, 2);
	assert_int_equal(client.opened.place, 1);
	assert_int_equal(server.opened.place, 1);
}

/* The other one is told; both have their ends until they let go themselves. */
static void test_close(void **state)
{
	(void)state;
	open_both();
	close_of(&client, 5);
	has_end(&client, false);
	assert_int_equal(client.closes, 0);
	assert_int_equal(server.closes, 1);
	assert_int_equal(server.closed.binding, 2);
	assert_int_equal(server.closed.error, BIND_E_CLOSED);
	has_end(&server, true);
	assert_int_equal(bound_count(), 2);
	close_of(&server, 2);
	has_end(&server, false);
	assert_int_equal(bound_count(), 0);
	assert_int_equal(bindings_count(0), 1);
	/* Closed again, or never there: nothing. */
	close_of(&server, 2);
	close_of(&server, 77);
	assert_true(served(&server));
	/* The numbers are free. */
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	accept_as(&server, 2, server.asked.handle);
	assert_int_equal(client.opens, 2);
}

/* Who does not let go: the rings are taken from it after a while. */
static void test_patience(void **state)
{
	(void)state;
	open_both();
	close_of(&client, 5);
	has_end(&server, true);
	leader_pass((BOUND_PATIENCE_MS + 1) * 1000);
	run();
	has_end(&server, false);
	assert_int_equal(bound_count(), 0);
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(client.fails, 1);
	assert_int_equal(client.failed.binding, 5);
	assert_int_equal(client.failed.error, BIND_E_MISSING);
	assert_int_equal(bindings_count(0), 0);
	assert_int_equal(offer(&server, 1, "disk"), 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	refuse(&server, server.asked.handle, 17);
	assert_int_equal(client.fails, 2);
	assert_int_equal(client.failed.error, BIND_E_REFUSED);
	assert_int_equal(client.failed.detail, 17);
	assert_int_equal(bindings_count(0), 1);
	/* Names that are none, and more than a program may have. */
	assert_int_equal(connect_to(&client, 5, ""), BIND_E_INVALID);
	for (uint64_t i = 0; i < 8; i++)
		assert_int_equal(connect_for(&client, 10 + i, "later", true, PROTOCOL_NEVER), 0);
	assert_int_equal(connect_for(&client, 20, "later", true, PROTOCOL_NEVER), BIND_E_CONNECTS);
	assert_int_equal(bindings_count(domain_of(&client)), 8);
	for (uint64_t i = 0; i < 7; i++)
		assert_int_equal(offer(&server, 50 + i, "more"), 0);
	assert_int_equal(offer(&server, 60, "more"), BIND_E_OFFERS);
	assert_int_equal(bindings_count(domain_of(&server)), 8);
}

/* Until the name is there; or until it is late. */
static void test_wait(void **state)
{
	(void)state;
	assert_int_equal(connect_for(&client, 5, "disk", true, PROTOCOL_NEVER), 0);
	assert_int_equal(connect_for(&client, 6, "disk", true, 3000), 0);
	leader_pass(3000);
	run();
	assert_int_equal(client.fails, 1);
	assert_int_equal(client.failed.binding, 6);
	assert_int_equal(client.failed.error, BIND_E_LATE_NAME);
	assert_int_equal(offer(&server, 1, "disk"), 0);
	assert_int_equal(server.asks, 1);
	accept_as(&server, 2, server.asked.handle);
	assert_int_equal(client.opened.binding, 5);
}

/* Who asked goes away before he is answered: an accept ends with closed, a refusal is for nobody. */
static void test_gone(void **state)
{
	struct monitor_bind_connect m = { .binding = 5, .interface = INTERFACE, .version = VERSION,
					  .slots = 16, .wait_us = PROTOCOL_NEVER, .name = "disk" };
	struct monitor_bind_connect_reply reply;
	struct urpc_call call;

	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	close_of(&client, 5);
	accept_as(&server, 2, server.asked.handle);
	assert_int_equal(server.opens, 0);
	assert_int_equal(server.closes, 1);
	assert_int_equal(server.closed.binding, 2);
	assert_int_equal(server.closed.error, BIND_E_ABANDONED);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	close_of(&client, 5);
	refuse(&server, server.asked.handle, 1);
	assert_true(served(&server));
	assert_int_equal(bindings_count(0), 1);
	/* He is gone before it is told that he asked: it never hears of him. */
	server.asks = 0;
	assert_int_equal(monitor_bind_connect_call(&client.at.end, &call, &m, &reply), 0);
	close_of(&client, 5);
	assert_int_equal(bindings_count(0), 1);
}

/* The offer goes: who was not answered is refused, and an answer of before ends at once. */
static void test_offer_closed(void **state)
{
	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	close_of(&server, 1);
	assert_int_equal(client.fails, 1);
	assert_int_equal(client.failed.error, BIND_E_GONE);
	accept_as(&server, 2, server.asked.handle);
	assert_true(served(&server));
	assert_int_equal(server.closes, 1);
	assert_int_equal(server.closed.binding, 2);
	assert_int_equal(bindings_count(0), 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(client.failed.error, BIND_E_GONE);
	assert_int_equal(client.fails, 2);
}

/* As many who ask at a peer and give up as there are records; the last one is an offer of the client's. */
static void fill_records(void)
{
	static struct peer idle[BINDINGS / BINDINGS_EACH];
	char name[] = "idle0";

	for (uint32_t i = 0; i < BINDINGS / BINDINGS_EACH; i++, name[4]++) {
		memset(&idle[i], 0, sizeof(idle[i]));
		client_open_sized(&idle[i].at, 20 + i, 2ull << 20);
		client_greet(&idle[i].at);
		bad = idle[i];
		assert_int_equal(offer(&bad, 1, name), 0);
		for (client.fails = 0; !client.fails; ) {
			assert_int_equal(connect_to(&client, 5, name), 0);
			close_of(&client, 5);
		}
	}
	bad.at.program = NULL;
	assert_int_equal(offer(&client, 6, "last"), 0);
	assert_int_equal(bindings_count(0), BINDINGS);
}

/* The same when others have taken all records meanwhile: it answered well, and goes on being served. */
static void test_offer_closed_full(void **state)
{
	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	close_of(&server, 1);
	fill_records();
	accept_as(&server, 2, server.asked.handle);
	assert_true(served(&server));
	assert_int_equal(server.closes, 1);
	assert_int_equal(server.closed.binding, 2);
	assert_int_equal(server.closed.error, BIND_E_ABANDONED);
	for (uint32_t i = 0; i < BINDINGS / BINDINGS_EACH; i++)
		core_unbind(20 + i);
}

/* An offer is told from who asks at it, whichever came first into the table. */
static void test_offer_behind(void **state)
{
	(void)state;
	assert_int_equal(offer(&server, 1, "one"), 0);
	assert_int_equal(offer(&server, 2, "two"), 0);
	assert_int_equal(offer(&server, 3, "disk"), 0);
	close_of(&server, 1);
	close_of(&server, 2);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(server.asks, 1);
	close_of(&server, 3);
	assert_int_equal(client.failed.error, BIND_E_GONE);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(client.fails, 2);
	assert_int_equal(server.asks, 1);
}

/* Who asks and gives up again and again: a server that does not answer has no more records than it may. */
static void test_unanswered(void **state)
{
	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	for (uint32_t i = 1; i < BINDINGS_EACH; i++) {
		assert_int_equal(connect_to(&client, 5, "disk"), 0);
		assert_int_equal(server.asks, i);
		close_of(&client, 5);
		assert_int_equal(client.fails, 0);
	}
	assert_int_equal(bindings_count(domain_of(&server)), BINDINGS_EACH);
	for (uint32_t i = 1; i < 4; i++) {
		assert_int_equal(connect_to(&client, 5, "disk"), 0);
		assert_int_equal(client.fails, i);
		assert_int_equal(client.failed.error, BIND_E_REFUSED);
	}
	assert_int_equal(server.asks, BINDINGS_EACH - 1);
	assert_int_equal(bindings_count(domain_of(&server)), BINDINGS_EACH);
	/* Once it answers one, the next is told. */
	refuse(&server, server.asked.handle, 0);
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(server.asks, BINDINGS_EACH);
}

/*
 * Many programs at once ask and give up, at a server that has all the records it may have: however often in one
 * turn, each question is refused or forgotten.
 */
static void test_many_quit(void **state)
{
	struct monitor_bind_connect ask = { .binding = 7, .interface = INTERFACE, .version = VERSION,
					    .slots = 16, .wait_us = PROTOCOL_NEVER, .name = "disk" };
	const struct monitor_bind_close close = { .binding = 7 };
	static struct monitor_bind_connect_reply replies[QUITTERS][EACH_QUITS];
	static struct urpc_call calls[QUITTERS][EACH_QUITS];
	static struct client quitters[QUITTERS];

	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	for (uint32_t i = 1; i < BINDINGS_EACH; i++) {
		assert_int_equal(connect_to(&client, 5, "disk"), 0);
		close_of(&client, 5);
	}
	for (uint32_t n = 0; n < QUITTERS; n++) {
		client_open_sized(&quitters[n], 20 + n, 2ull << 20);
		client_greet(&quitters[n]);
	}
	for (uint32_t n = 0; n < QUITTERS; n++) {
		for (uint32_t i = 0; i < EACH_QUITS; i++) {
			assert_int_equal(monitor_bind_connect_call(&quitters[n].end, &calls[n][i], &ask,
								   &replies[n][i]), 0);
			assert_int_equal(monitor_bind_close_send(&quitters[n].end, &close), 0);
		}
	}
	core_turn();
	run();
	assert_int_equal(server.asks, BINDINGS_EACH - 1);
	for (uint32_t n = 0; n < QUITTERS; n++) {
		leader_run(&quitters[n], &handlers, &bad);
		for (uint32_t i = 0; i < EACH_QUITS; i++)
			assert_int_equal(calls[n][i].status, 0);
		assert_int_equal(bindings_count(quitters[n].program->setup.domain), 0);
		core_unbind(20 + n);
	}
	/* And the one that stays is told. */
	assert_int_equal(connect_to(&client, 5, "disk"), 0);
	assert_int_equal(client.fails, 1);
	assert_int_equal(client.failed.error, BIND_E_REFUSED);
	assert_true(served(&server));
}

/* It keeps what the other side closed, until it has no place for one more: that one is closed. */
static void test_kept_ends(void **state)
{
	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	for (uint32_t i = 0; i < ABI_BOUND_MAX; i++) {
		assert_int_equal(connect_to(&client, 100 + i, "disk"), 0);
		accept_as(&server, 200 + i, server.asked.handle);
		assert_int_equal(client.opens, i + 1);
		close_of(&server, 200 + i);
		assert_int_equal(client.closes, i + 1);
	}
	assert_int_equal(connect_to(&client, 100 + ABI_BOUND_MAX, "disk"), 0);
	accept_as(&server, 200, server.asked.handle);
	assert_int_equal(client.fails, 1);
	assert_int_equal(client.failed.error, BIND_E_MEMORY);
	assert_int_equal(server.closes, 1);
	close_of(&server, 200);
	/* One let go: there is a place. */
	close_of(&client, 103);
	assert_int_equal(connect_to(&client, 103, "disk"), 0);
	accept_as(&server, 200, server.asked.handle);
	assert_int_equal(client.opens, ABI_BOUND_MAX + 1);
	assert_int_equal(client.opened.place, 3);
}

/* A server that takes nothing is told of all who ask, once there is room. */
static void test_no_room(void **state)
{
	static struct urpc_call calls[ABI_REQUEST_SLOTS];
	static struct monitor_hello_reply replies[ABI_REQUEST_SLOTS];
	struct monitor_hello hello = { 0 };
	uint32_t asked = 0;

	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	while (asked < ABI_REQUEST_SLOTS &&
	       !monitor_hello_call(&server.at.end, &calls[asked], &hello, &replies[asked])) {
		asked++;
		core_turn();
	}
	for (uint64_t i = 0; i < 8; i++) {
		struct monitor_bind_connect m = { .binding = i, .interface = INTERFACE,
						  .version = VERSION, .slots = 16,
						  .wait_us = PROTOCOL_NEVER, .name = "disk" };
		struct monitor_bind_connect_reply reply;
		struct urpc_call call;

		assert_int_equal(monitor_bind_connect_call(&client.at.end, &call, &m, &reply), 0);
		leader_run(&client.at, &handlers, &client);
		assert_int_equal(reply.error, 0);
	}
	assert_int_equal(server.asks, 0);
	run();
	assert_int_equal(server.asks, 8);
}

/* An answer to a question that was not told yet, by a handle that it guessed. */
static void test_guessed(void **state)
{
	struct monitor_bind_connect m = { .binding = 5, .interface = INTERFACE, .version = VERSION,
					  .slots = 16, .wait_us = PROTOCOL_NEVER, .name = "bad" };
	struct monitor_bind_connect_reply reply;
	struct urpc_call call;

	(void)state;
	for (unsigned int refuses = 0; refuses < 2; refuses++) {
		uint32_t handle;

		/* Its place is behind the client's: its requests are looked at later. */
		open_peer(&bad, 12);
		assert_int_equal(offer(&bad, 1, "bad"), 0);
		assert_int_equal(connect_to(&client, 5, "bad"), 0);
		handle = bad.asked.handle + 0x10000;
		refuse(&bad, bad.asked.handle, 0);
		assert_int_equal(monitor_bind_connect_call(&client.at.end, &call, &m, &reply), 0);
		if (refuses)
			refuse(&bad, handle, 0);
		else
			accept_as(&bad, 7, handle);
		assert_false(served(&bad));
		core_unbind(12);
		bad.at.program = NULL;
		run();
		assert_int_equal(client.opens, 0);
		assert_int_equal(bindings_count(0), 0);
	}
}

/* More connections than there are pages for rings, one after the other. */
static void test_often(void **state)
{
	(void)state;
	assert_int_equal(offer(&server, 1, "disk"), 0);
	for (unsigned int i = 1; i <= 200; i++) {
		assert_int_equal(connect_to(&client, 5, "disk"), 0);
		accept_as(&server, 2, server.asked.handle);
		assert_int_equal(client.opens, i);
		close_of(&client, 5);
		close_of(&server, 2);
	}
}

/* The program at the other end is over. */
static void test_end(void **state)
{
	(void)state;
	open_both();
	core_unbind(11);
	run();
	assert_int_equal(server.closes, 1);
	assert_int_equal(server.closed.error, BIND_E_ENDED);
	assert_int_equal(bindings_count(domain_of(&server)), 2);
	close_of(&server, 2);
	assert_int_equal(bound_count(), 0);
}

/* What the server was asked is not the other program's to answer. */
static void answer_another(void)
{
	assert_int_equal(connect_to(&client, 8, "disk"), 0);
	refuse(&bad, server.asked.handle, 0);
	assert_int_equal(client.fails, 0);
	refuse(&server, server.asked.handle, 0);
	assert_int_equal(client.fails, 1);
}

/* Numbers in use, of nobody, or of another program: it is served no more, and the others are. */
static void test_broken(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 7; i++) {
		if (!i)
			open_both();
		open_peer(&bad, 12);
		assert_int_equal(offer(&bad, 1, "bad"), 0);
		if (i == 0)
			offer(&bad, 1, "bad");
		else if (i == 1)
			connect_to(&bad, 1, "disk");
		else if (i == 2)
			answer_another();
		else if (i == 3)
			refuse(&bad, 12345, 0);
		else if (i == 4)
			accept_as(&bad, 1, 12345);
		if (i < 5)
			assert_false(served(&bad));
		/* Of another program: its own are closed by that, nothing else. */
		if (i == 5) {
			close_of(&bad, 2);
			close_of(&bad, 5);
			assert_true(served(&bad));
		}
		if (i == 6) {
			assert_int_equal(connect_to(&client, 7, "bad"), 0);
			assert_int_equal(bad.asks, 1);
			accept_as(&server, 9, bad.asked.handle);
			assert_int_equal(client.opens, 1);
		}
		core_unbind(12);
		bad.at.program = NULL;
		run();
		assert_true(served(&server) && served(&client));
		has_end(&server, true);
		has_end(&client, true);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_open),  TEST(test_close), TEST(test_patience),
		TEST(test_refused), TEST(test_wait), TEST(test_gone),
		TEST(test_offer_closed), TEST(test_end), TEST(test_broken),
		TEST(test_offer_closed_full), TEST(test_offer_behind), TEST(test_unanswered), TEST(test_many_quit),
		TEST(test_kept_ends),
		TEST(test_no_room), TEST(test_guessed), TEST(test_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
