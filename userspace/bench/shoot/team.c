// SPDX-License-Identifier: GPL-2.0-only
/*
 * The busy threads, and the measuring of a call beside them.
 *
 * A turn counter leads all threads through one sample:
 *   odd   the pages are ready: read them (so the TLB holds them), then watch the clock; answer
 *         -- the call is made and timed --
 *   even  stop watching, say what was lost; answer
 * so that what the initiator does between samples is nobody's loss.
 *
 * Pairs: the initiator's release store of turn with the threads' acquire load (the area, the run);
 * a thread's release store of answered with the initiator's acquire load (lost).
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <x86intrin.h>

#include "shoot.h"

#define PAGE 4096u
#define LESSONS 2048 /* loops to learn what is usual */
#define PATIENCE_S 20
#define LOOKS_A_CLOCK 4096 /* looks at a thread's answer between looks at the clock */

#define LEARN 2 /* the first turn: even, so that nobody touches pages */
#define APART 256 /* lines that different CPUs write: processors fetch them in pairs */

/*
 * @answered, @lost: written by the thread; @lost belongs to the last even turn
 * @usual, @most: of an undisturbed loop, cycles; the thread's own
 */
struct sharer {
	uint32_t answered __attribute__((aligned(APART)));
	uint64_t lost;
	uint64_t usual;
	uint64_t most;
	struct shoot_team *team;
	pthread_t thread;
};

/*
 * @turn, @quit, @area: written by the initiator; @area before the turn
 * @started: threads to be joined
 */
struct shoot_team {
	uint32_t turn __attribute__((aligned(APART)));
	bool quit;
	struct shoot_area area __attribute__((aligned(APART)));
	unsigned int count;
	unsigned int started;
	struct sharer sharers[];
};

static int by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* An interruption is what takes more than twice as long as all but a hundredth of the loops. */
static void learn(struct sharer *s)
{
	uint64_t gaps[LESSONS], last = __rdtsc();

	for (unsigned int i = 0; i < LESSONS; i++) {
		uint64_t now = __rdtsc();

		gaps[i] = now - last;
		last = now;
		_mm_pause();
	}
	qsort(gaps, LESSONS, sizeof(gaps[0]), by_size);
	s->usual = gaps[LESSONS / 2];
	s->most = 2 * gaps[LESSONS * 99 / 100];
}

static void read_all(const struct shoot_area *area)
{
	for (size_t at = 0; at < area->bytes; at += PAGE)
		(void)*(volatile char *)(area->start + at);
}

/* Time since *@last that is more than a usual loop, if it is an interruption; else 0. */
static uint64_t gap(const struct sharer *s, uint64_t *last)
{
	uint64_t now = __rdtsc(), taken = now - *last;

	*last = now;
	return taken > s->most ? taken - s->usual : 0;
}

static void *be_busy(void *arg)
{
	struct sharer *s = arg;
	struct shoot_team *team = s->team;
	uint64_t last = __rdtsc(), lost = 0;
	uint32_t seen = 0;

	while (!__atomic_load_n(&team->quit, __ATOMIC_ACQUIRE)) {
		uint32_t turn;

		lost += gap(s, &last);
		turn = __atomic_load_n(&team->turn, __ATOMIC_ACQUIRE);
		if (turn == seen) {
			_mm_pause();
			continue;
		}
		seen = turn;
		if (turn == LEARN) {
			learn(s);
		} else if (turn & 1) {
			read_all(&team->area);
			lost = 0;
		} else {
			/* An interrupt may have come between the two looks above. */
			s->lost = lost + gap(s, &last);
		}
		__atomic_store_n(&s->answered, turn, __ATOMIC_RELEASE);
		last = __rdtsc();
	}
	return NULL;
}

static int await(struct shoot_team *team, struct sharer *s)
{
	time_t deadline = 0;

	for (unsigned int look = 0;; look++) {
		struct timespec now;

		if (__atomic_load_n(&s->answered, __ATOMIC_ACQUIRE) == team->turn)
			return 0;
		_mm_pause();
		if (look % LOOKS_A_CLOCK)
			continue;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (!deadline)
			deadline = now.tv_sec + PATIENCE_S;
		else if (now.tv_sec > deadline)
			return -ETIMEDOUT;
	}
}

/* Next turn; returns once all have answered. LEARN is followed by an odd turn, and so on. */
static int next_turn(struct shoot_team *team)
{
	uint32_t turn = team->turn ? team->turn + 1 : LEARN;
	int err = 0;

	__atomic_store_n(&team->turn, turn, __ATOMIC_RELEASE);
	for (unsigned int i = 0; !err && i < team->count; i++)
		err = await(team, &team->sharers[i]);
	return err;
}

/* Affinity comes with the attributes: the thread never runs anywhere else. */
static int start_sharer(struct shoot_team *team, unsigned int cpu)
{
	struct sharer *s = &team->sharers[team->started];
	pthread_attr_t attributes;
	cpu_set_t set;
	int err;

	if (cpu >= CPU_SETSIZE)
		return -EINVAL;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	s->team = team;
	err = -pthread_attr_init(&attributes);
	if (err)
		return err;
	err = -pthread_attr_setaffinity_np(&attributes, sizeof(set), &set);
	if (!err)
		err = -pthread_create(&s->thread, &attributes, be_busy, s);
	pthread_attr_destroy(&attributes);
	if (!err)
		team->started++;
	return err;
}

int shoot_team_open(struct shoot_team **out, const unsigned int *sharers, unsigned int count)
{
	struct shoot_team *team;
	size_t size = sizeof(*team) + count * sizeof(team->sharers[0]);
	int err = 0;

	if (count > SHOOT_SHARERS_MAX)
		return -EINVAL;
	team = aligned_alloc(APART, (size + APART - 1) / APART * APART);
	if (!team)
		return -ENOMEM;
	memset(team, 0, size);
	team->count = count;
	for (unsigned int i = 0; !err && i < count; i++)
		err = start_sharer(team, sharers[i]);
	if (!err)
		err = next_turn(team);
	if (err) {
		shoot_team_close(team);
		return err;
	}
	*out = team;
	return 0;
}

void shoot_team_close(struct shoot_team *team)
{
	__atomic_store_n(&team->quit, true, __ATOMIC_RELEASE);
	for (unsigned int i = 0; i < team->started; i++)
		pthread_join(team->sharers[i].thread, NULL);
	free(team);
}

static uint64_t clock_now(void)
{
	uint64_t now;

	_mm_lfence();
	now = __rdtsc();
	_mm_lfence();
	return now;
}

static int sample(struct shoot_team *team, const struct shoot_run *run, uint64_t *cycles)
{
	uint64_t start;
	int err;

	err = run->call->prepare(&team->area);
	if (!err)
		err = next_turn(team);
	if (err)
		return err;
	start = clock_now();
	err = run->call->act(&team->area);
	*cycles = clock_now() - start;
	return err ? err : next_turn(team);
}

int shoot_team_run(struct shoot_team *team, const struct shoot_run *run)
{
	uint64_t unused;
	int err;

	err = shoot_pin(run->cpu);
	if (!err)
		err = shoot_area_open(&team->area, run->pages);
	if (err)
		return err;
	for (uint64_t i = 0; !err && i < run->warm_up; i++)
		err = sample(team, run, &unused);
	for (uint64_t i = 0; !err && i < run->count; i++) {
		err = sample(team, run, &run->cycles[i]);
		for (unsigned int s = 0; run->lost && s < team->count; s++)
			run->lost[i * team->count + s] = team->sharers[s].lost;
	}
	shoot_area_close(&team->area);
	memset(&team->area, 0, sizeof(team->area));
	return err;
}
