// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The client's end until the channel is open: the name, the question, the answer. A connect that
 * was sent is answered once, also when nobody wants it any more: until then its entry stays.
 */
#include "bind_priv.h"

static void fail(struct bind *b, struct bind_conn *c, uint32_t error, uint32_t detail)
{
	uint32_t domain = c->domain;
	uint64_t tag = c->tag;

	b->refused++;
	bind_conn_free(c);
	if (domain != b->ending)
		b->hooks.failed(b->ctx, domain, tag, error, detail);
}

/* The record says who offers: ask there. What it says is checked there again. */
static void ask_server(struct bind *b, struct bind_conn *c, const struct names_slot *s)
{
	struct bind_connect m = {
		.domain = c->domain,
		.server = s->domain,
		.offer = (uint32_t)s->value[0],
		.interface = c->ask.interface,
		.version = c->ask.version,
		.slots = c->ask.slots,
	};

	c->state = CONN_ASKED;
	c->seen = s->version;
	c->peer = s->node;
	c->peer_epoch = b->epoch[s->node];
	c->peer_domain = s->domain;
	c->number = m.number = ++b->number;
	bind_send_connect(b, c->peer, &m);
}

/* Look the name up: go on, fail, or wait for the name to change. */
static void look(struct bind *b, struct bind_conn *c)
{
	const struct names_slot *s = names_get(b->names, c->ask.name);

	if (b->frozen)
		return;
	if (!s || s->version == c->seen) {
		if (!c->ask.wait)
			fail(b, c, BIND_E_MISSING, 0);
	} else if (s->kind != NAMES_RECORD || s->value[2] != BIND_RECORD) {
		fail(b, c, BIND_E_NOT_OFFER, 0);
	} else if (s->value[1] >> 32 != c->ask.interface) {
		fail(b, c, BIND_E_INTERFACE, (uint32_t)(s->value[1] >> 32));
	} else if ((uint32_t)s->value[1] != c->ask.version) {
		fail(b, c, BIND_E_VERSION, (uint32_t)s->value[1]);
	} else if (!protocol_set_has(&b->members, s->node)) {
		if (!c->ask.wait)
			fail(b, c, BIND_E_NODE, 0);
	} else {
		ask_server(b, c, s);
	}
}

static bool good(const struct bind_ask *ask)
{
	uint32_t length = 0;

	while (length < NAMES_NAME_BYTES && ask->name[length])
		length++;
	return length && length < NAMES_NAME_BYTES &&
	       (!ask->slots || (ask->slots >= 4 && ask->slots <= BIND_SLOTS_MAX &&
				!(ask->slots & (ask->slots - 1))));
}

int bind_connect(struct bind *b, uint32_t domain, uint64_t tag, const struct bind_ask *ask,
		 uint64_t deadline, uint64_t now, uint32_t *handle)
{
	uint32_t error = b->stopped ? BIND_E_STOPPED : bind_domain_error(b, domain, true);
	struct bind_conn *c = NULL;

	b->now = now;
	if (!good(ask))
		error = BIND_E_INVALID;
	if (!error) {
		c = bind_conn_take(b, false, domain);
		error = c ? BIND_OK : BIND_E_TABLE;
	}
	if (error) {
		b->refused++;
		return (int)error;
	}
	c->state = CONN_LOOKUP;
	c->tag = tag;
	c->deadline = deadline;
	c->ask = *ask;
	c->ask.slots = ask->slots ? ask->slots : BIND_SLOTS_DEFAULT;
	*handle = bind_handle(b, c);
	look(b, c);
	return BIND_OK;
}

/* The server may be back under the same name: who waits for the name waits for that. */
static void refused(struct bind *b, struct bind_conn *c, uint32_t error, uint32_t detail)
{
	bool gone = error == BIND_E_GONE || error == BIND_E_ENDED || error == BIND_E_NODE;

	if (c->state == CONN_ABANDONED)
		bind_conn_free(c);
	else if (gone && c->ask.wait)
		c->state = CONN_LOOKUP;
	else
		fail(b, c, error, detail);
}

int bind_on_refused(void *ctx, uint32_t from, const struct bind_refused *m)
{
	struct bind *b = ctx;
	struct bind_conn *c = bind_find_client(b, m->number);

	if (!c || c->peer != from || !m->error || m->error >= BIND_E_COUNT)
		return -URPC_EPROTO;
	refused(b, c, m->error, m->detail);
	return 0;
}

/* Of node 0: the channel is there, or not. Who does not know of it lets it go at once. */
int bind_open_client(struct bind *b, const struct bind_open *m)
{
	struct bind_conn *c = bind_find_client(b, m->number);
	struct bind_close close = { .channel = m->channel, .error = BIND_E_ABANDONED };

	if (c && c->peer != m->peer)
		c = NULL;
	if (m->error) {
		if (c)
			refused(b, c, m->error, 0);
		return 0;
	}
	if (!c || c->state == CONN_ABANDONED) {
		if (c)
			bind_conn_free(c);
		bind_send_close(b, &close);
		return 0;
	}
	c->state = CONN_OPEN;
	c->channel = m->channel;
	c->end = m->end;
	b->hooks.opened(b->ctx, c->domain, c->tag, bind_handle(b, c), c->end);
	return 0;
}

/* It is not wanted any more; the server's node is told, and its answer waited for. */
void bind_abandon_client(struct bind *b, struct bind_conn *c)
{
	struct bind_abandon m = { .number = c->number };

	if (c->state == CONN_LOOKUP) {
		bind_conn_free(c);
	} else {
		c->state = CONN_ABANDONED;
		bind_send_abandon(b, c->peer, &m);
	}
}

/* Deadlines, and names that were waited for. */
uint64_t bind_tick_clients(struct bind *b)
{
	uint64_t next = PROTOCOL_NEVER;

	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];
		uint64_t tag = c->tag;

		if (c->state == CONN_LOOKUP && c->deadline > b->now)
			look(b, c);
		if (c->state != CONN_LOOKUP && (c->state != CONN_ASKED || c->server))
			continue;
		if (c->deadline > b->now) {
			next = c->deadline < next ? c->deadline : next;
		} else if (c->state == CONN_LOOKUP) {
			fail(b, c, BIND_E_LATE_NAME, 0);
		} else {
			b->refused++;
			b->hooks.failed(b->ctx, c->domain, tag, BIND_E_LATE_SERVER, 0);
			bind_abandon_client(b, c);
		}
	}
	return next;
}

/* The server's node is gone: nothing will be answered. */
void bind_view_client(struct bind *b, struct bind_conn *c)
{
	if (!bind_peer_gone(b, c->peer, c->peer_epoch))
		return;
	if (c->state == CONN_ASKED || c->state == CONN_ABANDONED)
		refused(b, c, BIND_E_NODE, 0);
}
