/* SPDX-License-Identifier: GPL-2.0-only */
/* Partition objects as create.c handles them: allocation, device, and the list of names. */
#ifndef REMORA_CREATE_H
#define REMORA_CREATE_H

#include "partition.h"

/** remora_partition_alloc - an object for @spec, offline, with one reference; NULL: no memory */
struct remora_partition *remora_partition_alloc(const struct remora_spec *spec);

/** remora_partition_device_add - device node, sysfs, ledger entry. All or nothing. */
int remora_partition_device_add(struct remora_partition *p, struct remora_error *err);
/** remora_partition_device_del - the reverse; waits for readers of attributes, not for open files */
void remora_partition_device_del(struct remora_partition *p);

/** remora_partition_name_check - good, and free at this moment? -EINVAL, -EEXIST */
int remora_partition_name_check(const char *name, struct remora_error *err);

/** remora_partition_enlist - take the name; -EEXIST. It cannot be found before set_listed(true). */
int remora_partition_enlist(struct remora_partition *p, struct remora_error *err);
void remora_partition_set_listed(struct remora_partition *p, bool listed);
/** remora_partition_unlist - the name is free again */
void remora_partition_unlist(struct remora_partition *p);

/**
 * remora_partition_get - a reference to the listed partition of that name, or to any with NULL
 * Return: NULL when there is none; else put_device(&p->dev) it.
 */
struct remora_partition *remora_partition_get(const char *name);

#endif
