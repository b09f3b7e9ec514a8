// SPDX-License-Identifier: GPL-2.0-only
/* The program of the tests of messages, interrupts and channels to ring 3: what it does is report.mode. */
#include <abi/boot.h>
#include <abi/domain.h>
#include <abi/invoke.h>
#include <abi/lmp.h>
#include <abi/object.h>
#include <abi/syscall.h>
#include <urpc/chan.h>

#include "report.h"
#include "talk.h"

struct report report __attribute__((aligned(4096), section(".data"))) = { .magic = REPORT_MAGIC };

extern uint64_t fifth; /* entry.S: R10 at the last upcall */
extern char upcall_entry[], upcall_stack_top[], fault_stack_top[], resume_critical[],
	resume_critical_end[];
__attribute__((noreturn)) void resume(const struct abi_registers *r, struct abi_dispatcher *d);
void start(struct abi_dispatcher *d);
void upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c, uint64_t e);

#define DEPTH ABI_DOMAIN_ROOT_BITS
#define FREE(n) (ABI_SLOT_FREE + (n))
#define ERRNO(n) (-(int64_t)(ABI_OBJECT_ERRNO + (n)))
#define FOREVER UINT64_MAX

static struct abi_dispatcher *dispatcher;
static uint64_t answer[5]; /* badge and words of the last LRPC */
static volatile uint64_t answers;

/* ---- system calls ---- */

static int64_t call6(uint64_t number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
		     uint64_t f, uint64_t *value)
{
	register uint64_t r10 __asm__("r10") = d, r8 __asm__("r8") = e, r9 __asm__("r9") = f;
	int64_t status;

	__asm__ volatile("syscall"
			 : "=a"(status), "+d"(c)
			 : "a"(number), "D"(a), "S"(b), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (value)
		*value = c;
	return status;
}

static int64_t call(uint64_t number, uint64_t a)
{
	return call6(number, a, 0, 0, 0, 0, 0, NULL);
}

static int64_t object(uint64_t op, uint64_t slot, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	return call6(ABI_SYSCALL_OBJECT, ABI_OBJECT_WORD(op, DEPTH), slot, a, b, c, d, NULL);
}

static int64_t mint(uint64_t from, uint64_t to, uint64_t rights, uint64_t badge)
{
	return call6(ABI_SYSCALL_INVOKE,
		     ABI_INVOKE_WORD(ABI_CAP_DO_MINT, rights, 0, DEPTH, DEPTH, 0, 0), from, to, 0,
		     badge, 0, NULL);
}

static int64_t retype(uint64_t from, uint64_t to, uint64_t type, uint64_t offset, uint64_t bytes)
{
	return call6(ABI_SYSCALL_INVOKE,
		     ABI_INVOKE_WORD(ABI_CAP_DO_RETYPE, 0, type, DEPTH, DEPTH, 0, 1), from, to, 0,
		     offset, bytes, NULL);
}

static int64_t drop(uint64_t slot)
{
	return call6(ABI_SYSCALL_INVOKE, ABI_INVOKE_WORD(ABI_CAP_DO_DELETE, 0, 0, DEPTH, 0, 0, 0),
		     slot, 0, 0, 0, 0, NULL);
}

static int64_t revoke(uint64_t slot)
{
	return call6(ABI_SYSCALL_INVOKE, ABI_INVOKE_WORD(ABI_CAP_DO_REVOKE, 0, 0, DEPTH, 0, 0, 0),
		     slot, 0, 0, 0, 0, NULL);
}

/* Type of what is in a slot, 0 for nothing. */
static uint64_t type_at(uint64_t slot)
{
	uint64_t value;
	int64_t status = call6(ABI_SYSCALL_INVOKE,
			       ABI_INVOKE_WORD(ABI_CAP_DO_IDENTIFY, 0, 0, DEPTH, 0, 0, 0), slot, 0, 0,
			       0, ABI_INVOKE_KIND, &value);

	return status ? 0 : value & 0xffff;
}

static int64_t map(uint64_t what, uint64_t mapping, uint64_t table, uint64_t index, uint64_t count,
		   uint64_t rights, uint64_t offset)
{
	return call6(ABI_SYSCALL_INVOKE,
		     ABI_INVOKE_WORD(ABI_CAP_DO_MAP, rights, 0, DEPTH, DEPTH, DEPTH, count), what,
		     mapping, table, offset, index, NULL);
}

static int64_t lmp(uint64_t to, uint64_t words, const void *at, uint64_t flags, uint64_t cap)
{
	return call6(ABI_SYSCALL_LMP, to, ABI_LMP_SEND_WORD(DEPTH, words, flags, cap ? DEPTH : 0),
		     (uint64_t)at, cap, 0, 0, NULL);
}

static int64_t lrpc(uint64_t to, uint64_t flags, const uint64_t words[4])
{
	return call6(ABI_SYSCALL_LRPC, to, words[0], words[1], words[2], words[3],
		     flags | (uint64_t)DEPTH << ABI_LRPC_DEPTH_SHIFT, NULL);
}

static void sleep_until(uint64_t tsc)
{
	call(ABI_SYSCALL_SLEEP, tsc);
}

static uint64_t cycles(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

static uint64_t later(uint64_t ms)
{
	return cycles() + ms * dispatcher->tsc_khz;
}

__attribute__((noreturn)) static void leave(uint64_t status)
{
	call(ABI_SYSCALL_EXIT, status);
	for (;;)
		report.wrong = 999;
}

static void expect(uint64_t number, bool right)
{
	if (!right && !report.wrong)
		report.wrong = number;
}

static void expect_status(uint64_t number, int64_t is, int64_t should)
{
	if (is != should && !report.wrong) {
		report.wrong = number;
		report.result[62] = (uint64_t)is;
		report.result[63] = (uint64_t)should;
	}
}

static void progress(void)
{
	__atomic_store_n(&report.progress, report.progress + 1, __ATOMIC_RELAXED);
}

/* ---- upcalls ---- */

void upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c, uint64_t e)
{
	if (which == ABI_UPCALL_LRPC) {
		progress();
		if (report.mode == TALK_SERVE) {
			/* Domain n is in slot ABI_SLOT_DOMAIN + n, and its badge here is n. */
			expect_status(800, lrpc(ABI_SLOT_DOMAIN + a, ABI_LRPC_SLEEP,
						(uint64_t[]){ b + 1, c + 1, e + 1, fifth + 1 }), 0);
			expect(801, false);
		}
		answer[0] = a, answer[1] = b, answer[2] = c, answer[3] = e, answer[4] = fifth;
		answers++;
	} else if (which == ABI_UPCALL_RUN) {
		report.runs++;
	} else {
		report.upcalls++;
		report.result[60] = which;
		report.result[61] = a;
		expect(900, false);
		leave(99);
	}
	resume(&d->enabled, d);
}

/* ---- buffers ---- */

static struct abi_lmp_buffer *buffer;
static uint64_t records, taken;

static void buffer_make(uint64_t count, uint64_t slot)
{
	records = count;
	taken = 0;
	buffer = (void *)(ABI_DOMAIN_CONTROL + ABI_LMP_FIRST_OFFSET);
	expect_status(700, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, ABI_LMP_FIRST_OFFSET, count,
				  slot, slot ? DEPTH : 0), 0);
}

static struct abi_lmp_record *next(void)
{
	struct abi_lmp_record *r = &buffer->record[taken % records];

	return __atomic_load_n(&r->number, __ATOMIC_ACQUIRE) == taken + 1 ? r : NULL;
}

static void take(void)
{
	__atomic_store_n(&buffer->taken, ++taken, __ATOMIC_RELEASE);
}

/* The next message, asleep until it is there; not taken. */
static struct abi_lmp_record *wait(void)
{
	struct abi_lmp_record *r;

	while (!(r = next()))
		sleep_until(FOREVER);
	return r;
}

static uint64_t pattern(uint64_t sequence, uint64_t word)
{
	return sequence * 0x10001 + word * 0x123456789ull;
}

/* ---- receivers ---- */

/* Word 0 is the sender's own count of messages: none is lost, doubled, or out of order. */
static void check(const struct abi_lmp_record *r)
{
	uint64_t sequence = r->words ? r->word[0] : 0;

	expect(1, r->badge < 8 && !r->kind && r->words <= ABI_LMP_WORDS);
	if (r->badge >= 8)
		return;
	if (r->words)
		expect(2, sequence == report.result[r->badge]);
	report.result[r->badge]++;
	for (uint64_t i = 1; i < ABI_LMP_WORDS; i++)
		expect(3, r->word[i] == (i < r->words ? pattern(sequence, i) : 0));
	if (r->flags & ABI_LMP_CAP) {
		report.result[10]++;
		expect(4, type_at(FREE(40)) == ABI_CAP_DOMAIN);
	}
	/* Word 1 of 2 asks for room for the next capability. */
	if (r->words == 2)
		drop(FREE(40));
}

static void receive(void)
{
	buffer_make(report.argument, FREE(40));
	for (;;) {
		struct abi_lmp_record *r = report.mode == TALK_RECEIVE_SPIN ? next() : wait();

		if (!r)
			continue;
		if (report.mode == TALK_RECEIVE_DIE) {
			/* By then the senders have filled the buffer, and sleep. */
			sleep_until(later(10));
			sleep_until(later(30));
			dispatcher->entry[ABI_UPCALL_TRAP] = 0;
			__asm__ volatile("ud2");
		}
		check(r);
		progress();
		if (report.mode == TALK_RECEIVE_LAZY) {
			static const uint64_t wild[] = { 0, ~0ull, 1ull << 63, 3, 1000000, 77 };

			taken++;
			__atomic_store_n(&buffer->taken, wild[report.progress % 6], __ATOMIC_RELEASE);
			continue;
		}
		take();
	}
}

/* ---- senders ---- */

static uint64_t words[ABI_LMP_WORDS], sent;

static int64_t send(uint64_t count, uint64_t flags, uint64_t cap)
{
	int64_t status;

	words[0] = sent;
	for (uint64_t i = 1; i < ABI_LMP_WORDS; i++)
		words[i] = pattern(sent, i);
	while ((status = lmp(ABI_SLOT_MONITOR, count, words, flags, cap)) == -11) {
		report.result[1]++;
		sleep_until(FOREVER);
	}
	if (!status) {
		sent++;
		progress();
	}
	return status;
}

/* Its first message waits until the receiver is ready. */
static void meet(void)
{
	int64_t status;

	for (int tries = 0; (status = send(1, 0, 0)) == -2 && tries < 100; tries++)
		sleep_until(later(1));
	if (report.mode != TALK_FLOOD_DEAD)
		expect_status(1, status, 0);
}

static void lengths(void)
{
	uint64_t end = ((uint64_t)fault_stack_top + 4095) & ~4095ull;
	uint64_t word = ABI_LMP_SEND_WORD(DEPTH, 1, 0, 0);

	meet();
	for (uint64_t n = 1; n <= ABI_LMP_WORDS; n++) {
		if (n != 2)
			expect_status(2, send(n, n % 2, 0), 0);
	}
	expect_status(3, lmp(ABI_SLOT_MONITOR, 13, words, 0, 0), -22);
	expect_status(4, lmp(ABI_SLOT_MONITOR, 255, words, 0, 0), -22);
	expect_status(5, lmp(ABI_SLOT_MONITOR, 1, words, 4, 0), -22);
	expect_status(6, call6(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR, word | 1ull << 32, (uint64_t)words,
			       0, 0, 0, NULL), -22);
	expect_status(7, lmp(ABI_SLOT_MONITOR, 1, NULL, 0, 0), -14);
	expect_status(8, lmp(ABI_SLOT_MONITOR, 1, (void *)0xffffffff80000000ull, 0, 0), -14);
	expect_status(9, lmp(ABI_SLOT_MONITOR, 1, (void *)~0ull, 0, 0), -14);
	expect_status(10, lmp(ABI_SLOT_MONITOR, 2, (void *)(end - 8), 0, 0), -14);
	expect_status(11, lmp(0, 1, words, 0, 0), -2);
	expect_status(12, lmp(ABI_SLOT_ROOT, 1, words, 0, 0), -2);
	expect_status(13, lmp(FREE(0), 1, words, 0, 0), -2);
	expect_status(14, lmp(1ull << 63, 1, words, 0, 0), -2);
	expect_status(15, lmp(256 + ABI_SLOT_MONITOR, 1, words, 0, 0), -2);
	for (uint64_t depth = 0; depth < 256; depth++) {
		if (depth != DEPTH)
			expect_status(16, call6(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR,
						(word & ~0xffull) | depth, (uint64_t)words, 0, 0, 0,
						NULL), -2);
	}
	expect_status(17, lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0), -2); /* no buffer */
	buffer_make(2, 0);
	expect_status(18, lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0), 0);
	expect_status(19, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0), 0);
	expect_status(20, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0), -11);
	expect(21, next() && next()->words == 1 && next()->badge == 0);
	take();
	expect(22, next() && next()->words == 0);
	expect_status(23, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0), 0);
	expect_status(24, mint(ABI_SLOT_ENDPOINT, FREE(1), ABI_CAP_READ, 0), 0);
	expect_status(25, lmp(FREE(1), 1, words, 0, 0), -1);
	expect_status(26, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, 0, 0, 0, 0), 0);
	expect_status(27, lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0), -2);
	leave(0);
}

static void flood(void)
{
	int64_t status = 0;

	meet();
	while (!status && (report.mode == TALK_FLOOD_DEAD || sent < report.argument))
		status = send(1 + sent % 8 + (sent % 8 > 0), 0, 0);
	expect_status(2, status, report.mode == TALK_FLOOD_DEAD ? -2 : 0);
	leave(0);
}

static void grant(void)
{
	meet();
	expect_status(2, send(1, 0, ABI_SLOT_DOMAIN), 0);
	/* The receiver keeps it until it gets a message of two words. */
	expect_status(3, send(1, ABI_LMP_YIELD, ABI_SLOT_DOMAIN), -16);
	expect_status(4, send(2, ABI_LMP_YIELD, 0), 0);
	sleep_until(later(5));
	expect_status(5, send(1, 0, ABI_SLOT_DOMAIN), 0);
	expect_status(6, send(2, ABI_LMP_YIELD, 0), 0);
	sleep_until(later(5));
	/* None of these changes anything. */
	expect_status(7, send(1, 0, FREE(0)), -22);
	expect_status(8, send(1, 0, 1ull << 40), -22);
	expect_status(9, mint(ABI_SLOT_MONITOR, FREE(1), ABI_CAP_WRITE, 0), 0);
	expect_status(10, lmp(FREE(1), 1, words, 0, ABI_SLOT_DOMAIN), -1);
	expect_status(11, retype(ABI_SLOT_RAM, FREE(3), ABI_CAP_CNODE, 0, 4096), 0);
	expect_status(12, send(1, 0, ABI_SLOT_DOMAIN), 0);
	/* Asleep until the alarm. */
	call(ABI_SYSCALL_ALARM, later(5));
	expect_status(13, send(2, ABI_LMP_SLEEP | ABI_LMP_YIELD, 0), 0);
	/* An endpoint whose owner takes no capability: its own. */
	buffer_make(2, 0);
	expect_status(14, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, ABI_SLOT_DOMAIN), -16);
	buffer_make(2, FREE(9));
	expect_status(15, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, ABI_SLOT_DOMAIN), 0);
	expect(16, type_at(FREE(9)) == ABI_CAP_DOMAIN && next() && next()->flags == ABI_LMP_CAP);
	expect_status(17, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, ABI_SLOT_DOMAIN), -16);
	drop(FREE(9));
	expect_status(18, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, ABI_SLOT_DOMAIN), 0);
	drop(FREE(9));
	/* Full: nothing may be copied. */
	expect_status(19, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, ABI_SLOT_DOMAIN), -11);
	expect(20, type_at(FREE(9)) == 0);
	leave(0);
}

static void ask(const uint64_t message[4])
{
	uint64_t before = answers;
	int64_t status;

	while ((status = lrpc(ABI_SLOT_MONITOR, ABI_LRPC_SLEEP, message)) == -16)
		call(ABI_SYSCALL_YIELD, 0);
	expect_status(8, status, 0);
	while (answers == before)
		sleep_until(FOREVER);
}

static void call_server(void)
{
	uint64_t w[4] = { report.instance, 2, 3, 4 }, start;

	expect_status(1, lrpc(0, 0, w), -2);
	expect_status(2, lrpc(ABI_SLOT_ROOT, 0, w), -2);
	expect_status(3, lrpc(ABI_SLOT_ENDPOINT, 0, w), -22);
	expect_status(4, lrpc(ABI_SLOT_MONITOR, 2, w), -22);
	expect_status(5, call6(ABI_SYSCALL_LRPC, ABI_SLOT_MONITOR, 0, 0, 0, 0, 0, NULL), -2);
	expect_status(6, call6(ABI_SYSCALL_LRPC, ABI_SLOT_MONITOR, 0, 0, 0, 0, ~0ull << 32, NULL), -2);
	expect_status(7, lrpc(256 + ABI_SLOT_MONITOR, 0, w), -2);
	sleep_until(later(2)); /* the server begins */
	ask(w);
	start = cycles();
	for (uint64_t i = 0; i < report.argument; i++) {
		expect(9, answer[0] == 1 && answer[1] == w[0] + 1 && answer[2] == w[1] + 1 &&
				  answer[3] == w[2] + 1 && answer[4] == w[3] + 1);
		w[i % 4] = i * 0x10001;
		ask(w);
		progress();
	}
	report.result[0] = (cycles() - start) / (report.argument ? report.argument : 1);
	leave(0);
}

/* ---- sleep, alarm, buffers ---- */

/* Sleep for 20 ms at most: did it end early? */
static bool ends_early(void)
{
	uint64_t until = later(20);

	sleep_until(until);
	return cycles() < until;
}

static void sleeps(void)
{
	expect(1, !ends_early());
	buffer_make(4, 0);
	expect(2, !ends_early());
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	expect(3, ends_early());
	/* Left where it is, it does that once. */
	expect(4, !ends_early());
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	take();
	take();
	expect(5, !ends_early());
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	take();
	lmp(ABI_SLOT_ENDPOINT, 1, words, 0, 0);
	expect(6, ends_early());
	/* Full, refused, and then room. */
	for (int i = 0; i < 4; i++)
		lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0);
	expect_status(7, lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0), -11);
	ends_early();
	expect(8, !ends_early());
	take();
	expect(9, ends_early());
	expect(10, !ends_early());
	/* Disabled, it ends the activation; the next one is `run`. */
	report.result[0] = report.runs;
	expect_status(11, call(ABI_SYSCALL_SLEEP, 0), 0);
	expect(12, report.runs == report.result[0] + 1);
	leave(0);
}

static void buffers(void)
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
		expect_status(100 + i, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, bad[i].offset,
					      bad[i].records, bad[i].slot, bad[i].depth), ERRNO(22));
	expect_status(1, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, 16384 - 256, 1, 0, 0), 0);
	expect_status(2, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, 4096, 64, 5, 8), 0);
	expect_status(3, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_MONITOR, 4096, 1, 0, 0),
		      -ABI_CAP_E_RIGHTS);
	expect_status(4, object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ROOT, 4096, 1, 0, 0), -ABI_CAP_E_TYPE);
	/* Any endpoint can be made, but only the first 24 have buffers. */
	expect_status(5, retype(ABI_SLOT_DISPATCHER, FREE(0), ABI_CAP_ENDPOINT, 4096 + 23 * 64, 64), 0);
	expect_status(6, retype(ABI_SLOT_DISPATCHER, FREE(1), ABI_CAP_ENDPOINT, 4096 + 24 * 64, 64), 0);
	expect_status(7, object(ABI_ENDPOINT_BUFFER, FREE(0), 4096, 1, 0, 0), 0);
	expect_status(8, object(ABI_ENDPOINT_BUFFER, FREE(1), 4096, 1, 0, 0), ERRNO(22));
	expect_status(9, retype(ABI_SLOT_DISPATCHER, FREE(2), ABI_CAP_ENDPOINT, 0, 64),
		      -ABI_CAP_E_RANGE);
	expect_status(10, lmp(FREE(0), 1, words, 0, 0), 0);
	/* Made again it is a new one: without a buffer. */
	expect_status(11, drop(FREE(0)), 0);
	expect_status(12, retype(ABI_SLOT_DISPATCHER, FREE(0), ABI_CAP_ENDPOINT, 4096 + 23 * 64, 64),
		      0);
	expect_status(13, lmp(FREE(0), 1, words, 0, 0), -2);
	leave(0);
}

static void alarms(void)
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
	expect(5, !ends_early());
	call(ABI_SYSCALL_ALARM, later(1000));
	call(ABI_SYSCALL_ALARM, later(3));
	expect(6, ends_early());
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
	expect(8, ends_early());
	expect(9, !ends_early());
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
	expect_status(1, retype(ABI_SLOT_IRQ, VECTOR, ABI_CAP_IRQ, TALK_VECTOR - ABI_IRQ_FIRST, 1), 0);
	expect_status(2, retype(ABI_SLOT_IRQ, OTHER, ABI_CAP_IRQ, 0, 1), 0);
	expect_status(3, object(ABI_IRQ_BIND, ABI_SLOT_IRQ, ABI_SLOT_ENDPOINT, DEPTH, 0, 0), ERRNO(22));
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
	expect(34, ends_early());
	told(TALK_VECTOR, 5);
	/* Sixteen vectors at once. */
	for (uint64_t i = 0; i < 16; i++) {
		expect_status(35, retype(ABI_SLOT_IRQ, FREE(10) + i, ABI_CAP_IRQ, 64 + i, 1), 0);
		expect_status(36, object(ABI_IRQ_BIND, FREE(10) + i, ABI_SLOT_ENDPOINT, DEPTH, 0, 0),
			      i < 15 ? 0 : ERRNO(16));
	}
	for (uint64_t i = 0; i < 15; i++)
		expect_status(37, object(ABI_IRQ_BIND, FREE(10) + i, 0, 0, 0, 0), 0);
	expect_status(38, object(ABI_IRQ_ACK, VECTOR, 0, 0, 0, 0), 0);
}

static void interrupts(void)
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

/* ---- channels of node 0 ---- */

#define SHARED_VA ABI_DOMAIN_FREE
#define PAGES_MAX 512u

static struct urpc_chan channel;
static bool open;
static uint64_t number, shared_base;

/* All shared memory, at most 2 MiB of it, at SHARED_VA. */
static void map_shared(void)
{
	const struct abi_startup *s = (void *)ABI_DOMAIN_STARTUP;
	uint64_t ram = 0, frame = 0, pages = 0;

	for (uint64_t i = 0; i < ABI_STARTUP_EXTENTS; i++) {
		if (s->extents[i].bytes && s->extents[i].kind == ABI_EXTENT_RAM)
			ram = ABI_SLOT_EXTENTS + i;
		if (s->extents[i].bytes && s->extents[i].kind == ABI_EXTENT_SHARED) {
			frame = ABI_SLOT_EXTENTS + i;
			shared_base = s->extents[i].base;
			pages = s->extents[i].bytes / 4096;
		}
	}
	pages = pages < PAGES_MAX ? pages : PAGES_MAX;
	expect_status(1, retype(ram, FREE(20), ABI_CAP_PDPT, 0, 4096), 0);
	expect_status(2, retype(ram, FREE(21), ABI_CAP_PD, 4096, 4096), 0);
	expect_status(3, retype(ram, FREE(22), ABI_CAP_PT, 8192, 4096), 0);
	expect_status(4, map(FREE(20), FREE(23), ABI_SLOT_PML4, ABI_DOMAIN_FREE_ENTRY, 1, 0, 0), 0);
	expect_status(5, map(FREE(21), FREE(24), FREE(20), 0, 1, 0, 0), 0);
	expect_status(6, map(FREE(22), FREE(25), FREE(21), 0, 1, 0, 0), 0);
	expect_status(7, mint(frame, FREE(26), ABI_CAP_RW, 0), 0);
	expect_status(8, map(FREE(26), FREE(27), FREE(22), 0, pages, ABI_CAP_RW, 0), 0);
}

static void bind(const uint64_t *word)
{
	number = word[0];
	expect(10, word[1] == 256 && word[2] == 64);
	if (report.argument == MONITOR_REFUSE) {
		expect_status(11, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 28, 0, 0), 0);
		return;
	}
	if (report.argument == MONITOR_SILENT)
		return;
	expect_status(12, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 5000, 0, 0), ERRNO(22));
	expect_status(13, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number + 1, 0, 0, 0), ERRNO(2));
	expect(14, !urpc_chan_init(&channel, (void *)(SHARED_VA + word[3] - shared_base),
				   (void *)(SHARED_VA + word[4] - shared_base), (uint32_t)word[2]));
	expect_status(15, retype(ABI_SLOT_URPC, FREE(30), ABI_CAP_URPC, number, 1), 0);
	expect_status(16, object(ABI_URPC_WAKE, ABI_SLOT_URPC, 0, 0, 0, 0), ERRNO(2));
	expect_status(17, object(ABI_URPC_WAKE, FREE(30), 0, 0, 0, 0), 0);
	open = true;
	if (report.argument == MONITOR_LATE)
		return;
	expect_status(18, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 0, 0, 0), 0);
	expect_status(19, object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 0, 0, 0), ERRNO(2));
}

static void end(void)
{
	open = false;
	drop(FREE(30));
}

static void notice(const struct abi_lmp_record *r)
{
	report.result[r->kind]++;
	expect(20, r->badge == ABI_LMP_KERNEL);
	if (r->kind == ABI_LMP_BIND)
		bind(r->word);
	if (r->kind == ABI_LMP_UNBIND && report.argument != MONITOR_SILENT) {
		expect(21, r->word[0] == number);
		end();
		expect_status(22, object(ABI_KERNEL_UNBOUND, ABI_SLOT_KERNEL, number, 0, 0, 0), 0);
		expect_status(23, object(ABI_KERNEL_UNBOUND, ABI_SLOT_KERNEL, number, 0, 0, 0),
			      ERRNO(2));
	}
}

static void echo(void)
{
	struct urpc_msg msg;
	bool any = false;

	while (open && !urpc_recv(&channel, &msg)) {
		if (report.argument == MONITOR_DIE)
			leave(3);
		if (report.argument == MONITOR_CLOSE) {
			end();
			expect_status(24, object(ABI_KERNEL_CLOSED, ABI_SLOT_KERNEL, number, 0, 0, 0),
				      ERRNO(22));
			expect_status(25, object(ABI_KERNEL_CLOSED, ABI_SLOT_KERNEL, number, 5, 0, 0),
				      0);
			return;
		}
		expect(26, !urpc_send(&channel, msg.type, msg.payload, msg.len));
		progress();
		any = true;
	}
	if (any && urpc_notify_needed(&channel))
		expect_status(27, object(ABI_URPC_NOTIFY, FREE(30), 0, 0, 0, 0), 0);
}

static void monitor(void)
{
	buffer_make(8, 0);
	map_shared();
	expect_status(30, object(ABI_URPC_WAKE, ABI_SLOT_URPC, 0, 0, 0, 0), ERRNO(2));
	expect_status(31, object(ABI_KERNEL_SERVE, ABI_SLOT_KERNEL, ABI_SLOT_ROOT, DEPTH, 0, 0),
		      -ABI_CAP_E_TYPE);
	if (report.argument != MONITOR_DEAF)
		expect_status(32, object(ABI_KERNEL_SERVE, ABI_SLOT_KERNEL, ABI_SLOT_ENDPOINT, DEPTH,
					 0, 0), 0);
	report.result[0] = 1;
	for (;;) {
		struct abi_lmp_record *r;

		while ((r = next())) {
			notice(r);
			take();
		}
		echo();
		/* The order that loses no message: arm, then sleep. */
		if (open && !urpc_arm(&channel))
			continue;
		if (open && report.argument == MONITOR_SLOW) {
			for (uint64_t end = later(5); cycles() < end;)
				;
		}
		sleep_until(report.argument == MONITOR_LATE && open ? later(30) : FOREVER);
		report.result[8]++;
		if (open)
			urpc_disarm(&channel);
		if (report.argument == MONITOR_LATE && open)
			object(ABI_KERNEL_BOUND, ABI_SLOT_KERNEL, number, 0, 0, 0);
	}
}

/* ---- the end of others ---- */

/* A dispatcher in this domain's own address space, with nowhere to begin. */
static void child(uint64_t at, uint64_t offset, uint32_t domain)
{
	const struct abi_dispatcher_setup setup = {
		.cnode = { .address = ABI_SLOT_ROOT, .depth = DEPTH },
		.pml4 = { .address = ABI_SLOT_PML4, .depth = DEPTH },
		.frame = { .address = at + 1, .depth = DEPTH },
		.notices = { .address = ABI_SLOT_ENDPOINT, .depth = DEPTH },
		.frame_va = 0x10000000,
		.domain = domain,
		.weight = 1,
		.name = "child",
	};
	const struct abi_startup *s = (void *)ABI_DOMAIN_STARTUP;
	uint64_t ram = ABI_SLOT_EXTENTS;

	while (!s->extents[ram - ABI_SLOT_EXTENTS].bytes ||
	       s->extents[ram - ABI_SLOT_EXTENTS].kind != ABI_EXTENT_RAM)
		ram++;
	expect_status(1, retype(ram, at, ABI_CAP_DISPATCHER, offset, 8192), 0);
	expect_status(2, retype(ram, at + 1, ABI_CAP_FRAME, offset + 8192, 8192), 0);
	expect_status(3, object(ABI_DISPATCHER_SETUP, at, (uint64_t)&setup, 0, 0, 0), 0);
	expect_status(4, object(ABI_DISPATCHER_RUN, at, 0, 0, 0, 0), 0);
}

static void died(uint64_t domain)
{
	struct abi_lmp_record *r = wait();

	expect(10, r->badge == ABI_LMP_KERNEL && r->kind == ABI_LMP_DIED && r->words == 1 &&
			   r->word[0] == domain);
	take();
}

static void deaths(void)
{
	buffer_make(2, 0);
	child(FREE(0), 0, 77);
	died(77);
	/* Told when there is room, each of them. */
	lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0);
	lmp(ABI_SLOT_ENDPOINT, 0, NULL, 0, 0);
	child(FREE(2), 16384, 78);
	child(FREE(4), 2 * 16384, 79);
	sleep_until(later(20)); /* ends at once: two messages came */
	sleep_until(later(20));
	expect(5, next() && !next()->kind);
	take();
	take();
	sleep_until(later(20));
	expect(6, next() && next()->kind == ABI_LMP_DIED);
	died(78);
	died(79);
	/* The capability of one that is over goes: nothing more is told. */
	expect_status(7, drop(FREE(0)), 0);
	sleep_until(later(5));
	expect(8, !next());
	leave(0);
}

/* ---- start ---- */

static void serve(void)
{
	for (;;)
		sleep_until(FOREVER);
}

static void spin(void)
{
	for (;;)
		progress();
}

void start(struct abi_dispatcher *d)
{
	static void (*const modes[])(void) = {
		[TALK_RECEIVE - 100] = receive,	     [TALK_RECEIVE_LAZY - 100] = receive,
		[TALK_RECEIVE_DIE - 100] = receive,  [TALK_RECEIVE_SPIN - 100] = receive,
		[TALK_LENGTHS - 100] = lengths,	     [TALK_FLOOD - 100] = flood,
		[TALK_FLOOD_DEAD - 100] = flood,     [TALK_GRANT - 100] = grant,
		[TALK_LRPC - 100] = call_server,     [TALK_SERVE - 100] = serve,
		[TALK_SLEEP - 100] = sleeps,	     [TALK_BUFFER - 100] = buffers,
		[TALK_IRQ - 100] = interrupts,	     [TALK_ALARM - 100] = alarms,
		[TALK_MONITOR - 100] = monitor,	     [TALK_SPIN - 100] = spin,
		[TALK_DIED - 100] = deaths,
	};

	dispatcher = d;
	report.dispatcher = (uint64_t)d;
	for (int i = 0; i < (int)ABI_UPCALLS; i++)
		d->entry[i] = (uint64_t)upcall_entry;
	d->stack = (uint64_t)upcall_stack_top;
	d->fault_stack = (uint64_t)fault_stack_top;
	d->critical = (uint64_t)resume_critical;
	d->critical_end = (uint64_t)resume_critical_end;
	report.running = report.instance + 1;
	d->disabled = 0;
	modes[report.mode - 100]();
}
