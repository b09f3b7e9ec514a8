// SPDX-License-Identifier: GPL-2.0-only
/* The transport of this tree, the very source that the module and the CPU driver run. */
#include <stdlib.h>
#include <string.h>

#include <urpc/chan.h>

#include "bench.h"

/* The two ends' private states are kept apart by more than a line: lines are fetched in pairs. */
struct side {
	struct urpc_chan urpc __attribute__((aligned(256)));
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

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	return urpc_send(&c->end[end].urpc, 1, words, BENCH_WORDS * 8) == 0;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	struct urpc_msg *m = (struct urpc_msg *)(void *)words;

	return urpc_recv(&c->end[end].urpc, m) ? NULL : m->payload;
}

#include "subject.h"
DEFINE_SUBJECT(subject_urpc, BENCH_URPC, SUBJECT_STREAM | SUBJECT_SLOTS);
