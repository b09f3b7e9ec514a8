/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * remora bench shootdown: Linux's TLB shootdown and the one by message, on the same CPUs. What is
 * to be measured, the rows that come of it, and what is made of them. Times are TSC cycles.
 */
#ifndef REMORA_CLI_RACE_H
#define REMORA_CLI_RACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include <remora/remora.h>
#include <shoot/shoot.h>

#include "machine.h"
#include "stats.h"

#define RACE_PAGES 4     /* different numbers of pages in one race */
#define RACE_ROUNDS 5    /* rows take turns: each is measured in so many parts */
#define RACE_WARM_UP 8
#define RACE_CEILING 33 /* pages that Linux flushes one by one at most (tlb_single_page_flush_ceiling) */
#define RACE_MPROTECT "mprotect" /* the call of which the messages' ratio is said */

/**
 * struct race_row - one thing measured for one number of others
 * @call:      name of the system call, or NULL: a row of messages
 * @protocol, @method, @initiator: of messages; node 0 is Linux
 * @others:    busy threads, or recipients; 0: the call alone
 * @pages:     0: does not matter
 * @times:     @times.count 0: not measured, @why says why
 * @flushes, @ipis, @foreign: RACE_UNCOUNTED or a count over all samples: events tlb:tlb_flush and
 *             shootdown interrupts on the others' CPUs; Linux's interrupts that met recipients
 */
struct race_row {
	const char *call;
	uint32_t protocol;
	uint32_t method;
	uint32_t initiator;
	uint32_t others;
	uint32_t pages;
	struct stats times;
	uint64_t lost_median;
	uint64_t lost_max;
	int64_t flushes;
	int64_t ipis;
	int64_t foreign;
	uint64_t handled;
	char why[SHOOT_TEXT];
};

#define RACE_UNCOUNTED (-1)

/**
 * struct race - the whole of it
 * @cpus:      CPUs of the others, in the order of their nodes; those of a count are the first ones
 * @counts:    numbers of others
 * @initiator: CPU that stays with Linux
 * @name:      an existing partition; NULL: one is made and removed
 * @protocols, @methods: bit masks
 * @flush_why, @ipi_why: why there is no proof of flushes, or ""
 */
struct race {
	uint32_t cpus[REMORA_CPUS_MAX];
	uint32_t cpu_count;
	uint32_t counts[REMORA_CPUS_MAX];
	uint32_t count_count;
	uint32_t pages[RACE_PAGES];
	uint32_t page_count;
	uint32_t initiator;
	uint32_t protocols;
	uint32_t methods;
	uint64_t samples;
	const char *name;
	const char *memory;
	struct machine machine;
	uint64_t tsc_khz;
	char date[32];
	char flush_why[SHOOT_TEXT];
	char ipi_why[SHOOT_TEXT];
	bool linux_done;
	bool messages_done;
	struct race_row *rows;
	size_t row_count;
};

/* ---- rows: race_rows.c, pure ---- */

/** race_add - a row, uncounted and empty but for @row's words; NULL: no memory. */
struct race_row *race_add(struct race *race, const struct race_row *words);

/** race_call_row, race_message_row - find a row that was measured, or NULL. */
const struct race_row *race_call_row(const struct race *race, const char *call, uint32_t others,
				     uint32_t pages);
const struct race_row *race_message_row(const struct race *race, const struct race_row *words);

/** race_part - median less that of the same call alone. Return: false when either is missing. */
bool race_part(const struct race *race, const char *call, uint32_t others, uint32_t pages,
	       int64_t *part);

/** race_best - the fastest protocol by INVLPG from Linux, or NULL. */
const struct race_row *race_best(const struct race *race, uint32_t others, uint32_t pages);

/** race_merge - quantiles of several parts: medians' median, extremes of all, worst 99th. */
struct stats race_merge(const struct stats *parts, size_t count);

/** race_default_counts - 1, 2, 4, 8, ... and all of @cpus. Return: how many. */
uint32_t race_default_counts(uint32_t cpus, uint32_t *counts);

/** race_protocol_name, race_method_name - "numa_multicast"; NULL for an unknown number. */
const char *race_protocol_name(uint32_t protocol);
const char *race_method_name(uint32_t method);

/** race_parse_words - "unicast,multicast" to a mask. Return: false, and *@bad, for an unknown word. */
bool race_parse_words(const char *text, const char *(*name)(uint32_t number), uint32_t *mask,
		      const char **bad);

/* ---- measuring: both return an exit code, having reported ---- */

/** race_linux - phase 1. The caller is pinned to the initiator's CPU from then on. */
int race_linux(struct race *race);

/** race_messages - phase 2, and giving back. */
int race_messages(struct race *race);

/* ---- ending early: race_stop.c ---- */

/** race_hold_signals - SIGINT, SIGTERM and SIGHUP are kept until race_stopped() asks for them. */
void race_hold_signals(void);

/** race_release_signals - in a child: they end it, and so does its parent's death. */
void race_release_signals(void);
bool race_stopped(void);

/**
 * race_await - wait for a child's end; it is killed when the time is up or a signal says to stop
 * Return: 0, -ETIMEDOUT, -EINTR (stop), or another negative errno value.
 */
int race_await(pid_t child, int timeout_ms, int *status);

/* ---- partition: race_partition.c ---- */

/** struct race_partition - the one raced on; @mine: it was made for this, and is to go */
struct race_partition {
	struct remora_partition *partition;
	struct remora_report *report;
	char name[REMORA_NAME_MAX];
	bool mine;
	int guard; /* pipe to the process that removes the partition should this one die */
	pid_t guard_pid;
};

int race_partition_open(const struct race *race, struct race_partition *p);
int race_partition_close(struct race_partition *p, int code);

/* ---- results ---- */

void race_table(const struct race *race, FILE *file);
void race_csv(const struct race *race, FILE *file);
void race_json(const struct race *race, FILE *file);

/** race_gnuplot - a script that makes @svg, with its data inside. */
void race_gnuplot(const struct race *race, FILE *file, const char *svg);

/** race_plot - write the script beside @svg and run gnuplot. Return: exit code, reported. */
int race_plot(const struct race *race, const char *svg);

/** race_describe - the lines that stand above every result, each behind @prefix. */
void race_describe(const struct race *race, FILE *file, const char *prefix);

#endif
