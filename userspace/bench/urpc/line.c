// SPDX-License-Identifier: GPL-2.0-only
/*
 * The transport's call line: request and reply in one cache line, one call outstanding. Three
 * times: looked at as urpc_line_relax() chooses for this processor, and in either way.
 */
#include "bench.h"
#include "line_pair.h"

enum look { LOOK_CHOSEN, LOOK_PLAIN, LOOK_FETCH };

static inline void ping_by(void *chan, uint64_t n, enum look look)
{
	struct urpc_line_end *e = &((struct chan *)chan)->end[0].line;
	uint64_t words[BENCH_WORDS] = { 0 };
	struct urpc_msg m = { 0 };

	if (look != LOOK_CHOSEN)
		e->fetch = look == LOOK_FETCH;
	for (; n; n--) {
		words[0] = n;
		urpc_line_call(e, 1, words, sizeof(words));
		while (urpc_line_finish(e, &m) == -URPC_EAGAIN)
			urpc_line_relax(e);
		if (m.payload[0] != n)
			abort(); /* no figure of a line that does not work */
	}
}

static inline void echo_by(void *chan, uint64_t n, enum look look)
{
	struct urpc_line_end *e = &((struct chan *)chan)->end[1].line;
	struct urpc_msg m = { 0 };

	if (look != LOOK_CHOSEN)
		e->fetch = look == LOOK_FETCH;
	while (n--) {
		while (urpc_line_accept(e, &m) == -URPC_EAGAIN)
			urpc_line_relax(e);
		urpc_line_reply(e, 1, m.payload, sizeof(m.payload));
	}
}

#define DEFINE_LINE(way, text, look)                                          \
	static void ping_##way(void *chan, uint64_t n)                        \
	{                                                                     \
		ping_by(chan, n, look);                                       \
	}                                                                     \
	static void echo_##way(void *chan, uint64_t n)                        \
	{                                                                     \
		echo_by(chan, n, look);                                       \
	}                                                                     \
	extern const struct subject subject_line_##way;                       \
	const struct subject subject_line_##way = { .name = text,             \
						    .open = line_open,        \
						    .close = chan_close,      \
						    .ping = ping_##way,       \
						    .echo = echo_##way }

DEFINE_LINE(chosen, BENCH_LINE, LOOK_CHOSEN);
DEFINE_LINE(plain, "urpc call line, plain looks", LOOK_PLAIN);
DEFINE_LINE(fetch, "urpc call line, fetched", LOOK_FETCH);
