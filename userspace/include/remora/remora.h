/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * libremora: the devices of Remora for C and C++ programs.
 *
 * Every call returns 0 (or a count or descriptor where it says so), or a negative errno value, and
 * prints nothing. Calls that can fail in many ways take a struct remora_error, which may be NULL:
 * on failure it holds an enum remora_reason and a sentence; reason REMORA_R_NONE and an empty
 * message mean that the errno value says it all.
 *
 * An object belongs to one thread at a time; different objects may be used by different threads.
 * Descriptors are close-on-exec. No call installs signal handlers or creates threads.
 */
#ifndef REMORA_REMORA_H
#define REMORA_REMORA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/remora.h>

#ifdef __cplusplus
extern "C" {
#endif

#define REMORA_CONTROL_PATH "/dev/remora"

struct remora_ctl;       /* the control device */
struct remora_partition; /* a partition's device */

/* ---- control device ---- */

/**
 * remora_ctl_open - open /dev/remora
 * @ctl:   the object, to be closed with remora_ctl_close()
 * @write: for create, check and destroy; false is enough for version and list
 * Return: 0; -ENOENT or -ENXIO when the module is not loaded, -EACCES, -ENOMEM, others of open(2).
 */
int remora_ctl_open(struct remora_ctl **ctl, bool write);

/** remora_ctl_close - close the control device. @ctl may be NULL. */
void remora_ctl_close(struct remora_ctl *ctl);

/** remora_ctl_version - fill *@version. Return: 0 or a negative errno value. */
int remora_ctl_version(struct remora_ctl *ctl, struct remora_version *version);

/**
 * remora_ctl_create - create a partition
 * @request: all fields but size; error and warnings are filled on return
 * Return: 0, or the errno value of the reason in @request->error, negative.
 */
int remora_ctl_create(struct remora_ctl *ctl, struct remora_create *request);

/** remora_ctl_check - all the checks of remora_ctl_create(), touching nothing. Same return. */
int remora_ctl_check(struct remora_ctl *ctl, struct remora_create *request);

/**
 * remora_ctl_destroy - give everything of a partition back to Linux
 * @flags: REMORA_FORCE: even while it runs or its channels are open
 * Return: 0; -ENOENT, -EBUSY, -EIO (something could not be given back), -EPERM.
 */
int remora_ctl_destroy(struct remora_ctl *ctl, const char *name, uint32_t flags,
		       struct remora_error *error);

/**
 * remora_ctl_list - names of all partitions
 * @names: array of @count names, to be freed with free(); NULL when there are none
 * Return: 0, -ENOMEM, or another negative errno value.
 */
int remora_ctl_list(struct remora_ctl *ctl, char (**names)[REMORA_NAME_MAX], uint32_t *count);

/* ---- partition device ---- */

/**
 * remora_partition_open - open /dev/remora-NAME
 * @write: for start, stop, reset, inject and moving CPUs; false is enough for status, console and bind
 * Return: 0; -ENOENT (no such partition), -EINVAL (no possible name), -EACCES, -ENOMEM.
 */
int remora_partition_open(struct remora_partition **partition, const char *name, bool write);

/** remora_partition_close - close the device; channels stay open. @partition may be NULL. */
void remora_partition_close(struct remora_partition *partition);

/** remora_partition_fd - descriptor for poll(2): see linux/remora.h. It stays the object's. */
int remora_partition_fd(const struct remora_partition *partition);

/** remora_partition_start - boot all cores. Return: 0 once all run, or a negative errno value. */
int remora_partition_start(struct remora_partition *partition, struct remora_error *error);

/**
 * remora_partition_stop - stop all cores
 * @flags:      REMORA_FORCE: do not ask the cores
 * @timeout_ms: how long to ask politely; 0: the module's 2000; at most 60000
 * Return: 0; -ETIMEDOUT when a core did not stop, -EBUSY, -EPERM.
 */
int remora_partition_stop(struct remora_partition *partition, uint32_t flags, uint32_t timeout_ms,
			  struct remora_error *error);

/** remora_partition_reset - stop by force, start again. Return: 0 or a negative errno value. */
int remora_partition_reset(struct remora_partition *partition, struct remora_error *error);

/**
 * remora_partition_add_cpu - take a CPU from Linux and let it join as a core
 * @request: all fields before node as input, but size; node, warnings and error as output
 * Return: 0 once it runs, or the partition is offline; what create may fail with, for one CPU; -EBUSY
 * (the partition's state does not allow it), -ENOTTY (the module is older).
 */
int remora_partition_add_cpu(struct remora_partition *partition, struct remora_add_cpu *request);

/**
 * remora_partition_remove_cpu - let a core leave, its CPU is Linux's again
 * @request: all fields as input, but size; error as output
 * Return: 0; -ECHRNG (no such core), -EPERM (the last one, or not allowed), -ETIMEDOUT (it did not
 * stop and goes on), -EBUSY, -EIO (Linux did not take the CPU back), -ENOTTY (the module is older).
 */
int remora_partition_remove_cpu(struct remora_partition *partition,
				struct remora_remove_cpu *request);

/**
 * remora_partition_add_memory - give a core memory of Linux
 * @request: node, extents and their count as input; given, bytes and error as output
 * Return: 0; what create may fail with, for memory; -ECHRNG (no such core), -EBUSY (the partition's
 * state does not allow it), -ENOSPC (the core cannot take it), -ETIMEDOUT, -EHOSTDOWN, -ENOTTY (the module
 * is older).
 */
int remora_partition_add_memory(struct remora_partition *partition,
				struct remora_memory_add *request);

/**
 * remora_partition_remove_memory - give memory that was added back to Linux
 * @request: address, or ~0 and bytes, and timeout_ms as input; node, bytes and error as output
 * Return: 0; -ENOENT (no such memory was added), -EPERM (it came with the partition or a core, or not
 * allowed), -EBUSY (somebody uses it), -ETIMEDOUT, -EHOSTDOWN, -EIO (Linux did not take it back), -ENOTTY.
 */
int remora_partition_remove_memory(struct remora_partition *partition,
				   struct remora_memory_remove *request);

/**
 * struct remora_report - a snapshot of a partition
 * @status:  of the partition; its pointers are @cores and @extents
 * @cores:   @status.core_count cores, in the order of their nodes
 * @extents: @status.extent_count extents of memory, as obtained, those of cores that joined too
 */
struct remora_report {
	struct remora_status status;
	struct remora_core_status *cores;
	struct remora_extent *extents;
};

/**
 * remora_partition_status - take a snapshot; also clears a pending POLLPRI
 * @report: to be freed with remora_report_free()
 * Return: 0; -ENODEV when the partition was destroyed, -ENOMEM.
 */
int remora_partition_status(struct remora_partition *partition, struct remora_report **report);

/** remora_report_free - @report may be NULL. */
void remora_report_free(struct remora_report *report);

/**
 * remora_partition_poll - wait until something may have changed since the call before
 * Wakes for a change of state and, once console lines were asked for, for new ones. Unlike poll(2)
 * on the descriptor it does not return again and again while a core is crashed.
 * @timeout_ms: -1: no limit
 * Return: POLLPRI, POLLIN, POLLERR and POLLHUP as they stand now; 0 when the time is up; -EINTR.
 */
int remora_partition_poll(struct remora_partition *partition, int timeout_ms);

/**
 * remora_partition_wait - wait until the partition is in one of some states
 * @states:     bit (1 << enum remora_state) for each state that ends the wait
 * @timeout_ms: -1: no limit
 * Return: the enum remora_state reached; -ETIMEDOUT, -ENODEV (destroyed), -EINTR, -ENOMEM.
 */
int remora_partition_wait(struct remora_partition *partition, uint32_t states, int timeout_ms);

/**
 * remora_partition_console - copy console lines of a core, oldest first
 * @node:   node number of the core, from 1
 * @next:   in: number of the first line wanted, 1 for all; out: the next to ask for
 * @lines:  room for @count lines
 * @missed: lines that were overwritten before they could be copied; may be NULL
 * Return: lines copied (0: none new), -ECHRNG (no such core), -ENODEV.
 */
int remora_partition_console(struct remora_partition *partition, uint32_t node, uint64_t *next,
			     struct remora_console_line *lines, uint32_t count, uint64_t *missed);

/** remora_partition_inject - make a core fail on purpose. @kind: enum remora_fault. */
int remora_partition_inject(struct remora_partition *partition, uint32_t node, uint32_t kind,
			    struct remora_error *error);

/**
 * remora_partition_peer_ping - round trips between two cores
 * @ping: node, peer and count as input; the times, in TSC cycles, and error as output
 * Return: 0; -ECHRNG, -EINVAL, -EHOSTDOWN, -ETIMEDOUT.
 */
int remora_partition_peer_ping(struct remora_partition *partition, struct remora_peer_ping *ping);

/**
 * remora_partition_shootdown - TLB shootdowns by message between Linux or a core and other cores
 * @shootdown: all fields before min as input, but size; the times, in TSC cycles, what was handled
 *             and error as output
 * Return: 0; -EINVAL, -ECHRNG, -EOPNOTSUPP (these CPUs cannot invalidate that way), -EBUSY (one is
 * under way), -EHOSTDOWN, -ETIMEDOUT, -EPROTO, -EIO (a stale translation was used), -ENOTTY (the
 * module is older).
 */
int remora_partition_shootdown(struct remora_partition *partition,
			       struct remora_shootdown *shootdown);

#ifdef __cplusplus
}
#endif

#include <remora/bind.h>
#include <remora/chan.h>
#include <remora/names.h>
#include <remora/program.h>
#include <remora/text.h>

#endif
