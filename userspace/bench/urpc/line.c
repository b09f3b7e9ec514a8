// SPDX-License-Identifier: GPL-2.0-only
/* The transport's call line: request and reply in one cache line, one call outstanding. */
#include <stdlib.h>
#include <string.h>

#include <urpc/line.h>

#include "bench.h"

/* The two ends' private states are kept apart by more than a line: lines are fetched in pairs. */
struct side {
	struct urpc_line_end line __attribute__((aligned(256)));
};

struct chan {
	struct urpc_line shared;
	struct side end[2];
};

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));

	(void)slots;
	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	if (urpc_line_init(&c->end[0].line, &c->shared, URPC_LINE_CALLER) ||
	    urpc_line_init(&c->end[1].line, &c->shared, URPC_LINE_CALLEE)) {
		free(c);
		return NULL;
	}
	return c;
}

static void chan_close(void *chan)
{
	free(chan);
}

static inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	if (end)
		return urpc_line_reply(&c->end[1].line, 1, words, BENCH_WORDS * 8) == 0;
	return urpc_line_call(&c->end[0].line, 1, words, BENCH_WORDS * 8) == 0;
}

static inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	struct urpc_msg *m = (struct urpc_msg *)(void *)words;

	if (end)
		return urpc_line_accept(&c->end[1].line, m) ? NULL : m->payload;
	return urpc_line_finish(&c->end[0].line, m) ? NULL : m->payload;
}

#include "subject.h"
DEFINE_SUBJECT(subject_line, "urpc call line", 0);
