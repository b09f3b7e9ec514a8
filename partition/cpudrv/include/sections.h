/* SPDX-License-Identifier: GPL-2.0-only */
/* Bounds of the image's sections, set by the linker script; all page-aligned. */
#ifndef SECTIONS_H
#define SECTIONS_H

extern const char section_text[];
extern const char section_text_end[];
extern const char section_rodata[];
extern const char section_rodata_end[];
extern const char section_data[];
extern const char section_data_end[]; /* .bss included */

/* The ELF file of the core's first program, among the constants; empty: the image has none. */
extern const char monitor_elf[];
extern const char monitor_elf_end[];

#endif
