/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Updating shared state in place, or by a message to the core that owns it: Fig 3 of the multikernel
 * paper, on this machine.
 */
#ifndef BENCH_UPDATE_H
#define BENCH_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

#define UPDATE_LINES_MAX 8u
#define UPDATE_CORES_MAX 64u
#define UPDATE_APART 256u /* processors fetch lines in pairs; what different cores write lies apart */

/** enum update_way - how the state is updated */
enum update_way {
	UPDATE_SHARED,  /* every core writes all lines itself, no lock */
	UPDATE_MESSAGE, /* one core owns the lines; the others ask it, a call line each, and wait */
	UPDATE_RING,    /* the same over channels of two rings */
	UPDATE_WAYS
};

/**
 * struct update_round - one round, and what came of it
 * @way, @lines, @cores, @updates: lines of the state; threads in all; updates by each that updates
 * @cpu:    by thread; the first is the server's
 * @cycles: out: TSC cycles an update takes who asks for it, mean of its updates, median over threads
 * @server: out: cycles the server needs for one, mean, its waiting left out; 0: there is none
 * @wrong:  out: why no figure may be made of it, or NULL
 */
struct update_round {
	enum update_way way;
	uint32_t lines;
	uint32_t cores;
	uint64_t updates;
	const int *cpu;
	double cycles;
	double server;
	const char *wrong;
};

/** update_run - run a round. @wrong tells whether it worked. Context: no other one runs. */
void update_run(struct update_round *round);

/** struct update_line - a line of the shared state: its first word is what is updated */
struct update_line {
	uint64_t word;
	uint64_t rest[7];
};

/* By one core alone; the compiler may not merge the writes of two updates. */
static inline void update_lines(struct update_line *line, uint32_t lines)
{
	for (uint32_t i = 0; i < lines; i++) {
		volatile uint64_t *word = &line[i].word;

		*word = *word + 1;
	}
}

#endif
