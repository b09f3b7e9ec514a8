/* SPDX-License-Identifier: GPL-2.0-only */
/* An activation of the monitor. */
#ifndef TURN_H
#define TURN_H

#include <stdbool.h>
#include <stdint.h>

/**
 * turn - look at everything until there is nothing left to do, or others should run
 * @until: or until that TSC; UINT64_MAX: no such time
 * Return: true: sleep until an event; false: there is more to do.
 */
bool turn(uint64_t *until);

#endif
