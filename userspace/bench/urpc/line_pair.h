/* SPDX-License-Identifier: GPL-2.0-only */
/* A call line with both its ends, for subjects that measure one. */
#ifndef BENCH_LINE_PAIR_H
#define BENCH_LINE_PAIR_H

#include <stdlib.h>
#include <string.h>

#include <urpc/line.h>

/* The two ends' private states are kept apart by more than a line: lines are fetched in pairs. */
struct side {
	struct urpc_line_end line __attribute__((aligned(256)));
};

struct chan {
	struct urpc_line shared;
	struct side end[2];
};

/* A call line is one slot, however many are asked for. NULL: no memory. */
static void *line_open(unsigned int slots)
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

#endif
