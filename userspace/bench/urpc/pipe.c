// SPDX-License-Identifier: GPL-2.0-only
/* A pipe a direction, 56 bytes a write. */
#define _GNU_SOURCE
#include "fds.h"

static void *chan_open(unsigned int slots)
{
	struct chan *c = fds_new();
	int a[2], b[2];

	(void)slots;
	if (!c)
		return NULL;
	if (pipe(a)) {
		chan_close(c);
		return NULL;
	}
	c->in[1] = a[0];
	c->out[0] = a[1];
	if (pipe(b)) {
		chan_close(c);
		return NULL;
	}
	c->in[0] = b[0];
	c->out[1] = b[1];
	return c;
}

static void *chan_open_spin(unsigned int slots)
{
	return fds_spin(chan_open(slots));
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	return fds_write(c, end, words, BENCH_WORDS * 8);
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	return fds_read(c, end, words, BENCH_WORDS * 8);
}

#include "subject.h"
DEFINE_SUBJECT(subject_pipe, "pipe, blocking", SUBJECT_SLOW | SUBJECT_STREAM);
DEFINE_SUBJECT_OPEN(subject_pipe_spin, "pipe, spinning", SUBJECT_SLOW | SUBJECT_STREAM,
		    chan_open_spin);
