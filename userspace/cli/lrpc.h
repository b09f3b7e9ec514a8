/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A message of four words, and the CPU with it, handed to somebody else on the same CPU: on a core of
 * a partition by LRPC, on Linux by what there is.
 */
#ifndef REMORA_CLI_LRPC_H
#define REMORA_CLI_LRPC_H

#include <stdbool.h>
#include <stdio.h>

#include "instructions.h"
#include "machine.h"
#include "program.h"
#include "stats.h"

#define LRPC_ROWS 16

/**
 * struct lrpc_row - one mechanism
 * @remora:  on a core of the partition; else on Linux
 * @blocks:  whoever waits, sleeps
 * @between: "address spaces" or "threads"
 * @one_way: from before the sender's system call until the receiver runs
 * @round:   with an answer
 */
struct lrpc_row {
	const char *name;
	const char *between;
	bool remora;
	bool blocks;
	struct stats one_way;
	struct stats round;
};

/**
 * struct lrpc
 * @instructions: both sides' TSC counts instructions, by loops of known length in the programs
 * @core, @linux: those loops
 */
struct lrpc {
	struct machine machine;
	uint64_t tsc_khz;
	char date[32];
	uint32_t cpu;
	uint64_t count;
	struct program_place place; /* partition NULL: Linux alone */
	uint32_t core_cpu;
	const char *directory;
	bool instructions;
	struct calibration core[CALIBRATIONS];
	struct calibration host[CALIBRATIONS];
	struct lrpc_row rows[LRPC_ROWS];
	unsigned int row_count;
};

/** lrpc_core - LRPC's rows, by partition/apps/lrpcbench. Return: exit code, reported. */
int lrpc_core(struct lrpc *lrpc);

/** lrpc_linux - Linux's rows. Return: exit code, reported. */
int lrpc_linux(struct lrpc *lrpc);

/* ---- lrpc_files.c ---- */

void lrpc_table(const struct lrpc *lrpc, FILE *file);
void lrpc_csv(const struct lrpc *lrpc, FILE *file);
void lrpc_json(const struct lrpc *lrpc, FILE *file);

/**
 * lrpc_ratio - what LRPC takes of Linux's best
 * @blocking: look only at mechanisms that sleep
 * @best: set to that row
 * Return: the ratio of medians, 0 when there is nothing to compare.
 */
double lrpc_ratio(const struct lrpc *lrpc, bool blocking, const struct lrpc_row **best);

#endif
