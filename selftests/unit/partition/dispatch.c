// SPDX-License-Identifier: GPL-2.0-only
/*
 * When dispatchers run, and when the event loop gets the core back, on the fake machine: its ring 3 is
 * a function of the test.
 */
#include <string.h>

#include <abi/syscall.h>
#include <arch.h>
#include <bootinfo.h>
#include <dispatcher.h>
#include <errors.h>
#include <loop.h>
#include <memory.h>
#include <timer.h>

#include "fake.h"

#define US 1000ull /* TSC cycles at FAKE's frequency of 1 GHz */

/* ---- ring 3 of the fake machine ---- */

static struct arch_context *in_cpu;
static void (*program)(struct arch_context *context, struct user_event *event);
static unsigned int stays, saves, upcalls;

const char *arch_user_init(void)
{
	return NULL;
}

void arch_space_init(struct arch_space *space)
{
	space->root = 1;
}

void arch_space_map(struct arch_space *space, uint64_t va, uint64_t pa, uint32_t rights)
{
	(void)space, (void)va, (void)pa, (void)rights;
}

bool arch_space_find(const struct arch_space *space, uint64_t va, bool write, uint64_t *pa)
{
	(void)space, (void)va, (void)write, (void)pa;
	return false;
}

void arch_context_init(struct arch_context *context, const struct arch_space *space, void *xstate)
{
	(void)space, (void)xstate;
	context->rip = 0;
}

void arch_user_switch(struct arch_context *context)
{
	in_cpu = context;
}

void arch_user_run(struct arch_context *context, struct user_event *event)
{
	assert_ptr_equal(context, in_cpu);
	stays++;
	*event = (struct user_event){ .kind = USER_INTERRUPT };
	program(context, event);
}

void arch_context_save(const struct arch_context *context, struct abi_registers *registers)
{
	saves++;
	registers->rip = context->rip;
}

void arch_context_upcall(struct arch_context *context, uint64_t entry, uint64_t stack,
			 uint64_t dispatcher, uint64_t upcall,
			 const uint64_t arguments[ABI_UPCALL_ARGUMENTS])
{
	(void)stack, (void)dispatcher, (void)upcall, (void)arguments;
	upcalls++;
	context->rip = entry;
}

uint64_t arch_context_rip(const struct arch_context *context)
{
	return context->rip;
}

static uint64_t call_number, call_argument;

uint64_t arch_syscall_number(const struct arch_context *context)
{
	(void)context;
	return call_number;
}

uint64_t arch_syscall_argument(const struct arch_context *context, unsigned int n)
{
	(void)context;
	return n ? 0 : call_argument;
}

void arch_syscall_return(struct arch_context *context, int64_t status, uint64_t value)
{
	(void)context, (void)status, (void)value;
}

/* Runs until the timer that is set, or until a doorbell after 5 ms. */
static void spin(struct arch_context *context, struct user_event *event)
{
	(void)context, (void)event;
	if (fake_timer && fake_timer < fake_tsc + 5000 * US)
		fake_tsc = fake_timer > fake_tsc ? fake_timer : fake_tsc;
	else
		fake_tsc += 5000 * US;
}

/* ---- a core with some dispatchers ---- */

static struct dispatcher *d[4];

static int start(void **state)
{
	(void)state;
	fake_prepare();
	/* Dispatchers' pages do not come back. */
	fake_boot->extents[1].size = 0x100000;
	fake_start();
	return dispatchers_init() ? -1 : 0;
}

static int setup(void **state)
{
	const struct sched_params p = { .class = SCHED_BEST_EFFORT, .weight = 1 };
	int error;

	(void)state;
	stays = saves = upcalls = 0;
	program = spin;
	for (unsigned int i = 0; i < 4; i++) {
		d[i] = dispatcher_create(FAKE_OWN + i * ABI_PAGE_SIZE, 0x10000, &p, "one", &error);
		if (!d[i])
			return -1;
		d[i]->shared->entry[ABI_UPCALL_RUN] = 0x400000;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		dispatcher_end(d[i]);
	return 0;
}

static bool run(void)
{
	uint64_t deadline = timer_next();

	return dispatchers_run(&deadline);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_false(dispatchers_ready(fake_tsc));
	assert_false(run());
	dispatchers_share(fake_tsc += 1000000 * US);
	assert_int_equal(stays, 0);
	assert_int_equal(fake_timer, 0);
}

static void test_alone(void **state)
{
	(void)state;
	dispatcher_wake(d[0]);
	assert_true(dispatchers_ready(fake_tsc));
	for (unsigned int i = 1; i < 10; i++) {
		uint64_t start = fake_tsc;

		assert_true(run());
		assert_int_equal(stays, i);
		/* No timer ended it, and it goes on where it was. */
		assert_true(fake_tsc - start >= 5000 * US);
		assert_int_equal(fake_timer, 0);
		assert_int_equal(upcalls, 1);
	}
	assert_int_equal(saves, 0);
}

static void test_turns(void **state)
{
	uint64_t start = fake_tsc;

	(void)state;
	dispatcher_wake(d[0]);
	dispatcher_wake(d[1]);
	d[0]->shared->disabled = d[1]->shared->disabled = 1;
	for (unsigned int i = 0; i < 20; i++)
		assert_true(run());
	assert_int_equal(stays, 20);
	assert_true(fake_tsc - start < 25000 * US);
	/* Disabled all the time: stopped without a word. */
	assert_int_equal(saves, 0);
	d[0]->shared->disabled = d[1]->shared->disabled = 0;
	for (unsigned int i = 0; i < 20; i++) {
		assert_true(run());
		d[0]->shared->disabled = d[1]->shared->disabled = 0;
	}
	assert_true(saves >= 18 && d[0]->shared->preempted >= 9 && d[1]->shared->preempted >= 9);
	assert_true(upcalls >= 18);
}

static void test_timer_first(void **state)
{
	uint64_t deadline = fake_tsc + 700 * US;

	(void)state;
	dispatcher_wake(d[0]);
	assert_true(dispatchers_run(&deadline));
	assert_true(fake_tsc >= deadline && fake_tsc < deadline + 100 * US);
	assert_int_equal(fake_timer, 0);
}

static void sleeper(struct arch_context *context, struct user_event *event)
{
	(void)context;
	event->kind = USER_SYSCALL;
	call_number = ABI_SYSCALL_SLEEP;
	call_argument = fake_tsc + 3000 * US;
}

static void test_sleep(void **state)
{
	(void)state;
	program = sleeper;
	dispatcher_wake(d[0]);
	for (unsigned int i = 1; i < 5; i++) {
		assert_true(run());
		assert_int_equal(stays, i);
		assert_false(dispatchers_ready(fake_tsc));
		assert_true(timer_next() > fake_tsc + 2900 * US);
		fake_tsc = timer_next();
		timer_run(fake_tsc);
		assert_true(dispatchers_ready(fake_tsc));
		assert_int_equal(upcalls, i);
	}
}

static void ending(struct arch_context *context, struct user_event *event)
{
	(void)context;
	event->kind = USER_SYSCALL;
	call_number = ABI_SYSCALL_EXIT;
}

static void test_exit(void **state)
{
	(void)state;
	program = ending;
	dispatcher_wake(d[0]);
	dispatcher_wake(d[1]);
	assert_true(run());
	assert_int_equal(stays, 2);
	assert_null(in_cpu);
	assert_false(run());
}

/* A loop that never finds nothing to do calls this in each turn. */
static void test_share(void **state)
{
	uint64_t start, inside = 0, now;

	(void)state;
	dispatcher_wake(d[0]);
	assert_true(run());
	start = fake_tsc;
	while (fake_tsc < start + 100000 * US) {
		now = fake_tsc += 10 * US;
		dispatchers_share(now);
		inside += fake_tsc - now;
	}
	assert_in_range(inside, 20000 * US, 30000 * US);
	assert_in_range(stays, 200, 300);
}

static void test_bad_parameters(void **state)
{
	const struct sched_params bad = { .class = SCHED_BEST_EFFORT };
	int error;

	(void)state;
	assert_null(dispatcher_create(FAKE_OWN, 0x10000, &bad, "bad", &error));
	assert_int_equal(error, -ERR_INVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing), TEST(test_alone), TEST(test_turns), TEST(test_timer_first),
		TEST(test_sleep),   TEST(test_exit),  TEST(test_share), TEST(test_bad_parameters),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
