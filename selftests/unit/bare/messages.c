// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages between programs in ring 3, interrupts and alarms as messages, and channels of node 0 to
 * a service in ring 3, on the CPU driver's image. The programs are user/talk.c's.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <abi/lmp.h>
#include <abi/object.h>

#include "programs.h"
#include "user/talk.h"

#define TALK "build/talk"

static unsigned int talk(const char *name, uint64_t mode, uint64_t argument)
{
	return program_add(TALK, name, mode, argument);
}

static int setup(void **state)
{
	programs_reset();
	return guest_setup(state);
}

static void check_right(const struct report *r)
{
	if (r->wrong)
		fail_msg("check %lu of the program failed: %ld in the place of %ld", r->wrong,
			 (long)r->result[62], (long)r->result[63]);
}

static void check_alive(void)
{
	assert_int_equal(guest_core->state, ABI_CORE_RUNNING);
	assert_int_equal(guest_core->count.foreign, 0);
}

static void pause_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000l }, NULL);
}

/* ---- messages ---- */

static const struct report *receiver;
static uint64_t expected;

static bool arrived(void)
{
	return receiver->result[1] + receiver->result[2] >= expected;
}

/* The last ones are taken when their senders have ended. */
static void wait_arrived(const struct report *r, uint64_t messages)
{
	receiver = r;
	expected = messages;
	guest_wait(arrived, "the last messages");
}

/* A receiver of so many records, and a sender that has ended well: @to, and the result. */
static const struct report *sent(uint64_t mode, uint64_t records, const struct report **to)
{
	unsigned int receives = talk("receiver", TALK_RECEIVE, records);
	unsigned int sends = talk("sender", mode, 0);
	const struct report *from;

	guest_running();
	*to = program_wait(receives);
	from = program_wait(sends);
	console_wait("sender ended with status 0");
	check_right(from);
	return from;
}

static void test_lengths(void **state)
{
	const struct report *r, *s;

	(void)state;
	s = sent(TALK_LENGTHS, 32, &r);
	check_right(r);
	assert_int_equal(s->progress, 12);
	wait_arrived(r, 12);
	check_right(r);
	check_alive();
}

/* Two senders, buffers of several sizes, also as one that is taken from without a system call. */
static void flood(uint64_t mode, uint64_t records)
{
	unsigned int to = talk("receiver", mode, records);
	unsigned int a = talk("one", TALK_FLOOD, 3000), b = talk("two", TALK_FLOOD, 2000);
	const struct report *r, *one, *two;

	guest_running();
	r = program_wait(to);
	one = program_wait(a);
	two = program_wait(b);
	console_wait("one ended with status 0");
	console_wait("two ended with status 0");
	check_right(one);
	check_right(two);
	wait_arrived(r, 5000);
	check_right(r);
	assert_int_equal(r->result[1], 3000);
	assert_int_equal(r->result[2], 2000);
	assert_true(one->result[1] + two->result[1] > 0);
	print_message("# %lu records: refused %lu and %lu times\n", records, one->result[1],
		      two->result[1]);
	check_alive();
}

static void test_full_1(void **state)
{
	(void)state;
	flood(TALK_RECEIVE, 1);
}

static void test_full_64(void **state)
{
	(void)state;
	flood(TALK_RECEIVE, 64);
}

static void test_full_spin(void **state)
{
	(void)state;
	flood(TALK_RECEIVE_SPIN, 3);
}

static void test_full_sleeping(void **state)
{
	(void)state;
	guest_boot->flags = 0;
	flood(TALK_RECEIVE, 3);
}

static void test_taken(void **state)
{
	unsigned int to = talk("liar", TALK_RECEIVE_LAZY, 4);
	unsigned int from = talk("sender", TALK_FLOOD, 100000000),
		     c = talk("spinner", TALK_SPIN, 0);

	(void)state;
	guest_running();
	program_wait(to);
	program_wait(from);
	program_wait_progress(program_wait(c), 10000000);
	check_alive();
}

static void test_killed(void **state)
{
	unsigned int a, b;

	(void)state;
	talk("victim", TALK_RECEIVE_DIE, 2);
	a = talk("one", TALK_FLOOD_DEAD, 0);
	b = talk("two", TALK_FLOOD_DEAD, 0);
	guest_running();
	program_wait(a);
	program_wait(b);
	console_wait("victim killed");
	console_wait("one ended with status 0");
	console_wait("two ended with status 0");
	check_right(program_wait(a));
	check_right(program_wait(b));
	check_alive();
}

static void test_grant(void **state)
{
	const struct report *r, *s;

	(void)state;
	s = sent(TALK_GRANT, 8, &r);
	wait_arrived(r, s->progress);
	check_right(r);
	assert_int_equal(r->result[10], 3);
	check_alive();
}

static void one_program(const char *name, uint64_t mode)
{
	unsigned int i;
	char line[64];

	talk("other", TALK_RECEIVE, 4);
	i = talk(name, mode, 0);
	guest_running();
	program_wait(i);
	snprintf(line, sizeof(line), "%s ended with status 0", name);
	console_wait(line);
	check_right(program_wait(i));
	check_alive();
}

static void test_sleep(void **state)
{
	(void)state;
	one_program("sleeps", TALK_SLEEP);
}

static void test_buffer(void **state)
{
	(void)state;
	one_program("buffers", TALK_BUFFER);
}

static void test_alarm(void **state)
{
	(void)state;
	one_program("alarms", TALK_ALARM);
}

static void test_lrpc(void **state)
{
	unsigned int server = talk("server", TALK_SERVE, 0);
	unsigned int a = talk("one", TALK_LRPC, 5000), b = talk("two", TALK_LRPC, 3000);
	const struct report *s, *one, *two;

	(void)state;
	guest_running();
	s = program_wait(server);
	one = program_wait(a);
	two = program_wait(b);
	console_wait("one ended with status 0");
	console_wait("two ended with status 0");
	check_right(s);
	check_right(one);
	check_right(two);
	assert_int_equal(s->progress, 5001 + 3001);
	print_message("# emulated: %lu cycles a round trip\n", one->result[0]);
	check_alive();
}

/* ---- interrupts ---- */

static const struct report *driver;

static bool prepared(void)
{
	return driver->result[0] || driver->wrong;
}

static uint64_t told_before;

static bool told_more(void)
{
	return program_progress(driver) > told_before;
}

static void test_irq(void **state)
{
	unsigned int i = talk("driver", TALK_IRQ, 0), n;
	uint64_t counted;

	(void)state;
	guest_boot->flags = 0;
	guest_running();
	driver = program_wait(i);
	guest_wait(prepared, "the program's checks");
	check_right(driver);
	/* One at a time, to a core that sleeps: each is told. */
	for (n = 0; n < 50; n++) {
		told_before = program_progress(driver);
		guest_interrupt(TALK_VECTOR);
		guest_wait(told_more, "a notice of an interrupt");
	}
	assert_int_equal(driver->result[1], 50);
	/* As fast as it goes: the interrupt controller keeps one pending, the rest is counted. */
	told_before = program_progress(driver);
	for (n = 0; n < 2000; n++)
		guest_interrupt(TALK_VECTOR);
	guest_wait(told_more, "a notice of the storm");
	pause_ms(50);
	counted = driver->result[1];
	assert_in_range(counted, 51, 2050);
	assert_true(driver->result[2] <= counted);
	check_right(driver);
	check_alive();
	/* Another one is none of its business. */
	guest_interrupt(TALK_VECTOR + 1);
	pause_ms(50);
	assert_int_equal(driver->result[1], counted);
	assert_int_equal(guest_core->count.foreign, 1);
}

static void test_irq_busy(void **state)
{
	unsigned int i = talk("driver", TALK_IRQ, 0), s = talk("spinner", TALK_SPIN, 0);
	const struct report *spinner;

	(void)state;
	guest_running();
	driver = program_wait(i);
	spinner = program_wait(s);
	guest_wait(prepared, "the program's checks");
	for (unsigned int n = 0; n < 300; n++) {
		told_before = program_progress(driver);
		guest_interrupt(TALK_VECTOR);
		guest_wait(told_more, "a notice of an interrupt");
	}
	assert_int_equal(driver->result[1], 300);
	program_wait_progress(spinner, 1000);
	check_right(driver);
	check_alive();
}

/* ---- channels of node 0 ---- */

static int bind(void)
{
	struct abi_ctl_bind request = guest_bind(ABI_SERVICE_SPAWN);

	return guest_ask(ABI_CTL_BIND, &request, sizeof(request));
}

static int unbind(void)
{
	struct abi_ctl_unbind request = { .channel = GUEST_CHANNEL };

	return guest_ask(ABI_CTL_UNBIND, &request, sizeof(request));
}

static const struct report *monitor_start(enum talk_monitor what)
{
	unsigned int i = talk("monitor", TALK_MONITOR, what);

	guest_running();
	driver = program_wait(i);
	guest_wait(prepared, "the monitor's start");
	check_right(driver);
	return driver;
}

static void echo(unsigned int count, unsigned int burst)
{
	for (uint64_t i = 0; i < count; i += burst) {
		for (uint64_t k = i; k < i + burst; k++)
			assert_int_equal(urpc_send(&guest_bound, 5, &k, sizeof(k)), 0);
		if (urpc_notify_needed(&guest_bound))
			guest_bell();
		for (uint64_t k = i; k < i + burst; k++) {
			struct urpc_msg msg = guest_receive();

			assert_int_equal(msg.payload[0], k);
			assert_int_equal(msg.type, 5);
		}
	}
}

static void test_user_echo(void **state)
{
	const struct report *m;

	(void)state;
	guest_boot->flags = 0;
	m = monitor_start(MONITOR_ECHO);
	for (unsigned int turn = 0; turn < 3; turn++) {
		assert_int_equal(bind(), 0);
		echo(300, 1);
		echo(300, 30);
		assert_int_equal(unbind(), 0);
	}
	check_right(m);
	assert_int_equal(m->result[ABI_LMP_BIND], 3);
	assert_int_equal(m->result[ABI_LMP_UNBIND], 3);
	assert_int_equal(m->progress, 1800);
	assert_true(m->result[8] > 900); /* it slept between */
	assert_int_equal(unbind(), -ENOENT);
	check_alive();
}

/* Another program never lets the core halt. */
static void test_user_busy(void **state)
{
	const struct report *m;
	unsigned int i = talk("monitor", TALK_MONITOR, MONITOR_ECHO);
	unsigned int s = talk("spinner", TALK_SPIN, 0);

	(void)state;
	guest_running();
	m = driver = program_wait(i);
	guest_wait(prepared, "the monitor's start");
	assert_int_equal(bind(), 0);
	echo(500, 1);
	assert_int_equal(unbind(), 0);
	check_right(m);
	program_wait_progress(program_wait(s), 1000);
	check_alive();
}

static void test_user_late(void **state)
{
	(void)state;
	guest_boot->flags = 0;
	monitor_start(MONITOR_LATE);
	assert_int_equal(bind(), 0);
	echo(20, 1);
	assert_int_equal(unbind(), 0);
	check_right(driver);
}

/* Messages that come between the monitor's arming and its sleep. */
static void test_user_slow(void **state)
{
	unsigned int i = talk("monitor", TALK_MONITOR, MONITOR_SLOW);

	(void)state;
	/* It never lets the core look by itself. */
	talk("spinner", TALK_SPIN, 0);
	guest_running();
	driver = program_wait(i);
	guest_wait(prepared, "the monitor's start");
	assert_int_equal(bind(), 0);
	for (i = 0; i < 20; i++) {
		pause_ms(2);
		echo(1, 1);
	}
	assert_int_equal(unbind(), 0);
	check_right(driver);
}

static void test_died(void **state)
{
	unsigned int i = talk("parent", TALK_DIED, 0);

	(void)state;
	guest_running();
	program_wait(i);
	console_wait("parent ended with status 0");
	check_right(program_wait(i));
	check_alive();
}

static void test_user_refused(void **state)
{
	struct abi_ctl_bind request;

	(void)state;
	monitor_start(MONITOR_REFUSE);
	assert_int_equal(bind(), -ENOSPC);
	assert_int_equal(bind(), -ENOSPC);
	assert_int_equal(unbind(), -ENOENT);
	/* What the CPU driver checks itself, the monitor never hears of. */
	request = guest_bind(ABI_SERVICE_SPAWN);
	request.tx = GUEST_OWN;
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), -EINVAL);
	request = guest_bind(ABI_SERVICE_SPAWN);
	request.rx = GUEST_RING(1);
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), -EINVAL);
	request = guest_bind(ABI_SERVICE_SPAWN);
	request.slots = 65;
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), -EINVAL);
	request = guest_bind(ABI_SERVICE_SPAWN);
	request.channel = ABI_CHANNELS_MAX;
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), -EINVAL);
	assert_int_equal(driver->result[ABI_LMP_BIND], 2);
	check_right(driver);
}

static void test_user_overlap(void **state)
{
	struct abi_ctl_bind request;

	(void)state;
	monitor_start(MONITOR_ECHO);
	assert_int_equal(bind(), 0);
	assert_int_equal(bind(), -EBUSY);
	request = guest_bind(ABI_SERVICE_ECHO);
	request.channel = GUEST_CHANNEL + 1;
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), -EINVAL);
	request.tx = GUEST_RING(4);
	request.rx = GUEST_RING(5);
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), 0);
	request = guest_bind(ABI_SERVICE_SPAWN);
	request.channel = GUEST_CHANNEL + 2;
	request.tx = GUEST_RING(6);
	request.rx = GUEST_RING(5);
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), -EINVAL);
}

static void test_user_nobody(void **state)
{
	(void)state;
	monitor_start(MONITOR_DEAF);
	assert_int_equal(bind(), -ENOENT);
	check_alive();
}

/* The core answers in the monitor's place, and serves its other channels as ever. */
static void test_user_silent(void **state)
{
	struct abi_ctl_bind request;

	(void)state;
	guest_boot->flags = 0;
	monitor_start(MONITOR_SILENT);
	assert_int_equal(bind(), -ETIMEDOUT);
	assert_int_equal(unbind(), -EPROTO);
	assert_int_equal(bind(), -EBUSY);
	request = guest_bind(ABI_SERVICE_ECHO);
	request.channel = GUEST_CHANNEL + 1;
	request.tx = GUEST_RING(4);
	request.rx = GUEST_RING(5);
	assert_int_equal(guest_ask(ABI_CTL_BIND, &request, sizeof(request)), 0);
	assert_true(guest_line(1, "the monitor does not answer about channel 3"));
	check_right(driver);
}

static bool news(void)
{
	return urpc_can_recv(&guest_control);
}

static void expect_closed(int status)
{
	struct abi_ctl_closed event;
	struct urpc_msg msg;

	guest_wait(news, "the end of the channel");
	assert_int_equal(urpc_recv(&guest_control, &msg), 0);
	memcpy(&event, msg.payload, sizeof(event));
	assert_int_equal(msg.type, ABI_CTL_CLOSED);
	assert_int_equal(event.channel, GUEST_CHANNEL);
	assert_int_equal(event.status, status);
}

static void poke(void)
{
	assert_int_equal(urpc_send(&guest_bound, 1, NULL, 0), 0);
	if (urpc_notify_needed(&guest_bound))
		guest_bell();
}

static void test_user_dies(void **state)
{
	(void)state;
	guest_boot->flags = 0;
	monitor_start(MONITOR_DIE);
	assert_int_equal(bind(), 0);
	poke();
	console_wait("monitor ended with status 3");
	expect_closed(-ECANCELED);
	/* The number is taken until it is unbound; then nobody serves any more. */
	assert_int_equal(bind(), -EBUSY);
	assert_int_equal(unbind(), 0);
	assert_int_equal(bind(), -ENOENT);
	check_alive();
}

static void test_user_closes(void **state)
{
	(void)state;
	monitor_start(MONITOR_CLOSE);
	for (unsigned int turn = 0; turn < 2; turn++) {
		assert_int_equal(bind(), 0);
		poke();
		expect_closed(-EIO);
		assert_int_equal(unbind(), 0);
	}
	check_right(driver);
	check_alive();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, guest_teardown)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_lengths),	TEST(test_full_1),	  TEST(test_full_64),
		TEST(test_full_spin),	TEST(test_full_sleeping), TEST(test_taken),
		TEST(test_killed),	TEST(test_grant),	  TEST(test_sleep),
		TEST(test_buffer),	TEST(test_alarm),	  TEST(test_lrpc),
		TEST(test_irq),		TEST(test_irq_busy),	  TEST(test_user_echo),
		TEST(test_user_busy),	TEST(test_user_late),	  TEST(test_user_slow),
		TEST(test_died),	TEST(test_user_refused),  TEST(test_user_overlap),
		TEST(test_user_nobody), TEST(test_user_silent),	  TEST(test_user_dies),
		TEST(test_user_closes),
	};

	if (argc > 1)
		cmocka_set_test_filter(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
