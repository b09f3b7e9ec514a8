/* SPDX-License-Identifier: GPL-2.0-only */
/* An activation of the monitor. */
#ifndef TURN_H
#define TURN_H

#include <stdbool.h>

/**
 * turn - look at everything until there is nothing left to do, or others should run
 * Return: true: sleep until an event; false: there is more to do.
 */
bool turn(void);

#endif
