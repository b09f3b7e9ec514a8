// SPDX-License-Identifier: GPL-2.0-only
/* Both ends of an interface in one process: the greeting, messages, calls, and peers that misbehave. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "every_stub.h"

#define SLOTS 256u

static struct urpc_ring *ring[2];
static struct urpc_chan chan[2];
static struct every_end client, server;

/* What the handlers saw. */
static struct {
	unsigned int submits, notices, lookups, texts;
	uint32_t number, from, tag[8], what;
	int answer;
} seen;

static int on_submit(void *ctx, uint32_t from, const struct every_submit *m)
{
	(void)ctx;
	seen.submits++;
	seen.number = m->number;
	seen.from = from;
	return seen.answer;
}

static int on_notice(void *ctx, uint32_t from, const struct every_notice *m)
{
	(void)ctx;
	(void)from;
	seen.notices++;
	seen.number = m->number;
	return 0;
}

static int on_lookup(void *ctx, uint32_t from, const struct every_lookup *m)
{
	(void)ctx;
	(void)from;
	seen.tag[seen.lookups++ % 8] = m->tag;
	return 0;
}

static int on_longest(void *ctx, uint32_t from, const struct every_longest *m)
{
	(void)ctx;
	(void)from;
	seen.texts++;
	seen.number = m->data_count;
	assert_ptr_equal(m->data, server.in + 2);
	return 0;
}

static int on_give(void *ctx, uint32_t from, const struct every_give *m)
{
	(void)ctx;
	(void)from;
	seen.what = m->what;
	return 0;
}

static const struct every_handlers handlers = { .submit = on_submit, .notice = on_notice,
						.lookup = on_lookup, .longest = on_longest,
						.give = on_give };

static int begin(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	for (int i = 0; i < 2; i++) {
		ring[i] = aligned_alloc(4096, urpc_ring_bytes(SLOTS));
		memset(ring[i], 0, urpc_ring_bytes(SLOTS));
	}
	for (int i = 0; i < 2; i++)
		assert_int_equal(urpc_chan_init(&chan[i], ring[i], ring[!i], SLOTS), 0);
	assert_int_equal(every_client(&client, &chan[0]), 0);
	assert_int_equal(every_server(&server, &chan[1]), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	free(ring[0]);
	free(ring[1]);
	return 0;
}

static int begin_open(void **state)
{
	begin(state);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(every_bind(&server), 0);
	assert_int_equal(every_bind(&client), 0);
	return 0;
}

static int serve(void)
{
	return every_receive(&server, &handlers, NULL, 7);
}

static int hear(void)
{
	return every_receive(&client, &handlers, NULL, 8);
}

static void greeting(void **state)
{
	struct every_submit m = { 1 };

	(void)state;
	assert_int_equal(every_bind(&server), -URPC_EAGAIN);
	assert_int_equal(every_submit_send(&client, &m), -URPC_EINVAL);
	assert_int_equal(serve(), -URPC_EINVAL);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(every_bind(&server), 0);
	assert_int_equal(every_bind(&client), 0);
	assert_int_equal(every_bind(&client), 0);
	assert_int_equal(server.bound.peer_version, 3);
	assert_int_equal(every_submit_send(&client, &m), 0);
	assert_int_equal(serve(), 0);
	assert_true(seen.submits == 1 && seen.number == 1 && seen.from == 7);
}

/* Both ends are told, with the numbers of the other, and nothing else goes. */
static void refused_by_numbers(unsigned int interface, unsigned int version)
{
	struct every_submit m = { 1 };
	struct every_notice n = { 1 };

	client.bound.interface = (uint16_t)interface;
	client.bound.version = (uint16_t)version;
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(every_bind(&server), -URPC_EPROTONOSUPPORT);
	assert_int_equal(every_bind(&client), -URPC_EPROTONOSUPPORT);
	assert_int_equal(server.bound.peer_interface, interface);
	assert_int_equal(server.bound.peer_version, version);
	assert_int_equal(client.bound.peer_interface, 200);
	assert_int_equal(client.bound.peer_version, 3);
	assert_int_equal(every_submit_send(&client, &m), -URPC_EINVAL);
	assert_int_equal(every_notice_send(&server, &n), -URPC_EINVAL);
	assert_int_equal(serve(), -URPC_EINVAL);
	assert_int_equal(every_bind(&client), -URPC_EPROTONOSUPPORT);
}

static void other_version(void **state)
{
	(void)state;
	refused_by_numbers(200, 4);
}

static void other_interface(void **state)
{
	(void)state;
	refused_by_numbers(201, 3);
}

static void no_greeting(void **state)
{
	static const struct {
		uint16_t type;
		uint32_t magic;
		uint16_t interface, version;
		uint32_t bytes;
	} cases[] = {
		{ URPC_BIND_HELLO, URPC_BIND_MAGIC + 1, 200, 3, 8 }, { URPC_BIND_HELLO, URPC_BIND_MAGIC, 200, 3, 7 },
		{ URPC_BIND_HELLO, URPC_BIND_MAGIC, 200, 3, 9 }, { URPC_BIND_HELLO, URPC_BIND_MAGIC, 200, 3, 100 },
		{ URPC_BIND_WELCOME, URPC_BIND_MAGIC, 200, 3, 8 }, { URPC_BIND_REFUSED, URPC_BIND_MAGIC, 200, 3, 8 },
		{ EVERY_SUBMIT, URPC_BIND_MAGIC, 200, 3, 8 }, { 0, URPC_BIND_MAGIC, 200, 3, 8 },
	};
	uint8_t payload[100] = { 0 };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct urpc_writer w = { payload };

		end(state);
		begin(state);
		urpc_put_u32(&w, cases[i].magic);
		urpc_put_u16(&w, cases[i].interface);
		urpc_put_u16(&w, cases[i].version);
		assert_int_equal(urpc_send_long(&chan[0], cases[i].type, payload, cases[i].bytes), 0);
		assert_int_equal(every_bind(&server), -URPC_EPROTO);
		assert_int_equal(every_bind(&server), -URPC_EPROTO);
		assert_int_equal(serve(), -URPC_EINVAL);
	}
}

/* A server that welcomes another version, or refuses the same one, breaks the protocol. */
static void wrong_answers(void **state)
{
	uint8_t payload[8];

	urpc_bind_put(payload, 200, 4);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(urpc_send(&chan[1], URPC_BIND_WELCOME, payload, 8), 0);
	assert_int_equal(every_bind(&client), -URPC_EPROTO);
	end(state);
	begin(state);
	urpc_bind_put(payload, 200, 3);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(urpc_send(&chan[1], URPC_BIND_REFUSED, payload, 8), 0);
	assert_int_equal(every_bind(&client), -URPC_EPROTO);
}

static void small_ring(void **state)
{
	(void)state;
	chan[0].slots = SLOTS / 2;
	assert_int_equal(every_client(&client, &chan[0]), -URPC_EMSGSIZE);
	assert_int_equal(every_bind(&client), -URPC_EPROTO);
}

static void long_messages(void **state)
{
	static uint8_t data[7166];
	struct every_longest m = { sizeof(data), data };

	(void)state;
	assert_int_equal(every_longest_send(&client, &m), 0);
	assert_int_equal(serve(), 0);
	assert_true(seen.texts == 1 && seen.number == sizeof(data));
	assert_int_equal(serve(), -URPC_EAGAIN);
}

/* Replies come in another order than the calls; each finds its own. */
static void calls(void **state)
{
	struct urpc_call call[3];
	struct every_lookup m = { 0, "key" };
	struct every_lookup_reply reply[3];

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(every_lookup_call(&client, &call[i], &m, &reply[i]), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(serve(), 0);
	for (int i = 2; i >= 0; i--) {
		struct every_lookup_reply r = { seen.tag[i], i, 1, { 100u + (unsigned int)i } };

		assert_int_equal(call[i].status, -URPC_EAGAIN);
		assert_int_equal(every_lookup_reply_send(&server, &r), 0);
		assert_int_equal(hear(), 0);
		assert_int_equal(call[i].status, 0);
		assert_true(reply[i].error == i && reply[i].value[0] == 100u + (unsigned int)i);
	}
	assert_null(client.bound.calls);
	assert_int_equal(client.bound.strays, 0);
}

static void tags_wrap(void **state)
{
	struct urpc_call call;
	struct every_lookup m = { 0, "" };
	struct every_lookup_reply reply;

	(void)state;
	client.bound.tag = ~0u - 1;
	assert_int_equal(every_lookup_call(&client, &call, &m, &reply), 0);
	assert_int_equal(call.tag, ~0u);
	urpc_call_cancel(&client.bound, &call);
	assert_int_equal(every_lookup_call(&client, &call, &m, &reply), 0);
	assert_int_equal(call.tag, 1);
}

static void strays(void **state)
{
	struct urpc_call call;
	struct every_lookup m = { 0, "" };
	struct every_lookup_reply reply = { 0 }, r = { 1, 5, 0, { 0 } };

	(void)state;
	/* never asked, asked and given up, answered twice */
	assert_int_equal(every_lookup_reply_send(&server, &r), 0);
	assert_int_equal(hear(), 0);
	assert_int_equal(client.bound.strays, 1);
	assert_int_equal(every_lookup_call(&client, &call, &m, &reply), 0);
	urpc_call_cancel(&client.bound, &call);
	urpc_call_cancel(&client.bound, &call);
	r.tag = call.tag;
	assert_int_equal(every_lookup_reply_send(&server, &r), 0);
	assert_int_equal(hear(), 0);
	assert_int_equal(client.bound.strays, 2);
	assert_int_equal(every_lookup_call(&client, &call, &m, &reply), 0);
	r.tag = call.tag;
	assert_int_equal(every_lookup_reply_send(&server, &r), 0);
	assert_int_equal(every_lookup_reply_send(&server, &r), 0);
	assert_int_equal(hear(), 0);
	assert_true(call.status == 0 && reply.error == 5);
	assert_int_equal(hear(), 0);
	assert_int_equal(client.bound.strays, 3);
	assert_int_equal(client.bound.refused, 0);
}

/* What is no right message is refused and counted, the one behind it is taken. */
static void malformed(void **state)
{
	static const struct {
		uint16_t type;
		uint16_t bytes;
	} cases[] = {
		{ EVERY_SUBMIT, 3 }, { EVERY_SUBMIT, 5 }, { 0xc803, 4 }, { 0x0101, 4 }, { 0, 0 },
		{ URPC_BIND_HELLO, 8 }, { EVERY_NOTICE, 4 }, { EVERY_LOOKUP_REPLY, 10 }, { EVERY_TEXTS, 8 },
	};
	static const uint8_t payload[16];
	struct every_submit m = { 1 };
	unsigned int count = sizeof(cases) / sizeof(cases[0]);

	(void)state;
	for (unsigned int i = 0; i < count; i++) {
		assert_int_equal(urpc_send(&chan[0], cases[i].type, payload, cases[i].bytes), 0);
		assert_int_equal(serve(), -URPC_EPROTO);
		assert_int_equal(server.bound.refused, i + 1);
	}
	assert_int_equal(every_submit_send(&client, &m), 0);
	assert_int_equal(serve(), 0);
	assert_int_equal(seen.submits, 1);
	seen.answer = 5;
	assert_int_equal(every_submit_send(&client, &m), 0);
	assert_int_equal(serve(), 5);
	assert_int_equal(server.bound.refused, count);
}

static void malformed_reply(void **state)
{
	struct urpc_call call;
	struct every_lookup m = { 0, "" };
	struct every_lookup_reply reply;
	uint32_t payload[3] = { 0 };

	(void)state;
	assert_int_equal(every_lookup_call(&client, &call, &m, &reply), 0);
	payload[0] = call.tag;
	assert_int_equal(urpc_send(&chan[1], EVERY_LOOKUP_REPLY, payload, 3), 0);
	assert_int_equal(hear(), -URPC_EPROTO);
	assert_int_equal(call.status, -URPC_EAGAIN);
	assert_int_equal(urpc_send(&chan[1], EVERY_LOOKUP_REPLY, payload, 9), 0);
	assert_int_equal(hear(), -URPC_EPROTO);
	assert_int_equal(call.status, -URPC_EPROTO);
	assert_null(client.bound.calls);
	assert_int_equal(urpc_send(&chan[1], EVERY_LOOKUP, payload, 6), 0);
	assert_int_equal(hear(), -URPC_EPROTO);
	assert_int_equal(client.bound.refused, 3);
}

static void not_to_be_sent(void **state)
{
	struct every_submit submit = { 1 };
	struct every_notice notice = { 1 };
	struct every_lookup lookup = { 0, "" };
	struct every_lookup_reply reply = { .value_count = 3 };
	struct every_give give = { 1, 2 };
	struct urpc_call call;

	(void)state;
	assert_int_equal(every_submit_send(&server, &submit), -URPC_EINVAL);
	assert_int_equal(every_notice_send(&client, &notice), -URPC_EINVAL);
	assert_int_equal(every_lookup_call(&server, &call, &lookup, &reply), -URPC_EINVAL);
	assert_int_equal(every_lookup_reply_send(&client, &reply), -URPC_EINVAL);
	assert_int_equal(every_lookup_reply_send(&server, &reply), -URPC_EINVAL);
	memset(lookup.key, 'x', sizeof(lookup.key));
	assert_int_equal(every_lookup_call(&client, &call, &lookup, &reply), -URPC_EINVAL);
	assert_null(client.bound.calls);
	/* a capability cannot travel in a channel */
	assert_int_equal(every_give_send(&client, &give), -URPC_EINVAL);
	assert_int_equal(serve(), -URPC_EAGAIN);
	assert_int_equal(hear(), -URPC_EAGAIN);
}

/* A server whose replies nobody takes takes no requests; then nobody has room, and nothing is lost. */
static void flood(void **state)
{
	struct every_notice notice = { 1 };
	struct every_submit submit = { 2 };
	unsigned int sent = 0, notices = 0;

	(void)state;
	while (every_notice_send(&server, &notice) == 0)
		notices++;
	while (every_submit_send(&client, &submit) == 0)
		sent++;
	assert_true(notices >= SLOTS - 1 && sent >= SLOTS - 1);
	assert_int_equal(serve(), -URPC_EAGAIN);
	assert_int_equal(server.bound.room, 1);
	assert_int_equal(seen.submits, 0);
	assert_true(urpc_bound_arm(&server.bound));
	for (unsigned int i = 0; i < notices; i++)
		assert_int_equal(hear(), 0);
	assert_int_equal(hear(), -URPC_EAGAIN);
	assert_true(urpc_ack_notify_needed(&chan[0]));
	urpc_disarm(&chan[1]);
	for (unsigned int i = 0; i < sent; i++)
		assert_int_equal(serve(), 0);
	assert_int_equal(serve(), -URPC_EAGAIN);
	assert_int_equal(server.bound.room, 0);
	assert_true(seen.submits == sent && seen.notices == notices);
}

/* ---- another carrier ---- */

/* One message on its way, how often flush() says that it is not all gone, or that it never will be. */
static struct pipe {
	struct urpc_carrier carrier;
	struct pipe *to;
	uint16_t type;
	bool full;
	uint8_t payload[EVERY_MESSAGE_MAX];
	uint32_t bytes, cap, dropped;
	int busy, gone;
} pipes[2];

static int pipe_flush(struct urpc_carrier *c)
{
	struct pipe *p = (struct pipe *)c;

	return p->gone ? p->gone : p->busy && p->busy-- ? -URPC_EAGAIN : 0;
}

static int pipe_send(struct urpc_carrier *c, uint16_t type, const void *payload, uint32_t bytes,
		     uint32_t cap)
{
	struct pipe *to = ((struct pipe *)c)->to;

	if (to->full)
		return -URPC_EAGAIN;
	memcpy(to->payload, payload, bytes);
	to->type = type;
	to->bytes = bytes;
	to->cap = cap;
	to->full = true;
	return 0;
}

static int pipe_take(struct urpc_carrier *c, uint16_t *type, void *buffer, uint32_t room,
		     uint32_t *bytes, uint32_t *cap)
{
	struct pipe *p = (struct pipe *)c;

	if (!p->full)
		return -URPC_EAGAIN;
	p->full = false;
	*cap = p->cap;
	*type = p->type;
	*bytes = p->bytes;
	if (p->bytes > room)
		return -URPC_EPROTO;
	memcpy(buffer, p->payload, p->bytes);
	return 0;
}

static void pipe_drop(struct urpc_carrier *c, uint32_t cap)
{
	((struct pipe *)c)->dropped = cap;
}

static int begin_pipes(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	memset(pipes, 0, sizeof(pipes));
	for (int i = 0; i < 2; i++) {
		pipes[i].carrier = (struct urpc_carrier){ pipe_flush, pipe_send, pipe_take, pipe_drop };
		pipes[i].to = &pipes[!i];
	}
	every_client_by(&client, &pipes[0].carrier);
	every_server_by(&server, &pipes[1].carrier);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	pipes[1].busy = 1;
	assert_int_equal(every_bind(&server), -URPC_EAGAIN);
	assert_int_equal(every_bind(&server), 0);
	assert_int_equal(every_bind(&client), 0);
	return 0;
}

static void capabilities(void **state)
{
	struct every_give give = { 1, 55 };
	struct every_submit submit = { 1 };

	(void)state;
	assert_int_equal(every_give_send(&client, &give), 0);
	assert_int_equal(serve(), 0);
	assert_true(seen.what == 55 && !pipes[1].dropped);
	/* with a message that has none; with a wrong message; with a reply of nobody's */
	assert_int_equal(every_submit_send(&client, &submit), 0);
	pipes[1].cap = 66;
	assert_int_equal(serve(), -URPC_EPROTO);
	assert_int_equal(pipes[1].dropped, 66);
	assert_int_equal(every_give_send(&client, &give), 0);
	pipes[1].bytes--;
	pipes[1].cap = 67;
	assert_int_equal(serve(), -URPC_EPROTO);
	assert_int_equal(pipes[1].dropped, 67);
	pipes[0].full = true;
	pipes[0].type = EVERY_LOOKUP_REPLY;
	pipes[0].bytes = 10;
	pipes[0].cap = 68;
	assert_int_equal(hear(), 0);
	assert_true(pipes[0].dropped == 68 && client.bound.strays == 1);
	assert_int_equal(seen.submits, 0);
}

/* While some of a message is not gone, its buffer is left alone and no request is taken. */
static void unfinished(void **state)
{
	struct every_notice notice = { 1 };
	struct every_submit submit = { 9 };
	uint8_t before[16];

	(void)state;
	assert_int_equal(every_notice_send(&server, &notice), 0);
	memcpy(before, server.out, sizeof(before));
	pipes[1].busy = 2;
	notice.number = 77;
	assert_int_equal(every_notice_send(&server, &notice), -URPC_EAGAIN);
	assert_memory_equal(before, server.out, sizeof(before));
	assert_int_equal(every_submit_send(&client, &submit), 0);
	assert_int_equal(every_submit_send(&client, &submit), -URPC_EAGAIN);
	assert_int_equal(serve(), -URPC_EAGAIN);
	assert_true(server.bound.room && pipes[1].full);
	assert_int_equal(serve(), 0);
	assert_int_equal(seen.number, 9);
}

/* Nothing can be sent any more: a server hears of it before the next request, not never. */
static void server_alone(void **state)
{
	struct every_submit submit = { 9 };

	(void)state;
	assert_int_equal(every_submit_send(&client, &submit), 0);
	pipes[1].gone = -URPC_EMSGSIZE;
	assert_int_equal(serve(), -URPC_EMSGSIZE);
	assert_int_equal(server.bound.state, URPC_BOUND_CLOSED);
	assert_int_equal(serve(), -URPC_EINVAL);
	assert_true(!seen.submits && !server.bound.room);
}

/* A client first has what came before that. Room for a request it does not need to take a message. */
static void client_alone(void **state)
{
	struct every_notice notice = { 4 };

	(void)state;
	pipes[0].busy = 2;
	assert_int_equal(hear(), -URPC_EAGAIN);
	assert_int_equal(every_notice_send(&server, &notice), 0);
	assert_int_equal(hear(), 0);
	assert_int_equal(every_notice_send(&server, &notice), 0);
	pipes[0].gone = -URPC_EMSGSIZE;
	assert_int_equal(hear(), 0);
	assert_int_equal(seen.notices, 2);
	assert_int_equal(hear(), -URPC_EMSGSIZE);
	assert_int_equal(hear(), -URPC_EINVAL);
}

#define OPEN(f) cmocka_unit_test_setup_teardown(f, begin_open, end)
#define CLOSED(f) cmocka_unit_test_setup_teardown(f, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CLOSED(greeting), CLOSED(other_version), CLOSED(other_interface),
		CLOSED(no_greeting), CLOSED(wrong_answers), CLOSED(small_ring),
		OPEN(long_messages), OPEN(calls), OPEN(tags_wrap), OPEN(strays), OPEN(malformed),
		OPEN(malformed_reply), OPEN(not_to_be_sent), OPEN(flood),
		cmocka_unit_test_setup(capabilities, begin_pipes),
		cmocka_unit_test_setup(unfinished, begin_pipes),
		cmocka_unit_test_setup(server_alone, begin_pipes),
		cmocka_unit_test_setup(client_alone, begin_pipes),
	};

	return cmocka_run_group_tests_name("stub", tests, NULL, NULL);
}
