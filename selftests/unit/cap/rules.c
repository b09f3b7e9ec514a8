// SPDX-License-Identifier: GPL-2.0-only
/* Addresses, copies and retypes: every rule, and every reason to refuse. */
#include "unit.h"

static int find(uint64_t address, uint32_t depth)
{
	struct cap_slot found = { .rights = 0x99 };
	int rc = cap_slot_find(&own[0], address, depth, &found);

	if (rc)
		assert_int_equal(found.rights, 0x99);
	return rc;
}

static void address(void **state)
{
	struct cap_slot found;

	(void)state;
	ok(retype(RAM, FREE, ABI_CAP_CNODE, 0, PAGE, 1));
	ok(find(FREE, 6));
	refused(find(FREE, 0), DEPTH);
	refused(find(FREE, 5), DEPTH);
	refused(find(FREE << 1, 7), DEPTH);
	refused(find(FREE, 65), DEPTH);
	refused(find(FREE | 1 << 6, 6), ADDRESS);
	refused(find(0, 6), ADDRESS);
	refused(find(1, 64), ADDRESS);
	/* The second level has 32 slots: eleven bits in all. */
	ok(cap_slot_find(&own[0], FREE << 5 | 7, 11, &found));
	assert_ptr_equal(found.at, (struct cap_entry *)arch_window(0) + 7);
	assert_ptr_equal(found.node, at(FREE));
	refused(find(FREE << 5, 11), ADDRESS);
	refused(find(FREE << 4 | 7, 10), DEPTH);
	refused(find(FREE << 6 | 7, 12), ADDRESS);
	refused(find(RAM << 5 | 7, 11), ADDRESS);
	refused(find(40 << 5 | 7, 11), ADDRESS);
	refused(find((uint64_t)FREE << 10 | 7 << 5 | 7, 16), ADDRESS);
	refused(cap_slot_find(at(RAM), 1, 6, &found), ADDRESS);
	/* Each on the way must have a right for all to have it. */
	own[0].rights = ABI_CAP_READ | ABI_CAP_REVOKE;
	ok(cap_slot_find(&own[0], FREE << 5 | 7, 11, &found));
	assert_int_equal(found.rights, ABI_CAP_READ | ABI_CAP_REVOKE);
}

/* Every bit of 64 used: twelve levels of the same CNode inside itself. */
static void address_deep(void **state)
{
	struct cap_slot found;
	uint64_t way = 0;

	(void)state;
	ok(retype(RAM, FREE, ABI_CAP_CNODE, 0, 16 * PAGE, 1)); /* 9 bits */
	for (uint32_t i = 0; i < 6; i++)
		way = way << 9 | 5;
	assert_int_equal(cap_slot_find(at(FREE), 5, 9, &found), 0);
	found.node = at(FREE);
	struct cap_op op = { .kind = ABI_CAP_DO_COPY, .from = slot(FREE), .to = found };

	ok(done(&op));
	ok(cap_slot_find(at(FREE), way, 54, &found));
	ok(cap_slot_find(at(FREE), way << 9 | 7, 63, &found));
	assert_ptr_equal(found.at, (struct cap_entry *)arch_window(0) + 7);
	refused(cap_slot_find(at(FREE), way << 10 | 5 << 1, 64, &found), DEPTH);
}

static void path_rights(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_COPY };
	struct cap_slot inner;

	(void)state;
	ok(retype(RAM, FREE, ABI_CAP_CNODE, 0, PAGE, 1));
	ok(mint(FREE, 5, ABI_CAP_READ, 0));
	ok(mint(FREE, 6, ABI_CAP_WRITE, 0));
	ok(cap_slot_find(&own[0], FREE << 5 | 1, 11, &inner));
	op.from = slot(RAM);
	op.to = inner;
	ok(done(&op));

	ok(cap_slot_find(&own[0], 5 << 5 | 2, 11, &op.to));
	refused(done(&op), RIGHTS);
	ok(cap_slot_find(&own[0], 5 << 5 | 1, 11, &op.from));
	op.to = slot(7);
	ok(done(&op));
	ok(cap_slot_find(&own[0], 6 << 5 | 1, 11, &op.from));
	op.to = slot(8);
	refused(done(&op), RIGHTS);
	op.kind = ABI_CAP_DO_IDENTIFY;
	refused(done(&op), RIGHTS);
	op.kind = ABI_CAP_DO_REVOKE;
	refused(done(&op), RIGHTS);
	op.kind = ABI_CAP_DO_MOVE;
	refused(done(&op), RIGHTS);
	ok(cap_slot_find(&own[0], 5 << 5 | 1, 11, &op.from));
	refused(done(&op), RIGHTS);
	op.kind = ABI_CAP_DO_DELETE;
	refused(done(&op), RIGHTS);
	ok(cap_slot_find(&own[0], 6 << 5 | 1, 11, &op.from));
	ok(done(&op));
}

static void operation(void **state)
{
	struct cap_op op = { .from = slot(RAM), .to = slot(FREE) };

	(void)state;
	op.kind = 0;
	refused(done(&op), OPERATION);
	op.kind = ABI_CAP_DO_COUNT;
	refused(done(&op), OPERATION);
	op.kind = ~0u;
	refused(done(&op), OPERATION);
}

static void copies(void **state)
{
	(void)state;
	refused(copy(FREE, 5), EMPTY);
	refused(copy(RAM, DEVICES), OCCUPIED);
	refused(copy(RAM, RAM), OCCUPIED);
	ok(copy(RAM, FREE));
	assert_int_equal(at(FREE)->base, 0);
	assert_int_equal(at(FREE)->end, RAM_BYTES);
	assert_int_equal(at(FREE)->rights, ABI_CAP_RIGHTS);
	assert_int_equal(space.count[ABI_CAP_RAM], 2);
	assert_false(cap_last_copy(at(RAM)));
	ok(delete(RAM));
	assert_true(cap_last_copy(at(FREE)));
}

static void mints(void **state)
{
	(void)state;
	refused(mint(40, 5, 0, 0), EMPTY);
	refused(mint(RAM, RAM, 0, 0), OCCUPIED);
	ok(mint(RAM, FREE, ABI_CAP_READ | ABI_CAP_RETYPE, 0));
	assert_int_equal(at(FREE)->rights, ABI_CAP_READ | ABI_CAP_RETYPE);
	refused(mint(FREE, 5, ABI_CAP_READ | ABI_CAP_WRITE, 0), RIGHTS);
	refused(mint(RAM, 5, 0x40, 0), RIGHTS);
	ok(mint(FREE, 5, 0, 0));
	refused(mint(RAM, 6, ABI_CAP_READ, 1), BADGE);
	/* What is derived has no right its source lacks. */
	ok(retype(FREE, 6, ABI_CAP_FRAME, 0, PAGE, 1));
	assert_int_equal(at(6)->rights, ABI_CAP_READ | ABI_CAP_RETYPE);
	refused(retype(5, 7, ABI_CAP_FRAME, PAGE, PAGE, 1), RIGHTS);
}

static void badges(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_IDENTIFY };

	(void)state;
	ok(retype(RAM, 4, ABI_CAP_DISPATCHER, 0, 0, 1));
	refused(mint(4, 5, ABI_CAP_READ, 1), BADGE);
	ok(retype(4, 5, ABI_CAP_ENDPOINT, ABI_CAP_ENDPOINTS_AT, 0, 1));
	/* That of the CPU driver's own notices. */
	refused(mint(5, 6, ABI_CAP_WRITE, UINT64_MAX), BADGE);
	ok(mint(5, 6, ABI_CAP_WRITE, 77));
	ok(copy(6, 7));
	refused(mint(6, 8, ABI_CAP_WRITE, 78), BADGE);
	refused(mint(6, 8, ABI_CAP_WRITE, 77), BADGE);
	ok(mint(6, 8, 0, 0));
	for (uint32_t i = 6; i <= 8; i++) {
		op.from = slot(i);
		ok(done(&op));
		assert_int_equal(op.info.badge, 77);
		assert_int_equal(op.info.type, ABI_CAP_ENDPOINT);
		assert_int_equal(op.info.base, ABI_CAP_ENDPOINTS_AT);
		assert_int_equal(op.info.bytes, ABI_CAP_ENDPOINT_BYTES);
		assert_int_equal(op.info.rights, i == 8 ? 0 : ABI_CAP_WRITE);
		assert_int_equal(op.info.flags, 0);
	}
	op.from = slot(40);
	refused(done(&op), EMPTY);
}

static void moves(void **state)
{
	(void)state;
	refused(move(FREE, 5), EMPTY);
	refused(move(RAM, DEVICES), OCCUPIED);
	refused(move(RAM, RAM), OCCUPIED);
	ok(move(RAM, FREE));
	empty(RAM);
	holds(FREE, RAM);
	for (uint64_t i = 0; i < sizeof(struct cap_entry); i++)
		assert_int_equal(((unsigned char *)at(RAM))[i], 0);
	ok(retype(FREE, 5, ABI_CAP_FRAME, 0, PAGE, 1));
	refused(retype(FREE, 6, ABI_CAP_FRAME, 0, PAGE, 1), IN_USE);
}

/* Which retypes exist, said once more. */
static bool listed(uint32_t from, uint32_t to)
{
	switch (from) {
	case ABI_CAP_PHYSADDR:
		return to == ABI_CAP_PHYSADDR || to == ABI_CAP_RAM || to == ABI_CAP_DEVFRAME;
	case ABI_CAP_RAM:
		return to == ABI_CAP_RAM || to == ABI_CAP_FRAME || to == ABI_CAP_CNODE ||
		       to == ABI_CAP_DISPATCHER || (to >= ABI_CAP_PML4 && to <= ABI_CAP_PT);
	case ABI_CAP_DISPATCHER:
		return to == ABI_CAP_ENDPOINT;
	case ABI_CAP_DEVFRAME:
	case ABI_CAP_FRAME:
	case ABI_CAP_URPC:
	case ABI_CAP_IRQ:
	case ABI_CAP_IO:
	case ABI_CAP_MSR:
	case ABI_CAP_DOMAIN:
		return to == from;
	default:
		return false;
	}
}

static void retype_pairs(void **state)
{
	uint32_t pairs = 0;

	(void)state;
	for (uint32_t from = 1; from < ABI_CAP_TYPE_COUNT; from++) {
		for (uint32_t to = 0; to <= ABI_CAP_TYPE_COUNT; to++) {
			struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .type = to, .count = 1 };
			const struct cap_type *t = &cap_types[from];
			uint64_t bytes = t->bytes ? t->bytes : 8 * t->unit;

			if (from == ABI_CAP_MAPPING)
				continue;
			fake_reset();
			memset(fake_ram, 0, 16 * PAGE);
			ok(cap_create(&space, &own[0], from, 0, bytes, t->rights, 0));
			op.from = cap_slot_own(&own[0]);
			op.to = cap_slot_own(&own[1]);
			op.bytes = to == ABI_CAP_ENDPOINT || to >= ABI_CAP_TYPE_COUNT ?
					   0 : cap_types[to].bytes ?: cap_types[to].unit;
			op.offset = from == ABI_CAP_DISPATCHER ? ABI_CAP_ENDPOINTS_AT : 0;
			if (listed(from, to)) {
				ok(done(&op));
				assert_int_equal(own[1].type, to);
				assert_int_equal(own[1].rights, t->rights & cap_types[to].rights);
				pairs++;
			} else {
				refused(done(&op), TYPE);
			}
		}
	}
	assert_int_equal(pairs, 19);
}

static void retype_places(void **state)
{
	(void)state;
	refused(retype(40, FREE, ABI_CAP_FRAME, 0, PAGE, 1), EMPTY);
	refused(retype(RAM, RAM, ABI_CAP_FRAME, 0, PAGE, 1), OCCUPIED);
	refused(retype(RAM, 63, ABI_CAP_FRAME, 0, PAGE, 2), OCCUPIED);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, PAGE, 0), COUNT);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, PAGE, ABI_CAP_RETYPE_MAX + 1), COUNT);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, PAGE, ~0ull), COUNT);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, 0, 1), SIZE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, PAGE / 2, 1), SIZE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, PAGE + 1, 1), SIZE);
	refused(retype(RAM, FREE, ABI_CAP_PT, 0, 2 * PAGE, 1), SIZE);
	refused(retype(RAM, FREE, ABI_CAP_CNODE, 0, 3 * PAGE, 1), SIZE);
	refused(retype(RAM, FREE, ABI_CAP_CNODE, 0, 256 * PAGE, 1), SIZE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 8, PAGE, 1), ALIGN);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, RAM_BYTES, PAGE, 1), RANGE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, ~0ull, PAGE, 1), RANGE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, PAGE, RAM_BYTES, 1), RANGE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, RAM_BYTES / 2 + PAGE, 2), RANGE);
	refused(retype(RAM, FREE, ABI_CAP_FRAME, 0, 1ull << 63, 2), RANGE);
	refused(retype(RAM, FREE, ABI_CAP_RAM, 0, RAM_BYTES, 1), SAME);
	refused(retype(RAM, FREE, 32 + ABI_CAP_RAM, 0, PAGE, 1), TYPE);
	refused(retype(RAM, FREE, ~0u, 0, PAGE, 1), TYPE);
	ok(retype(RAM, FREE, ABI_CAP_FRAME, 0, RAM_BYTES, 1));
	ok(delete(FREE));
	ok(retype(RAM, FREE, ABI_CAP_CNODE, 0, 128 * PAGE, 1));
	ok(delete(FREE));
	ok(retype(RAM, FREE, ABI_CAP_RAM, PAGE, 2 * PAGE, 3));
	for (uint32_t i = 0; i < 3; i++) {
		assert_int_equal(at(FREE + i)->base, (1 + 2 * i) * PAGE);
		assert_int_equal(at(FREE + i)->end, (3 + 2 * i) * PAGE);
	}
	ok(retype(VECTORS, 10, ABI_CAP_IRQ, 3, 1, 4));
	refused(retype(VECTORS, 20, ABI_CAP_IRQ, 6, 1, 1), IN_USE);
	refused(retype(VECTORS, 20, ABI_CAP_IRQ, 30, 1, 3), RANGE);
}

static void retype_overlap(void **state)
{
	(void)state;
	ok(retype(RAM, 4, ABI_CAP_RAM, 8 * PAGE, 8 * PAGE, 1));
	/* before, across either end, inside, around, the same, behind */
	ok(retype(RAM, 5, ABI_CAP_FRAME, 7 * PAGE, PAGE, 1));
	refused(retype(RAM, 6, ABI_CAP_FRAME, 6 * PAGE, 4 * PAGE, 1), IN_USE);
	refused(retype(RAM, 6, ABI_CAP_FRAME, 15 * PAGE, 4 * PAGE, 1), IN_USE);
	refused(retype(RAM, 6, ABI_CAP_FRAME, 10 * PAGE, PAGE, 1), IN_USE);
	refused(retype(RAM, 6, ABI_CAP_RAM, 10 * PAGE, PAGE, 1), IN_USE);
	refused(retype(RAM, 6, ABI_CAP_RAM, 0, 32 * PAGE, 1), IN_USE);
	refused(retype(RAM, 6, ABI_CAP_FRAME, 0, PAGE, 32), IN_USE);
	refused(retype(RAM, 6, ABI_CAP_RAM, 8 * PAGE, 8 * PAGE, 1), IN_USE);
	ok(retype(RAM, 6, ABI_CAP_FRAME, 16 * PAGE, PAGE, 1));
	/* Neither what it was derived from nor copies of it are in its way. */
	ok(copy(4, 7));
	ok(retype(4, 8, ABI_CAP_FRAME, 0, 2 * PAGE, 1));
	refused(retype(7, 9, ABI_CAP_PT, PAGE, 0, 1), IN_USE);
	ok(retype(7, 9, ABI_CAP_PT, 2 * PAGE, 0, 1));
	/* Frames may be cut in any way. */
	ok(retype(8, 10, ABI_CAP_FRAME, PAGE, PAGE, 1));
	ok(retype(8, 11, ABI_CAP_FRAME, PAGE, PAGE, 1));
	refused(retype(8, 12, ABI_CAP_FRAME, 0, 2 * PAGE, 1), SAME);
}

static void endpoints(void **state)
{
	(void)state;
	ok(retype(RAM, 4, ABI_CAP_DISPATCHER, PAGE, 0, 1));
	refused(retype(4, 5, ABI_CAP_ENDPOINT, 0, 0, 1), RANGE);
	refused(retype(4, 5, ABI_CAP_ENDPOINT, PAGE - 64, 0, 2), RANGE);
	refused(retype(4, 5, ABI_CAP_ENDPOINT, PAGE + 8, 0, 1), ALIGN);
	refused(retype(4, 5, ABI_CAP_ENDPOINT, 2 * PAGE - 64, 0, 2), RANGE);
	ok(retype(4, 5, ABI_CAP_ENDPOINT, 2 * PAGE - 64, 0, 1));
	refused(retype(4, 6, ABI_CAP_ENDPOINT, 2 * PAGE - 64, 0, 1), IN_USE);
	ok(retype(4, 6, ABI_CAP_ENDPOINT, PAGE, 0, 3));
}

static bool all(uint64_t base, uint64_t bytes, unsigned char what)
{
	const unsigned char *memory = arch_window(base);

	while (bytes--) {
		if (memory[bytes] != what)
			return false;
	}
	return true;
}

static void zeroed(void **state)
{
	static const uint32_t types[] = { ABI_CAP_FRAME, ABI_CAP_CNODE, ABI_CAP_PDPT, ABI_CAP_PD,
					  ABI_CAP_PT, ABI_CAP_DISPATCHER };

	(void)state;
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 64 * PAGE, 1));
	assert_true(all(0, RAM_BYTES, 0x5a));
	for (uint32_t i = 0; i < 6; i++) {
		uint64_t bytes = cap_types[types[i]].bytes ?: PAGE;

		ok(retype(4, 5 + i, types[i], 4 * i * PAGE, bytes, 1));
		assert_true(all(4 * i * PAGE, bytes, 0));
		assert_true(all(4 * i * PAGE + bytes, PAGE, 0x5a));
	}
	memset(arch_window(0), 0x33, PAGE);
	ok(retype(RAM, 20, ABI_CAP_FRAME, 100 * PAGE, 2 * PAGE, 1));
	memset(arch_window(100 * PAGE), 0x33, 2 * PAGE);
	ok(retype(20, 21, ABI_CAP_FRAME, 0, PAGE, 1));
	assert_true(all(100 * PAGE, 2 * PAGE, 0x33));
	memset(arch_window(20 * PAGE + PAGE), 0x33, PAGE);
	ok(retype(10, 22, ABI_CAP_ENDPOINT, PAGE + 64, 0, 1));
	assert_true(all(20 * PAGE + PAGE, 64, 0x33));
	assert_true(all(20 * PAGE + PAGE + 64, 64, 0));
}

/* Clearing goes in steps, and only what nobody could write to since counts as clear. */
static void zeroed_in_steps(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = slot(RAM), .to = slot(4),
			     .type = ABI_CAP_FRAME, .bytes = 8 * PAGE, .count = 1 };
	uint32_t steps = 0;

	(void)state;
	space.clear_step = 3 * PAGE;
	for (int rc = 1; rc; steps++) {
		empty(4);
		ok(cap_decode(&space, &op));
		rc = cap_invoke(&space, &op);
		assert_true(!rc || rc == E(AGAIN));
		sound();
	}
	assert_int_equal(steps, 3);
	holds(4, FRAME);
	assert_true(all(0, 8 * PAGE, 0));

	op.to = slot(5);
	op.offset = 16 * PAGE;
	ok(cap_decode(&space, &op));
	refused(cap_invoke(&space, &op), AGAIN);
	ok(retype(RAM, 6, ABI_CAP_FRAME, 17 * PAGE, PAGE, 1));
	memset(arch_window(17 * PAGE), 0x44, PAGE);
	refused(cap_decode(&space, &op), IN_USE);
	ok(delete(6));
	ok(done(&op));
	assert_true(all(16 * PAGE, 8 * PAGE, 0));

	/* Another range with the same end. */
	op.to = slot(8);
	op.offset = 52 * PAGE;
	op.bytes = 4 * PAGE;
	ok(cap_decode(&space, &op));
	refused(cap_invoke(&space, &op), AGAIN);
	ok(retype(RAM, 9, ABI_CAP_FRAME, 48 * PAGE, 8 * PAGE, 1));
	assert_true(all(48 * PAGE, 8 * PAGE, 0));
	op.bytes = 8 * PAGE;

	/* One that the CPU driver brings in can be written to as well. */
	op.to = slot(7);
	op.offset = 32 * PAGE;
	ok(cap_decode(&space, &op));
	refused(cap_invoke(&space, &op), AGAIN);
	ok(cap_create(&space, &own[5], ABI_CAP_FRAME, 32 * PAGE, PAGE, ABI_CAP_RW, 0));
	memset(arch_window(32 * PAGE), 0x44, PAGE);
	op.kind = ABI_CAP_DO_DELETE;
	op.from = cap_slot_own(&own[5]);
	ok(done(&op));
	op.kind = ABI_CAP_DO_RETYPE;
	op.from = slot(RAM);
	ok(done(&op));
	assert_true(all(32 * PAGE, 8 * PAGE, 0));
}

/* Whoever clears gets on, however often others do a step in between; but not over what others made. */
static void zeroed_side_by_side(void **state)
{
	struct cap_op op[CAP_CALLERS];

	(void)state;
	space.clear_step = PAGE / 4;
	for (uint32_t i = 0; i < 3; i++)
		op[i] = (struct cap_op){ .kind = ABI_CAP_DO_RETYPE, .from = slot(RAM),
					 .to = slot(4 + i), .type = ABI_CAP_FRAME,
					 .offset = 2 * i * PAGE, .bytes = 2 * PAGE, .count = 1 };
	for (uint32_t step = 1; step <= 8; step++) {
		for (uint32_t i = 0; i < 3; i++) {
			space.caller = i ? CAP_CALLERS - i : 0;
			ok(cap_decode(&space, &op[i]));
			assert_int_equal(cap_invoke(&space, &op[i]), step < 8 ? E(AGAIN) : 0);
			sound();
		}
	}
	assert_true(all(0, 6 * PAGE, 0));

	/* One clears, another has a frame there for a while: all of it is cleared again. */
	op[0].to = slot(7);
	op[0].offset = 16 * PAGE;
	space.caller = 0;
	for (uint32_t step = 1; step < 8; step++)
		refused(cap_invoke(&space, &op[0]), AGAIN);
	space.clear_step = PAGE;
	space.caller = CAP_CALLERS - 1;
	ok(retype(RAM, 8, ABI_CAP_FRAME, 16 * PAGE, PAGE, 1));
	memset(arch_window(16 * PAGE), 0x44, PAGE);
	ok(delete(8));
	space.caller = 0;
	ok(done(&op[0]));
	assert_true(all(16 * PAGE, 2 * PAGE, 0));
}

static void table(void **state)
{
	(void)state;
	for (uint32_t t = 1; t < ABI_CAP_TYPE_COUNT; t++) {
		uint32_t below = cap_below(t);

		assert_true(cap_types[t].space && cap_types[t].unit);
		assert_false(cap_types[t].rights & ~ABI_CAP_RIGHTS);
		/* The order of the mapping database relies on it. */
		assert_int_equal(below & ((2u << t) - 1), 0);
		for (uint32_t u = 1; u < ABI_CAP_TYPE_COUNT; u++) {
			if (below & 1u << u)
				assert_int_equal(cap_types[t].space, cap_types[u].space);
			if ((below & 1u << u) && cap_is(t, ABI_CAP_IS_MAPPABLE))
				fail_msg("something is derived from type %u, which is mapped", t);
		}
		if (cap_is(t, ABI_CAP_IS_KERNEL) && cap_is(t, ABI_CAP_IS_MAPPABLE))
			fail_msg("type %u is mapped and the CPU driver's", t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(address), TEST(address_deep), TEST(path_rights), TEST(operation), TEST(copies),
		TEST(mints), TEST(badges), TEST(moves), TEST(retype_pairs), TEST(retype_places),
		TEST(retype_overlap), TEST(endpoints), TEST(zeroed), TEST(zeroed_in_steps),
		TEST(zeroed_side_by_side),
		TEST(table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
