/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * Starting programs on any cores, and learning how they end; see Documentation/services.md. A job is a
 * program on one or more nodes, one on each; when one of them ends, the others are ended.
 */
#ifndef LIB_SPAWN_H
#define LIB_SPAWN_H

#include <abi/protocol/spawnd.h>

#include <lib/sync.h>

#define RT_SPAWN_STRINGS 256u /* bytes of all arguments and variables, each with its 0 */

/**
 * struct rt_spawn_program - what to start
 * @name:   of the job, up to 31 bytes
 * @nodes:  a bit for each node (never 0, which is Linux)
 * @file, @file_bytes: an ELF file, as for `remora run`
 * @argv, @environ: NULL at their ends; @environ may be NULL
 * @memory: bytes for each; 0: the usual
 * @ends_with_us: the job ends when this program does
 */
struct rt_spawn_program {
	const char *name;
	uint64_t nodes;
	const void *file;
	uint64_t file_bytes;
	const char *const *argv;
	const char *const *environ;
	uint64_t memory;
	bool ends_with_us;
};

/**
 * struct rt_job - the caller's memory, from rt_spawn() until rt_job_wait() has returned 0
 * @how:    once it is over: enum spawnd_how; @status: exit status
 * @node:   where it ended first, or what went wrong did
 * @error:  of rt_spawn(): enum spawnd_error, or enum monitor_refusal
 * The rest is private.
 */
struct rt_job {
	uint32_t how;
	int32_t status;
	uint32_t node;
	uint32_t error;
	bool over;
	uint64_t number;
	uint64_t job;
	const uint8_t *file;
	uint64_t file_bytes;
	struct rt_queue waiters;
	struct rt_job *next;
};

/**
 * rt_spawn - start a job, and wait until all its programs run
 * @file stays the caller's: it is read until this returns.
 * Return: 0; -RT_EINVAL: too many strings; -RT_ECANCELED: refused or failed, @error says why; or as
 * rt_monitor_call().
 */
int rt_spawn(struct rt_job *job, const struct rt_spawn_program *program);

/** rt_job_wait - until it is over: a TSC deadline. Return: 0, -RT_ETIMEDOUT */
int rt_job_wait(struct rt_job *job, uint64_t deadline);

/** rt_job_kill - Return: 0: it ends soon; -RT_ESRCH: it has; -RT_EAGAIN: not now */
int rt_job_kill(struct rt_job *job);

/** rt_job_sentence - for @error; never NULL */
const char *rt_job_sentence(const struct rt_job *job);

#endif
