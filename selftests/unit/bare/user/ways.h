/* SPDX-License-Identifier: GPL-2.0-only */
/* What a test tells the hostile program of partition/apps when no C library is there: see ways.c. */
#ifndef WAYS_H
#define WAYS_H

#include <stdint.h>

#define WAYS_MAGIC 0x6c6974736f483352ull

/** struct ways_order - filled by the test in the program's file */
struct ways_order {
	uint64_t magic;
	char way[16];
	char argument[40];
};

#endif
