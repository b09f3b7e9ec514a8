// SPDX-License-Identifier: GPL-2.0-only
/* Deletion, revocation, the work they leave over, and the states of agreements. */
#include "unit.h"

/* A slot of an inner CNode whose capability is in a slot of the root. */
static struct cap_slot inner(uint32_t node, uint32_t index)
{
	struct cap_slot found;

	ok(cap_slot_find(at(node), index, 5, &found));
	return found;
}

static int copy_in(uint32_t from, uint32_t node, uint32_t index)
{
	struct cap_op op = { .kind = ABI_CAP_DO_COPY, .from = slot(from),
			     .to = inner(node, index) };

	return done(&op);
}

/* One operation, undrained, unfinished. */
static int once(uint32_t kind, uint32_t number)
{
	struct cap_op op = { .kind = kind, .from = slot(number) };
	int rc = cap_decode(&space, &op);

	if (!rc)
		rc = cap_invoke(&space, &op);
	sound();
	return rc;
}

static void deletes(void **state)
{
	(void)state;
	refused(delete(40), EMPTY);
	ok(copy(RAM, 4));
	ok(delete(RAM));
	empty(RAM);
	ok(retype(4, 5, ABI_CAP_FRAME, 0, PAGE, 1));
	/* What was derived lives on, and keeps the memory from being used otherwise. */
	ok(copy(4, 6));
	ok(delete(4));
	holds(5, FRAME);
	refused(retype(6, 7, ABI_CAP_PT, 0, 0, 1), IN_USE);
	ok(delete(5));
	ok(retype(6, 7, ABI_CAP_PT, 0, 0, 1));
}

static void cnode_dies(void **state)
{
	(void)state;
	ok(retype(RAM, 4, ABI_CAP_CNODE, 0, PAGE, 3));
	ok(copy(4, 7));
	ok(copy_in(DEVICES, 4, 1));
	ok(copy_in(5, 4, 31));
	ok(copy_in(DEVICES, 5, 2));
	ok(copy_in(6, 5, 3));
	ok(delete(5));
	ok(delete(6));
	ok(delete(4));
	assert_int_equal(space.count[ABI_CAP_PHYSADDR], 3);
	ok(once(ABI_CAP_DO_DELETE, 7));
	empty(7);
	assert_non_null(space.dying);
	/* Its memory is not free before all of it is empty. */
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = slot(RAM), .to = slot(8),
			     .type = ABI_CAP_FRAME, .bytes = 3 * PAGE, .count = 1 };

	for (uint32_t steps = 0;; steps++) {
		assert_true(steps < 100);
		if (cap_decode(&space, &op) != E(AGAIN))
			break;
		cap_work(&space, 1);
		sound();
	}
	assert_null(space.dying);
	assert_int_equal(space.count[ABI_CAP_PHYSADDR], 1);
	assert_int_equal(space.count[ABI_CAP_CNODE], 1);
	ok(done(&op));
}

/* Only who revokes the memory can end what holds itself. */
static void cnode_in_itself(void **state)
{
	(void)state;
	ok(retype(RAM, 4, ABI_CAP_CNODE, 0, PAGE, 2));
	ok(copy_in(4, 4, 3));
	ok(copy_in(4, 5, 3));
	ok(copy_in(5, 4, 4));
	ok(copy_in(DEVICES, 4, 5));
	ok(delete(4));
	ok(delete(5));
	assert_int_equal(space.count[ABI_CAP_CNODE], 4);
	refused(retype(RAM, 6, ABI_CAP_FRAME, 0, PAGE, 1), IN_USE);
	ok(revoke(RAM));
	assert_int_equal(space.count[ABI_CAP_CNODE], 1);
	assert_int_equal(space.count[ABI_CAP_PHYSADDR], 1);
	ok(retype(RAM, 6, ABI_CAP_FRAME, 0, PAGE, 1));
}

static void dispatcher_dies(void **state)
{
	struct cap_entry *kept = (struct cap_entry *)arch_window(0);
	struct cap_op op = { .kind = ABI_CAP_DO_COPY };

	(void)state;
	ok(retype(RAM, 4, ABI_CAP_DISPATCHER, 0, 0, 1));
	ok(retype(4, 5, ABI_CAP_ENDPOINT, PAGE, 0, 1));
	ok(retype(RAM, 6, ABI_CAP_CNODE, 2 * PAGE, PAGE, 1));
	op.from = slot(6);
	op.to = cap_slot_own(&kept[1]);
	ok(done(&op));
	op.from = slot(DEVICES);
	op.to = cap_slot_own(&kept[ABI_CAP_DISPATCHER_SLOTS - 1]);
	ok(done(&op));
	ok(copy_in(DEVICES, 6, 9));
	ok(delete(6));
	ok(copy(4, 7));
	ok(delete(7));
	assert_int_equal(fake_dispatcher_ends, 0);
	ok(once(ABI_CAP_DO_DELETE, 4));
	assert_int_equal(fake_dispatcher_ends, 1);
	drain();
	sound();
	assert_int_equal(space.count[ABI_CAP_CNODE], 1);
	assert_int_equal(space.count[ABI_CAP_PHYSADDR], 1);
	/* The endpoint keeps the memory. */
	holds(5, ENDPOINT);
	refused(retype(RAM, 8, ABI_CAP_FRAME, 0, PAGE, 2), IN_USE);
	refused(retype(RAM, 8, ABI_CAP_FRAME, PAGE, PAGE, 1), IN_USE);
	ok(delete(5));
	ok(retype(RAM, 8, ABI_CAP_FRAME, 0, PAGE, 2));
}

static void revokes(void **state)
{
	(void)state;
	refused(revoke(40), EMPTY);
	ok(mint(RAM, 4, ABI_CAP_RIGHTS & ~ABI_CAP_REVOKE, 0));
	refused(revoke(4), RIGHTS);
	ok(retype(RAM, 5, ABI_CAP_RAM, 0, 16 * PAGE, 2));
	ok(retype(5, 7, ABI_CAP_FRAME, 0, PAGE, 4));
	ok(retype(6, 11, ABI_CAP_CNODE, 0, PAGE, 1));
	ok(copy_in(VECTORS, 11, 1));
	ok(copy_in(6, 11, 2));
	ok(copy(7, 12));
	ok(revoke(5));
	holds(RAM, RAM);
	holds(4, RAM);
	holds(5, RAM);
	for (uint32_t i = 7; i <= 10; i++)
		empty(i);
	empty(12);
	holds(11, CNODE);
	ok(revoke(RAM));
	holds(RAM, RAM);
	for (uint32_t i = 4; i <= 12; i++)
		empty(i);
	assert_int_equal(space.count[ABI_CAP_IRQ], 1);
	ok(revoke(RAM));
	/* Ranges of other things have their own revocations. */
	ok(retype(VECTORS, 4, ABI_CAP_IRQ, 0, 1, 8));
	ok(retype(4 + 1, 20, ABI_CAP_IRQ, 0, 1, 1) == E(SAME) ? 0 : 1);
	ok(revoke(VECTORS));
	assert_int_equal(space.count[ABI_CAP_IRQ], 1);
}

static void revoke_frame_around_others(void **state)
{
	(void)state;
	ok(retype(RAM, 4, ABI_CAP_FRAME, 0, 16 * PAGE, 1));
	ok(retype(4, 5, ABI_CAP_FRAME, 0, 8 * PAGE, 1));
	ok(retype(4, 6, ABI_CAP_FRAME, 4 * PAGE, 8 * PAGE, 1)); /* crosses */
	ok(retype(5, 7, ABI_CAP_FRAME, 5 * PAGE, PAGE, 1));
	ok(revoke(5));
	holds(4, FRAME);
	holds(6, FRAME);
	empty(7);
	ok(revoke(4));
	empty(5);
	empty(6);
}

/* Nothing comes into being in the range while it is being revoked; elsewhere life goes on. */
static void revoke_is_final(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .type = ABI_CAP_FRAME, .bytes = PAGE,
			     .count = 1 };

	(void)state;
	space.revoke_step = 1;
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 32 * PAGE, 1));
	ok(retype(4, 5, ABI_CAP_RAM, 0, 4 * PAGE, 8));
	refused(once(ABI_CAP_DO_REVOKE, 4), AGAIN);
	assert_ptr_equal(space.revoking, at(4));
	op.from = slot(12);
	op.to = slot(20);
	refused(cap_decode(&space, &op), AGAIN);
	op.from = slot(RAM);
	refused(cap_decode(&space, &op), AGAIN);
	op.offset = 40 * PAGE;
	ok(cap_decode(&space, &op));
	op.kind = ABI_CAP_DO_COPY;
	op.from = slot(12);
	refused(cap_decode(&space, &op), AGAIN);
	op.kind = ABI_CAP_DO_MINT;
	refused(cap_decode(&space, &op), AGAIN);
	refused(cap_create(&space, &own[7], ABI_CAP_RAM, 0, 64 * PAGE, 0, 0), AGAIN);
	op.kind = ABI_CAP_DO_COPY;
	op.from = slot(VECTORS);
	ok(cap_decode(&space, &op));
	op.kind = ABI_CAP_DO_REVOKE;
	refused(cap_decode(&space, &op), AGAIN);
	/* It can be moved meanwhile, also from under it. */
	op.kind = ABI_CAP_DO_MOVE;
	op.from = slot(4);
	op.to = slot(30);
	ok(cap_decode(&space, &op));
	ok(cap_invoke(&space, &op));
	assert_ptr_equal(space.revoking, at(30));
	sound();
	op.from = slot(12);
	op.to = slot(31);
	ok(cap_decode(&space, &op));
	ok(cap_invoke(&space, &op));
	refused(cap_work(&space, 3), AGAIN);
	ok(cap_work(&space, 100));
	assert_null(space.revoking);
	empty(31);
	assert_int_equal(space.count[ABI_CAP_RAM], 2);
}

static void revoke_ends_with_its_capability(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE };

	(void)state;
	space.revoke_step = 1;
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 32 * PAGE, 1));
	ok(retype(4, 5, ABI_CAP_RAM, 0, 4 * PAGE, 8));
	refused(once(ABI_CAP_DO_REVOKE, 4), AGAIN);
	ok(once(ABI_CAP_DO_DELETE, 4));
	assert_null(space.revoking);
	refused(once(ABI_CAP_DO_REVOKE, 4), EMPTY);
	holds(12, RAM);
	ok(revoke(RAM));
	/* Its slot lies in memory that it revokes. */
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 32 * PAGE, 1));
	ok(retype(4, 5, ABI_CAP_CNODE, 0, PAGE, 1));
	ok(copy_in(4, 5, 1));
	ok(delete(4));
	op.from = inner(5, 1);
	space.revoke_step = 100;
	refused(finish(&op), EMPTY);
	sound();
	assert_null(space.revoking);
}

static void states(void **state)
{
	(void)state;
	ok(copy(RAM, 4));
	ok(copy(RAM, 5));
	cap_state_change(&space, at(4), CAP_REMOTE | CAP_DYING, 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(cap_state(&space, at(i ? 3 + i : RAM)), CAP_REMOTE);
	ok(delete(RAM));
	assert_int_equal(cap_state(&space, at(5)), CAP_REMOTE);
	ok(delete(4));
	ok(copy(5, 4));
	ok(move(5, 6));
	assert_int_equal(cap_state(&space, at(4)), CAP_REMOTE);
	assert_int_equal(cap_state(&space, at(6)), CAP_REMOTE);
	cap_state_change(&space, at(4), CAP_BUSY, CAP_REMOTE);
	assert_int_equal(cap_state(&space, at(6)), CAP_BUSY);
	sound();
}

static void busy(void **state)
{
	(void)state;
	ok(copy(RAM, 4));
	cap_state_change(&space, at(RAM), CAP_BUSY, 0);
	refused(copy(4, 5), BUSY);
	refused(mint(4, 5, 0, 0), BUSY);
	refused(retype(4, 5, ABI_CAP_FRAME, 0, PAGE, 1), BUSY);
	refused(delete(4), BUSY);
	refused(revoke(4), BUSY);
	assert_null(space.revoking);
	ok(move(4, 6));
	cap_state_change(&space, at(6), 0, CAP_BUSY);
	ok(delete(6));
}

static void foreign_and_remote(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_RETYPE, .from = slot(RAM), .to = slot(4),
			     .type = ABI_CAP_FRAME, .bytes = PAGE, .count = 1 };

	(void)state;
	cap_state_change(&space, at(RAM), CAP_REMOTE, 0);
	refused(done(&op), REMOTE);
	refused(delete(RAM), REMOTE);
	refused(revoke(RAM), REMOTE);
	op.agreed = true;
	ok(done(&op));
	ok(copy(RAM, 5));
	ok(delete(5));
	cap_state_change(&space, at(RAM), CAP_FOREIGN, 0);
	op.agreed = false;
	op.to = slot(5);
	op.offset = PAGE;
	refused(done(&op), FOREIGN);
	refused(revoke(RAM), FOREIGN);
	/* Frames are cut without asking. */
	cap_state_change(&space, at(4), CAP_FOREIGN | CAP_REMOTE, 0);
	ok(retype(4, 6, ABI_CAP_FRAME, 0, PAGE, 1) == E(SAME) ? 0 : 1);
	/* A foreign object's last copy here may go. */
	ok(delete(RAM));
	op.kind = ABI_CAP_DO_DELETE;
	op.from = slot(4);
	ok(done(&op));
	ok(cap_create(&space, at(7), ABI_CAP_RAM, 0, PAGE, ABI_CAP_RIGHTS, CAP_REMOTE));
	op.kind = ABI_CAP_DO_REVOKE;
	op.from = slot(7);
	refused(done(&op), REMOTE);
	op.agreed = true;
	ok(done(&op));
	op.kind = ABI_CAP_DO_DELETE;
	ok(done(&op));
}

static bool answer;
static uint32_t questions;

static bool agree(struct cap_space *s, const struct cap_entry *e, enum cap_question what)
{
	assert_ptr_equal(s, &space);
	assert_int_equal(what, CAP_ASK_LAST_COPY);
	assert_true(cap_state(s, e) & CAP_REMOTE);
	questions++;
	return answer;
}

/* What other cores know waits for their word; everything else goes on meanwhile. */
static void parked(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE };

	(void)state;
	space.agree = agree;
	answer = false;
	questions = 0;
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 32 * PAGE, 1));
	ok(retype(4, 5, ABI_CAP_CNODE, 0, PAGE, 2));
	ok(retype(4, 7, ABI_CAP_RAM, 8 * PAGE, 8 * PAGE, 1));
	ok(copy_in(7, 5, 1));
	ok(copy_in(DEVICES, 6, 1));
	ok(copy_in(VECTORS, 5, 2));
	cap_state_change(&space, at(7), CAP_REMOTE, 0);
	refused(delete(7) ? 0 : E(REMOTE), REMOTE); /* not the last: goes */
	ok(once(ABI_CAP_DO_DELETE, 5));
	ok(once(ABI_CAP_DO_DELETE, 6));
	refused(cap_work(&space, 1000), BUSY);
	assert_int_equal(space.count[ABI_CAP_PHYSADDR], 1);
	assert_int_equal(space.dying_count, 1);
	sound();
	/* An unrelated revocation ends all the same. */
	ok(retype(RAM, 8, ABI_CAP_RAM, 64 * PAGE, 32 * PAGE, 1));
	ok(retype(8, 9, ABI_CAP_FRAME, 0, PAGE, 4));
	ok(revoke(8));
	empty(9);
	op.from = slot(4);
	ok(cap_decode(&space, &op));
	refused(cap_invoke(&space, &op), BUSY);
	sound();
	assert_true(questions >= 2);
	answer = true;
	ok(cap_work(&space, 1000));
	sound();
	assert_int_equal(space.count[ABI_CAP_RAM], 3);
	assert_int_equal(space.count[ABI_CAP_IRQ], 1);
	ok(revoke(4));
}

static void parked_victim(void **state)
{
	(void)state;
	space.agree = agree;
	answer = false;
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 32 * PAGE, 1));
	cap_state_change(&space, at(4), CAP_REMOTE, 0);
	refused(once(ABI_CAP_DO_REVOKE, RAM), BUSY);
	holds(4, RAM);
	cap_state_change(&space, at(4), CAP_BUSY, CAP_REMOTE);
	refused(once(ABI_CAP_DO_REVOKE, RAM), BUSY);
	cap_state_change(&space, at(4), CAP_FOREIGN | CAP_REMOTE, CAP_BUSY);
	ok(once(ABI_CAP_DO_REVOKE, RAM));
	empty(4);
}

static void create(void **state)
{
	struct cap_entry *e = &own[5];

	(void)state;
	refused(cap_create(&space, at(RAM), ABI_CAP_RAM, 0, PAGE, 0, 0), OCCUPIED);
	refused(cap_create(&space, e, ABI_CAP_NONE, 0, PAGE, 0, 0), TYPE);
	refused(cap_create(&space, e, ABI_CAP_TYPE_COUNT, 0, PAGE, 0, 0), TYPE);
	refused(cap_create(&space, e, ABI_CAP_MAPPING, 0, 8, 0, 0), TYPE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, 0, PAGE, ABI_CAP_GRANT, 0), RIGHTS);
	refused(cap_create(&space, e, ABI_CAP_FRAME, 1, PAGE, 0, 0), ALIGN);
	refused(cap_create(&space, e, ABI_CAP_FRAME, 0, PAGE + 1, 0, 0), SIZE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, 0, 0, 0, 0), SIZE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, 1ull << 52, PAGE, 0, 0), RANGE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, 1ull << 53, PAGE, 0, 0), RANGE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, (1ull << 52) - PAGE, 2 * PAGE, 0, 0), RANGE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, PAGE, -PAGE, 0, 0), RANGE);
	refused(cap_create(&space, e, ABI_CAP_IRQ, 255, 2, 0, 0), RANGE);
	refused(cap_create(&space, e, ABI_CAP_IO, 0xffff, 2, 0, 0), RANGE);
	refused(cap_create(&space, e, ABI_CAP_FRAME, ROOT_AT, PAGE, 0, 0), OVERLAP);
	refused(cap_create(&space, e, ABI_CAP_RAM, RAM_BYTES / 2, RAM_BYTES, 0, 0), OVERLAP);
	ok(cap_create(&space, e, ABI_CAP_RAM, 0, 2 * RAM_BYTES, 0, CAP_FOREIGN | CAP_DYING));
	assert_int_equal(cap_state(&space, e), CAP_FOREIGN);
	/* A second copy's state is the first's. */
	ok(cap_create(&space, &own[6], ABI_CAP_RAM, 0, 2 * RAM_BYTES, 0, CAP_REMOTE));
	assert_int_equal(cap_state(&space, &own[6]), CAP_FOREIGN);
	sound();
	/* One that is dying is not brought back. */
	ok(retype(RAM, 4, ABI_CAP_CNODE, 0, PAGE, 1));
	ok(copy_in(DEVICES, 4, 1));
	ok(once(ABI_CAP_DO_DELETE, 4));
	refused(cap_create(&space, &own[7], ABI_CAP_CNODE, 0, PAGE, 0, 0), AGAIN);
	refused(cap_create(&space, &own[7], ABI_CAP_FRAME, 0, PAGE, 0, 0), AGAIN);
	drain();
	ok(cap_create(&space, &own[7], ABI_CAP_CNODE, 0, PAGE, 0, 0));
	sound();
}

static void relations(void **state)
{
	(void)state;
	assert_int_equal(cap_relations(&space, at(RAM)), 0);
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 16 * PAGE, 1));
	assert_int_equal(cap_relations(&space, at(RAM)), CAP_HAS_DESCENDANT);
	assert_int_equal(cap_relations(&space, at(4)), CAP_HAS_ANCESTOR);
	ok(copy(4, 5));
	ok(retype(4, 6, ABI_CAP_FRAME, PAGE, PAGE, 1));
	assert_int_equal(cap_relations(&space, at(5)),
			 CAP_HAS_COPY | CAP_HAS_ANCESTOR | CAP_HAS_DESCENDANT);
	/* Another core asks about what nobody here has all of; then it takes that back. */
	ok(cap_create(&space, &own[5], ABI_CAP_RAM, 0, 8 * PAGE, ABI_CAP_RIGHTS,
		      CAP_FOREIGN | CAP_REMOTE));
	assert_int_equal(cap_relations(&space, &own[5]), CAP_HAS_ANCESTOR | CAP_HAS_DESCENDANT);
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE, .agreed = true,
			     .from = cap_slot_own(&own[5]) };

	ok(done(&op));
	assert_int_equal(cap_relations(&space, &own[5]), CAP_HAS_ANCESTOR);
	empty(6);
	holds(5, RAM);
	op.kind = ABI_CAP_DO_DELETE;
	ok(done(&op));
	assert_int_equal(cap_relations(&space, at(5)), CAP_HAS_COPY | CAP_HAS_ANCESTOR);
}

/* No step does much, however many there are. */
static void steps_are_small(void **state)
{
	struct cap_op op = { .kind = ABI_CAP_DO_REVOKE, .from = slot(RAM) };
	uint64_t most = 0, steps = 0;
	int rc;

	(void)state;
	space.revoke_step = 1;
	ok(retype(RAM, 4, ABI_CAP_CNODE, 0, 128 * PAGE, 1)); /* 4096 slots */
	for (uint32_t i = 1; i < 4096; i++) {
		struct cap_op fill = { .kind = ABI_CAP_DO_COPY, .from = slot(i % 2 ? RAM : 4) };

		ok(cap_slot_find(at(4), i, 12, &fill.to));
		ok(finish(&fill));
	}
	do {
		uint64_t before = space.visits;

		steps++;
		ok(cap_decode(&space, &op));
		rc = cap_invoke(&space, &op);
		if (space.visits - before > most)
			most = space.visits - before;
	} while (rc == E(AGAIN));
	ok(rc);
	sound();
	assert_int_equal(space.count[ABI_CAP_CNODE], 1);
	assert_int_equal(space.count[ABI_CAP_RAM], 1);
	assert_true(steps >= 4096);
	assert_true(most < 100);
}

/* What another core revokes here is left in the midst of it, and it begins with something else. */
static void put_off(void **state)
{
	struct cap_range first, second;
	uint32_t i, left = 0;

	(void)state;
	space.revoke_step = 1;
	ok(retype(RAM, 4, ABI_CAP_RAM, 0, 16 * PAGE, 2));
	ok(retype(4, 8, ABI_CAP_FRAME, 0, PAGE, 16));
	ok(retype(5, 24, ABI_CAP_FRAME, 0, PAGE, 8));
	for (i = 40; i < 56; i++)
		ok(copy(4, i));
	first = (struct cap_range){ at(4)->base, 16 * PAGE, ABI_CAP_RAM };
	second = (struct cap_range){ at(5)->base, 16 * PAGE, ABI_CAP_RAM };
	refused(cap_agree_drop(&space, &own[5], &first), AGAIN);
	sound();
	assert_int_equal(own[5].base, first.base);
	/* Whatever was agreed on meanwhile: who revoked it has it. */
	cap_state_change(&space, &own[5], 0, CAP_FOREIGN);
	while (cap_agree_drop(&space, &own[5], &second) == E(AGAIN)) {
		cap_work(&space, 1);
		sound();
	}
	for (i = 0; i < 8; i++)
		empty(24 + i);
	empty(5);
	assert_int_equal(own[5].type, ABI_CAP_NONE);
	/* What is left of the first belongs to the other core, which may ask for it again. */
	for (i = 40; i < 56; i++) {
		if (at(i)->type == ABI_CAP_NONE)
			continue;
		left++;
		assert_true(cap_state(&space, at(i)) & CAP_FOREIGN);
	}
	assert_true(left > 0);
	while (cap_agree_drop(&space, &own[5], &first) == E(AGAIN)) {
		cap_work(&space, 1);
		sound();
	}
	assert_int_equal(space.count[ABI_CAP_RAM], 1);
	for (i = 0; i < 16; i++)
		empty(8 + i);
	assert_int_equal(own[5].type, ABI_CAP_NONE);
	sound();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(deletes), TEST(cnode_dies), TEST(cnode_in_itself), TEST(dispatcher_dies),
		TEST(revokes), TEST(revoke_frame_around_others), TEST(revoke_is_final),
		TEST(revoke_ends_with_its_capability), TEST(states), TEST(busy),
		TEST(foreign_and_remote), TEST(parked), TEST(parked_victim), TEST(create),
		TEST(relations), TEST(steps_are_small), TEST(put_off),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
