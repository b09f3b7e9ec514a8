// SPDX-License-Identifier: GPL-2.0-only
/*
 * liburcu's wait-free queue. It is unbounded: here each direction owns as many nodes as the queue
 * length says, and takes them in turn once the receiver's count says that they are free.
 */
#include <stdlib.h>
#include <string.h>

#include <urcu/wfcqueue.h>

#include <urpc/barrier.h>

#include "bench.h"

struct node {
	struct cds_wfcq_node link;
	uint64_t words[BENCH_WORDS];
} __attribute__((aligned(64)));

struct way {
	struct cds_wfcq_head head __attribute__((aligned(256)));
	struct cds_wfcq_tail tail __attribute__((aligned(256)));
	uint64_t consumed __attribute__((aligned(256)));
	uint64_t received __attribute__((aligned(256)));
	uint64_t sent __attribute__((aligned(256)));
	uint64_t known;
	struct node *node;
	unsigned int slots;
};

struct chan {
	struct way way[2];
};

static void chan_close(void *chan)
{
	struct chan *c = chan;

	free(c->way[0].node);
	free(c->way[1].node);
	free(c);
}

static void *chan_open(unsigned int slots)
{
	struct chan *c = aligned_alloc(256, sizeof(*c));
	int i;

	if (!c)
		return NULL;
	memset(c, 0, sizeof(*c));
	for (i = 0; i < 2; i++) {
		cds_wfcq_init(&c->way[i].head, &c->way[i].tail);
		c->way[i].slots = slots;
		c->way[i].node = aligned_alloc(64, slots * sizeof(struct node));
	}
	if (!c->way[0].node || !c->way[1].node) {
		chan_close(c);
		return NULL;
	}
	return c;
}

bench_inline bool try_send(struct chan *c, int end, const uint64_t *words)
{
	struct way *w = &c->way[end];
	struct node *node = &w->node[w->sent & (w->slots - 1)];

	if (w->sent - w->known >= w->slots) {
		w->known = urpc_load_acquire(&w->consumed);
		if (w->sent - w->known >= w->slots)
			return false;
	}
	memcpy(node->words, words, sizeof(node->words));
	cds_wfcq_node_init(&node->link);
	cds_wfcq_enqueue(&w->head, &w->tail, &node->link);
	w->sent++;
	return true;
}

bench_inline const uint64_t *try_recv(struct chan *c, int end, uint64_t *words)
{
	struct way *w = &c->way[!end];
	struct cds_wfcq_node *link = __cds_wfcq_dequeue_nonblocking(&w->head, &w->tail);

	if (!link || link == CDS_WFCQ_WOULDBLOCK)
		return NULL;
	memcpy(words, ((struct node *)link)->words, BENCH_WORDS * 8);
	if ((++w->received & (w->slots / 2 - 1)) == 0)
		urpc_store_release(&w->consumed, w->received);
	return words;
}

#include "subject.h"
DEFINE_SUBJECT(subject_wfcq, "liburcu wfcqueue", SUBJECT_STREAM | SUBJECT_SLOTS);
