// SPDX-License-Identifier: GPL-2.0-only
/*
 * Shootdowns: the CPU driver as recipient, aggregation core and initiator. The test plays node 0 on
 * the control channel, the parent and the children on the lines, honest or not.
 */
#include <string.h>

#include <abi/shootdown.h>
#include <arch.h>
#include <bootinfo.h>
#include <errors.h>
#include <loop.h>
#include <shoot.h>
#include <timer.h>

#include "fake/fake.h"

#define RUN 7u
#define PAGES 5u
#define ROUNDS 3u
#define MS 1000000ull /* TSC cycles, at the fake machine's 1 GHz */

/* Behind the rings of the boot information. */
#define PLACE(n) (FAKE_SHARED + 0x80000 + (n) * 4096ul)
#define PLAN PLACE(0)
#define LINE(n) PLACE(1 + (n))
#define IN LINE(0)
#define IN_CAST LINE(1)
#define OUT(n) LINE(2 + (n))
#define OUT_CAST LINE(6)

static struct urpc_chan control;
static struct urpc_msg msg;
static struct abi_shoot_plan plan;
static struct urpc_fan parent;
static struct urpc_fan_callee child[2];

static int start(void **state)
{
	(void)state;
	fake_prepare();
	fake_start();
	urpc_chan_init(&control, arch_window(FAKE_RING(1)), arch_window(FAKE_RING(0)), FAKE_SLOTS);
	idle_init();
	return 0;
}

/* Whatever a test left open must not reach the next one. */
static int clean(void **state)
{
	(void)state;
	shoot_forget();
	fake_flush_broken = false;
	return 0;
}

static void send(uint16_t type, const void *request, size_t bytes)
{
	assert_int_equal(urpc_send(&control, type, request, bytes), 0);
}

/* The status of the answer, which stays in msg. */
static int answer(uint16_t type)
{
	assert_int_equal(urpc_recv(&control, &msg), 0);
	assert_int_equal(msg.type, ABI_CTL_REPLY | type);
	assert_int_equal((uint32_t)msg.payload[0], type);
	return (int)(msg.payload[0] >> 32);
}

static int open_plan(void)
{
	const struct abi_ctl_shoot_open request = { ABI_CTL_SHOOT_OPEN, RUN, PLAN };

	memcpy(arch_window(PLAN), &plan, sizeof(plan));
	send(ABI_CTL_SHOOT_OPEN, &request, sizeof(request));
	fake_step();
	return answer(ABI_CTL_SHOOT_OPEN);
}

static int close_run(struct abi_ctl_shoot_report *report)
{
	const struct abi_ctl_shoot_close request = { ABI_CTL_SHOOT_CLOSE, RUN };
	int status;

	send(ABI_CTL_SHOOT_CLOSE, &request, sizeof(request));
	fake_step();
	status = answer(ABI_CTL_SHOOT_CLOSE);
	memcpy(report, msg.payload, sizeof(*report));
	return status;
}

/* A plan of that many children, with a parent or as initiator, and the other ends of its lines. */
static void prepare(bool leads, bool in_cast, unsigned int children, bool out_cast)
{
	memset(arch_window(PLAN), 0, 16 * 4096);
	plan = (struct abi_shoot_plan){
		.size = sizeof(plan),
		.node = 1,
		.method = ABI_SHOOT_PAGE,
		.pages = PAGES,
		.rounds = ROUNDS,
		.children = children,
		.in_cast = in_cast ? IN_CAST : 0,
		.out_cast = out_cast ? OUT_CAST : 0,
	};
	if (!leads) {
		plan.in.line = IN;
		assert_int_equal(urpc_fan_init(&parent, in_cast ? arch_window(IN_CAST) : NULL), 0);
		assert_int_equal(urpc_fan_add(&parent, arch_window(IN), 1), 0);
	}
	for (unsigned int i = 0; i < children; i++) {
		plan.out[i] = (struct abi_shoot_edge){ .line = OUT(i), .node = i ? 0 : 2 };
		assert_int_equal(urpc_fan_callee_init(&child[i],
						      out_cast ? arch_window(OUT_CAST) : NULL,
						      arch_window(OUT(i))), 0);
	}
}

static void ask(uint16_t type)
{
	const struct abi_shoot_request request = { plan.method, plan.pages };

	assert_int_equal(urpc_fan_call(&parent, type, &request, sizeof(request)), 0);
}

static void child_takes(struct urpc_fan_callee *c, uint16_t type)
{
	const struct abi_shoot_request *request = (const void *)msg.payload;

	assert_int_equal(urpc_fan_callee_accept(c, &msg), 0);
	assert_int_equal(msg.type, type);
	assert_int_equal(msg.len, sizeof(*request));
	assert_int_equal(request->method, plan.method);
	assert_int_equal(request->pages, plan.pages);
}

/* ---- recipients ---- */

static void leaf(bool cast, uint32_t method, uint64_t handled)
{
	struct abi_ctl_shoot_report report;

	prepare(false, cast, 0, false);
	plan.method = method;
	assert_int_equal(open_plan(), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		ask(ABI_SHOOT_TOUCH);
		fake_step();
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), 0);
		ask(ABI_SHOOT_FLUSH);
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), -URPC_EAGAIN);
		fake_step();
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), 0);
	}
	assert_int_equal(close_run(&report), 0);
	assert_int_equal(report.handled, handled);
	assert_int_equal(report.stale, 0);
	assert_true(report.lost_median > 0 && report.lost_median <= report.lost_max);
	/* Closed: nothing is looked at any more. */
	ask(ABI_SHOOT_FLUSH);
	fake_step();
	assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), -URPC_EAGAIN);
	assert_int_equal(close_run(&report), -ERR_NOENT);
}

static void test_leaf(void **state)
{
	(void)state;
	leaf(false, ABI_SHOOT_PAGE, ROUNDS * PAGES);
	leaf(true, ABI_SHOOT_PAGE, ROUNDS * PAGES);
	leaf(false, ABI_SHOOT_FULL, ROUNDS);
	leaf(true, ABI_SHOOT_NONE, ROUNDS);
}

/* A flush that leaves translations behind is found out, also the last one. */
static void test_stale(void **state)
{
	struct abi_ctl_shoot_report report;

	(void)state;
	prepare(false, false, 0, false);
	assert_int_equal(open_plan(), 0);
	ask(ABI_SHOOT_TOUCH);
	fake_step();
	assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), 0);
	fake_flush_broken = true;
	ask(ABI_SHOOT_FLUSH);
	fake_step();
	assert_int_equal(close_run(&report), 0);
	assert_int_equal(report.handled, PAGES);
	assert_int_equal(report.stale, PAGES);

	/* One before the last: seen when the pages are touched again. */
	prepare(false, false, 0, false);
	assert_int_equal(open_plan(), 0);
	for (unsigned int i = 0; i < 4; i++) {
		fake_flush_broken = i == 1;
		ask(i % 2 ? ABI_SHOOT_FLUSH : ABI_SHOOT_TOUCH);
		fake_step();
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), 0);
	}
	assert_int_equal(close_run(&report), 0);
	assert_int_equal(report.stale, PAGES);
}

/* Passed on before it is answered, answered when all below have answered; the loop is never held up. */
static void aggregate(bool cast)
{
	struct abi_ctl_shoot_report report;

	prepare(false, false, 2, cast);
	assert_int_equal(open_plan(), 0);
	for (unsigned int i = 0; i < ROUNDS; i++) {
		ask(ABI_SHOOT_FLUSH);
		fake_step();
		child_takes(&child[0], ABI_SHOOT_FLUSH);
		child_takes(&child[1], ABI_SHOOT_FLUSH);
		urpc_fan_callee_answer(&child[i % 2], ABI_SHOOT_DONE);
		fake_step();
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), -URPC_EAGAIN);
		urpc_fan_callee_answer(&child[!(i % 2)], ABI_SHOOT_DONE);
		fake_step();
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), 0);
	}
	assert_int_equal(close_run(&report), 0);
	assert_int_equal(report.handled, ROUNDS * PAGES);
}

static void test_aggregation(void **state)
{
	(void)state;
	aggregate(false);
	aggregate(true);
}

/* A child that answers nonsense is not answered for; closing ends it all the same. */
static void test_bad_child(void **state)
{
	struct abi_ctl_shoot_report report;

	(void)state;
	prepare(false, false, 1, false);
	assert_int_equal(open_plan(), 0);
	ask(ABI_SHOOT_FLUSH);
	fake_step();
	child_takes(&child[0], ABI_SHOOT_FLUSH);
	urpc_fan_callee_answer(&child[0], ABI_SHOOT_FLUSH);
	for (unsigned int i = 0; i < 5; i++)
		fake_step();
	assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), -URPC_EAGAIN);
	assert_int_equal(close_run(&report), 0);
}

/* Requests that are not of the plan: counted, and never acted on. */
static void test_bad_parent(void **state)
{
	const struct {
		uint16_t type;
		uint16_t bytes;
		struct abi_shoot_request request;
	} bad[] = {
		{ 0, 8, { ABI_SHOOT_PAGE, PAGES } },
		{ ABI_SHOOT_DONE, 8, { ABI_SHOOT_PAGE, PAGES } },
		{ 0xffff, 8, { ABI_SHOOT_PAGE, PAGES } },
		{ ABI_SHOOT_FLUSH, 0, { ABI_SHOOT_PAGE, PAGES } },
		{ ABI_SHOOT_FLUSH, 7, { ABI_SHOOT_PAGE, PAGES } },
		{ ABI_SHOOT_FLUSH, 8, { ABI_SHOOT_FULL, PAGES } },
		{ ABI_SHOOT_FLUSH, 8, { ABI_SHOOT_PAGE, PAGES + 1 } },
		{ ABI_SHOOT_TOUCH, 8, { ABI_SHOOT_PAGE, UINT32_MAX } },
	};
	struct abi_ctl_shoot_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t before = core_page->count.protocol_errors;

		prepare(false, i % 2, 0, false);
		assert_int_equal(open_plan(), 0);
		urpc_fan_call(&parent, bad[i].type, &bad[i].request, bad[i].bytes);
		for (unsigned int k = 0; k < 5; k++)
			fake_step();
		assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), -URPC_EAGAIN);
		assert_int_equal(core_page->count.protocol_errors, before + 1);
		assert_int_equal(close_run(&report), 0);
		assert_int_equal(report.handled, 0);
	}
}

/* ---- the initiator ---- */

static void run_begins(void)
{
	const struct abi_ctl_shoot_run request = { ABI_CTL_SHOOT_RUN, RUN };

	send(ABI_CTL_SHOOT_RUN, &request, sizeof(request));
	fake_step();
}

static int run_ends(struct abi_ctl_shoot_result *result)
{
	int status = answer(ABI_CTL_SHOOT_RUN);

	memcpy(result, msg.payload, sizeof(*result));
	return status;
}

static void children_do(uint16_t type, uint64_t delay)
{
	for (unsigned int i = 0; i < plan.children; i++)
		child_takes(&child[i], type);
	fake_tsc += delay;
	for (unsigned int i = 0; i < plan.children; i++)
		urpc_fan_callee_answer(&child[i], ABI_SHOOT_DONE);
	fake_step();
}

/* Touching is not measured; the slow round is the largest. */
static void lead(bool cast)
{
	struct abi_ctl_shoot_report report;
	struct abi_ctl_shoot_result result;

	prepare(true, false, 2, cast);
	assert_int_equal(open_plan(), 0);
	run_begins();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		children_do(ABI_SHOOT_TOUCH, 100 * MS);
		assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
		children_do(ABI_SHOOT_FLUSH, i == 1 ? 2 * MS : MS);
	}
	assert_int_equal(run_ends(&result), 0);
	assert_int_equal(result.samples, ROUNDS);
	assert_true(result.min >= MS && result.min < MS + 10000);
	assert_true(result.median >= result.min && result.median < MS + 10000);
	assert_true(result.max >= 2 * MS && result.max < 2 * MS + 10000);
	run_begins();
	assert_int_equal(run_ends(&result), -ERR_BUSY);
	assert_int_equal(close_run(&report), 0);
	assert_int_equal(report.handled, 0);
	assert_int_equal(timer_next(), UINT64_MAX);
}

static void test_lead(void **state)
{
	(void)state;
	lead(false);
	lead(true);
}

static void test_lead_timeout(void **state)
{
	struct abi_ctl_shoot_result result;
	struct abi_ctl_shoot_report report;

	(void)state;
	prepare(true, false, 2, false);
	assert_int_equal(open_plan(), 0);
	run_begins();
	child_takes(&child[0], ABI_SHOOT_TOUCH);
	urpc_fan_callee_answer(&child[0], ABI_SHOOT_DONE);
	fake_tsc += (ABI_SHOOT_TIMEOUT_MS - 1) * MS;
	fake_step();
	assert_int_equal(urpc_recv(&control, &msg), -URPC_EAGAIN);
	fake_tsc += 2 * MS;
	fake_step();
	assert_int_equal(run_ends(&result), -ERR_TIMEDOUT);
	assert_int_equal(result.node, 0); /* whom the plan has second */
	assert_int_equal(result.samples, 0);
	assert_int_equal(close_run(&report), 0);
}

/* A time-out counts from the call under way, not from the first. */
static void test_lead_slow_is_not_dead(void **state)
{
	struct abi_ctl_shoot_result result;
	struct abi_ctl_shoot_report report;

	(void)state;
	prepare(true, false, 1, false);
	assert_int_equal(open_plan(), 0);
	run_begins();
	for (unsigned int i = 0; i < ROUNDS; i++) {
		children_do(ABI_SHOOT_TOUCH, (ABI_SHOOT_TIMEOUT_MS - 100) * MS);
		children_do(ABI_SHOOT_FLUSH, (ABI_SHOOT_TIMEOUT_MS - 100) * MS);
	}
	assert_int_equal(run_ends(&result), 0);
	assert_int_equal(close_run(&report), 0);
}

static void test_lead_bad_child(void **state)
{
	struct abi_ctl_shoot_result result;
	struct abi_ctl_shoot_report report;

	(void)state;
	prepare(true, false, 1, true);
	assert_int_equal(open_plan(), 0);
	run_begins();
	child_takes(&child[0], ABI_SHOOT_TOUCH);
	urpc_fan_callee_answer(&child[0], ABI_SHOOT_FLUSH);
	fake_step();
	assert_int_equal(run_ends(&result), -ERR_PROTO);
	assert_int_equal(result.node, 2);
	assert_int_equal(close_run(&report), 0);
	assert_int_equal(timer_next(), UINT64_MAX);
}

/* Closed midway: the rounds are answered first. */
static void test_lead_closed(void **state)
{
	const struct abi_ctl_shoot_close request = { ABI_CTL_SHOOT_CLOSE, RUN };
	struct abi_ctl_shoot_result result;

	(void)state;
	prepare(true, false, 1, false);
	assert_int_equal(open_plan(), 0);
	run_begins();
	send(ABI_CTL_SHOOT_CLOSE, &request, sizeof(request));
	fake_step();
	assert_int_equal(run_ends(&result), -ERR_CANCELED);
	assert_int_equal(answer(ABI_CTL_SHOOT_CLOSE), 0);
	assert_int_equal(timer_next(), UINT64_MAX);
}

static void test_lead_refused(void **state)
{
	const struct abi_ctl_shoot_run other = { ABI_CTL_SHOOT_RUN, RUN + 1 };
	struct abi_ctl_shoot_result result;
	struct abi_ctl_shoot_report report;

	(void)state;
	run_begins();
	assert_int_equal(run_ends(&result), -ERR_NOENT);
	prepare(true, false, 1, false);
	assert_int_equal(open_plan(), 0);
	send(ABI_CTL_SHOOT_RUN, &other, sizeof(other));
	fake_step();
	assert_int_equal(run_ends(&result), -ERR_NOENT);
	assert_int_equal(close_run(&report), 0);
	prepare(false, false, 0, false);
	assert_int_equal(open_plan(), 0);
	run_begins();
	assert_int_equal(run_ends(&result), -ERR_NOENT);
	assert_int_equal(open_plan(), -ERR_BUSY);
	assert_int_equal(close_run(&report), 0);
}

/* ---- plans ---- */

static void test_bad_plans(void **state)
{
	const struct {
		size_t field;
		size_t bytes;
		uint64_t value;
		int status;
	} bad[] = {
		{ offsetof(struct abi_shoot_plan, size), 4, sizeof(plan) - 8, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, node), 4, 2, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, method), 4, 4, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, method), 4, UINT32_MAX, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, method), 4, ABI_SHOOT_PCID, -ERR_OPNOTSUPP },
		{ offsetof(struct abi_shoot_plan, pages), 4, 0, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, pages), 4, ABI_SHOOT_PAGES_MAX + 1, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, rounds), 4, 0, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, rounds), 4, ABI_SHOOT_ROUNDS_MAX + 1, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, children), 4, URPC_FAN_MAX + 1, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, children), 4, UINT32_MAX, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, children), 4, 2, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in_cast), 8, IN + 64, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in_cast), 8, FAKE_KERNEL, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, out_cast), 8, FAKE_OWN, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, out_cast), 8, ~0xffull, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in.line), 8, FAKE_SHARED + 0x100000, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in.line), 8, FAKE_SHARED + 0xfff80, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in.line), 8, IN + 8, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in.node), 4, 1, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, in.node), 4, 3, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, out[0].line), 8, 0, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, out[0].line), 8, FAKE_PAGES, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, out[0].node), 4, 1, -ERR_INVAL },
		{ offsetof(struct abi_shoot_plan, out[0].node), 4, UINT32_MAX, -ERR_INVAL },
	};
	struct abi_ctl_shoot_report report;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		prepare(false, false, 1, false);
		memcpy((char *)&plan + bad[i].field, &bad[i].value, bad[i].bytes);
		assert_int_equal(open_plan(), bad[i].status);
		assert_int_equal(close_run(&report), -ERR_NOENT);
	}
	/* More children than a plan has room for, all of them good. */
	prepare(false, false, 1, false);
	for (size_t i = 0; i < URPC_FAN_MAX; i++)
		plan.out[i] = plan.out[0];
	plan.children = URPC_FAN_MAX + 1;
	assert_int_equal(open_plan(), -ERR_INVAL);
	/* Neither a parent nor children. */
	prepare(true, false, 0, false);
	assert_int_equal(open_plan(), -ERR_INVAL);
}

static void test_misplaced_plans(void **state)
{
	const uint64_t bad[] = { 0, FAKE_KERNEL, FAKE_PAGES, PLAN + 4, ~0ull, ~7ull,
				 FAKE_SHARED + 0x100000 - 8 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		const struct abi_ctl_shoot_open request = { ABI_CTL_SHOOT_OPEN, RUN, bad[i] };

		send(ABI_CTL_SHOOT_OPEN, &request, sizeof(request));
		fake_step();
		assert_int_equal(answer(ABI_CTL_SHOOT_OPEN), -ERR_INVAL);
	}
}

/* ---- sleep ---- */

static void test_sleep(void **state)
{
	struct abi_ctl_shoot_report report;

	(void)state;
	assert_true(shoot_arm()); /* no run: nothing to arm */
	prepare(false, false, 1, false);
	assert_int_equal(open_plan(), 0);
	assert_true(shoot_arm());
	ask(ABI_SHOOT_FLUSH);
	assert_true(urpc_fan_wakes(&parent, 0));
	shoot_disarm();
	assert_false(shoot_arm());
	assert_false(urpc_fan_wakes(&parent, 0));
	/* A child that sleeps is rung, and so is the parent. */
	assert_true(urpc_fan_callee_arm(&child[0]));
	assert_true(urpc_fan_arm(&parent));
	fake_rings = 0;
	fake_step();
	assert_int_equal(fake_rings, 1);
	assert_int_equal(fake_ring_apic, 12);
	urpc_fan_callee_disarm(&child[0]);
	assert_true(shoot_arm());
	child_takes(&child[0], ABI_SHOOT_FLUSH);
	assert_true(urpc_fan_callee_answer(&child[0], ABI_SHOOT_DONE));
	shoot_disarm();
	assert_false(shoot_arm());
	fake_step();
	assert_int_equal(fake_rings, 2);
	assert_int_equal(fake_ring_apic, 7);
	urpc_fan_disarm(&parent);
	assert_int_equal(urpc_fan_poll(&parent, ABI_SHOOT_DONE), 0);
	assert_int_equal(close_run(&report), 0);
}

#define TEST(name) cmocka_unit_test_teardown(name, clean)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_leaf),
		TEST(test_stale),
		TEST(test_aggregation),
		TEST(test_bad_child),
		TEST(test_bad_parent),
		TEST(test_lead),
		TEST(test_lead_timeout),
		TEST(test_lead_slow_is_not_dead),
		TEST(test_lead_bad_child),
		TEST(test_lead_closed),
		TEST(test_lead_refused),
		TEST(test_bad_plans),
		TEST(test_misplaced_plans),
		TEST(test_sleep),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
