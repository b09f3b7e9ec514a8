// SPDX-License-Identifier: GPL-2.0-only
/*
 * There are no capabilities behind the machines here: every vote is yes, and doing an operation does
 * nothing. So what is measured is the protocol and its transport.
 */
#include <stdlib.h>
#include <string.h>

#include "node.h"

#define TURN 16u /* messages of one link */
#define OBJECT_BYTES 0x10000ull
#define RAM 0x40000000ull

static const uint16_t one_package[NODES_MAX];

/* ---- the machine's hooks ---- */

static int vote(void *ctx, const struct agree_request *q, bool mine, uint64_t cookie,
		uint32_t *relations)
{
	struct node *n = ctx;

	(void)q, (void)cookie;
	n->votes += !mine;
	*relations = mine ? 0 : AGREE_HAS_COPY;
	return 0;
}

static void busy(void *ctx, const struct agree_request *q, bool on)
{
	(void)ctx, (void)q, (void)on;
}

static int perform(void *ctx, const struct agree_request *q, enum agree_part part, uint64_t cookie)
{
	(void)ctx, (void)q, (void)part, (void)cookie;
	return 0;
}

static void alone(void *ctx, const struct agree_request *q)
{
	(void)ctx, (void)q;
}

static void done(void *ctx, uint64_t cookie, int result, uint32_t relations)
{
	struct node *n = ctx;

	(void)cookie, (void)relations;
	n->ended++;
	n->good += !result;
}

static int mark(void *ctx, const struct agree_object *object)
{
	(void)ctx, (void)object;
	return 0;
}

static int create(void *ctx, uint32_t from, const struct agree_object *object, uint8_t rights,
		  uint64_t handle)
{
	(void)ctx, (void)from, (void)object, (void)rights, (void)handle;
	return 0;
}

static void given(void *ctx, uint64_t cookie, int result)
{
	(void)ctx, (void)cookie, (void)result;
}

static int forget(void *ctx, uint32_t node)
{
	(void)ctx, (void)node;
	return 0;
}

/* ---- messages ---- */

static void spoil(struct node *n, const char *why)
{
	n->wrong = n->wrong ? n->wrong : why;
}

static void send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct node *n = ctx;
	struct link *l = &n->link[to];
	struct waiting *w;

	if (bytes > BATCH_BYTES) {
		spoil(n, "a message is longer than a batch");
		return;
	}
	if (!l->count && !urpc_send_long(&l->chan, type, payload, bytes))
		return;
	if (l->count == QUEUE) {
		spoil(n, "more messages wait than the machine promised");
		return;
	}
	w = &l->queue[(l->first + l->count++) % QUEUE];
	w->type = type;
	w->bytes = (uint16_t)bytes;
	memcpy(w->payload, payload, bytes);
}

static int handle(struct node *n, uint32_t from, uint16_t type, const void *payload,
		  uint32_t bytes)
{
	struct batch_reader r;
	int rc;

	if (type != BATCH_MESSAGE)
		return agree_message(&n->agree, from, type, payload, bytes);
	rc = batch_open(&r, payload, bytes);
	while (!rc && batch_next(&r))
		rc = agree_message(&n->agree, from, r.type, r.payload, r.bytes);
	return rc;
}

static void take(struct node *n, uint32_t from)
{
	uint8_t payload[BATCH_BYTES] __attribute__((aligned(8)));
	struct urpc_msg m;
	size_t bytes;

	for (uint32_t i = 0; i < TURN; i++) {
		int rc = urpc_recv(&n->link[from].chan, &m);

		if (rc == -URPC_EAGAIN)
			return;
		if (rc == -URPC_EMSGSIZE)
			rc = urpc_recv_long(&n->link[from].chan, &m.type, payload, sizeof(payload),
					    &bytes);
		else
			bytes = m.len;
		if (rc || handle(n, from, m.type, bytes > URPC_PAYLOAD_BYTES ? payload : (const void *)m.payload,
				 (uint32_t)bytes))
			spoil(n, "a message was refused");
	}
}

static void flush(struct link *l)
{
	while (l->count) {
		const struct waiting *w = &l->queue[l->first];

		if (urpc_send_long(&l->chan, w->type, w->payload, w->bytes))
			return;
		l->first = (l->first + 1) % QUEUE;
		l->count--;
	}
}

void node_turn(struct node *n)
{
	for (uint32_t i = 0; i < n->nodes; i++) {
		if (i == n->self)
			continue;
		take(n, i);
		flush(&n->link[i]);
	}
	while (agree_work(&n->agree))
		;
	batch_flush(&n->batcher);
}

int node_retype(struct node *n, uint32_t object)
{
	const struct agree_request q = {
		.kind = AGREE_RETYPE,
		.into = ABI_CAP_FRAME,
		.object = { RAM + object * OBJECT_BYTES, OBJECT_BYTES, ABI_CAP_RAM },
		.piece = RAM + object * OBJECT_BYTES,
		.piece_bytes = 4096,
	};

	return agree_start(&n->agree, &q, object);
}

/* ---- open, close ---- */

static int open_machine(struct node *n, enum route_kind kind)
{
	const struct agree_memory memory = { n->entries, n->heard, n->peers, n->room, ENTRIES,
					     NODES_MAX };
	const struct protocol_port port = { n, send };
	const struct agree_local local = {
		.ctx = n,
		.vote = vote,
		.busy = busy,
		.perform = perform,
		.alone = alone,
		.done = done,
		.mark = mark,
		.create = create,
		.given = given,
		.forget = forget,
	};
	const struct route_topology topology = { NODES_MAX, 1, one_package, NULL };

	batch_init(&n->batcher, &port, n->batches, NODES_MAX);
	return agree_init(&n->agree, n->self, &memory, &n->batcher.port, &local, &topology, kind);
}

static int begin_view(struct node *n)
{
	struct protocol_set members = { 0 };
	struct agree_merger merger;
	uint8_t blob[AGREE_BLOB_MAX];
	uint32_t bytes;

	for (uint32_t i = 0; i < n->nodes; i++)
		protocol_set_add(&members, i);
	agree_merge_begin(&merger, &members, &members);
	bytes = agree_outcome(&merger, blob, sizeof(blob));
	if (agree_install(&n->agree, 1, &members, blob, bytes))
		return -1;
	agree_thaw(&n->agree);
	return 0;
}

static int connect(struct node *a, struct node *b)
{
	struct link *x = &a->link[b->self], *y = &b->link[a->self];
	const size_t bytes = urpc_ring_bytes(RING_SLOTS);
	struct urpc_ring *to = aligned_alloc(URPC_RING_ALIGN, bytes);
	struct urpc_ring *fro = aligned_alloc(URPC_RING_ALIGN, bytes);

	x->queue = calloc(QUEUE, sizeof(*x->queue));
	y->queue = calloc(QUEUE, sizeof(*y->queue));
	if (!to || !fro || !x->queue || !y->queue) {
		free(to);
		free(fro);
		return -1;
	}
	memset(to, 0, bytes);
	memset(fro, 0, bytes);
	return urpc_chan_init(&x->chan, to, fro, RING_SLOTS) ||
	       urpc_chan_init(&y->chan, fro, to, RING_SLOTS);
}

void nodes_close(struct node *nodes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t k = 0; k < count; k++) {
			free(nodes[i].link[k].queue);
			free(nodes[i].link[k].chan.tx);
		}
	}
	free(nodes);
}

struct node *nodes_open(uint32_t count, enum route_kind kind)
{
	struct node *nodes = aligned_alloc(4096, count * sizeof(*nodes));
	bool good = nodes;

	if (!nodes)
		return NULL;
	memset(nodes, 0, count * sizeof(*nodes));
	for (uint32_t i = 0; i < count && good; i++) {
		nodes[i].self = i;
		nodes[i].nodes = count;
		for (uint32_t k = 0; k < i && good; k++) {
			nodes[k].self = k;
			good = !connect(&nodes[k], &nodes[i]);
		}
	}
	for (uint32_t i = 0; i < count && good; i++)
		good = !open_machine(&nodes[i], kind) && !begin_view(&nodes[i]);
	if (good)
		return nodes;
	nodes_close(nodes, count);
	return NULL;
}
