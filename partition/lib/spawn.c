// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Jobs. The monitor asks for pieces of the file while it passes it on; they are sent by the scheduler's
 * poller, one behind the other, as there is room.
 */
#include <base/string.h>

#include <lib/monitor.h>
#include <lib/spawn.h>

#include "list.h"

#define WANTED 16u /* pieces at a time: one for each node that makes a program */

RT_MONITOR_CALL(spawn)
RT_MONITOR_CALL(spawn_kill)

static struct rt_job *jobs;
static uint64_t last_number;
static struct monitor_image_wanted wanted[WANTED];
static uint32_t first, count;

static struct rt_job *find(uint64_t number)
{
	struct rt_job *job = jobs;

	while (job && job->number != number)
		job = job->next;
	return job;
}

/* ---- what the monitor says; disabled ---- */

static int send_piece(struct monitor_end *end, const void *message)
{
	return monitor_image_piece_send(end, message);
}

static void send_pieces(void)
{
	while (count) {
		const struct monitor_image_wanted *w = &wanted[first];
		const struct rt_job *job = find(w->image);
		struct monitor_image_piece m = { .image = w->image, .node = w->node,
						 .offset = w->offset, .data_count = w->bytes };

		if (job && w->offset <= job->file_bytes && w->bytes <= job->file_bytes - w->offset) {
			m.data = job->file + w->offset;
			if (rt_monitor_say(send_piece, &m) == -URPC_EAGAIN)
				return;
		}
		first = (first + 1) % WANTED;
		count--;
	}
}

/* A node whose question is dropped gives up by time. */
static int on_wanted(void *ctx, uint32_t from, const struct monitor_image_wanted *m)
{
	(void)ctx, (void)from;
	if (count < WANTED)
		wanted[(first + count++) % WANTED] = *m;
	return 0;
}

static int on_exited(void *ctx, uint32_t from, const struct monitor_spawn_exited *m)
{
	struct rt_job *job = find(m->image);

	(void)ctx, (void)from;
	if (!job)
		return 0;
	job->how = m->how;
	job->status = m->status;
	job->node = m->node;
	job->over = true;
	rt_wake(&job->waiters, UINT32_MAX);
	return 0;
}

/* ---- calls ---- */

static void begin(struct rt_job *job)
{
	static struct rt_monitor_ticker ticker = { .tick = send_pieces };
	uint32_t was = rt_disable();

	rt_monitor_handlers.image_wanted = on_wanted;
	rt_monitor_handlers.spawn_exited = on_exited;
	if (!last_number)
		rt_monitor_tick(&ticker);
	job->number = ++last_number;
	list_add(jobs, job);
	rt_enable(was);
}

static void forget(struct rt_job *job)
{
	uint32_t was = rt_disable();

	list_remove(jobs, job);
	rt_enable(was);
}

/* Return: how many strings; -RT_EINVAL: no room for them. */
static int put_strings(char *to, uint32_t *used, const char *const *from)
{
	int strings = 0;

	for (; from && from[strings]; strings++) {
		size_t length = base_strlen(from[strings], RT_SPAWN_STRINGS) + 1;

		if (length > RT_SPAWN_STRINGS - *used)
			return -RT_EINVAL;
		memcpy(to + *used, from[strings], length);
		*used += (uint32_t)length;
	}
	return strings;
}

static int ask(struct rt_job *job, const struct rt_spawn_program *p)
{
	struct monitor_spawn m = { .image = job->number, .nodes = p->nodes,
				   .flags = p->ends_with_us ? SPAWND_WITH_ASKER : 0,
				   .ram_bytes = p->memory, .elf_bytes = p->file_bytes };
	struct monitor_spawn_reply reply;
	char strings[RT_SPAWN_STRINGS];
	int argc, variables, rc;

	argc = put_strings(strings, &m.strings_count, p->argv);
	variables = argc < 0 ? argc : put_strings(strings, &m.strings_count, p->environ);
	if (variables < 0 || base_strlen(p->name, sizeof(m.name)) == sizeof(m.name))
		return -RT_EINVAL;
	memcpy(m.name, p->name, base_strlen(p->name, sizeof(m.name)));
	m.argc = (uint8_t)argc;
	m.environ_count = (uint8_t)variables;
	m.strings = (const uint8_t *)strings;
	rc = rt_monitor_call(send_spawn, &m, &reply);
	if (rc)
		return rc;
	job->error = reply.error;
	job->job = reply.job;
	/* One that has begun may have ended by now, and said where. */
	if (reply.error)
		job->node = reply.node;
	return reply.error ? -RT_ECANCELED : 0;
}

int rt_spawn(struct rt_job *job, const struct rt_spawn_program *program)
{
	int rc;

	memset(job, 0, sizeof(*job));
	job->file = program->file;
	job->file_bytes = program->file_bytes;
	begin(job);
	rc = ask(job, program);
	if (rc)
		forget(job);
	return rc;
}

int rt_job_wait(struct rt_job *job, uint64_t deadline)
{
	uint32_t was = rt_disable();
	int rc = 0;

	while (!job->over && !rc)
		rc = rt_block_outside(&job->waiters, deadline);
	if (job->over)
		rc = 0;
	rt_enable(was);
	if (!rc)
		forget(job);
	return rc;
}

int rt_job_kill(struct rt_job *job)
{
	struct monitor_spawn_kill m = { .job = job->job };
	struct monitor_spawn_kill_reply reply;
	int rc = rt_monitor_call(send_spawn_kill, &m, &reply);

	if (rc || !reply.error)
		return rc;
	return reply.error == SPAWND_E_MISSING ? -RT_ESRCH : -RT_EAGAIN;
}

const char *rt_job_sentence(const struct rt_job *job)
{
	static const char *const sentences[SPAWND_E_COUNT] = {
		[SPAWND_OK] = "well",
#define SENTENCE(name, sentence) [SPAWND_E_##name] = sentence,
		SPAWND_ERRORS(SENTENCE)
#undef SENTENCE
	};

	if (job->error == MONITOR_REFUSAL_INVALID)
		return "a program's file has 1 byte to 64 MiB";
	return job->error < SPAWND_E_COUNT ? sentences[job->error] :
					     "the program has too many questions under way";
}
