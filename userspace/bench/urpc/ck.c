// SPDX-License-Identifier: GPL-2.0-only
/* Concurrency Kit's ring, one producer and one consumer, a line by value. */
#include <stdlib.h>
#include <string.h>

#include <ck_ring.h>

#include "bench.h"

struct line {
	uint64_t words[8];
} __attribute__((aligned(64)));

struct way {
	ck_ring_t ring __attribute__((aligned(256)));
	struct line *buffer;
};

struct chan {
	struct way way[2];
};

CK_RING_PROTOTYPE(line, line)

static void chan_close(void *chan)
{
	struct chan *c = chan;

	free(c->way[0].buffer);
	free(c->way[1].buffer);
	free(c);
}

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	for (i = 0; i < 2; i++) {
		c->way[i].buffer = aligned_alloc(64, slots * sizeof(struct line));
		ck_ring_init(&c->way[i].ring, slots);
	}
	if (!c->way[0].buffer || !c->way[1].buffer) {
		chan_close(c);
		return NULL;
	}
	return c;
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	struct line line = { { 0 } };

	memcpy(line.words, words, BENCH_WORDS * 8);
	return CK_RING_ENQUEUE_SPSC(line, &c->way[end].ring, c->way[end].buffer, &line);
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	struct line *line = (struct line *)(void *)words;

	if (!CK_RING_DEQUEUE_SPSC(line, &c->way[!end].ring, c->way[!end].buffer, line))
		return NULL;
	return words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_ck, "ck_ring", SUBJECT_STREAM | SUBJECT_SLOTS);
