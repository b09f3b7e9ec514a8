// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Node 0: the jobs. All parts are made, then all begin. The first that ends, fails, or whose node
 * is gone says how the job ended, and all others are ended; when the last is, who asked is told.
 */
#include "spawnd_priv.h"

static uint64_t id_of(const struct spawnd *s, const struct spawnd_job *j)
{
	return (uint64_t)(j - s->memory.jobs) | (uint64_t)j->generation << 32;
}

static struct spawnd_job *job_of(struct spawnd *s, uint64_t id)
{
	uint32_t i = (uint32_t)id;

	if (i >= s->memory.job_count || s->memory.jobs[i].state == JOB_FREE ||
	    s->memory.jobs[i].generation != id >> 32)
		return NULL;
	return &s->memory.jobs[i];
}

static void say_failed(struct spawnd *s, uint32_t to, uint64_t number, uint32_t error,
		       uint32_t node)
{
	struct spawn_failed m = { .number = number, .error = error, .node = node };

	if (to)
		spawn_failed_out(&s->port, to, &m);
	else
		spawnd_on_failed(s, 0, &m);
}

static void say_over(struct spawnd *s, const struct spawnd_job *j)
{
	struct spawn_over m = { .number = j->number, .how = j->how, .status = j->status,
				.node = j->node };

	if (j->asker)
		spawn_over_out(&s->port, j->asker, &m);
	else
		spawnd_on_over(s, 0, &m);
}

/* Nobody has a part any more. */
static void finish(struct spawnd *s, struct spawnd_job *j)
{
	struct spawnd_job copy = *j;

	__builtin_memset(j, 0, sizeof(*j));
	j->generation = copy.generation;
	if (copy.asker == PROTOCOL_NODE_NONE)
		return;
	if (copy.error)
		say_failed(s, copy.asker, copy.number, copy.error, copy.node);
	else
		say_over(s, &copy);
}

static void end_if_over(struct spawnd *s, struct spawnd_job *j)
{
	if (j->state == JOB_ENDING && protocol_set_empty(&j->running))
		finish(s, j);
}

/* The job ends, for the first reason there is: @error if it never began, else @how. */
static void begin_end(struct spawnd *s, struct spawnd_job *j, uint32_t error, uint32_t how,
		      int32_t status, uint32_t node)
{
	struct spawn_stop m = { .job = id_of(s, j), .how = how };
	uint32_t to;

	if (j->state == JOB_ENDING)
		return;
	j->error = j->state == JOB_STARTING ? error : SPAWND_OK;
	j->state = JOB_ENDING;
	j->how = how;
	j->status = status;
	j->node = node;
	j->since = s->now;
	protocol_set_each(to, &j->running)
		spawn_stop_out(&s->port, to, &m);
}

static uint32_t refusal(const struct spawnd *s, uint32_t from, const struct spawn_spawn *m,
			uint32_t *node)
{
	uint32_t have = 0;

	*node = 0;
	for (uint32_t i = 0; i < s->memory.job_count; i++)
		have += s->memory.jobs[i].state != JOB_FREE && s->memory.jobs[i].asker == from;
	if (have >= s->memory.node_jobs)
		return SPAWND_E_NODE_JOBS;
	protocol_set_each(*node, &m->nodes)
		if (!*node || !protocol_set_has(&s->members, *node))
			return SPAWND_E_NODE;
	return SPAWND_OK;
}

static void start_all(struct spawnd *s, struct spawnd_job *j, const struct spawn_spawn *m)
{
	struct spawn_start start = { .job = id_of(s, j), .nodes = m->nodes, .image = m->image,
				     .image_bytes = m->image_bytes, .args_count = m->args_count,
				     .args = m->args };
	uint32_t node;

	__builtin_memcpy(start.name, m->name, sizeof(start.name));
	protocol_set_each(node, &m->nodes) {
		spawn_start_out(&s->port, node, &start);
		start.rank++;
	}
}

int spawnd_on_spawn(void *ctx, uint32_t from, const struct spawn_spawn *m)
{
	struct spawnd *s = ctx;
	struct spawnd_job *j = NULL;
	uint32_t node, error;

	if (!m->number || !spawnd_wish_good(&m->nodes, m->name, m->flags))
		return -URPC_EPROTO;
	error = refusal(s, from, m, &node);
	for (uint32_t i = 0; !error && !j && i < s->memory.job_count; i++)
		if (s->memory.jobs[i].state == JOB_FREE)
			j = &s->memory.jobs[i];
	if (!error && !j)
		error = SPAWND_E_TABLE;
	if (error) {
		say_failed(s, from, m->number, error, node);
		return 0;
	}
	*j = (struct spawnd_job){
		.state = JOB_STARTING,
		.flags = m->flags,
		.generation = j->generation == 0xffff ? 1 : j->generation + 1,
		.asker = from,
		.domain = m->domain,
		.number = m->number,
		.since = s->now,
		.running = m->nodes,
	};
	start_all(s, j, m);
	return 0;
}

/* The last part is made: all run, and who asked knows. */
static void begin_run(struct spawnd *s, struct spawnd_job *j)
{
	struct spawn_go go = { .job = id_of(s, j) };
	struct spawn_started started = { .number = j->number, .job = id_of(s, j) };
	uint32_t node;

	j->state = JOB_RUNS;
	protocol_set_each(node, &j->running)
		spawn_go_out(&s->port, node, &go);
	if (!j->asker)
		spawnd_on_started(s, 0, &started);
	else if (j->asker != PROTOCOL_NODE_NONE)
		spawn_started_out(&s->port, j->asker, &started);
}

int spawnd_on_ready(void *ctx, uint32_t from, const struct spawn_ready *m)
{
	struct spawnd *s = ctx;
	struct spawnd_job *j = job_of(s, m->job);

	if (!j || !protocol_set_has(&j->running, from) || protocol_set_has(&j->ready, from) ||
	    m->error >= SPAWND_E_COUNT)
		return -URPC_EPROTO;
	if (m->error) {
		protocol_set_remove(&j->running, from);
		begin_end(s, j, m->error, SPAWND_WAS_KILLED, 0, from);
		end_if_over(s, j);
		return 0;
	}
	protocol_set_add(&j->ready, from);
	if (j->state == JOB_STARTING && protocol_set_equal(&j->ready, &j->running))
		begin_run(s, j);
	return 0;
}

int spawnd_on_exited(void *ctx, uint32_t from, const struct spawn_exited *m)
{
	struct spawnd *s = ctx;
	struct spawnd_job *j = job_of(s, m->job);

	if (!j || !protocol_set_has(&j->running, from) || !protocol_set_has(&j->ready, from) ||
	    m->how >= SPAWND_HOW_COUNT)
		return -URPC_EPROTO;
	protocol_set_remove(&j->running, from);
	/* Made, and ended before it ran: its node ended it. */
	begin_end(s, j, SPAWND_E_KILLED, m->how, m->status, from);
	end_if_over(s, j);
	return 0;
}

int spawnd_on_kill(void *ctx, uint32_t from, const struct spawn_kill *m)
{
	struct spawnd *s = ctx;
	struct spawnd_job *j = job_of(s, m->job);
	struct spawn_killed killed = { .number = m->number };
	bool all = !from && !m->domain;

	if (!j || (!all && (j->asker != from || j->domain != m->domain)))
		killed.error = SPAWND_E_MISSING;
	if (from)
		spawn_killed_out(&s->port, from, &killed);
	else
		spawnd_on_killed(s, 0, &killed);
	if (!killed.error)
		begin_end(s, j, SPAWND_E_KILLED, SPAWND_WAS_KILLED, 0, from);
	return 0;
}

/* Who asked is gone: its job ends with it, or goes on without. */
static void orphan(struct spawnd *s, struct spawnd_job *j)
{
	if (j->flags & SPAWND_WITH_ASKER)
		begin_end(s, j, SPAWND_E_KILLED, SPAWND_WAS_KILLED, 0, j->asker);
}

/* Its node still has an entry, so it is answered; only its domain is not there. */
int spawnd_on_forget(void *ctx, uint32_t from, const struct spawn_forget *m)
{
	struct spawnd *s = ctx;

	for (uint32_t i = 0; i < s->memory.job_count; i++) {
		struct spawnd_job *j = &s->memory.jobs[i];

		if (j->state == JOB_FREE || j->asker != from || j->number != m->number)
			continue;
		orphan(s, j);
		break;
	}
	return 0;
}

void spawnd_jobs_view(struct spawnd *s, const struct protocol_set *gone)
{
	for (uint32_t i = 0; i < s->memory.job_count; i++) {
		struct spawnd_job *j = &s->memory.jobs[i];
		struct protocol_set lost = j->running;

		if (j->state == JOB_FREE)
			continue;
		protocol_set_and(&lost, gone);
		protocol_set_without(&j->running, gone);
		if (!protocol_set_empty(&lost))
			begin_end(s, j, SPAWND_E_DIED, SPAWND_NODE_DIED, 0,
				  protocol_set_first(&lost));
		if (protocol_set_has(gone, j->asker)) {
			orphan(s, j);
			j->asker = PROTOCOL_NODE_NONE;
		}
		end_if_over(s, j);
	}
}

/* The node that keeps a job from its start, or its end. */
static uint32_t late_node(const struct spawnd_job *j)
{
	struct protocol_set late = j->running;

	if (j->state == JOB_STARTING)
		protocol_set_without(&late, &j->ready);
	return protocol_set_first(&late);
}

uint64_t spawnd_jobs_tick(struct spawnd *s)
{
	uint64_t next = PROTOCOL_NEVER;

	for (uint32_t i = 0; i < s->memory.job_count; i++) {
		struct spawnd_job *j = &s->memory.jobs[i];
		uint64_t at = j->since + (j->state == JOB_STARTING ? SPAWND_START_US :
								      SPAWND_STUCK_US);

		if (j->state == JOB_FREE || j->state == JOB_RUNS || j->reported)
			continue;
		if (at > s->now) {
			next = at < next ? at : next;
		} else if (j->state == JOB_STARTING) {
			begin_end(s, j, SPAWND_E_LATE, SPAWND_WAS_KILLED, 0, late_node(j));
			at = s->now + SPAWND_STUCK_US;
			next = at < next ? at : next;
		} else {
			j->reported = true;
			s->hooks.stuck(s->ctx, late_node(j));
		}
	}
	return next;
}
