/* SPDX-License-Identifier: GPL-2.0-only */
/* One run, between the files of the shootdown. */
#ifndef REMORA_SHOOTDOWN_PRIV_H
#define REMORA_SHOOTDOWN_PRIV_H

#include <abi/shootdown.h>

#include "partition.h"
#include "shootdown.h"
#include "shootdown_tree.h"

#define REMORA_SHOOT_SAMPLES 4096u

/**
 * struct remora_room - memory of a run that belongs to one node
 * @line: on which its parent calls it; under broadcast its own line
 * @cast: on which it casts to its children
 * @plan: its own; node 0 has none
 */
struct remora_room {
	struct urpc_line line;
	struct urpc_line cast;
	struct abi_shoot_plan plan;
} __aligned(2048);

static_assert(sizeof(struct remora_room) == 2048);
static_assert(PAGE_SIZE % sizeof(struct remora_room) == 0);

/**
 * struct remora_job - one run
 * @want:    the caller's request, checked; results go there
 * @epoch:   by node: of its control node when the run began; a core in another one is a dead core
 * @children: by node: legs in its plan so far; the plan lies where a core gone astray may write
 * @fan:     node 0's, when it is the initiator
 * @sample:  room for REMORA_SHOOT_SAMPLES rounds of node 0
 * @lost:    medians that recipients reported, @losts of them
 */
struct remora_job {
	struct remora_partition *p;
	struct remora_shootdown *want;
	struct remora_tree tree;
	u32 run;
	u32 epoch[ABI_NODES_MAX];
	u8 children[ABI_NODES_MAX];
	struct urpc_fan fan;
	u64 stale;
	unsigned int losts;
	u64 lost[ABI_NODES_MAX];
	u64 sample[REMORA_SHOOT_SAMPLES];
};

/** remora_rooms_alloc - the partition's rooms, once. Under shoot.lock. Return: 0 or -ENOSPC. */
int remora_rooms_alloc(struct remora_partition *p, struct remora_error *err);
void remora_rooms_free(struct remora_partition *p);

/**
 * remora_rooms_fill - fresh lines and the plans of a job's cores; no core has a run open
 * Opens @job->fan when node 0 is the initiator.
 */
void remora_rooms_fill(struct remora_job *job);

/** remora_plan_phys - where the plan of a core is */
phys_addr_t remora_plan_phys(const struct remora_partition *p, unsigned int node);

/**
 * remora_job_rounds - do all rounds from the CPU of the caller
 * Context: process, sleeps between rounds, killable. Return: 0, or the errno of a reason in @err.
 */
int remora_job_rounds(struct remora_job *job, struct remora_error *err);

/** remora_job_failed - node @node did not answer, died, or broke the protocol: tell which */
int remora_job_failed(struct remora_job *job, unsigned int node, int error,
		      struct remora_error *err);

/** remora_sorted - sort values. Return: the one below which that many percent of them are, or 0. */
u64 remora_sorted(u64 *values, unsigned int count, unsigned int percent);

#endif
