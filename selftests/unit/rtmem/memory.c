// SPDX-License-Identifier: GPL-2.0-only
/* Rules of slots, RAM and the address space. */
#include <stdio.h>

#include "world.h"

#define RAM_BYTES (24ull << 20)
#define UP(bytes) (((bytes) + PAGE - 1) & ~(PAGE - 1))

static void fill(uint64_t va, uint64_t pages, unsigned int seed)
{
	for (uint64_t i = 0; i < pages; i++)
		*(volatile uint64_t *)(va + i * PAGE) = seed + i;
}

static void filled(uint64_t va, uint64_t pages, unsigned int seed)
{
	for (uint64_t i = 0; i < pages; i++)
		assert_int_equal(*(volatile uint64_t *)(va + i * PAGE), seed + i);
}

static void unmap(uint64_t va, uint64_t bytes)
{
	assert_int_equal(rt_vspace_unmap(va, bytes), 0);
}

static bool complained(const char *words)
{
	bool yes = strstr(world_complaint, words);

	if (!yes)
		fprintf(stderr, "# said: %s\n", world_complaint);
	world_complaint[0] = 0;
	return yes;
}

/* Memory is clean, and appears where it is touched. */
RULE(demand)
{
	uint64_t va = map(100 * PAGE, RW, 0), before;
	struct rt_vspace_counts counts;

	(void)state;
	rt_vspace_count(&counts);
	before = counts.present_bytes;
	for (uint64_t i = 0; i < 100 * PAGE; i += 8)
		assert_int_equal(*(volatile uint64_t *)(va + i), 0);
	rt_vspace_count(&counts);
	assert_int_equal(counts.present_bytes, before + 100 * PAGE);
	fill(va, 100, 5);
	filled(va, 100, 5);
	world_sound();
	unmap(va, 100 * PAGE);
	assert_false(touch(va, false));
	assert_true(complained("nothing is mapped there"));
}

RULE(now)
{
	struct rt_vspace_counts before, after;
	uint64_t va;

	(void)state;
	rt_vspace_count(&before);
	va = map(37 * PAGE, RW, RT_MAP_NOW);
	rt_vspace_count(&after);
	assert_int_equal(after.present_bytes, before.present_bytes + 37 * PAGE);
	assert_int_equal(after.promised_bytes, before.promised_bytes);
	fill(va, 37, 1);
	rt_vspace_count(&after);
	assert_int_equal(after.faults, before.faults);
	unmap(va, 37 * PAGE);
}

RULE(protections)
{
	uint64_t va = 0, bad = 0;

	(void)state;
	assert_int_equal(rt_vspace_map(&bad, PAGE, RW | RT_EXECUTE, 0), -RT_EACCES);
	assert_int_equal(rt_vspace_map(&bad, PAGE, 8, 0), -RT_EINVAL);
	assert_int_equal(rt_vspace_map(&bad, 0, RW, 0), -RT_EINVAL);
	va = map(4 * PAGE, RW, 0);
	fill(va, 4, 9);
	assert_int_equal(rt_vspace_protect(va, 4 * PAGE, RT_WRITE | RT_EXECUTE), -RT_EACCES);
	assert_int_equal(rt_vspace_protect(va + PAGE, PAGE, RT_READ), 0);
	assert_int_equal(rt_vspace_protect(va + 2 * PAGE, PAGE, RT_NONE), 0);
	assert_true(touch(va, true));
	assert_true(touch(va + PAGE, false));
	assert_false(touch(va + PAGE, true));
	assert_true(complained("not for that"));
	assert_false(touch(va + 2 * PAGE, false));
	assert_true(complained("not for that"));
	assert_true(touch(va + 3 * PAGE, true));
	assert_int_equal(rt_vspace_protect(va, 4 * PAGE, RW), 0);
	filled(va, 4, 9);
	world_sound();
	assert_int_equal(rt_vspace_protect(va, 5 * PAGE, RT_READ), -RT_ENOMEM);
	assert_int_equal(rt_vspace_protect(va + 1, PAGE, RT_READ), -RT_EINVAL);
	unmap(va, 4 * PAGE);
}

/* A hole in the middle leaves what is around it. */
RULE(holes)
{
	uint64_t va = map(64 * PAGE, RW, RT_MAP_NOW);

	(void)state;
	fill(va, 64, 3);
	unmap(va + 21 * PAGE, PAGE);
	unmap(va + 30 * PAGE, 20 * PAGE);
	filled(va, 21, 3);
	filled(va + 22 * PAGE, 8, 25);
	filled(va + 50 * PAGE, 14, 53);
	assert_false(touch(va + 21 * PAGE, false));
	assert_false(touch(va + 49 * PAGE, false));
	world_sound();
	unmap(va, 64 * PAGE);
}

RULE(places)
{
	uint64_t va = map(8 * PAGE, RW, 0), at = va + 2 * PAGE, low = PAGE;

	(void)state;
	fill(va, 8, 1);
	assert_int_equal(rt_vspace_map(&at, 2 * PAGE, RW, RT_MAP_EXACTLY), -RT_EEXIST);
	filled(va, 8, 1);
	assert_int_equal(rt_vspace_map(&at, 2 * PAGE, RW, RT_MAP_FIXED), 0);
	assert_int_equal(at, va + 2 * PAGE);
	filled(va, 2, 1);
	assert_int_equal(*(volatile uint64_t *)at, 0);
	filled(va + 4 * PAGE, 4, 5);
	at = va + 1;
	assert_int_equal(rt_vspace_map(&at, PAGE, RW, RT_MAP_FIXED), -RT_EINVAL);
	assert_int_equal(rt_vspace_map(&low, PAGE, RW, RT_MAP_FIXED), -RT_EINVAL);
	unmap(va, 8 * PAGE);
	at = va;
	assert_int_equal(rt_vspace_map(&at, 2 * PAGE, RW, RT_MAP_EXACTLY), 0);
	assert_int_equal(at, va);
	unmap(va, 2 * PAGE);
	/* What is not mapped is unmapped already. */
	unmap(va, 2 * PAGE);
	assert_int_equal(rt_vspace_unmap(RT_VSPACE_META, PAGE), -RT_EINVAL);
	assert_int_equal(rt_vspace_unmap(ABI_DOMAIN_PROGRAM, PAGE), -RT_EINVAL);
}

RULE(stacks)
{
	uint64_t low, end = rt_vspace_stack(1 << 20, &low);

	(void)state;
	assert_int_equal(end, low + (1 << 20));
	for (uint64_t at = end - 8; at >= low + PAGE; at -= PAGE)
		*(volatile uint64_t *)at = at;
	assert_false(touch(low + PAGE - 1, true));
	assert_true(complained("a stack is full"));
	assert_int_equal(rt_vspace_protect(low, PAGE, RW), -RT_EACCES);
	unmap(low, 1 << 20);
}

RULE(large)
{
	uint64_t va = map(6 * LARGE, RW, 0);
	struct rt_vspace_counts counts;

	(void)state;
	assert_int_equal(va % LARGE, 0);
	assert_true(touch(va + LARGE + 5 * PAGE, true));
	rt_vspace_count(&counts);
	assert_int_equal(counts.large_pages, 1);
	fill(va, 2 * 512, 77);
	rt_vspace_count(&counts);
	assert_int_equal(counts.large_pages, 2);
	world_sound();
	/* It is taken apart where it must be. */
	assert_int_equal(rt_vspace_protect(va + 100 * PAGE, PAGE, RT_READ), 0);
	rt_vspace_count(&counts);
	assert_int_equal(counts.large_pages, 1);
	filled(va, 2 * 512, 77);
	assert_false(touch(va + 100 * PAGE, true));
	unmap(va + 512 * PAGE, PAGE);
	rt_vspace_count(&counts);
	assert_int_equal(counts.large_pages, 0);
	filled(va + 513 * PAGE, 511, 77 + 513);
	world_sound();
	unmap(va, 6 * LARGE);
}

/* What does not fit is refused, what was promised is kept. */
RULE(memory_ends)
{
	uint64_t all = rt_ram_free_bytes(), va = 0, half;
	struct rt_vspace_counts counts;

	(void)state;
	assert_int_equal(rt_vspace_map(&va, all + PAGE, RW, 0), -RT_ENOMEM);
	assert_int_equal(rt_vspace_map(&va, 1ull << 38, RW, 0), -RT_ENOMEM);
	assert_int_equal(rt_vspace_map(&va, UINT64_MAX, RW, 0), -RT_ENOMEM);
	half = map(UP(all * 6 / 10), RW, 0);
	assert_int_equal(rt_vspace_map(&va, UP(all / 2), RW, 0), -RT_ENOMEM);
	/* Not usable at first: nothing is promised before it is. */
	va = 0;
	assert_int_equal(rt_vspace_map(&va, UP(all / 2), RT_NONE, 0), 0);
	assert_int_equal(rt_vspace_protect(va, UP(all / 2), RW), -RT_ENOMEM);
	assert_int_equal(rt_vspace_protect(va, 16 * PAGE, RW), 0);
	unmap(va, UP(all / 2));
	fill(half, UP(all * 6 / 10) / PAGE, 6);
	filled(half, UP(all * 6 / 10) / PAGE, 6);
	unmap(half, UP(all * 6 / 10));
	/* Without a promise: the touch that finds nothing is told from others. */
	va = 0;
	assert_int_equal(rt_vspace_map(&va, 2 * all, RW, RT_MAP_UNCOUNTED), 0);
	for (half = 0; half < 2 * all && touch(va + half, true); half += PAGE)
		;
	assert_in_range(half, all * 9 / 10, all);
	assert_true(complained("out of memory"));
	rt_vspace_count(&counts);
	assert_true(counts.large_pages);
	world_sound();
	unmap(va, 2 * all);
}

/* Every page of a promise can be touched, one by one in the least favourable way. */
RULE(promise_kept)
{
	uint64_t bytes = UP(rt_ram_free_bytes() * 85 / 100), n = bytes / PAGE;
	uint64_t va;

	(void)state;
	va = map(n * 2 * PAGE, RT_NONE, 0);
	for (uint64_t i = 0; i < n; i++)
		assert_int_equal(rt_vspace_protect(va + 2 * i * PAGE, PAGE, RW), 0);
	for (uint64_t i = 0; i < n; i++)
		assert_true(touch(va + 2 * i * PAGE, true));
	unmap(va, n * 2 * PAGE);
}

/* What was usable once stays promised, what never was does not, side by side. */
RULE(promise_sides)
{
	uint64_t before = world_ledger().promised, va = map(4 * PAGE, RT_NONE, 0);

	(void)state;
	assert_int_equal(world_ledger().promised, before);
	assert_int_equal(rt_vspace_protect(va, PAGE, RW), 0);
	assert_int_equal(rt_vspace_protect(va, PAGE, RT_NONE), 0);
	assert_int_equal(world_ledger().promised, before + PAGE);
	unmap(va, 4 * PAGE);
	assert_int_equal(world_ledger().promised, before);
}

RULE(frames)
{
	struct abi_cap_at foreign = { .address = SLOT_FOREIGN, .depth = ABI_DOMAIN_ROOT_BITS };
	uint64_t a = 0, b = 0, c = 0, flags;

	(void)state;
	assert_int_equal(rt_vspace_map_frame(foreign, 3 * PAGE, 2 * LARGE, RW, 0, &a), 0);
	assert_int_equal(rt_vspace_map_frame(foreign, 0, 3 * LARGE, RT_READ, 0, &b), 0);
	fill(a, 1024, 50);
	filled(b + 3 * PAGE, 1024, 50);
	assert_false(touch(b, true));
	assert_false(rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, 8, 0, 0, 0), SLOT_FOREIGN, 0,
			       0, 0, ABI_INVOKE_KIND, &flags));
	assert_false(flags >> 24); /* not mapped itself */
	world_sound();
	unmap(a + 600 * PAGE, PAGE);
	filled(a, 600, 50);
	filled(a + 601 * PAGE, 1024 - 601, 651);
	filled(b + 3 * PAGE, 1024, 50);
	unmap(a, 2 * LARGE);
	unmap(b, 3 * LARGE);
	assert_int_equal(rt_vspace_map_frame(foreign, PAGE, FOREIGN_BYTES, RW, 0, &c), -RT_EINVAL);
	assert_int_equal(rt_vspace_map_frame(foreign, 0, 100, RW, 0, &c), -RT_EINVAL);
	foreign.address = ABI_SLOT_FREE - 1;
	assert_int_equal(rt_vspace_map_frame(foreign, 0, PAGE, RW, 0, &c), -RT_EINVAL);
}

RULE(growth)
{
	uint64_t va = map(2 * PAGE, RW, 0), next = va + 4 * PAGE;

	(void)state;
	fill(va, 2, 1);
	assert_int_equal(rt_vspace_grow(va, 2 * PAGE, 2 * PAGE), 0);
	fill(va, 4, 1);
	assert_int_equal(rt_vspace_map(&next, PAGE, RT_READ, RT_MAP_EXACTLY), 0);
	assert_int_equal(rt_vspace_grow(va, 4 * PAGE, PAGE), -RT_ENOMEM);
	assert_int_equal(rt_vspace_grow(va, 3 * PAGE, PAGE), -RT_ENOMEM);
	assert_int_equal(rt_vspace_discard(va + PAGE, 2 * PAGE), 0);
	filled(va, 1, 1);
	filled(va + 3 * PAGE, 1, 4);
	assert_int_equal(*(volatile uint64_t *)(va + PAGE), 0);
	unmap(va, 5 * PAGE);
}

RULE(slots)
{
	enum { MANY = 3000 };
	static uint32_t slot[MANY];
	struct ledger before = world_ledger();

	(void)state;
	for (int i = 0; i < MANY; i++) {
		slot[i] = rt_slot_alloc();
		assert_true(slot[i]);
		for (int j = i > 40 ? i - 40 : 0; j < i; j++)
			assert_int_not_equal(slot[i], slot[j]);
	}
	/* A capability can be where the address says. */
	assert_int_equal(rt_invoke(ABI_INVOKE_WORD(ABI_CAP_DO_COPY, 0, 0, 8,
						   rt_slot_depth(slot[MANY - 1]), 0, 0),
				   SLOT_FOREIGN, rt_slot_address(slot[MANY - 1]), 0, 0, 0, NULL), 0);
	assert_int_equal(world_ledger().slots, before.slots + MANY);
	rt_slot_drop(slot[MANY - 1]);
	for (int i = 0; i < MANY - 1; i++)
		rt_slot_free(slot[i * 1007 % (MANY - 1)]);
	assert_int_equal(world_ledger().slots, before.slots);
	/* One CNode may stay. */
	assert_true(before.ram_free - world_ledger().ram_free <= 128 << 10);
	world_sound();
}

RULE(ram)
{
	struct ledger before = world_ledger();
	struct rt_ram piece[20], part;
	struct rt_piece node;

	(void)state;
	for (int i = 0; i < 20; i++) {
		uint64_t bytes = PAGE << i % 10;

		assert_int_equal(rt_ram_alloc(bytes, bytes, &piece[i]), 0);
		assert_int_equal(rt_ram_physical(&piece[i]) % bytes, 0);
		for (int j = 0; j < i; j++)
			assert_true(piece[i].first >= piece[j].first + piece[j].pages ||
				    piece[j].first >= piece[i].first + piece[i].pages);
	}
	for (int i = 0; i < 20; i++) {
		part = piece[i];
		part.pages = (part.pages + 1) / 2;
		rt_ram_free(&part);
		part.first += part.pages;
		part.pages = piece[i].pages - part.pages;
		rt_ram_free(&part);
	}
	assert_int_equal(rt_ram_alloc(100, PAGE, &part), -RT_EINVAL);
	assert_int_equal(rt_ram_alloc(PAGE, 3 * PAGE, &part), -RT_EINVAL);
	assert_int_equal(rt_ram_alloc(RAM_BYTES, PAGE, &part), -RT_ENOMEM);
	assert_int_equal(rt_piece_new(ABI_CAP_CNODE, 8 * PAGE, &node), 0);
	rt_piece_end(&node);
	assert_int_equal(rt_piece_new(ABI_CAP_CNODE, 3 * PAGE, &node), -RT_EINVAL);
	assert_int_equal(rt_piece_new(ABI_CAP_ENDPOINT, PAGE, &node), -RT_EINVAL);
	assert_same_ledger(&before);
}

/* All that can be refused in the middle of something is undone. */
static int work(void)
{
	struct abi_cap_at foreign = { .address = SLOT_FOREIGN, .depth = ABI_DOMAIN_ROOT_BITS };
	uint64_t va = 0, frame = 0;
	int rc = rt_vspace_map(&va, 3 * LARGE, RW, 0);

	if (!rc && !touch(va + 7 * PAGE, true))
		rc = 1;
	if (!rc)
		rc = rt_vspace_protect(va + 5 * PAGE, 3 * PAGE, RT_READ);
	if (!rc)
		rc = rt_vspace_unmap(va + 6 * PAGE, PAGE);
	if (!rc)
		rc = rt_vspace_map_frame(foreign, PAGE, 2 * LARGE, RW, 0, &frame);
	if (!rc)
		rc = rt_vspace_unmap(frame + 10 * PAGE, PAGE);
	world_fail(0);
	world_sound();
	if (frame)
		unmap(frame, 2 * LARGE);
	unmap(va, 3 * LARGE);
	return rc;
}

RULE(undone)
{
	struct ledger before;
	uint64_t failures = 0;

	(void)state;
	assert_int_equal(work(), 0);
	before = world_ledger();
	for (uint64_t n = 1;; n++) {
		world_failed = 0;
		world_fail(n);
		failures += !!work();
		assert_same_ledger(&before);
		if (!world_failed)
			break;
	}
	assert_true(failures > 10);
}

RULE(whole)
{
	struct ledger before = { 0 };

	for (int i = 0; i < 3; i++) {
		struct ledger now_is;

		demand(state), protections(state), holes(state), places(state), large(state);
		stacks(state), frames(state), growth(state), memory_ends(state);
		promise_kept(state), slots(state);
		now_is = world_ledger();
		if (i == 2)
			assert_same_ledger(&before);
		before = now_is;
	}
}

static int add(uint32_t slot)
{
	return rt_ram_add((struct abi_cap_at){ .address = slot, .depth = ABI_DOMAIN_ROOT_BITS });
}

static void add_second(void)
{
	assert_int_equal(add(SLOT_MORE + 1), 0);
}

/* Two threads add RAM at once: both pieces are there afterwards, every page once. */
RULE(regions)
{
	uint64_t before = rt_ram_total_bytes(), free_bytes, pages = 0, more = 0;
	static struct rt_ram page[FAKE_BYTES / PAGE];
	static bool seen[FAKE_BYTES / PAGE];

	(void)state;
	assert_int_equal(add(SLOT_FOREIGN), -RT_EINVAL);
	assert_int_equal(add(ABI_SLOT_FREE - 1), -RT_EINVAL);
	world_meanwhile = add_second;
	assert_int_equal(add(SLOT_MORE), 0);
	assert_null(world_meanwhile);
	assert_int_equal(rt_ram_total_bytes(), before + 2 * MORE_BYTES);
	free_bytes = rt_ram_free_bytes();
	for (; !rt_ram_alloc(PAGE, PAGE, &page[pages]); pages++) {
		uint64_t at = rt_ram_physical(&page[pages]);

		assert_false(seen[at / PAGE]);
		seen[at / PAGE] = true;
		more += at >= MORE_AT && at < MORE_AT + 2 * MORE_BYTES;
	}
	assert_int_equal(pages, free_bytes / PAGE);
	assert_int_equal(more, 2 * MORE_BYTES / PAGE);
	while (pages--)
		rt_ram_free(&page[pages]);
	assert_int_equal(rt_ram_free_bytes(), free_bytes);
}

static unsigned int shorts;
static uint64_t short_of;

static int no_more(uint64_t bytes)
{
	shorts++;
	short_of = bytes;
	return -RT_ENOMEM;
}

static int third(uint64_t bytes)
{
	no_more(bytes);
	return add(SLOT_MORE + 2);
}

/* Who finds no memory is asked for, once, and not while disabled; then it is there, at the place wished for. */
RULE(short_of_memory)
{
	uint64_t more = rt_ram_total_bytes(), va = 0, at, all, was;

	(void)state;
	was = map(2 * PAGE, RW, 0);
	all = (rt_ram_free_bytes() * 19 / 20) & ~(PAGE - 1);
	rt_vspace_short = no_more;
	assert_int_equal(rt_vspace_map(&va, all, RW, 0), -RT_ENOMEM);
	assert_int_equal(shorts, 1);
	assert_int_equal(short_of, all);
	rt_vspace_short = third;
	fake_disabled = 1;
	assert_int_equal(rt_vspace_map(&va, all, RW, 0), -RT_ENOMEM);
	fake_disabled = 0;
	assert_int_equal(shorts, 1);
	at = was;
	assert_int_equal(rt_vspace_map(&at, PAGE, RW, RT_MAP_EXACTLY), -RT_EEXIST);
	assert_int_equal(shorts, 1);
	unmap(was, 2 * PAGE);
	at = was;
	assert_int_equal(rt_vspace_map(&at, all, RW, RT_MAP_FIXED), 0);
	assert_int_equal(at, was);
	assert_int_equal(shorts, 2);
	assert_int_equal(rt_ram_total_bytes(), more + MORE_BYTES);
	fill(at, all / PAGE, 8);
	filled(at, all / PAGE, 8);
	world_sound();
	unmap(at, all);
	rt_vspace_short = NULL;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(demand), cmocka_unit_test(now), cmocka_unit_test(protections),
		cmocka_unit_test(holes), cmocka_unit_test(places), cmocka_unit_test(stacks),
		cmocka_unit_test(large), cmocka_unit_test(memory_ends),
		cmocka_unit_test(promise_kept), cmocka_unit_test(promise_sides),
		cmocka_unit_test(frames),
		cmocka_unit_test(growth), cmocka_unit_test(slots), cmocka_unit_test(ram),
		cmocka_unit_test(undone), cmocka_unit_test(whole),
		cmocka_unit_test(regions), cmocka_unit_test(short_of_memory),
	};

	world_begin(RAM_BYTES);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
