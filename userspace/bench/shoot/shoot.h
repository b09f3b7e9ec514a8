/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Linux's own TLB shootdown, measured: one thread changes its address space while others of the
 * same process are busy on other CPUs, so that the kernel must interrupt these.
 *
 * Times are TSC cycles. Functions return 0 or a negative errno value and print nothing.
 */
#ifndef BENCH_SHOOT_H
#define BENCH_SHOOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHOOT_PAGES_MAX 512
#define SHOOT_SHARERS_MAX 63 /* as many as a partition has cores */
#define SHOOT_TEXT 128

/**
 * struct shoot_area - pages that are unmapped or protected again and again
 * @start: first page; the pages before and behind stay mapped, so that no call frees page tables,
 *         which would be another, dearer kind of shootdown
 * @bytes: of all pages
 */
struct shoot_area {
	char *start;
	size_t bytes;
	char *mapping;
};

/**
 * struct shoot_call - a system call that makes Linux interrupt the other CPUs of a process
 * @on_pages: it works on pages, and its cost depends on how many; else it does not touch the area
 * @prepare:  what must be done before each time: the pages are there, written, and writable
 * @act:      the call itself, which is what is timed
 */
struct shoot_call {
	const char *name;
	bool on_pages;
	int (*prepare)(struct shoot_area *area);
	int (*act)(struct shoot_area *area);
};

/* By number; ends with a NULL name. */
enum { SHOOT_MPROTECT, SHOOT_MUNMAP, SHOOT_MADVISE, SHOOT_MEMBARRIER };
extern const struct shoot_call shoot_calls[];

/** shoot_area_open - room for @pages, up to SHOOT_PAGES_MAX. */
int shoot_area_open(struct shoot_area *area, unsigned int pages);
void shoot_area_close(struct shoot_area *area);

/** shoot_membarrier_register - must come before the call "membarrier" in each process. */
int shoot_membarrier_register(void);

/** shoot_pin - this thread runs on @cpu only from now on. */
int shoot_pin(unsigned int cpu);

/**
 * struct shoot_run - a measurement
 * @sharers: CPUs on which a thread each is busy; none of them is @cpu
 * @cpu:     on which the calls are made, by the calling thread, which stays pinned there
 * @warm_up: times that are not counted, before @count that are
 * @cycles:  [@count] how long each call took
 * @lost:    [@count * @sharer_count] how long each busy thread did not run because of each call
 *           (what exceeds its usual loop); NULL: not wanted
 */
struct shoot_run {
	const struct shoot_call *call;
	unsigned int pages;
	unsigned int cpu;
	const unsigned int *sharers;
	unsigned int sharer_count;
	uint64_t warm_up;
	uint64_t count;
	uint64_t *cycles;
	uint64_t *lost;
};

/**
 * struct shoot_team - the busy threads; they poll between shoot_team_open() and shoot_team_close()
 */
struct shoot_team;

/**
 * shoot_team_open - start a busy thread on each CPU, and learn what an undisturbed loop looks like
 * Return: 0, -EINVAL (a CPU that this process may not use or that is offline), -ENOMEM, -EAGAIN.
 */
int shoot_team_open(struct shoot_team **team, const unsigned int *sharers, unsigned int count);
void shoot_team_close(struct shoot_team *team);

/**
 * shoot_team_run - measure one call
 * The run's sharers are the team's. The caller is pinned to the run's CPU. Before every call each
 * busy thread reads the pages, so that its TLB has something to lose.
 */
int shoot_team_run(struct shoot_team *team, const struct shoot_run *run);

/**
 * struct shoot_proof - counts what proves that flushes happened, on some CPUs
 * @fds:     a counter of tlb:tlb_flush each; none when @why says why not
 * @why:     "" while the event is counted
 * @ipi_why: "" while the line TLB of /proc/interrupts is read
 */
struct shoot_proof {
	unsigned int cpus[SHOOT_SHARERS_MAX];
	int fds[SHOOT_SHARERS_MAX];
	unsigned int count;
	char why[SHOOT_TEXT];
	char ipi_why[SHOOT_TEXT];
};

/** struct shoot_counts - since boot or since opening: only differences mean something. */
struct shoot_counts {
	uint64_t flushes; /* tlb:tlb_flush on these CPUs, by whatever process */
	uint64_t ipis;    /* shootdown interrupts they took */
};

/** shoot_proof_open - never fails: what cannot be counted is labelled. @count 0 counts nothing. */
void shoot_proof_open(struct shoot_proof *proof, const unsigned int *cpus, unsigned int count);
void shoot_proof_close(struct shoot_proof *proof);
void shoot_proof_read(struct shoot_proof *proof, struct shoot_counts *counts);

/**
 * shoot_ipis_of - what a line of /proc/interrupts says of some CPUs
 * @head: the file's first line, which names the columns; @line: the line, its label at the head
 */
uint64_t shoot_ipis_of(const char *head, const char *line, const unsigned int *cpus,
		       unsigned int count);

#endif
