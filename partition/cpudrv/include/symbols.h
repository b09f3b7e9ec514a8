/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of the functions of this image, from a table made at link time. */
#ifndef SYMBOLS_H
#define SYMBOLS_H

#include <stdint.h>

/* One function: its distance from ABI_IMAGE_VA, and where its name begins in the names. */
struct symbol {
	uint32_t offset;
	uint32_t name;
};

/* Made by tools/symbols.sh; ascending by offset. symbol_end is the offset of the text's end. */
extern const struct symbol symbol_table[];
extern const uint32_t symbol_count;
extern const uint32_t symbol_end;
extern const char symbol_names[];

/**
 * symbols_find - function that holds an address
 * @address: any value
 * @offset:  set to the distance from the function's start
 * Return: its name, or NULL when the address is not in the text.
 */
const char *symbols_find(uint64_t address, uint64_t *offset);

#endif
