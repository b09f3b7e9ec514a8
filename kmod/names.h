/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names for programs of Linux: each file of names is a domain of node 0's name service, see
 * abi/protocol/names.h and linux/remora_names.h.
 */
#ifndef REMORA_NAMES_H
#define REMORA_NAMES_H

#include <linux/list.h>
#include <linux/types.h>

#include "error.h"

struct file;
struct node;
struct remora_partition;

/** REMORA_NAMES_FILES - of a partition; the name service has room for as many domains */
#define REMORA_NAMES_FILES 64u

/**
 * struct remora_names - of a partition; under monitor.lock
 * @files:  struct remora_names_file, also those that are closed and not yet gone from all nodes
 * @count:  of them
 * @domain: number of the last one
 * @tag:    of the last request
 */
struct remora_names {
	struct list_head files;
	unsigned int count;
	u32 domain;
	u64 tag;
};

/** remora_names_init - once for a new partition object */
void remora_names_init(struct remora_partition *p);

/** remora_names_turn - requests may have been answered: do what had no room. Under monitor.lock, after messages */
void remora_names_turn(struct remora_partition *p, struct node *node);

/**
 * remora_names_end - the name service is about to go: all who wait are told, files only say ENODEV
 * Context: process, under monitor.lock. A second call does nothing.
 */
void remora_names_end(struct remora_partition *p);

/**
 * remora_names_open - REMORA_IOC_NAMES
 * @flags: REMORA_NAMES_CLOEXEC, REMORA_NAMES_NONBLOCK, checked
 * Context: process. Return: a descriptor, or an errno.
 */
int remora_names_open(struct remora_partition *p, struct file *partition_file, u32 flags,
		      struct remora_error *err);

#endif
