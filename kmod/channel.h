/* SPDX-License-Identifier: GPL-2.0-only */
/* Bound channels: a file descriptor each, rings in the partition's shared memory. */
#ifndef REMORA_CHANNEL_H
#define REMORA_CHANNEL_H

#include "error.h"

struct file;
struct remora_partition;
struct remora_core;

/** remora_channels_init - locks and lists of a new partition object */
void remora_channels_init(struct remora_partition *p);

/** remora_channels_open - make p->shared the memory of channels, once it is allocated */
int remora_channels_open(struct remora_partition *p, struct remora_error *err);
/** remora_channels_close - the reverse; no channel may be left (remora_channels_revoke) */
void remora_channels_close(struct remora_partition *p);

/**
 * remora_channel_bind - allocate rings, ask the core, install a descriptor
 * Context: process, sleeps, takes p->lock for the first part. Return: fd or errno.
 */
int remora_channel_bind(struct remora_partition *p, struct file *partition_file,
			const struct remora_bind *request, struct remora_error *err);

/**
 * remora_channels_closed - the core says that it closed a channel: EPROTO there from now on
 * Of a link between monitors: see remora_mesh_closed().
 * @number: as the core knows it; any value
 * Atomic context, under the core's node->lock, so that it comes before an answer that frees the number.
 */
void remora_channels_closed(struct remora_core *core, u32 number);

/** remora_channels_wake - a doorbell came: wake the sleepers whose ring has news. Atomic context. */
void remora_channels_wake(struct remora_partition *p);

/**
 * remora_channels_hangup - cores of the partition are gone: EPOLLHUP on every channel
 * @node: only those of this node, or 0 for all. Rings stay mapped.
 * The cores are quiescent already (remora_wake_silence): rings that a closed channel had to leave
 * to a live core that did not answer are freed here. Process context, sleeps.
 */
void remora_channels_hangup(struct remora_partition *p, unsigned int node);

/** remora_channels_revoke - zap every user mapping and free the rings: forced destroy. Sleeps. */
void remora_channels_revoke(struct remora_partition *p);

#endif
