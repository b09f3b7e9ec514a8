/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Fixed work quanta on a core of a partition and on CPUs of Linux, and the interrupts taken there
 * meanwhile.
 */
#ifndef REMORA_CLI_QUIET_H
#define REMORA_CLI_QUIET_H

#include <stdbool.h>

#include "machine.h"
#include "program.h"
#include "stats.h"

enum quiet_kind {
	QUIET_CORE,     /* of a partition */
	QUIET_LINUX,    /* any CPU */
	QUIET_ISOLATED, /* one that the kernel was told to leave alone: isolcpus, nohz_full */
	QUIET_KINDS
};

/**
 * struct quiet_row - what one place gave
 * @cpu:        as Linux numbers it
 * @ticks:      of each quantum, in order
 * @stats:      of them
 * @lost:       TSC ticks above the shortest quantum, of all together
 * @interrupts: taken in @counted_ms of the time: all (Linux), or all but @foreign (a core)
 * @what:       which: "LOC 2500, RES 1"
 */
struct quiet_row {
	enum quiet_kind kind;
	struct program_place place;
	uint32_t cpu;
	uint64_t *ticks;
	size_t count;
	struct stats stats;
	uint64_t lost;
	uint64_t counted_ms;
	uint64_t interrupts;
	uint64_t foreign;
	char what[160];
};

/**
 * struct quiet
 * @instructions: the TSC counts instructions (instructions.h)
 * @turns: of a loop, in a quantum
 */
struct quiet {
	struct machine machine;
	uint64_t tsc_khz;
	bool instructions;
	uint32_t seconds;
	uint64_t turns;
	const char *directory;
	char date[32];
	struct quiet_row rows[QUIET_KINDS];
	unsigned int row_count;
};

const char *quiet_kind_name(enum quiet_kind kind);

/** quiet_run - measure row by row. Return: exit code, reported. */
int quiet_run(struct quiet *quiet);

/* ---- quiet_interrupts.c ---- */

#define QUIET_SOURCES 64

/** struct quiet_counts - interrupts that a CPU or core has taken, by source */
struct quiet_counts {
	struct {
		char name[16];
		uint64_t count;
	} source[QUIET_SOURCES];
	unsigned int sources;
	uint64_t foreign;
};

/** quiet_count - read them now. Return: 0 or a negative errno value. */
int quiet_count(const struct program_place *place, struct quiet_counts *counts);

/** quiet_counted - put what came between two counts into a row. */
void quiet_counted(struct quiet_row *row, const struct quiet_counts *before,
		   const struct quiet_counts *after);

/* ---- quiet_files.c ---- */

/** quiet_describe - the lines that stand above every result, each behind @prefix. */
void quiet_describe(const struct quiet *quiet, FILE *file, const char *prefix);
void quiet_table(const struct quiet *quiet, FILE *file);
void quiet_json(const struct quiet *quiet, FILE *file);

/** quiet_csv - a line for each quantum. */
void quiet_csv(const struct quiet *quiet, FILE *file);

/** quiet_plot - Return: exit code, reported. */
int quiet_plot(const struct quiet *quiet, const char *svg);

#endif
