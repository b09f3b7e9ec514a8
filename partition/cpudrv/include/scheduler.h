/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which dispatcher runs, and until when. Pure: it knows times (any unit that grows evenly; the CPU
 * driver uses TSC cycles) and its tasks, nothing else.
 *
 * Rate-based earliest deadline first (RBED: Brandt et al., RTSS 2003). Three classes share one rule,
 * the earliest deadline runs:
 *   hard         @budget in every @period, never more
 *   soft         @budget in every @period, and of the time that nobody was promised
 *   best effort  all of them together have what the real-time classes were not promised; among
 *                themselves it is divided by weight
 * Each hard or soft task, and best effort as a whole, is a server: it has a budget left and a
 * deadline. One that used up its budget gets the next one at once with a deadline one period later
 * (soft, best effort), or when its deadline has come (hard). One that wakes keeps its deadline unless
 * what it has left is more than its rate allows until then; then it starts a new period (the constant
 * bandwidth server of Abeni and Buttazzo, RTSS 1998). As the rates add up to at most one, every server
 * has its budget by its deadline. A soft or best-effort server that runs with no other one ready is
 * not charged: it takes from nobody.
 */
#ifndef SCHEDULER_H
#define SCHEDULER_H

#include <stdbool.h>
#include <stdint.h>

#define SCHED_WEIGHT_MAX 1000u
#define SCHED_PERIOD_MAX (1ull << 44)
#define SCHED_NEVER UINT64_MAX
#define SCHED_WHOLE (1ull << 32) /* utilisation of the whole core */

enum sched_class {
	SCHED_BEST_EFFORT = 0,
	SCHED_SOFT = 1,
	SCHED_HARD = 2,
};

/**
 * struct sched_params - what a task asks for
 * @class:  enum sched_class
 * @weight: of best effort, 1 to SCHED_WEIGHT_MAX
 * @budget: of real time: run time in every @period, at least 1
 * @period: of real time, @budget to SCHED_PERIOD_MAX
 */
struct sched_params {
	uint32_t class;
	uint32_t weight;
	uint64_t budget;
	uint64_t period;
};

/**
 * struct sched_server - a promise of @budget in every @period
 * @left:     of the budget until @deadline; 0 or less for a hard one that waits for its deadline,
 *            less when it was stopped too late
 * @deadline: end of the period in hand
 */
struct sched_server {
	uint64_t budget;
	uint64_t period;
	int64_t left;
	uint64_t deadline;
};

/**
 * struct sched_task - one task; the caller's memory, the scheduler's contents
 * @virtual:   of best effort: run time divided by weight
 * @remainder: of that division
 * @order:     raised when it becomes runnable: among equals the first one runs first
 * @share:     of SCHED_WHOLE promised, rounded up
 * @used:      run time in all
 * @next, @link: in the list of runnable tasks of its kind
 */
struct sched_task {
	struct sched_params params;
	struct sched_server server;
	uint64_t virtual;
	uint64_t remainder;
	uint64_t order;
	uint64_t share;
	uint64_t used;
	struct sched_task *next;
	struct sched_task **link;
	bool added;
	bool runnable;
};

/**
 * struct sched - the scheduler of one core
 * @slice:      a best-effort task runs that long before another one gets its turn
 * @slice_left: of the turn of @turn
 * @turn:       best-effort task whose turn it is, or NULL
 * @background: the server of all best-effort tasks
 * @virtual:    of the best-effort task that got the last turn; never falls
 * @promised:   to real time, of SCHED_WHOLE, those that left too soon included
 * @ghosts:     of @promised: tasks that are gone, whose promises count until @ghosts_until
 * @running:    picked last, since time @since
 * @alone:      server that runs without being charged, or NULL
 */
struct sched {
	uint64_t slice;
	uint64_t slice_left;
	struct sched_task *turn;
	struct sched_server background;
	uint64_t virtual;
	uint64_t orders;
	uint64_t promised;
	uint64_t ghosts;
	uint64_t ghosts_until;
	struct sched_task *realtime;
	struct sched_task *besteffort;
	struct sched_task *running;
	struct sched_server *alone;
	uint64_t since;
};

/**
 * sched_init - a scheduler without tasks
 * @slice:  at least 1
 * @period: of the best-effort server, SCHED_PERIOD_MAX at most: how long best effort may have to
 *          wait for its part
 */
void sched_init(struct sched *s, uint64_t slice, uint64_t period);

/**
 * sched_add - admit a task; it sleeps
 * @task: zeroed, or removed before
 * Return: 0, -ERR_INVAL for senseless parameters, -ERR_BUSY when more than all would be promised
 * (the promise of a task that was removed counts until its deadline).
 */
int sched_add(struct sched *s, struct sched_task *task, const struct sched_params *params,
	      uint64_t now);

/** sched_remove - forget a task, in any state; nothing happens for one that was not added */
void sched_remove(struct sched *s, struct sched_task *task, uint64_t now);

/** sched_wake - the task has work; no matter whether it slept */
void sched_wake(struct sched *s, struct sched_task *task, uint64_t now);

/** sched_sleep - the task has no work; no matter whether it slept */
void sched_sleep(struct sched *s, struct sched_task *task, uint64_t now);

/**
 * sched_defer - let others go first
 * A best-effort task goes behind its equals; a real-time task has done its work of this period.
 */
void sched_defer(struct sched *s, struct sched_task *task, uint64_t now);

/**
 * sched_hand_over - give the rest of a turn to another task, which wakes by it
 * Both pay for what they used themselves. Only between best-effort tasks, of which @from has the
 * turn; else it is sched_wake() of @to.
 */
void sched_hand_over(struct sched *s, struct sched_task *from, struct sched_task *to, uint64_t now);

/**
 * sched_switch - sched_hand_over(), with sched_sleep() of @from if @sleep, and sched_pick() in one
 * The short way of messages, where no real-time task is in the way; @to != @from.
 * @until: set as by sched_pick(), which would return @to
 * Return: false, and nothing changed, where it is not that simple.
 */
bool sched_switch(struct sched *s, struct sched_task *from, struct sched_task *to, bool sleep,
		  uint64_t now, uint64_t *until);

/**
 * sched_pick - who runs from now on
 * @until: set to the time at which to ask again if nothing else happens before; SCHED_NEVER when
 *         there is no reason to, so that no timer is needed
 * To be called after all other calls, before the next instruction of a task.
 * Return: the task, or NULL: none has anything to do (or may).
 */
struct sched_task *sched_pick(struct sched *s, uint64_t now, uint64_t *until);

/** sched_stop - the time from now to the next sched_pick() is no task's */
void sched_stop(struct sched *s, uint64_t now);

/** sched_ready - would sched_pick() find a task? */
bool sched_ready(const struct sched *s, uint64_t now);

#endif
