// SPDX-License-Identifier: GPL-2.0-only
/* The mapping database against a plain list, and how much of it a question looks at. */
#include "unit.h"

#define MANY 100000u

static struct cap_entry *entries;
static uint32_t used;
static uint64_t seed;

static uint32_t below(uint32_t limit)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 16) % limit;
}

static int start(void **state)
{
	(void)state;
	fake_reset();
	entries = calloc(MANY, sizeof(*entries));
	used = 0;
	seed = 88172645463325252ull;
	return !entries;
}

static int stop(void **state)
{
	(void)state;
	free(entries);
	return 0;
}

static struct cap_entry *add(uint32_t type, uint64_t base, uint64_t end)
{
	struct cap_entry *e = &entries[used++];

	assert_true(used <= MANY);
	e->type = (uint8_t)type;
	e->base = base;
	e->end = end;
	cap_mdb_insert(&space, e);
	return e;
}

static bool may_lie_in(uint32_t outer, uint32_t inner)
{
	return (cap_below(outer) | cap_types[outer].into) & 1u << inner;
}

/* The rule of overlapping ranges, pair by pair. */
static bool clash(const struct cap_entry *a, const struct cap_entry *b)
{
	if (a->end <= b->base || b->end <= a->base)
		return false;
	if (a->base == b->base && a->end == b->end)
		return a->type != b->type && !may_lie_in(a->type, b->type) &&
		       !may_lie_in(b->type, a->type);
	if (a->base <= b->base && a->end >= b->end)
		return !may_lie_in(a->type, b->type);
	if (b->base <= a->base && b->end >= a->end)
		return !may_lie_in(b->type, a->type);
	return a->type != b->type || !cap_is(a->type, ABI_CAP_IS_SHARED);
}

static bool same(const struct cap_entry *a, const struct cap_entry *b)
{
	return a->type == b->type && a->base == b->base && a->end == b->end;
}

static bool inside(const struct cap_entry *outer, const struct cap_entry *inner)
{
	return inner->base >= outer->base && inner->end <= outer->end && !same(outer, inner) &&
	       may_lie_in(outer->type, inner->type);
}

/* Every question about one capability, answered by looking at all. */
static void compare(const struct cap_entry *e)
{
	uint64_t base = e->base + below((uint32_t)(e->end - e->base));
	uint64_t end = base + 1 + below((uint32_t)(e->end - base));
	const struct cap_entry *ancestor = cap_mdb_ancestor(&space, e);
	const struct cap_entry *overlap = cap_mdb_overlap(&space, e, base, end);
	bool copies = false, above = false, under = false, over = false;

	for (uint32_t i = 0; i < used; i++) {
		const struct cap_entry *o = &entries[i];

		if (!o->type || o == e)
			continue;
		copies |= same(o, e);
		above |= inside(o, e);
		under |= inside(e, o);
		over |= inside(e, o) && o->base < end && o->end > base;
		if (ancestor && inside(o, e))
			assert_true(o->end - o->base >= ancestor->end - ancestor->base ||
				    cap_is(o->type, ABI_CAP_IS_SHARED));
	}
	assert_int_equal(cap_mdb_other_copy(e) != NULL, copies);
	assert_int_equal(ancestor != NULL, above);
	assert_int_equal(cap_mdb_descendant(&space, e) != NULL, under);
	if (ancestor)
		assert_true(inside(ancestor, e));
	if (cap_mdb_descendant(&space, e))
		assert_true(inside(e, cap_mdb_descendant(&space, e)));
	/* Ranges that may cross are never asked for it. */
	if (!cap_is(e->type, ABI_CAP_IS_SHARED))
		assert_int_equal(overlap != NULL, over);
}

/*
 * Capabilities of random ranges and types come and go. Units do not matter to the database, so
 * ranges are short and crowded.
 */
static void against_list(void **state)
{
	static const uint8_t types[] = { ABI_CAP_PHYSADDR, ABI_CAP_RAM, ABI_CAP_RAM, ABI_CAP_FRAME,
					 ABI_CAP_FRAME, ABI_CAP_DEVFRAME, ABI_CAP_CNODE, ABI_CAP_PT,
					 ABI_CAP_DISPATCHER, ABI_CAP_ENDPOINT, ABI_CAP_MAPPING };
	uint64_t accepted = 0;

	(void)state;
	for (uint32_t round = 0; round < 60000; round++) {
		struct cap_entry e = { .type = types[below(sizeof(types))], .base = below(48) };
		struct cap_key key;
		bool bad = false;

		if (used == 64 || !(round % 2000)) {
			for (uint32_t i = 0; i < used; i++) {
				if (entries[i].type)
					cap_mdb_remove(&space, &entries[i]);
			}
			used = 0;
			assert_null(space.roots[ABI_CAP_SPACE_MEMORY]);
		}
		e.end = e.base + 1 + below(1 + below(24));
		key = cap_key_of(&e);
		for (uint32_t i = 0; i < used; i++)
			bad |= entries[i].type && clash(&entries[i], &e);
		assert_int_equal(cap_mdb_conflict(&space, &key), bad);
		if (!bad) {
			accepted++;
			compare(add(e.type, e.base, e.end));
		}
		if (used && below(4) == 0) {
			struct cap_entry *victim = &entries[below(used)];

			if (victim->type)
				cap_mdb_remove(&space, victim);
		}
		if (used && entries[round % used].type)
			compare(&entries[round % used]);
	}
	assert_true(accepted > 5000);
}

static uint64_t most_visits(void (*ask)(const struct cap_entry *e))
{
	uint64_t most = 0;

	for (uint32_t i = 0; i < 2000; i++) {
		uint64_t before = space.visits;

		ask(&entries[below(used)]);
		if (space.visits - before > most)
			most = space.visits - before;
	}
	return most;
}

static void ask_descendant(const struct cap_entry *e)
{
	cap_mdb_descendant(&space, e);
}

static void ask_ancestor(const struct cap_entry *e)
{
	cap_mdb_ancestor(&space, e);
}

static void ask_overlap(const struct cap_entry *e)
{
	cap_mdb_overlap(&space, e, e->base, e->end);
}

static void ask_conflict(const struct cap_entry *e)
{
	struct cap_key key = cap_key_of(e);

	cap_mdb_conflict(&space, &key);
}

static void ask_insert(const struct cap_entry *e)
{
	struct cap_entry *found = (struct cap_entry *)e;
	uint32_t type = e->type;
	uint64_t base = e->base, end = e->end;

	cap_mdb_remove(&space, found);
	found->type = (uint8_t)type;
	found->base = base;
	found->end = end;
	cap_mdb_insert(&space, found);
}

/* RAM in halves, down to frames that cross one another, and copies of everything. */
static void grow(uint32_t count)
{
	for (uint64_t i = used; i < count; i++) {
		uint64_t level = i % 16, width = 1ull << (40 - 2 * level);
		uint64_t base = below(1u << 2 * (level < 12 ? level : 12)) * width;

		switch (level) {
		case 15:
			base = (1ull << 41) + below(1u << 24) * 4096ull;
			add(ABI_CAP_FRAME, base, base + 4096 * (1 + below(99)));
			break;
		default:
			add(ABI_CAP_RAM, base, base + width);
			break;
		}
	}
}

static void logarithmic(void **state)
{
	static const struct {
		const char *name;
		void (*ask)(const struct cap_entry *e);
	} questions[] = {
		{ "descendant", ask_descendant }, { "ancestor", ask_ancestor },
		{ "overlap", ask_overlap }, { "conflict", ask_conflict }, { "insert", ask_insert },
	};
	uint64_t log2 = 0;

	(void)state;
	for (uint32_t n = 64; n <= MANY; n *= 8) {
		grow(n);
		for (log2 = 0; n >> log2; log2++)
			;
		for (uint32_t q = 0; q < sizeof(questions) / sizeof(questions[0]); q++) {
			uint64_t most = most_visits(questions[q].ask);

			print_message("# %s among %u: at most %lu slots looked at\n",
				      questions[q].name, n, most);
			/* AVL: at most 1.44 log2 n deep; conflict asks five times, down and up. */
			assert_true(most <= (questions[q].ask == ask_conflict ? 15 : 4) * log2);
		}
		assert_true(space.roots[ABI_CAP_SPACE_MEMORY]->height <= 1 + 3 * log2 / 2);
	}
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(against_list),
		TEST(logarithmic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
