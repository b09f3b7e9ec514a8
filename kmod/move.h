/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Cores that join and leave a partition: join.c and leave.c.
 *
 * What a core holds and what it needs to run are two tables, so that a core of an offline partition
 * can move too, and so that stopping the partition, which releases what all its cores need to run,
 * leaves it what it holds. Cores of create hold the same, by the create table's doing.
 */
#ifndef REMORA_MOVE_H
#define REMORA_MOVE_H

#include "partition.h"
#include "steps.h"

struct file;

/**
 * struct remora_move - a core on its way, the tables' context
 * @extents:  wanted memory, @extent_count of them
 * @returned: 0, or why Linux did not take the CPU back, in @err
 */
struct remora_move {
	struct remora_partition *p;
	struct remora_core *core;
	unsigned int cpu;
	unsigned int extent_count;
	struct remora_extent extents[REMORA_EXTENTS_MAX];
	u32 warnings[4];
	int returned;
	struct remora_error *err;
};

#define REMORA_HOLD_STEPS 5u
#define REMORA_BOOT_STEPS 6u

extern const struct remora_step remora_hold_steps[REMORA_HOLD_STEPS];
extern const struct remora_step remora_boot_steps[REMORA_BOOT_STEPS];

/**
 * remora_joined_leave - cores that joined give back what they hold, before the create table does
 * No core runs. Under p->lock. Nothing is left for a second call.
 */
void remora_joined_leave(struct remora_partition *p);

/** remora_device_add_cpu - REMORA_IOC_ADD_CPU */
long remora_device_add_cpu(struct file *file, void *arg, struct remora_error *err);
/** remora_device_remove_cpu - REMORA_IOC_REMOVE_CPU */
long remora_device_remove_cpu(struct file *file, void *arg, struct remora_error *err);

#endif
