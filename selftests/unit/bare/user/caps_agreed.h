/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef CAPS_AGREED_H
#define CAPS_AGREED_H

/**
 * agreed_calls - of MODE_AGREED; does not return
 * @slot: of RAM from @ram_base on, free from 64 KiB on; @table: of the first page table from ABI_DOMAIN_FREE on
 */
void agreed_calls(uint64_t slot, uint64_t table, uint64_t ram_base, uint64_t bytes);

#endif
