// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport's call line: request and reply in one cache line, one call outstanding. Twice: with
 * plain looks, and with the line fetched for writing before each look.
 */
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

static inline void look(const struct urpc_line_end *e, bool fetch)
{
	if (fetch) {
		urpc_pause();
		urpc_line_fetch(e);
	} else {
		urpc_line_pause();
	}
}

static inline void ping_by(void *chan, uint64_t n, bool fetch)
{
	struct urpc_line_end *e = &((struct chan *)chan)->end[0].line;
	uint64_t words[BENCH_WORDS] = { 0 };
	struct urpc_msg m = { 0 };

	for (; n; n--) {
		words[0] = n;
		urpc_line_call(e, 1, words, sizeof(words));
		while (urpc_line_finish(e, &m) == -URPC_EAGAIN)
			look(e, fetch);
		if (m.payload[0] != n)
			abort(); /* no figure of a line that does not work */
	}
}

static inline void echo_by(void *chan, uint64_t n, bool fetch)
{
	struct urpc_line_end *e = &((struct chan *)chan)->end[1].line;
	struct urpc_msg m = { 0 };

	while (n--) {
		while (urpc_line_accept(e, &m) == -URPC_EAGAIN)
			look(e, fetch);
		urpc_line_reply(e, 1, m.payload, sizeof(m.payload));
	}
}

static void ping(void *chan, uint64_t n)
{
	ping_by(chan, n, false);
}

static void echo(void *chan, uint64_t n)
{
	echo_by(chan, n, false);
}

static void ping_fetch(void *chan, uint64_t n)
{
	ping_by(chan, n, true);
}

static void echo_fetch(void *chan, uint64_t n)
{
	echo_by(chan, n, true);
}

extern const struct subject subject_line, subject_line_fetch;
const struct subject subject_line = {
	.name = "urpc call line",
	.open = chan_open,
	.close = chan_close,
	.ping = ping,
	.echo = echo,
};
const struct subject subject_line_fetch = {
	.name = "urpc call line, fetched",
	.open = chan_open,
	.close = chan_close,
	.ping = ping_fetch,
	.echo = echo_fetch,
};
