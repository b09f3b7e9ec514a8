// SPDX-License-Identifier: GPL-2.0-only
/*
 * Differential test: random operations on two ends, beside a plain queue for each direction that
 * says what must come out. The seed is printed, and may be given as the environment's SEED.
 */
#include <stdio.h>

#include "pair.h"

#define STEPS_MIN 400000
#define STEPS_MAX 8000000
#define ENOUGH 70000 /* messages a direction: the sequence fields have wrapped */

struct queued {
	uint16_t type;
	uint16_t len;
	unsigned char bytes[URPC_PAYLOAD_BYTES];
};

/* One direction: all that was sent and not received. */
struct queue {
	struct queued item[URPC_SLOTS_MAX];
	uint64_t put;
	uint64_t got;
};

struct model {
	struct pair pair;
	struct queue ab;
	struct queue ba;
	uint64_t seed;
	uint32_t slots;
};

static uint64_t first_seed(void)
{
	const char *text = getenv("SEED");

	return text ? strtoull(text, NULL, 0) | 1 : 20260117;
}

static void step_send(struct model *m, struct urpc_chan *c, struct queue *q)
{
	struct queued *item = &q->item[q->put % m->slots];
	uint64_t held = q->put - q->got;
	size_t len = pair_random(&m->seed) % (URPC_PAYLOAD_BYTES + 3);
	unsigned char bytes[64];
	uint16_t type = (uint16_t)pair_random(&m->seed);
	size_t i;
	int err;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)pair_random(&m->seed);
	err = urpc_send(c, type, bytes, len);
	if (len > URPC_PAYLOAD_BYTES) {
		assert_int_equal(err, -URPC_EMSGSIZE);
		return;
	}
	/* Refused only with three quarters or more unconsumed, always with a whole window. */
	if (err == -URPC_EAGAIN) {
		assert_true(held > m->slots - m->slots / 4);
		return;
	}
	assert_int_equal(err, 0);
	assert_true(held < m->slots);
	item->type = type;
	item->len = (uint16_t)len;
	memcpy(item->bytes, bytes, len);
	q->put++;
}

static void step_recv(struct model *m, struct urpc_chan *c, struct queue *q)
{
	const struct queued *item = &q->item[q->got % m->slots];
	bool can = urpc_can_recv(c);
	struct urpc_msg msg;
	int err = urpc_recv(c, &msg);

	assert_int_equal(can, !err);
	if (q->put == q->got) {
		assert_int_equal(err, -URPC_EAGAIN);
		return;
	}
	assert_int_equal(err, 0);
	assert_int_equal(msg.type, item->type);
	assert_int_equal(msg.len, item->len);
	assert_memory_equal(msg.payload, item->bytes, item->len);
	q->got++;
}

/* Arming says whether there is something to wait for; then the other side must know of it. */
static void step_sleep(struct model *m, struct urpc_chan *c, struct urpc_chan *peer,
		       const struct queue *in)
{
	(void)m;
	assert_int_equal(urpc_arm(c), in->put == in->got);
	if (in->put == in->got)
		assert_int_equal(peer->rx->armed, URPC_ARMED_RECV);
	urpc_disarm(c);
	if (urpc_arm_send(c))
		assert_int_equal(urpc_can_send(c), false);
	urpc_disarm(c);
}

static void step(struct model *m, bool forward, unsigned int bias)
{
	struct urpc_chan *c = forward ? &m->pair.a : &m->pair.b;
	struct urpc_chan *peer = forward ? &m->pair.b : &m->pair.a;
	struct queue *out = forward ? &m->ab : &m->ba;
	struct queue *in = forward ? &m->ba : &m->ab;
	unsigned int what = (unsigned int)(pair_random(&m->seed) >> 32) % 64;

	if (what == 0)
		step_sleep(m, c, peer, in);
	else if (what == 1)
		urpc_ack(c);
	else if (what < bias)
		step_send(m, c, out);
	else
		step_recv(m, c, in);
}

static void random_walk(void **state)
{
	struct model *m = calloc(1, sizeof(*m));
	uint64_t seed = first_seed(), i;

	(void)state;
	assert_non_null(m);
	print_message("# SEED=%llu\n", (unsigned long long)seed);
	for (m->slots = URPC_SLOTS_MIN; m->slots <= 1024; m->slots *= 2) {
		unsigned int bias_a = 32, bias_b = 32;

		m->seed = seed ^ (uint64_t)m->slots << 32;
		m->ab.put = m->ab.got = m->ba.put = m->ba.got = 0;
		pair_open(&m->pair, m->slots);
		for (i = 0; i < STEPS_MAX; i++) {
			if (i >= STEPS_MIN && m->ab.put > ENOUGH && m->ba.put > ENOUGH)
				break;
			/* Now and then, let one side mostly send and the other mostly receive. */
			if (i % (8 * m->slots) == 0) {
				bias_a = 8 + (unsigned int)(pair_random(&m->seed) >> 33) % 50;
				bias_b = 8 + (unsigned int)(pair_random(&m->seed) >> 33) % 50;
			}
			if (pair_random(&m->seed) >> 63)
				step(m, true, bias_a);
			else
				step(m, false, bias_b);
		}
		assert_false(m->pair.a.broken || m->pair.b.broken);
		assert_true(i < STEPS_MAX);
		pair_close(&m->pair);
	}
	free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_walk),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests_name("urpc model", tests, NULL, NULL);
}
