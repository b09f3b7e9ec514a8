// SPDX-License-Identifier: GPL-2.0-only
/* Faults of threads, system calls of Linux, and a switch of threads at every instruction. */
#include <lib/crt.h>
#include <lib/waitset.h>

#include <crt_core.h>
#include <thread_core.h>
#include "rt.h"

/* ---- the program ends, with a message ---- */

static void *write_nowhere(void *argument)
{
	*(volatile uint64_t *)argument = 1;
	return NULL;
}

void test_fault(void)
{
	join_all(&(struct rt_thread *){ start(write_nowhere, (void *)0x123000) }, 1);
}

void test_fault_disabled(void)
{
	rt_disable();
	write_nowhere((void *)0x123000);
}

__attribute__((noinline)) static uint64_t recurse(volatile uint64_t depth)
{
	volatile uint64_t here[64];

	here[depth % 64] = depth;
	return depth ? recurse(depth + 1) + here[1] : 0;
}

static void *overflow(void *argument)
{
	return (void *)recurse((uint64_t)argument);
}

void test_overflow(void)
{
	join_all(&(struct rt_thread *){ start(overflow, (void *)1) }, 1);
}

void test_opcode(void)
{
	__asm__ volatile("ud2");
}

void test_division(void)
{
	__asm__ volatile("xor %%edx, %%edx; div %0" ::"r"(0ull) : "rax", "rdx");
}

/* Stacks get their memory when they are touched, by any thread, also while disabled. */
static uint64_t touch(uint64_t kilobytes)
{
	volatile uint8_t page[1024];

	page[0] = (uint8_t)kilobytes;
	return kilobytes ? touch(kilobytes - 1) + page[0] : 0;
}

static void *grow(void *argument)
{
	uint32_t was = 1;

	if ((uint64_t)argument % 2)
		was = rt_disable();
	touch(20);
	if ((uint64_t)argument % 2)
		rt_enable(was);
	return NULL;
}

void test_demand(void)
{
	struct rt_thread *threads[16];

	rt_turn_us = 20;
	for (int i = 0; i < 20; i++) {
		start_all(threads, 16, grow);
		join_all(threads, 16);
	}
	touch(4000);
}

/* ---- system calls of Linux ---- */

enum { SUM = 1000, NAP, NOW, UNKNOWN };

uint64_t check_syscall(struct check *c, uint64_t number);

bool rt_linux_syscall_now(struct abi_registers *regs)
{
	CHECK(rt_dispatcher->disabled);
	if (regs->rax != NOW)
		return false;
	regs->rax = regs->rdi;
	return true;
}

long rt_linux_syscall(struct abi_registers *regs)
{
	CHECK(!rt_dispatcher->disabled && rt_thread_self()->serving);
	if (regs->rax == SUM)
		return (long)(regs->rdx + regs->r10 + regs->r8 + regs->r9);
	if (regs->rax != NAP)
		return -RT_ENOSYS;
	rt_sleep_ns(regs->r8 % 50000);
	rt_thread_yield();
	return 7;
}

static struct check checks[8];

static void *call_linux(void *argument)
{
	struct check *c = &checks[(uint64_t)argument];
	uint64_t seed = (uint64_t)argument + 1;

	for (int i = 0; i < 500; i++) {
		c->seed = random(&seed) << 4;
		CHECK(!check_syscall(c, SUM));
		/* RDX is the seed + 1, R8 to R10 + 3 to + 5. */
		CHECK(c->flags == 4 * c->seed + 1 + 3 + 4 + 5);
		CHECK(!check_syscall(c, NAP) && c->flags == 7);
		CHECK(!check_syscall(c, NOW) && c->flags == (uint64_t)c);
		CHECK(!check_syscall(c, UNKNOWN) && (int64_t)c->flags == -RT_ENOSYS);
		c->turns = 3;
		CHECK(!check_registers(c));
	}
	return NULL;
}

void test_linux(void)
{
	struct rt_thread *threads[8];

	rt_turn_us = 20;
	start_all(threads, 8, call_linux);
	join_all(threads, 8);
}

/* ---- a switch of threads at every instruction ---- */

#define STEP_ROUNDS 10

static uint64_t steps, steps_disabled, step_count;
static struct rt_mutex mutex;
static struct rt_condition condition;
static struct rt_semaphore semaphore;

/* Takes the place of rt_upcall() for traps: a single step ends the turn of an enabled thread. */
__attribute__((used)) void step_upcall(struct abi_dispatcher *d, uint64_t which, uint64_t vector,
				       uint64_t b, uint64_t c)
{
	if (which != ABI_UPCALL_TRAP || vector != 1)
		rt_upcall(d, which, vector, b, c, 0, 0);
	if (d->faulting) {
		steps_disabled++;
		rt_resume_faulted(d);
	}
	steps++;
	/* No turn is 0 long: the alarm would come before the thread's first instruction. */
	for (uint64_t until = rt_tsc() + us(rt_turn_us); rt_tsc() < until;)
		;
	rt_sched_run();
}

__asm__(".text; step_entry: call step_upcall; ud2");
extern const char step_entry[];

static void stepping(bool on)
{
	if (on)
		__asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq" ::: "memory", "cc");
	else
		__asm__ volatile("pushfq; andq $~0x100, (%%rsp); popfq" ::: "memory", "cc");
}

static void *call_nothing(void *argument)
{
	return argument;
}

/* Flags are not kept by a change of threads at the own wish: each call begins with single steps. */
static void step_wait(void)
{
	stepping(true);
	CHECK(rt_condition_wait(&condition, &mutex) == 0);
}

static void *step_thread(void *argument)
{
	struct check *c = &checks[(uint64_t)argument];

	c->seed = 12345 * ((uint64_t)argument + 1);
	for (int i = 0; i < STEP_ROUNDS; i++) {
		uint64_t value;

		stepping(true);
		CHECK(rt_mutex_lock(&mutex) == 0);
		value = step_count;
		stepping(true);
		rt_thread_yield();
		step_count = value + 1;
		/* Until all four have been here. */
		while (step_count / 4 == value / 4)
			step_wait();
		stepping(true);
		rt_condition_broadcast(&condition);
		stepping(true);
		CHECK(rt_mutex_unlock(&mutex) == 0);
		stepping(true);
		rt_semaphore_post(&semaphore);
		stepping(true);
		CHECK(rt_semaphore_wait(&semaphore) == 0);
		c->turns = 2;
		stepping(true);
		CHECK(!check_registers(c));
		stepping(true);
		CHECK(!check_syscall(c, SUM));
		stepping(true);
		rt_sleep_ns(1000);
		stepping(true);
		CHECK(rt_thread_join(start(call_nothing, NULL), NULL) == 0);
	}
	stepping(false);
	return NULL;
}

void test_step(void)
{
	struct rt_thread *threads[4];

	rt_dispatcher->entry[ABI_UPCALL_TRAP] = (uint64_t)step_entry;
	rt_turn_us = 20;
	start_all(threads, 4, step_thread);
	join_all(threads, 4);
	stepping(false);
	say("%lu: %lu steps enabled, %lu disabled", step_count, steps, steps_disabled);
	CHECK(step_count == 4 * STEP_ROUNDS && steps > 500 * STEP_ROUNDS);
}

/* ---- sets of events ---- */

static struct rt_timer_event timer;
static struct rt_flag_event flag;
static struct rt_semaphore_event posted;
static struct rt_waitset set;
static unsigned int came[3];

static void came_timer(struct rt_event *event)
{
	CHECK(event->context == &came[0] && rt_tsc() >= timer.timer.deadline);
	rt_timer_event_set(&timer, came[0]++ < 9 ? rt_tsc() + us(500) : RT_NEVER);
}

static void came_flag(struct rt_event *event)
{
	rt_flag_event_clear((struct rt_flag_event *)event);
	came[1]++;
}

static void came_semaphore(struct rt_event *event)
{
	CHECK(rt_semaphore_try(((struct rt_semaphore_event *)event)->semaphore) == 0);
	came[2]++;
}

static void *raise(void *argument)
{
	(void)argument;
	for (int i = 0; i < 10; i++) {
		rt_sleep_ns(700000);
		rt_flag_event_raise(&flag);
		rt_semaphore_post(&semaphore);
	}
	return NULL;
}

static void count(struct rt_event *event)
{
	++*(unsigned int *)event->context;
}

/* Two that always have something. */
static void take_turns(void)
{
	static struct rt_waitset both;
	struct rt_flag_event flags[2];
	unsigned int counts[2] = { 0, 0 };

	for (int i = 0; i < 2; i++) {
		rt_flag_event_init(&flags[i], count, &counts[i]);
		rt_flag_event_raise(&flags[i]);
		CHECK(rt_waitset_add(&both, &flags[i].event) == 0);
	}
	for (int i = 0; i < 10; i++)
		CHECK(rt_waitset_dispatch(&both, RT_NEVER) == 0);
	CHECK(counts[0] == 5 && counts[1] == 5);
}

void test_waitset(void)
{
	struct rt_thread *helper;
	struct rt_event *event, bad = { 0 };
	uint64_t begin;

	take_turns();
	begin = rt_tsc();
	CHECK(rt_waitset_wait(&set, begin + us(500), &event) == -RT_ETIMEDOUT);
	CHECK(rt_tsc() >= begin + us(500));
	CHECK(rt_waitset_add(&set, &bad) == -RT_EINVAL);
	rt_timer_event_init(&timer, came_timer, &came[0]);
	rt_flag_event_init(&flag, came_flag, NULL);
	rt_semaphore_event_init(&posted, &semaphore, came_semaphore, NULL);
	CHECK(rt_waitset_add(&set, &timer.event) == 0 && rt_waitset_add(&set, &flag.event) == 0);
	CHECK(rt_waitset_add(&set, &posted.event) == 0);
	CHECK(rt_waitset_add(&set, &posted.event) == -RT_EBUSY);
	/* What all have, each in its turn. */
	rt_timer_event_set(&timer, 1);
	rt_sleep_ns(1000000);
	rt_flag_event_raise(&flag);
	rt_semaphore_post(&semaphore);
	for (int i = 0; i < 3; i++)
		CHECK(rt_waitset_dispatch(&set, RT_NEVER) == 0);
	CHECK(came[0] == 1 && came[1] == 1 && came[2] == 1);
	helper = start(raise, NULL);
	while (came[0] < 10 || came[1] < 11 || came[2] < 11)
		CHECK(rt_waitset_dispatch(&set, rt_tsc() + us(1000000)) == 0);
	join_all(&helper, 1);
	rt_waitset_remove(&flag.event);
	rt_waitset_remove(&flag.event);
	rt_flag_event_raise(&flag);
	CHECK(rt_waitset_dispatch(&set, rt_tsc() + us(100)) == -RT_ETIMEDOUT);
}
