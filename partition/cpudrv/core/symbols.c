// SPDX-License-Identifier: GPL-2.0-only
#include <stddef.h>

#include <abi/layout.h>

#include <symbols.h>

const char *symbols_find(uint64_t address, uint64_t *offset)
{
	uint32_t low = 0, high = symbol_count;

	address -= ABI_IMAGE_VA;
	if (address >= symbol_end || !high)
		return NULL;
	/* Invariant: the symbol wanted, if any, is in [low, high). */
	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (symbol_table[middle].offset <= address)
			low = middle;
		else
			high = middle;
	}
	if (symbol_table[low].offset > address)
		return NULL;
	*offset = address - symbol_table[low].offset;
	return symbol_names + symbol_table[low].name;
}
