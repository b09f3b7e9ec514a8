/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Makes a struct subject out of two inline operations. Before it is included, a subject's file
 * defines struct chan, and
 *   static void *chan_open(unsigned int slots)
 *   static void chan_close(void *chan)
 *   bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
 *   bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *buffer)
 * The latter copies a message into the buffer (a line) and says where its words are; NULL: none.
 * Subjects that block never say no. Every subject polls in the same way.
 */
#include <urpc/barrier.h>

static inline void message_fill(uint64_t *words, uint64_t number)
{
	int i;

#pragma GCC unroll 7
	for (i = 0; i < BENCH_WORDS; i++)
		words[i] = number + (uint64_t)i;
}

/* A message on its way in or out: a line of its own. */
struct buffer {
	uint64_t words[BENCH_WORDS + 1] __attribute__((aligned(64)));
};

static void subject_ping(void *chan, uint64_t n)
{
	struct chan *c = (struct chan *)chan;
	struct buffer b = { { 0 } };

	while (n--) {
		while (!try_send(c, 0, b.words))
			urpc_pause();
		while (!try_recv(c, 0, b.words))
			urpc_pause();
	}
}

static void subject_echo(void *chan, uint64_t n)
{
	struct chan *c = (struct chan *)chan;
	struct buffer in = { { 0 } }, out = { { 0 } };

	while (n--) {
		while (!try_recv(c, 1, in.words))
			urpc_pause();
		while (!try_send(c, 1, out.words))
			urpc_pause();
	}
}

static void subject_source(void *chan, uint64_t first, uint64_t n)
{
	struct chan *c = (struct chan *)chan;
	struct buffer b = { { 0 } };

	for (; n--; first++) {
		message_fill(b.words, first);
		while (!try_send(c, 0, b.words))
			urpc_pause();
	}
}

static uint64_t subject_sink(void *chan, uint64_t n)
{
	struct chan *c = (struct chan *)chan;
	struct buffer b = { { 0 } };
	const uint64_t *words;
	uint64_t sum = 0;

	while (n--) {
		while (!(words = try_recv(c, 1, b.words)))
			urpc_pause();
		sum += words[0] + words[1] + words[2] + words[3] + words[4] + words[5] + words[6];
	}
	return sum;
}

#define DEFINE_SUBJECT(symbol, name, flags) DEFINE_SUBJECT_OPEN(symbol, name, flags, chan_open)
#define DEFINE_SUBJECT_OPEN(symbol, name, flags, open)                                 \
	extern const struct subject symbol;                                            \
	const struct subject symbol = { name,	      flags,	    open,	    chan_close,   \
					subject_ping, subject_echo, subject_source, subject_sink }
