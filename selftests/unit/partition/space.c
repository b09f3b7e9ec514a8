// SPDX-License-Identifier: GPL-2.0-only
/* What ring 3's page tables are given, and what the CPU driver follows of them for system calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <abi/cap.h>
#include <abi/layout.h>
#include <cap_arch.h>
#include <memory.h>
#include <pagetable.h>
#include <user.h>

#define PAGE ABI_PAGE_SIZE
#define HERE 0x40000ull  /* the window has it, up to there: */
#define HERE_END 0x80000ull
#define VA 0x400000ull

/* Tables are at 4096, 8192, ...: the top one first. */
static uint64_t table[5][512] __attribute__((aligned(4096)));
unsigned char *fake_ram = (unsigned char *)table;
uint64_t fake_tsc;

bool memory_reached(uint64_t base, uint64_t bytes)
{
	return base >= HERE && base + bytes <= HERE_END;
}

static int start(void **state)
{
	(void)state;
	memset(table, 0, sizeof(table));
	for (unsigned int i = 0; i < 3; i++) {
		const struct cap_map m = { .table = (i + 1) * PAGE, .pa = (i + 2) * PAGE, .count = 1,
					   .index = VA >> (39 - 9 * i) & 511 };

		arch_cap_map(NULL, &m);
	}
	return 0;
}

static void map(uint32_t what, uint64_t pa, uint32_t count, uint8_t rights)
{
	const struct cap_map m = { .table = 4 * PAGE, .pa = pa, .count = count, .page = PAGE, .what = what,
				   .rights = rights, .index = VA >> 12 & 511 };

	arch_cap_map(NULL, &m);
}

static bool found(uint64_t va, bool write, uint64_t expected)
{
	uint64_t pa = 0;

	if (!arch_space_find(PAGE, va, write, &pa))
		return false;
	assert_int_equal(pa, expected);
	return true;
}

static void test_rights(void **state)
{
	(void)state;
	assert_false(found(VA, false, 0));
	map(ABI_CAP_FRAME, HERE, 2, ABI_CAP_READ);
	assert_true(found(VA + 5, false, HERE + 5));
	assert_true(found(VA + PAGE, false, HERE + PAGE));
	assert_false(found(VA, true, 0));
	assert_false(found(VA + 2 * PAGE, false, 0));
	map(ABI_CAP_FRAME, HERE, 1, ABI_CAP_RW);
	assert_true(found(VA, true, HERE));
	assert_true(table[4][0] & PTE_NO_EXECUTE);
	/* Above ring 3's half there is nothing of ring 3's. */
	assert_false(found(ABI_USER_END, false, 0));
	assert_false(found(UINT64_MAX, false, 0));
}

/* Another core's memory is the program's to use, but the window does not have it; nor devices. */
static void test_outside(void **state)
{
	const uint64_t bad[] = { HERE_END, HERE - PAGE, 1ull << 40, HERE_END - PAGE };

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		map(ABI_CAP_FRAME, bad[i], 2, ABI_CAP_RW);
		assert_true(table[4][0] & PTE_PRESENT && table[4][0] & PTE_USER && table[4][0] & PTE_WRITE);
		assert_int_equal(table[4][1] & PTE_ADDRESS, bad[i] + PAGE);
		assert_false(found(VA, false, 0));
		assert_false(found(VA + PAGE, true, 0));
	}
	map(ABI_CAP_FRAME, HERE_END - 2 * PAGE, 2, ABI_CAP_RW);
	assert_true(found(VA, true, HERE_END - 2 * PAGE));
	map(ABI_CAP_DEVFRAME, HERE, 1, ABI_CAP_RW);
	assert_false(found(VA, false, 0));
	assert_true(table[4][0] & PTE_CACHE_OFF);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_rights, start),
		cmocka_unit_test_setup(test_outside, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
