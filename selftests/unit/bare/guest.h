/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One core in QEMU without any Linux: the guest's memory is a file that the test maps, so that the
 * test is node 0. Its doorbells are message-signalled interrupts, by QEMU's qtest socket.
 */
#ifndef GUEST_H
#define GUEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <abi/boot.h>
#include <abi/console.h>
#include <abi/ctl.h>
#include <urpc/chan.h>

#define GUEST_RAM (2112ul << 20) /* a sparse file; the firmware keeps its tables at its end */
#define LOADER_AT 0x100000ul
#define LOADER_ARGS 0x200000ul
#define GUEST_TABLES 0x400000ul /* boot page tables, outside all extents */
#define GUEST_IMAGE 0x800000ul
#define GUEST_IMAGE_BYTES 0x100000ul
#define GUEST_KERNEL 0xa00000ul
#define GUEST_KERNEL_BYTES 0x100000ul
#define GUEST_PAGES 0xc00000ul /* boot, host, core page */
#define GUEST_CONSOLE 0xc10000ul
#define GUEST_RECORDS 256u
#define GUEST_OWN 0xe00000ul
#define GUEST_OWN_BYTES 0x600000ul
#define GUEST_SHARED 0x1800000ul
#define GUEST_SHARED_BYTES 0x200000ul
#define GUEST_SLOTS 64u
#define GUEST_RING(n) (GUEST_SHARED + (n) * urpc_ring_bytes(GUEST_SLOTS))
#define GUEST_CHANNEL 3u

extern unsigned char *guest_ram;
extern struct abi_boot *guest_boot;
extern struct abi_host *guest_host;
extern struct abi_core *guest_core;
extern struct abi_console *guest_console;
extern struct urpc_chan guest_control; /* node 0's end */
extern struct urpc_chan guest_bound;   /* of channel GUEST_CHANNEL */

/** guest_at - where physical address @pa is in the test's own memory */
static inline void *guest_at(uint64_t pa)
{
	return guest_ram + pa;
}

/** guest_setup, guest_teardown - cmocka fixtures: good boot information for one core; QEMU's end */
int guest_setup(void **state);
int guest_teardown(void **state);

/** guest_image - use that file of the image; before guest_module() */
void guest_image(const char *path);

/** guest_extent - a further extent of the boot information; before guest_start() */
void guest_extent(uint64_t base, uint64_t bytes, uint32_t kind);

/** guest_counts - from guest_start() to the end of the test its clocks count instructions: a busy host takes none */
void guest_counts(void);

/** guest_start - start QEMU. What is in the guest's memory then is what the core finds. */
void guest_start(void);

/** guest_running - guest_start(), and wait until the core runs */
void guest_running(void);

/** guest_monitor - a command for QEMU's monitor; returns its answer, good until the next call */
const char *guest_monitor(const char *command);

/** guest_wait - wait until @done says so; fails the test, with the console, after 30 seconds */
void guest_wait(bool (*done)(void), const char *what);

/** guest_bell - ring the core's doorbell */
void guest_bell(void);

/** guest_interrupt - raise any vector on the core; guest_nmi - an NMI */
void guest_interrupt(uint8_t vector);
void guest_nmi(void);

/** guest_line - is there a console line, from number @from on, with that text in it? 0: no */
uint64_t guest_line(uint64_t from, const char *text);

/** guest_show_console - print all lines; for a test that fails */
void guest_show_console(void);

/** guest_send - a control request, its first word replaced by a tag; rings if the core waits for it */
void guest_send(uint16_t type, void *request, size_t bytes);

/** guest_ask - guest_send(), and wait for the status in the answer */
int guest_ask(uint16_t type, void *request, size_t bytes);

/** guest_bind - prepare fresh rings for GUEST_CHANNEL; returns the request to send */
struct abi_ctl_bind guest_bind(uint32_t service);

/** guest_receive - wait for a message on the bound channel */
struct urpc_msg guest_receive(void);

/** guest_module - give the core a file as a module; before guest_start(). Returns a copy to change */
void *guest_module(const char *path, const char *name, uint64_t *bytes);

/* ---- audit.c ---- */

/** audit_tables - check the page tables the core made for itself; the core runs */
void audit_tables(void);

/**
 * audit_ring3 - check the page tables in the CPU, while a program of ring 3 runs
 * Return: pages that ring 3 can use.
 */
unsigned int audit_ring3(void);

/** guest_symbol - address of a symbol of the image; fails the test when there is none */
uint64_t guest_symbol(const char *name);

#endif
