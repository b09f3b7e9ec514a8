/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Static ELF64 executables for x86-64, of which the beginning may be all that is there yet. Pure: what
 * is read may hold anything.
 */
#ifndef BASE_ELF64_H
#define BASE_ELF64_H

#include <stdbool.h>
#include <stdint.h>

#define ELF64_EXECUTE 1u
#define ELF64_WRITE 2u
#define ELF64_PAGE 4096u
#define ELF64_HEAD_BYTES 4096u /* the headers of any usual file lie in so many bytes */

/** struct elf64_segment - one that is to be loaded, or the template of thread-local storage */
struct elf64_segment {
	uint64_t address;
	uint64_t memory_bytes;
	uint64_t offset;
	uint64_t file_bytes;
	uint64_t align;
	uint32_t flags; /* ELF64_EXECUTE, ELF64_WRITE; never both */
};

/**
 * struct elf64_file - a file
 * @head:  its first @head_bytes bytes, of no particular alignment; must not change afterwards. All
 *         program headers must lie there
 * @bytes: of the whole file
 * @first, @limit: all segments must lie in this range of addresses
 */
struct elf64_file {
	const void *head;
	uint64_t head_bytes;
	uint64_t bytes;
	uint64_t first;
	uint64_t limit;
};

/**
 * elf64_check - can it be loaded?
 * What is accepted: segments ascending, no two of them on one page, none writable and executable; the
 * entry point in an executable one, the template of thread-local storage in a loaded one.
 * Return: NULL, or what is wrong with it.
 */
const char *elf64_check(const struct elf64_file *file);

/** elf64_segment - segment @n to load, of a file that was checked. Return: false: no more. */
bool elf64_segment(const void *head, uint32_t n, struct elf64_segment *segment);

/** elf64_tls - template of thread-local storage, of a file that was checked. Return: false: none. */
bool elf64_tls(const void *head, struct elf64_segment *segment);

/** elf64_entry - its entry point */
uint64_t elf64_entry(const void *head);

/** elf64_headers - where the program headers are mapped, and how many; 0: they are not mapped */
uint64_t elf64_headers(const void *head, uint32_t *count);

#endif
