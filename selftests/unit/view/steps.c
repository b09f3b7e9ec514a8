// SPDX-License-Identifier: GPL-2.0-only
/* Membership, step by step: joins, leaves, deaths, silence, and what nobody may say. */
#include "world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#define US(n) (world.now + (n))

static int fresh(void **state)
{
	(void)state;
	world_reset(1);
	return 0;
}

#define is(a, b) assert_int_equal(a, b)
#define yes(a) assert_true(a)
#define SEND(from, to, kind, ...)                                                                  \
	({                                                                                         \
		struct view_##kind m_ = { __VA_ARGS__ };                                           \
		static uint8_t b_[VIEW_MESSAGE_MAX];                                               \
		world_inject(from, to, type_##kind, b_, view_##kind##_encode(&m_, b_));            \
	})

enum { type_prepare = VIEW_PREPARE, type_report = VIEW_REPORT, type_epochs = VIEW_EPOCHS,
       type_install = VIEW_INSTALL, type_installed = VIEW_INSTALLED, type_go = VIEW_GO,
       type_leave = VIEW_LEAVE, type_drain = VIEW_DRAIN, type_drained = VIEW_DRAINED,
       type_ping = VIEW_PING, type_pong = VIEW_PONG, type_suspect = VIEW_SUSPECT,
       type_expelled = VIEW_EXPELLED };

static struct protocol_set set_of(uint32_t a, uint32_t b, uint32_t c)
{
	struct protocol_set s = protocol_set_only(a);

	protocol_set_add(&s, b);
	protocol_set_add(&s, c);
	return s;
}

static void joined_together(void **state)
{
	(void)state;
	world_join(1, 7);
	world_agrees();
	is(view_current(LEADER)->number, 2);
	is(protocol_set_count(&view_current(LEADER)->members), 8);
	for (uint32_t i = 1; i < 8; i++) {
		is(world.nodes[i].done, 1);
		is(world.nodes[i].error, 0);
		is(world.nodes[i].freezes, 0);
		is(world.nodes[i].thaws, 1);
		is(view_epoch(VIEW_OF(3), i), 2);
	}
	is(view_epoch(VIEW_OF(3), 0), 1);
	is(view_epoch(VIEW_OF(3), 8), 0);
}

static void join_one_after_another(void **state)
{
	(void)state;
	for (uint32_t i = 1; i < 6; i++) {
		world_join(i, i);
		world_agrees();
		is(view_current(LEADER)->number, i + 1);
		is(view_epoch(VIEW_OF(i), i), i + 1);
	}
	is(world.nodes[1].freezes, 4);
}

static void join_refused(void **state)
{
	(void)state;
	world_join(1, 2);
	is(view_join(LEADER, 1), -VIEW_EEXIST);
	is(view_join(LEADER, 0), -VIEW_EINVAL);
	is(view_join(LEADER, NODES), -VIEW_EINVAL);
	is(view_join(VIEW_OF(1), 3), -VIEW_EINVAL);
	is(view_join(LEADER, 3), 0);
	is(view_join(LEADER, 3), -VIEW_EEXIST);
	is(view_leave(LEADER, 1, 1000000, world.now), 0);
	is(view_join(LEADER, 1), -VIEW_EBUSY);
	view_failed(LEADER, 2);
	is(view_join(LEADER, 2), -VIEW_EBUSY);
}

static void join_of_512(void **state)
{
	(void)state;
	world_join(1, 511);
	world_agrees();
	is(protocol_set_count(&view_current(LEADER)->members), 512);
	world_kill(511);
	world_kill(100);
	world_run(US(2000000));
	world_agrees();
	is(protocol_set_count(&view_current(LEADER)->members), 510);
}

/* More epochs than one message holds. */
static void late_joiner_of_many(void **state)
{
	(void)state;
	world_join(1, 150);
	world_join(200, 300);
	world_join(160, 160);
	world_agrees();
	is(view_epoch(VIEW_OF(160), 150), 2);
	is(view_epoch(VIEW_OF(160), 300), 3);
	is(view_epoch(VIEW_OF(160), 160), 4);
}

static void leaves(void **state)
{
	(void)state;
	world_join(1, 4);
	is(view_leave(LEADER, 2, 1000000, world.now), 0);
	world_tick(0);
	world_run(US(10000));
	world_agrees();
	yes(!world_member(2));
	yes(world.nodes[2].drains && world.nodes[2].gone && world.nodes[2].left);
	is(world.nodes[2].done, 2);
	is(world.nodes[2].error, 0);
	is(world.confirms, 0);
	is(view_leave(LEADER, 2, 1000000, world.now), -VIEW_ENOENT);
}

static void leaves_on_its_own(void **state)
{
	(void)state;
	world_join(1, 3);
	is(view_leave(VIEW_OF(3), 2, 0, world.now), -VIEW_EINVAL);
	is(view_leave(VIEW_OF(3), 3, 0, world.now), 0);
	world_run(US(10000));
	world_agrees();
	yes(!world_member(3) && world.nodes[3].left);
	is(view_leave(VIEW_OF(3), 3, 0, world.now), -VIEW_ENOENT);
}

static void leave_refused(void **state)
{
	(void)state;
	world_join(1, 2);
	is(view_leave(LEADER, 0, 1, world.now), -VIEW_EINVAL);
	is(view_leave(LEADER, NODES, 1, world.now), -VIEW_EINVAL);
	is(view_leave(LEADER, 5, 1, world.now), -VIEW_ENOENT);
	view_failed(LEADER, 1);
	is(view_leave(LEADER, 1, 1, world.now), -VIEW_ENOENT);
}

/* It hands over for a while; others operate meanwhile; then it goes. */
static void drains_slowly(void **state)
{
	(void)state;
	world_join(1, 4);
	world.nodes[2].prompt = false;
	view_leave(LEADER, 2, 1000000, world.now);
	is(view_leave(LEADER, 2, 1000000, world.now), 0);
	world_tick(0);
	world_run(US(500000));
	world_agrees();
	yes(world_member(2) && world.nodes[2].drains);
	is(view_leave(LEADER, 2, 1000000, world.now), 0);
	world_tick(0);
	world_run(US(1000));
	is(world.nodes[2].broken, 0);
	world_join(5, 5);
	view_drained(VIEW_OF(2));
	view_drained(VIEW_OF(2));
	world_run(US(100000));
	world_agrees();
	yes(!world_member(2) && world.nodes[2].left);
	is(world.nodes[2].error, 0);
}

static void drains_too_long(void **state)
{
	(void)state;
	world_join(1, 4);
	world.nodes[2].prompt = false;
	view_leave(LEADER, 2, 300000, world.now);
	world_tick(0);
	world_run(US(310000));
	world_agrees();
	yes(!world_member(2) && world.nodes[2].gone && !world.nodes[2].left);
	is(world.nodes[2].done, 2);
	is(world.nodes[2].error, -VIEW_EGONE);
}

static void dies_while_draining(void **state)
{
	(void)state;
	world_join(1, 4);
	world.nodes[2].prompt = false;
	view_leave(LEADER, 2, 5000000, world.now);
	world_tick(0);
	world_run(US(1000));
	world_kill(2);
	world_run(US(VIEW_DEAD_US));
	world_agrees();
	yes(!world_member(2));
	is(world.nodes[2].error, -VIEW_EGONE);
}

/* Nobody speaks of it: the leader's patrol finds it. */
static void dies_in_silence(void **state)
{
	(void)state;
	world.delay = VIEW_TRANSIT_US;
	world_join(1, 9);
	world_settle();
	world_kill(5);
	world_run(US(VIEW_DEAD_US));
	world_agrees();
	yes(!world_member(5));
	yes(world.slowest <= VIEW_DEAD_US);
	yes(world.slowest > VIEW_WAIT_US);
}

/* Somebody waits for it: faster than by patrol, and without one too. */
static void dies_awaited(void **state)
{
	(void)state;
	world.settings.patrol = 0;
	world_reset(1);
	world.settings.patrol = 0;
	world_start(0);
	world.nodes[0].in = *view_current(LEADER);
	world_join(1, 4);
	world_kill(3);
	view_sent(VIEW_OF(2), 3, world.now);
	world_tick(2);
	world_run(US(VIEW_ANSWER_US + 2 * VIEW_WAIT_US + 10000));
	world_agrees();
	yes(!world_member(3));
	is(world.confirms, 1);
}

/* What answers is asked once and left alone; a quiet world sends nothing but the patrol's. */
static void quiet_costs_nothing(void **state)
{
	uint64_t sent;

	(void)state;
	world_join(1, 4);
	view_sent(VIEW_OF(2), 3, world.now);
	world_tick(2);
	for (uint32_t i = 1; i < 5; i++)
		protocol_set_add(&world.asleep, i);
	world_run(US(VIEW_ANSWER_US + 1000));
	sent = world.sent;
	is(world.count[VIEW_PING & 15], 1);
	is(world.count[VIEW_PONG & 15], 1);
	world_run(US(10000000));
	is(world.sent, sent);
	for (uint32_t i = 1; i < 5; i++)
		yes(world.nodes[i].tick_at == PROTOCOL_NEVER);
	world_agrees();
}

/* Something came in time: no PING at all. */
static void heard_is_enough(void **state)
{
	(void)state;
	world_join(1, 3);
	view_sent(VIEW_OF(1), 2, world.now);
	world_tick(1);
	world_run(US(VIEW_ANSWER_US / 2));
	view_heard(VIEW_OF(1), 2, world.now);
	world_run(US(VIEW_ANSWER_US));
	is(world.count[VIEW_PING & 15], 0);
	view_heard(VIEW_OF(1), NODES, world.now);
	view_heard(VIEW_OF(1), PROTOCOL_NODE_NONE, world.now);
	view_sent(VIEW_OF(1), NODES, world.now);
	view_sent(VIEW_OF(1), 1, world.now);
	view_sent(VIEW_OF(1), 0, world.now);
	view_sent(VIEW_OF(1), 9, world.now);
	world_tick(1);
	yes(world.nodes[1].tick_at == PROTOCOL_NEVER);
}

/* Asleep and dead: found by the first message to it. */
static void dies_asleep(void **state)
{
	(void)state;
	world_join(1, 4);
	protocol_set_add(&world.asleep, 2);
	world_kill(2);
	world_run(US(5000000));
	yes(world_member(2));
	view_sent(VIEW_OF(1), 2, world.now);
	world_tick(1);
	world_run(US(VIEW_DEAD_US));
	yes(!world_member(2));
	world_agrees();
}

/* confirm() doubts: the node has more time, but not for ever. */
static void doubts_have_an_end(void **state)
{
	(void)state;
	world_join(1, 4);
	protocol_set_add(&world.doubtful, 2);
	world_kill(2);
	world_run(US(VIEW_DEAD_US + VIEW_TRIES * VIEW_WAIT_US));
	world_agrees();
	yes(!world_member(2));
	is(world.confirms, VIEW_TRIES + 1);
}

/* It answers after all. */
static void doubts_may_be_right(void **state)
{
	(void)state;
	world_join(1, 4);
	protocol_set_add(&world.doubtful, 2);
	world.nodes[2].deaf = true;
	while (!world.confirms)
		world_run(US(10000));
	world.nodes[2].deaf = false;
	world_settle();
	world_agrees();
	yes(world_member(2));
	is(world.confirms, 1);
	is(world.nodes[2].v.tries[2], 0);
	is(LEADER->tries[2], 0);
}

/* The leader did not run: it takes nobody for dead who answers in time when it does. */
static void late_leader(void **state)
{
	(void)state;
	world_join(1, 4);
	view_sent(LEADER, 1, world.now);
	world_tick(0);
	world_run(US(VIEW_ANSWER_US - 1));
	world.nodes[1].deaf = true;
	world_run(US(VIEW_WAIT_US - 10000));
	is(world.count[VIEW_PING & 15], 1);
	world.now += 5 * VIEW_WAIT_US;
	world.nodes[1].deaf = false;
	world_tick(0);
	world_run(US(VIEW_WAIT_US));
	yes(world_member(1));
	is(world.confirms, 0);
	world_agrees();
}

static void late_leader_in_a_change(void **state)
{
	(void)state;
	world_join(1, 4);
	world_start(5);
	view_join(LEADER, 5);
	world_tick(0);
	world.now += 10 * VIEW_PHASE_US;
	world_tick(0);
	world_run(US(VIEW_WAIT_US));
	world_agrees();
	for (uint32_t i = 1; i < 6; i++)
		yes(world_member(i));
}

/* A member that lives and never reports is taken out when the step lasts too long. */
static void stuck_member(void **state)
{
	struct view_settings patient = VIEW_SETTINGS_DEFAULT;

	(void)state;
	patient.wait = 60000000;
	world.settings = patient;
	world_start(0);
	world.nodes[0].in = *view_current(LEADER);
	world_join(1, 4);
	world.nodes[2].deaf = true;
	world_start(5);
	view_join(LEADER, 5);
	world_tick(0);
	world_run(US(VIEW_PHASE_US + 10000));
	yes(!world_member(2) && world_member(5));
	/* It hears again, speaks, and is told. */
	world.nodes[2].deaf = false;
	view_leave(VIEW_OF(2), 2, 0, world.now);
	world_run(US(1000));
	world_agrees();
	yes(world.nodes[2].gone && !world.nodes[2].left);
}

static void dies_during(uint32_t after, uint32_t victim)
{
	world_reset(after);
	world_join(1, 5);
	world_start(6);
	view_join(LEADER, 6);
	view_leave(LEADER, 5, 100000, world.now);
	world_tick(0);
	world_run(US(after));
	world_kill(victim);
	world_run(US(3 * VIEW_DEAD_US));
	world_agrees();
	yes(!world_member(victim) && !world_member(5));
	yes(victim == 6 || world_member(6));
	yes(world.slowest <= 2 * VIEW_DEAD_US);
	is(world.nodes[6].done, 1);
	is(world.nodes[5].done, 2);
}

static void dies_in_any_step(void **state)
{
	(void)state;
	for (uint32_t victim = 1; victim <= 6; victim++)
		for (uint32_t after = 1; after < 600; after += 7)
			dies_during(after, victim);
}

/* Without a patrol: the leader's own questions are enough, in each step. */
static void dies_in_a_change(void **state)
{
	(void)state;
	for (uint32_t after = 0; after < 2; after++) {
		world_reset(1);
		world.settings.patrol = 0;
		world_start(0);
		world.nodes[0].in = *view_current(LEADER);
		world_join(1, 4);
		world_start(5);
		view_join(LEADER, 5);
		world_tick(0);
		while (after && LEADER->step != VIEW_SPREAD)
			world_run(US(1));
		world_kill(2);
		world_run(US(VIEW_ANSWER_US + VIEW_WAIT_US + 10000));
		world_agrees();
		yes(!world_member(2) && world_member(5));
	}
}

static void all_die(void **state)
{
	(void)state;
	world_join(1, 20);
	view_failed(LEADER, 0);
	view_failed(LEADER, 21);
	view_failed(VIEW_OF(1), 2);
	is(protocol_set_count(&LEADER->failed) + protocol_set_count(&VIEW_OF(1)->failed), 0);
	for (uint32_t i = 1; i <= 20; i++)
		world_kill(i);
	world_run(US(VIEW_DEAD_US));
	world_agrees();
	is(protocol_set_count(&view_current(LEADER)->members), 1);
	/* Four at a time. */
	is(view_current(LEADER)->number, 2 + 5);
}

/* The number is used again: it is another node. */
static void number_used_again(void **state)
{
	uint32_t epoch;

	(void)state;
	world_join(1, 4);
	epoch = view_epoch(VIEW_OF(1), 3);
	world_kill(3);
	view_failed(LEADER, 3);
	world_tick(0);
	world_run(US(1000));
	yes(!world_member(3));
	world_join(3, 3);
	world_agrees();
	yes(view_epoch(VIEW_OF(1), 3) > epoch);
	/* What the old one would have said is heard by nobody. */
	is(SEND(3, 1, ping, epoch), 0);
	is(SEND(3, 0, leave, epoch), 0);
	is(SEND(3, 0, suspect, epoch, VIEW_WHY_BROKEN, set_of(1, 2, 4)), 0);
	world_run(US(10000));
	is(world.count[VIEW_PONG & 15], 0);
	yes(world_member(1) && world_member(2) && world_member(3) && world_member(4));
	/* And nobody's word about the old one harms the new one. */
	is(SEND(1, 0, suspect, epoch, VIEW_WHY_BROKEN, protocol_set_only(3)), 0);
	world_run(US(10000));
	yes(world_member(3));
	is(SEND(1, 0, suspect, view_current(LEADER)->number, VIEW_WHY_BROKEN, protocol_set_only(3)), 0);
	world_run(US(10000));
	yes(!world_member(3) && world.nodes[3].gone);
}

/* Taken out though it lives: it is told, and from then on does nothing. */
static void expelled_alive(void **state)
{
	uint64_t sent;

	(void)state;
	world_join(1, 4);
	view_failed(LEADER, 2);
	world_tick(0);
	world_run(US(10000));
	world_agrees();
	yes(world.nodes[2].gone && !world.nodes[2].left);
	sent = world.sent;
	is(SEND(1, 2, ping, 2), 0);
	is(SEND(0, 2, prepare, 9, set_of(0, 1, 2)), 0);
	view_sent(VIEW_OF(2), 1, world.now);
	is(view_tick(VIEW_OF(2), US(1000000)), PROTOCOL_NEVER);
	is(world.sent, sent);
	/* Its messages do nothing but have it told again. */
	is(SEND(2, 0, ping, 2), 0);
	is(world.sent, sent + 1);
	is(world.count[VIEW_EXPELLED & 15], 2);
	is(SEND(2, 1, ping, 2), 0);
	is(world.sent, sent + 1);
}

/* After PREPARE what those say who are about to go has no effect any more. */
static void accepts(void **state)
{
	(void)state;
	yes(!view_accepts(VIEW_OF(1), 0));
	world_start(1);
	yes(!view_accepts(VIEW_OF(1), 0));
	is(SEND(0, 1, prepare, 7, set_of(0, 1, 2)), 0);
	yes(view_accepts(VIEW_OF(1), 0) && !view_accepts(VIEW_OF(1), 2));
	world_reset(1);
	world_join(1, 3);
	yes(view_accepts(VIEW_OF(1), 3) && view_accepts(VIEW_OF(1), 0) && !view_accepts(VIEW_OF(1), 4));
	is(SEND(0, 1, prepare, 3, set_of(0, 1, 2)), 0);
	yes(view_accepts(VIEW_OF(1), 2) && !view_accepts(VIEW_OF(1), 3));
	yes(!view_operating(VIEW_OF(1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(joined_together, fresh),
		cmocka_unit_test_setup(join_one_after_another, fresh),
		cmocka_unit_test_setup(join_refused, fresh),
		cmocka_unit_test_setup(join_of_512, fresh),
		cmocka_unit_test_setup(late_joiner_of_many, fresh),
		cmocka_unit_test_setup(leaves, fresh),
		cmocka_unit_test_setup(leaves_on_its_own, fresh),
		cmocka_unit_test_setup(leave_refused, fresh),
		cmocka_unit_test_setup(drains_slowly, fresh),
		cmocka_unit_test_setup(drains_too_long, fresh),
		cmocka_unit_test_setup(dies_while_draining, fresh),
		cmocka_unit_test_setup(dies_in_silence, fresh),
		cmocka_unit_test_setup(dies_awaited, fresh),
		cmocka_unit_test_setup(quiet_costs_nothing, fresh),
		cmocka_unit_test_setup(heard_is_enough, fresh),
		cmocka_unit_test_setup(dies_asleep, fresh),
		cmocka_unit_test_setup(doubts_have_an_end, fresh),
		cmocka_unit_test_setup(doubts_may_be_right, fresh),
		cmocka_unit_test_setup(late_leader, fresh),
		cmocka_unit_test_setup(late_leader_in_a_change, fresh),
		cmocka_unit_test_setup(stuck_member, fresh),
		cmocka_unit_test_setup(dies_in_any_step, fresh),
		cmocka_unit_test_setup(dies_in_a_change, fresh),
		cmocka_unit_test_setup(all_die, fresh),
		cmocka_unit_test_setup(number_used_again, fresh),
		cmocka_unit_test_setup(expelled_alive, fresh),
		cmocka_unit_test_setup(accepts, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
