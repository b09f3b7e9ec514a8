// SPDX-License-Identifier: GPL-2.0-only
/* The limit of the hardware: two lines, one a direction, one word each, and nothing else. */
#include <stdlib.h>
#include <string.h>

#include <urpc/barrier.h>

#include "bench.h"

struct line {
	uint64_t word __attribute__((aligned(256)));
};

/* Lines 0 and 1 are shared; each end counts in a line of its own. */
struct chan {
	struct line shared[2];
	struct line sent[2];
	struct line got[2];
};

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));

	(void)slots;
	if (c)
		memset(c, 0, sizeof(*c));
	return c;
}

static void chan_close(void *chan)
{
	free(chan);
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	(void)words;
	urpc_store_release(&c->shared[end].word, ++c->sent[end].word);
	return true;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	(void)words;
	if (urpc_load_acquire(&c->shared[!end].word) == c->got[end].word)
		return NULL;
	c->got[end].word++;
	return words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_raw, BENCH_RAW, 0);
