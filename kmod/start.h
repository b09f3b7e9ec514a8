/* SPDX-License-Identifier: GPL-2.0-only */
/* Start and stop for callers that hold the partition's lock already. */
#ifndef REMORA_START_H
#define REMORA_START_H

#include "partition.h"

/** remora_interrupted - is the caller being killed? -EINTR, noted in @err, or 0 */
int remora_interrupted(struct remora_error *err);

/** remora_partition_lock - take p->lock. Return: 0, -EINTR, or -ENODEV when it was destroyed. */
int remora_partition_lock(struct remora_partition *p, struct remora_error *err);

/**
 * remora_partition_move - to the state that follows @event, and say so
 * Return: 0, or -EBUSY with REMORA_R_STATE_WRONG. Under p->lock.
 */
int remora_partition_move(struct remora_partition *p, enum remora_event event,
			  struct remora_error *err);

/** remora_core_open - attach to its fresh control rings; remora_node_close() undoes it */
int remora_core_open(struct remora_core *core);
/** remora_core_wake - let it run, until its CPU driver begins; remora_core_silence() undoes it */
int remora_core_wake(struct remora_core *core, struct remora_error *err);
/** remora_cores_await - wait until the cores that are booting run. Killable */
int remora_cores_await(struct remora_partition *p, struct remora_error *err);

/**
 * remora_core_stop - ask one core to stop, and wait; not silenced, its state is not changed
 * Return: 0: it halted, or does not run; -ETIMEDOUT, -EINTR: it goes on. Under p->lock.
 */
int remora_core_stop(struct remora_core *core, unsigned int timeout_ms, struct remora_error *err);

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
