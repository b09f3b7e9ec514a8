// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads on a call line: checksummed calls, polled; and sleepers on both ends that must never
 * miss a doorbell. Built once plain, so that the processor's own reordering is under test, and once
 * with ThreadSanitizer, which checks that header release and acquire order the payload both ways.
 *
 * SLOW divides the amount of work; the environment's STRESS is the number of polled calls.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

#include "bell.h"
#include "line.h"

#ifndef SLOW
#define SLOW 1
#endif
struct side {
	struct urpc_line_end *end;
	struct bell *own;
	struct bell *peer;
	uint64_t calls;
	uint64_t seed;
	uint64_t sleeps;
};

/* Threads cannot leave by a cmocka assertion: the process ends, short of its plan. */
static void die(const char *what, const void *who)
{
	const struct side *s = who;

	printf("not ok - %s (%s, call %llu, state %u)\n", what,
	       s->end->role == URPC_LINE_CALLER ? "caller" : "callee",
	       (unsigned long long)s->end->number, s->end->state);
	fflush(stdout);
	_exit(1);
}

/* Poll, or sleep without polling first, which makes the race with the peer as likely as can be. */
static void wait_turn(struct side *s)
{
	struct patience patience = { 0 };
	uint32_t seen;

	if (s->own->kind == BELL_NONE) {
		while (!urpc_line_ready(s->end))
			bell_turn(&patience, "stuck", die, s);
		return;
	}
	seen = bell_seen(s->own);
	if (urpc_line_arm(s->end)) {
		s->sleeps++;
		bell_wait(s->own, seen, die, s);
		urpc_line_disarm(s->end);
	}
}

static void posted(struct side *s)
{
	if (s->peer->kind != BELL_NONE && urpc_line_notify_needed(s->end))
		bell_ring(s->peer);
}

static void dawdle(struct side *s)
{
	uint64_t n = s->own->kind == BELL_NONE ? 0 : pair_random(&s->seed) >> 57;

	while (n--)
		urpc_compiler_barrier();
}

/* Seven words that depend on each other and on whether they ask or answer. */
static void fill(uint64_t words[URPC_PAYLOAD_WORDS], uint64_t number, uint64_t salt)
{
	int i;

	words[0] = number;
	words[URPC_PAYLOAD_WORDS - 1] = number ^ salt;
	for (i = 1; i < URPC_PAYLOAD_WORDS - 1; i++) {
		words[i] = (number + (uint64_t)i + salt) * 0x9e3779b97f4a7c15ull;
		words[URPC_PAYLOAD_WORDS - 1] += words[i];
	}
}

static void check(const struct urpc_msg *m, uint64_t number, uint64_t salt, const struct side *s)
{
	uint64_t words[URPC_PAYLOAD_WORDS];

	fill(words, number, salt);
	if (m->len != sizeof(words) || memcmp(words, m->payload, sizeof(words)))
		die("message lost, repeated, torn or damaged", s);
}

static void *caller(void *arg)
{
	struct side *s = arg;
	uint64_t words[URPC_PAYLOAD_WORDS], n;
	struct urpc_msg m;
	int err;

	for (n = 1; n <= s->calls; n++) {
		dawdle(s);
		fill(words, n, 0);
		if (urpc_line_call(s->end, 1, words, sizeof(words)))
			die("call refused", s);
		posted(s);
		dawdle(s);
		while ((err = urpc_line_finish(s->end, &m)) == -URPC_EAGAIN)
			wait_turn(s);
		if (err)
			die("protocol broken between honest ends", s);
		check(&m, n, ~0ull, s);
	}
	return NULL;
}

static void *callee(void *arg)
{
	struct side *s = arg;
	uint64_t words[URPC_PAYLOAD_WORDS], n;
	struct urpc_msg m;
	int err;

	for (n = 1; n <= s->calls; n++) {
		dawdle(s);
		while ((err = urpc_line_accept(s->end, &m)) == -URPC_EAGAIN)
			wait_turn(s);
		if (err)
			die("protocol broken between honest ends", s);
		check(&m, n, 0, s);
		fill(words, n, ~0ull);
		if (urpc_line_reply(s->end, 2, words, sizeof(words)))
			die("reply refused", s);
		posted(s);
	}
	return NULL;
}

/* Run two threads over a line; each must have slept at least once if it may. */
static void run(uint64_t calls, enum bell_kind kind)
{
	struct bell bells[2] = { { .kind = kind }, { .kind = kind } };
	pthread_t thread[2];
	struct called l;
	struct side a = { &l.caller, &bells[0], &bells[1], calls, 12345, 0 };
	struct side b = { &l.callee, &bells[1], &bells[0], calls, 54321, 0 };

	line_open(&l);
	assert_int_equal(pthread_create(&thread[0], NULL, caller, &a), 0);
	assert_int_equal(pthread_create(&thread[1], NULL, callee, &b), 0);
	pthread_join(thread[0], NULL);
	pthread_join(thread[1], NULL);
	assert_int_equal(l.caller.number, calls);
	assert_int_equal(l.callee.number, calls);
	if (kind != BELL_NONE)
		assert_true(a.sleeps && b.sleeps);
	line_close(&l);
}

static void polled_calls(void **state)
{
	const char *text = getenv("STRESS");

	(void)state;
	run((text ? strtoull(text, NULL, 0) : 600000) / SLOW, BELL_NONE);
}

static void wake_by_spinning(void **state)
{
	(void)state;
	run(200000 / SLOW, BELL_SPIN);
}

static void wake_by_futex(void **state)
{
	(void)state;
	run(20000 / SLOW, BELL_FUTEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polled_calls),
		cmocka_unit_test(wake_by_spinning),
		cmocka_unit_test(wake_by_futex),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc line threads", tests, NULL, NULL);
}
