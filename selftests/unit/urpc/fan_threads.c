// SPDX-License-Identifier: GPL-2.0-only
/*
 * A caller and its callees, a thread each, over both transports: polled, and asleep between any two
 * messages, so that no doorbell may be missed. Built plain and with ThreadSanitizer, as
 * line_threads.c is. SLOW divides the amount of work.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>

#include "bell.h"
#include "fan.h"

#ifndef SLOW
#define SLOW 1
#endif
#define CALLEES 3u
#define ASK 7
#define DONE 9

static struct {
	struct fanned f;
	struct bell bell[CALLEES + 1]; /* the caller's is the last */
	uint64_t calls;
} all;

struct side {
	uint32_t leg;
	uint64_t seed;
	uint64_t sleeps;
};

/* Threads cannot leave by a cmocka assertion: the process ends, short of its plan. */
static void die(const char *what, const void *who)
{
	const struct side *s = who;

	printf("not ok - %s (thread %u, call %llu)\n", what, s->leg,
	       (unsigned long long)all.f.fan.number);
	fflush(stdout);
	_exit(1);
}

static void dawdle(struct side *s)
{
	uint64_t n = all.bell[0].kind == BELL_NONE ? 0 : pair_random(&s->seed) >> 57;

	while (n--)
		urpc_compiler_barrier();
}

static void wait_request(struct side *s, struct urpc_fan_callee *c)
{
	struct bell *own = &all.bell[s->leg];
	struct patience patience = { 0 };
	uint32_t seen;

	if (own->kind == BELL_NONE) {
		while (!urpc_fan_callee_ready(c)) {
			urpc_fan_callee_relax(c);
			bell_turn(&patience, "stuck", die, s);
		}
		return;
	}
	seen = bell_seen(own);
	if (urpc_fan_callee_arm(c)) {
		s->sleeps++;
		bell_wait(own, seen, die, s);
		urpc_fan_callee_disarm(c);
	}
}

static void *callee(void *arg)
{
	struct side *s = arg;
	struct urpc_fan_callee *c = &all.f.callee[s->leg];
	struct bell *caller = &all.bell[CALLEES];
	struct urpc_msg m;
	uint64_t n;
	int err;

	for (n = 1; n <= all.calls; n++) {
		dawdle(s);
		while ((err = urpc_fan_callee_accept(c, &m)) == -URPC_EAGAIN)
			wait_request(s, c);
		if (err)
			die("protocol broken between honest ends", s);
		if (m.type != ASK || m.len != 16 || m.payload[0] != n || m.payload[1] != ~n)
			die("request lost, repeated, torn or damaged", s);
		if (urpc_fan_callee_answer(c, DONE) && caller->kind != BELL_NONE)
			bell_ring(caller);
	}
	return NULL;
}

static void wait_answers(struct side *s)
{
	struct urpc_fan *fan = &all.f.fan;
	struct bell *own = &all.bell[CALLEES];
	struct patience patience = { 0 };
	uint32_t seen;
	int err;

	for (;;) {
		seen = bell_seen(own);
		err = urpc_fan_poll(fan, DONE);
		if (err != -URPC_EAGAIN)
			break;
		if (own->kind == BELL_NONE) {
			urpc_fan_relax(fan);
			bell_turn(&patience, "stuck", die, s);
		} else if (urpc_fan_arm(fan)) {
			s->sleeps++;
			bell_wait(own, seen, die, s);
			urpc_fan_disarm(fan);
		}
	}
	if (err)
		die("protocol broken between honest ends", s);
}

static void *caller(void *arg)
{
	struct side *s = arg;
	uint64_t n;
	uint32_t i;

	for (n = 1; n <= all.calls; n++) {
		const uint64_t words[2] = { n, ~n };

		dawdle(s);
		if (urpc_fan_call(&all.f.fan, ASK, words, sizeof(words)))
			die("call refused", s);
		for (i = 0; i < CALLEES; i++)
			if (urpc_fan_wakes(&all.f.fan, i) && all.bell[i].kind != BELL_NONE)
				bell_ring(&all.bell[i]);
		dawdle(s);
		wait_answers(s);
	}
	return NULL;
}

static void run(bool cast, uint64_t calls, enum bell_kind kind)
{
	struct side side[CALLEES + 1];
	pthread_t thread[CALLEES + 1];
	uint32_t i;

	fan_open(&all.f, cast);
	all.f.fan.count = CALLEES;
	all.calls = calls;
	for (i = 0; i <= CALLEES; i++) {
		all.bell[i] = (struct bell){ .kind = kind };
		side[i] = (struct side){ .leg = i, .seed = 12345 + i };
	}
	for (i = 0; i <= CALLEES; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, i == CALLEES ? caller : callee,
						&side[i]), 0);
	for (i = 0; i <= CALLEES; i++)
		pthread_join(thread[i], NULL);
	assert_int_equal(all.f.fan.number, calls);
	for (i = 0; i <= CALLEES && kind != BELL_NONE; i++)
		assert_true(side[i].sleeps);
	fan_close(&all.f);
}

static void polled(void **state)
{
	(void)state;
	run(false, 20000 / SLOW, BELL_NONE);
	run(true, 20000 / SLOW, BELL_NONE);
}

static void wake_by_futex(void **state)
{
	(void)state;
	run(false, 20000 / SLOW, BELL_FUTEX);
	run(true, 20000 / SLOW, BELL_FUTEX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(polled),
		cmocka_unit_test(wake_by_futex),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc fan threads", tests, NULL, NULL);
}
