// SPDX-License-Identifier: GPL-2.0-only
/* Mappings, and ways by which ring 3 might try to get at the CPU driver's memory. */
#include "unit.h"

#define R ABI_CAP_READ
#define W ABI_CAP_WRITE
#define X ABI_CAP_EXECUTE

/* Slots of an address space, made by tables(). */
enum { PML4 = 10, PDPT, PD, PT, FRAME, MAP_PDPT, MAP_PD, MAP_PT, MAP };

/* One of each table, and a frame of eight pages. */
static void tables(void)
{
	for (uint32_t i = 0; i < 4; i++)
		ok(retype(RAM, PML4 + i, ABI_CAP_PML4 + i, i * PAGE, 0, 1));
	ok(retype(RAM, FRAME, ABI_CAP_FRAME, 8 * PAGE, 8 * PAGE, 1));
	ok(map(PDPT, PML4, 0, MAP_PDPT, 0));
	ok(map(PD, PDPT, 0, MAP_PD, 0));
	ok(map(PT, PD, 0, MAP_PT, 0));
}

static void entries(void **state)
{
	(void)state;
	tables();
	assert_int_equal(pte(0, 0), PAGE | PTE_PRESENT | PTE_WRITE | PTE_EXECUTE);
	assert_int_equal(pte(0, 256), PTE_KERNEL);
	ok(map_some(FRAME, 2 * PAGE, PT, 7, 3, MAP, R | W));
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(pte(3 * PAGE, 7 + i),
				 (10 + i) * PAGE | PTE_PRESENT | PTE_WRITE | PTE_LEAF);
	assert_int_equal(pte(3 * PAGE, 6), 0);
	assert_int_equal(pte(3 * PAGE, 10), 0);
	holds(MAP, MAPPING);
	ok(delete(MAP));
	for (uint32_t i = 0; i < 512; i++)
		assert_int_equal(pte(3 * PAGE, i), 0);
	ok(map(FRAME, PT, 511, MAP, R | X));
	assert_int_equal(pte(3 * PAGE, 511), 8 * PAGE | PTE_PRESENT | PTE_EXECUTE | PTE_LEAF);
}

static void refusals(void **state)
{
	(void)state;
	tables();
	ok(copy(FRAME, 30));
	ok(map(30, PT, 5, 31, R));
	refused(map(40, PT, 0, MAP, R), EMPTY);
	refused(map(FRAME, 40, 0, MAP, R), EMPTY);
	refused(map(FRAME, RAM, 0, MAP, R), TYPE);
	refused(map(RAM, PT, 0, MAP, R), TYPE);
	refused(map(FRAME, PML4, 0, MAP, R), TYPE);
	refused(map(PT, PT, 0, MAP, 0), TYPE);
	refused(map(PT, PDPT, 0, MAP, 0), TYPE);
	refused(map(PML4, PML4, 1, MAP, 0), TYPE);
	refused(map(31, PT, 0, MAP, R), TYPE);
	refused(map(30, PT, 0, MAP, R), MAPPED);
	refused(map(PT, PD, 1, MAP, 0), MAPPED);
	refused(map(FRAME, PT, 5, MAP, R), ENTRY);
	refused(map_some(FRAME, 0, PT, 3, 3, MAP, R), ENTRY);
	refused(map(FRAME, PT, 512, MAP, R), ENTRY);
	refused(map(FRAME, PT, ~0ull, MAP, R), ENTRY);
	refused(map_some(FRAME, 0, PT, 510, 3, MAP, R), ENTRY);
	refused(map_some(FRAME, 0, PT, 0, ~0ull, MAP, R), ENTRY);
	refused(map_some(FRAME, 0, PT, 0, 0, MAP, R), COUNT);
	refused(map_some(FRAME, 0, PT, 8, 9, MAP, R), RANGE);
	refused(map_some(FRAME, 8 * PAGE, PT, 8, 1, MAP, R), RANGE);
	refused(map_some(FRAME, -PAGE, PT, 8, 2, MAP, R), RANGE);
	refused(map_some(FRAME, 8, PT, 8, 1, MAP, R), ALIGN);
	refused(map(FRAME, PT, 8, MAP, 0), RIGHTS);
	refused(map(FRAME, PT, 8, MAP, W), RIGHTS);
	refused(map(FRAME, PT, 8, MAP, R | ABI_CAP_GRANT), RIGHTS);
	refused(map(FRAME, PT, 8, MAP, R | ABI_CAP_REVOKE), RIGHTS);
	refused(map(FRAME, PT, 8, MAP, R | W | X), WRITE_EXECUTE);
	refused(map(FRAME, PT, 8, RAM, R), OCCUPIED);
	refused(copy(31, MAP), SINGLE);
	refused(mint(31, MAP, 0, 0), SINGLE);
	refused(retype(31, MAP, ABI_CAP_FRAME, 0, PAGE, 1), TYPE);
	ok(mint(FRAME, 32, R | W, 0));
	refused(map(32, PT, 8, MAP, R | X), RIGHTS);
	ok(mint(FRAME, 33, W, 0));
	refused(map(33, PT, 8, MAP, R), RIGHTS);
	ok(mint(PT, 34, R, 0));
	refused(map(FRAME, 34, 8, MAP, R), RIGHTS);
}

static void tables_in_tables(void **state)
{
	(void)state;
	tables();
	ok(copy(PDPT, 30));
	refused(map(30, PML4, 0, MAP, 0), ENTRY);
	refused(map(30, PML4, 256, MAP, 0), ENTRY);
	refused(map(30, PML4, 511, MAP, 0), ENTRY);
	refused(map_some(30, 0, PML4, 255, 2, MAP, 0), COUNT);
	refused(map_some(30, PAGE, PML4, 1, 1, MAP, 0), RANGE);
	refused(map(30, PML4, 1, MAP, R), RIGHTS);
	ok(map(30, PML4, 255, MAP, 0));
	assert_int_equal(pte(0, 255) & PTE_ADDRESS, PAGE);
}

static void large_pages(void **state)
{
	(void)state;
	tables();
	ok(retype(DEVICES, 20, ABI_CAP_DEVFRAME, 0, 2ull << 30, 1));
	refused(map(20, PDPT, 1, MAP, R | W), TYPE);
	space.huge = true;
	ok(map_some(20, 1ull << 30, PDPT, 1, 1, MAP, R | W));
	assert_int_equal(pte(PAGE, 1),
			 (DEVICES_AT + (1ull << 30)) | PTE_PRESENT | PTE_WRITE | PTE_LEAF |
				 PTE_UNCACHED);
	ok(copy(20, 21));
	refused(map_some(21, PAGE, PD, 1, 1, 22, R), ALIGN);
	refused(map_some(21, 1ull << 30, PD, 1, 512, 22, R), ENTRY);
	ok(delete(MAP_PT));
	ok(map_some(21, 1ull << 30, PD, 0, 512, 22, R));
	assert_int_equal(pte(2 * PAGE, 511) & PTE_ADDRESS, DEVICES_AT + (2ull << 30) - (2u << 20));
	refused(map_some(20, 0, PT, 0, 1, 23, R | X), MAPPED);
	ok(copy(20, 24));
	refused(map(24, PT, 0, 23, R | X), RIGHTS);
	ok(map(24, PT, 0, 23, R));
}

/* Whatever ends a copy, ends its mapping, and only that. */
static void unmapping(void **state)
{
	(void)state;
	tables();
	ok(map(FRAME, PT, 0, MAP, R | W));
	ok(copy(FRAME, 30));
	ok(map(30, PT, 1, 31, R));
	ok(retype(FRAME, 32, ABI_CAP_FRAME, PAGE, PAGE, 1));
	ok(map(32, PT, 2, 33, R));
	ok(delete(FRAME));
	empty(MAP);
	assert_int_equal(pte(3 * PAGE, 0), 0);
	assert_int_not_equal(pte(3 * PAGE, 1), 0);
	ok(move(30, FRAME));
	ok(move(31, MAP));
	ok(revoke(FRAME));
	holds(MAP, MAPPING);
	empty(32);
	empty(33);
	assert_int_equal(pte(3 * PAGE, 2), 0);
	assert_int_not_equal(pte(3 * PAGE, 1), 0);
	/* Moved or not, they know each other. */
	ok(delete(FRAME));
	empty(MAP);
	assert_int_equal(pte(3 * PAGE, 1), 0);
	assert_int_equal(fake_maps, 3 + 3);
	assert_int_equal(fake_unmaps, 3);
}

static void table_ends(void **state)
{
	(void)state;
	tables();
	ok(map(FRAME, PT, 3, MAP, R | W));
	ok(copy(PT, 30));
	ok(delete(PT));
	assert_int_equal(fake_table_ends, 0);
	empty(MAP_PT);
	assert_int_equal(pte(2 * PAGE, 0), 0);
	holds(MAP, MAPPING);
	ok(delete(30));
	assert_int_equal(fake_table_ends, 1);
	/* The mapping is all that is left of the table, and keeps its page. */
	holds(MAP, MAPPING);
	refused(retype(RAM, 30, ABI_CAP_FRAME, 3 * PAGE, PAGE, 1), IN_USE);
	refused(retype(RAM, 30, ABI_CAP_PT, 3 * PAGE, 0, 1), IN_USE);
	ok(delete(MAP));
	ok(retype(RAM, 30, ABI_CAP_FRAME, 3 * PAGE, PAGE, 1));
}

static void table_revoked(void **state)
{
	(void)state;
	tables();
	ok(map(FRAME, PT, 3, MAP, R | W));
	ok(copy(FRAME, 30));
	ok(map(30, PT, 4, 31, R));
	ok(revoke(PT));
	holds(PT, PT);
	holds(FRAME, FRAME);
	empty(MAP);
	empty(31);
	assert_int_equal(pte(3 * PAGE, 3) | pte(3 * PAGE, 4), 0);
	ok(map(FRAME, PT, 3, MAP, R | W));
	ok(revoke(RAM));
	assert_int_equal(space.count[ABI_CAP_MAPPING], 0);
	assert_int_equal(space.count[ABI_CAP_PML4], 0);
	assert_int_equal(fake_maps, fake_unmaps);
}

static void busy_and_revoked(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_MAP, .count = 1, .rights = R };

	(void)state;
	tables();
	op.from = slot(FRAME);
	op.table = slot(PT);
	op.to = slot(MAP);
	cap_state_change(&space, at(FRAME), CAP_BUSY, 0);
	refused(cap_decode(&space, &op), BUSY);
	cap_state_change(&space, at(FRAME), 0, CAP_BUSY);
	cap_state_change(&space, at(PT), CAP_BUSY, 0);
	refused(cap_decode(&space, &op), BUSY);
	cap_state_change(&space, at(PT), 0, CAP_BUSY);
	ok(cap_decode(&space, &op));
	space.revoking = at(PT);
	refused(cap_decode(&space, &op), AGAIN);
	space.revoking = at(FRAME);
	refused(cap_decode(&space, &op), AGAIN);
	space.revoking = at(PD);
	ok(cap_decode(&space, &op));
	space.revoking = NULL;
}

/* Attacks: each ends refused, or with the memory unmapped. */
static void frame_over_objects(void **state)
{
	static const uint32_t types[] = { ABI_CAP_CNODE, ABI_CAP_PML4, ABI_CAP_PDPT, ABI_CAP_PD,
					  ABI_CAP_PT, ABI_CAP_DISPATCHER };

	(void)state;
	for (uint32_t i = 0; i < 6; i++) {
		world();
		ok(retype(RAM, 20, types[i], 16 * PAGE, types[i] == ABI_CAP_CNODE ? PAGE : 0, 1));
		for (uint64_t pages = 1; pages <= 32; pages++) {
			for (uint64_t first = 0; first <= 32; first++) {
				uint64_t end = at(20)->end / PAGE;
				int rc = retype(RAM, 21, ABI_CAP_FRAME, first * PAGE,
						pages * PAGE, 1);
				bool over = first < end && first + pages > 16;

				assert_int_equal(rc, over ? E(IN_USE) : 0);
				if (!rc)
					ok(delete(21));
			}
		}
		refused(retype(RAM, 21, ABI_CAP_RAM, 16 * PAGE, PAGE, 1), IN_USE);
		refused(retype(RAM, 21, ABI_CAP_RAM, 0, 64 * PAGE, 1), IN_USE);
		refused(retype(20, 21, ABI_CAP_FRAME, 0, PAGE, 1), TYPE);
		refused(retype(20, 21, ABI_CAP_RAM, 0, PAGE, 1), TYPE);
		ok(copy(RAM, 22));
		ok(delete(RAM));
		refused(retype(22, 21, ABI_CAP_FRAME, 16 * PAGE, PAGE, 1), IN_USE);
		refused(cap_create(&space, &own[9], ABI_CAP_FRAME, 16 * PAGE, PAGE, 0, 0), OVERLAP);
		refused(cap_create(&space, &own[9], ABI_CAP_FRAME, 0, 20 * PAGE, 0, 0), OVERLAP);
	}
}

static void objects_over_frame(void **state)
{
	(void)state;
	tables();
	ok(map(FRAME, PT, 0, MAP, R | W));
	ok(retype(FRAME, 20, ABI_CAP_FRAME, PAGE, PAGE, 1));
	for (uint32_t t = ABI_CAP_CNODE; t <= ABI_CAP_DISPATCHER; t++) {
		refused(retype(RAM, 21, t, 9 * PAGE, t == ABI_CAP_CNODE ? PAGE : 0, 1), IN_USE);
		refused(retype(FRAME, 21, t, 0, t == ABI_CAP_CNODE ? PAGE : 0, 1), TYPE);
		refused(cap_create(&space, &own[9], t, 9 * PAGE, cap_types[t].bytes ?: PAGE, 0, 0),
			OVERLAP);
	}
	/* The whole frame goes, a part is left; and the part was never mapped. */
	ok(delete(FRAME));
	refused(retype(RAM, 21, ABI_CAP_PT, 9 * PAGE, 0, 1), IN_USE);
	ok(retype(RAM, 21, ABI_CAP_PT, 8 * PAGE, 0, 1));
	assert_int_equal(pte(3 * PAGE, 0), 0);
	/* A mapped copy in a CNode that dies: until it is unmapped, its memory stays a frame. */
	ok(delete(20));
	ok(retype(RAM, 22, ABI_CAP_CNODE, 32 * PAGE, PAGE, 1));
	ok(retype(RAM, 23, ABI_CAP_FRAME, 40 * PAGE, PAGE, 1));
	ok(map(23, PT, 0, MAP, R | W));
	struct cap_op op = { .kind = ABI_CAP_DO_MOVE, .from = slot(23) };

	ok(cap_slot_find(at(22), 31, 5, &op.to));
	ok(done(&op));
	op.kind = ABI_CAP_DO_DELETE;
	op.from = slot(22);
	ok(finish(&op));
	assert_int_not_equal(pte(3 * PAGE, 0), 0);
	op.kind = ABI_CAP_DO_RETYPE;
	op.type = ABI_CAP_PT;
	op.from = slot(RAM);
	op.to = slot(23);
	op.offset = 40 * PAGE;
	op.count = 1;
	refused(cap_decode(&space, &op), AGAIN);
	ok(done(&op));
	assert_int_equal(pte(3 * PAGE, 0), 0);
}

/* The clearing of a frame-to-be is interrupted to put a page table there. */
static void table_while_clearing(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = slot(RAM), .to = slot(20),
			     .type = ABI_CAP_FRAME, .bytes = 8 * PAGE, .count = 1,
			     .offset = 32 * PAGE };

	(void)state;
	space.clear_step = PAGE;
	ok(cap_decode(&space, &op));
	refused(cap_invoke(&space, &op), AGAIN);
	ok(retype(RAM, 21, ABI_CAP_PT, 36 * PAGE, 0, 1));
	refused(done(&op), IN_USE);
	empty(20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(entries), TEST(refusals), TEST(tables_in_tables), TEST(large_pages),
		TEST(unmapping), TEST(table_ends), TEST(table_revoked), TEST(busy_and_revoked),
		TEST(frame_over_objects), TEST(objects_over_frame), TEST(table_while_clearing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
