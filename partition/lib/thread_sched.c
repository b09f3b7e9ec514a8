// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Which thread runs. Everything here is called disabled. A thread that waits leaves its stack by
 * rt_leave(), which goes on with rt_dispatch() on the upcalls' stack: nothing of the scheduler lies on
 * a thread's stack, and one that ended can be freed at once.
 */
#include "thread_core.h"

#define SPIN_US 20u
#define POLL_PASSES 16u

struct rt_thread *rt_sched_current;
uint32_t rt_turn_us = RT_TURN_US;

static struct rt_queue ready;
static struct rt_poller *pollers;
static unsigned int outsiders; /* threads that wait for something from outside */
static uint64_t alarm_at = RT_NEVER; /* no later: the next alarm that the CPU driver knows of */
static uint64_t turn_end;
static bool foreign_state; /* the extended state in the CPU is that of a thread that was stopped */
static bool armed;
static unsigned int passes;

static uint64_t cycles(uint64_t us)
{
	return us * rt_dispatcher->tsc_khz / 1000;
}

/* ---- the end of a turn ---- */

/* Alarms are only made earlier: one that comes too early costs less than a system call a turn. */
static void set_alarm(uint64_t at)
{
	if (at >= alarm_at)
		return;
	alarm_at = at;
	__atomic_store_n(&rt_dispatcher->alarm, 0, __ATOMIC_RELAXED);
	rt_syscall(ABI_SYSCALL_ALARM, at, 0, 0, 0, 0, 0, NULL);
}

/* Somebody runs: by when must the scheduler look again? */
static void limit_turn(uint64_t now)
{
	if (now >= turn_end)
		turn_end = now + cycles(rt_turn_us);
	if (ready.first || outsiders)
		set_alarm(turn_end);
	set_alarm(rt_timer_next());
}

/* ---- what happened meanwhile ---- */

static void disarm(void)
{
	for (struct rt_poller *p = pollers; armed && p; p = p->next)
		p->disarm();
	armed = false;
}

static bool arm(void)
{
	struct rt_poller *p = pollers, *last;

	while (p && p->arm())
		p = p->next;
	last = p;
	for (p = pollers; last && p != last; p = p->next)
		p->disarm();
	armed = !last;
	return armed;
}

static void poll(void)
{
	for (struct rt_poller *p = pollers; p; p = p->next)
		p->poll();
}

static uint64_t news(bool always)
{
	uint64_t now = rt_tsc();

	disarm();
	__atomic_store_n(&rt_dispatcher->alarm, 0, __ATOMIC_RELAXED);
	if (now >= alarm_at)
		alarm_at = RT_NEVER;
	rt_timer_run(now);
	if (always || !ready.first || ++passes % POLL_PASSES == 0)
		poll();
	return now;
}

void rt_poller_add(struct rt_poller *poller)
{
	poller->next = pollers;
	pollers = poller;
}

/* ---- from one thread to another ---- */

static void save_extended(struct rt_thread *t)
{
	rt_extended_save(t->extended);
	t->extended_saved = true;
	foreign_state = true;
}

/*
 * A function call keeps no extended state but control words; a thread in a system call of Linux
 * expects all of it back.
 */
static void leave(struct rt_thread *t)
{
	t->whole = false;
	t->fs = rt_fs_read();
	if (t->serving)
		save_extended(t);
	rt_sched_current = NULL;
	rt_leave(t, rt_dispatcher);
}

__attribute__((noreturn)) static void run(struct rt_thread *t, uint64_t now)
{
	rt_queue_remove(t);
	t->state = RT_THREAD_RUNNING;
	rt_sched_current = t;
	turn_end = now + cycles(rt_turn_us);
	limit_turn(now);
	if (rt_fs_read() != t->fs)
		rt_fs_write(t->fs);
	if (t->extended_saved)
		rt_extended_restore(t->extended);
	else if (foreign_state)
		rt_extended_reset();
	t->extended_saved = foreign_state = false;
	if (!t->whole)
		rt_return(t->stack_pointer);
	rt_resume(&t->registers, &rt_dispatcher->disabled, rt_dispatcher->stack);
}

static bool worth_spinning(void)
{
	for (struct rt_poller *p = pollers; p; p = p->next) {
		if (p->spin())
			return true;
	}
	return false;
}

/* Nobody can run. Returns when somebody may; or ends the activation, and the next one is `run`. */
static void idle(uint64_t now)
{
	uint64_t until = now + cycles(SPIN_US);

	if (worth_spinning()) {
		while (!ready.first && now < until && now < rt_timer_next()) {
			__builtin_ia32_pause();
			poll();
			now = rt_tsc();
		}
	}
	if (ready.first || !arm())
		return;
	rt_syscall(ABI_SYSCALL_SLEEP, rt_timer_next(), 0, 0, 0, 0, 0, NULL);
	/* Too many timers in the CPU driver: try again later. */
	rt_syscall(ABI_SYSCALL_YIELD, 0, 0, 0, 0, 0, 0, NULL);
}

void rt_dispatch(void)
{
	for (;;) {
		uint64_t now = news(false);

		if (ready.first)
			run(ready.first, now);
		idle(now);
	}
}

/* The upcall came while a thread ran: its registers are in the enabled area. */
static void stop(struct rt_thread *t)
{
	t->registers = rt_dispatcher->enabled;
	t->whole = true;
	t->fs = rt_fs_read();
	save_extended(t);
	t->state = RT_THREAD_READY;
	rt_queue_append(&ready, t);
	rt_sched_current = NULL;
}

void rt_sched_run(void)
{
	uint64_t now = news(true);

	if (rt_sched_current && ready.first && now >= turn_end)
		stop(rt_sched_current);
	if (!rt_sched_current)
		rt_dispatch();
	limit_turn(now);
	rt_resume(&rt_dispatcher->enabled, &rt_dispatcher->disabled, rt_dispatcher->stack);
}

void rt_preempt(void)
{
	uint32_t was = rt_disable();
	uint64_t now = news(true);
	struct rt_thread *t = rt_sched_current;

	if (ready.first && now >= turn_end) {
		t->state = RT_THREAD_READY;
		rt_queue_append(&ready, t);
		leave(t);
	} else {
		limit_turn(now);
	}
	rt_enable(was);
}

void rt_thread_yield(void)
{
	uint32_t was = rt_disable();
	struct rt_thread *t = rt_sched_current;

	if (ready.first) {
		t->state = RT_THREAD_READY;
		rt_queue_append(&ready, t);
		leave(t);
		rt_enable(was);
	} else {
		rt_enable(was);
		rt_syscall(ABI_SYSCALL_YIELD, 0, 0, 0, 0, 0, 0, NULL);
	}
}

/* An alarm ends a sleep that has no end of its own. */
bool rt_sched_asleep(void)
{
	if (rt_sched_current || ready.first)
		return false;
	set_alarm(rt_timer_next());
	return true;
}

bool rt_sched_alone(void)
{
	if (ready.first || outsiders)
		return false;
	set_alarm(rt_timer_next());
	return true;
}

void rt_sched_forget(void)
{
	rt_sched_current = NULL;
	foreign_state = true;
}

/* ---- waiting ---- */

void rt_sched_ready(struct rt_thread *thread)
{
	thread->state = RT_THREAD_READY;
	rt_queue_append(&ready, thread);
	if (rt_sched_current)
		limit_turn(rt_tsc());
}

static void expire(struct rt_timer *timer)
{
	rt_wake_thread((struct rt_thread *)((char *)timer - offsetof(struct rt_thread, timer)),
		       -RT_ETIMEDOUT);
}

static int block(struct rt_queue *queue, uint64_t deadline, bool outside)
{
	struct rt_thread *t = rt_sched_current;

	t->state = RT_THREAD_BLOCKED;
	t->result = 0;
	t->outside = outside;
	outsiders += outside;
	rt_queue_append(queue, t);
	if (deadline != RT_NEVER) {
		t->timer.expire = expire;
		rt_timer_start(&t->timer, deadline);
	}
	leave(t);
	return t->result;
}

int rt_block(struct rt_queue *queue, uint64_t deadline)
{
	return block(queue, deadline, false);
}

int rt_block_outside(struct rt_queue *queue, uint64_t deadline)
{
	return block(queue, deadline, true);
}

void rt_wake_thread(struct rt_thread *thread, int result)
{
	rt_queue_remove(thread);
	rt_timer_stop(&thread->timer);
	outsiders -= thread->outside;
	thread->outside = false;
	thread->result = result;
	rt_sched_ready(thread);
}

unsigned int rt_wake(struct rt_queue *queue, unsigned int count)
{
	unsigned int woken = 0;

	for (; woken < count && queue->first; woken++)
		rt_wake_thread(queue->first, 0);
	return woken;
}
