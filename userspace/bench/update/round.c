// SPDX-License-Identifier: GPL-2.0-only
/*
 * A round: threads, each pinned to a CPU, that begin together. The last one to be ready starts all; a
 * thread that cannot be pinned spoils the round instead of letting the others wait.
 *
 * Pairs: a client's release store of over with the server's acquire load; all else goes through the
 * transport and pthread_join().
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>

#include <urpc/barrier.h>
#include <urpc/chan.h>
#include <urpc/line.h>

#include "update.h"

#define RING_SLOTS 16u
#define RING_ROOM 4096u
#define WARM_UP 1000u /* updates not counted */

_Static_assert(sizeof(struct urpc_line) <= RING_ROOM, "room for a line");

/* What one client and the server share, and the ends of both, kept apart. */
struct link {
	struct urpc_line line __attribute__((aligned(RING_ROOM)));
	unsigned char ring[2][RING_ROOM] __attribute__((aligned(RING_ROOM)));
	struct urpc_line_end line_end[2][UPDATE_APART / sizeof(struct urpc_line_end)]
		__attribute__((aligned(UPDATE_APART)));
	struct {
		struct urpc_chan end __attribute__((aligned(UPDATE_APART)));
	} chan[2];
};

struct thread {
	pthread_t id;
	uint32_t number;
	struct team *team;
	double cycles __attribute__((aligned(UPDATE_APART)));
	bool failed;
};

struct team {
	struct update_round *round;
	struct update_line *state;
	struct link *links; /* of clients, by number less 1 */
	uint32_t ready __attribute__((aligned(UPDATE_APART)));
	uint32_t over; /* clients that have all their answers */
	uint32_t spoilt;
	struct thread thread[UPDATE_CORES_MAX];
};

static uint64_t now(void)
{
	unsigned int cpu;

	return __rdtscp(&cpu);
}

/* ---- in place ---- */

static void update_shared(struct thread *t)
{
	const struct update_round *r = t->team->round;
	uint64_t start;

	for (uint64_t i = 0; i < WARM_UP; i++)
		update_lines(t->team->state, r->lines);
	start = now();
	for (uint64_t i = 0; i < r->updates; i++)
		update_lines(t->team->state, r->lines);
	t->cycles = (double)(now() - start) / (double)r->updates;
}

/* ---- by message ---- */

static int ask(struct link *link, enum update_way way, uint64_t number)
{
	struct urpc_msg m;
	int rc;

	if (way == UPDATE_RING) {
		rc = urpc_send(&link->chan[0].end, 1, &number, sizeof(number));
		while (!rc && (rc = urpc_recv(&link->chan[0].end, &m)) == -URPC_EAGAIN) {
			urpc_pause();
			rc = 0;
		}
	} else {
		rc = urpc_line_call(link->line_end[0], 1, &number, sizeof(number));
		while (!rc && (rc = urpc_line_finish(link->line_end[0], &m)) == -URPC_EAGAIN) {
			urpc_line_relax(link->line_end[0]);
			rc = 0;
		}
	}
	return rc || m.payload[0] != number;
}

static void client(struct thread *t)
{
	const struct update_round *r = t->team->round;
	struct link *link = &t->team->links[t->number - 1];
	uint64_t start = 0;

	for (uint64_t i = 0; i < WARM_UP + r->updates && !t->failed; i++) {
		if (i == WARM_UP)
			start = now();
		t->failed = ask(link, r->way, i);
	}
	t->cycles = (double)(now() - start) / (double)r->updates;
	__atomic_fetch_add(&t->team->over, 1, __ATOMIC_RELEASE);
}

/* A request, if there is one: update, answer. Return: 1: done; 0: none; -1: the link is broken. */
static int serve(struct team *team, struct link *link)
{
	const struct update_round *r = team->round;
	struct urpc_msg m;
	int rc;

	rc = r->way == UPDATE_RING ? urpc_recv(&link->chan[1].end, &m) :
				     urpc_line_accept(link->line_end[1], &m);
	if (rc == -URPC_EAGAIN || rc == -URPC_EBUSY)
		return 0;
	if (rc)
		return -1;
	update_lines(team->state, r->lines);
	rc = r->way == UPDATE_RING ? urpc_send(&link->chan[1].end, 1, m.payload, 8) :
				     urpc_line_reply(link->line_end[1], 1, m.payload, 8);
	return rc ? -1 : 1;
}

/* Its own cost is the time of the looks that found a request, from the look to the answer posted. */
static void server(struct thread *t)
{
	struct team *team = t->team;
	const uint32_t clients = team->round->cores - 1;
	uint64_t busy = 0, served = 0;

	while (urpc_load_acquire(&team->over) < clients && !t->failed) {
		for (uint32_t i = 0; i < clients; i++) {
			uint64_t start = now();
			int rc = serve(team, &team->links[i]);

			t->failed |= rc < 0;
			busy += rc > 0 ? now() - start : 0;
			served += rc > 0;
		}
		urpc_line_relax(team->links[0].line_end[1]);
	}
	t->cycles = served ? (double)busy / (double)served : 0;
	t->failed |= served != clients * (WARM_UP + team->round->updates);
}

/* ---- threads ---- */

static void *run(void *arg)
{
	struct thread *t = arg;
	struct team *team = t->team;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(team->round->cpu[t->number], &set);
	if (pthread_setaffinity_np(pthread_self(), sizeof(set), &set))
		urpc_store_release(&team->spoilt, 1);
	__atomic_fetch_add(&team->ready, 1, __ATOMIC_SEQ_CST);
	while (urpc_load_acquire(&team->ready) < team->round->cores)
		urpc_pause();
	if (urpc_load_acquire(&team->spoilt))
		return NULL;
	if (team->round->way == UPDATE_SHARED)
		update_shared(t);
	else if (t->number)
		client(t);
	else
		server(t);
	return NULL;
}

static int open_links(struct team *team)
{
	const uint32_t clients = team->round->cores - 1;

	team->links = aligned_alloc(RING_ROOM, clients * sizeof(*team->links));
	if (!team->links || urpc_ring_bytes(RING_SLOTS) > RING_ROOM)
		return -1;
	memset(team->links, 0, clients * sizeof(*team->links));
	for (uint32_t i = 0; i < clients; i++) {
		struct link *l = &team->links[i];
		struct urpc_ring *a = (struct urpc_ring *)(void *)l->ring[0];
		struct urpc_ring *b = (struct urpc_ring *)(void *)l->ring[1];

		if (urpc_chan_init(&l->chan[0].end, a, b, RING_SLOTS) ||
		    urpc_chan_init(&l->chan[1].end, b, a, RING_SLOTS) ||
		    urpc_line_init(l->line_end[0], &l->line, URPC_LINE_CALLER) ||
		    urpc_line_init(l->line_end[1], &l->line, URPC_LINE_CALLEE))
			return -1;
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Updates in place may be lost to each other, but never all of one core's. */
static const char *check_state(const struct team *team)
{
	const struct update_round *r = team->round;
	const uint64_t each = WARM_UP + r->updates;
	const bool shared = r->way == UPDATE_SHARED;
	const uint64_t most = each * (shared ? r->cores : r->cores - 1);

	for (uint32_t i = 0; i < r->lines; i++) {
		uint64_t got = team->state[i].word;

		if (got > most || got < (shared ? 2 : most))
			return "the state does not hold the updates";
	}
	return NULL;
}

static void conclude(struct team *team)
{
	struct update_round *r = team->round;
	const uint32_t first = r->way == UPDATE_SHARED ? 0 : 1;
	double cycles[UPDATE_CORES_MAX];

	for (uint32_t i = 0; i < r->cores; i++) {
		cycles[i] = team->thread[i].cycles;
		if (team->thread[i].failed)
			r->wrong = "a message was lost, or the transport refused one";
	}
	if (team->spoilt)
		r->wrong = "a thread could not be bound to its CPU";
	if (!r->wrong)
		r->wrong = check_state(team);
	r->server = first ? cycles[0] : 0;
	qsort(cycles + first, r->cores - first, sizeof(cycles[0]), compare);
	r->cycles = cycles[first + (r->cores - first) / 2];
}

void update_run(struct update_round *round)
{
	struct team *team = aligned_alloc(UPDATE_APART, sizeof(*team));
	uint32_t started = 0;

	round->wrong = "no memory";
	if (!team)
		return;
	memset(team, 0, sizeof(*team));
	team->round = round;
	team->state = aligned_alloc(4096, 4096);
	if (!team->state || open_links(team))
		goto out;
	memset(team->state, 0, 4096);
	round->wrong = NULL;
	for (; started < round->cores; started++) {
		struct thread *t = &team->thread[started];

		t->team = team;
		t->number = started;
		if (pthread_create(&t->id, NULL, run, t))
			break;
	}
	if (started < round->cores) { /* let those that wait go */
		round->wrong = "no more threads";
		urpc_store_release(&team->spoilt, 1);
		__atomic_fetch_add(&team->ready, round->cores - started, __ATOMIC_SEQ_CST);
	}
	while (started)
		pthread_join(team->thread[--started].id, NULL);
	if (!round->wrong)
		conclude(team);
out:
	free(team->links);
	free(team->state);
	free(team);
}
