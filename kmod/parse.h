/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure parsers of what administrators write: names, memory lists. */
#ifndef REMORA_PARSE_H
#define REMORA_PARSE_H

#include "error.h"

/** remora_parse_name - check a partition's name; -EINVAL with a sentence */
int remora_parse_name(const char *name, struct remora_error *err);

/**
 * remora_parse_memory - "SIZE[@NODE]", "block:SIZE[@NODE]", "contig:SIZE[@NODE]",
 *                       "reserved:SIZE[@ADDRESS]", comma-separated
 * Sizes take K, M, G; numbers may be hexadecimal.
 * Return: number of extents, or a negative errno with a sentence that quotes the culprit.
 */
int remora_parse_memory(const char *text, struct remora_extent *out, unsigned int room,
			struct remora_error *err);

#endif
