// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that node 0 gives a core and takes back, and what other cores know of it; the test is node 0 and the
 * monitor.
 */
#include <stdlib.h>

#include "monitor.h"

#define ROOM 0x80000000ul /* where more memory lies */

/* ---- memory that comes and goes ---- */

static int memory(uint16_t type, uint64_t base, uint64_t bytes, uint64_t at)
{
	struct abi_ctl_memory request = { .base = base, .bytes = bytes, .at = at, .numa = 3 };

	return ask_bytes(type, &request, sizeof(request));
}

/* The first slot for an extent that has nothing from the boot information. */
static struct cap_entry *extent_slot(void)
{
	return (struct cap_entry *)memory_at(CNODE) + ABI_SLOT_EXTENTS + fake_boot->extent_count;
}

static void test_memory_comes_and_goes(void **state)
{
	const uint64_t bytes = 2 * ABI_MEMORY_STEP + ABI_LARGE_PAGE_SIZE;
	struct cap_entry *slot = extent_slot();
	struct cap_entry frame = { 0 };
	uint32_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		assert_int_equal(slot->type, ABI_CAP_NONE);
		assert_false(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
		assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, bytes, i * ABI_MEMORY_STEP), 0);
		assert_true(memory_touched(ROOM + bytes - 1, 1));
	}
	assert_int_equal(fake_window_bytes, bytes);
	assert_true(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
	assert_int_equal(slot->type, ABI_CAP_RAM);
	assert_int_equal(slot->base, ROOM);
	assert_int_equal(slot->end, ROOM + bytes);
	assert_int_equal(slot->rights, ABI_CAP_RIGHTS);
	/* It stays while anybody has any of it, in whatever form. */
	assert_int_equal(cap_create(&cap_space, &frame, ABI_CAP_RAM, ROOM, bytes, ABI_CAP_RIGHTS, 0), 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, 0), -ERR_BUSY);
	assert_int_equal(slot->type, ABI_CAP_RAM);
	cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&frame) });
	assert_int_equal(cap_create(&cap_space, &frame, ABI_CAP_FRAME, ROOM + 8192, 4096, ABI_CAP_RW, 0), 0);
	cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(slot) });
	assert_int_equal(slot->type, ABI_CAP_NONE);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, 0), -ERR_BUSY);
	assert_true(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
	cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&frame) });
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, ABI_MEMORY_STEP), -ERR_BUSY);
	assert_int_equal(fake_window_bytes, bytes);
	for (i = 0; i < 3; i++) {
		assert_true(memory_touched(ROOM, 1));
		assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, i * ABI_MEMORY_STEP), 0);
		assert_false(memory_within(ROOM, bytes, ABI_EXTENT_RAM));
	}
	assert_false(memory_touched(ROOM, bytes));
	assert_int_equal(fake_window_bytes, 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, bytes, 0), -ERR_NOENT);
}

static void test_memory_refused(void **state)
{
	const uint64_t large = ABI_LARGE_PAGE_SIZE;
	struct cap_entry *slot = extent_slot();
	uint32_t i, left = ABI_EXTENTS_MAX - fake_boot->extent_count;

	(void)state;
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, 0, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + 4096, large, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large + 4096, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large, large), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ABI_WINDOW_SIZE - large, 2 * large, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ABI_WINDOW_SIZE, large, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, 0, 0), -ERR_INVAL);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, FAKE_SHARED & ~(large - 1), large, 0), -ERR_EXIST);
	/* Not from its middle on, and not once more. */
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, 2 * ABI_MEMORY_STEP, ABI_MEMORY_STEP), -ERR_NOENT);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large, 0), 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, large, 0), -ERR_EXIST);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, 2 * large, 0), -ERR_NOENT);
	/* What fails on its way can be taken back, and its place is the next one's. */
	fake_window_error = -ERR_NOMEM;
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + large, large, 0), -ERR_NOMEM);
	fake_window_error = 0;
	assert_true(memory_touched(ROOM + large, 1));
	fake_window_bytes += large;
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM + large, large, 0), 0);
	assert_false(memory_touched(ROOM + large, 1));
	/* The monitor's capability goes with it, if it is the only one. */
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + large, large, 0), 0);
	assert_int_equal(slot[1].type, ABI_CAP_RAM);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM + large, large, 0), 0);
	assert_int_equal(slot[1].type, ABI_CAP_NONE);
	for (i = 1; i < left; i++)
		assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + i * large, large, 0), 0);
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM + i * large, large, 0), -ERR_NOSPC);
	for (i = 0; i < left; i++) {
		assert_int_equal(slot[i].base, ROOM + i * large);
		cap_invoke(&cap_space, &(struct cap_op){ .kind = ABI_CAP_DO_DELETE,
							.from = cap_slot_own(&slot[i]) });
		assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM + i * large, large, 0), 0);
	}
}

/* Nobody is there to have it. */
static void test_memory_without_monitor(void **state)
{
	(void)state;
	assert_int_equal(memory(ABI_CTL_MEMORY_ADD, ROOM, ABI_LARGE_PAGE_SIZE, 0), -ERR_NOENT);
	assert_int_equal(memory(ABI_CTL_MEMORY_TAKE, ROOM, ABI_LARGE_PAGE_SIZE, 0), 0);
	assert_int_equal(fake_window_bytes, 0);
}

/* ---- the last copy of what other cores know ---- */

#define KNOWN (FAKE_OWN + 0x20000)
#define HOLDER (FAKE_OWN + 0x21000)

static int known_state(uint8_t set, uint8_t clear)
{
	struct object_call c = { .d = monitor, .cap = &kernel,
				 .arg = { KNOWN | ABI_CAP_FRAME, ABI_PAGE_SIZE, set, clear } };

	return agreed_state(&c);
}

/* The only copy of a frame that other cores know is in a CNode whose last capability is deleted. */
static void know_and_end(void)
{
	static struct cap_entry holder;
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE, .from = cap_slot_own(&holder) };
	struct cap_entry *inside = (struct cap_entry *)memory_at(HOLDER) + 3;

	memset(memory_at(HOLDER), 0, ABI_PAGE_SIZE);
	assert_int_equal(cap_create(&cap_space, &holder, ABI_CAP_CNODE, HOLDER, ABI_PAGE_SIZE, ABI_CAP_RW, 0), 0);
	assert_int_equal(cap_create(&cap_space, inside, ABI_CAP_FRAME, KNOWN, ABI_PAGE_SIZE, ABI_CAP_RW, 0), 0);
	assert_int_equal(known_state(CAP_REMOTE, 0), 0);
	assert_int_equal(capability_do(&op), 0);
}

/* Half a second, and a turn of ring 3. */
static void turn(void)
{
	uint64_t deadline = UINT64_MAX;

	pass(500);
	dispatchers_run(&deadline);
}

static bool told_nothing(void)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);

	return b->record[b->taken % 4].number != b->taken + 1;
}

/* The monitor is asked once, when it has room, and again when it said something of the object. */
static void test_last_copy(void **state)
{
	struct abi_lmp_buffer *b = memory_at(FRAME + 4096);
	uint64_t taken = b->taken;

	(void)state;
	b->taken = taken - 4;
	know_and_end();
	turn();
	b->taken = taken;
	assert_true(told_nothing());
	assert_int_equal(cap_space.dying_count, 1);
	turn();
	assert_int_equal(told(ABI_LMP_LAST_COPY)->word[0], KNOWN);
	turn();
	assert_true(told_nothing());
	/* Still known elsewhere: asked for again. Known nowhere else: it goes. */
	assert_int_equal(known_state(CAP_REMOTE, 0), 0);
	turn();
	told(ABI_LMP_LAST_COPY);
	assert_int_equal(cap_space.dying_count, 1);
	assert_int_equal(known_state(0, CAP_REMOTE), 0);
	turn();
	assert_true(told_nothing());
	assert_int_equal(cap_space.dying_count, 0);
}

/* What waits for the monitor's word does not wait for a dead one. */
static void test_last_copy_alone(void **state)
{
	(void)state;
	know_and_end();
	turn();
	told(ABI_LMP_LAST_COPY);
	assert_int_equal(cap_space.dying_count, 1);
	dispatcher_exit(monitor, 0);
	turn();
	assert_int_equal(cap_space.dying_count, 0);
}

int main(void)
{
	/* The monitor is over from test_last_copy_alone() on. */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_last_copy),
		cmocka_unit_test(test_memory_comes_and_goes),
		cmocka_unit_test(test_memory_refused),
		cmocka_unit_test(test_last_copy_alone),
		cmocka_unit_test(test_memory_without_monitor),
	};

	return cmocka_run_group_tests(tests, monitor_start, NULL);
}
