/* SPDX-License-Identifier: GPL-2.0-only */
/* The capabilities of this core, and when the work that operations on them leave over is done. */
#ifndef CAPABILITY_H
#define CAPABILITY_H

#include <cap.h>

extern struct cap_space cap_space;

/* There is work left over: dispatchers wait for it. */
extern bool capabilities_left;

/** capabilities_init - no capabilities yet; the machine's large pages are known afterwards */
void capabilities_init(void);

/** capability_own - an empty slot of the CPU driver's own, for its start. Dies when there is none */
struct cap_entry *capability_own(void);

/**
 * capability_do - a whole operation, at the CPU driver's start
 * @op: its slots are of the CPU driver's own, or in CNodes that nobody else uses yet
 * Return: 0 or a negative enum abi_cap_error.
 */
int capability_do(struct cap_op *op);

/**
 * capabilities_settle - after each operation: dispatchers that lost what they need to run are killed
 * In test builds, all invariants are checked.
 */
void capabilities_settle(void);

/**
 * capabilities_work - a part of the work that is left
 * Return: is there more? Then it is time to look at events.
 */
bool capabilities_work(void);

#endif
