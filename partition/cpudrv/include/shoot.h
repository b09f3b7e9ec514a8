/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This core's part in shootdowns by message: abi/shootdown.h. An event source of the loop, looked
 * at before all others, since another core waits for the answer.
 */
#ifndef SHOOT_H
#define SHOOT_H

#include <abi/shootdown.h>
#include <link.h>

/* A run is open. For shoot_poll() only. */
extern bool shoot_on;

/** shoot_turn - shoot_poll() of a core with an open run */
bool shoot_turn(void);

/** shoot_poll - do what there is to do, never wait. Return: whether there was anything. */
static inline bool shoot_poll(void)
{
	return __builtin_expect(shoot_on, 0) && shoot_turn();
}

/** shoot_relax - between two shoot_poll() of an open run, as this processor likes it best */
void shoot_relax(void);

/**
 * shoot_arm - announce sleep on the lines of an open run
 * Return: false, and nothing armed, when there is something to do.
 */
bool shoot_arm(void);

/** shoot_disarm - awake again. */
void shoot_disarm(void);

/**
 * shoot_open - take a plan into use
 * Return: 0, or a negative error as of abi_ctl_shoot_open; the console says what is wrong.
 */
int shoot_open(const struct abi_ctl_shoot_open *request);

/**
 * shoot_run - do the rounds of an open run, and answer @control when done
 * Split-phase: returns at once. Keeps one message promised on @control while it runs.
 * Return: 0 when an answer will follow, else the error to answer with, as of abi_ctl_shoot_result.
 */
int shoot_run(struct link *control, const struct abi_ctl_shoot_run *request);

/** shoot_close - end a run, finished or not, and fill what @report tells of it, but its tag. */
void shoot_close(const struct abi_ctl_shoot_close *request, struct abi_ctl_shoot_report *report);

/** shoot_forget - the control link closes: rounds under way end, unanswered. */
void shoot_forget(void);

#endif
