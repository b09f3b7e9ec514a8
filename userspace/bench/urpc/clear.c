// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel in Barrelfish's later form: the receiver clears the slot's last word, and the sender
 * writes only into a cleared slot. No acknowledgement.
 */
#include <stdlib.h>
#include <string.h>

#include <urpc/barrier.h>

#include "bench.h"

struct slot {
	uint64_t payload[BENCH_WORDS];
	uint64_t full;
} __attribute__((aligned(64)));

struct side {
	struct slot *out __attribute__((aligned(256)));
	struct slot *in;
	uint64_t out_at;
	uint64_t in_at;
	uint64_t mask;
};

struct chan {
	struct side end[2];
};

static void chan_close(void *chan)
{
	struct chan *c = chan;

	free(c->end[0].out);
	free(c->end[0].in);
	free(c);
}

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));
	struct slot *ring[2];
	int i;

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	for (i = 0; i < 2; i++) {
		ring[i] = aligned_alloc(4096, (slots * sizeof(struct slot) + 4095) & ~4095ul);
		if (ring[i])
			memset(ring[i], 0, slots * sizeof(struct slot));
	}
	for (i = 0; i < 2; i++) {
		c->end[i].out = ring[i];
		c->end[i].in = ring[!i];
		c->end[i].mask = slots - 1;
	}
	if (!ring[0] || !ring[1]) {
		chan_close(c);
		return NULL;
	}
	return c;
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	struct side *s = &c->end[end];
	struct slot *slot = &s->out[s->out_at & s->mask];

	if (urpc_load_acquire(&slot->full))
		return false;
	memcpy(slot->payload, words, sizeof(slot->payload));
	urpc_store_release(&slot->full, 1);
	s->out_at++;
	return true;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	struct side *s = &c->end[end];
	struct slot *slot = &s->in[s->in_at & s->mask];

	if (!urpc_load_acquire(&slot->full))
		return NULL;
	memcpy(words, slot->payload, sizeof(slot->payload));
	urpc_store_release(&slot->full, 0);
	s->in_at++;
	return words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_clear, BENCH_CLEAR, SUBJECT_STREAM | SUBJECT_SLOTS);
