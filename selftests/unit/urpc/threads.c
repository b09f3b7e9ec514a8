// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads, one end each: checksummed streams, and sleepers that must never miss a doorbell.
 * Built once plain, so that the processor's own reordering is under test, and once with
 * ThreadSanitizer, which checks that header release and acquire order the payload.
 *
 * SLOW divides the amount of work; the environment's STRESS is the number of messages of the
 * stress (100 million in the long run).
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

#include <urpc/bulk.h>

#include "bell.h"
#include "pair.h"

#ifndef SLOW
#define SLOW 1
#endif
struct side {
	struct urpc_chan *chan;
	struct bell *own;
	struct bell *peer;
	uint64_t messages;
	uint64_t seed;
	uint64_t sleeps;
};

/* Threads cannot leave by a cmocka assertion: the process ends, short of its plan. */
static void die(const char *what, const void *who)
{
	const struct urpc_chan *c = who;

	printf("not ok - %s (sent %llu, received %llu, acknowledged %llu)\n", what,
	       (unsigned long long)c->tx_next - 1, (unsigned long long)c->rx_next - 1,
	       (unsigned long long)c->tx_acked);
	fflush(stdout);
	_exit(1);
}

/* Sleep without polling first, which makes the race with the peer's send as likely as can be. */
static void sleep_recv(struct side *s)
{
	uint32_t seen = bell_seen(s->own);

	if (urpc_arm(s->chan)) {
		s->sleeps++;
		bell_wait(s->own, seen, die, s->chan);
		urpc_disarm(s->chan);
	}
}

static void sleep_send(struct side *s)
{
	uint32_t seen = bell_seen(s->own);

	if (urpc_arm_send(s->chan)) {
		s->sleeps++;
		bell_wait(s->own, seen, die, s->chan);
		urpc_disarm(s->chan);
	}
}

static void dawdle(struct side *s)
{
	uint64_t n = pair_random(&s->seed) >> 57;

	while (n--)
		urpc_compiler_barrier();
}

static void fill(uint64_t words[URPC_PAYLOAD_WORDS], uint64_t number)
{
	int i;

	words[0] = number;
	words[URPC_PAYLOAD_WORDS - 1] = number;
	for (i = 1; i < URPC_PAYLOAD_WORDS - 1; i++) {
		words[i] = (number + (uint64_t)i) * 0x9e3779b97f4a7c15ull;
		words[URPC_PAYLOAD_WORDS - 1] += words[i];
	}
}

static void check(const struct urpc_msg *m, uint64_t number, const struct urpc_chan *c)
{
	uint64_t words[URPC_PAYLOAD_WORDS];

	fill(words, number);
	if (m->len != sizeof(words) || memcmp(words, m->payload, sizeof(words)))
		die("message lost, repeated, reordered or damaged", c);
}

static void *stream_out(void *arg)
{
	struct side *s = arg;
	uint64_t words[URPC_PAYLOAD_WORDS], n;
	struct patience patience = { 0 };

	for (n = 1; n <= s->messages; n++) {
		fill(words, n);
		while (urpc_send(s->chan, 1, words, sizeof(words)) == -URPC_EAGAIN)
			bell_turn(&patience, "sender stuck", die, s->chan);
		patience = (struct patience){ 0 };
	}
	return NULL;
}

static void *stream_in(void *arg)
{
	struct side *s = arg;
	uint64_t n;
	struct patience patience = { 0 };
	struct urpc_msg m;

	for (n = 1; n <= s->messages; n++) {
		while (urpc_recv(s->chan, &m) == -URPC_EAGAIN)
			bell_turn(&patience, "receiver stuck", die, s->chan);
		patience = (struct patience){ 0 };
		check(&m, n, s->chan);
	}
	return NULL;
}

/* The length of message @number of a stream of long and short ones. */
static size_t long_length(const struct urpc_chan *c, uint64_t number)
{
	return (size_t)(number * 0x9e3779b97f4a7c15ull >> 40) % (urpc_long_max(c->slots) + 1);
}

static void fill_long(unsigned char *bytes, size_t len, uint64_t number)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (unsigned char)(number * 7 + i * 11 + (i >> 8));
}

/* Long and short, with a sleep where there is no room for the whole of one. */
static void *pour_long(void *arg)
{
	struct side *s = arg;
	unsigned char bytes[URPC_LONG_BYTES];
	uint64_t n;

	for (n = 1; n <= s->messages; n++) {
		size_t len = long_length(s->chan, n);
		int err;

		fill_long(bytes, len, n);
		while ((err = urpc_send_long(s->chan, (uint16_t)n, bytes, len)) == -URPC_EAGAIN) {
			uint32_t seen = bell_seen(s->own);

			if (urpc_notify_needed(s->chan))
				bell_ring(s->peer);
			if (!urpc_arm_room(s->chan, urpc_slots_of(len)))
				continue;
			s->sleeps++;
			bell_wait(s->own, seen, die, s->chan);
			urpc_disarm(s->chan);
		}
		if (err)
			die("long message refused", s->chan);
		if (n % 3 == 0 && urpc_notify_needed(s->chan))
			bell_ring(s->peer);
	}
	if (urpc_notify_needed(s->chan))
		bell_ring(s->peer);
	return NULL;
}

static void *drink_long(void *arg)
{
	struct side *s = arg;
	unsigned char bytes[URPC_LONG_BYTES], want[URPC_LONG_BYTES];
	uint16_t type;
	uint64_t n = 0;
	size_t len;
	int err;

	while (n < s->messages) {
		err = urpc_recv_long(s->chan, &type, bytes, sizeof(bytes), &len);
		if (err == -URPC_EAGAIN) {
			if (urpc_ack_notify_needed(s->chan))
				bell_ring(s->peer);
			sleep_recv(s);
			continue;
		}
		n++;
		fill_long(want, len, n);
		if (err || type != (uint16_t)n || len != long_length(s->chan, n) ||
		    memcmp(bytes, want, len))
			die("long message cut, lost or damaged", s->chan);
	}
	urpc_ack(s->chan);
	if (urpc_ack_notify_needed(s->chan))
		bell_ring(s->peer);
	return NULL;
}

/* Random bursts out, as many in: acknowledgements ride both ways while both windows run full. */
static void *stream_both(void *arg)
{
	struct side *s = arg;
	uint64_t words[URPC_PAYLOAD_WORDS], out = 0, in = 0;
	struct patience patience = { 0 };
	struct urpc_msg m;

	while (out < s->messages || in < s->messages) {
		uint64_t burst = pair_random(&s->seed) >> 58, before = out + in;

		for (; burst && out < s->messages; burst--) {
			fill(words, out + 1);
			if (urpc_send(s->chan, 1, words, sizeof(words)))
				break;
			out++;
		}
		for (burst = pair_random(&s->seed) >> 58; burst; burst--) {
			if (urpc_recv(s->chan, &m))
				break;
			check(&m, ++in, s->chan);
		}
		if (s->chan->broken)
			die("protocol broken between honest ends", s->chan);
		if (before == out + in)
			bell_turn(&patience, "exchange stuck", die, s->chan);
		else
			patience = (struct patience){ 0 };
	}
	return NULL;
}

static void *ping(void *arg)
{
	struct side *s = arg;
	struct urpc_msg m;
	uint64_t n;

	for (n = 1; n <= s->messages; n++) {
		dawdle(s);
		if (pair_send(s->chan, n))
			die("ping refused", s->chan);
		if (urpc_notify_needed(s->chan))
			bell_ring(s->peer);
		dawdle(s);
		while (urpc_recv(s->chan, &m))
			sleep_recv(s);
		if (m.payload[0] != n)
			die("wrong answer", s->chan);
	}
	return NULL;
}

static void *pong(void *arg)
{
	struct side *s = arg;
	struct urpc_msg m;
	uint64_t n;

	for (n = 1; n <= s->messages; n++) {
		dawdle(s);
		while (urpc_recv(s->chan, &m))
			sleep_recv(s);
		if (m.payload[0] != n || pair_send(s->chan, n))
			die("pong refused", s->chan);
		if (urpc_notify_needed(s->chan))
			bell_ring(s->peer);
	}
	return NULL;
}

/* A sender that sleeps for room, and a receiver that sleeps for messages and sends nothing. */
static void *pour(void *arg)
{
	struct side *s = arg;
	uint64_t n;

	for (n = 1; n <= s->messages; n++) {
		while (pair_send(s->chan, n)) {
			if (urpc_notify_needed(s->chan))
				bell_ring(s->peer);
			sleep_send(s);
		}
		if (n % 3 == 0)
			continue;
		if (urpc_notify_needed(s->chan))
			bell_ring(s->peer);
		dawdle(s);
	}
	if (urpc_notify_needed(s->chan))
		bell_ring(s->peer);
	return NULL;
}

static void *drink(void *arg)
{
	struct side *s = arg;
	struct urpc_msg m;
	uint64_t n = 0;

	while (n < s->messages) {
		while (n < s->messages && !urpc_recv(s->chan, &m)) {
			if (m.payload[0] != ++n)
				die("out of order", s->chan);
		}
		if (urpc_ack_notify_needed(s->chan))
			bell_ring(s->peer);
		dawdle(s);
		if (n < s->messages)
			sleep_recv(s);
	}
	return NULL;
}

/* Run two threads over a channel; return how often either slept. */
static uint64_t run(uint32_t slots, uint64_t messages, enum bell_kind kind, void *(*one)(void *),
		    void *(*two)(void *))
{
	struct bell bells[2] = { { .kind = kind }, { .kind = kind } };
	pthread_t thread[2];
	struct pair p;
	struct side a = { &p.a, &bells[0], &bells[1], messages, 12345, 0 };
	struct side b = { &p.b, &bells[1], &bells[0], messages, 54321, 0 };

	pair_open(&p, slots);
	assert_int_equal(pthread_create(&thread[0], NULL, one, &a), 0);
	assert_int_equal(pthread_create(&thread[1], NULL, two, &b), 0);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	assert_false(p.a.broken || p.b.broken);
	pair_close(&p);
	return a.sleeps + b.sleeps;
}

static uint64_t stress_messages(void)
{
	const char *text = getenv("STRESS");

	return (text ? strtoull(text, NULL, 0) : 4000000) / SLOW;
}

static void stress(void **state)
{
	(void)state;
	run(4096, stress_messages(), BELL_SPIN, stream_out, stream_in);
	run(64, stress_messages() / 4, BELL_SPIN, stream_out, stream_in);
	run(4, stress_messages() / 40, BELL_SPIN, stream_out, stream_in);
}

static void exchange(void **state)
{
	(void)state;
	run(512, 2000000 / SLOW, BELL_SPIN, stream_both, stream_both);
	run(8, 500000 / SLOW, BELL_SPIN, stream_both, stream_both);
}

static void wake_for_message(void **state)
{
	(void)state;
	assert_true(run(4, 300000 / SLOW, BELL_SPIN, ping, pong) > 0);
	assert_true(run(64, 50000 / SLOW, BELL_FUTEX, ping, pong) > 0);
}

static void wake_for_room(void **state)
{
	(void)state;
	assert_true(run(4, 500000 / SLOW, BELL_SPIN, pour, drink) > 0);
	assert_true(run(16, 300000 / SLOW, BELL_FUTEX, pour, drink) > 0);
}

static void long_messages(void **state)
{
	(void)state;
	assert_true(run(8, 300000 / SLOW, BELL_SPIN, pour_long, drink_long) > 0);
	assert_true(run(64, 60000 / SLOW, BELL_SPIN, pour_long, drink_long) > 0);
	assert_true(run(1024, 10000 / SLOW, BELL_FUTEX, pour_long, drink_long) > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stress),
		cmocka_unit_test(exchange),
		cmocka_unit_test(wake_for_message),
		cmocka_unit_test(wake_for_room),
		cmocka_unit_test(long_messages),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc threads", tests, NULL, NULL);
}
