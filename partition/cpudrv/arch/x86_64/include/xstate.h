/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Extended state (x87, SSE, AVX and what else XSAVE handles). The CPU driver itself is built without
 * those registers, so that they are saved only when another context comes into the CPU.
 */
#ifndef XSTATE_H
#define XSTATE_H

/** xstate_init - switch XSAVE on. Return: NULL, or what the CPU lacks. */
const char *xstate_init(void);

/** xstate_reset - make an area, a zeroed page, hold the state after reset */
void xstate_reset(void *area);

void xstate_save(void *area);
void xstate_restore(const void *area);

#endif
