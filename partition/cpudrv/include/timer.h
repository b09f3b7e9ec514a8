/* SPDX-License-Identifier: GPL-2.0-only */
/* Timers of the event loop: a heap of deadlines, expired between messages. */
#ifndef TIMER_H
#define TIMER_H

#include <stdbool.h>
#include <stdint.h>

#define TIMERS_MAX 512u

/**
 * struct timer - one deadline
 * @deadline: TSC
 * @expire:   called once from the event loop, after the timer left the heap
 * @slot:     place in the heap plus 1; 0 while the timer is not set
 */
struct timer {
	uint64_t deadline;
	void (*expire)(struct timer *timer);
	uint32_t slot;
};

/**
 * timer_start - set a timer
 * @timer: not set; stays the caller's memory, in place, until it expires or is cancelled
 * Return: false when TIMERS_MAX timers are set.
 */
bool timer_start(struct timer *timer, uint64_t deadline, void (*expire)(struct timer *));

/** timer_cancel - forget a timer, set or not. */
void timer_cancel(struct timer *timer);

/** timer_next - earliest deadline, or UINT64_MAX without timers. */
uint64_t timer_next(void);

/**
 * timer_run - expire what is due
 * @now: TSC
 * Return: whether any timer expired.
 */
bool timer_run(uint64_t now);

#endif
