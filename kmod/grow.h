/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that is added to a core, running or not, and removed again: grow.c and shrink.c have the calls, grow_core.c
 * the talk with the core and its monitor.
 *
 * p->lock is held all the way, as by a core that joins. Where cores run, each step is confirmed by who is
 * concerned: memory goes back to Linux only when the monitor has let go of it, and after it the CPU driver.
 *
 * A piece is on the list of its core while the core knows of it, or may know: what the core did not confirm
 * to have let go stays there, until a later try, or until the core is gone. All under partition->lock; the
 * answer of the memory server under monitor.lock.
 */
#ifndef REMORA_GROW_H
#define REMORA_GROW_H

#include <linux/list.h>

#include "memory.h"

struct file;
struct remora_core;
struct remora_partition;

#define REMORA_ADDED_MAX 6u /* pieces of a core */

/**
 * struct remora_added - a piece
 * @memory: one extent
 * @known:  the core may have it in its window
 */
struct remora_added {
	struct list_head link;
	struct remora_memory memory;
	bool known;
};

static inline const struct remora_memory_extent *remora_added_extent(const struct remora_added *added)
{
	return &added->memory.extent[0];
}

/**
 * struct remora_growth - what the memory server is asked for, one thing at a time; under monitor.lock
 * @tag:   of it; others are not listened to any more
 * @done:  written last; also read without the lock
 * @error: enum memserv_error
 * @node, @domain, @base: who uses what, for MEMSERV_E_HELD
 */
struct remora_growth {
	u64 tag;
	bool done;
	u32 error;
	u32 node;
	u32 domain;
	u64 base;
};

/** remora_grow_done - hook done() of the memory server. Under monitor.lock */
void remora_grow_done(struct remora_partition *p, u64 tag, u32 error, u32 node, u32 domain, u64 base);

/**
 * remora_core_memory_add - the core has a piece in its window, and its monitor a capability for it
 * Under p->lock, as the next ones; bounded waits that cannot be interrupted. On failure @added->known says whether the core
 * may have some of it all the same.
 */
int remora_core_memory_add(struct remora_core *core, struct remora_added *added,
			   struct remora_error *err);
/** remora_core_memory_take - it has not any more; REMORA_R_MEMORY_IN_USE: nothing was done */
int remora_core_memory_take(struct remora_core *core, struct remora_added *added,
			    struct remora_error *err);

/** remora_monitor_memory_add - its monitor hands the piece out from now on */
int remora_monitor_memory_add(struct remora_core *core, const struct remora_added *added,
			      struct remora_error *err);
/**
 * remora_monitor_memory_take - it does not any more, and has deleted its capability; can be killed
 * @timeout_ms: for other cores that have borrowed some
 * Return: 0, also where it did not know the piece; REMORA_R_MEMORY_IN_USE: nothing was done.
 */
int remora_monitor_memory_take(struct remora_core *core, const struct remora_added *added,
			       unsigned int timeout_ms, struct remora_error *err);

/** remora_monitor_member - is the core a member of the view? Any context */
bool remora_monitor_member(const struct remora_core *core);

/** REMORA_MEMBER_MS - a core that has just started has no links yet */
#define REMORA_MEMBER_MS 2000u
/**
 * remora_member_await - wait so long at the most until it is a member: by links that are made under p->lock
 * Without that lock. A deadly signal ends the wait, too.
 */
void remora_member_await(const struct remora_core *core);

/** remora_grow_allowed - may memory come and go? Under p->lock. Return: 0, or an errno with its sentence */
int remora_grow_allowed(struct remora_partition *p, struct remora_error *err);

/** remora_added_return - one piece is Linux's again; it is freed. Return: false: Linux did not take it */
bool remora_added_return(struct remora_core *core, struct remora_added *added);

/** remora_added_release - all of it is Linux's again; the core does not run, and no other core uses it */
void remora_added_release(struct remora_core *core);

/** remora_device_memory_add - REMORA_IOC_MEMORY_ADD */
long remora_device_memory_add(struct file *file, void *arg, struct remora_error *err);
/** remora_device_memory_remove - REMORA_IOC_MEMORY_REMOVE */
long remora_device_memory_remove(struct file *file, void *arg, struct remora_error *err);

#endif
