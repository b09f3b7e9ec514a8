/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Threads of one dispatcher, scheduled in ring 3. No two of them run at the same time; one that runs
 * is preempted by upcalls, at any instruction, unless the dispatcher is disabled. Turns are 10 ms long,
 * and the timer that ends them runs only while others wait for theirs.
 *
 * Functions return 0 or a negative enum rt_error. Deadlines are absolute values of the TSC, RT_NEVER:
 * none. Nothing but what says so may be called by an upcall's handler or while disabled.
 */
#ifndef LIB_THREAD_H
#define LIB_THREAD_H

#include <stdbool.h>
#include <stddef.h>

#include <lib/error.h>
#include <lib/syscall.h>

#define RT_THREADS_MAX 1024u /* at once, main thread included */
#define RT_KEYS 64u
#define RT_STACK_BYTES (1ull << 20) /* usual size; memory comes when it is touched */
#define RT_STACK_MIN 16384ull
#define RT_TURN_US 10000u

/** struct rt_timer - a moment; private to thread_timer.c. See rt_timer_start() */
struct rt_timer {
	uint64_t deadline;
	struct rt_timer *child;
	struct rt_timer *sibling;
	struct rt_timer *before; /* parent of the first child, or sibling to the left; NULL: the root */
	void (*expire)(struct rt_timer *timer);
	bool started;
};

/** struct rt_queue - threads in order; all zero: empty */
struct rt_queue {
	struct rt_thread *first;
	struct rt_thread *last;
};

enum rt_thread_state {
	RT_THREAD_READY = 1,
	RT_THREAD_RUNNING = 2,
	RT_THREAD_BLOCKED = 3,
	RT_THREAD_DEAD = 4,
};

/**
 * struct rt_thread
 * @libc: of whoever made the thread, zero at first; @id: unique while the program runs, main: 1
 * All else is the thread package's: @next, @before, @queue: the queue it is in; @timer: the end of
 * its waiting; @result: how that ended; @what: what it waits for, by queue.
 * @stack_pointer: while it does not run, of what rt_leave() saved; if @whole, @registers has all.
 * @extended: area for the extended state, which is in there if @extended_saved.
 * @call: registers at the Linux system call that is being served, if @serving.
 */
struct rt_thread {
	void *libc;
	uint32_t id;
	uint8_t state; /* enum rt_thread_state */
	bool whole;
	bool extended_saved;
	bool serving;
	bool detached;
	bool outside; /* waits for something from outside the dispatcher */
	int result;
	uint64_t stack_pointer;
	uint64_t fs;
	void *extended;
	struct rt_thread *next;
	struct rt_thread *before;
	struct rt_queue *queue;
	uint64_t what;
	struct rt_timer timer;
	struct abi_registers registers;
	struct abi_registers call;
	void *(*start)(void *argument);
	void *value; /* argument, then what it returned */
	struct rt_queue joiner;
	uint64_t stack_low; /* 0: the stack is not the package's */
	uint64_t stack_bytes;
	struct rt_thread *family; /* all there are */
	struct rt_thread *family_before;
	void *memory; /* this structure, extended state and thread-local storage, in one piece */
	void *key[RT_KEYS];
};

/* ---- threads ---- */

/** struct rt_thread_options - zero: the usual. @stack_bytes: RT_STACK_MIN at least */
struct rt_thread_options {
	uint64_t stack_bytes;
	bool detached;
};

/**
 * rt_thread_create - a thread that calls @start(@argument), and ends when that returns
 * @options: may be NULL
 * Return: 0; -RT_EAGAIN: RT_THREADS_MAX are there; -RT_ENOMEM; -RT_EINVAL: the stack's size.
 */
int rt_thread_create(struct rt_thread **thread, const struct rt_thread_options *options,
		     void *(*start)(void *argument), void *argument);

/**
 * rt_thread_join - wait for the end of a thread, and forget it
 * @result: set to what it returned; may be NULL
 * Return: 0, -RT_EDEADLK: it is the caller, -RT_EINVAL: detached, or somebody joins it already.
 */
int rt_thread_join(struct rt_thread *thread, void **result);

/** rt_thread_detach - nobody will join it. Return: 0, -RT_EINVAL: as for rt_thread_join(). */
int rt_thread_detach(struct rt_thread *thread);

/**
 * rt_thread_exit - end the calling thread
 * The program ends when main returns, by rt_exit(), or with status 0 after its last thread. Called
 * disabled, or by rt_linux_syscall_now(): without the keys' destructors.
 */
__attribute__((noreturn)) void rt_thread_exit(void *result);

/** rt_thread_self - the calling thread; NULL in an upcall that came while none ran. */
struct rt_thread *rt_thread_self(void);

/** rt_thread_yield - all others that can run go first. */
void rt_thread_yield(void);

/** rt_sleep_until - TSC; rt_sleep_ns - from now on. */
void rt_sleep_until(uint64_t deadline);
void rt_sleep_ns(uint64_t ns);

/** rt_tsc_of_ns - cycles of the TSC, rounded up, at most RT_NEVER - 1; rt_deadline_ns - from now. */
uint64_t rt_tsc_of_ns(uint64_t ns);
uint64_t rt_deadline_ns(uint64_t ns);

/** rt_threads - how many there are. */
unsigned int rt_threads(void);

/**
 * rt_thread_clone - a detached thread that begins with these registers, on its creator's memory
 * @fs: its FS base. May be called disabled.
 * Return: NULL: no memory, or RT_THREADS_MAX are there.
 */
struct rt_thread *rt_thread_clone(const struct abi_registers *registers, uint64_t fs);

/** rt_thread_fs, rt_thread_set_fs - FS base of the calling thread. */
uint64_t rt_thread_fs(void);
void rt_thread_set_fs(uint64_t fs);

/* ---- what other parts of the library are made of ---- */

extern struct abi_dispatcher *rt_dispatcher;
extern uint32_t rt_turn_us; /* RT_TURN_US */

/** rt_preempt - for rt_enable(): the end of a turn came while disabled. */
void rt_preempt(void);

/**
 * rt_disable - no upcall until rt_enable(); nests. A page fault is served all the same.
 * Return: for rt_enable().
 */
static inline uint32_t rt_disable(void)
{
	uint32_t was = rt_dispatcher->disabled;

	__atomic_store_n(&rt_dispatcher->disabled, 1, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	return was;
}

static inline void rt_enable(uint32_t was)
{
	if (was)
		return;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&rt_dispatcher->disabled, 0, __ATOMIC_RELAXED);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (__builtin_expect(__atomic_load_n(&rt_dispatcher->alarm, __ATOMIC_RELAXED) != 0, 0))
		rt_preempt();
}

/**
 * rt_block - the calling thread waits in a queue; called disabled, by a thread
 * Others run meanwhile. Returns disabled.
 * Return: 0, or what rt_wake_thread() was given; -RT_ETIMEDOUT.
 */
int rt_block(struct rt_queue *queue, uint64_t deadline);

/**
 * rt_block_outside - as rt_block(), for something that comes from outside the dispatcher
 * While one waits so, turns end by timer even for a thread that is alone, to look for news.
 */
int rt_block_outside(struct rt_queue *queue, uint64_t deadline);

/** rt_wake - the first @count threads of a queue can run; called disabled. Return: how many did. */
unsigned int rt_wake(struct rt_queue *queue, unsigned int count);

/** rt_wake_thread - one thread that waits, with that result; called disabled. */
void rt_wake_thread(struct rt_thread *thread, int result);

/** rt_timer_start, rt_timer_stop - @expire is called disabled, once; called disabled. */
void rt_timer_start(struct rt_timer *timer, uint64_t deadline);
void rt_timer_stop(struct rt_timer *timer);

/**
 * struct rt_poller - where events come from; all called disabled, by the scheduler
 * @poll: look for news, wake who waits for it
 * @arm:  the dispatcher is about to sleep. Return: false: something has come (and nothing is armed)
 * @disarm: it is awake again
 * @spin: may polling for a while pay, because another core is at work?
 */
struct rt_poller {
	void (*poll)(void);
	bool (*arm)(void);
	void (*disarm)(void);
	bool (*spin)(void);
	struct rt_poller *next;
};

/** rt_poller_add - for ever; called disabled. */
void rt_poller_add(struct rt_poller *poller);

#endif
