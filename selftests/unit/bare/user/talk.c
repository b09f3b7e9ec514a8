// SPDX-License-Identifier: GPL-2.0-only
/* The program of the tests of messages, interrupts and channels to ring 3: what it does is
 * report.mode. */
#include "talk_core.h"

struct report report __attribute__((aligned(4096), section(".data"))) = { .magic = REPORT_MAGIC };


struct abi_dispatcher *dispatcher;
uint64_t answer[5];
volatile uint64_t answers;
uint64_t words[ABI_LMP_WORDS];

uint64_t cycles(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
	return (uint64_t)high << 32 | low;
}

uint64_t later(uint64_t ms)
{
	return cycles() + ms * dispatcher->tsc_khz;
}

__attribute__((noreturn)) void leave(uint64_t status)
{
	call(ABI_SYSCALL_EXIT, status);
	for (;;)
		report.wrong = 999;
}

void expect(uint64_t number, bool right)
{
	if (!right && !report.wrong)
		report.wrong = number;
}

void expect_status(uint64_t number, int64_t is, int64_t should)
{
	if (is != should && !report.wrong) {
		report.wrong = number;
		report.result[62] = (uint64_t)is;
		report.result[63] = (uint64_t)should;
	}
}

void progress(void)
{
	__atomic_store_n(&report.progress, report.progress + 1, __ATOMIC_RELAXED);
}
/* ---- upcalls ---- */

void upcall(struct abi_dispatcher *d, uint64_t which, uint64_t a, uint64_t b, uint64_t c,
	    uint64_t e)
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

struct abi_lmp_buffer *buffer;
uint64_t taken;
static uint64_t records;

void buffer_make(uint64_t count, uint64_t slot)
{
	records = count;
	taken = 0;
	buffer = (void *)(ABI_DOMAIN_CONTROL + ABI_LMP_FIRST_OFFSET);
	expect_status(700,
		      object(ABI_ENDPOINT_BUFFER, ABI_SLOT_ENDPOINT, ABI_LMP_FIRST_OFFSET, count,
			     slot, slot ? DEPTH : 0),
		      0);
}

struct abi_lmp_record *next(void)
{
	struct abi_lmp_record *r = &buffer->record[taken % records];

	return __atomic_load_n(&r->number, __ATOMIC_ACQUIRE) == taken + 1 ? r : NULL;
}

void take(void)
{
	__atomic_store_n(&buffer->taken, ++taken, __ATOMIC_RELEASE);
}

/* The next message, asleep until it is there; not taken. */
struct abi_lmp_record *wait(void)
{
	struct abi_lmp_record *r;

	while (!(r = next()))
		sleep_until(FOREVER);
	return r;
}

/* Does a sleep of so many milliseconds end before its time? */
static bool ends_early(uint64_t ms)
{
	uint64_t until = later(ms);

	sleep_until(until);
	return cycles() < until;
}

/* Something ends the sleep, however long the host keeps this machine waiting. */
bool woken(void)
{
	return ends_early(30000);
}

bool sleeps_on(void)
{
	return !ends_early(20);
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
	begin(d);
	modes[report.mode - 100]();
}
