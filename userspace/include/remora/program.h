/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/*
 * libremora: programs on the cores of a partition.
 *
 * A program is an ELF file that remora-cc made. It runs on one core, as long as the object that started
 * it is open; its streams come and go by this object, which an event loop can wait for:
 *
 *	for (;;) {
 *		err = remora_program_next(program, &event, 0);
 *		if (err == -EAGAIN && remora_program_arm(program))
 *			poll(... remora_program_fd(program), POLLIN ...), remora_program_disarm(program);
 *		...
 *	}
 */
#ifndef REMORA_PROGRAM_H
#define REMORA_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <linux/remora.h>
#include <linux/remora_spawn.h>

#ifdef __cplusplus
extern "C" {
#endif

struct remora_partition;
struct remora_program;

/**
 * struct remora_program_spec - what to start
 * @node:    of the core, from 1
 * @file, @bytes: contents of the ELF file
 * @arguments, @environment: strings, each array ends with NULL; @environment may be NULL. Together at
 *           most REMORA_SPAWN_ARGS_MAX bytes
 * @name:    unique on the core; NULL: made from the first argument
 * @memory:  bytes for the program in all; 0: the core's choice
 * @class_:  enum remora_spawn_class; @weight 1 to 1000, or 0 for the usual one; @budget_us in every
 *           @period_us
 */
struct remora_program_spec {
	uint32_t node;
	uint32_t class_;
	uint32_t weight;
	const void *file;
	size_t bytes;
	const char *const *arguments;
	const char *const *environment;
	const char *name;
	uint64_t memory;
	uint64_t budget_us;
	uint64_t period_us;
};

/** enum remora_program_event_kind - what remora_program_next() tells */
enum remora_program_event_kind {
	REMORA_PROGRAM_OUTPUT = 1, /* @stream, @data, @bytes */
	REMORA_PROGRAM_WANTED = 2, /* it reads its input: see remora_program_room() */
	REMORA_PROGRAM_EXITED = 3, /* @how, @status, @cycles; @data, @bytes: a sentence, maybe empty */
};

/**
 * struct remora_program_event
 * @stream: 1 standard output, 2 error output
 * @data:   valid until the next call for this program; a sentence ends with a 0 byte
 * @how:    enum remora_spawn_how
 * @status: as a shell has it: 0 to 255
 * @cycles: TSC cycles that it ran
 */
struct remora_program_event {
	uint32_t kind;
	uint32_t stream;
	const char *data;
	size_t bytes;
	uint32_t how;
	int32_t status;
	uint64_t cycles;
};

/**
 * remora_program_check - can this file be a program?
 * Looks at the headers alone; the core looks at all of it.
 * Return: NULL, or what is wrong with it.
 */
const char *remora_program_check(const void *file, size_t bytes);

/**
 * remora_program_start - start a program, and wait until it runs
 * @timeout_ms: for each answer of the core; -1: no limit
 * @error:  on failure the core's or the module's sentence
 * Return: 0; -ENOEXEC (no program), -EFBIG, -E2BIG (arguments), -ENOMEM, -EEXIST (name), -EBUSY (too
 * much promised), -EUSERS (too many programs), -EINVAL, -ETIMEDOUT, -EINTR, or as remora_chan_bind().
 */
int remora_program_start(struct remora_program **program, struct remora_partition *partition,
			 const struct remora_program_spec *spawn, int timeout_ms,
			 struct remora_error *error);

/** remora_program_close - forget it; one that still runs is killed. @program may be NULL. */
void remora_program_close(struct remora_program *program);

/** remora_program_domain - its number on its core */
uint32_t remora_program_domain(const struct remora_program *program);

/** remora_program_fd - descriptor for poll(2) and epoll(7); see remora_program_arm() */
int remora_program_fd(const struct remora_program *program);

/** remora_program_arm - as remora_chan_arm(). Return: true: sleep; false: there is something already. */
bool remora_program_arm(struct remora_program *program);

/** remora_program_disarm - awake again */
void remora_program_disarm(struct remora_program *program);

/**
 * remora_program_next - what comes next from it
 * @timeout_ms: 0: do not wait, -EAGAIN when there is nothing; -1: no limit
 * Return: 0; -EAGAIN, -ETIMEDOUT, -EINTR, -EHOSTDOWN (the core died), -EPROTO.
 */
int remora_program_next(struct remora_program *program, struct remora_program_event *event,
			int timeout_ms);

/** remora_program_room - bytes of input that it would take now; 0 as long as it reads none */
size_t remora_program_room(const struct remora_program *program);

/**
 * remora_program_input - send input, at most remora_program_room() bytes
 * This and the two below wait a tenth of a second for room in the channel; after -EAGAIN nothing was sent:
 * take what has come from the program, then try again.
 * Return: bytes that were sent, at least 1; -EAGAIN, -EHOSTDOWN, -EPROTO.
 */
int remora_program_input(struct remora_program *program, const void *data, size_t bytes);

/** remora_program_input_end - no more input comes. Return: 0; -EAGAIN, -EHOSTDOWN, -EPROTO. */
int remora_program_input_end(struct remora_program *program);

/** remora_program_interrupt - end it as if it got SIGINT. Return: 0; -EAGAIN, -EHOSTDOWN, -EPROTO. */
int remora_program_interrupt(struct remora_program *program);

/**
 * remora_program_list - what runs on a core
 * @entries: array of @count, to be freed with free(); NULL when there are none
 * @counts:  what is in use on the core; may be NULL
 * Return: 0, -ENOMEM, -ETIMEDOUT, -EPROTO, or as remora_chan_bind().
 */
int remora_program_list(struct remora_partition *partition, uint32_t node,
			struct remora_spawn_entry **entries, uint32_t *count,
			struct remora_spawn_counts *counts, struct remora_error *error);

/**
 * remora_program_kill - end a program, whoever started it
 * Return: 0; -ENOENT (there is none of this number), -EAGAIN (it is still being loaded), -ETIMEDOUT, or
 * as remora_chan_bind().
 */
int remora_program_kill(struct remora_partition *partition, uint32_t node, uint32_t domain,
			struct remora_error *error);

#ifdef __cplusplus
}
#endif

#endif
