// SPDX-License-Identifier: GPL-2.0-only
/* Messages over LMP, with endpoints of few records in the place of the CPU driver's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <lib/carrier.h>
#include <lib/slot.h>

#include "every_stub.h"

/* An endpoint: its address is its number. The capability that came last waits in the receive slot. */
static struct endpoint {
	struct rt_lmp lmp;
	struct rt_lmp_message record[16];
	unsigned int count, room;
	uint32_t received;
	int error;
} endpoints[3];

static unsigned int records_sent, slots_dropped; /* with what was in the receive slot */
static uint32_t next_slot = 1000;

int rt_lmp_send(struct abi_cap_at at, const uint64_t *words, unsigned int count, struct abi_cap_at cap)
{
	struct endpoint *e = &endpoints[at.address];
	struct rt_lmp_message *m = &e->record[e->count];

	if (e->error)
		return e->error;
	if (e->count == e->room || (cap.depth && e->received))
		return -RT_EAGAIN;
	assert_in_range(count, 1, ABI_LMP_WORDS);
	memset(m, 0, sizeof(*m));
	m->words = (uint16_t)count;
	memcpy(m->word, words, count * 8);
	if (cap.depth) {
		m->cap = true;
		e->received = (uint32_t)cap.address;
	}
	e->count++;
	records_sent++;
	return 0;
}

int rt_lmp_receive(struct rt_lmp *lmp, struct rt_lmp_message *message)
{
	struct endpoint *e = (struct endpoint *)lmp;

	if (!e->count)
		return -RT_EAGAIN;
	*message = e->record[0];
	memmove(e->record, e->record + 1, --e->count * sizeof(e->record[0]));
	return 0;
}

uint32_t rt_lmp_take(struct rt_lmp *lmp)
{
	struct endpoint *e = (struct endpoint *)lmp;

	if (!e->received || !next_slot)
		return 0;
	e->received = 0;
	return next_slot++;
}

void rt_lmp_discard(struct rt_lmp *lmp)
{
	struct endpoint *e = (struct endpoint *)lmp;

	slots_dropped += e->received != 0;
	e->received = 0;
}

void rt_slot_drop(uint32_t slot)
{
	if (slot)
		slots_dropped++;
}

static struct rt_carrier carrier[2];
static struct every_end client, server;
static struct {
	unsigned int longest, submits;
	uint32_t bytes, sum, what, number;
} seen;

static int on_longest(void *ctx, uint32_t from, const struct every_longest *m)
{
	(void)ctx;
	(void)from;
	seen.longest++;
	seen.bytes = m->data_count;
	seen.sum = 0;
	for (uint32_t i = 0; i < m->data_count; i++)
		seen.sum = seen.sum * 31 + m->data[i];
	return 0;
}

static int on_submit(void *ctx, uint32_t from, const struct every_submit *m)
{
	(void)ctx;
	(void)from;
	seen.submits++;
	seen.number = m->number;
	return 0;
}

static int on_give(void *ctx, uint32_t from, const struct every_give *m)
{
	(void)ctx;
	(void)from;
	seen.what = m->what;
	return 0;
}

static const struct every_handlers handlers = { .longest = on_longest, .submit = on_submit,
						.give = on_give };

static int begin(void **state)
{
	(void)state;
	memset(&seen, 0, sizeof(seen));
	memset(endpoints, 0, sizeof(endpoints));
	records_sent = slots_dropped = 0;
	next_slot = 1000;
	for (unsigned int i = 0; i < 2; i++) {
		endpoints[i].room = 3;
		rt_carrier_init(&carrier[i], &endpoints[i].lmp, (struct abi_cap_at){ !i, 9, 0 });
	}
	every_client_by(&client, &carrier[0].carrier);
	every_server_by(&server, &carrier[1].carrier);
	assert_int_equal(every_bind(&client), -URPC_EAGAIN);
	assert_int_equal(every_bind(&server), 0);
	assert_int_equal(every_bind(&client), 0);
	assert_int_equal(records_sent, 2);
	return 0;
}

static int serve(void)
{
	return every_receive(&server, &handlers, NULL, 0);
}

/* Every length, through three records' room; what does not fit goes when there is room again. */
static void lengths(void **state)
{
	static uint8_t data[7166];

	(void)state;
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 13 + 1);
	for (uint32_t bytes = 0; bytes <= sizeof(data); bytes += bytes < 300 ? 1 : 331) {
		struct every_longest m = { bytes, data };
		uint32_t sum = 0;
		unsigned int rounds = 0;

		for (uint32_t i = 0; i < bytes; i++)
			sum = sum * 31 + data[i];
		seen.longest = records_sent = 0;
		assert_int_equal(every_longest_send(&client, &m), 0);
		while (serve() == -URPC_EAGAIN) {
			urpc_bound_ready(&client.bound);
			assert_in_range(++rounds, 1, 100);
		}
		assert_true(seen.longest == 1 && seen.bytes == bytes && seen.sum == sum);
		assert_int_equal(records_sent, (bytes + 2 + 87) / 88);
		assert_int_equal(serve(), -URPC_EAGAIN);
	}
}

static void nothing_is_overtaken(void **state)
{
	static uint8_t data[1000];
	struct every_longest m = { sizeof(data), data };
	struct every_submit submit = { 3 };

	(void)state;
	assert_int_equal(every_longest_send(&client, &m), 0);
	assert_int_equal(every_submit_send(&client, &submit), -URPC_EAGAIN);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(serve(), -URPC_EAGAIN);
		assert_int_equal(every_submit_send(&client, &submit), i < 2 ? -URPC_EAGAIN : 0);
	}
	assert_int_equal(serve(), 0);
	assert_true(seen.longest == 1 && !seen.submits);
	assert_int_equal(urpc_bound_ready(&client.bound), 0);
	assert_int_equal(serve(), 0);
	assert_true(seen.longest == 1 && seen.bytes == 1000 && seen.number == 3);
}

/* An answer has a place when all records are taken by the one before: it is never refused. */
static void no_record_is_left(void **state)
{
	struct every_submit submit = { 1 };

	(void)state;
	for (submit.number = 1; submit.number <= 4; submit.number++)
		assert_int_equal(every_submit_send(&client, &submit), 0);
	assert_int_equal(every_submit_send(&client, &submit), -URPC_EAGAIN);
	for (uint32_t number = 1; number <= 4; number++) {
		assert_int_equal(serve(), 0);
		assert_int_equal(seen.number, number);
		urpc_bound_ready(&client.bound);
	}
	assert_int_equal(serve(), -URPC_EAGAIN);
}

static void capabilities(void **state)
{
	struct every_give give = { 1, 77 };

	(void)state;
	assert_int_equal(every_give_send(&client, &give), 0);
	assert_int_equal(endpoints[1].received, 77);
	/* the receive slot is taken: the next one waits */
	assert_int_equal(every_give_send(&client, &give), -URPC_EAGAIN);
	assert_int_equal(serve(), 0);
	assert_int_equal(seen.what, 1000);
	assert_int_equal(every_give_send(&client, &give), 0);
	/* it cannot be taken for want of a slot: refused, and not in the way of the next one */
	next_slot = 0;
	assert_int_equal(serve(), -URPC_EPROTO);
	assert_int_equal(server.bound.refused, 1);
	assert_int_equal(slots_dropped, 1);
	assert_int_equal(endpoints[1].received, 0);
	next_slot = 2000;
	assert_int_equal(every_give_send(&client, &give), 0);
	assert_int_equal(serve(), 0);
	assert_int_equal(seen.what, 2000);
}

/* Records that no sender of ours makes: refused, what came with them is dropped, and the next goes. */
static void broken_records(void **state)
{
	static const struct {
		uint64_t word[2];
		unsigned int words;
		bool cap;
	} cases[] = {
		{ { EVERY_SUBMIT | 4ull << 32, 1 }, 0, false }, /* empty */
		{ { EVERY_SUBMIT | 4ull << 32, 1 }, 0, true },
		{ { EVERY_SUBMIT | 4ull << 32, 1 }, 1, false }, /* too short, too long */
		{ { EVERY_SUBMIT | 4ull << 32, 1 }, 3, false },
		{ { EVERY_SUBMIT | 4ull << 32, 1ull << 32 }, 2, false }, /* past the end */
		{ { EVERY_SUBMIT | 4ull << 32 | 1ull << 16, 1 }, 2, true }, /* not the first */
		{ { EVERY_SUBMIT | 4ull << 32 | 1ull << 48, 1 }, 2, false }, /* reserved */
		{ { EVERY_SUBMIT | 7169ull << 32, 1 }, 12, true }, /* longer than any */
	};
	unsigned int count = sizeof(cases) / sizeof(cases[0]);
	struct every_submit submit = { 3 };

	(void)state;
	for (unsigned int i = 0; i < count; i++) {
		struct rt_lmp_message *m = &endpoints[1].record[0];

		memset(m, 0, sizeof(*m));
		memcpy(m->word, cases[i].word, sizeof(cases[i].word));
		m->words = (uint16_t)cases[i].words;
		m->cap = cases[i].cap;
		endpoints[1].received = m->cap ? 5 : 0;
		endpoints[1].count = 1;
		slots_dropped = 0;
		assert_int_equal(serve(), -URPC_EPROTO);
		assert_int_equal(server.bound.refused, i + 1);
		assert_int_equal(slots_dropped, m->cap || cases[i].cap);
		assert_int_equal(endpoints[1].received, 0);
		assert_int_equal(every_submit_send(&client, &submit), 0);
		assert_int_equal(serve(), 0);
		assert_int_equal(seen.submits, i + 1);
	}
}

/* A second record that does not belong to the first, each way it can differ. */
static void wrong_second_record(void **state)
{
	static uint8_t data[150];
	struct every_longest m = { sizeof(data), data };
	struct every_submit submit = { 3 };

	(void)state;
	for (unsigned int how = 0; how < 5; how++) {
		struct rt_lmp_message *second = &endpoints[1].record[1];

		slots_dropped = 0;
		assert_int_equal(every_longest_send(&client, &m), 0);
		assert_int_equal(endpoints[1].count, 2);
		if (how == 0)
			second->word[0] ^= 1; /* type */
		else if (how == 1)
			second->word[0] ^= 3ull << 16; /* index */
		else if (how == 2)
			second->word[0] ^= 1ull << 32; /* bytes */
		else if (how == 3)
			second->words++;
		else
			second->cap = true, endpoints[1].received = 5;
		assert_int_equal(serve(), -URPC_EPROTO);
		assert_int_equal(slots_dropped, how == 4);
		assert_int_equal(every_submit_send(&client, &submit), 0);
		assert_int_equal(serve(), 0);
	}
	assert_true(!seen.longest && seen.submits == 5);
}

static void notices(void **state)
{
	struct every_submit submit = { 3 };

	(void)state;
	endpoints[1].record[0] = (struct rt_lmp_message){ .kind = ABI_LMP_DIED, .words = 1 };
	endpoints[1].count = 1;
	assert_int_equal(every_submit_send(&client, &submit), 0);
	assert_int_equal(serve(), 0);
	assert_true(seen.submits == 1 && !server.bound.refused);
}

/* An end that goes in the middle of a message: the error stays. */
static void gone(void **state)
{
	static uint8_t data[1000];
	struct every_longest m = { sizeof(data), data };
	struct every_submit submit = { 3 };

	(void)state;
	endpoints[1].error = -RT_ENOENT;
	assert_int_equal(every_submit_send(&client, &submit), -RT_ENOENT);
	endpoints[1].error = 0;
	assert_int_equal(every_submit_send(&client, &submit), 0);
	assert_int_equal(serve(), 0);
	assert_int_equal(every_longest_send(&client, &m), 0);
	endpoints[1].error = -RT_ENOENT;
	assert_int_equal(every_submit_send(&client, &submit), -RT_ENOENT);
	endpoints[1].error = 0;
	assert_int_equal(every_submit_send(&client, &submit), -RT_ENOENT);
	assert_int_equal(serve(), -URPC_EAGAIN);
	rt_carrier_end(&carrier[1]);
	assert_false(carrier[1].begun);
	/* What an end that cannot send waits for, it hears of. */
	assert_int_equal(serve(), -RT_EPIPE);
	assert_int_equal(every_receive(&client, &handlers, NULL, 0), -RT_ENOENT);
	assert_int_equal(every_receive(&client, &handlers, NULL, 0), -URPC_EINVAL);
}

/* A record with nothing, or of no message, brings a capability, and no slot is free: not in the way either. */
static void unwanted(void **state)
{
	struct rt_lmp_message *m = &endpoints[1].record[0];

	(void)state;
	for (unsigned int words = 0; words < 2; words++) {
		memset(m, 0, sizeof(*m));
		m->words = (uint16_t)words;
		m->cap = true;
		endpoints[1].received = 5;
		endpoints[1].count = 1;
		next_slot = 0;
		assert_int_equal(serve(), -URPC_EPROTO);
		assert_int_equal(endpoints[1].received, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(lengths, begin),
		cmocka_unit_test_setup(nothing_is_overtaken, begin),
		cmocka_unit_test_setup(no_record_is_left, begin),
		cmocka_unit_test_setup(capabilities, begin),
		cmocka_unit_test_setup(broken_records, begin),
		cmocka_unit_test_setup(wrong_second_record, begin),
		cmocka_unit_test_setup(notices, begin),
		cmocka_unit_test_setup(gone, begin),
		cmocka_unit_test_setup(unwanted, begin),
	};

	return cmocka_run_group_tests_name("lmp", tests, NULL, NULL);
}
