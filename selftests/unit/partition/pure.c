// SPDX-License-Identifier: GPL-2.0-only
/* Parts of the CPU driver that need no machine: timers, symbol table, page tables. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include <abi/layout.h>
#include <pagetable.h>
#include <symbols.h>
#include <timer.h>

/* ---- timers ---- */

#define MANY TIMERS_MAX

static struct timer timers[MANY + 1];
static uint64_t expired[MANY];
static unsigned int expired_count;

static void note(struct timer *t)
{
	assert_int_equal(t->slot, 0);
	expired[expired_count++] = t->deadline;
}

static void test_timer_order(void **state)
{
	(void)state;
	for (unsigned int seed = 1; seed < 20; seed++) {
		unsigned int set = 0, left;

		srand(seed);
		expired_count = 0;
		for (unsigned int i = 0; i < MANY; i++)
			assert_true(timer_start(&timers[i], (uint64_t)rand() % 1000, note));
		assert_false(timer_start(&timers[MANY], 1, note));
		for (unsigned int i = 0; i < MANY; i += 3)
			timer_cancel(&timers[i]);
		timer_cancel(&timers[0]);
		for (unsigned int i = 0; i < MANY; i++)
			set += timers[i].slot != 0;
		assert_int_equal(set, MANY - (MANY + 2) / 3);
		timer_run(499);
		left = set - expired_count;
		assert_true(timer_next() > 499);
		for (unsigned int i = 0; i < expired_count; i++)
			assert_true(expired[i] <= 499 && (!i || expired[i - 1] <= expired[i]));
		assert_true(left > 0);
		timer_run(1000);
		assert_int_equal(expired_count, set);
		assert_int_equal(timer_next(), UINT64_MAX);
		assert_false(timer_run(UINT64_MAX));
	}
}

static void again(struct timer *t)
{
	if (++expired_count < 5)
		assert_true(timer_start(t, t->deadline + 10, again));
}

static void test_timer_restart(void **state)
{
	(void)state;
	expired_count = 0;
	assert_true(timer_start(&timers[0], 10, again));
	assert_true(timer_run(30));
	assert_int_equal(expired_count, 3);
	assert_int_equal(timer_next(), 40);
	timer_cancel(&timers[0]);
	assert_int_equal(timer_next(), UINT64_MAX);
}

/* ---- symbols ---- */

const struct symbol symbol_table[] = { { 0, 0 }, { 0x10, 6 }, { 0x40, 11 }, { 0x100, 17 } };
const uint32_t symbol_count = 4;
const uint32_t symbol_end = 0x180;
const char symbol_names[] = "start\0four\0third\0last";

static void test_symbols(void **state)
{
	uint64_t offset;

	(void)state;
	assert_string_equal(symbols_find(ABI_IMAGE_VA, &offset), "start");
	assert_int_equal(offset, 0);
	assert_string_equal(symbols_find(ABI_IMAGE_VA + 0xf, &offset), "start");
	assert_int_equal(offset, 0xf);
	assert_string_equal(symbols_find(ABI_IMAGE_VA + 0x10, &offset), "four");
	assert_string_equal(symbols_find(ABI_IMAGE_VA + 0xff, &offset), "third");
	assert_string_equal(symbols_find(ABI_IMAGE_VA + 0x17f, &offset), "last");
	assert_int_equal(offset, 0x7f);
	assert_null(symbols_find(ABI_IMAGE_VA + 0x180, &offset));
	assert_null(symbols_find(ABI_IMAGE_VA - 1, &offset));
	assert_null(symbols_find(0, &offset));
	assert_null(symbols_find(UINT64_MAX, &offset));
}

/* ---- page tables ---- */

#define TABLES 64
#define LARGE ABI_LARGE_PAGE_SIZE

static uint64_t memory[TABLES][512] __attribute__((aligned(4096)));
static unsigned int tables_used;

static uint64_t give(void)
{
	assert_true(tables_used < TABLES);
	memset(memory[tables_used], 0, 4096);
	return (uint64_t)(++tables_used) << 12;
}

static void *at(uint64_t pa)
{
	assert_true(pa >> 12 && pa >> 12 <= TABLES && !(pa & 4095));
	return memory[(pa >> 12) - 1];
}

static struct pagetable fresh(void)
{
	struct pagetable pt = { .page = give, .at = at };

	tables_used = 0;
	pagetable_init(&pt);
	return pt;
}

static void expect(struct pagetable *pt, uint64_t va, uint64_t pa, uint64_t rights)
{
	uint64_t real_pa, real_rights;

	assert_true(pagetable_find(pt, va, &real_pa, &real_rights));
	assert_int_equal(real_pa, pa);
	assert_int_equal(real_rights, rights);
}

static void expect_hole(struct pagetable *pt, uint64_t va)
{
	uint64_t pa, rights;

	assert_false(pagetable_find(pt, va, &pa, &rights));
}

static void test_map_small(void **state)
{
	struct pagetable pt = fresh();

	(void)state;
	pagetable_map(&pt, ABI_IMAGE_VA, 0x7654000, 0x3000, MAP_TEXT);
	expect(&pt, ABI_IMAGE_VA, 0x7654000, 0);
	expect(&pt, ABI_IMAGE_VA + 0x2fff, 0x7656fff, 0);
	expect_hole(&pt, ABI_IMAGE_VA + 0x3000);
	expect_hole(&pt, ABI_IMAGE_VA - 1);
	expect_hole(&pt, 0);
	assert_int_equal(pt.pages, 4);
	assert_int_equal(pt.large, 0);
}

static void test_map_large(void **state)
{
	struct pagetable pt = fresh();
	uint64_t va = ABI_WINDOW_VA + 3 * LARGE;

	(void)state;
	/* A ragged start and end around two whole large pages. */
	pagetable_map(&pt, va - 0x2000, 3 * LARGE - 0x2000, 2 * LARGE + 0x3000, MAP_WRITE);
	assert_int_equal(pt.large, 2);
	expect(&pt, va - 0x2000, 3 * LARGE - 0x2000, MAP_WRITE);
	expect(&pt, va + 12345, 3 * LARGE + 12345, MAP_WRITE);
	expect(&pt, va + 2 * LARGE, 5 * LARGE, MAP_WRITE);
	expect_hole(&pt, va + 2 * LARGE + 0x1000);
	expect_hole(&pt, va - 0x2001);
	/* Same size, but physical memory not aligned alike: small pages. */
	pagetable_map(&pt, va + 8 * LARGE, 0x1000, LARGE, MAP_WRITE);
	assert_int_equal(pt.large, 2);
	expect(&pt, va + 9 * LARGE - 1, LARGE + 0xfff, MAP_WRITE);
}

static void test_map_split(void **state)
{
	struct pagetable pt = fresh();
	uint64_t va = ABI_WINDOW_VA;

	(void)state;
	pagetable_map(&pt, va, 0, 2 * LARGE, MAP_WRITE);
	assert_int_equal(pt.large, 2);
	pagetable_map(&pt, va + 0x5000, 0x5000, 0x2000, MAP_READ);
	assert_int_equal(pt.large, 1);
	expect(&pt, va + 0x4fff, 0x4fff, MAP_WRITE);
	expect(&pt, va + 0x5000, 0x5000, MAP_READ);
	expect(&pt, va + 0x6fff, 0x6fff, MAP_READ);
	expect(&pt, va + 0x7000, 0x7000, MAP_WRITE);
	expect(&pt, va + LARGE - 1, LARGE - 1, MAP_WRITE);
	expect(&pt, va + LARGE, LARGE, MAP_WRITE);
	/* A large range over small pages keeps to small ones, and replaces the rights. */
	pagetable_map(&pt, va, 0, LARGE, MAP_READ);
	assert_int_equal(pt.large, 1);
	expect(&pt, va, 0, MAP_READ);
	expect(&pt, va + LARGE - 1, LARGE - 1, MAP_READ);
	pagetable_map(&pt, va + LARGE, LARGE, LARGE, MAP_READ);
	assert_int_equal(pt.large, 1);
	expect(&pt, va + LARGE, LARGE, MAP_READ);
}

static void test_clear(void **state)
{
	struct pagetable pt = fresh();
	const uint64_t va = ABI_WINDOW_VA + 4 * LARGE;

	(void)state;
	pagetable_map(&pt, va, 4 * LARGE, 3 * LARGE, MAP_WRITE);
	pagetable_map(&pt, va + LARGE + 0x5000, 5 * LARGE + 0x5000, 0x1000, MAP_READ);
	assert_int_equal(pt.large, 2);
	/* One that is large, one that is small pages; what is beside them stays. */
	pagetable_clear(&pt, va, 2 * LARGE);
	assert_int_equal(pt.large, 1);
	expect_hole(&pt, va);
	expect_hole(&pt, va + LARGE);
	expect_hole(&pt, va + 2 * LARGE - 1);
	expect(&pt, va + 2 * LARGE, 6 * LARGE, MAP_WRITE);
	/* What was never mapped makes no tables. */
	assert_int_equal(pt.pages, 4);
	pagetable_clear(&pt, va + (4ull << 30), 4 * LARGE);
	assert_int_equal(pt.pages, 4);
	/* Anew, in the place of either. */
	pagetable_map(&pt, va, 4 * LARGE, 2 * LARGE, MAP_WRITE);
	expect(&pt, va + LARGE + 0x5000, 5 * LARGE + 0x5000, MAP_WRITE);
	assert_int_equal(pt.pages, 4);
}

static void test_map_device(void **state)
{
	struct pagetable pt = fresh();

	(void)state;
	pagetable_map(&pt, ABI_MMIO_VA, 0xfee00000, 0x1000, MAP_DEVICE);
	expect(&pt, ABI_MMIO_VA + 0x80, 0xfee00080, MAP_DEVICE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_timer_order), cmocka_unit_test(test_timer_restart),
		cmocka_unit_test(test_symbols),	    cmocka_unit_test(test_map_small),
		cmocka_unit_test(test_map_large),   cmocka_unit_test(test_map_split),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_map_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
