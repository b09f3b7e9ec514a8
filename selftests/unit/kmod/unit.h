/* SPDX-License-Identifier: GPL-2.0-only */
/* What cmocka wants to be included before it, and a generator of repeatable random numbers. */
#ifndef REMORA_UNIT_H
#define REMORA_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

/* xorshift64*: the same sequence everywhere. @state is never 0. */
static inline uint64_t unit_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

#endif
