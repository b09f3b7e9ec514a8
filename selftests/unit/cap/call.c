// SPDX-License-Identifier: GPL-2.0-only
/* The system call: every field arrives where it belongs, and what is not used must be 0. */
#include <abi/invoke.h>

#include "unit.h"

enum field { F_RIGHTS, F_TYPE, F_TO, F_TO_DEPTH, F_VIA, F_VIA_DEPTH, F_COUNT, F_R8, F_R9, FIELDS };

/* A call, with the rest of it: what the CPU driver does when events are done. */
static int call(uint64_t word, uint64_t rsi, uint64_t rdx, uint64_t r10, uint64_t r8, uint64_t r9,
		uint64_t *value)
{
	const uint64_t args[6] = { word, rsi, rdx, r10, r8, r9 };
	uint64_t untouched = 0xabcdef;
	int rc;

	for (uint32_t turns = 0;; turns++) {
		*value = untouched;
		rc = cap_call(&space, &own[0], args, value);
		sound();
		if (rc != E(AGAIN))
			break;
		assert_true(turns < 10000);
	}
	if (rc)
		assert_int_equal(*value, untouched);
	while (space.dying || space.revoking)
		assert_int_not_equal(cap_work(&space, 4), E(BUSY));
	sound();
	return rc;
}

static int simple(uint32_t op, uint64_t rsi, uint64_t rdx)
{
	uint64_t value;
	int rc = call(ABI_INVOKE_WORD(op, 0, 0, 6, rdx ? 6 : 0, 0, 0), rsi, rdx, 0, 0, 0, &value);

	if (!rc)
		assert_int_equal(value, 0);
	return rc;
}

static uint64_t word_of(uint32_t number, enum abi_invoke_word which)
{
	uint64_t value;

	ok(call(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, 6, 0, 0, 0), number, 0, 0, 0, which,
		&value));
	return value;
}

static int make(uint32_t type, uint64_t to, uint64_t offset, uint64_t bytes, uint32_t count)
{
	uint64_t value;

	return call(ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, 6, 6, 0, count), RAM, to, 0, offset,
		    bytes, &value);
}

static void story(void **state)
{
	uint64_t value;

	(void)state;
	ok(make(ABI_CAP_FRAME, 4, 8 * PAGE, 2 * PAGE, 3));
	assert_int_equal(word_of(5, ABI_INVOKE_BASE), 10 * PAGE);
	assert_int_equal(word_of(6, ABI_INVOKE_BYTES), 2 * PAGE);
	ok(make(ABI_CAP_PT, 10, 0, 0, 1));
	ok(call(ABI_INVOKE_WORD(ABI_CAP_DO_MINT, ABI_CAP_READ, 0, 6, 6, 0, 0), 5, 7, 0, 0, 0,
		&value));
	assert_int_equal(word_of(7, ABI_INVOKE_KIND), ABI_CAP_FRAME | ABI_CAP_READ << 16);
	ok(call(ABI_INVOKE_WORD(ABI_CAP_DO_MAP, ABI_CAP_READ, 0, 6, 6, 6, 1), 7, 11, 10, PAGE, 9,
		&value));
	assert_int_equal(pte(0, 9), 11 * PAGE | PTE_PRESENT | PTE_LEAF);
	assert_int_equal(word_of(7, ABI_INVOKE_KIND),
			 ABI_CAP_FRAME | ABI_CAP_READ << 16 | ABI_CAP_INFO_MAPPED << 24);
	ok(simple(ABI_CAP_DO_COPY, 7, 12));
	ok(simple(ABI_CAP_DO_MOVE, 7, 13));
	empty(7);
	ok(simple(ABI_CAP_DO_DELETE, 13, 0));
	empty(11);
	assert_int_equal(pte(0, 9), 0);
	ok(make(ABI_CAP_DISPATCHER, 20, 32 * PAGE, 0, 1));
	ok(retype(20, 21, ABI_CAP_ENDPOINT, PAGE, 0, 1));
	ok(call(ABI_INVOKE_WORD(ABI_CAP_DO_MINT, ABI_CAP_WRITE, 0, 6, 6, 0, 0), 21, 22, 0, 99, 0,
		&value));
	assert_int_equal(word_of(22, ABI_INVOKE_BADGE), 99);
	ok(simple(ABI_CAP_DO_REVOKE, RAM, 0));
	assert_int_equal(space.count[ABI_CAP_FRAME], 0);
	assert_int_equal(space.count[ABI_CAP_RAM], 1);
}

/* Another CNode than the caller's root to resolve the target from. */
static void other_root(void **state)
{
	const uint64_t word = ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 6, 5, 6, 0);
	uint64_t value;

	(void)state;
	ok(make(ABI_CAP_CNODE, 4, 0, PAGE, 1));
	ok(call(word, VECTORS, 3, 4, 0, 0, &value));
	assert_int_equal(((struct cap_entry *)arch_window(0))[3].type, ABI_CAP_IRQ);
	refused(call(word, VECTORS, 3, 4, 0, 0, &value), OCCUPIED);
	refused(call(word, VECTORS, 5, 40, 0, 0, &value), EMPTY);
	refused(call(word, VECTORS, 5, RAM, 0, 0, &value), ADDRESS);
	refused(call(word, VECTORS, 5, 0, 0, 0, &value), ADDRESS);
	refused(call(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 6, 6, 0, 0), VECTORS, 5, 4, 0, 0,
		     &value), DEPTH);
	refused(call(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 6, 5, 70, 0), VECTORS, 5, 4, 0, 0,
		     &value), DEPTH);
	refused(call(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 6, 0, 0, 0), VECTORS, 5, 0, 0, 0,
		     &value), DEPTH);
	refused(call(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 0, 6, 0, 0), VECTORS, 5, 0, 0, 0,
		     &value), DEPTH);
	/* The CNode must be readable on the way, and writable itself. */
	ok(mint(4, 5, ABI_CAP_READ, 0));
	refused(call(word, VECTORS, 6, 5, 0, 0, &value), RIGHTS);
	ok(mint(4, 6, ABI_CAP_WRITE, 0));
	ok(call(word, 4, 7, 4, 0, 0, &value));
	refused(call(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 6, 5, 11, 0), VECTORS, 6, 6 << 5 | 7, 0,
		     0, &value), RIGHTS);
	own[0].rights = ABI_CAP_READ;
	ok(call(word, VECTORS, 6, 4, 0, 0, &value));
	refused(simple(ABI_CAP_DO_COPY, VECTORS, 10), RIGHTS);
}

/* Set one field to something, alone, in an operation that has no use for it. */
static void unused(void **state)
{
#define USES(op, ...) [ABI_CAP_DO_##op] = { __VA_ARGS__ },
	static const bool uses[ABI_CAP_DO_COUNT][7] = { ABI_INVOKE_USES(USES) };
	static const uint8_t column[FIELDS] = { 0, 1, 2, 2, 3, 3, 4, 5, 6 };
	uint32_t tried = 0;
	uint64_t value;

	(void)state;
	for (uint32_t op = 1; op < ABI_CAP_DO_COUNT; op++) {
		for (uint32_t f = 0; f < FIELDS; f++) {
			uint64_t word = ABI_INVOKE_WORD(op, f == F_RIGHTS, f == F_TYPE, 6,
							f == F_TO_DEPTH, f == F_VIA_DEPTH,
							f == F_COUNT);

			if (uses[op][column[f]])
				continue;
			refused(call(word, RAM, f == F_TO, f == F_VIA, f == F_R8, f == F_R9,
				     &value), ARGUMENT);
			tried++;
		}
	}
	assert_int_equal(tried, 41);
	for (uint64_t word = ABI_INVOKE_WORDS; word; word <<= 4)
		refused(call(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, 6, 0, 0, 0), RAM, 0, 0, 0,
			     word, &value), ARGUMENT);
	for (uint32_t op = ABI_CAP_DO_COUNT; op < 256; op++)
		refused(call(ABI_INVOKE_WORD(op, 1, 1, 6, 6, 6, 1), RAM, 5, 6, 7, 8, &value),
			OPERATION);
	refused(simple(0, RAM, 0), OPERATION);
}

static bool never(struct cap_space *s, const struct cap_entry *e, enum cap_question what)
{
	(void)s;
	(void)e;
	(void)what;
	return false;
}

/* Many that wait for other cores, more than a call looks at: it gives up all the same. */
static void waits(void **state)
{
	const uint64_t args[6] = { ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, ABI_CAP_FRAME, 6, 6, 0, 1),
				   RAM, 4, 0, 0, PAGE };
	uint64_t value;
	uint32_t turns = 0;
	int rc;

	(void)state;
	space.agree = never;
	for (uint32_t i = 0; i < 50; i++) {
		struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = slot(RAM), .to = slot(5),
				     .type = ABI_CAP_CNODE, .offset = i * PAGE, .bytes = PAGE,
				     .count = 1 };
		struct cap_slot inside;

		ok(finish(&op));
		ok(cap_slot_find(at(5), 1, 5, &inside));
		ok(cap_create(&space, inside.at, ABI_CAP_DOMAIN, i, 1, ABI_CAP_RW, CAP_REMOTE));
		op.kind = ABI_CAP_DO_DELETE;
		op.from = slot(5);
		ok(finish(&op));
	}
	assert_int_equal(space.dying_count, 50);
	do {
		rc = cap_call(&space, &own[0], args, &value);
		assert_true(++turns < 10);
	} while (rc == E(AGAIN));
	refused(rc, BUSY);
	sound();
	do {
		rc = cap_work(&space, 7);
		assert_true(++turns < 40);
	} while (rc == E(AGAIN));
	refused(rc, BUSY);
	space.agree = NULL;
	do {
		rc = cap_call(&space, &own[0], args, &value);
		assert_true(++turns < 100);
	} while (rc == E(AGAIN));
	ok(rc);
	sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(story),
		TEST(other_root),
		TEST(unused),
		TEST(waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
