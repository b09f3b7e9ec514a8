// SPDX-License-Identifier: GPL-2.0-only
/* Messages of the same core: LMP of every length, LRPC, and what is refused. */
#include "talk_core.h"

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

void receive(void)
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
			__atomic_store_n(&buffer->taken, wild[report.progress % 6],
					 __ATOMIC_RELEASE);
			continue;
		}
		take();
	}
}

/* ---- senders ---- */

static uint64_t sent; /* messages */

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

void lengths(void)
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
	expect_status(6,
		      rt_syscall(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR, word | 1ull << 32,
				 (uint64_t)words, 0, 0, 0, NULL),
		      -22);
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
			expect_status(16, rt_syscall(ABI_SYSCALL_LMP, ABI_SLOT_MONITOR,
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

void flood(void)
{
	int64_t status = 0;

	meet();
	while (!status && (report.mode == TALK_FLOOD_DEAD || sent < report.argument))
		status = send(1 + sent % 8 + (sent % 8 > 0), 0, 0);
	expect_status(2, status, report.mode == TALK_FLOOD_DEAD ? -2 : 0);
	leave(0);
}

void grant(void)
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

void call_server(void)
{
	uint64_t w[4] = { report.instance, 2, 3, 4 }, start;

	expect_status(1, lrpc(0, 0, w), -2);
	expect_status(2, lrpc(ABI_SLOT_ROOT, 0, w), -2);
	expect_status(3, lrpc(ABI_SLOT_ENDPOINT, 0, w), -22);
	expect_status(4, lrpc(ABI_SLOT_MONITOR, 2, w), -22);
	expect_status(5, rt_syscall(ABI_SYSCALL_LRPC, ABI_SLOT_MONITOR, 0, 0, 0, 0, 0, NULL), -2);
	expect_status(6,
		      rt_syscall(ABI_SYSCALL_LRPC, ABI_SLOT_MONITOR, 0, 0, 0, 0, ~0ull << 32, NULL),
		      -2);
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
