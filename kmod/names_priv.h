/* SPDX-License-Identifier: GPL-2.0-only */
/* A file of names, shared by the two files that make it: life and quotas, input and output. */
#ifndef REMORA_NAMES_PRIV_H
#define REMORA_NAMES_PRIV_H

#include <linux/completion.h>
#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "monitor_parts.h"
#include "partition.h"

#define NAMES_EVENTS 16u

/**
 * struct remora_names_file - a domain of node 0
 * The file owns it; once closed the list does, until the name service has forgotten the domain.
 * @partition, @partition_file, @domain, @uid: constant
 * @link, @requests, @bindings, @offers, @leftovers, @closed, @gone: under monitor.lock; gone: it is on no list, the service is no more;
 *            also read without the lock
 * @read_lock: one reader at a time, so that events stay in order
 * @events:   a ring; @first: of the oldest, @used: how many; under @lock
 * @full:     an event did not fit; under @lock
 */
struct remora_names_file {
	struct remora_partition *partition;
	struct file *partition_file;
	u32 domain;
	kuid_t uid;

	struct list_head link;
	struct list_head requests;
	struct list_head bindings;
	struct list_head offers;
	struct list_head leftovers; /* offers that were closed while there was no room for the request to remove the name */
	bool closed;
	bool gone;

	wait_queue_head_t wait;
	struct mutex read_lock;
	spinlock_t lock;
	struct remora_names_event events[NAMES_EVENTS];
	unsigned int first;
	unsigned int used;
	bool full;
};

/**
 * struct remora_names_request - one that is not answered; on its caller's stack
 * @link:   in the file's requests until it is answered, under monitor.lock
 * @error:  enum names_error, or REMORA_NAMES_NODEV: the service has gone
 * @record: what it was about; kind 0: nothing
 */
struct remora_names_request {
	struct list_head link;
	u64 tag;
	u32 error;
	struct remora_names_record record;
	struct completion done;
};

#define REMORA_NAMES_NODEV U32_MAX

/** remora_names_record_of - a slot of the table as user space sees it */
void remora_names_record_of(struct remora_names_record *r, const struct names_slot *s);

/**
 * remora_names_room - may the calling user have one name or waiting request more?
 * Context: under monitor.lock. Return: 0 or -EDQUOT
 */
int remora_names_room(const struct remora_names_file *nf, const struct names *n,
		      struct remora_error *err);

/** remora_names_file_of - of a domain of node 0. Under monitor.lock. Return: NULL: there is none (any more) */
struct remora_names_file *remora_names_file_of(struct remora_partition *p, u32 domain);

/** remora_names_enter - remora_monitor_enter() for a file. Return: NULL: *@ret says why */
struct node *remora_names_enter(struct remora_names_file *nf, struct remora_error *err, int *ret);

/** remora_names_create - set a record that must not be there, and wait. Return: 0 or an errno */
int remora_names_create(struct remora_names_file *nf, const char *name,
			const u64 value[REMORA_NAMES_VALUES], struct remora_error *err);

/** remora_names_release - the file is closed. Process context. */
void remora_names_release(struct remora_names_file *nf);

extern const struct file_operations remora_names_fops;

#endif
