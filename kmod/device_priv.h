/* SPDX-License-Identifier: GPL-2.0-only */
/* An open partition device, and the ioctls that live in a file of their own. */
#ifndef REMORA_DEVICE_PRIV_H
#define REMORA_DEVICE_PRIV_H

#include "partition.h"

/**
 * struct remora_device_file - what one open file has seen
 * @partition:       referenced
 * @seen_generation: of states, by REMORA_IOC_STATUS
 * @seen_lines:      by node - 1: core->seen_console when REMORA_IOC_CONSOLE gave all there was,
 *                   another number when there may be more, or REMORA_NOT_ASKED
 */
struct remora_device_file {
	struct remora_partition *partition;
	u64 seen_generation;
	u64 seen_lines[REMORA_CPUS_MAX];
};

#define REMORA_NOT_ASKED U64_MAX

/**
 * remora_core_running - a core that runs now
 * @unknown: the reason to give when there is no such core
 * Context: under p->lock. Return: NULL, and *@ret the errno of the reason in @err, when it does not.
 */
struct remora_core *remora_core_running(struct remora_partition *p, u32 node,
					enum remora_reason unknown, struct remora_error *err,
					int *ret);

long remora_device_status(struct file *file, void *arg, struct remora_error *err);
long remora_device_console(struct file *file, void *arg, struct remora_error *err);

#endif
