// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * What is the same at both ends: an open channel is closed, a domain, a node or the other end is
 * gone.
 */
#include "bind_priv.h"

/* Its domain is told that it is over. */
void bind_drop(struct bind *b, struct bind_conn *c, uint32_t error)
{
	uint32_t domain = c->domain, handle = bind_handle(b, c);
	uint64_t tag = c->tag;

	bind_conn_free(c);
	if (domain != b->ending)
		b->hooks.closed(b->ctx, domain, tag, handle, error);
}

/*
 * The other end was closed. If this one is too, that is under way, and there is nothing to tell.
 */
int bind_on_closed(struct bind *b, const struct bind_closed *m)
{
	struct bind_close close = { .channel = m->channel, .error = BIND_OK };

	if (!m->error || m->error >= BIND_E_COUNT)
		return -URPC_EPROTO;
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];

		if (c->state != CONN_OPEN || c->twin != ~0u || c->channel != m->channel)
			continue;
		bind_drop(b, c, m->error);
		bind_send_close(b, &close);
		break;
	}
	return 0;
}

static void close_local(struct bind *b, struct bind_conn *c, uint32_t error)
{
	struct bind_conn *twin = &b->memory.conns[c->twin];
	uint32_t end[2] = { c->server ? twin->end : c->end, c->server ? c->end : twin->end };

	bind_conn_free(c);
	bind_drop(b, twin, error);
	b->hooks.unlocal(b->ctx, end);
}

/* This side does not want it any more, in whatever state it is. Its domain is told nothing. */
void bind_let_go(struct bind *b, struct bind_conn *c, uint32_t error)
{
	struct bind_close close = { .channel = c->channel, .error = error };
	uint64_t number = c->number;
	uint32_t peer = c->peer;

	switch (c->state) {
	case CONN_LOOKUP:
	case CONN_ASKED:
		bind_abandon_client(b, c);
		break;
	case CONN_OFFERED:
		bind_conn_free(c);
		bind_answer(b, peer, number, error == BIND_E_ABANDONED ? BIND_E_REFUSED : error, 0);
		break;
	case CONN_MAKING:
		c->state = CONN_DROPPED;
		break;
	case CONN_OPEN:
		if (c->twin != ~0u) {
			close_local(b, c, error);
			break;
		}
		bind_conn_free(c);
		bind_send_close(b, &close);
		break;
	default:
		break;
	}
}

/* Who is gone abandons, answers and closes nothing. For open channels node 0 speaks. */
void bind_view_ends(struct bind *b)
{
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];

		if (c->state == CONN_FREE)
			continue;
		if (!c->server)
			bind_view_client(b, c);
		else if (c->state == CONN_OFFERED && bind_peer_gone(b, c->peer, c->peer_epoch))
			bind_drop(b, c, BIND_E_NODE);
	}
}

/* This node is no member any more: all its ends are closed, and nobody else is told. */
void bind_stop(struct bind *b)
{
	b->stopped = true;
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];
		uint64_t tag = c->tag;
		uint32_t domain = c->domain;

		if (c->state == CONN_OPEN && c->twin != ~0u) {
			close_local(b, c, BIND_E_STOPPED);
			b->hooks.closed(b->ctx, domain, tag, bind_handle(b, c), BIND_E_STOPPED);
		} else if (c->state == CONN_OFFERED || c->state == CONN_MAKING ||
			   c->state == CONN_OPEN) {
			bind_drop(b, c, BIND_E_STOPPED);
		} else if (c->state == CONN_LOOKUP || c->state == CONN_ASKED) {
			bind_conn_free(c);
			b->hooks.failed(b->ctx, domain, tag, BIND_E_STOPPED, 0);
		} else if (c->state != CONN_FREE) {
			bind_conn_free(c);
		}
	}
	for (uint32_t i = 0; i < b->memory.offer_count; i++)
		b->memory.offers[i].used = false;
}
