// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport of this tree where both ends go to sleep at once when there is nothing, with a
 * futex for a doorbell: what urpc_arm() and urpc_notify_needed() add to the futex alone.
 */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <urpc/chan.h>

#include "bench.h"

struct side {
	struct urpc_chan urpc __attribute__((aligned(256)));
	uint32_t bell __attribute__((aligned(256)));
};

struct chan {
	struct side end[2];
	struct urpc_ring *ring[2];
};

static void chan_close(void *chan)
{
	struct chan *c = chan;

	free(c->ring[0]);
	free(c->ring[1]);
	free(c);
}

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	for (i = 0; i < 2; i++) {
		c->ring[i] = aligned_alloc(URPC_RING_ALIGN, urpc_ring_bytes(slots));
		if (c->ring[i])
			memset(c->ring[i], 0, urpc_ring_bytes(slots));
	}
	if (urpc_chan_init(&c->end[0].urpc, c->ring[0], c->ring[1], slots) ||
	    urpc_chan_init(&c->end[1].urpc, c->ring[1], c->ring[0], slots)) {
		chan_close(c);
		return NULL;
	}
	return c;
}

static void ring_bell(struct side *s)
{
	__atomic_fetch_add(&s->bell, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &s->bell, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void await_bell(struct side *s, uint32_t seen)
{
	while (urpc_load_acquire(&s->bell) == seen)
		syscall(SYS_futex, &s->bell, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	urpc_disarm(&s->urpc);
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	struct side *s = &c->end[end];
	uint32_t seen = urpc_load_acquire(&s->bell);
	int err = urpc_send(&s->urpc, 1, words, BENCH_WORDS * 8);

	if (urpc_notify_needed(&s->urpc))
		ring_bell(&c->end[!end]);
	if (err && urpc_arm_send(&s->urpc))
		await_bell(s, seen);
	return !err;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	struct urpc_msg *m = (struct urpc_msg *)(void *)words;
	struct side *s = &c->end[end];
	uint32_t seen = urpc_load_acquire(&s->bell);
	int err = urpc_recv(&s->urpc, m);

	if (urpc_ack_notify_needed(&s->urpc))
		ring_bell(&c->end[!end]);
	if (err && urpc_arm(&s->urpc))
		await_bell(s, seen);
	return err ? NULL : m->payload;
}

#include "subject.h"
DEFINE_SUBJECT(subject_blocking, "urpc, blocking by futex",
	       SUBJECT_SLOW | SUBJECT_STREAM | SUBJECT_SLOTS);
