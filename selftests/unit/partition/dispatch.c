// SPDX-License-Identifier: GPL-2.0-only
/*
 * When dispatchers run, and when the event loop gets the core back, on the fake machine: its ring 3 is
 * a function of the test.
 */
#include <string.h>
#include <unistd.h>

#include <abi/syscall.h>
#include <arch.h>
#include <bootinfo.h>
#include <cap_arch.h>
#include <capability.h>
#include <dispatcher.h>
#include <endpoint.h>
#include <errors.h>
#include <loop.h>
#include <memory.h>
#include <object.h>
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

bool arch_space_find(uint64_t root, uint64_t va, bool write, uint64_t *pa)
{
	(void)root, (void)write;
	*pa = va;
	return true;
}

void arch_context_init(struct arch_context *context, uint64_t root, void *xstate)
{
	(void)root;
	context->rip = 0;
	context->xstate = xstate;
}

bool arch_context_set_fs(struct arch_context *context, uint64_t base)
{
	(void)context, (void)base;
	return true;
}

void arch_syscall_repeat(struct arch_context *context)
{
	(void)context;
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

static struct dispatcher *d[32];
static uint32_t inner; /* set up by this program */

static int start(void **state)
{
	(void)state;
	fake_prepare();
	fake_start();
	return dispatchers_init() ? -1 : 0;
}

/* Four pages each: the object, and the shared frame. */
static uint64_t object_at(unsigned int i)
{
	return FAKE_OWN + i * 4 * ABI_PAGE_SIZE;
}

static int make(unsigned int i, const struct sched_params *params)
{
	const struct cap_entry pml4 = { .base = 0x1000 };
	const struct cap_entry frame = { .base = object_at(i) + 2 * ABI_PAGE_SIZE,
					 .end = object_at(i) + 4 * ABI_PAGE_SIZE };
	const struct abi_dispatcher_setup s = { .frame_va = 0x10000, .domain = i, .name = "one" };

	memset(memory_at(object_at(i)), 0, 4 * ABI_PAGE_SIZE);
	d[i] = dispatcher_of(&(struct cap_entry){ .base = object_at(i) });
	d[i]->inner = inner;
	return dispatcher_set_up(d[i], &s, params, &pml4, &frame);
}

static int setup(void **state)
{
	const struct sched_params p = { .class = SCHED_BEST_EFFORT, .weight = 1 };

	(void)state;
	stays = saves = upcalls = 0;
	program = spin;
	for (unsigned int i = 0; i < 4; i++) {
		if (make(i, &p))
			return -1;
		d[i]->shared->entry[ABI_UPCALL_RUN] = 0x400000;
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 4; i++)
		arch_cap_dispatcher_end(&cap_space, object_at(i));
	return dispatchers_count() ? -1 : 0;
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
	uint64_t pages = memory_pages_taken();

	(void)state;
	arch_cap_dispatcher_end(&cap_space, object_at(3));
	assert_int_equal(make(3, &bad), -ERR_INVAL);
	assert_int_equal(memory_pages_taken(), pages - 1);
	assert_int_equal(dispatchers_count(), 3);
}

/* What is over gives its page back at once, and keeps its number until the object goes. */
static void test_over(void **state)
{
	uint64_t pages = memory_pages_taken();

	(void)state;
	dispatcher_wake(d[1]);
	dispatcher_exit(d[1], 5);
	dispatcher_kill(d[2], ABI_KILLED_FRAME, 1, 0, "test");
	dispatcher_wake(d[1]);
	dispatcher_wake(d[2]);
	assert_false(run());
	assert_int_equal(memory_pages_taken(), pages - 2);
	assert_int_equal(dispatchers_count(), 4);
	assert_ptr_equal(dispatcher_number(d[1]->number), d[1]);
	assert_int_equal(dispatcher_status(d[1]).state, ABI_DISPATCHER_EXITED);
	assert_int_equal(dispatcher_status(d[1]).status, 5);
	assert_int_equal(dispatcher_status(d[2]).state, ABI_DISPATCHER_KILLED);
	assert_int_equal(dispatcher_status(d[2]).reason, ABI_KILLED_FRAME);
	dispatcher_kill(d[1], ABI_KILLED_FRAME, 1, 0, "again");
	assert_int_equal(dispatcher_status(d[1]).state, ABI_DISPATCHER_EXITED);
}

static void test_stopped(void **state)
{
	(void)state;
	dispatcher_wake(d[0]);
	assert_int_equal(dispatcher_status(d[0]).state, ABI_DISPATCHER_RUNNABLE);
	dispatcher_stop_running(d[0]);
	dispatcher_wake(d[0]);
	assert_false(run());
	assert_int_equal(dispatcher_status(d[0]).state, ABI_DISPATCHER_STOPPED);
	dispatcher_may_run(d[0]);
	assert_true(run());
	assert_true(dispatcher_status(d[0]).cycles > 0);
}

/* A time long past, while it is disabled: tried again each millisecond from now on, not from then. */
static void test_old_alarm(void **state)
{
	(void)state;
	fake_tsc += 1ull << 50;
	dispatcher_wake(d[0]);
	assert_true(run());
	assert_int_equal(d[0]->shared->disabled, 1);
	assert_int_equal(dispatcher_alarm(d[0], 1), 0);
	alarm(10);
	timer_run(fake_tsc);
	alarm(0);
	assert_int_equal(d[0]->shared->alarm, 1);
	assert_in_range(timer_next(), fake_tsc + 1, fake_tsc + 1000 * US);
	d[0]->shared->alarm = 0;
	timer_run(timer_next());
	assert_int_equal(timer_next(), UINT64_MAX);
}

/* Who hears of a dispatcher's end has lost its frame by the same revocation, and is still to be killed. */
static void test_notice_to_lost(void **state)
{
	struct cap_entry *notices = &dispatcher_slots(d[0])[DISPATCHER_NOTICES];
	struct cap_entry *frame = &dispatcher_slots(d[1])[DISPATCHER_FRAME];
	struct endpoint *e = memory_at(object_at(1) + ABI_CAP_ENDPOINTS_AT);
	struct abi_lmp_buffer *there = memory_at(object_at(1) + 3 * ABI_PAGE_SIZE);
	struct abi_lmp_buffer *nowhere = memory_at(ABI_PAGE_SIZE);

	(void)state;
	*notices = (struct cap_entry){ .type = ABI_CAP_ENDPOINT, .end = object_at(1) + ABI_PAGE_SIZE + 64,
				       .base = object_at(1) + ABI_CAP_ENDPOINTS_AT };
	*e = (struct endpoint){ .offset = ABI_PAGE_SIZE, .records = 4 };
	dispatcher_slots(d[2])[DISPATCHER_NOTICES] = *notices;
	*frame = (struct cap_entry){ .type = ABI_CAP_FRAME, .base = object_at(1) + 2 * ABI_PAGE_SIZE,
				     .end = object_at(1) + 4 * ABI_PAGE_SIZE };
	dispatcher_exit(d[2], 0);
	assert_int_equal(there->record[0].kind, ABI_LMP_DIED);
	assert_int_equal(there->record[0].word[0], 2);
	*frame = (struct cap_entry){ .type = ABI_CAP_NONE };
	dispatcher_exit(d[0], 0);
	assert_int_equal(nowhere->record[0].number, 0);
	assert_int_equal(nowhere->record[1].number, 0);
	assert_int_equal(there->record[1].number, 0);
}

#define SETUP 0x2000

static int set_up_by(struct dispatcher *caller, const struct abi_dispatcher_setup *s)
{
	struct cap_entry object = { .type = ABI_CAP_DISPATCHER, .base = object_at(4) };
	struct object_call c = { .d = caller, .cap = &object, .arg = { SETUP } };

	memset(memory_at(object_at(4)), 0, 2 * ABI_PAGE_SIZE);
	memcpy(memory_at(SETUP), s, sizeof(*s));
	return dispatcher_object_setup(&c);
}

/* Programs give nothing that they were not given. What is permitted fails at the first capability. */
static void test_permitted(void **state)
{
	const struct abi_dispatcher_setup good = { .domain = 9, .weight = 1, .cnode.depth = 5 };
	struct abi_dispatcher_setup bad[5] = { good, good, good, good, good };

	(void)state;
	bad[0].domain = 0;
	bad[1].class = SCHED_SOFT;
	bad[2].class = SCHED_HARD;
	bad[3].weight = 2;
	bad[4].flags = ABI_SETUP_PRINT;
	assert_int_equal(set_up_by(d[1], &good), -ABI_CAP_E_ADDRESS);
	for (unsigned int i = 0; i < 5; i++) {
		assert_int_equal(set_up_by(d[1], &bad[i]), OBJECT_ERRNO(ERR_PERM));
		assert_int_equal(set_up_by(d[0], &bad[i]), -ABI_CAP_E_ADDRESS);
	}
	d[1]->flags = ABI_SETUP_PRINT;
	assert_int_equal(set_up_by(d[1], &bad[4]), -ABI_CAP_E_ADDRESS);
}

/* What programs set up takes no number from the first one's programs, and no line of the console. */
static void test_inner(void **state)
{
	const struct sched_params p = { .class = SCHED_BEST_EFFORT, .weight = 1 };
	const struct abi_console *console = memory_at(FAKE_CONSOLE);
	unsigned int i, end = 4 + DISPATCHERS_MAX - DISPATCHERS_INNER;
	uint64_t lines = console->written;

	(void)state;
	for (i = 4; i < end; i++) {
		inner = 7 + (i - 4) / DISPATCHERS_INNER_EACH;
		assert_int_equal(make(i, &p), 0);
		if (i % 2)
			dispatcher_exit(d[i], 0);
		else
			dispatcher_kill(d[i], ABI_KILLED_FRAME, 1, 0, "test");
	}
	inner++;
	assert_int_equal(make(end, &p), -ERR_NOMEM);
	inner = 0;
	assert_int_equal(make(end, &p), 0);
	assert_int_equal(console->written, lines);
	dispatcher_exit(d[end], 0);
	assert_int_equal(console->written, lines + 1);
	for (i = 4; i <= end; i++)
		arch_cap_dispatcher_end(&cap_space, object_at(i));
}

/* One program leaves places to others, whatever numbers what it set up has; and gets its own back. */
static void test_inner_each(void **state)
{
	const struct sched_params p = { .class = SCHED_BEST_EFFORT, .weight = 1 };
	const struct abi_dispatcher_setup good = { .domain = 9, .weight = 1, .cnode.depth = 5 };
	unsigned int i, end = 4 + DISPATCHERS_INNER_EACH;

	(void)state;
	inner = 7;
	for (i = 4; i < end; i++)
		assert_int_equal(make(i, &p), 0);
	assert_int_equal(make(end, &p), -ERR_NOMEM);
	inner = 8;
	assert_int_equal(make(end, &p), 0);
	arch_cap_dispatcher_end(&cap_space, object_at(4));
	inner = 7;
	assert_int_equal(make(4, &p), 0);
	assert_int_equal(make(end + 1, &p), -ERR_NOMEM);
	inner = 0;
	for (i = 4; i <= end; i++)
		arch_cap_dispatcher_end(&cap_space, object_at(i));
	/* Whose the caller is counts, not what it calls itself. */
	assert_int_equal(set_up_by(d[1], &good), -ABI_CAP_E_ADDRESS);
	assert_int_equal(dispatcher_of(&(struct cap_entry){ .base = object_at(4) })->inner, 1);
	d[1]->inner = 3;
	assert_int_equal(set_up_by(d[1], &good), -ABI_CAP_E_ADDRESS);
	assert_int_equal(dispatcher_of(&(struct cap_entry){ .base = object_at(4) })->inner, 3);
	assert_int_equal(set_up_by(d[0], &good), -ABI_CAP_E_ADDRESS);
	assert_int_equal(dispatcher_of(&(struct cap_entry){ .base = object_at(4) })->inner, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing), TEST(test_alone), TEST(test_turns), TEST(test_timer_first),
		TEST(test_sleep),   TEST(test_exit),  TEST(test_share), TEST(test_bad_parameters),
		TEST(test_over),    TEST(test_stopped), TEST(test_old_alarm), TEST(test_notice_to_lost),
		TEST(test_permitted), TEST(test_inner), TEST(test_inner_each),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
