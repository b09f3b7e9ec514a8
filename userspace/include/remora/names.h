/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * libremora: names that Linux and the programs of a partition share: records of four numbers, locks,
 * semaphores and barriers. Included by remora/remora.h.
 *
 * What is made through a struct remora_names belongs to it, and goes when it is closed, or when the
 * process ends that alone has it: records, semaphores, locks held and places in queues. A lock is held
 * by the object, not by a thread: its threads can unlock it for each other.
 *
 * Other than other objects, this one may be used by several threads at the same time, for all but
 * remora_names_close().
 *
 * Calls with a time limit in milliseconds: -1: none, 0: do not wait. A signal ends them with -EINTR,
 * and then nothing was done. What all calls here may return: -EINVAL (no possible name, or number),
 * -ENODEV (the partition was destroyed), -EINTR, -ENOTTY (the module is older).
 */
#ifndef REMORA_NAMES_H
#define REMORA_NAMES_H

#include <stdint.h>

#include <linux/remora.h>

#ifdef __cplusplus
extern "C" {
#endif

struct remora_names;
struct remora_partition;

/**
 * remora_names_open - have names in a partition
 * @names: the object, to be closed with remora_names_close(); the partition's may be closed before it
 * Return: 0; -EDQUOT (the user has as many as one may), -ENFILE (the partition has), -ENODEV, -ENOMEM,
 * -ENOTTY.
 */
int remora_names_open(struct remora_names **names, struct remora_partition *partition,
		      struct remora_error *error);

/** remora_names_close - let go of everything, once no other process has it. @names may be NULL. */
void remora_names_close(struct remora_names *names);

/** remora_names_fd - for poll(2): POLLIN: there is an event; POLLHUP: no partition. It stays the object's. */
int remora_names_fd(const struct remora_names *names);

/* ---- records ---- */

/**
 * remora_name_set - make a record, or write it
 * @value: REMORA_NAMES_VALUES numbers
 * @flags: REMORA_NAMES_CREATE, _OVERWRITE, _SHARED
 * Return: 0; -EEXIST, -ENOENT (by the first two), -EACCES (somebody else's, not shared),
 * -EMEDIUMTYPE (a lock, semaphore or barrier), -EDQUOT, -ENOSPC (no room for one more).
 */
int remora_name_set(struct remora_names *names, const char *name, const uint64_t *value,
		    uint32_t flags, struct remora_error *error);

/** remora_name_get - look at what has a name, of whatever kind. Return: 0, -ENOENT. */
int remora_name_get(struct remora_names *names, const char *name,
		    struct remora_names_record *record, struct remora_error *error);

/**
 * remora_name_remove - remove a record or a semaphore; who waits there gets -EIDRM
 * Return: 0, -ENOENT, -EACCES, -EMEDIUMTYPE.
 */
int remora_name_remove(struct remora_names *names, const char *name, struct remora_error *error);

/**
 * remora_name_wait - wait until there is a record of this name
 * @record: may be NULL
 * Return: 0; -ETIMEDOUT, -EDQUOT.
 */
int remora_name_wait(struct remora_names *names, const char *name, int timeout_ms,
		     struct remora_names_record *record, struct remora_error *error);

/**
 * remora_names_list - what there is, sorted by name
 * @prefix:  of the wanted names; "": all
 * @records: array of *@count, to be freed with free(); NULL when there are none
 * Return: 0, -ENOMEM. What changes meanwhile may be there or not.
 */
int remora_names_list(struct remora_names *names, const char *prefix,
		      struct remora_names_record **records, uint32_t *count,
		      struct remora_error *error);

/**
 * remora_names_watch - be told by remora_names_event() of each change of a record
 * @prefix: of the names to watch; "": all
 * @tag:    the caller's own
 * Return: 0, -EDQUOT.
 */
int remora_names_watch(struct remora_names *names, const char *prefix, uint64_t tag,
		       struct remora_error *error);

/** remora_names_unwatch - no more, but for what has come already. Return: 0, -ENOENT. */
int remora_names_unwatch(struct remora_names *names, uint64_t tag, struct remora_error *error);

/** remora_names_event - the next one. Return: 0, -ETIMEDOUT. */
int remora_names_event(struct remora_names *names, struct remora_names_event *event,
		       int timeout_ms);

/* ---- locks, semaphores, barriers ---- */

/**
 * remora_lock - hold a lock, which there is while somebody holds it
 * Who has waited longest is next. A holder that ends lets it go.
 * Return: 0; -EAGAIN (held, and @timeout_ms is 0), -ETIMEDOUT, -EMEDIUMTYPE, -EDQUOT, -ENOSPC.
 */
int remora_lock(struct remora_names *names, const char *name, int timeout_ms,
		struct remora_error *error);

/** remora_unlock - let it go. Return: 0, -ENOENT (nobody holds it), -EACCES (somebody else does). */
int remora_unlock(struct remora_names *names, const char *name, struct remora_error *error);

/**
 * remora_semaphore_create - make a semaphore; remora_name_remove() ends it
 * @count: how many may pass, 0 to 2^31
 * Return: 0, -EEXIST, -EDQUOT, -ENOSPC.
 */
int remora_semaphore_create(struct remora_names *names, const char *name, uint32_t count,
			    struct remora_error *error);

/** remora_semaphore_post - let @count more pass. Return: 0, -ENOENT, -ERANGE (over 2^31), -EMEDIUMTYPE. */
int remora_semaphore_post(struct remora_names *names, const char *name, uint32_t count,
			  struct remora_error *error);

/**
 * remora_semaphore_wait - pass
 * Return: 0; -EAGAIN (at 0, and @timeout_ms is 0), -ETIMEDOUT, -EIDRM (removed meanwhile), -ENOENT,
 * -EMEDIUMTYPE, -EDQUOT.
 */
int remora_semaphore_wait(struct remora_names *names, const char *name, int timeout_ms,
			  struct remora_error *error);

/**
 * remora_barrier - wait until @count have come; the last one lets all others go on
 * Return: 0; -ETIMEDOUT (the place is free again), -ERANGE (others wait for another count),
 * -EMEDIUMTYPE, -EDQUOT, -ENOSPC.
 */
int remora_barrier(struct remora_names *names, const char *name, uint32_t count, int timeout_ms,
		   struct remora_error *error);

#ifdef __cplusplus
}
#endif

#endif
