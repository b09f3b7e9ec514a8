/* SPDX-License-Identifier: GPL-2.0-only */
/* Static ELF64 executables for x86-64, read from memory that may hold anything. Pure. */
#ifndef ELF64_H
#define ELF64_H

#include <stdbool.h>
#include <stdint.h>

#define ELF64_EXECUTE 1u
#define ELF64_WRITE 2u

/** struct elf64_segment - one that is to be loaded; checked by elf64_check() */
struct elf64_segment {
	uint64_t address;
	uint64_t memory_bytes;
	uint64_t offset;
	uint64_t file_bytes;
	uint32_t flags; /* ELF64_EXECUTE, ELF64_WRITE; never both */
};

/**
 * elf64_check - can it be loaded?
 * @image: no particular alignment; must not change afterwards
 * @limit: all segments and the entry point must be below
 * Return: NULL, or what is wrong with it.
 */
const char *elf64_check(const void *image, uint64_t bytes, uint64_t limit);

/** elf64_segment - segment @n to load, of an image that was checked. Return: false: no more. */
bool elf64_segment(const void *image, uint32_t n, struct elf64_segment *segment);

/** elf64_entry - its entry point */
uint64_t elf64_entry(const void *image);

#endif
