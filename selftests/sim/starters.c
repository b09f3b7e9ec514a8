// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who starts a program is told that it runs, and then once how it ended, or once why it never ran;
 * nothing after its end. No part of a program begins before all are made. What the machine wants to
 * end, ends; at rest no program is left, nowhere.
 */
#include <string.h>

#include "world.h"

static struct starter_ask *told(struct starters *s, uint32_t domain, uint64_t tag)
{
	static struct starter_ask nobody;

	for (uint32_t i = 0; i < STARTERS_ASKS; i++)
		if (tag && s->asked[i].tag == tag && s->asked[i].domain == domain)
			return &s->asked[i];
	if (!s->stopped)
		sim_fail(s->sim, "node %u: domain %u is told of job %llu, which is over or not its own",
			 s->self, domain, (unsigned long long)tag);
	return &nobody;
}

static void started(void *ctx, uint32_t domain, uint64_t tag, uint64_t job)
{
	struct starters *s = ctx;
	struct starter_ask *a = told(s, domain, tag);

	if (s->stopped)
		return;
	sim_note(s->sim, s->self, "job runs", tag, job);
	if (a->job || !job)
		sim_fail(s->sim, "node %u: a job begins twice, or has no number", s->self);
	a->job = job;
}

static void failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t node)
{
	struct starters *s = ctx;
	struct starter_ask *a = told(s, domain, tag);

	(void)node;
	if (s->stopped)
		return;
	sim_note(s->sim, s->self, "job fails", tag, error);
	if (a->job || !error || error >= SPAWND_E_COUNT)
		sim_fail(s->sim, "node %u: a job that runs has failed to, or for no reason", s->self);
	*a = (struct starter_ask){ 0 };
}

static void exited(void *ctx, uint32_t domain, uint64_t tag, uint32_t how, int32_t status,
		   uint32_t node)
{
	struct starters *s = ctx;
	struct starter_ask *a = told(s, domain, tag);

	if (s->stopped)
		return;
	sim_note(s->sim, s->self, "job ends", tag, how << 8 | (uint32_t)status);
	if (!a->job || how >= SPAWND_HOW_COUNT)
		sim_fail(s->sim, "node %u: a job ends that did not run, or in no known way", s->self);
	if (how == SPAWND_RETURNED && (uint32_t)status != node + 40)
		sim_fail(s->sim, "node %u: the status of node %u is %d", s->self, node, status);
	*a = (struct starter_ask){ 0 };
}

static void killed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	struct starters *s = ctx;

	if (s->stopped)
		return;
	if (error >= SPAWND_E_COUNT || tag != 7777 || !s->kills[domain % STARTERS_DOMAINS]--)
		sim_fail(s->sim, "node %u: an answer to no request to kill", s->self);
}

static struct starter_program *program_of(struct starters *s, uint64_t job)
{
	for (uint32_t i = 0; i < STARTERS_PARTS; i++)
		if (s->program[i].state && s->program[i].job == job)
			return &s->program[i];
	return NULL;
}

static void later(struct starters *s, const struct starter_program *p, uint32_t us)
{
	sim_plan(s->sim, (1 + sim_random(s->sim, us)) * SIM_US, s->self, PLAN_PROGRAM,
		 (uint64_t)s->sim->node[s->self].life << 8 | (uint64_t)(p - s->program));
}

static void start(void *ctx, const struct spawnd_begin *begin)
{
	struct starters *s = ctx;
	uint32_t i = 0;

	if (s->stopped)
		return;
	sim_note(s->sim, s->self, "makes job", begin->job, begin->rank);
	while (i < STARTERS_PARTS && s->program[i].state)
		i++;
	if (!s->self || i == STARTERS_PARTS || program_of(s, begin->job) ||
	    !protocol_set_has(&begin->nodes, s->self) || strcmp(begin->name, "p")) {
		sim_fail(s->sim, "node %u: a program is to be made that is there, or cannot be", s->self);
		return;
	}
	s->program[i] = (struct starter_program){ STARTER_MAKING, begin->job, false };
	later(s, &s->program[i], 50);
}

static void go(void *ctx, uint64_t job)
{
	struct starters *s = ctx;
	struct starter_program *p = program_of(s, job), *other;

	if (s->stopped)
		return;
	sim_note(s->sim, s->self, "job begins", job, 0);
	if (!p || p->state != STARTER_MADE || p->end) {
		sim_fail(s->sim, "node %u: a program begins that is not made, or is to end", s->self);
		return;
	}
	for (uint32_t node = 1; node < s->sim->nodes; node++) {
		other = member_active(s->sim, node) ?
				program_of(&member_of(s->sim, node)->starters, job) : NULL;
		if (other && other->state == STARTER_MAKING)
			sim_fail(s->sim, "node %u: a program begins that node %u has not made", s->self,
				 node);
	}
	p->state = STARTER_RUNS;
	later(s, p, 4000);
}

static void end(void *ctx, uint64_t job)
{
	struct starters *s = ctx;
	struct starter_program *p = program_of(s, job);

	if (s->stopped)
		return;
	if (!p || p->end) {
		sim_fail(s->sim, "node %u: a program is ended that is not there, or twice", s->self);
		return;
	}
	p->end = true;
	later(s, p, 50);
}

static void stuck(void *ctx, uint32_t node)
{
	struct starters *s = ctx;

	if (member_active(s->sim, node))
		sim_fail(s->sim, "node %u is said not to end a program", node);
}

void starters_event(struct starters *s, uint64_t value)
{
	struct starter_program *p = &s->program[(value & 0xff) % STARTERS_PARTS];
	uint64_t job = p->job, now = sim_time_us(s->sim);

	if (value >> 8 != s->sim->node[s->self].life || s->stopped || !p->state)
		return;
	if (p->state == STARTER_MAKING) {
		bool well = !sim_chance(s->sim, 8);

		p->state = well ? STARTER_MADE : STARTER_NONE;
		spawnd_ready(&s->spawnd, job, well ? 0 : SPAWND_E_MEMORY, now);
	} else if (p->end || p->state == STARTER_RUNS) {
		bool end_now = p->end;

		p->state = STARTER_NONE;
		spawnd_ended(&s->spawnd, job, end_now ? SPAWND_WAS_KILLED : SPAWND_RETURNED,
			     (int32_t)s->self + 40, now);
	}
}

static int message(void *ctx, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		   uint64_t now)
{
	return spawnd_message(&((struct starters *)ctx)->spawnd, from, type, payload, bytes, now);
}

static void install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	(void)old;
	spawnd_view(&((struct starters *)ctx)->spawnd, &now->members, time);
}

static uint64_t tick(void *ctx, uint64_t now)
{
	return spawnd_tick(&((struct starters *)ctx)->spawnd, now);
}

void starters_init(struct starters *s, struct sim *sim, uint32_t self, struct node *node)
{
	static const struct spawnd_hooks hooks = { started, failed, exited, killed,
						   start, go, end, stuck };
	const struct spawnd_memory memory = {
		.asks = sim_zalloc(sim, 12 * sizeof(struct spawnd_ask)),
		.ask_count = 12,
		.parts = sim_zalloc(sim, STARTERS_PARTS * sizeof(struct spawnd_part)),
		.part_count = STARTERS_PARTS,
		.jobs = self ? NULL : sim_zalloc(sim, STARTERS_JOBS * sizeof(struct spawnd_job)),
		.job_count = self ? 0 : STARTERS_JOBS,
		.domain_jobs = 4,
		.node_jobs = 6,
	};
	struct protocol_set alone = protocol_set_only(0);

	memset(s, 0, sizeof(*s));
	s->sim = sim;
	s->self = self;
	s->node = node;
	s->part = (struct node_part){ .interface = PROTOCOL_SPAWN, .ctx = s, .message = message,
				      .install = install, .tick = tick };
	if (spawnd_init(&s->spawnd, self, &memory, &node->port, &hooks, s) || node_add(node, &s->part))
		sim_fail(sim, "node %u: programs cannot be started", self);
	if (!self)
		spawnd_view(&s->spawnd, &alone, sim_time_us(sim));
}

static void begin(struct starters *s, uint32_t domain)
{
	struct spawnd_wish wish = { .name = "p", .flags = sim_chance(s->sim, 2) ? SPAWND_WITH_ASKER : 0 };
	struct starter_ask *a = NULL;

	for (uint32_t i = 0; i < STARTERS_ASKS; i++)
		if (!s->asked[i].tag)
			a = &s->asked[i];
	if (!a)
		return;
	for (uint32_t node = 0; node < s->sim->nodes; node++)
		if (sim_chance(s->sim, 2) && (node || sim_chance(s->sim, 8)))
			protocol_set_add(&wish.nodes, node);
	*a = (struct starter_ask){ ++s->tag, 0, domain };
	if (spawnd_spawn(&s->spawnd, domain, s->tag, &wish, sim_time_us(s->sim)))
		*a = (struct starter_ask){ 0 };
}

static void kill_one(struct starters *s, uint32_t domain)
{
	const struct starter_ask *a = &s->asked[sim_random(s->sim, STARTERS_ASKS)];

	if (!a->job || a->domain != domain)
		return;
	s->kills[domain % STARTERS_DOMAINS]++;
	if (spawnd_kill(&s->spawnd, domain, 7777, a->job, sim_time_us(s->sim)))
		s->kills[domain % STARTERS_DOMAINS]--;
}

static void domain_ends(struct starters *s, uint32_t domain)
{
	for (uint32_t i = 0; i < STARTERS_ASKS; i++)
		if (s->asked[i].tag && s->asked[i].domain == domain)
			s->asked[i] = (struct starter_ask){ 0 };
	s->kills[domain % STARTERS_DOMAINS] = 0;
	spawnd_domain_end(&s->spawnd, domain, sim_time_us(s->sim));
}

void starters_act(struct starters *s)
{
	uint32_t domain = 1 + sim_random(s->sim, STARTERS_DOMAINS), what = sim_random(s->sim, 8);

	if (what < 5)
		begin(s, domain);
	else if (what < 7)
		kill_one(s, domain);
	else
		domain_ends(s, domain);
}

void starters_stop(struct starters *s)
{
	s->stopped = true;
	memset(s->asked, 0, sizeof(s->asked));
	memset(s->program, 0, sizeof(s->program));
	memset(s->kills, 0, sizeof(s->kills));
}

bool starters_quiet(const struct starters *s)
{
	uint32_t jobs;

	for (uint32_t i = 0; i < STARTERS_ASKS; i++)
		if (s->asked[i].tag)
			return false;
	for (uint32_t i = 0; i < STARTERS_PARTS; i++)
		if (s->program[i].state)
			return false;
	for (uint32_t i = 0; i < STARTERS_DOMAINS; i++)
		if (s->kills[i])
			return false;
	return spawnd_quiet(&s->spawnd, &jobs);
}

void starters_check(struct starters *s)
{
	uint32_t jobs = 0;

	spawnd_quiet(&s->spawnd, &jobs);
	if (jobs)
		sim_fail(s->sim, "node %u: %u jobs are left, and no program", s->self, jobs);
}
