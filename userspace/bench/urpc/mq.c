// SPDX-License-Identifier: GPL-2.0-only
/* A POSIX message queue a direction. */
#include <fcntl.h>
#include <mqueue.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "bench.h"

#define MQ_DEPTH 10 /* what an unprivileged process may have */

struct chan {
	mqd_t way[2];
};

static void chan_close(void *chan)
{
	struct chan *c = chan;
	int i;

	for (i = 0; i < 2; i++)
		if (c->way[i] != (mqd_t)-1)
			mq_close(c->way[i]);
	free(c);
}

static void *mq_new(int flags)
{
	struct mq_attr attr = { .mq_maxmsg = MQ_DEPTH, .mq_msgsize = BENCH_WORDS * 8 };
	struct chan *c = malloc(sizeof(*c));
	char name[64];
	int i;

	if (!c)
		return NULL;
	for (i = 0; i < 2; i++) {
		snprintf(name, sizeof(name), "/bench-urpc-%d-%d", (int)getpid(), i);
		c->way[i] = mq_open(name, O_RDWR | O_CREAT | O_EXCL | flags, 0600, &attr);
		if (c->way[i] != (mqd_t)-1)
			mq_unlink(name);
	}
	if (c->way[0] == (mqd_t)-1 || c->way[1] == (mqd_t)-1) {
		chan_close(c);
		return NULL;
	}
	return c;
}

static void *chan_open(unsigned int slots)
{
	(void)slots;
	return mq_new(0);
}

static void *chan_open_spin(unsigned int slots)
{
	(void)slots;
	return mq_new(O_NONBLOCK);
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	return mq_send(c->way[end], (const char *)words, BENCH_WORDS * 8, 0) == 0;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	return mq_receive(c->way[!end], (char *)words, BENCH_WORDS * 8, NULL) < 0 ? NULL : words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_mq, "POSIX mq, blocking", SUBJECT_SLOW | SUBJECT_STREAM);
DEFINE_SUBJECT_OPEN(subject_mq_spin, "POSIX mq, spinning", SUBJECT_SLOW | SUBJECT_STREAM,
		    chan_open_spin);
