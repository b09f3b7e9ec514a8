// SPDX-License-Identifier: GPL-2.0-only
/* One end that calls several: each test over call lines, and over one shared line. */
#include <urpc/barrier.h>

/* Which lines were fetched for writing, by address: see fetched(). */
static const void *fetched_line[8];
static unsigned int fetched_count;

static void note_fetch(const void *line)
{
	if (fetched_count < sizeof(fetched_line) / sizeof(fetched_line[0]))
		fetched_line[fetched_count] = line;
	fetched_count++;
}

#define urpc_prefetchw(line) note_fetch(line)
#include "fan.h"

#define ASK 7
#define DONE 9

static int open_lines(void **state)
{
	static struct fanned f;

	fan_open(&f, false);
	*state = &f;
	return 0;
}

static int open_cast(void **state)
{
	static struct fanned f;

	fan_open(&f, true);
	*state = &f;
	return 0;
}

static int finish(void **state)
{
	fan_close(*state);
	return 0;
}

static void ask(struct fanned *f, uint64_t value)
{
	assert_int_equal(urpc_fan_call(&f->fan, ASK, &value, sizeof(value)), 0);
}

static void take(struct urpc_fan_callee *c, uint64_t value)
{
	struct urpc_msg m;

	assert_true(urpc_fan_callee_ready(c));
	assert_int_equal(urpc_fan_callee_accept(c, &m), 0);
	assert_int_equal(m.type, ASK);
	assert_int_equal(m.len, sizeof(value));
	assert_int_equal(m.payload[0], value);
	assert_false(urpc_fan_callee_ready(c));
	assert_int_equal(urpc_fan_callee_accept(c, &m), -URPC_EAGAIN);
}

/* Answers in any order; over only with the last; more rounds than sequence numbers. */
static void rounds(void **state)
{
	struct fanned *f = *state;
	uint64_t seed = 1, n;

	for (n = 1; n <= 70000; n++) {
		uint32_t first = (uint32_t)(pair_random(&seed) % FAN_LEGS), i;

		ask(f, n);
		assert_int_equal(f->fan.waiting, (1 << FAN_LEGS) - 1);
		assert_int_equal(urpc_fan_call(&f->fan, ASK, NULL, 0), -URPC_EBUSY);
		for (i = 0; i < FAN_LEGS; i++) {
			struct urpc_fan_callee *c = &f->callee[(first + i) % FAN_LEGS];

			assert_int_equal(urpc_fan_poll(&f->fan, DONE), -URPC_EAGAIN);
			take(c, n);
			assert_false(urpc_fan_callee_answer(c, DONE));
		}
		assert_int_equal(urpc_fan_poll(&f->fan, DONE), 0);
		assert_int_equal(f->fan.waiting, 0);
		assert_int_equal(urpc_fan_poll(&f->fan, DONE), 0);
	}
	assert_int_equal(f->fan.number, 70000);
}

static void out_of_turn(void **state)
{
	struct fanned *f = *state;
	uint64_t words[8] = { 0 };
	struct urpc_msg m;

	assert_int_equal(urpc_fan_poll(&f->fan, DONE), 0);
	assert_int_equal(urpc_fan_call(&f->fan, ASK, words, 57), -URPC_EMSGSIZE);
	assert_false(urpc_fan_callee_ready(&f->callee[0]));
	assert_int_equal(urpc_fan_callee_accept(&f->callee[0], &m), -URPC_EAGAIN);
	assert_false(urpc_fan_callee_answer(&f->callee[0], DONE));
	ask(f, 1);
	assert_int_equal(urpc_fan_add(&f->fan, f->lines, 1), -URPC_EINVAL);
	take(&f->callee[0], 1);
	assert_false(urpc_fan_callee_answer(&f->callee[0], DONE));
	assert_false(urpc_fan_callee_answer(&f->callee[0], DONE));
	assert_int_equal(urpc_fan_callee_accept(&f->callee[0], &m), -URPC_EAGAIN);
}

static void misaligned(void **state)
{
	struct fanned *f = *state;
	struct urpc_line *off = (struct urpc_line *)((char *)f->lines + 64);
	static struct urpc_fan fan;
	static struct urpc_fan_callee c;
	uint32_t i;

	assert_int_equal(urpc_fan_init(&fan, off), -URPC_EINVAL);
	assert_int_equal(urpc_fan_init(&fan, NULL), 0);
	assert_int_equal(urpc_fan_add(&fan, off, 1), -URPC_EINVAL);
	assert_int_equal(urpc_fan_add(&fan, NULL, 1), -URPC_EINVAL);
	for (i = 0; i < URPC_FAN_MAX; i++)
		assert_int_equal(urpc_fan_add(&fan, f->lines, i), 0);
	assert_int_equal(urpc_fan_add(&fan, f->lines, i), -URPC_EINVAL);
	assert_int_equal(urpc_fan_callee_init(&c, off, f->lines), -URPC_EINVAL);
	assert_int_equal(urpc_fan_callee_init(&c, NULL, off), -URPC_EINVAL);
	assert_int_equal(urpc_fan_callee_init(&c, NULL, NULL), -URPC_EINVAL);
}

/* Who sleeps is rung for, once it is its turn; who does not is not. */
static void sleepers(void **state)
{
	struct fanned *f = *state;
	uint32_t i;

	assert_true(urpc_fan_callee_arm(&f->callee[1]));
	ask(f, 1);
	for (i = 0; i < FAN_LEGS; i++)
		assert_int_equal(urpc_fan_wakes(&f->fan, i), i == 1);
	urpc_fan_callee_disarm(&f->callee[1]);
	/* A request that is there keeps its callee awake. */
	assert_false(urpc_fan_callee_arm(&f->callee[2]));
	assert_false(urpc_fan_wakes(&f->fan, 2));
	take(&f->callee[0], 1);
	assert_false(urpc_fan_callee_answer(&f->callee[0], DONE));
	/* An answer that is there keeps the caller awake; none is armed then. */
	assert_false(urpc_fan_arm(&f->fan));
	take(&f->callee[1], 1);
	assert_false(urpc_fan_callee_answer(&f->callee[1], DONE));
	assert_int_equal(urpc_fan_poll(&f->fan, DONE), -URPC_EAGAIN);
	assert_true(urpc_fan_arm(&f->fan));
	for (i = 2; i < FAN_LEGS; i++) {
		take(&f->callee[i], 1);
		assert_true(urpc_fan_callee_answer(&f->callee[i], DONE));
	}
	urpc_fan_disarm(&f->fan);
	assert_int_equal(urpc_fan_poll(&f->fan, DONE), 0);
	/* Nobody is waited for: the caller may sleep, a callee too; nobody rings for that. */
	assert_true(urpc_fan_arm(&f->fan));
	urpc_fan_disarm(&f->fan);
	for (i = 0; i < FAN_LEGS; i++)
		assert_true(urpc_fan_callee_arm(&f->callee[i]));
	ask(f, 2);
	for (i = 0; i < FAN_LEGS; i++)
		assert_true(urpc_fan_wakes(&f->fan, i));
}

/* While a request is served here, its callee waits for none, and sleeps if it likes. */
static void serving_sleeps(void **state)
{
	struct fanned *f = *state;

	ask(f, 1);
	take(&f->callee[0], 1);
	assert_true(urpc_fan_callee_arm(&f->callee[0]));
	urpc_fan_callee_disarm(&f->callee[0]);
	assert_false(urpc_fan_callee_answer(&f->callee[0], DONE));
	assert_int_equal(f->fan.waiting, (1 << FAN_LEGS) - 1);
}

/* ---- hostile ends ---- */

static uint64_t *header_to_caller(struct fanned *f)
{
	return &f->lines[3].call.header;
}

static uint64_t *header_to_callee(struct fanned *f)
{
	return f->fan.cast ? &f->lines[FAN_LEGS].call.header : &f->lines[3].call.header;
}

/* Headers that no honest end writes after the first call: made from the right one by a change. */
static const uint64_t wrong[] = {
	1,	       2,	  1ull << 15, URPC_LINE_REPLY, 1ull << 17,
	1ull << 31, 57ull << 48, 1ull << 56, 1ull << 63,
};

static void hostile_callee(void **state)
{
	struct fanned *f = *state;
	const uint64_t right = 1 | URPC_LINE_REPLY | (uint64_t)DONE << URPC_HDR_TYPE_SHIFT;
	const bool cast = f->fan.cast;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fan_close(f);
		fan_open(f, cast);
		ask(f, 1);
		*header_to_caller(f) = right ^ wrong[i];
		assert_int_equal(urpc_fan_poll(&f->fan, DONE), -URPC_EPROTO);
		assert_int_equal(f->fan.culprit, 3);
		assert_int_equal(f->fan.leg[f->fan.culprit].node, 103);
		/* It stays broken, whatever comes. */
		*header_to_caller(f) = right;
		assert_int_equal(urpc_fan_poll(&f->fan, DONE), -URPC_EPROTO);
		assert_int_equal(urpc_fan_call(&f->fan, ASK, NULL, 0), -URPC_EPROTO);
		assert_true(urpc_fan_arm(&f->fan));
	}
}

static void hostile_answer_type(void **state)
{
	struct fanned *f = *state;

	ask(f, 1);
	take(&f->callee[2], 1);
	urpc_fan_callee_answer(&f->callee[2], DONE + 1);
	assert_int_equal(urpc_fan_poll(&f->fan, DONE), -URPC_EPROTO);
	assert_int_equal(f->fan.culprit, 2);
}

static void hostile_caller(void **state)
{
	struct fanned *f = *state;
	const uint64_t right = 1 | (uint64_t)ASK << URPC_HDR_TYPE_SHIFT;
	const bool cast = f->fan.cast;
	struct urpc_msg m;
	size_t i;

	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		fan_close(f);
		fan_open(f, cast);
		*header_to_callee(f) = right ^ wrong[i];
		assert_true(urpc_fan_callee_ready(&f->callee[3]));
		assert_int_equal(urpc_fan_callee_accept(&f->callee[3], &m), -URPC_EPROTO);
		assert_false(urpc_fan_callee_ready(&f->callee[3]));
		*header_to_callee(f) = right;
		assert_int_equal(urpc_fan_callee_accept(&f->callee[3], &m), -URPC_EPROTO);
		assert_false(urpc_fan_callee_answer(&f->callee[3], DONE));
		assert_true(urpc_fan_callee_arm(&f->callee[3]));
	}
}

/* How often the line of leg @i was fetched since the last time that all were counted. */
static unsigned int fetched(const struct fanned *f, uint32_t i)
{
	unsigned int k, n = 0;

	for (k = 0; k < fetched_count; k++)
		n += fetched_line[k] == &f->lines[i].call;
	return n;
}

static void fetch_chosen(struct fanned *f, bool fetch)
{
	uint32_t i;

	for (i = 0; i < FAN_LEGS; i++) {
		f->fan.leg[i].end.fetch = fetch;
		f->callee[i].end.fetch = fetch;
	}
	fetched_count = 0;
}

/* Between polls: the lines of answers to come, once each; a callee's own; none under cast, or plain. */
static void relaxed(void **state)
{
	struct fanned *f = *state;
	const bool lines = !f->fan.cast;
	uint32_t i;

	fetch_chosen(f, true);
	urpc_fan_relax(&f->fan);
	assert_int_equal(fetched_count, 0); /* nothing was called */
	ask(f, 1);
	take(&f->callee[2], 1);
	urpc_fan_callee_answer(&f->callee[2], DONE);
	assert_int_equal(urpc_fan_poll(&f->fan, DONE), -URPC_EAGAIN);
	fetch_chosen(f, true);
	urpc_fan_relax(&f->fan);
	for (i = 0; i < FAN_LEGS; i++)
		assert_int_equal(fetched(f, i), lines && i != 2);
	assert_int_equal(fetched_count, lines ? FAN_LEGS - 1 : 0);
	fetch_chosen(f, true);
	urpc_fan_callee_relax(&f->callee[3]);
	assert_int_equal(fetched(f, 3), lines);
	assert_int_equal(fetched_count, lines);
	fetch_chosen(f, false);
	urpc_fan_relax(&f->fan);
	urpc_fan_callee_relax(&f->callee[3]);
	assert_int_equal(fetched_count, 0);
}

#define BOTH(test)                                                                                 \
	{ #test " over lines", test, open_lines, finish, NULL },                                   \
	{                                                                                          \
		#test " over one line", test, open_cast, finish, NULL                              \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		BOTH(rounds),	      BOTH(out_of_turn),	 BOTH(misaligned),
		BOTH(sleepers),	      BOTH(serving_sleeps),	 BOTH(hostile_callee),
		BOTH(hostile_caller), BOTH(hostile_answer_type), BOTH(relaxed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
