/* SPDX-License-Identifier: GPL-2.0-only */
/* Start and stop for callers that hold the partition's lock already. */
#ifndef REMORA_START_H
#define REMORA_START_H

#include "partition.h"

/** remora_interrupted - is the caller being killed? -EINTR, noted in @err, or 0 */
int remora_interrupted(struct remora_error *err);

/** remora_partition_lock - take p->lock. Return: 0, -EINTR, or -ENODEV when it was destroyed. */
int remora_partition_lock(struct remora_partition *p, struct remora_error *err);

/** remora_start_locked - from offline or crashed to running, or back to offline with an error */
int remora_start_locked(struct remora_partition *p, struct remora_error *err);

/**
 * remora_stop_locked - to offline
 * @force:      silence the cores that did not stop in time
 * @timeout_ms: how long to ask; 0: do not ask. Without @force not 0
 * Return: 0; -EBUSY: nothing runs; -ETIMEDOUT, -EINTR without @force: the partition is crashed.
 */
int remora_stop_locked(struct remora_partition *p, bool force, unsigned int timeout_ms,
		       struct remora_error *err);

#endif
