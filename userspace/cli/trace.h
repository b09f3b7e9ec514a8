/* SPDX-License-Identifier: GPL-2.0-only */
/* Both kernels' events in one order. */
#ifndef REMORA_CLI_TRACE_H
#define REMORA_CLI_TRACE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/**
 * struct trace_counts - what was seen
 * @events:  printed
 * @lost:    records of cores that were overwritten, as events remora_lost say
 * @overrun: Linux's own buffer was overwritten
 */
struct trace_counts {
	uint64_t events;
	uint64_t lost;
	bool overrun;
};

/**
 * trace_merge - print the events of a trace of tracefs by their tsc
 * Lines of the same tsc stay in the order in which they were read. Each begins with the cycles
 * since the first event.
 * @partition: only its events; NULL: all
 * Return: 0 or -errno.
 */
int trace_merge(FILE *in, FILE *out, const char *partition, struct trace_counts *counts);

#endif
