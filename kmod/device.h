/* SPDX-License-Identifier: GPL-2.0-only */
/* /dev/remora-NAME, its watch, and its place in sysfs: what the life cycle calls. */
#ifndef REMORA_DEVICE_H
#define REMORA_DEVICE_H

#include <linux/types.h>

struct attribute_group;
struct file_operations;
struct remora_core;
struct dentry;
struct remora_partition;

/** remora_device_fops - of a partition's character device; open() takes a reference by get_device() */
extern const struct file_operations remora_device_fops;

/** remora_partition_groups - sysfs attributes of a partition, 0-terminated (sysfs.c) */
extern const struct attribute_group *remora_partition_groups[];

/**
 * remora_sysfs_add_core - directory of a core whose regions exist. Return: 0 or errno
 * Its attributes take no lock: it may be removed under p->lock.
 */
int remora_sysfs_add_core(struct remora_core *core);
void remora_sysfs_remove_core(struct remora_core *core);
/** remora_sysfs_add_cores - directories of a registered partition's cores. Return: 0 or errno. */
int remora_sysfs_add_cores(struct remora_partition *p);
/** remora_sysfs_remove_cores - after return no attribute of a core is being read */
void remora_sysfs_remove_cores(struct remora_partition *p);

/** remora_core_boot_ns - start-up message to running, or 0. While the core's pages exist. */
u64 remora_core_boot_ns(const struct remora_core *core);

/** remora_watch_init - once for a new partition object: the delayed work, not yet queued */
void remora_watch_init(struct remora_partition *p);
/** remora_watch_forget - a core is about to boot: nothing of it was seen yet. Under p->lock. */
void remora_watch_forget(struct remora_core *core);
/** remora_watch_start - cores run: begin to watch them. Under p->lock. */
void remora_watch_start(struct remora_partition *p);
/**
 * remora_watch_stop - no watch work runs or is queued after return
 * Context: process; the caller does NOT hold p->lock, which the work takes.
 */
void remora_watch_stop(struct remora_partition *p);

/** remora_sysfs_init/exit - the module-wide ledger, /sys/kernel/remora/ledger/ */
int remora_sysfs_init(void);
void remora_sysfs_exit(void);

/** remora_control_init/exit - /dev/remora */
int remora_control_init(void);
void remora_control_exit(void);

/** remora_power_init/exit - reboot, panic and suspend notifiers (power.c) */
int remora_power_init(void);
void remora_power_exit(void);

/** remora_power_busy - a suspend or reboot is under way: nothing new may be started */
bool remora_power_busy(void);

/** remora_fault_init/exit - debugfs directory "remora" with fail_step and fail_message (fault.c) */
void remora_fault_init(void);
void remora_fault_exit(void);
/** remora_debugfs - that directory, for files of others between init and exit; may be an error */
struct dentry *remora_debugfs(void);

#endif
