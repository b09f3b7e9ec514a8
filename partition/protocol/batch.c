// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <abi/protocol/batch.h>
#include <urpc/chan.h>

#define HEAD ((uint32_t)sizeof(struct batch_head))

void batch_flush_to(struct batcher *b, uint32_t to)
{
	struct batch_peer *p;
	struct batch_head head;

	if (!b->peers || to >= b->nodes || !b->peers[to].count)
		return;
	p = &b->peers[to];
	__builtin_memcpy(&head, p->data, HEAD);
	if (p->count == 1)
		protocol_send(&b->out, to, head.type, p->data + HEAD, head.bytes);
	else
		protocol_send(&b->out, to, BATCH_MESSAGE, p->data, p->used);
	p->count = 0;
	p->used = 0;
	protocol_set_remove(&b->waiting, to);
	b->peers_waiting--;
}

void batch_flush(struct batcher *b)
{
	uint32_t to;

	if (!b->peers_waiting)
		return;
	protocol_set_each(to, &b->waiting)
		batch_flush_to(b, to);
}

/* What does not fit behind those that wait goes after them; what fits nowhere, alone. */
static void send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct batcher *b = ctx;
	const struct batch_head head = { type, (uint16_t)bytes };
	struct batch_peer *p;

	if (!b->peers || to >= b->nodes) {
		protocol_send(&b->out, to, type, payload, bytes);
		return;
	}
	p = &b->peers[to];
	if (bytes > BATCH_BYTES - HEAD || p->used + HEAD + bytes > BATCH_BYTES)
		batch_flush_to(b, to);
	if (bytes > BATCH_BYTES - HEAD) {
		protocol_send(&b->out, to, type, payload, bytes);
		return;
	}
	__builtin_memcpy(p->data + p->used, &head, HEAD);
	__builtin_memcpy(p->data + p->used + HEAD, payload, bytes);
	p->used += HEAD + bytes;
	if (!p->count++) {
		protocol_set_add(&b->waiting, to);
		b->peers_waiting++;
	}
}

void batch_init(struct batcher *b, const struct protocol_port *out, struct batch_peer *peers,
		uint32_t nodes)
{
	__builtin_memset(b, 0, sizeof(*b));
	b->port.ctx = b;
	b->port.send = send;
	b->out = *out;
	b->peers = peers;
	b->nodes = nodes;
	for (uint32_t i = 0; peers && i < nodes; i++) {
		peers[i].used = 0;
		peers[i].count = 0;
	}
}

bool batch_next(struct batch_reader *r)
{
	struct batch_head head;

	if (r->end - r->at < HEAD)
		return false;
	__builtin_memcpy(&head, r->at, HEAD);
	r->type = head.type;
	r->bytes = head.bytes;
	r->payload = r->at + HEAD;
	r->at += HEAD + head.bytes;
	return true;
}

int batch_open(struct batch_reader *r, const void *payload, uint32_t bytes)
{
	const uint8_t *at = payload;
	uint32_t count = 0;

	if (bytes > BATCH_BYTES)
		return -URPC_EPROTO;
	for (uint32_t left = bytes; left; count++) {
		struct batch_head head;

		if (left < HEAD)
			return -URPC_EPROTO;
		__builtin_memcpy(&head, at, HEAD);
		if (head.bytes > left - HEAD ||
		    PROTOCOL_INTERFACE_OF(head.type) == PROTOCOL_BATCH)
			return -URPC_EPROTO;
		at += HEAD + head.bytes;
		left -= HEAD + head.bytes;
	}
	*r = (struct batch_reader){ .at = payload, .end = at };
	return count < 2 ? -URPC_EPROTO : 0;
}
