/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Doorbells and patience for host tests with two threads.
 */
#ifndef UNIT_URPC_BELL_H
#define UNIT_URPC_BELL_H

#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <urpc/chan.h>

#ifndef PATIENCE_S
#define PATIENCE_S 30 /* a wait this long is a hang, on a loaded machine too */
#endif
#define SPINS_BEFORE_YIELD 200

enum bell_kind {
	BELL_NONE, /* who waits polls, nobody rings */
	BELL_SPIN,
	BELL_FUTEX,
};

/* A doorbell: counts rings; its owner sleeps until the count differs from what it saw last. */
struct bell {
	uint32_t count __attribute__((aligned(URPC_CACHE_LINE)));
	enum bell_kind kind;
};

/* Says why and ends the process: threads cannot leave by a cmocka assertion. */
typedef void bell_die(const char *what, const void *who);

/* How long a poll loop has been at it. */
struct patience {
	uint64_t turns;
	uint64_t since;
};

static inline uint64_t now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec;
}

/* One turn of a poll loop with a limit: two cores, but perhaps not for us alone. */
static inline void bell_turn(struct patience *p, const char *what, bell_die *die, const void *who)
{
	urpc_pause();
	if (++p->turns % SPINS_BEFORE_YIELD)
		return;
	sched_yield();
	if (!p->since)
		p->since = now_s();
	else if (now_s() - p->since > PATIENCE_S)
		die(what, who);
}

static inline uint32_t bell_seen(const struct bell *b)
{
	return __atomic_load_n(&b->count, __ATOMIC_SEQ_CST);
}

static inline void bell_ring(struct bell *b)
{
	__atomic_fetch_add(&b->count, 1, __ATOMIC_SEQ_CST);
	if (b->kind == BELL_FUTEX)
		syscall(SYS_futex, &b->count, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static inline void bell_wait(struct bell *b, uint32_t seen, bell_die *die, const void *who)
{
	const struct timespec limit = { .tv_sec = PATIENCE_S };
	struct patience patience = { 0 };

	while (bell_seen(b) == seen) {
		if (b->kind == BELL_SPIN)
			bell_turn(&patience, "lost wake-up", die, who);
		else if (syscall(SYS_futex, &b->count, FUTEX_WAIT_PRIVATE, seen, &limit, NULL, 0) &&
			 errno == ETIMEDOUT)
			die("lost wake-up", who);
	}
}

#endif
