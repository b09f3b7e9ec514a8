/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What Linux offers to hand a message of four words, and the CPU, to somebody else on the same CPU,
 * beside which a message between two programs of a partition core can be read.
 */
#ifndef REMORA_CLI_HANDOVER_H
#define REMORA_CLI_HANDOVER_H

#include <stdbool.h>
#include <stdint.h>

struct handover_arena;

/**
 * struct handover - one way to hand over
 * @name:    of the mechanism
 * @threads: between two threads of one process; else between two processes
 * @blocks:  who waits, sleeps; else it stays runnable and looks each time it is its turn
 */
struct handover {
	const char *name;
	bool threads;
	bool blocks;
	int (*give)(struct handover_arena *arena, unsigned int side);
	int (*take)(struct handover_arena *arena, unsigned int side);
};

extern const struct handover handovers[]; /* ends with a NULL name */

/**
 * handover_measure - send messages to and fro between two that are pinned to one CPU
 * @cpu:     where both run; the calling thread is pinned there, too, and stays
 * @one_way: TSC from before the sender's system call to after the receiver's, by message to the
 *           answering side
 * @round:   TSC from before a message is sent until its answer is there
 * @count:   of samples; some more come before, and are not kept
 * Return: 0 or a negative errno value.
 */
int handover_measure(const struct handover *handover, unsigned int cpu, uint64_t *one_way,
		     uint64_t *round, uint64_t count);

#endif
