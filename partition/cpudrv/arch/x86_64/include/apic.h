/* SPDX-License-Identifier: GPL-2.0-only */
/* The local APIC of this core, in the mode that Linux left it in. SDM volume 3, chapter 11. */
#ifndef APIC_H
#define APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Register offsets, as in xAPIC mode. */
#define APIC_ID 0x020
#define APIC_VERSION 0x030
#define APIC_TPR 0x080
#define APIC_EOI 0x0b0
#define APIC_SVR 0x0f0
#define APIC_ISR 0x100 /* 8 registers of 32 bits, 0x10 apart */
#define APIC_ESR 0x280
#define APIC_LVT_CMCI 0x2f0
#define APIC_ICR 0x300
#define APIC_ICR_HIGH 0x310 /* xAPIC mode only */
#define APIC_LVT_TIMER 0x320
#define APIC_LVT_THERMAL 0x330
#define APIC_LVT_PERFORMANCE 0x340
#define APIC_LVT_LINT0 0x350
#define APIC_LVT_LINT1 0x360
#define APIC_LVT_ERROR 0x370
#define APIC_TIMER_INITIAL 0x380
#define APIC_TIMER_CURRENT 0x390
#define APIC_TIMER_DIVIDE 0x3e0

#define APIC_LVT_MASKED (1u << 16)

/** apic_init - take the APIC into use. Dies when its id is not the one node 0 knows. */
void apic_init(void);

/** apic_x2apic - is it in x2APIC mode? Good before apic_init(). */
bool apic_x2apic(void);

/** apic_mmio_base - physical address of its registers in xAPIC mode. Good before apic_init(). */
uint64_t apic_mmio_base(void);

uint32_t apic_read(uint32_t offset);
void apic_write(uint32_t offset, uint32_t value);

/** apic_in_service - does the APIC wait for the end of an interrupt of that vector? */
bool apic_in_service(uint8_t vector);

/** apic_timer_init - find out what kind of timer there is, and its frequency. */
void apic_timer_init(void);

#endif
