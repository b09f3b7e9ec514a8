// SPDX-License-Identifier: GPL-2.0-only
/* The CPU driver's image on an (emulated) CPU of its own: start, page tables, every way to die. */
#include <stdio.h>
#include <string.h>

#include "guest.h"

#define VECTOR_CHECK 256

static bool ended(void)
{
	return guest_core->state > ABI_CORE_RUNNING;
}

static bool halted(void)
{
	return strstr(guest_monitor("info registers"), "HLT=1");
}

/* ---- start and stop ---- */

static bool beats(void)
{
	static uint64_t seen;
	bool moved = guest_core->heartbeat > seen + 1000;

	if (!seen || moved)
		seen = guest_core->heartbeat;
	return moved;
}

static bool echoed(void)
{
	return guest_core->probe_echo == 4711;
}

static void test_start_stop(void **state)
{
	(void)state;
	guest_running();
	assert_true(guest_core->start_tsc && guest_core->ready_tsc > guest_core->start_tsc);
	assert_int_equal(guest_core->x2apic, 0);
	assert_true(guest_core->block_cycles && guest_core->poll_cycles);
	assert_true(guest_line(1, "node 1 of 2 in bare, Linux CPU 5"));
	guest_wait(beats, "the heartbeat");
	guest_host->probe = 4711;
	guest_wait(echoed, "the probe's echo");
	guest_host->command = ABI_COMMAND_STOP;
	guest_wait(ended, "the stop");
	assert_int_equal(guest_core->state, ABI_CORE_STOPPED);
	guest_wait(halted, "the halt");
	assert_int_equal(guest_core->count.spurious, 0);
	assert_int_equal(guest_core->count.foreign, 0);
}

static void test_page_tables(void **state)
{
	(void)state;
	/* Without memory for domains no program runs, whose tables would be the ones in use. */
	for (uint32_t i = 0; i < guest_boot->extent_count; i++) {
		if (guest_boot->extents[i].kind == ABI_EXTENT_RAM)
			guest_boot->extents[i] = guest_boot->extents[--guest_boot->extent_count];
	}
	guest_running();
	audit_tables();
}

/* ---- refusals ---- */

static void test_refuse_revision(void **state)
{
	(void)state;
	guest_boot->revision = ABI_REVISION + 7;
	guest_start();
	guest_wait(ended, "the refusal");
	assert_int_equal(guest_core->state, ABI_CORE_REFUSED);
	assert_int_equal(guest_core->refused_revision, ABI_REVISION);
	guest_wait(halted, "the halt");
}

static void test_refuse_magic(void **state)
{
	(void)state;
	guest_boot->magic = 0;
	guest_start();
	guest_wait(halted, "the halt");
	assert_int_equal(guest_core->state, ABI_CORE_NONE);
	assert_int_equal(guest_core->start_tsc, 0);
}

static void refuse(const char *what)
{
	guest_start();
	guest_wait(ended, "the crash");
	assert_int_equal(guest_core->state, ABI_CORE_CRASHED);
	assert_int_equal(guest_core->crash.vector, VECTOR_CHECK);
	if (!strstr(guest_core->crash.reason, what))
		fail_msg("'%s' does not mention '%s'", guest_core->crash.reason, what);
}

static void test_wrong_apic(void **state)
{
	(void)state;
	guest_boot->apic_id = 9;
	refuse("APIC id is 0, node 0 expects 9");
}

static void test_little_memory(void **state)
{
	(void)state;
	guest_boot->extents[1].size = 4 * ABI_PAGE_SIZE;
	refuse("out of kernel memory");
}

static void test_small_image(void **state)
{
	(void)state;
	guest_boot->image_size = ABI_PAGE_SIZE;
	refuse("larger than the copy");
}

/* ---- messages ---- */

static void test_echo(void **state)
{
	struct abi_ctl_bind bind = guest_bind(ABI_SERVICE_ECHO);
	unsigned int sent = 0, got = 0;

	(void)state;
	guest_running();
	assert_int_equal(guest_ask(ABI_CTL_BIND, &bind, sizeof(bind)), 0);
	while (got < 20000) {
		uint64_t payload[7] = { sent, ~sent };
		struct urpc_msg msg;

		if (sent < 20000 && !urpc_send(&guest_bound, (uint16_t)sent, payload, sent % 57)) {
			sent++;
			continue;
		}
		msg = guest_receive();
		assert_int_equal(msg.type, got & 0xffff);
		assert_int_equal(msg.len, got % 57);
		if (msg.len >= 8)
			assert_int_equal(msg.payload[0], got);
		got++;
	}
	assert_int_equal(guest_core->count.received, 20001);
	assert_int_equal(guest_core->count.sent, 20001);
}

/*
 * All that the core has to do is in the rings before it starts. It must go to sleep while the
 * message is delayed, and wake by its timer: nobody else can wake it here.
 */
static void test_sleep(void **state)
{
	struct abi_ctl_bind bind = guest_bind(ABI_SERVICE_DELAY);
	uint64_t ns = 1000000000;

	(void)state;
	guest_boot->flags = 0;
	guest_send(ABI_CTL_BIND, &bind, sizeof(bind));
	assert_int_equal(urpc_send(&guest_bound, 5, &ns, sizeof(ns)), 0);
	guest_running();
	assert_int_equal(guest_receive().type, 5);
	assert_true(guest_core->count.sleeps >= 1);
	assert_true(guest_core->count.timers > 9); /* more than the measurement at start took */
}

/* ---- ways to die ---- */

struct death {
	uint32_t kind;
	uint32_t vector;
	const char *reason;
	const char *inner; /* innermost function of the call chain, and one further out */
	const char *outer;
};

static const struct death deaths[] = {
	{ ABI_FAULT_PAGE, 14, "page fault: write to unmapped 0x", "fault_page+", "handle_fault+" },
	{ ABI_FAULT_OPCODE, 6, "undefined instruction", "arch_undefined+", "handle_fault+" },
	{ ABI_FAULT_DOUBLE, 8, "double fault: stack overrun", "arch_overrun+", "handle_fault+" },
	{ ABI_FAULT_STACK, 14, "page fault: stack overrun", "fault_stack+", "fault_inject+" },
	{ ABI_FAULT_TEXT, 14, "write to read-only", "fault_text+", "fault_inject+" },
	{ ABI_FAULT_EXEC, 14, "execution of data", "outside the text", "fault_inject+" },
	{ ABI_FAULT_CHECK, VECTOR_CHECK, "a check made to fail", "crash_fail+", "fault_check+" },
};

static void die(const struct death *d)
{
	struct abi_ctl_fault fault = { .kind = d->kind };
	uint64_t first, inner;

	guest_running();
	first = guest_console->written + 1;
	guest_send(ABI_CTL_FAULT, &fault, sizeof(fault));
	guest_wait(ended, "the crash");
	assert_int_equal(guest_core->state, ABI_CORE_CRASHED);
	assert_int_equal(guest_core->crash.vector, d->vector);
	assert_non_null(strstr(guest_core->crash.reason, d->reason));
	assert_true(guest_line(first, d->reason));
	inner = guest_line(first, d->inner);
	assert_true(inner && guest_line(inner, "#0 ") == inner);
	assert_true(guest_line(inner, d->outer) > inner);
	assert_true(guest_line(inner, "loop_run+") > inner);
	guest_wait(halted, "the halt");
}

#define DEATH(n)                                                                                   \
	static void test_death_##n(void **state)                                                   \
	{                                                                                          \
		(void)state;                                                                       \
		die(&deaths[n]);                                                                   \
	}

DEATH(0)
DEATH(1)
DEATH(2)
DEATH(3)
DEATH(4)
DEATH(5)
DEATH(6)

static void test_machine_check(void **state)
{
	(void)state;
	guest_running();
	guest_monitor("mce 0 2 0xbe00000000000135 0x5 0x1234000 0x8c");
	guest_wait(ended, "the crash");
	assert_int_equal(guest_core->state, ABI_CORE_CRASHED);
	assert_int_equal(guest_core->crash.vector, 18);
	assert_int_equal(guest_core->count.machine_checks, 1);
	assert_true(guest_line(1, "bank 2: status be00000000000135 address 0000000001234000"));
}

static bool scribbled(void)
{
	/* The boot page is the last thing overwritten. */
	return guest_boot->modules[ABI_MODULES_MAX - 1].size != 0;
}

static void test_scribble(void **state)
{
	struct abi_ctl_fault fault = { .kind = ABI_FAULT_SCRIBBLE };
	uint64_t own = *(uint64_t *)guest_at(GUEST_OWN);

	(void)state;
	guest_running();
	guest_send(ABI_CTL_FAULT, &fault, sizeof(fault));
	guest_wait(scribbled, "the overwritten boot page");
	assert_true(guest_boot->magic != ABI_MAGIC);
	assert_true(guest_console->records != GUEST_RECORDS);
	assert_true(*(uint64_t *)guest_at(GUEST_RING(0) + urpc_ring_bytes(GUEST_SLOTS) - 8) != 0);
	assert_true(*(uint64_t *)guest_at(GUEST_RING(1) + urpc_ring_bytes(GUEST_SLOTS) - 8) != 0);
	assert_int_equal(*(uint64_t *)guest_at(GUEST_OWN), own);
	assert_false(halted()); /* it spins */
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_start_stop),	 TEST(test_page_tables),   TEST(test_refuse_revision),
		TEST(test_refuse_magic), TEST(test_wrong_apic),	   TEST(test_little_memory),
		TEST(test_small_image),	 TEST(test_echo),	   TEST(test_sleep),
		TEST(test_death_0),	 TEST(test_death_1),	   TEST(test_death_2),
		TEST(test_death_3),	 TEST(test_death_4),	   TEST(test_death_5),
		TEST(test_death_6),	 TEST(test_machine_check), TEST(test_scribble),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
