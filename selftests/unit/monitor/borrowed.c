// SPDX-License-Identifier: GPL-2.0-only
/* Memory of another node for programs of this core: it comes, is wiped for the next one, and goes back. */
#include <agreed.h>
#include <memory.h>
#include <memory_node.h>
#include <memory_parts.h>
#include <requests.h>

#include "lender.h"

static uint32_t give_up(uint64_t base)
{
	return program_give_up(&program, base);
}

/* Memory that only node 1 has. */
static struct monitor_mem_alloc wish_theirs(uint64_t bytes, uint32_t slot)
{
	struct monitor_mem_alloc m = program_wish(bytes, slot);

	m.numa = ITS_NUMA;
	m.strict = true;
	return m;
}

/* Node 1 gives a capability, as if it was asked. Return: how it was taken. */
static int give_cap(uint64_t base, uint64_t bytes, uint32_t type)
{
	const struct agree_object o = { base, bytes, type };

	lender.gave = 1;
	assert_int_equal(agree_give(&lender_nodes[OTHER].node.agree, SELF, &o, ABI_CAP_RW | ABI_CAP_DERIVE,
				    (uint64_t)OTHER << 48, 0), 0);
	lender_settle();
	return lender.gave;
}

static void say_granted(uint64_t base, uint64_t bytes)
{
	const struct memory_grant m = { .number = lender.asked.number, .base = base, .bytes = bytes,
					.numa = ITS_NUMA };

	memory_grant_out(&lender_nodes[OTHER].node.port, SELF, &m);
	lender_settle();
}

static void answer_grant(uint64_t base, uint64_t bytes)
{
	assert_int_equal(give_cap(base, bytes, ABI_CAP_FRAME), 0);
	say_granted(base, bytes);
}

/* A program gets @bytes of a grant of @grant at @base. */
static void borrow(uint64_t bytes, uint32_t slot, uint64_t base, uint64_t grant)
{
	const struct monitor_mem_alloc m = wish_theirs(bytes, slot);
	const unsigned int before = lender.asks;
	struct asking a;

	program_ask(&program, &a, &m);
	assert_int_equal(a.call.status, -URPC_EAGAIN);
	assert_int_equal(lender.asks, before + 1);
	assert_int_equal(lender.asked.bytes, bytes);
	assert_int_equal(lender.asked.numa, ITS_NUMA);
	answer_grant(base, grant);
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(a.call.status, 0);
	assert_int_equal(a.reply.error, 0);
	assert_int_equal(a.reply.base, base);
	assert_int_equal(a.reply.bytes, bytes);
	assert_int_equal(a.reply.numa, ITS_NUMA);
	assert_true(a.reply.borrowed);
}

/* What of the cache fits. */
static uint64_t from_cache(uint64_t bytes, uint32_t slot)
{
	const struct monitor_mem_alloc m = wish_theirs(bytes, slot);
	const unsigned int before = lender.asks;
	struct asking a;

	program_ask(&program, &a, &m);
	assert_int_equal(a.call.status, 0);
	assert_int_equal(a.reply.error, 0);
	assert_int_equal(lender.asks, before);
	return a.reply.base;
}

static bool all_are(uint64_t base, uint64_t bytes, uint8_t value)
{
	const uint8_t *at = arch_window(base);

	return *at == value && !memcmp(at, at + 1, bytes - 1);
}

static void test_borrow(void **state)
{
	const uint64_t part = 64 << 10;
	struct abi_cap_info cap;

	(void)state;
	memset(arch_window(LENT), 0x5a, LENT_BYTES);
	borrow(part, S_PART, LENT, 2 * MIB);
	cap = core_cap(program.program, S_PART);
	assert_int_equal(cap.type, ABI_CAP_FRAME);
	assert_int_equal(cap.base, LENT);
	assert_int_equal(cap.bytes, part);
	assert_int_equal(cap.rights, ABI_CAP_RW | ABI_CAP_RETYPE);
	assert_true(memory_parts_borrowed(LENT) && memory_parts_borrowed(LENT + 2 * MIB - 1));
	assert_false(memory_parts_borrowed(LENT + 2 * MIB));
	assert_int_equal(program_info().borrowed, 2 * MIB);
	/* The next one is behind it, and nobody is asked. */
	assert_int_equal(from_cache(part, S_PART + 1), LENT + part);
	assert_int_equal(program_invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PART, S_MADE, 4096), 0);
	/* It comes back clear, and the next one's is not touched. */
	assert_int_equal(give_up(LENT), 0);
	assert_int_equal(program_type(S_PART), ABI_CAP_NONE);
	assert_int_equal(program_type(S_MADE), ABI_CAP_NONE);
	assert_int_equal(program_type(S_PART + 1), ABI_CAP_FRAME);
	assert_true(all_are(LENT, part, 0));
	assert_true(all_are(LENT + part, LENT_BYTES - part, 0x5a));
	assert_int_equal(from_cache(part, S_PART), LENT);
}

/* A part that is all of a grant, in more than one slice. */
static void test_borrow_whole(void **state)
{
	const uint64_t bytes = 4 * MIB + 3 * 4096;

	(void)state;
	memset(arch_window(LENT), 0x5a, LENT_BYTES);
	borrow(bytes, S_PART, LENT, bytes);
	for (unsigned int i = 0; i < 3; i++) {
		memset(arch_window(LENT), 0x5a, bytes);
		assert_int_equal(core_cap(program.program, S_PART).bytes, bytes);
		assert_int_equal(give_up(LENT), 0);
		assert_true(all_are(LENT, bytes, 0));
		assert_true(all_are(LENT + bytes, LENT_BYTES - bytes, 0x5a));
		assert_int_equal(from_cache(bytes, S_PART), LENT);
	}
}

/* A grant in which nobody has anything goes back when its owner wants it; then nothing of it is here. */
static void test_recall(void **state)
{
	const struct memory_recall m = { .base = LENT, .bytes = 2 * MIB };
	uint64_t caps;

	(void)state;
	caps = core_caps();
	borrow(64 << 10, S_PART, LENT, 2 * MIB);
	memory_recall_out(&lender_nodes[OTHER].node.port, SELF, &m);
	lender_settle();
	assert_int_equal(lender.helds, 1);
	assert_int_equal(lender.held.domain, program.program->setup.domain);
	assert_int_equal(lender.backs, 0);
	assert_int_equal(give_up(LENT), 0);
	memory_recall_out(&lender_nodes[OTHER].node.port, SELF, &m);
	lender_settle();
	assert_int_equal(lender.backs, 1);
	assert_int_equal(lender.returned.base, LENT);
	assert_int_equal(lender.returned.bytes, 2 * MIB);
	assert_false(memory_parts_borrowed(LENT));
	assert_int_equal(core_caps(), caps);
	assert_int_equal(program_info().borrowed, 0);
	/* It may come again. */
	borrow(64 << 10, S_PART, LENT, 2 * MIB);
}

/* What nobody waits for, of another kind, or longer than asked, or there already. */
static void test_unasked(void **state)
{
	const struct monitor_mem_alloc m = wish_theirs(64 << 10, S_PART);
	struct asking a, b;

	(void)state;
	assert_int_equal(give_cap(LENT, 2 * MIB, ABI_CAP_FRAME), -ABI_CAP_E_OCCUPIED);
	assert_false(memory_parts_borrowed(LENT));
	program_ask(&program, &a, &m);
	assert_int_equal(give_cap(LENT, 2 * MIB, ABI_CAP_RAM), -ABI_CAP_E_OCCUPIED);
	assert_int_equal(give_cap(LENT, 32 << 10, ABI_CAP_FRAME), -ABI_CAP_E_OCCUPIED);
	assert_int_equal(give_cap(LENT, 4 * MIB, ABI_CAP_FRAME), -ABI_CAP_E_OCCUPIED);
	answer_grant(LENT, 64 << 10);
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(a.reply.error, 0);
	program_ask(&program, &b, &m);
	assert_int_equal(give_cap(LENT, 64 << 10, ABI_CAP_FRAME), -ABI_CAP_E_OCCUPIED);
	assert_int_equal(give_cap(LENT - 4096, 2 * MIB, ABI_CAP_FRAME), -ABI_CAP_E_OCCUPIED);
	answer_grant(LENT + (64 << 10), 64 << 10);
}

/* To revoke a part takes some turns, in which its grant seems to be of nobody; what comes then leaves it alone. */
static void test_comes_meanwhile(void **state)
{
	const struct monitor_mem_alloc m = wish_theirs(64 << 10, S_PART + 1);
	struct monitor_mem_free give_up = { .base = LENT };
	struct monitor_mem_free_reply reply = { .error = 99 };
	struct urpc_call call;
	struct asking a;

	(void)state;
	memset(arch_window(LENT), 0x5a, LENT_BYTES);
	borrow(2 * MIB, S_PART, LENT, 2 * MIB);
	program_ask(&program, &a, &m);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(program_invoke(ABI_CAP_DO_COPY, 0, S_PART, S_MADE + i, 0), 0);
	assert_int_equal(monitor_mem_free_call(&program.end, &call, &give_up, &reply), 0);
	core_turn();
	assert_int_equal(agree_give(&lender_nodes[OTHER].node.agree, SELF,
				    &(struct agree_object){ LENT + 2 * MIB, 64 << 10, ABI_CAP_FRAME },
				    ABI_CAP_RW | ABI_CAP_DERIVE, (uint64_t)OTHER << 48, 0), 0);
	for (unsigned int i = 0; i < 10; i++, lender_us++) {
		lender_deliver();
		node_tick(&lender_nodes[OTHER].node, lender_us);
		node_tick(&lender_nodes[SELF].node, lender_us);
	}
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(call.status, -URPC_EAGAIN);
	lender_settle();
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(reply.error, 0);
	say_granted(LENT + 2 * MIB, 64 << 10);
	assert_int_equal(lender.gave, 0);
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(a.reply.error, 0);
	assert_true(all_are(LENT, 2 * MIB, 0));
	assert_int_equal(from_cache(2 * MIB, S_PART), LENT);
	assert_int_equal(program_type(S_PART + 1), ABI_CAP_FRAME);
}

/* It ends while it waits: what comes is for the next one. */
static void test_ends(void **state)
{
	const struct monitor_mem_alloc m = wish_theirs(64 << 10, S_PART);
	uint64_t before, base[MEMORY_PARTS_DOMAIN];
	struct asking a;

	(void)state;
	before = memory_free();
	borrow(64 << 10, S_PART, LENT, 2 * MIB);
	memset(arch_window(LENT), 0x5a, 2 * MIB);
	program_ask(&program, &a, &(struct monitor_mem_alloc){ .bytes = 2 * MIB, .align = 4096, .numa = ITS_NUMA,
							 .strict = true, .address = S_MADE, .depth = DEPTH });
	assert_int_equal(a.call.status, -URPC_EAGAIN);
	core_unbind(3);
	lender_settle();
	assert_true(memory_free() > before);
	assert_true(all_are(LENT, 64 << 10, 0));
	client_open(&program, 3);
	client_greet(&program);
	/* What another has in its place is not touched by the answer. */
	for (uint32_t i = 0; i < MEMORY_PARTS_DOMAIN; i++)
		assert_int_equal(program_own(&program, 4096, S_PART + i, &base[i]), 0);
	answer_grant(LENT + 2 * MIB, 2 * MIB);
	for (uint32_t i = 0; i < MEMORY_PARTS_DOMAIN; i++)
		assert_int_equal(give_up(base[i]), 0);
	program_ask(&program, &a, &m);
	assert_int_equal(a.reply.error, 0);
	assert_true(a.reply.borrowed);
}

/* Programs that wait and end, again and again, leave nothing. */
static void test_many_end(void **state)
{
	const struct monitor_mem_alloc m = wish_theirs(64 << 10, S_PART);
	struct asking a[MEMSERV_ASKS];
	struct memory_none no;
	uint64_t base;

	(void)state;
	for (unsigned int i = 0; i <= MEMORY_PARTS / MEMSERV_ASKS; i++) {
		for (unsigned int n = 0; n < MEMSERV_ASKS; n++)
			program_ask(&program, &a[n], &m);
		core_unbind(3);
		no.number = lender.asked.number - MEMSERV_ASKS + 1;
		for (unsigned int n = 0; n < MEMSERV_ASKS; n++, no.number++)
			memory_none_out(&lender_nodes[OTHER].node.port, SELF, &no);
		lender_settle();
		client_open(&program, 3);
		client_greet(&program);
	}
	assert_int_equal(program_own(&program, 4096, S_PART, &base), 0);
}

/* There are so many grants, whoever has them; one more is refused. */
static void test_many_grants(void **state)
{
	const struct monitor_mem_alloc m = wish_theirs(4096, S_PART);
	struct client others[MEMORY_GRANTS / MEMORY_PARTS_DOMAIN];
	uint64_t at = LENT;
	struct asking a;

	(void)state;
	for (uint32_t n = 0; n < MEMORY_GRANTS / MEMORY_PARTS_DOMAIN; n++) {
		client_open_sized(&others[n], 4 + n, 4 * MIB);
		client_greet(&others[n]);
		for (uint32_t i = 0; i < MEMORY_PARTS_DOMAIN; i++, at += 4096) {
			const struct monitor_mem_alloc one = wish_theirs(4096, S_PART + i);

			program_ask(&others[n], &a, &one);
			answer_grant(at, 4096);
			client_take(&others[n], &program_hears_none, NULL);
			assert_int_equal(a.reply.base, at);
		}
	}
	program_ask(&program, &a, &m);
	assert_int_equal(give_cap(at, 4096, ABI_CAP_FRAME), -ABI_CAP_E_OCCUPIED);
	for (at = LENT; at < LENT + MEMORY_GRANTS * 4096; at += 4096)
		assert_true(memory_parts_borrowed(at));
	assert_false(memory_parts_borrowed(at));
}

/* Its owner has revoked a grant that nobody uses: it is here no more, and goes back at once. */
static void test_revoked(void **state)
{
	const struct agree_request q = { .kind = AGREE_REVOKE, .object = { LENT, 2 * MIB, ABI_CAP_FRAME } };
	const struct memory_recall m = { .base = LENT, .bytes = 2 * MIB };

	(void)state;
	borrow(64 << 10, S_PART, LENT, 2 * MIB);
	assert_int_equal(give_up(LENT), 0);
	lender.theirs = ABI_CAP_HAS_COPY;
	assert_int_equal(agree_start(&lender_nodes[OTHER].node.agree, &q, 0), 0);
	lender_settle();
	borrow(4 * MIB, S_PART, LENT + 2 * MIB, 4 * MIB);
	assert_false(memory_parts_borrowed(LENT));
	memory_recall_out(&lender_nodes[OTHER].node.port, SELF, &m);
	lender_settle();
	assert_int_equal(lender.backs, 1);
	assert_int_equal(lender.returned.base, LENT);
	assert_int_equal(program_info().borrowed, 4 * MIB);
}

/* The node is gone: who has its memory is ended, and nothing of it is here any more. */
static void test_owner_gone(void **state)
{
	struct program *before = program.program;
	struct monitor_mem_alloc m = program_wish(4096, S_PART);
	struct client other;
	struct asking a;

	(void)state;
	borrow(64 << 10, S_PART, LENT, 2 * MIB);
	client_open(&other, 5);
	client_greet(&other);
	m.numa = 0;
	program_ask(&other, &a, &m);
	assert_int_equal(a.reply.error, 0);
	assert_false(a.reply.borrowed);
	lender_lose();
	core_turn();
	assert_int_equal(other.program->status.state, ABI_DISPATCHER_RUNNABLE);
	assert_int_equal(before->status.state, ABI_DISPATCHER_STOPPED);
	core_ended(before, ABI_DISPATCHER_STOPPED, 0);
	lender_settle();
	assert_null(requests_of(before->setup.domain));
	client_open(&program, 4);
	client_greet(&program);
	/* Of another node it may come again. */
	assert_int_equal(program_info().borrowed, 0);
}

/* Of a node that is gone nobody waits any more: the program is told. */
static void test_asked_gone(void **state)
{
	const struct monitor_mem_alloc m = wish_theirs(64 << 10, S_PART);
	struct asking a;

	(void)state;
	program_ask(&program, &a, &m);
	lender_lose();
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(a.call.status, 0);
	assert_int_equal(a.reply.error, MEMSERV_E_OUT);
	assert_int_equal(program_info().borrowed, 0);
}

/* It goes back to its owner when it is freed: no program of a third node may have it. */
static void test_not_given_on(void **state)
{
	const struct agreed_gift gift = { S_PART, DEPTH, 0, 17, ABI_CAP_READ };
	const struct domain *d = domain_find(program.program->setup.domain);
	struct agreed_result result;
	uint64_t base;
	uint32_t at = 0;

	(void)state;
	borrow(64 << 10, S_PART, LENT, 2 * MIB);
	assert_int_equal(agreed_give(d, 1, &gift), -AGREE_E_KIND);
	assert_int_equal(program_invoke(ABI_CAP_DO_RETYPE, ABI_CAP_FRAME, S_PART, S_MADE, 4096), 0);
	assert_int_equal(agreed_give(d, 1, &(struct agreed_gift){ S_MADE, DEPTH, 0, 17, ABI_CAP_READ }),
			 -AGREE_E_KIND);
	assert_int_equal(program_own(&program, 4096, S_MADE + 1, &base), 0);
	lender.refusal = -ABI_CAP_E_OCCUPIED;
	assert_false(agreed_next(&at, &result));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_borrow, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_borrow_whole, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_recall, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_unasked, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_comes_meanwhile, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_ends, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_many_end, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_many_grants, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_revoked, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_owner_gone, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_asked_gone, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_not_given_on, lender_start, lender_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
