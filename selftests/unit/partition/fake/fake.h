/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests share: the fake machine's outside, and a core with boot information on it. */
#ifndef FAKE_H
#define FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <abi/boot.h>
#include <abi/console.h>
#include <abi/ctl.h>
#include <urpc/chan.h>

/* Where things are in the fake memory. */
#define FAKE_IMAGE 0x100000ul
#define FAKE_KERNEL 0x200000ul
#define FAKE_PAGES 0x400000ul /* boot, host and core page, table of peers */
#define FAKE_CONSOLE 0x410000ul
#define FAKE_OWN 0x500000ul
#define FAKE_SHARED 0x600000ul
#define FAKE_SLOTS 16u
#define FAKE_RECORDS 64u
#define FAKE_RING(n) (FAKE_SHARED + (n)*urpc_ring_bytes(FAKE_SLOTS))

extern struct abi_boot *fake_boot;
extern struct abi_host *fake_host;
extern struct abi_core *fake_core;

extern unsigned int fake_rings; /* doorbells sent */
extern uint32_t fake_ring_apic; /* of the last one */
extern uint8_t fake_ring_vector;
extern unsigned int fake_halts;
extern uint64_t fake_timer; /* deadline set, or 0 */
extern bool fake_doorbell; /* set by fake_world: the halt ends at once */
extern bool fake_flush_broken; /* invalidations leave everything as it is */
extern uint64_t fake_window_bytes; /* bytes that were brought into the window later */
extern int fake_window_error; /* of arch_window_add() */

/** fake_prepare - zeroed memory and good boot information: node 1 of 3, peer node 2 */
void fake_prepare(void);

/** fake_start - the steps of the real start up to open links */
void fake_start(void);

/** fake_step - one turn of the event loop without its idling */
void fake_step(void);

/** fake_crash - run @act in a child; returns the reason it crashed with, or "" when it did not */
const char *fake_crash(void (*act)(void));

#endif
