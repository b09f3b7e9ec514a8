// SPDX-License-Identifier: GPL-2.0-only
/* The checker of invariants: it finds each kind of damage, and nothing else. */
#include "unit.h"

static void expect(const char *sentence)
{
	const char *wrong = cap_check(&space, own, OWN);

	if (!wrong)
		fail_msg("damage was not found; expected: %s", sentence);
	assert_string_equal(wrong, sentence);
}

/* Do some damage, look, undo it. */
#define DAMAGED(place, value, sentence)                                                            \
	do {                                                                                       \
		__typeof__(place) before_ = (place);                                               \
		(place) = (value);                                                                 \
		expect(sentence);                                                                  \
		(place) = before_;                                                                 \
		sound();                                                                           \
	} while (0)

/* A world with one of most things; nothing is where it is by chance. */
static void some_of_all(void)
{
	ok(copy(RAM, 4));
	ok(retype(RAM, 5, ABI_CAP_RAM, 0, 16 * PAGE, 4));
	ok(retype(5, 10, ABI_CAP_FRAME, 4 * PAGE, 4 * PAGE, 1));
	ok(retype(10, 11, ABI_CAP_FRAME, PAGE, 2 * PAGE, 1));
	ok(retype(6, 12, ABI_CAP_PT, 0, 0, 2));
	ok(retype(6, 14, ABI_CAP_CNODE, 8 * PAGE, PAGE, 1));
	ok(retype(7, 15, ABI_CAP_DISPATCHER, 0, 0, 1));
	ok(retype(15, 16, ABI_CAP_ENDPOINT, PAGE, 0, 1));
	ok(map_some(11, 0, 12, 8, 2, 17, ABI_CAP_READ));
	ok(copy(10, 18));
	sound();
}

static struct cap_entry *root(void)
{
	return space.roots[ABI_CAP_SPACE_MEMORY];
}

static void tree(void **state)
{
	struct cap_entry *e;

	(void)state;
	some_of_all();
	e = root();
	DAMAGED(e->up, e->left, "a root has a parent");
	DAMAGED(e->right->up, e->left, "a child does not know its parent");
	DAMAGED(e->max_end, e->max_end + 1, "the sums of a subtree are wrong");
	DAMAGED(e->min_end, e->min_end + 1, "the sums of a subtree are wrong");
	DAMAGED(e->types, e->types | 1u << ABI_CAP_IO, "the sums of a subtree are wrong");
	DAMAGED(e->height, e->height + 1, "the height of a subtree is wrong");
	DAMAGED(at(VECTORS)->type, ABI_CAP_NONE, "a tree holds what does not belong there");
	DAMAGED(at(VECTORS)->type, ABI_CAP_RAM, "a tree holds what does not belong there");
	DAMAGED(at(VECTORS)->type, ABI_CAP_TYPE_COUNT, "a tree holds what does not belong there");
}

/* Nodes of a tree made by hand. */
static void node(struct cap_entry *e, uint32_t type, uint64_t base, uint64_t end)
{
	memset(e, 0, sizeof(*e));
	e->type = (uint8_t)type;
	e->base = base;
	e->end = end;
	e->max_end = end;
	e->min_end = end;
	e->types = 1u << type;
	e->height = 1;
}

static void by_hand(void **state)
{
	struct cap_entry list[3];

	(void)state;
	/* A list is a tree in order, with the right sums, and out of balance. */
	for (uint32_t i = 0; i < 3; i++) {
		node(&list[i], ABI_CAP_IO, i, i + 1);
		list[i].max_end = 3;
		list[i].height = (uint8_t)(3 - i);
		list[i].up = i ? &list[i - 1] : NULL;
		list[i].right = i < 2 ? &list[i + 1] : NULL;
	}
	space.roots[ABI_CAP_SPACE_PORTS] = &list[0];
	expect("a subtree is out of balance");

	node(&list[0], ABI_CAP_IO, 5, 6);
	node(&list[1], ABI_CAP_IO, 7, 8);
	list[0].left = &list[1];
	list[0].height = 2;
	list[0].max_end = 8;
	list[1].up = &list[0];
	expect("the order is wrong");

	node(&list[0], ABI_CAP_MAPPING, PAGE - 8, PAGE + 8);
	space.roots[ABI_CAP_SPACE_MEMORY] = &list[0];
	expect("a mapping reaches past its table");
}

static void entries(void **state)
{
	(void)state;
	some_of_all();
	DAMAGED(at(10)->rights, at(10)->rights | ABI_CAP_GRANT,
		"a capability has rights that its type does not have");
	DAMAGED(at(16)->base, at(16)->base + 8, "a capability's range is none for its type");
	DAMAGED(at(5)->badge, 1, "a capability has a badge that its type does not have");
	DAMAGED(at(10)->mate, at(17), "a mapped copy and its mapping do not know each other");
	DAMAGED(at(11)->mate, NULL, "a mapping and what it maps do not know each other");
	DAMAGED(at(17)->mate, NULL, "a mapped copy and its mapping do not know each other");
	DAMAGED(at(17)->mate, at(10), "a mapped copy and its mapping do not know each other");
	DAMAGED(at(17)->badge, ABI_CAP_FRAME,
		"a mapping is in no table, or in entries that are not ring 3's");
	DAMAGED(at(17)->rights, ABI_CAP_RWX, "a mapping has rights that it must not have");
	DAMAGED(at(11)->rights, ABI_CAP_WRITE, "a mapping has rights that it must not have");
	DAMAGED(at(4)->state, CAP_BUSY, "a copy that is not the first has a state");
}

/* Take a capability out, let it come back as something that it cannot be. */
static void replace(uint32_t number, uint32_t type, uint64_t base, uint64_t end)
{
	struct cap_entry *e = at(number);
	uint8_t rights = e->rights & cap_types[type].rights;

	cap_mdb_remove(&space, e);
	e->type = (uint8_t)type;
	e->base = base;
	e->end = end;
	e->rights = rights;
	cap_mdb_insert(&space, e);
}

static void ranges(void **state)
{
	(void)state;
	some_of_all();
	replace(18, ABI_CAP_FRAME, 24 * PAGE, 25 * PAGE);
	expect("memory of the CPU driver can be mapped");
	replace(18, ABI_CAP_FRAME, 14 * PAGE, 17 * PAGE);
	expect("two ranges cross");
	replace(18, ABI_CAP_RAM, 60 * PAGE, 70 * PAGE);
	expect("two ranges cross");
	replace(18, ABI_CAP_PT, 5 * PAGE, 6 * PAGE);
	expect("memory of the CPU driver can be mapped");
	replace(18, ABI_CAP_CNODE, 4 * PAGE, 8 * PAGE);
	expect("memory of the CPU driver can be mapped");
	replace(18, ABI_CAP_RAM, 5 * PAGE, 6 * PAGE);
	expect("a range overlaps one that can be mapped");
	replace(18, ABI_CAP_PD, 16 * PAGE, 17 * PAGE);
	expect("a range lies in one of an incompatible type");
	replace(18, ABI_CAP_FRAME, 6 * PAGE, 9 * PAGE);
	sound();
}

static void slots(void **state)
{
	struct cap_entry *node, *first;
	uint64_t count;

	(void)state;
	some_of_all();
	node = at(14);
	first = cap_slots(node, &count);
	DAMAGED(first->type, ABI_CAP_RAM,
		"a first slot is in use, or not where its object is dying");
	DAMAGED(node->state, CAP_DYING, "a first slot is in use, or not where its object is dying");
	DAMAGED(at(10)->state, CAP_DYING, "an object without slots is dying");
	DAMAGED(first[5].type, ABI_CAP_RAM,
		"slots in use and capabilities in the trees are not as many");
	DAMAGED(own[7].type, ABI_CAP_RAM,
		"slots in use and capabilities in the trees are not as many");
	DAMAGED(space.count[ABI_CAP_RAM], 1, "a count by type is wrong");
	DAMAGED(space.revoking, &own[9], "a capability that does not exist is being revoked");
}

static void queue(void **state)
{
	struct cap_entry *first;
	uint64_t count;
	struct cap_op op = { .kind = ABI_CAP_DO_DELETE };

	(void)state;
	some_of_all();
	first = cap_slots(at(14), &count);
	op.from = slot(14);
	ok(finish(&op));
	sound();
	assert_ptr_equal(space.dying, first);
	DAMAGED(space.dying, NULL, "the queue of the dying is not that of all dying objects");
	DAMAGED(space.dying_count, 2, "the queue of the dying is not that of all dying objects");
	DAMAGED(space.dying_last, at(10),
		"the queue of the dying is not that of all dying objects");
	DAMAGED(first->next, at(10), "the queue of the dying holds what is not dying");
	DAMAGED(first->cursor, 0, "a dying object has lost its place");
	DAMAGED(first->cursor, 33, "a dying object has lost its place");
	DAMAGED(first->state, 0, "a first slot is in use, or not where its object is dying");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(tree), TEST(by_hand), TEST(entries), TEST(ranges), TEST(slots), TEST(queue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
