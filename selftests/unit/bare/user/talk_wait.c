// SPDX-License-Identifier: GPL-2.0-only
/* What a dispatcher waits for: room and messages in its buffers, alarms, interrupts. */
#include "talk_core.h"

void sleeps(void)
{
	expect(1, sleeps_on());
	buffer_make(4, 0);
	expect(2, sleeps_on());
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	expect(3, woken());
	/* Left where it is, it does that once. */
	expect(4, sleeps_on());
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	take();
	take();
	expect(5, sleeps_on());
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	take();
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	expect(6, woken());
	/* Full, refused, and then room. */
	for (int i = 0; i < 4; i++)
		lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0);
	expect_status(7, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0), -11);
	sleeps_on();
	expect(8, sleeps_on());
	take();
	expect(9, woken());
	expect(10, sleeps_on());
	/* Disabled, it ends the activation; the next one is `run`. */
	report.result[0] = report.runs;
	expect_status(11, call(ABI_SYSCALL_SLEEP, 0), 0);
	expect(12, report.runs == report.result[0] + 1);
	leave(0);
}

void buffers(void)
{
	static const struct {
		uint64_t offset, records, slot, depth;
	} bad[] = {
		{ 4096, 0, 0, 0 },      { 4096, 65, 0, 0 },     { 4096, ~0ull, 0, 0 },
		{ 0, 1, 0, 0 },         { 0, 0, 1, 0 },         { 0, 0, 0, 1 },
		{ 128, 1, 0, 0 },       { 4095, 1, 0, 0 },      { 4096 + 64, 1, 0, 0 },
		{ 16384, 1, 0, 0 },     { 16384 - 128, 1, 0, 0 }, { 16384 - 256, 2, 0, 0 },
		{ ~127ull, 1, 0, 0 },   { 1ull << 32, 1, 0, 0 }, { 4096, 1, 1, 65 },
		{ 4096, 1ull << 57, 0, 0 },
	};

	for (uint64_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_status(100 + i,
			      object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, bad[i].offset,
				     bad[i].records, bad[i].slot, bad[i].depth),
			      ERRNO(22));
	expect_status(1, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, 16384 - 256, 1, 0, 0), 0);
	expect_status(2, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, 4096, 64, 5, 8), 0);
	expect_status(3, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_MONITOR, 4096, 1, 0, 0),
		      -ABI_CAP_E_RIGHTS);
	expect_status(4, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ROOT, 4096, 1, 0, 0),
		      -ABI_CAP_E_TYPE);
	/* Any endpoint can be made, but only the first 24 have buffers. */
	expect_status(5, retype(ABI_SLOT_DISPATCHER, FREE(0), ABI_CAP_ENDPOINT, 4096 + 23 * 64, 64),
		      0);
	expect_status(6, retype(ABI_SLOT_DISPATCHER, FREE(1), ABI_CAP_ENDPOINT, 4096 + 24 * 64, 64),
		      0);
	expect_status(7, object(ABI_ENDPOINT_BUFFER, FREE(0), 4096, 1, 0, 0), 0);
	expect_status(8, object(ABI_ENDPOINT_BUFFER, FREE(1), 4096, 1, 0, 0), ERRNO(22));
	expect_status(9, retype(ABI_SLOT_DISPATCHER, FREE(2), ABI_CAP_ENDPOINT, 0, 64),
		      -ABI_CAP_E_RANGE);
	expect_status(10, lmp(FREE(0), 1, words, 0, 0), 0);
	/* Made again it is a new one: without a buffer. */
	expect_status(11, drop(FREE(0)), 0);
	expect_status(
		12, retype(ABI_SLOT_DISPATCHER, FREE(0), ABI_CAP_ENDPOINT, 4096 + 23 * 64, 64), 0);
	expect_status(13, lmp(FREE(0), 1, words, 0, 0), -2);
	leave(0);
}

void alarms(void)
{
	uint64_t runs, from, turns = 0;

	sleep_until(later(50)); /* the other one sleeps by then */
	runs = report.runs;
	from = cycles();

	expect_status(1, call(ABI_SYSCALL_ALARM, later(5)), 0);
	while (report.runs == runs && cycles() < from + 10000 * dispatcher->tsc_khz)
		turns++;
	expect(2, cycles() >= from + 5 * dispatcher->tsc_khz && report.runs == runs + 1);
	expect(3, !dispatcher->alarm && turns);
	/* Never, and one in the place of another. */
	call(ABI_SYSCALL_ALARM, later(5));
	expect_status(4, call(ABI_SYSCALL_ALARM, FOREVER), 0);
	expect(5, sleeps_on());
	call(ABI_SYSCALL_ALARM, later(1000));
	call(ABI_SYSCALL_ALARM, later(3));
	expect(6, woken());
	/* Disabled, it is told by the flag, and ends the next sleep. */
	__atomic_store_n(&dispatcher->disabled, 1, __ATOMIC_SEQ_CST);
	runs = report.runs;
	from = cycles();
	call(ABI_SYSCALL_ALARM, later(5));
	while (!__atomic_load_n(&dispatcher->alarm, __ATOMIC_RELAXED) &&
	       cycles() < from + 10000 * dispatcher->tsc_khz)
		;
	expect(7, dispatcher->alarm == 1 && report.runs == runs);
	dispatcher->alarm = 0;
	__atomic_store_n(&dispatcher->disabled, 0, __ATOMIC_SEQ_CST);
	expect(8, woken());
	expect(9, sleeps_on());
	/* Past already. */
	runs = report.runs;
	expect_status(10, call(ABI_SYSCALL_ALARM, 0), 0);
	while (report.runs == runs && cycles() < from + 20000 * dispatcher->tsc_khz)
		;
	expect(11, report.runs == runs + 1);
	leave(0);
}

/* ---- interrupts ---- */

static struct abi_lmp_record *told(uint64_t vector, uint64_t count)
{
	struct abi_lmp_record *r = next();

	expect(50, r && r->badge == ABI_LMP_KERNEL && r->kind == ABI_LMP_IRQ && r->words == 2 &&
			   r->word[0] == vector && r->word[1] == count);
	take();
	return r;
}

#define VECTOR FREE(0)
#define OTHER FREE(1)

static void irq_checks(void)
{
	expect_status(1, retype(ABI_SLOT_IRQ, VECTOR, ABI_CAP_IRQ, TALK_VECTOR - ABI_IRQ_FIRST, 1),
		      0);
	expect_status(2, retype(ABI_SLOT_IRQ, OTHER, ABI_CAP_IRQ, 0, 1), 0);
	expect_status(3, object(ABI_IRQ_BIND, ABI_SLOT_IRQ, ABI_SLOT_ENDPOINT, DEPTH, 0, 0),
		      ERRNO(22));
	expect_status(4, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), ERRNO(2));
	expect_status(5, object(ABI_IRQ_ACK, VECTOR, 0, 0, 0, 0), ERRNO(2));
	expect_status(6, object(ABI_IRQ_BIND, VECTOR, ABI_SLOT_ROOT, DEPTH, 0, 0), -ABI_CAP_E_TYPE);
	expect_status(7, object(ABI_IRQ_BIND, VECTOR, FREE(5), DEPTH, 0, 0), -ABI_CAP_E_EMPTY);
	expect_status(8, object(ABI_IRQ_BIND, VECTOR, 1, 0, 0, 0), ERRNO(22));
	expect_status(9, object(ABI_IRQ_BIND, VECTOR, ABI_SLOT_ENDPOINT, DEPTH, 1, 0),
		      -ABI_CAP_E_ARGUMENT);
	expect_status(10, object(ABI_IRQ_BIND, VECTOR, ABI_SLOT_ENDPOINT, DEPTH, 0, 0), 0);
	expect(11, !next());
	expect_status(12, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), 0);
	told(TALK_VECTOR, 1);
	for (int i = 0; i < 3; i++)
		expect_status(13, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), 0);
	expect(14, !next());
	expect_status(15, object(ABI_IRQ_ACK, VECTOR, 0, 0, 0, 0), 0);
	told(TALK_VECTOR, 3);
	expect_status(16, object(ABI_IRQ_ACK, VECTOR, 0, 0, 0, 0), 0);
	expect(17, !next());
	/* Bound again, taken away, revoked. */
	expect_status(18, object(ABI_IRQ_BIND, VECTOR, ABI_SLOT_ENDPOINT, DEPTH, 0, 0), 0);
	expect_status(19, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), 0);
	told(TALK_VECTOR, 1);
	expect_status(20, object(ABI_IRQ_BIND, VECTOR, 0, 0, 0, 0), 0);
	expect_status(21, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), ERRNO(2));
	expect_status(22, object(ABI_IRQ_BIND, VECTOR, ABI_SLOT_ENDPOINT, DEPTH, 0, 0), 0);
	expect_status(23, revoke(ABI_SLOT_IRQ), 0);
	expect_status(24, retype(ABI_SLOT_IRQ, VECTOR, ABI_CAP_IRQ, TALK_VECTOR - ABI_IRQ_FIRST, 1),
		      0);
	expect_status(25, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), ERRNO(2));
}

/* A notice that finds no room waits, and those that wait are one. */
static void irq_full(void)
{
	buffer_make(1, 0);
	expect_status(30, object(ABI_IRQ_BIND, VECTOR, ABI_SLOT_ENDPOINT, DEPTH, 0, 0), 0);
	expect_status(31, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0), 0);
	for (int i = 0; i < 5; i++)
		expect_status(32, object(ABI_IRQ_RAISE, VECTOR, 0, 0, 0, 0), 0);
	take();
	expect(33, !next());
	expect(34, woken());
	told(TALK_VECTOR, 5);
	/* Sixteen vectors at once. */
	for (uint64_t i = 0; i < 16; i++) {
		expect_status(35, retype(ABI_SLOT_IRQ, FREE(10) + i, ABI_CAP_IRQ, 64 + i, 1), 0);
		expect_status(36,
			      object(ABI_IRQ_BIND, FREE(10) + i, ABI_SLOT_ENDPOINT, DEPTH, 0, 0),
			      i < 15 ? 0 : ERRNO(16));
	}
	for (uint64_t i = 0; i < 15; i++)
		expect_status(37, object(ABI_IRQ_BIND, FREE(10) + i, 0, 0, 0, 0), 0);
	expect_status(38, object(ABI_IRQ_ACK, VECTOR, 0, 0, 0, 0), 0);
}

void interrupts(void)
{
	buffer_make(8, 0);
	irq_checks();
	irq_full();
	report.result[0] = 1; /* from here on the test raises real ones */
	for (;;) {
		struct abi_lmp_record *r = wait();

		expect(60, r->badge == ABI_LMP_KERNEL && r->kind == ABI_LMP_IRQ &&
				   r->word[0] == TALK_VECTOR && r->word[1]);
		report.result[1] += r->word[1];
		report.result[2]++;
		take();
		expect_status(61, object(ABI_IRQ_ACK, VECTOR, 0, 0, 0, 0), 0);
		progress();
	}
}
