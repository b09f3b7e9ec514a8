// SPDX-License-Identifier: GPL-2.0-only
/* An eventfd a direction: carries a count, no payload. */
#include <sys/eventfd.h>

#include "fds.h"

static void *chan_open(unsigned int slots)
{
	struct chan *c = fds_new();

	(void)slots;
	if (!c)
		return NULL;
	c->in[0] = eventfd(0, EFD_SEMAPHORE);
	c->in[1] = eventfd(0, EFD_SEMAPHORE);
	c->out[0] = dup(c->in[1]);
	c->out[1] = dup(c->in[0]);
	if (c->in[0] < 0 || c->in[1] < 0 || c->out[0] < 0 || c->out[1] < 0) {
		chan_close(c);
		return NULL;
	}
	return c;
}

static void *chan_open_spin(unsigned int slots)
{
	return fds_spin(chan_open(slots));
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	static const uint64_t one = 1;

	(void)words;
	return fds_write(c, end, &one, sizeof(one));
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	return fds_read(c, end, words, sizeof(uint64_t));
}

#include "subject.h"
DEFINE_SUBJECT(subject_eventfd, "eventfd, blocking", SUBJECT_SLOW);
DEFINE_SUBJECT_OPEN(subject_eventfd_spin, "eventfd, spinning", SUBJECT_SLOW, chan_open_spin);
