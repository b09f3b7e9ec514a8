/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Node 0's part in starting programs for programs (abi/protocol/spawnd.h): it knows all jobs of a partition, and
 * neither asks for any nor runs a part of one. All under monitor.lock, in process context.
 */
#ifndef REMORA_JOBS_H
#define REMORA_JOBS_H

struct node;
struct remora_jobs;
struct remora_partition;

/** remora_jobs_part - for remora_parts_init(). Return: 0, -ENOMEM, -EINVAL */
int remora_jobs_part(struct remora_partition *p, struct node *n);
/** remora_jobs_unpart - nothing without remora_jobs_part() */
void remora_jobs_unpart(struct remora_partition *p);

#endif
