// SPDX-License-Identifier: GPL-2.0-only
#include <cold.h>
#include <stddef.h>

#include <errors.h>
#include <scheduler.h>

__extension__ typedef unsigned __int128 wide;

/* ---- servers ---- */

static void new_period(struct sched_server *v, uint64_t now)
{
	/* What a hard one overran is paid back. */
	v->left = v->left < 0 ? v->left + (int64_t)v->budget : (int64_t)v->budget;
	v->deadline = now + v->period;
}

/* A server that was not in use starts to compete at @now. */
static void server_wake(struct sched_server *v, uint64_t now)
{
	if (v->deadline <= now)
		new_period(v, now);
	else if (v->left > 0 && (wide)v->left * v->period > (wide)(v->deadline - now) * v->budget)
		new_period(v, now);
}

static void server_postpone(struct sched_server *v)
{
	uint64_t periods = (uint64_t)-v->left / v->budget + 1;

	v->left += (int64_t)(periods * v->budget);
	v->deadline += periods * v->period;
}

static bool is_hard(const struct sched_task *t)
{
	return t->params.class == SCHED_HARD;
}

static bool is_best_effort(const struct sched_task *t)
{
	return t->params.class == SCHED_BEST_EFFORT;
}

static struct sched_server *server_of(struct sched *s, struct sched_task *t)
{
	return is_best_effort(t) ? &s->background : &t->server;
}

/* Charge the running task for the time since it was picked, or charged last. */
static void account(struct sched *s, uint64_t now)
{
	struct sched_task *t = s->running;
	uint64_t used = now > s->since ? now - s->since : 0;
	struct sched_server *v;

	s->since += used;
	if (!t || !used)
		return;
	t->used += used;
	v = server_of(s, t);
	if (is_best_effort(t)) {
		t->remainder += used;
		t->virtual += t->remainder / t->params.weight;
		t->remainder %= t->params.weight;
		/* A turn wears off only while somebody waits for it. */
		if (s->besteffort->next)
			s->slice_left -= used < s->slice_left ? used : s->slice_left;
	}
	if (v == s->alone)
		return;
	v->left -= (int64_t)used;
	if (v->left <= 0 && !is_hard(t) && v->budget)
		server_postpone(v);
}

/* ---- runnable tasks ---- */

static void list_add(struct sched_task **head, struct sched_task *t)
{
	t->next = *head;
	t->link = head;
	if (*head)
		(*head)->link = &t->next;
	*head = t;
}

static void list_remove(struct sched_task *t)
{
	*t->link = t->next;
	if (t->next)
		t->next->link = t->link;
}

/* Does @a go before @b, both best effort? */
static bool before(const struct sched_task *a, const struct sched_task *b)
{
	return a->virtual < b->virtual || (a->virtual == b->virtual && a->order < b->order);
}

/* The best-effort task to run next, @except excepted. */
static struct sched_task *first(const struct sched *s, const struct sched_task *except)
{
	struct sched_task *best = NULL;

	for (struct sched_task *t = s->besteffort; t; t = t->next) {
		if (t != except && (!best || before(t, best)))
			best = t;
	}
	return best;
}

/* ---- promises ---- */

static COLD void ghosts_leave(struct sched *s, uint64_t now)
{
	if (!s->ghosts || now < s->ghosts_until)
		return;
	s->promised -= s->ghosts;
	s->ghosts = 0;
	s->background.budget = (uint64_t)((wide)s->background.period *
					  (SCHED_WHOLE - s->promised) / SCHED_WHOLE);
	if (s->background.left <= 0)
		new_period(&s->background, now);
}

/* A promise of @share takes from best effort, from the end of its period in hand on. */
static COLD void promise(struct sched *s, uint64_t share, uint64_t now)
{
	struct sched_server *b = &s->background;

	s->promised += share;
	b->budget = (uint64_t)((wide)b->period * (SCHED_WHOLE - s->promised) / SCHED_WHOLE);
	b->left = (int64_t)b->budget;
	b->deadline = (b->deadline > now ? b->deadline : now) + b->period;
}

/* Of SCHED_WHOLE, rounded up: in two steps, that no product needs more than 64 bits. */
static COLD uint64_t share_of(uint64_t budget, uint64_t period)
{
	uint64_t high = (budget << 16) / period;
	uint64_t rest = ((budget << 16) % period) << 16;

	return (high << 16) + (rest + period - 1) / period;
}

static COLD bool valid(const struct sched_params *p)
{
	if (p->class == SCHED_BEST_EFFORT)
		return p->weight && p->weight <= SCHED_WEIGHT_MAX;
	return p->class <= SCHED_HARD && p->budget && p->budget <= p->period &&
	       p->period <= SCHED_PERIOD_MAX;
}

/* ---- interface ---- */

COLD void sched_init(struct sched *s, uint64_t slice, uint64_t period)
{
	*s = (struct sched){
		.slice = slice,
		.background = { .budget = period, .period = period, .left = (int64_t)period },
	};
}

COLD int sched_add(struct sched *s, struct sched_task *task, const struct sched_params *params,
	      uint64_t now)
{
	uint64_t share = 0;

	if (!valid(params))
		return -ERR_INVAL;
	account(s, now);
	ghosts_leave(s, now);
	if (params->class != SCHED_BEST_EFFORT)
		share = share_of(params->budget, params->period);
	if (share > SCHED_WHOLE - s->promised)
		return -ERR_BUSY;
	*task = (struct sched_task){
		.params = *params,
		.share = share,
		.server = { .budget = params->budget, .period = params->period },
		.virtual = s->virtual,
		.added = true,
	};
	if (share)
		promise(s, share, now);
	return 0;
}

COLD void sched_remove(struct sched *s, struct sched_task *task, uint64_t now)
{
	if (!task->added)
		return;
	sched_sleep(s, task, now);
	task->added = false;
	if (s->alone == &task->server)
		s->alone = NULL;
	if (!task->share)
		return;
	/* What it used, it used up to its deadline. */
	s->ghosts += task->share;
	if (task->server.deadline > s->ghosts_until)
		s->ghosts_until = task->server.deadline;
	ghosts_leave(s, now);
}

static void wake_best_effort(struct sched *s, struct sched_task *task)
{
	task->runnable = true;
	task->order = ++s->orders;
	if (task->virtual < s->virtual) {
		task->virtual = s->virtual;
		task->remainder = 0;
	}
	list_add(&s->besteffort, task);
}

void sched_wake(struct sched *s, struct sched_task *task, uint64_t now)
{
	if (!task->added || task->runnable)
		return;
	account(s, now);
	if (is_best_effort(task)) {
		if (!s->besteffort)
			server_wake(&s->background, now);
		wake_best_effort(s, task);
		return;
	}
	task->runnable = true;
	task->order = ++s->orders;
	server_wake(&task->server, now);
	list_add(&s->realtime, task);
}

void sched_sleep(struct sched *s, struct sched_task *task, uint64_t now)
{
	if (!task->runnable)
		return;
	account(s, now);
	list_remove(task);
	task->runnable = false;
	if (s->running == task)
		s->running = NULL;
	if (s->turn == task)
		s->turn = NULL;
}

void sched_defer(struct sched *s, struct sched_task *task, uint64_t now)
{
	const struct sched_task *other;

	if (!task->runnable)
		return;
	account(s, now);
	if (is_best_effort(task)) {
		other = first(s, task);
		if (other && other->virtual > task->virtual)
			task->virtual = other->virtual;
		task->order = ++s->orders;
		if (s->turn == task)
			s->turn = NULL;
	} else if (task->server.left > 0 && s->alone != &task->server) {
		task->server.left = 0;
		if (!is_hard(task))
			server_postpone(&task->server);
	}
}

void sched_hand_over(struct sched *s, struct sched_task *from, struct sched_task *to, uint64_t now)
{
	sched_wake(s, to, now);
	account(s, now);
	if (s->turn == from && from != to && to->runnable && is_best_effort(to))
		s->turn = to;
}

bool sched_switch(struct sched *s, struct sched_task *from, struct sched_task *to, bool sleep,
		  uint64_t now, uint64_t *until)
{
	if (s->running != from || s->turn != from || s->realtime || s->ghosts ||
	    s->alone != &s->background || !to->added || !is_best_effort(to))
		return false;
	account(s, now);
	if (!s->slice_left)
		return false;
	if (!to->runnable)
		wake_best_effort(s, to);
	if (sleep) {
		list_remove(from);
		from->runnable = false;
	}
	s->turn = to;
	s->running = to;
	*until = s->besteffort->next ? now + s->slice_left : SCHED_NEVER;
	return true;
}

/* The ready server with the earliest deadline, and how many are ready. Hard ones get their due. */
static struct sched_task *earliest(struct sched *s, uint64_t now, unsigned int *ready,
				   uint64_t *until)
{
	struct sched_task *best = NULL;

	*ready = s->besteffort != NULL;
	for (struct sched_task *t = s->realtime; t; t = t->next) {
		struct sched_server *v = &t->server;

		/* The new period starts at the deadline, unless that was missed by far. */
		if (v->left <= 0 && v->deadline <= now)
			new_period(v, now - v->deadline < v->period ? v->deadline : now);
		if (v->left <= 0) {
			*until = v->deadline < *until ? v->deadline : *until;
			continue;
		}
		++*ready;
		if (!best || v->deadline < best->server.deadline ||
		    (v->deadline == best->server.deadline && t->order < best->order))
			best = t;
	}
	return best;
}

/* Whose turn it is among best-effort tasks, of which there are some. */
static struct sched_task *take_turn(struct sched *s)
{
	if (!s->turn || !s->slice_left) {
		s->turn = first(s, NULL);
		s->slice_left = s->slice;
		if (s->turn->virtual > s->virtual)
			s->virtual = s->turn->virtual;
	}
	return s->turn;
}

struct sched_task *sched_pick(struct sched *s, uint64_t now, uint64_t *until)
{
	struct sched_task *t;
	struct sched_server *v;
	unsigned int ready;
	uint64_t end;

	account(s, now);
	ghosts_leave(s, now);
	*until = SCHED_NEVER;
	t = earliest(s, now, &ready, until);
	/* Whoever was alone joins the others as if it woke now. */
	if (s->alone && ready > 1) {
		server_wake(s->alone, now);
		s->alone = NULL;
		t = earliest(s, now, &ready, until);
	}
	if (s->besteffort && (!t || (s->background.budget &&
				     s->background.deadline < t->server.deadline)))
		t = take_turn(s);
	s->running = t;
	s->since = now;
	if (!t)
		return NULL;
	v = server_of(s, t);
	s->alone = ready == 1 && !is_hard(t) ? v : NULL;
	end = s->alone ? SCHED_NEVER : now + (uint64_t)v->left;
	if (is_best_effort(t) && s->besteffort->next && now + s->slice_left < end)
		end = now + s->slice_left;
	*until = end < *until ? end : *until;
	return t;
}

void sched_stop(struct sched *s, uint64_t now)
{
	account(s, now);
	s->running = NULL;
}

bool sched_ready(const struct sched *s, uint64_t now)
{
	for (const struct sched_task *t = s->realtime; t; t = t->next) {
		if (t->server.left > 0 || t->server.deadline <= now)
			return true;
	}
	return s->besteffort != NULL;
}
