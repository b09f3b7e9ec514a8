// SPDX-License-Identifier: GPL-2.0-only
/* A pair of AF_UNIX sockets that keep message boundaries. */
#include <sys/socket.h>

#include "fds.h"

static void *chan_open(unsigned int slots)
{
	struct chan *c = fds_new();
	int pair[2];

	(void)slots;
	if (!c)
		return NULL;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair)) {
		chan_close(c);
		return NULL;
	}
	c->in[0] = c->out[0] = pair[0];
	c->in[1] = c->out[1] = pair[1];
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
DEFINE_SUBJECT(subject_unix, "AF_UNIX, blocking", SUBJECT_SLOW | SUBJECT_STREAM);
DEFINE_SUBJECT_OPEN(subject_unix_spin, "AF_UNIX, spinning", SUBJECT_SLOW | SUBJECT_STREAM,
		    chan_open_spin);
