// SPDX-License-Identifier: GPL-2.0-only
/* Memory of this core: parts of it for programs, and lent to another node. */
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

/* ---- own memory ---- */

static void test_own(void **state)
{
	const uint64_t before = memory_free(), used = program_info().used;
	struct monitor_mem_alloc m = program_wish(64 << 10, S_PART);
	struct abi_cap_info cap;
	struct asking a;

	(void)state;
	program_ask(&program, &a, &m);
	assert_int_equal(a.call.status, 0);
	assert_int_equal(a.reply.error, 0);
	assert_int_equal(a.reply.bytes, 64 << 10);
	assert_int_equal(a.reply.numa, 0);
	assert_false(a.reply.borrowed);
	cap = core_cap(program.program, S_PART);
	assert_int_equal(cap.type, ABI_CAP_FRAME);
	assert_int_equal(cap.base, a.reply.base);
	assert_int_equal(cap.bytes, 64 << 10);
	assert_int_equal(program_info().used, used + (64 << 10));
	assert_int_equal(program_info().own, before - (64 << 10));
	assert_int_equal(requests_of(program.program->setup.domain)->owed, 0);
	/* What is made of it goes with it. */
	assert_int_equal(program_invoke(ABI_CAP_DO_COPY, 0, S_PART, S_MADE, 0), 0);
	assert_int_equal(give_up(a.reply.base), 0);
	assert_int_equal(program_type(S_PART), ABI_CAP_NONE);
	assert_int_equal(program_type(S_MADE), ABI_CAP_NONE);
	assert_int_equal(memory_free(), before);
	assert_int_equal(program_info().used, used);
}

static void test_ram(void **state)
{
	const uint64_t before = memory_free();
	struct monitor_mem_alloc m = program_wish(64 << 10, S_PART);
	struct asking a;

	(void)state;
	m.ram = true;
	m.align = 64 << 10;
	program_ask(&program, &a, &m);
	assert_int_equal(a.reply.error, 0);
	assert_int_equal(a.reply.base % m.align, 0);
	assert_int_equal(program_type(S_PART), ABI_CAP_RAM);
	/* The monitor's own copy stays, whatever the program revokes. */
	assert_int_equal(program_invoke(ABI_CAP_DO_REVOKE, 0, S_PART, 0, 0), -ABI_CAP_E_RIGHTS);
	assert_int_equal(program_invoke(ABI_CAP_DO_RETYPE, ABI_CAP_CNODE, S_PART, S_MADE,
				ABI_CAP_SLOT_BYTES << ABI_CAP_CNODE_BITS_MIN), 0);
	assert_int_equal(give_up(a.reply.base), 0);
	assert_int_equal(program_type(S_PART), ABI_CAP_NONE);
	assert_int_equal(program_type(S_MADE), ABI_CAP_NONE);
	assert_int_equal(memory_free(), before);
}

static void refused(const struct monitor_mem_alloc *m, uint32_t error)
{
	const uint64_t before = memory_free(), used = program_info().used;
	struct asking a;

	program_ask(&program, &a, m);
	assert_int_equal(a.call.status, 0);
	assert_int_equal(a.reply.error, error);
	assert_int_equal(requests_of(program.program->setup.domain)->owed, 0);
	assert_int_equal(memory_free(), before);
	assert_int_equal(program_info().used, used);
}

static void test_refused(void **state)
{
	struct monitor_mem_alloc m = program_wish(1 << 20, S_PART);
	struct client other;
	uint64_t base;

	(void)state;
	m.depth = 0;
	refused(&m, MONITOR_REFUSAL_INVALID);
	m.depth = 64;
	refused(&m, MONITOR_REFUSAL_INVALID);
	m = program_wish(1 << 20, 1u << DEPTH);
	refused(&m, MONITOR_REFUSAL_INVALID);
	m = program_wish(5000, S_PART);
	refused(&m, MEMSERV_E_INVALID);
	m = program_wish(0, S_PART);
	refused(&m, MEMSERV_E_INVALID);
	m = program_wish(4096, S_PART);
	m.align = 4096 * 3;
	refused(&m, MEMSERV_E_INVALID);
	m = program_wish(UINT64_MAX & ~4095ull, S_PART);
	refused(&m, MEMSERV_E_QUOTA);
	m = program_wish(program_info().quota - program_info().used + 4096, S_PART);
	refused(&m, MEMSERV_E_QUOTA);
	m.ram = true;
	/* And none of them keeps a part. */
	for (unsigned int i = 0; i <= MEMORY_PARTS_DOMAIN; i++)
		refused(&m, MEMSERV_E_QUOTA);
	/* A slot that is taken. */
	m = program_wish(4096, ABI_SLOT_RAM);
	refused(&m, MONITOR_REFUSAL_INVALID);
	assert_int_equal(program_type(ABI_SLOT_RAM), ABI_CAP_RAM);
	/* Nothing, not any more, or another's. */
	assert_int_equal(give_up(0), MEMSERV_E_MISSING);
	assert_int_equal(program_own(&program, 4096, S_PART, &base), 0);
	client_open(&other, 4);
	client_greet(&other);
	assert_int_equal(program_give_up(&other, base), MEMSERV_E_MISSING);
	assert_int_equal(program_type(S_PART), ABI_CAP_FRAME);
	assert_int_equal(give_up(base), 0);
	assert_int_equal(give_up(base), MEMSERV_E_MISSING);
}

/* Given up twice in one turn: the second time there is no such part, and it ends once. */
static void test_freed_twice(void **state)
{
	struct monitor_mem_free_reply reply[2] = { { .error = 99 }, { .error = 99 } };
	struct urpc_call call[2];
	struct monitor_mem_free m = { 0 };

	(void)state;
	assert_int_equal(program_own(&program, 4096, S_PART, &m.base), 0);
	for (unsigned int i = 0; i < 2; i++)
		assert_int_equal(monitor_mem_free_call(&program.end, &call[i], &m, &reply[i]), 0);
	core_turn();
	lender_settle();
	client_take(&program, &program_hears_none, NULL);
	assert_int_equal(call[0].status | call[1].status, 0);
	assert_int_equal(reply[0].error + reply[1].error, MEMSERV_E_MISSING);
	assert_int_equal(requests_of(program.program->setup.domain)->owed, 0);
}

/* No more parts than a program may have, and together no more than there are: the others are told so. */
static void test_many(void **state)
{
	uint64_t base[MEMORY_PARTS_DOMAIN], ignored, before;
	struct client others[MEMORY_PARTS / MEMORY_PARTS_DOMAIN];
	uint32_t i, n;

	(void)state;
	before = memory_free();
	for (i = 0; i < MEMORY_PARTS_DOMAIN; i++)
		assert_int_equal(program_own(&program, 4096, S_PART + i, &base[i]), 0);
	assert_int_equal(program_own(&program, 4096, S_PART + i, &ignored), MEMSERV_E_TABLE);
	assert_int_equal(give_up(base[3]), 0);
	assert_int_equal(program_own(&program, 4096, S_PART + 3, &base[3]), 0);
	for (n = 1; n < MEMORY_PARTS / MEMORY_PARTS_DOMAIN; n++) {
		client_open_sized(&others[n], 3 + n, 4 * MIB);
		client_greet(&others[n]);
		for (i = 0; i < MEMORY_PARTS_DOMAIN; i++)
			assert_int_equal(program_own(&others[n], 4096, S_PART + i, &ignored), 0);
	}
	client_open_sized(&others[0], 20, 4 * MIB);
	client_greet(&others[0]);
	assert_int_equal(program_own(&others[0], 4096, S_PART, &ignored), MEMSERV_E_TABLE);
	/* They end: all that they had is there again. */
	for (n = 0; n < MEMORY_PARTS / MEMORY_PARTS_DOMAIN; n++)
		core_unbind(n ? 3 + n : 20);
	lender_settle();
	for (i = 0; i < MEMORY_PARTS_DOMAIN; i++)
		assert_int_equal(give_up(base[i]), 0);
	assert_int_equal(memory_free(), before);
}

/* ---- lent ---- */

static struct memory_ask ask_for(uint64_t bytes)
{
	return (struct memory_ask){ .number = 77, .bytes = bytes, .most = bytes, .align = 4096,
				    .numa = MEMSERV_ANY };
}

static void ask_self(uint64_t bytes)
{
	const struct memory_ask m = ask_for(bytes);

	memory_ask_out(&lender_nodes[OTHER].node.port, SELF, &m);
	lender_settle();
}

static void test_lend(void **state)
{
	const uint64_t before = memory_free();
	struct memory_back back;

	(void)state;
	lender.theirs = ABI_CAP_HAS_COPY;
	ask_self(MIB);
	assert_int_equal(lender.grants, 1);
	assert_int_equal(lender.granted.number, 77);
	assert_int_equal(lender.granted.bytes, MIB);
	assert_int_equal(lender.came.base, lender.granted.base);
	assert_int_equal(lender.came.bytes, MIB);
	assert_int_equal(lender.came.type, ABI_CAP_FRAME);
	assert_int_equal(lender.came_rights, ABI_CAP_RW | ABI_CAP_DERIVE);
	assert_int_equal(memory_free(), before - MIB);
	assert_int_equal(program_info().lent, MIB);
	/* It comes back: nobody has anything of it before it is given out again. */
	back = (struct memory_back){ .base = lender.granted.base, .bytes = lender.granted.bytes };
	memory_back_out(&lender_nodes[OTHER].node.port, SELF, &back);
	lender_settle();
	assert_int_equal(lender.dropped, 1);
	assert_int_equal(program_info().lent, 0);
	assert_int_equal(memory_free(), before);
	/* The same again. */
	ask_self(MIB);
	assert_int_equal(lender.grants, 2);
	assert_int_equal(memory_free(), before - MIB);
}

static void test_lend_refused(void **state)
{
	const uint64_t before = memory_free();

	(void)state;
	lender.refusal = -ABI_CAP_E_OCCUPIED;
	for (unsigned int i = 1; i < 2 * MEMORY_PARTS; i++) {
		ask_self(MIB);
		assert_int_equal(lender.nones, i);
	}
	assert_int_equal(lender.grants, 0);
	assert_int_equal(memory_free(), before);
	/* More than half is never lent to one. */
	lender.refusal = 0;
	ask_self((memory_total() / 2 & ~4095ull) + 4096);
	assert_int_equal(lender.grants, 0);
}

/* What is lent has its share of the parts: then others are told that there is none, and programs have theirs. */
static void test_lend_full(void **state)
{
	uint64_t base;

	(void)state;
	for (uint32_t i = 0; i < MEMORY_PARTS_LENT; i++)
		ask_self(4096);
	assert_int_equal(lender.grants, MEMORY_PARTS_LENT);
	assert_int_equal(lender.nones, 0);
	for (uint32_t i = 0; i < MEMORY_PARTS - MEMORY_PARTS_LENT; i++)
		ask_self(4096);
	assert_int_equal(lender.grants, MEMORY_PARTS_LENT);
	assert_int_equal(lender.nones, MEMORY_PARTS - MEMORY_PARTS_LENT);
	for (uint32_t i = 0; i < MEMORY_PARTS_DOMAIN; i++)
		assert_int_equal(program_own(&program, 4096, S_PART + i, &base), 0);
}


static void test_lend_gone(void **state)
{
	const uint64_t before = memory_free();
	const struct memory_ask m = ask_for(MIB);

	(void)state;
	lender.theirs = ABI_CAP_HAS_COPY;
	ask_self(MIB);
	/* Another is on its way. */
	memory_ask_out(&lender_nodes[OTHER].node.port, SELF, &m);
	lender_deliver();
	core_turn();
	assert_int_equal(memory_free(), before - 2 * MIB);
	lender_lose();
	assert_int_equal(memory_free(), before);
	assert_int_equal(program_info().lent, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_ram, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_refused, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_freed_twice, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_many, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_lend, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_lend_refused, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_lend_full, lender_start, lender_stop),
		cmocka_unit_test_setup_teardown(test_lend_gone, lender_start, lender_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
