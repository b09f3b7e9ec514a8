/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interrupts as messages. A vector is bound to an endpoint by capabilities of both, which the CPU driver
 * keeps: when one of them is revoked the binding is over. It is told once (ABI_LMP_IRQ), then not
 * again before the receiver acknowledges it; what comes between is counted.
 */
#ifndef IRQ_H
#define IRQ_H

#include <stdbool.h>
#include <stdint.h>

#define IRQ_BINDINGS 16u /* vectors of a core that are bound at once, and one in the making */

/**
 * irq_came - an interrupt of that vector was taken and acknowledged in the interrupt controller
 * Any value; interrupts are off. Return: whether the vector is bound.
 */
bool irq_came(uint8_t vector);

/** irq_poll - tell what came since the last call. Return: whether anything did */
bool irq_poll(void);

/** irq_tell - tell what found no room, too */
void irq_tell(void);

#endif
