// SPDX-License-Identifier: GPL-2.0-only
/* A word a direction, waited for and woken with futex(2) every time. No payload. */
#define _GNU_SOURCE
#include <linux/futex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <urpc/barrier.h>

#include "bench.h"

struct line {
	uint32_t word __attribute__((aligned(256)));
};

struct chan {
	struct line shared[2];
	struct line sent[2];
	struct line got[2];
};

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));

	(void)slots;
	if (c)
		memset(c, 0, sizeof(*c));
	return c;
}

static void chan_close(void *chan)
{
	free(chan);
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	(void)words;
	urpc_store_release(&c->shared[end].word, ++c->sent[end].word);
	syscall(SYS_futex, &c->shared[end].word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	return true;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	uint32_t *word = &c->shared[!end].word, seen = c->got[end].word;

	while (urpc_load_acquire(word) == seen)
		syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, seen, NULL, NULL, 0);
	c->got[end].word++;
	return words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_futex, "futex, blocking", SUBJECT_SLOW);
