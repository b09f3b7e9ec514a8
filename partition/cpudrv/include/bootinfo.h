/* SPDX-License-Identifier: GPL-2.0-only */
/* The pages shared with node 0: boot information, host page and core page. */
#ifndef BOOTINFO_H
#define BOOTINFO_H

#include <abi/boot.h>

/*
 * Set once by bootinfo_accept(). boot_info and host_page are mapped read-only; core_page is written
 * by this core alone. core_page is NULL before.
 */
extern const struct abi_boot *boot_info;
extern const struct abi_host *host_page;
extern struct abi_core *core_page;

/**
 * bootinfo_accept - check the boot information and take it into use
 * @boot: as handed over by node 0, mapped by its boot page tables
 *
 * A wrong magic halts the core: nothing in the page can be trusted then. A wrong revision or size
 * is told to node 0 by ABI_CORE_REFUSED, for which only the fields up to core_page are used; those
 * never move. Returns when the head of the page is right; its contents are checked by their users.
 */
void bootinfo_accept(const struct abi_boot *boot);

/**
 * core_set_state - publish a new state (enum abi_core_state) with all that was written before
 */
void core_set_state(uint32_t state);

#endif
