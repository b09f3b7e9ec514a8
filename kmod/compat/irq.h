/* SPDX-License-Identifier: GPL-2.0-only */
/* Interrupt domains, as the kernel versions spell them. */
#ifndef REMORA_COMPAT_IRQ_H
#define REMORA_COMPAT_IRQ_H

#include <linux/irq.h>
#include <linux/irqdomain.h>
#include <asm/hw_irq.h>
#include <asm/irqdomain.h>

/*
 * Moves take effect at once and in process context, not with the next interrupt. Newer kernels do
 * so unless a chip asks for the contrary.
 */
static inline void remora_irq_move_at_once(unsigned int irq)
{
#ifdef REMORA_HAVE_IRQ_MOVE_PCNTXT
	irq_set_status_flags(irq, IRQ_MOVE_PCNTXT);
#endif
}

#endif
