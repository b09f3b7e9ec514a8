// SPDX-License-Identifier: GPL-2.0-only
/* What may be said by whom and when: each message in each wrong place is refused, and changes nothing. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define yes(a) assert_true(a)

static uint8_t wire[VIEW_MESSAGE_MAX];
static const uint8_t facts[4] = { 1, 0, 0, 0 };

static int fresh(void **state)
{
	(void)state;
	world_reset(1);
	return 0;
}

/* A message that is well made. Return: bytes. */
static uint32_t make(uint16_t type, uint32_t number, const struct protocol_set *members)
{
	struct view_prepare prepare = { number, *members };
	struct view_report report = { number, 0, facts };
	struct view_epochs epochs = { .number = number, .epoch_count = 1, .epoch = { 1 } };
	struct view_install install = { number, *members, 4, facts };
	struct view_drain drain = { number, 1000 };
	struct view_suspect suspect = { number, VIEW_WHY_BROKEN, *members };
	struct view_ping other = { number };

	switch (type) {
	case VIEW_PREPARE: return view_prepare_encode(&prepare, wire);
	case VIEW_REPORT: return view_report_encode(&report, wire);
	case VIEW_EPOCHS: return view_epochs_encode(&epochs, wire);
	case VIEW_INSTALL: return view_install_encode(&install, wire);
	case VIEW_DRAIN: return view_drain_encode(&drain, wire);
	case VIEW_SUSPECT: return view_suspect_encode(&suspect, wire);
	default: return view_ping_encode(&other, wire);
	}
}

/*
 * Is the message refused by node 1? It is said to a copy, and the answer must go with the state: what is
 * refused leaves the copy as it was but for the time it was heard and the number of the last facts.
 */
static bool refused(uint32_t from, uint16_t type, uint32_t number, const struct protocol_set *members)
{
	static struct node whole;
	struct view_state *v = VIEW_OF(1), before;
	uint32_t bytes = make(type, number, members);
	uint64_t sent = world.sent;
	int rc;

	whole = world.nodes[1];
	before = *v;
	rc = view_message(v, from, type, wire, bytes, world.now);
	if (!rc) {
		world.nodes[1] = whole;
		return false;
	}
	assert_int_equal(rc, -URPC_EPROTO);
	assert_int_equal(world.sent, sent);
	assert_int_equal(v->phase, before.phase);
	assert_int_equal(v->now.number, before.now.number);
	assert_int_equal(v->next.number, before.next.number);
	yes(protocol_set_equal(&v->now.members, &before.now.members));
	yes(protocol_set_equal(&v->next.members, &before.next.members));
	return true;
}

static struct protocol_set members_012(void)
{
	struct protocol_set s = protocol_set_only(0);

	protocol_set_add(&s, 1);
	protocol_set_add(&s, 2);
	return s;
}

static void malformed(void **state)
{
	struct protocol_set s = members_012();

	(void)state;
	world_join(1, 3);
	for (uint16_t type = VIEW_PREPARE; type <= VIEW_EXPELLED; type++) {
		uint32_t bytes = make(type, 5, &s);

		assert_int_equal(view_message(VIEW_OF(1), 0, type, wire, bytes - 1, world.now),
				 -URPC_EPROTO);
		assert_int_equal(view_message(VIEW_OF(1), 0, type, wire, bytes + 1, world.now),
				 -URPC_EPROTO);
	}
	assert_int_equal(view_message(VIEW_OF(1), 0, PROTOCOL_TYPE(PROTOCOL_VIEW, 0), wire, 4, world.now),
			 -URPC_EPROTO);
	assert_int_equal(view_message(VIEW_OF(1), 0, PROTOCOL_TYPE(PROTOCOL_VIEW, 14), wire, 4, world.now),
			 -URPC_EPROTO);
	assert_int_equal(view_message(VIEW_OF(1), 0, VIEW_PING + 0x100, wire, 4, world.now), -URPC_EPROTO);
	assert_int_equal(view_message(VIEW_OF(1), NODES, VIEW_PING, wire, 4, world.now), -URPC_EPROTO);
	assert_int_equal(view_message(VIEW_OF(1), 1, VIEW_PING, wire, 4, world.now), -URPC_EPROTO);
}

/* Only node 0 leads, and only node 0 is told. */
static void from_the_wrong_node(void **state)
{
	static const uint16_t leaders[] = { VIEW_PREPARE, VIEW_EPOCHS, VIEW_INSTALL, VIEW_GO, VIEW_DRAIN,
					    VIEW_EXPELLED };
	static const uint16_t members[] = { VIEW_REPORT, VIEW_INSTALLED, VIEW_LEAVE, VIEW_DRAINED,
					    VIEW_SUSPECT };
	struct protocol_set s = members_012();

	(void)state;
	world_join(1, 3);
	for (uint32_t i = 0; i < 6; i++)
		for (uint32_t number = 0; number < 6; number++)
			yes(refused(2, leaders[i], number, &s));
	for (uint32_t i = 0; i < 5; i++)
		for (uint32_t number = 0; number < 6; number++)
			yes(refused(0, members[i], number, &s) && refused(2, members[i], number, &s));
	/* And the leader is told nothing of its own business. */
	for (uint32_t i = 0; i < 6; i++)
		assert_int_equal(view_message(LEADER, 1, leaders[i], wire, make(leaders[i], 3, &s), world.now),
				 -URPC_EPROTO);
}

static void newcomer(void **state)
{
	struct protocol_set s = members_012(), others = s, headless = s;

	(void)state;
	protocol_set_remove(&others, 1);
	protocol_set_remove(&headless, 0);
	world_start(1);
	yes(refused(0, VIEW_INSTALL, 1, &s) && refused(0, VIEW_GO, 0, &s) && refused(0, VIEW_GO, 1, &s));
	yes(refused(0, VIEW_DRAIN, 0, &s) && refused(0, VIEW_EPOCHS, 0, &s));
	yes(refused(0, VIEW_PREPARE, 0, &s) && refused(0, VIEW_PREPARE, 7, &others));
	yes(refused(0, VIEW_PREPARE, 7, &headless));
	/* Meant for the one that had the number before: nothing happens. */
		assert_int_equal(world_inject(0, 1, VIEW_EXPELLED, wire, make(VIEW_EXPELLED, 9, &s)), 0);
	yes(VIEW_OF(1)->phase == VIEW_OUT && !world.nodes[1].gone);
	assert_int_equal(world_inject(0, 1, VIEW_PREPARE, wire, make(VIEW_PREPARE, 7, &s)), 0);
	assert_int_equal(VIEW_OF(1)->phase, VIEW_FROZEN);
	yes(refused(0, VIEW_PREPARE, 8, &s) && refused(0, VIEW_GO, 7, &s) && refused(0, VIEW_DRAIN, 0, &s));
	/* Without the epochs of all there is no view. */
	yes(refused(0, VIEW_INSTALL, 7, &s));
	yes(refused(0, VIEW_EPOCHS, 6, &s) && !refused(0, VIEW_EPOCHS, 7, &s));
}

static int epochs(uint32_t first, uint32_t count, uint32_t value)
{
	struct view_epochs m = { .number = 7, .first = first, .epoch_count = count };

	for (uint32_t i = 0; i < count; i++)
		m.epoch[i] = value;
	return world_inject(0, 1, VIEW_EPOCHS, wire, view_epochs_encode(&m, wire));
}

static void epochs_of_newcomer(void **state)
{
	struct protocol_set s = members_012();

	(void)state;
	world_start(1);
	world_inject(0, 1, VIEW_PREPARE, wire, make(VIEW_PREPARE, 7, &s));
	assert_int_equal(epochs(0, 1, 0), -URPC_EPROTO);
	assert_int_equal(epochs(0, 1, 8), -URPC_EPROTO);
	assert_int_equal(epochs(0, 4, 1), -URPC_EPROTO);
	assert_int_equal(epochs(3, 1, 1), -URPC_EPROTO);
	assert_int_equal(epochs(0xffffffff, 1, 1), -URPC_EPROTO);
	world_start(1);
	world_inject(0, 1, VIEW_PREPARE, wire, make(VIEW_PREPARE, 7, &s));
	assert_int_equal(epochs(0, 2, 1), 0);
	yes(refused(0, VIEW_INSTALL, 7, &s));
	assert_int_equal(epochs(2, 1, 7), 0);
	world.views[7] = (struct view){ 7, s };
	memcpy(world.blobs[7], facts, 4);
	world.nodes[1].welcomed = 7;
	assert_int_equal(world_inject(0, 1, VIEW_INSTALL, wire, make(VIEW_INSTALL, 7, &s)), 0);
	assert_int_equal(view_epoch(VIEW_OF(1), 2), 7);
	assert_int_equal(epochs(0, 1, 1), -URPC_EPROTO);
}

static void member(void **state)
{
	struct protocol_set s = members_012(), wide = s, headless = s;

	(void)state;
	world_join(1, 2);
	protocol_set_add(&wide, 5);
	protocol_set_remove(&headless, 0);
	yes(refused(0, VIEW_PREPARE, 2, &s) && refused(0, VIEW_PREPARE, 1, &s));
	yes(refused(0, VIEW_PREPARE, 3, &headless) && !refused(0, VIEW_PREPARE, 3, &wide));
	yes(refused(0, VIEW_INSTALL, 2, &s) && refused(0, VIEW_INSTALL, 3, &s) && refused(0, VIEW_GO, 2, &s));
	yes(refused(0, VIEW_EPOCHS, 2, &s));
	yes(refused(0, VIEW_DRAIN, 1, &s) && refused(0, VIEW_DRAIN, 3, &s) && !refused(0, VIEW_DRAIN, 2, &s));
	/* Not asked to drain a second time before the first is answered. */
	world.nodes[1].prompt = false;
	assert_int_equal(world_inject(0, 1, VIEW_DRAIN, wire, make(VIEW_DRAIN, 2, &s)), 0);
	yes(refused(0, VIEW_DRAIN, 2, &s));

	assert_int_equal(world_inject(0, 1, VIEW_PREPARE, wire, make(VIEW_PREPARE, 3, &s)), 0);
	yes(refused(0, VIEW_EPOCHS, 3, &s) && refused(2, VIEW_INSTALL, 3, &s));
	yes(refused(0, VIEW_PREPARE, 4, &s) && refused(0, VIEW_INSTALL, 4, &s) && refused(0, VIEW_INSTALL, 2, &s));
	yes(refused(0, VIEW_INSTALL, 3, &wide) && refused(0, VIEW_GO, 3, &s) && refused(0, VIEW_DRAIN, 2, &s));
	world.views[3] = (struct view){ 3, s };
	memcpy(world.blobs[3], facts, 4);
	assert_int_equal(world_inject(0, 1, VIEW_INSTALL, wire, make(VIEW_INSTALL, 3, &s)), 0);
	yes(refused(2, VIEW_GO, 3, &s));
	yes(refused(0, VIEW_INSTALL, 3, &s) && refused(0, VIEW_GO, 2, &s) && refused(0, VIEW_GO, 4, &s));
	yes(refused(0, VIEW_PREPARE, 3, &s) && refused(0, VIEW_DRAIN, 3, &s));
	world.nodes[0].in.number = world.nodes[2].in.number = 3;
	yes(!refused(0, VIEW_GO, 3, &s));
}

/* What the leader refuses; who says it goes. */
static void to_the_leader(void **state)
{
	static struct view_state twice;
	struct protocol_set s = members_012();
	struct view_report report = { 3, 1, (const uint8_t *)"\4" };
	uint32_t bytes, merged;

	(void)state;
	world_join(1, 5);
	/* No change is under way; an answer to an old one is only late. */
	assert_int_equal(view_message(LEADER, 1, VIEW_REPORT, wire, make(VIEW_REPORT, 1, &s), world.now), 0);
	assert_int_equal(view_message(LEADER, 1, VIEW_REPORT, wire, make(VIEW_REPORT, 2, &s), world.now),
			 -URPC_EPROTO);
	assert_int_equal(view_message(LEADER, 1, VIEW_INSTALLED, wire, make(VIEW_INSTALLED, 3, &s), world.now),
			 -URPC_EPROTO);
	assert_int_equal(view_message(LEADER, 1, VIEW_INSTALLED, wire, make(VIEW_INSTALLED, 1, &s), world.now),
			 0);
	bytes = make(VIEW_DRAINED, 2, &s);
	assert_int_equal(view_message(LEADER, 1, VIEW_DRAINED, wire, bytes, world.now), -URPC_EPROTO);
	/* In a change: the right number in the wrong step, twice, and with nonsense in it. */
	view_failed(LEADER, 5);
	world_tick(0);
	assert_int_equal(view_message(LEADER, 1, VIEW_INSTALLED, wire, make(VIEW_INSTALLED, 3, &s), world.now),
			 -URPC_EPROTO);
	assert_int_equal(world_inject(1, 0, VIEW_REPORT, wire, make(VIEW_REPORT, 3, &s)), -URPC_EPROTO);
	assert_int_equal(world_inject(5, 0, VIEW_REPORT, wire, make(VIEW_REPORT, 3, &s)), 0);
	/* Twice. */
	twice = *LEADER;
	merged = world.merged;
	bytes = view_report_encode(&report, wire);
	assert_int_equal(view_message(LEADER, 4, VIEW_REPORT, wire, bytes, world.now), 0);
	assert_int_equal(view_message(LEADER, 4, VIEW_REPORT, wire, bytes, world.now), -URPC_EPROTO);
	*LEADER = twice;
	world.merged = merged;
	/* From one that is out already. */
	assert_int_equal(world_inject(1, 0, VIEW_REPORT, wire, make(VIEW_REPORT, 3, &s)), 0);
	world.nodes[2].mute_report = true;
	world_run(world.now + 10000);
	world_agrees();
	yes(!world_member(1) && !world_member(2) && !world_member(5));
	yes(world_member(3) && world_member(4));
	assert_int_equal(world.nodes[0].broken, 2);
	yes(world.nodes[1].gone && world.nodes[2].gone);
}

/* A newcomer reports nothing; one that does is no good. */
static void newcomer_reports(void **state)
{
	struct protocol_set s = members_012();
	struct view_report report = { 2, 1, facts };

	(void)state;
	world_start(1);
	view_join(LEADER, 1);
	world_tick(0);
	(void)s;
	assert_int_equal(view_message(LEADER, 1, VIEW_REPORT, wire, view_report_encode(&report, wire), world.now),
			 -URPC_EPROTO);
}

/* The one that is suspected is doubted by confirm(): the word of others alone does no harm. */
static void slandered(void **state)
{
	struct protocol_set s = members_012();

	(void)state;
	world_join(1, 3);
	for (uint32_t i = 1; i < 4; i++)
		protocol_set_add(&world.doubtful, i);
	assert_int_equal(world_inject(1, 0, VIEW_SUSPECT, wire, make(VIEW_SUSPECT, 2, &s)), 0);
	world_settle();
	world_agrees();
	yes(world_member(1) && world_member(2) && world_member(3));
	assert_int_equal(world.confirms, 1);
	/* Nor that of one that is on its way out. */
	view_failed(LEADER, 3);
	assert_int_equal(world_inject(3, 0, VIEW_SUSPECT, wire, make(VIEW_SUSPECT, 2, &s)), 0);
	assert_int_equal(world.confirms, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(malformed, fresh),
		cmocka_unit_test_setup(from_the_wrong_node, fresh),
		cmocka_unit_test_setup(newcomer, fresh),
		cmocka_unit_test_setup(epochs_of_newcomer, fresh),
		cmocka_unit_test_setup(member, fresh),
		cmocka_unit_test_setup(to_the_leader, fresh),
		cmocka_unit_test_setup(newcomer_reports, fresh),
		cmocka_unit_test_setup(slandered, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
