// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Programs: a channel to the spawn service of a core. What is said there is in linux/remora_spawn.h.
 */
#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <urpc/bulk.h>

#include "chan.h"

#define SLOTS 1024
#define ANSWER_MS 5000
#define ROOM_MS 100
#define ENTRIES_MAX 1024 /* of a list; a core takes fewer programs */

/**
 * struct remora_program
 * @wanted: bytes of input that may be sent in all, @sent: those that were
 * @message: the last one that was received, with room for a 0 byte
 */
struct remora_program {
	struct remora_chan *chan;
	uint32_t domain;
	uint64_t wanted;
	uint64_t sent;
	char message[URPC_LONG_BYTES + 1];
};

static int bind_core(struct remora_chan **chan, struct remora_partition *partition, uint32_t node,
		     struct remora_error *error)
{
	return remora_chan_bind(chan, partition, node, REMORA_SERVICE_SPAWN, SLOTS, REMORA_BIND_MAPPED,
				error);
}

/* ---- start ---- */

static int strings_add(char *to, size_t *at, const char *const *strings, uint32_t *count)
{
	for (*count = 0; strings && strings[*count]; ++*count) {
		size_t bytes = strlen(strings[*count]) + 1;

		if (bytes > REMORA_SPAWN_ARGS_MAX - *at)
			return -E2BIG;
		memcpy(to + *at, strings[*count], bytes);
		*at += bytes;
	}
	return 0;
}

/* Bytes of the file up to the end of its last segment: what follows is for debuggers. */
static uint64_t bytes_needed(const struct remora_program_spec *spawn)
{
	uint64_t needed = 0;
	Elf64_Ehdr h;

	if (remora_program_check(spawn->file, spawn->bytes))
		return spawn->bytes;
	memcpy(&h, spawn->file, sizeof(h));
	needed = h.e_phoff + h.e_phnum * sizeof(Elf64_Phdr);
	for (unsigned int i = 0; i < h.e_phnum; i++) {
		Elf64_Phdr p;

		memcpy(&p, (const char *)spawn->file + h.e_phoff + i * sizeof(p), sizeof(p));
		if (p.p_type != PT_LOAD)
			continue;
		if (p.p_offset > spawn->bytes || p.p_filesz > spawn->bytes - p.p_offset)
			return spawn->bytes;
		needed = p.p_offset + p.p_filesz > needed ? p.p_offset + p.p_filesz : needed;
	}
	return needed;
}

static int send_start(struct remora_program *p, const struct remora_program_spec *spawn, uint64_t bytes,
		      int timeout_ms, struct remora_error *error)
{
	struct {
		struct remora_spawn_start start;
		char strings[REMORA_SPAWN_ARGS_MAX];
	} out = { .start = { .elf_bytes = bytes,
			     .ram_bytes = spawn->memory,
			     .wall_seconds = (uint64_t)time(NULL),
			     .class_ = spawn->class_,
			     .weight = spawn->weight,
			     .budget_us = spawn->budget_us,
			     .period_us = spawn->period_us } };
	size_t at = 0;
	int err;

	if (spawn->name && strlen(spawn->name) >= sizeof(out.start.name))
		return remora_error_set(error, -EINVAL, REMORA_R_NONE,
					"the name '%s' is too long, at most %zu characters are taken",
					spawn->name, sizeof(out.start.name) - 1);
	if (spawn->name)
		strcpy(out.start.name, spawn->name);
	err = strings_add(out.strings, &at, spawn->arguments, &out.start.argc);
	if (!err)
		err = strings_add(out.strings, &at, spawn->environment, &out.start.environ_count);
	if (err)
		return remora_error_set(error, err, REMORA_R_NONE,
					"arguments and environment are too long, at most %d bytes are taken",
					REMORA_SPAWN_ARGS_MAX);
	return remora_chan_send_long(p->chan, REMORA_SPAWN_START, &out, sizeof(out.start) + at,
				     timeout_ms);
}

/* A refusal ends the sending at once: the core drops the rest. */
static int send_file(struct remora_program *p, const struct remora_program_spec *spawn, uint64_t bytes,
		     int timeout_ms)
{
	size_t most = remora_chan_long_max(p->chan);
	int err = 0;

	for (uint64_t at = 0; !err && at < bytes; at += most) {
		uint64_t n = bytes - at < most ? bytes - at : most;

		if (urpc_can_recv(remora_chan_urpc(p->chan)))
			break;
		err = remora_chan_send_long(p->chan, REMORA_SPAWN_DATA, (const char *)spawn->file + at, n,
					    timeout_ms);
	}
	return err;
}

static int receive(struct remora_program *p, uint16_t *type, size_t *bytes, int timeout_ms)
{
	int err = remora_chan_recv_long(p->chan, type, p->message, sizeof(p->message) - 1, bytes,
					timeout_ms);

	if (!err)
		p->message[*bytes] = 0;
	return err;
}

static int take_started(struct remora_program *p, int timeout_ms, struct remora_error *error)
{
	struct remora_spawn_started started;
	struct remora_spawn_refused refused;
	uint16_t type;
	size_t bytes;
	int err = receive(p, &type, &bytes, timeout_ms);

	if (err)
		return err;
	if (type == REMORA_SPAWN_STARTED && bytes == sizeof(started)) {
		memcpy(&started, p->message, sizeof(started));
		p->domain = started.domain;
		return 0;
	}
	if (type != REMORA_SPAWN_REFUSED || bytes < sizeof(refused))
		return -EPROTO;
	memcpy(&refused, p->message, sizeof(refused));
	if (refused.error <= 0 || refused.error > 4095)
		return -EPROTO;
	return remora_error_set(error, -refused.error, REMORA_R_NONE, "%s",
				p->message + sizeof(refused));
}

static int start(struct remora_program *p, const struct remora_program_spec *spawn, int timeout_ms,
		 struct remora_error *error)
{
	uint64_t bytes = bytes_needed(spawn);
	int err;

	if (bytes > REMORA_SPAWN_ELF_MAX)
		return remora_error_set(error, -EFBIG, REMORA_R_NONE,
					"the file has %llu bytes, at most %u are taken",
					(unsigned long long)bytes, REMORA_SPAWN_ELF_MAX);
	err = send_start(p, spawn, bytes, timeout_ms, error);
	if (!err)
		err = send_file(p, spawn, bytes, timeout_ms);
	return err ? err : take_started(p, timeout_ms, error);
}

REMORA_API int remora_program_start(struct remora_program **program,
				    struct remora_partition *partition,
				    const struct remora_program_spec *spawn, int timeout_ms,
				    struct remora_error *error)
{
	struct remora_program *p = calloc(1, sizeof(*p));
	int err;

	remora_error_set(error, 0, REMORA_R_NONE, "%s", "");
	if (!p)
		return -ENOMEM;
	err = bind_core(&p->chan, partition, spawn->node, error);
	if (!err)
		err = start(p, spawn, timeout_ms, error);
	if (err)
		remora_program_close(p);
	else
		*program = p;
	return err;
}

REMORA_API void remora_program_close(struct remora_program *program)
{
	if (!program)
		return;
	remora_chan_close(program->chan);
	free(program);
}

/* ---- while it runs ---- */

REMORA_API uint32_t remora_program_domain(const struct remora_program *program)
{
	return program->domain;
}

REMORA_API int remora_program_fd(const struct remora_program *program)
{
	return remora_chan_fd(program->chan);
}

REMORA_API bool remora_program_arm(struct remora_program *program)
{
	return remora_chan_arm(program->chan);
}

REMORA_API void remora_program_disarm(struct remora_program *program)
{
	remora_chan_disarm(program->chan);
}

static int take_exited(struct remora_program *p, size_t bytes, struct remora_program_event *event)
{
	struct remora_spawn_exited exited;

	if (bytes < sizeof(exited))
		return -EPROTO;
	memcpy(&exited, p->message, sizeof(exited));
	if (exited.status < 0 || exited.status > 255 || exited.how > REMORA_SPAWN_INTERRUPTED)
		return -EPROTO;
	event->kind = REMORA_PROGRAM_EXITED;
	event->data = p->message + sizeof(exited);
	event->bytes = bytes - sizeof(exited);
	event->how = exited.how;
	event->status = exited.status;
	event->cycles = exited.cycles;
	return 0;
}

static int take_event(struct remora_program *p, uint16_t type, size_t bytes,
		      struct remora_program_event *event)
{
	struct remora_spawn_wanted wanted;

	memset(event, 0, sizeof(*event));
	if (type == REMORA_SPAWN_OUTPUT && bytes && (p->message[0] == 1 || p->message[0] == 2)) {
		event->kind = REMORA_PROGRAM_OUTPUT;
		event->stream = (uint32_t)p->message[0];
		event->data = p->message + 1;
		event->bytes = bytes - 1;
		return 0;
	}
	if (type == REMORA_SPAWN_WANTED && bytes == sizeof(wanted)) {
		memcpy(&wanted, p->message, sizeof(wanted));
		if (wanted.bytes < p->wanted)
			return -EPROTO;
		p->wanted = wanted.bytes;
		event->kind = REMORA_PROGRAM_WANTED;
		return 0;
	}
	return type == REMORA_SPAWN_EXITED ? take_exited(p, bytes, event) : -EPROTO;
}

/* What came before the end of the core is still told: only an empty ring is asked about. */
static int try_receive(struct remora_program *p, uint16_t *type, size_t *bytes)
{
	struct urpc_chan *end = remora_chan_urpc(p->chan);
	int err = urpc_recv_long(end, type, p->message, sizeof(p->message) - 1, bytes);

	remora_chan_acked(p->chan);
	if (err == -EAGAIN) {
		err = remora_chan_check(p->chan);
		return err ? err : -EAGAIN;
	}
	if (!err)
		p->message[*bytes] = 0;
	return err;
}

REMORA_API int remora_program_next(struct remora_program *program,
				   struct remora_program_event *event, int timeout_ms)
{
	uint16_t type;
	size_t bytes;
	int err;

	err = timeout_ms ? receive(program, &type, &bytes, timeout_ms) :
			   try_receive(program, &type, &bytes);
	return err ? err : take_event(program, type, bytes, event);
}

REMORA_API size_t remora_program_room(const struct remora_program *program)
{
	uint64_t room = program->wanted - program->sent, most = remora_chan_long_max(program->chan);

	return room < most ? room : most;
}

/* Many short messages fill the channel if the core has no time for its monitor. */
static int send_soon(struct remora_program *p, uint16_t type, const void *data, size_t bytes)
{
	int err = remora_chan_send_long(p->chan, type, data, bytes, ROOM_MS);

	return err == -ETIMEDOUT || err == -EINTR ? -EAGAIN : err;
}

REMORA_API int remora_program_input(struct remora_program *program, const void *data, size_t bytes)
{
	size_t room = remora_program_room(program);
	int err;

	bytes = bytes < room ? bytes : room;
	if (!bytes)
		return -EAGAIN;
	err = send_soon(program, REMORA_SPAWN_INPUT, data, bytes);
	if (err)
		return err;
	program->sent += bytes;
	return (int)bytes;
}

REMORA_API int remora_program_input_end(struct remora_program *program)
{
	return send_soon(program, REMORA_SPAWN_INPUT_END, NULL, 0);
}

REMORA_API int remora_program_interrupt(struct remora_program *program)
{
	return send_soon(program, REMORA_SPAWN_INTERRUPT, NULL, 0);
}

/* ---- all of a core ---- */

static int take_list(struct remora_chan *chan, struct remora_spawn_entry **entries, uint32_t *count,
		     struct remora_spawn_counts *counts)
{
	struct remora_message m;
	int err;

	for (;;) {
		struct remora_spawn_entry *more;

		err = remora_chan_recv(chan, &m, ANSWER_MS);
		if (err)
			return err;
		if (m.type == REMORA_SPAWN_COUNTS && m.length == sizeof(*counts)) {
			memcpy(counts, m.payload, sizeof(*counts));
			return 0;
		}
		if (m.type != REMORA_SPAWN_ENTRY || m.length != sizeof(*more) || *count == ENTRIES_MAX)
			return -EPROTO;
		more = realloc(*entries, (*count + 1) * sizeof(*more));
		if (!more)
			return -ENOMEM;
		memcpy(&more[*count], m.payload, sizeof(*more));
		more[*count].name[sizeof(more->name) - 1] = 0;
		*entries = more;
		++*count;
	}
}

REMORA_API int remora_program_list(struct remora_partition *partition, uint32_t node,
				   struct remora_spawn_entry **entries, uint32_t *count,
				   struct remora_spawn_counts *counts, struct remora_error *error)
{
	const struct remora_spawn_ask ask = { .tag = 1 };
	struct remora_spawn_counts ignored;
	struct remora_chan *chan;
	int err;

	*entries = NULL;
	*count = 0;
	err = bind_core(&chan, partition, node, error);
	if (err)
		return err;
	err = remora_chan_send(chan, REMORA_SPAWN_LIST, &ask, sizeof(ask), ANSWER_MS);
	if (!err)
		err = take_list(chan, entries, count, counts ? counts : &ignored);
	if (err) {
		free(*entries);
		*entries = NULL;
		*count = 0;
	}
	remora_chan_close(chan);
	return err;
}

REMORA_API int remora_program_kill(struct remora_partition *partition, uint32_t node, uint32_t domain,
				   struct remora_error *error)
{
	const struct remora_spawn_ask ask = { .tag = 1, .domain = domain };
	struct remora_spawn_done done;
	struct remora_message m;
	struct remora_chan *chan;
	int err = bind_core(&chan, partition, node, error);

	if (err)
		return err;
	err = remora_chan_send(chan, REMORA_SPAWN_KILL, &ask, sizeof(ask), ANSWER_MS);
	if (!err)
		err = remora_chan_recv(chan, &m, ANSWER_MS);
	remora_chan_close(chan);
	if (err)
		return err;
	if (m.type != REMORA_SPAWN_DONE || m.length != sizeof(done))
		return -EPROTO;
	memcpy(&done, m.payload, sizeof(done));
	return done.error >= 0 && done.error <= 4095 ? -done.error : -EPROTO;
}
