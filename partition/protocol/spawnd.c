// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Starting programs: who asks. Node 0 answers each request once; until then its entry stays. */
#include "spawnd_priv.h"

int spawnd_init(struct spawnd *s, uint32_t self, const struct spawnd_memory *memory,
		const struct protocol_port *port, const struct spawnd_hooks *hooks, void *ctx)
{
	if (self >= PROTOCOL_NODES_MAX || !memory->ask_count || !memory->domain_jobs ||
	    memory->job_count > SPAWND_JOBS_MAX ||
	    (!self && (!memory->job_count || !memory->node_jobs)))
		return -URPC_EINVAL;
	__builtin_memset(s, 0, sizeof(*s));
	s->self = self;
	s->stopped = self != 0;
	s->memory = *memory;
	s->port = *port;
	s->hooks = *hooks;
	s->ctx = ctx;
	protocol_set_add(&s->members, 0);
	return 0;
}

bool spawnd_wish_good(const struct protocol_set *nodes, const char *name, uint8_t flags)
{
	uint32_t length = 0;

	while (length < SPAWND_NAME_BYTES && name[length])
		length++;
	return length && length < SPAWND_NAME_BYTES && !(flags & ~SPAWND_WITH_ASKER) &&
	       !protocol_set_empty(nodes);
}

/* A free entry, if the domain may have one more job, or, to @kill, one more that it kills. */
static uint32_t take(struct spawnd *s, uint32_t domain, bool kill, struct spawnd_ask **ask)
{
	uint32_t have = 0;

	*ask = NULL;
	for (uint32_t i = 0; i < s->memory.ask_count; i++) {
		struct spawnd_ask *a = &s->memory.asks[i];

		if (a->state == ASK_FREE)
			*ask = *ask ? *ask : a;
		else
			have += a->domain == domain && (a->state == ASK_KILL) == kill;
	}
	if (s->stopped)
		return SPAWND_E_STOPPED;
	return !*ask || have >= s->memory.domain_jobs ? SPAWND_E_JOBS : SPAWND_OK;
}

static void release(struct spawnd_ask *a)
{
	__builtin_memset(a, 0, sizeof(*a));
}

int spawnd_spawn(struct spawnd *s, uint32_t domain, uint64_t tag, const struct spawnd_wish *wish,
		 uint64_t now)
{
	struct spawn_spawn m = { .domain = domain, .flags = wish->flags, .nodes = wish->nodes,
				 .image = wish->image, .image_bytes = wish->image_bytes,
				 .args_count = wish->args_bytes, .args = wish->args };
	struct spawnd_ask *a;
	uint32_t error = take(s, domain, false, &a);

	s->now = now;
	if (!spawnd_wish_good(&wish->nodes, wish->name, wish->flags) ||
	    wish->args_bytes > SPAWND_ARGS_BYTES)
		return SPAWND_E_INVALID;
	if (error)
		return (int)error;
	__builtin_memcpy(m.name, wish->name, sizeof(m.name));
	m.number = ++s->number;
	*a = (struct spawnd_ask){ .state = ASK_SPAWN, .domain = domain, .tag = tag,
				  .number = m.number };
	if (s->self)
		spawn_spawn_out(&s->port, 0, &m);
	else
		spawnd_on_spawn(s, 0, &m);
	return SPAWND_OK;
}

int spawnd_kill(struct spawnd *s, uint32_t domain, uint64_t tag, uint64_t job, uint64_t now)
{
	struct spawn_kill m = { .job = job, .domain = domain };
	struct spawnd_ask *a;
	uint32_t error = take(s, domain, true, &a);

	s->now = now;
	if (error)
		return (int)error;
	m.number = ++s->number;
	*a = (struct spawnd_ask){ .state = ASK_KILL, .domain = domain, .tag = tag,
				  .number = m.number };
	if (s->self)
		spawn_kill_out(&s->port, 0, &m);
	else
		spawnd_on_kill(s, 0, &m);
	return SPAWND_OK;
}

/* What runs is told to node 0 as nobody's; what is not answered yet, when it is. */
static void forget(struct spawnd *s, struct spawnd_ask *a)
{
	struct spawn_forget m = { .number = a->number };

	a->silent = true;
	if (a->state == ASK_KILL)
		return;
	if (s->self)
		spawn_forget_out(&s->port, 0, &m);
	else
		spawnd_on_forget(s, 0, &m);
}

void spawnd_domain_end(struct spawnd *s, uint32_t domain, uint64_t now)
{
	s->now = now;
	for (uint32_t i = 0; i < s->memory.ask_count; i++) {
		struct spawnd_ask *a = &s->memory.asks[i];

		if (a->state != ASK_FREE && a->domain == domain && !a->silent)
			forget(s, a);
	}
}

static struct spawnd_ask *ask_of(struct spawnd *s, uint64_t number, uint8_t state)
{
	for (uint32_t i = 0; i < s->memory.ask_count; i++)
		if (s->memory.asks[i].state == state && s->memory.asks[i].number == number)
			return &s->memory.asks[i];
	return NULL;
}

int spawnd_on_failed(void *ctx, uint32_t from, const struct spawn_failed *m)
{
	struct spawnd *s = ctx;
	struct spawnd_ask *a = ask_of(s, m->number, ASK_SPAWN), copy;

	if (from || !a || !m->error || m->error >= SPAWND_E_COUNT)
		return -URPC_EPROTO;
	copy = *a;
	release(a);
	if (!copy.silent)
		s->hooks.failed(s->ctx, copy.domain, copy.tag, m->error, m->node);
	return 0;
}

int spawnd_on_started(void *ctx, uint32_t from, const struct spawn_started *m)
{
	struct spawnd *s = ctx;
	struct spawnd_ask *a = ask_of(s, m->number, ASK_SPAWN);

	if (from || !a)
		return -URPC_EPROTO;
	a->state = ASK_RUNS;
	a->job = m->job;
	if (!a->silent)
		s->hooks.started(s->ctx, a->domain, a->tag, m->job);
	return 0;
}

int spawnd_on_over(void *ctx, uint32_t from, const struct spawn_over *m)
{
	struct spawnd *s = ctx;
	struct spawnd_ask *a = ask_of(s, m->number, ASK_RUNS), copy;

	if (from || !a || m->how >= SPAWND_HOW_COUNT)
		return -URPC_EPROTO;
	copy = *a;
	release(a);
	if (!copy.silent)
		s->hooks.exited(s->ctx, copy.domain, copy.tag, m->how, m->status, m->node);
	return 0;
}

int spawnd_on_killed(void *ctx, uint32_t from, const struct spawn_killed *m)
{
	struct spawnd *s = ctx;
	struct spawnd_ask *a = ask_of(s, m->number, ASK_KILL), copy;

	if (from || !a || m->error >= SPAWND_E_COUNT)
		return -URPC_EPROTO;
	copy = *a;
	release(a);
	if (!copy.silent)
		s->hooks.killed(s->ctx, copy.domain, copy.tag, m->error);
	return 0;
}

static const struct spawn_handlers at_leader = {
	.spawn = spawnd_on_spawn,
	.kill = spawnd_on_kill,
	.forget = spawnd_on_forget,
	.ready = spawnd_on_ready,
	.exited = spawnd_on_exited,
};

static const struct spawn_handlers at_others = {
	.failed = spawnd_on_failed,
	.started = spawnd_on_started,
	.over = spawnd_on_over,
	.killed = spawnd_on_killed,
	.start = spawnd_on_start,
	.go = spawnd_on_go,
	.stop = spawnd_on_stop,
};

int spawnd_message(struct spawnd *s, uint32_t from, uint16_t type, const void *payload,
		   uint32_t bytes, uint64_t now)
{
	s->now = now;
	if (s->stopped || from == s->self || !protocol_set_has(&s->members, from)) {
		s->strangers++;
		return 0;
	}
	return spawn_dispatch(s->self ? &at_others : &at_leader, s, from, type, payload, bytes);
}

/* Nobody answers any more; what runs here is the runner's to end. */
static void stop(struct spawnd *s)
{
	s->stopped = true;
	for (uint32_t i = 0; i < s->memory.ask_count; i++) {
		struct spawnd_ask a = s->memory.asks[i];

		release(&s->memory.asks[i]);
		if (a.state == ASK_FREE || a.silent)
			continue;
		if (a.state == ASK_SPAWN)
			s->hooks.failed(s->ctx, a.domain, a.tag, SPAWND_E_STOPPED, s->self);
		else if (a.state == ASK_KILL)
			s->hooks.killed(s->ctx, a.domain, a.tag, SPAWND_E_STOPPED);
		else
			s->hooks.exited(s->ctx, a.domain, a.tag, SPAWND_WAS_STOPPED, 0, s->self);
	}
	for (uint32_t i = 0; i < s->memory.part_count; i++) {
		struct spawnd_part p = s->memory.parts[i];

		__builtin_memset(&s->memory.parts[i], 0, sizeof(p));
		if (p.state != PART_FREE)
			s->hooks.end(s->ctx, p.job);
	}
}

void spawnd_view(struct spawnd *s, const struct protocol_set *members, uint64_t now)
{
	struct protocol_set gone = s->members;

	s->now = now;
	protocol_set_without(&gone, members);
	s->members = *members;
	if (!protocol_set_has(members, s->self)) {
		stop(s);
		return;
	}
	s->stopped = false;
	if (!s->self)
		spawnd_jobs_view(s, &gone);
}

uint64_t spawnd_tick(struct spawnd *s, uint64_t now)
{
	s->now = now;
	return spawnd_jobs_tick(s);
}

bool spawnd_quiet(const struct spawnd *s, uint32_t *jobs)
{
	bool quiet = true;

	*jobs = 0;
	for (uint32_t i = 0; i < s->memory.ask_count; i++) {
		*jobs += s->memory.asks[i].state != ASK_FREE;
		quiet &= s->memory.asks[i].state == ASK_FREE ||
			 s->memory.asks[i].state == ASK_RUNS;
	}
	for (uint32_t i = 0; i < s->memory.part_count; i++) {
		*jobs += s->memory.parts[i].state != PART_FREE;
		quiet &= s->memory.parts[i].state != PART_MAKING && !s->memory.parts[i].ending;
	}
	for (uint32_t i = 0; i < s->memory.job_count; i++) {
		*jobs += s->memory.jobs[i].state != JOB_FREE;
		quiet &= s->memory.jobs[i].state == JOB_FREE ||
			 s->memory.jobs[i].state == JOB_RUNS;
	}
	return quiet;
}

const char *spawnd_sentence(uint32_t error)
{
	static const char *const sentences[SPAWND_E_COUNT] = {
		[SPAWND_OK] = "done",
#define SENTENCE(name, sentence) [SPAWND_E_##name] = sentence,
		SPAWND_ERRORS(SENTENCE)
	};

	return error < SPAWND_E_COUNT ? sentences[error] : "no known error";
}
