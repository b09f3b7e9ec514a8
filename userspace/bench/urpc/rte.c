// SPDX-License-Identifier: GPL-2.0-only
/* DPDK's ring, single producer and single consumer, 64-byte elements. */
#include <stdlib.h>
#include <string.h>

#include <rte_ring.h>
#include <rte_ring_elem.h>

#include "bench.h"

struct chan {
	struct rte_ring *way[2];
};

static void chan_close(void *chan)
{
	struct chan *c = chan;

	free(c->way[0]);
	free(c->way[1]);
	free(c);
}

static void *chan_open(unsigned int slots)
{
	struct chan *c = calloc(1, sizeof(*c));
	ssize_t bytes = rte_ring_get_memsize_elem(64, slots);
	int i, err = bytes < 0;

	if (!c)
		return NULL;
	for (i = 0; i < 2 && !err; i++) {
		c->way[i] = aligned_alloc(256, ((size_t)bytes + 255) & ~255ul);
		err = !c->way[i] ||
		      rte_ring_init(c->way[i], "bench", slots, RING_F_SP_ENQ | RING_F_SC_DEQ);
	}
	if (err) {
		chan_close(c);
		return NULL;
	}
	return c;
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	return rte_ring_sp_enqueue_elem(c->way[end], (void *)(uintptr_t)words, 64) == 0;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	return rte_ring_sc_dequeue_elem(c->way[!end], words, 64) ? NULL : words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_rte, "rte_ring", SUBJECT_STREAM | SUBJECT_SLOTS);
