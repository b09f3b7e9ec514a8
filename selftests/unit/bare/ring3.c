// SPDX-License-Identifier: GPL-2.0-only
/* Programs in ring 3 on the CPU driver's image: what they can do, and all that they cannot. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "guest.h"
#include "user/report.h"

#define PROGRAM "build/program"

/* ---- programs ---- */

static unsigned int instances;

/* The report page in a copy of the program's file. */
static struct report *report_in(unsigned char *file, uint64_t bytes)
{
	const uint64_t magic = REPORT_MAGIC;
	unsigned char *at = memmem(file, bytes, &magic, sizeof(magic));

	assert_non_null(at);
	return (struct report *)(void *)at;
}

static unsigned int program(const char *name, uint64_t mode, uint64_t argument)
{
	uint64_t bytes;
	unsigned char *file = guest_module(PROGRAM, name, &bytes);
	struct report *r = report_in(file, bytes);

	r->mode = mode;
	r->instance = instances;
	r->argument = argument;
	return instances++;
}

/* The report of a running program; the module's file has one that does not run. */
static struct report *report_of(unsigned int instance)
{
	for (uint64_t pa = GUEST_OWN; pa < GUEST_OWN + GUEST_OWN_BYTES; pa += ABI_PAGE_SIZE) {
		struct report *r = guest_at(pa);

		if (r->magic == REPORT_MAGIC && r->instance == instance && r->running)
			return r;
	}
	return NULL;
}

static unsigned int wanted;

static bool runs(void)
{
	return report_of(wanted);
}

static struct report *wait_report(unsigned int instance)
{
	wanted = instance;
	guest_wait(runs, "a program");
	return report_of(instance);
}

static uint64_t progress(const struct report *r)
{
	return __atomic_load_n(&r->progress, __ATOMIC_RELAXED);
}

static const struct report *watched;
static uint64_t watched_from, watched_by;

static bool moved(void)
{
	return progress(watched) >= watched_from + watched_by;
}

static void wait_progress(const struct report *r, uint64_t by)
{
	watched = r;
	watched_from = progress(r);
	watched_by = by;
	guest_wait(moved, "a program's progress");
}

static const char *awaited;

static bool printed(void)
{
	return guest_line(1, awaited);
}

static void wait_line(const char *text)
{
	awaited = text;
	guest_wait(printed, text);
}

static void pause_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000l }, NULL);
}

/* The core serves: messages come back, though whoever sends them must ring. */
static void check_echo(unsigned int count)
{
	struct abi_ctl_bind bind = guest_bind(ABI_SERVICE_ECHO);

	assert_int_equal(guest_ask(ABI_CTL_BIND, &bind, sizeof(bind)), 0);
	for (unsigned int i = 0; i < count; i++) {
		uint64_t payload = i;
		struct urpc_msg msg;

		assert_int_equal(urpc_send(&guest_bound, 1, &payload, sizeof(payload)), 0);
		if (urpc_notify_needed(&guest_bound))
			guest_bell();
		msg = guest_receive();
		assert_int_equal(msg.payload[0], i);
	}
	assert_int_equal(guest_ask(ABI_CTL_UNBIND,
				   &(struct abi_ctl_unbind){ .channel = GUEST_CHANNEL },
				   sizeof(struct abi_ctl_unbind)), 0);
}

static int setup(void **state)
{
	instances = 0;
	return guest_setup(state);
}

/* ---- calls and upcalls ---- */

static void test_calls(void **state)
{
	unsigned int i = program("calls", MODE_CALLS, 0);
	const struct report *r;

	(void)state;
	guest_running();
	r = wait_report(i);
	wait_line("calls ended with status 7");
	assert_int_equal(r->wrong, 0);
	assert_int_equal(r->result[0], 3); /* the ring */
	assert_int_equal(r->upcalls, 0);
	assert_true(guest_line(1, "calls: hello from ring 3"));
	assert_true(guest_line(1, "calls: ..."));
	assert_false(guest_line(1, "killed"));
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
}

static void test_foreign(void **state)
{
	unsigned int i = program("foreign", MODE_FOREIGN, 0);
	const struct report *r;

	(void)state;
	guest_running();
	r = wait_report(i);
	wait_line("foreign ended with status 0");
	assert_int_equal(r->wrong, 0);
	assert_int_equal(r->upcalls, 1003);
}

#define PF 1000
#define PRESENT 1
#define WRITE 2
#define FETCH 16

static void test_faults(void **state)
{
	static const uint64_t expected[] = {
		PF + PRESENT, PF + PRESENT + WRITE, PF + PRESENT + FETCH, PF + PRESENT,
		PF + PRESENT, PF + PRESENT + WRITE, PF, PF + PRESENT + WRITE,
		PF + PRESENT + WRITE, PF + PRESENT + FETCH, PF + FETCH, 13,
		13, 13, 13, 13,
		13, 13, 13, 13, /* 16: in, out, mov from and to cr3 */
		13, 13, 13, 13, /* 20: cr0, rdmsr, wrmsr, lgdt */
		13, 13, 13, 13, /* 24: lidt, lldt, ltr, dr7 */
		13, 13, 13, 13, /* 28: swapgs, cr8, invlpg, sysenter */
		13, 13, 13, 6,	/* 32: int 0x80, int 0xe0, int 2, ud2 */
		0, 13, 13, 13,	/* 36: division by zero, ds = local, ds = ring 0, far return */
		13, 13, 13, 13, /* 40: sysret, xsetbv, rdpmc, sgdt */
		13, 13,		/* 44: ss = ring 0, clts */
	};
	unsigned int i = program("faults", MODE_FAULTS, GUEST_KERNEL);
	const struct report *r;

	(void)state;
	guest_running();
	r = wait_report(i);
	wait_line("faults ended with status 0");
	for (unsigned int n = 0; n < sizeof(expected) / sizeof(expected[0]); n++) {
		/* SYSENTER: AMD's CPUs do not know it in 64-bit mode, Intel's find no segment. */
		if (r->result[n] != expected[n] && !(n == 31 && r->result[n] == 6))
			fail_msg("forbidden thing %u gave %lu, expected %lu", n, r->result[n],
				 expected[n]);
	}
	assert_int_equal(r->wrong, 0);
	assert_true(r->upcalls >= sizeof(expected) / sizeof(expected[0]));
}

static void test_fault_disabled(void **state)
{
	unsigned int i = program("late", MODE_FAULT_DISABLED, 0);
	const struct report *r;

	(void)state;
	guest_running();
	r = wait_report(i);
	wait_line("late killed");
	assert_true(guest_line(1, "page fault, write to 0x1000"));
	assert_int_equal(r->wrong, 0);
	assert_int_equal(r->result[0], 0);
	assert_int_equal(r->progress, 1);
	assert_int_equal(r->upcalls, 3);
	assert_int_equal(r->upcall[0].which, 2);
	assert_int_equal(r->upcall[0].arguments[0], 0x2000);
	assert_int_equal(r->upcall[0].arguments[1], WRITE);
	assert_int_equal(r->upcall[1].which, 4);
	assert_int_equal(r->upcall[1].arguments[0], 6);
	assert_int_equal(r->upcall[2].which, 2);
	assert_int_equal(r->upcall[2].arguments[0], 0x3000);
	check_echo(10);
}

static void test_killed(void **state)
{
	unsigned int spinner;

	(void)state;
	program("silent", MODE_NO_ENTRY, 0);
	program("kernel", MODE_FAULT_ENTRY, ABI_IMAGE_VA);
	program("hole", MODE_FAULT_ENTRY, 0x0000800000000000ull);
	program("nowhere", MODE_FAULT_ENTRY, 0x7000);
	spinner = program("spinner", MODE_SPIN, 0);
	guest_running();
	wait_line("silent killed");
	assert_true(guest_line(1, "page fault, write to 0x4000"));
	wait_line("kernel killed");
	wait_line("hole killed");
	/* Its trap's entry faults, which its handler of page faults cannot make better. */
	wait_progress(wait_report(spinner), 100000);
	check_echo(10);
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
}

static void test_step(void **state)
{
	unsigned int i = program("step", MODE_STEP, 0);
	const struct report *r;

	(void)state;
	guest_running();
	r = wait_report(i);
	wait_line("step ended with status 0");
	assert_int_equal(r->wrong, 0);
	assert_int_equal(r->result[0], 1);
	assert_int_equal(r->progress, 100000);
	check_echo(1);
}

/* ---- preemption ---- */

static void test_doorbell(void **state)
{
	unsigned int i = program("spinner", MODE_SPIN, 0);
	const struct report *r;
	uint64_t timers;

	(void)state;
	guest_running();
	r = wait_report(i);
	check_echo(300);
	assert_true(guest_core->count.doorbells > 0);
	wait_progress(r, 100000);
	/* One dispatcher, no deadline: no timer, however long it runs. */
	timers = guest_core->count.timers;
	wait_progress(r, 20000000);
	assert_int_equal(guest_core->count.timers, timers);
	assert_int_equal(r->runs, 0);
	assert_int_equal(guest_core->count.foreign, 0);
	/* What Linux broadcasts is dropped. */
	guest_interrupt(0xfd);
	wait_progress(r, 100000);
	assert_int_equal(guest_core->count.foreign, 1);
	assert_int_equal(guest_core->count.foreign_last, 0xfd);
	guest_nmi();
	wait_progress(r, 100000);
	assert_int_equal(guest_core->count.nmis, 1);
}

static bool ended(void)
{
	return guest_core->state == ABI_CORE_STOPPED;
}

static void test_stop(void **state)
{
	unsigned int i = program("spinner", MODE_SPIN, 0);

	(void)state;
	guest_running();
	wait_report(i);
	guest_host->command = ABI_COMMAND_STOP;
	guest_bell();
	guest_wait(ended, "the stop");
}

static void test_page_tables(void **state)
{
	unsigned int i = program("spinner", MODE_SPIN, 0);

	(void)state;
	guest_running();
	wait_progress(wait_report(i), 1000);
	guest_monitor("stop");
	assert_true(audit_ring3() >= 8);
}

static uint64_t cpu_register(const char *registers, const char *name)
{
	const char *at = strstr(registers, name);

	assert_non_null(at);
	return strtoull(at + strlen(name), NULL, 16);
}

/* What keeps ring 0 from using pages of ring 3 and data from being executed; this CPU has all of it. */
static void test_protection(void **state)
{
	const uint64_t write_protect = 1u << 16, smep = 1u << 20, smap = 1u << 21, no_execute = 1u << 11;
	unsigned int i = program("spinner", MODE_SPIN, 0);
	const char *registers;

	(void)state;
	guest_running();
	wait_progress(wait_report(i), 1000);
	guest_monitor("stop");
	registers = guest_monitor("info registers");
	assert_true(cpu_register(registers, "CR0=") & write_protect);
	assert_true(cpu_register(registers, "CR4=") & smep);
	assert_true(cpu_register(registers, "CR4=") & smap);
	assert_true(cpu_register(registers, "EFER=") & no_execute);
}

/* What @b gets for each turn of the loop that @a gets, until @until has made so many; in instructions. */
static double shares(const struct report *a, const struct report *b, const struct report *until,
		     uint64_t turns)
{
	uint64_t from_a, from_b;

	/* Both at one time, however late this process is. */
	guest_monitor("stop");
	from_a = progress(a);
	from_b = progress(b);
	guest_monitor("cont");
	wait_progress(until, turns);
	guest_monitor("stop");
	return (double)(progress(b) - from_b) / (double)(progress(a) - from_a);
}

static void test_weights(void **state)
{
	unsigned int a = program("one weight=1", MODE_SPIN, 0);
	unsigned int b = program("three weight=3", MODE_SPIN, 0);
	const struct report *one, *three;
	double ratio;

	(void)state;
	guest_counts();
	guest_running();
	one = wait_report(a);
	three = wait_report(b);
	ratio = shares(one, three, one, 20000000);
	if (ratio < 2.7 || ratio > 3.3)
		fail_msg("weight 3 got %.2f times what weight 1 got", ratio);
	assert_true(one->runs > 5 && three->runs > 5);
	guest_monitor("cont");
	check_echo(20);
}

static void test_hard(void **state)
{
	unsigned int a = program("hard hard=2000/10000", MODE_SPIN, 0);
	unsigned int b = program("rest", MODE_SPIN, 0);
	const struct report *hard, *rest;
	double ratio;

	(void)state;
	guest_counts();
	guest_running();
	hard = wait_report(a);
	rest = wait_report(b);
	ratio = shares(hard, rest, rest, 30000000);
	if (ratio < 3.5 || ratio > 4.5)
		fail_msg("the rest got %.2f times what a fifth got", ratio);
}

/* In the critical range it is disabled, whatever the flag says: stopped and continued without upcalls. */
static void test_critical(void **state)
{
	unsigned int a = program("critical", MODE_CRITICAL, 0), b = program("rest", MODE_SPIN, 0);
	const struct report *critical, *rest;

	(void)state;
	guest_running();
	critical = wait_report(a);
	rest = wait_report(b);
	wait_progress(critical, 1000);
	for (int i = 0; i < 10; i++) {
		wait_progress(rest, 1000000);
		wait_progress(critical, 1000000);
	}
	assert_true(rest->runs > 5);
	assert_true(critical->runs <= 1); /* stopped once before it was in the range, perhaps */
}

static void test_not_admitted(void **state)
{
	unsigned int a;

	(void)state;
	a = program("first hard=6000/10000", MODE_SPIN, 0);
	program("second soft=6000/10000", MODE_SPIN, 0);
	program("odd weight=", MODE_SPIN, 0);
	program("stray speed=9", MODE_SPIN, 0);
	guest_running();
	wait_progress(wait_report(a), 1000);
	assert_true(guest_line(1, "second soft=6000/10000: refused by the scheduler"));
	assert_true(guest_line(1, "odd weight=: refused by the scheduler"));
	assert_true(guest_line(1, "stray speed=9: parameters not understood"));
}

static void test_sleep(void **state)
{
	unsigned int a = program("naps", MODE_SLEEP, 2000);
	unsigned int b = program("sleeps", MODE_SLEEP, ~0ull);
	const struct report *naps, *sleeps;
	uint64_t count;

	(void)state;
	guest_boot->flags = 0;
	guest_running();
	naps = wait_report(a);
	sleeps = wait_report(b);
	count = guest_core->count.sleeps;
	wait_progress(naps, 50);
	/* The core halts between. */
	assert_true(guest_core->count.sleeps >= count + 40);
	assert_int_equal(naps->wrong, 0);
	assert_true(naps->runs >= 49); /* the last one is still to come */
	assert_int_equal(sleeps->progress, 1);
	check_echo(20);
}

static void test_yield(void **state)
{
	unsigned int a = program("a", MODE_YIELD, 0), b = program("b", MODE_YIELD, 0);
	const struct report *one, *two;
	uint64_t from_one, from_two;
	int64_t apart;

	(void)state;
	guest_running();
	one = wait_report(a);
	two = wait_report(b);
	guest_monitor("stop");
	from_one = progress(one);
	from_two = progress(two);
	guest_monitor("cont");
	wait_progress(two, 5000);
	guest_monitor("stop");
	/* In turns; but for the end of a slice, of which a busy host makes some come early. */
	apart = (int64_t)((progress(one) - from_one) - (progress(two) - from_two));
	assert_true(apart >= -100 && apart <= 100);
	assert_int_equal(one->wrong, 0);
}

static void test_registers(void **state)
{
	unsigned int a = program("check", MODE_CHECK, 0);
	unsigned int b = program("check-too", MODE_CHECK, 0);
	unsigned int c = program("spinner", MODE_SPIN, 0);
	const struct report *one, *two;

	(void)state;
	guest_running();
	one = wait_report(a);
	two = wait_report(b);
	wait_report(c);
	for (int i = 0; i < 20; i++) {
		check_echo(5);
		pause_ms(20);
	}
	wait_progress(one, 100000);
	wait_progress(two, 100000);
	assert_int_equal(one->wrong, 0);
	assert_int_equal(two->wrong, 0);
	assert_true(one->runs > 20 && two->runs > 20);
}

static void test_wild(void **state)
{
	unsigned int a = program("wild", MODE_WILD, 0), b = program("spinner", MODE_SPIN, 0);
	const struct report *wild;

	(void)state;
	guest_running();
	wild = wait_report(a);
	wait_report(b);
	for (int i = 0; i < 20; i++)
		check_echo(5);
	wait_progress(wild, 2000);
	for (int i = 0; i < 20; i++)
		guest_nmi();
	wait_progress(wild, 2000);
	assert_int_equal(wild->wrong, 0);
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
	assert_true(guest_core->count.nmis > 0);
}

/* ---- programs that cannot be loaded ---- */

static void spoil(const char *name, uint64_t offset, uint64_t value, unsigned int bytes)
{
	unsigned char *file = guest_module(PROGRAM, name, NULL);

	memcpy(file + offset, &value, bytes);
}

static void test_bad_programs(void **state)
{
	unsigned int i;

	(void)state;
	spoil("magic", 0, 0, 4);
	spoil("class", 4, 1, 1);
	spoil("machine", 18, 183, 2);
	spoil("shared", 16, 3, 2);
	spoil("segments", 56, 2000, 2);
	spoil("high", 64 + 16, ABI_IMAGE_VA, 8);
	spoil("long", 64 + 2 * 56 + 40, 0x20000000, 8);
	i = program("good", MODE_SPIN, 0);
	guest_running();
	wait_progress(wait_report(i), 1000);
	assert_true(guest_line(1, "program magic: not an ELF file"));
	assert_true(guest_line(1, "program class: not a 64-bit"));
	assert_true(guest_line(1, "program machine: for another machine"));
	assert_true(guest_line(1, "program shared: not a static executable"));
	assert_true(guest_line(1, "program segments: bad program headers"));
	assert_true(guest_line(1, "program high: a segment lies outside"));
	assert_true(guest_line(1, "program long: out of memory"));
}

/* ---- messages between dispatchers ---- */

static void test_lrpc(void **state)
{
	unsigned int server = program("server", MODE_SERVER, 0);
	unsigned int client = program("client", MODE_CLIENT, 20000);
	unsigned int other = program("other", MODE_CLIENT, 3000);
	const struct report *s, *c, *o;

	(void)state;
	guest_running();
	s = wait_report(server);
	c = wait_report(client);
	o = wait_report(other);
	wait_line("client ended with status 0");
	wait_line("other ended with status 0");
	assert_int_equal(s->wrong, 0);
	assert_int_equal(c->wrong, 0);
	assert_int_equal(o->wrong, 0);
	assert_int_equal(s->progress, 20001 + 3001);
	assert_int_equal(c->progress, 20001);
	check_echo(10);
}

static void test_lrpc_alone(void **state)
{
	unsigned int client, server = program("server", MODE_SERVER, 0);
	const struct report *c;
	uint64_t timers;

	(void)state;
	client = program("client", MODE_CLIENT, 50000);
	guest_running();
	wait_report(server);
	c = wait_report(client);
	timers = guest_core->count.timers;
	wait_line("client ended with status 0");
	assert_int_equal(c->wrong, 0);
	/* One waits while the other works: no turn ever ends by a timer. */
	assert_true(guest_core->count.timers - timers <= 2);
	print_message("# emulated: %lu cycles a round trip\n", c->result[0]);
}

static bool ran_on(void)
{
	return __atomic_load_n(&watched->runs, __ATOMIC_RELAXED) > 2;
}

static void test_lrpc_deaf(void **state)
{
	unsigned int deaf = program("deaf", MODE_DEAF, 0);
	unsigned int client = program("client", MODE_CLIENT, 1);
	const struct report *c;

	(void)state;
	guest_running();
	wait_progress(wait_report(deaf), 1000000);
	c = wait_report(client);
	/*
	 * It tries again and again, and gives its turn away in between: how often while the other
	 * comes how far is a matter of the host's load.
	 */
	watched = c;
	guest_wait(ran_on, "turns of the client");
	wait_progress(report_of(deaf), 1000000);
	assert_int_equal(c->wrong, 0);
	assert_int_equal(c->progress, 0);
}

static void test_cost(void **state)
{
	unsigned int i = program("cost", MODE_COST, 0);
	const struct report *r;

	(void)state;
	guest_running();
	r = wait_report(i);
	wait_line("cost ended with status 0");
	print_message("# emulated: %lu cycles a call, %lu a yield with upcall\n", r->result[0],
		      r->result[1]);
	assert_true(r->result[0] > 0 && r->result[1] > r->result[0]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, guest_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_calls),	 TEST(test_foreign),	 TEST(test_faults),
		TEST(test_fault_disabled), TEST(test_killed),	 TEST(test_step),
		TEST(test_doorbell),	 TEST(test_stop),	 TEST(test_page_tables), TEST(test_protection),
		TEST(test_weights),	 TEST(test_hard),	 TEST(test_not_admitted),
		TEST(test_sleep),	 TEST(test_yield),	 TEST(test_registers),
		TEST(test_wild),	 TEST(test_bad_programs), TEST(test_lrpc),
		TEST(test_lrpc_alone),	 TEST(test_lrpc_deaf),	 TEST(test_critical),	 TEST(test_cost),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
