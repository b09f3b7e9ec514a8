// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * A part of a job on this node. Each start is answered by ready, and if that was well by one
 * exited.
 */
#include "spawnd_priv.h"

static struct spawnd_part *part_of(struct spawnd *s, uint64_t job)
{
	for (uint32_t i = 0; i < s->memory.part_count; i++)
		if (s->memory.parts[i].state != PART_FREE && s->memory.parts[i].job == job)
			return &s->memory.parts[i];
	return NULL;
}

static void say_ready(struct spawnd *s, uint64_t job, uint32_t error)
{
	struct spawn_ready ready = { .job = job, .error = error };

	spawn_ready_out(&s->port, 0, &ready);
}

int spawnd_on_start(void *ctx, uint32_t from, const struct spawn_start *m)
{
	struct spawnd *s = ctx;
	struct spawnd_begin begin = { .job = m->job, .rank = m->rank, .nodes = m->nodes,
				      .image = m->image, .image_bytes = m->image_bytes,
				      .name = m->name, .args = m->args,
				      .args_bytes = m->args_count };
	struct spawnd_part *p = NULL;

	if (from || part_of(s, m->job) || !protocol_set_has(&m->nodes, s->self) ||
	    !spawnd_wish_good(&m->nodes, m->name, 0))
		return -URPC_EPROTO;
	for (uint32_t i = 0; !p && i < s->memory.part_count; i++)
		if (s->memory.parts[i].state == PART_FREE)
			p = &s->memory.parts[i];
	if (!p) {
		say_ready(s, m->job, SPAWND_E_PARTS);
		return 0;
	}
	*p = (struct spawnd_part){ .state = PART_MAKING, .job = m->job };
	s->hooks.start(s->ctx, &begin);
	return 0;
}

void spawnd_ready(struct spawnd *s, uint64_t job, uint32_t error, uint64_t now)
{
	struct spawnd_part *p = part_of(s, job);

	s->now = now;
	if (!p || p->state != PART_MAKING)
		return;
	p->state = PART_READY;
	if (error)
		__builtin_memset(p, 0, sizeof(*p));
	say_ready(s, job, error < SPAWND_E_COUNT ? error : SPAWND_E_IMAGE);
	if (!error && p->ending)
		s->hooks.end(s->ctx, job);
}

int spawnd_on_go(void *ctx, uint32_t from, const struct spawn_go *m)
{
	struct spawnd *s = ctx;
	struct spawnd_part *p = part_of(s, m->job);

	if (from)
		return -URPC_EPROTO;
	/* It may have ended by itself meanwhile. */
	if (p && p->state == PART_READY && !p->ending)
		s->hooks.go(s->ctx, m->job);
	return 0;
}

int spawnd_on_stop(void *ctx, uint32_t from, const struct spawn_stop *m)
{
	struct spawnd *s = ctx;
	struct spawnd_part *p = part_of(s, m->job);

	if (from)
		return -URPC_EPROTO;
	if (!p || p->ending)
		return 0;
	p->ending = true;
	if (p->state == PART_READY)
		s->hooks.end(s->ctx, m->job);
	return 0;
}

void spawnd_ended(struct spawnd *s, uint64_t job, uint32_t how, int32_t status, uint64_t now)
{
	struct spawnd_part *p = part_of(s, job);
	struct spawn_exited m = { .job = job, .how = how, .status = status };

	s->now = now;
	if (!p || p->state != PART_READY)
		return;
	__builtin_memset(p, 0, sizeof(*p));
	spawn_exited_out(&s->port, 0, &m);
}
