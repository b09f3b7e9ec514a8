/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Acquire in order, release in mirror order, from one table: the life cycle's backbone. Pure: runs
 * in the module and in host tests.
 */
#ifndef REMORA_STEPS_H
#define REMORA_STEPS_H

#include "error.h"

/**
 * struct remora_step - one thing that is acquired and released
 * @name:    short, for fault injection and traces
 * @acquire: all or nothing: on failure it has undone itself. May sleep
 * @release: cannot fail; NULL when there is nothing to release
 */
struct remora_step {
	const char *name;
	int (*acquire)(void *context, struct remora_error *err);
	void (*release)(void *context);
};

/**
 * remora_steps_acquire - run the table forward
 * @done: number of steps already acquired; left at the number acquired. On failure every step
 *        acquired by this call has been released again and *@done is as before
 */
int remora_steps_acquire(const struct remora_step *steps, unsigned int count, unsigned int *done,
			 void *context, struct remora_error *err);

/** remora_steps_release - run it backward until @keep steps are left */
void remora_steps_release(const struct remora_step *steps, unsigned int keep, unsigned int *done,
			  void *context);

/**
 * remora_steps_fault - must this step fail? (testing)
 * Provided by the environment: in the module by the debugfs file remora/fail_step, which holds the
 * name of the step to fail once.
 */
bool remora_steps_fault(const char *name);

#endif
