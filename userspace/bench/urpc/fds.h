/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Subjects whose channel is file descriptors, written and read whole messages at a time: blocking,
 * or spinning, where both ends try again and again and sleep never.
 */
#ifndef BENCH_URPC_FDS_H
#define BENCH_URPC_FDS_H

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

struct chan {
	int in[2]; /* of end 0 and end 1; each is closed once */
	int out[2];
};

static struct chan *fds_new(void)
{
	struct chan *c = malloc(sizeof(*c));

	if (c)
		c->in[0] = c->in[1] = c->out[0] = c->out[1] = -1;
	return c;
}

static void chan_close(void *chan)
{
	struct chan *c = chan;
	int saved = errno, i;

	for (i = 0; i < 2; i++) {
		if (c->in[i] >= 0)
			close(c->in[i]);
		if (c->out[i] >= 0 && c->out[i] != c->in[i])
			close(c->out[i]);
	}
	free(c);
	errno = saved;
}

/* Make a channel a spinning one. */
static void *fds_spin(void *chan)
{
	struct chan *c = chan;
	int i;

	for (i = 0; i < 2 && c; i++) {
		fcntl(c->in[i], F_SETFL, O_NONBLOCK);
		fcntl(c->out[i], F_SETFL, O_NONBLOCK);
	}
	return c;
}

static inline bool fds_write(struct chan *c, int end, const uint64_t *words, size_t bytes)
{
	return write(c->out[end], words, bytes) == (ssize_t)bytes;
}

static inline const uint64_t *fds_read(struct chan *c, int end, uint64_t *words, size_t bytes)
{
	return read(c->in[end], words, bytes) == (ssize_t)bytes ? words : NULL;
}

#endif
