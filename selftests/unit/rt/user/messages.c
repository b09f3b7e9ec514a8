// SPDX-License-Identifier: GPL-2.0-only
/* Messages: to oneself, and between the first program and a second one. */
#include <lib/crt.h>
#include <lib/lmp.h>
#include <lib/slot.h>

#include "rt.h"

#define ROOT(slot) ((struct abi_cap_at){ slot, ABI_DOMAIN_ROOT_BITS, 0 })
#define NO_CAP ((struct abi_cap_at){ 0, 0, 0 })
#define SLOT_OF_PROGRAM(n) (8 + (n)) /* the first program's: endpoint 0 of module n */
#define CALLS 500

static struct rt_lmp lmp;
static struct rt_waitset set;
static uint64_t got;

/* ---- to oneself ---- */

static void take_all(struct rt_event *event)
{
	struct rt_lmp_message m;

	while (!rt_lmp_receive((struct rt_lmp *)event, &m)) {
		CHECK(m.words == 1 + m.word[0] % ABI_LMP_WORDS && m.word[0] == got && !m.kind);
		for (uint64_t i = 1; i < m.words; i++)
			CHECK(m.word[i] == m.word[0] * i);
		got++;
	}
}

static void *send_many(void *argument)
{
	for (uint64_t n = 0; n < CALLS; n++) {
		uint64_t words[ABI_LMP_WORDS];

		for (uint64_t i = 0; i < ABI_LMP_WORDS; i++)
			words[i] = i ? n * i : n;
		CHECK(rt_lmp_send_wait(lmp.endpoint, words, (unsigned int)(1 + n % ABI_LMP_WORDS),
				       NO_CAP, RT_NEVER) == 0);
	}
	return argument;
}

static void with_capability(void)
{
	struct rt_lmp_message m;
	uint64_t word = 5, kind;
	uint32_t slot;

	CHECK(rt_lmp_send(lmp.endpoint, &word, 1, ROOT(ABI_SLOT_DOMAIN)) == 0);
	/* The slot is taken. */
	CHECK(rt_lmp_send(lmp.endpoint, &word, 1, ROOT(ABI_SLOT_DOMAIN)) == -RT_EBUSY);
	CHECK(rt_lmp_wait(&lmp, &m, RT_NEVER) == 0 && m.cap && m.word[0] == 5);
	slot = rt_lmp_take(&lmp);
	CHECK(slot && !rt_lmp_take(&lmp));
	CHECK(rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, rt_slot_depth(slot), 0, 0, 0),
			rt_slot_address(slot), 0, 0, 0, ABI_INVOKE_KIND, &kind) == 0);
	CHECK((kind & 0xffff) == ABI_CAP_DOMAIN);
	rt_slot_drop(slot);
	CHECK(rt_lmp_wait(&lmp, &m, rt_tsc() + us(300)) == -RT_ETIMEDOUT);
}

void test_messages(void)
{
	struct rt_lmp more[ABI_LMP_BUFFERS];
	struct rt_thread *sender;
	const uint32_t slots = rt_slots_used();
	unsigned int count = 0;
	uint64_t word = 0;

	for (int i = 0; i < (int)ABI_LMP_BUFFERS; i++)
		more[i] = (struct rt_lmp){ .event = { .handler = take_all } };
	lmp.event.handler = take_all;
	CHECK(rt_lmp_open(&lmp, 0, false) == -RT_EINVAL);
	CHECK(rt_lmp_open(&lmp, ABI_LMP_RECORDS_MAX + 1, false) == -RT_EINVAL);
	CHECK(rt_lmp_open(&lmp, 16, true) == 0);
	with_capability();
	rt_turn_us = 30;
	CHECK(rt_waitset_add(&set, &lmp.event) == 0);
	sender = start(send_many, NULL);
	while (got < CALLS)
		CHECK(rt_waitset_dispatch(&set, rt_tsc() + us(5000000)) == 0);
	join_all(&sender, 1);
	while (count < ABI_LMP_BUFFERS && !rt_lmp_open(&more[count], 1, false))
		count++;
	CHECK(count == ABI_LMP_BUFFERS - 2);
	while (count--)
		rt_lmp_close(&more[count]);
	rt_lmp_close(&lmp);
	CHECK(rt_lmp_send(lmp.endpoint, &word, 1, NO_CAP) < 0);
	CHECK(rt_slots_used() == slots);
}

/* ---- LRPC: module 0 serves, module 1 calls ---- */

static struct rt_lrpc served;
static uint64_t questions;

static void answer(struct rt_lrpc *lrpc, uint64_t badge, const uint64_t words[ABI_LRPC_WORDS])
{
	double half = (double)words[0] / 2;

	(void)lrpc;
	questions++;
	rt_lrpc_answer(ROOT(SLOT_OF_PROGRAM(badge)),
		       (uint64_t[]){ words[0] + 1, words[1] * 2, (uint64_t)(half * 4), ~words[3] });
}

/* With a thread that computes, or none: the handler interrupts it, and keeps its registers. */
static void serve(bool busy)
{
	static struct check check;

	served = (struct rt_lrpc){ .badge = RT_LRPC_ANY, .handler = answer };
	CHECK(rt_lrpc_serve(&served) == 0 && rt_lrpc_serve(&served) == -RT_EEXIST);
	while (questions < CALLS) {
		if (!busy) {
			rt_sleep_ns(100000000);
			continue;
		}
		check.seed = questions << 9;
		check.turns = 100;
		CHECK(!check_registers(&check));
	}
	rt_lrpc_stop(&served);
}

void test_server(void)
{
	serve(false);
}

void test_server_busy(void)
{
	serve(true);
}

void test_client(void)
{
	struct rt_lrpc self = { .badge = 1 };
	uint64_t begin = rt_tsc(), words[ABI_LRPC_WORDS];

	CHECK(rt_lrpc_serve(&self) == 0);
	for (uint64_t i = 0; i < CALLS; i++) {
		words[0] = i;
		words[1] = i * 7;
		words[2] = 0;
		words[3] = i;
		CHECK(rt_lrpc_call(&self, ROOT(ABI_SLOT_MONITOR), words, RT_NEVER) == 0);
		CHECK(words[0] == i + 1 && words[1] == i * 14 && words[2] == i * 2 && words[3] == ~i);
	}
	say("%lu cycles a call", (rt_tsc() - begin) / CALLS);
	CHECK(rt_lrpc_call(&self, ROOT(200), words, RT_NEVER) < 0);
}
