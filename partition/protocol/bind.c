// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* Binding: its tables, its messages, time. Client, server and node 0 have files of their own. */
#include "bind_priv.h"

int bind_init(struct bind *b, uint32_t self, const struct names *names,
	      const struct bind_limits *limits, const struct bind_memory *memory,
	      const struct protocol_port *port, const struct bind_hooks *hooks, void *ctx)
{
	if (self >= PROTOCOL_NODES_MAX || !memory->conn_count ||
	    memory->conn_count > BIND_TABLE_MAX || memory->offer_count > BIND_TABLE_MAX ||
	    memory->channel_count > BIND_TABLE_MAX || !limits->connects || !limits->channels ||
	    !limits->backlog || !limits->node_backlog || (!self && !limits->node_channels))
		return -URPC_EINVAL;
	__builtin_memset(b, 0, sizeof(*b));
	b->self = self;
	b->names = names;
	b->limits = *limits;
	b->memory = *memory;
	b->port = *port;
	b->hooks = *hooks;
	b->ctx = ctx;
	protocol_set_add(&b->members, 0);
	b->stopped = b->frozen = self != 0;
	b->ending = NAMES_NOBODY;
	return 0;
}

/* A free entry, of a generation that no handle of before has; NULL: the table is full. */
struct bind_conn *bind_conn_take(struct bind *b, bool server, uint32_t domain)
{
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];

		if (c->state != CONN_FREE)
			continue;
		c->generation = c->generation == 0xffff ? 1 : c->generation + 1;
		c->server = server;
		c->domain = domain;
		c->deadline = PROTOCOL_NEVER;
		c->twin = ~0u;
		return c;
	}
	return NULL;
}

void bind_conn_free(struct bind_conn *c)
{
	uint16_t generation = c->generation;

	__builtin_memset(c, 0, sizeof(*c));
	c->generation = generation;
}

uint32_t bind_handle(const struct bind *b, const struct bind_conn *c)
{
	return (uint32_t)(c - b->memory.conns) | (uint32_t)c->generation << 16;
}

/* @domain's connection of this handle, unless it was given up: NULL. */
struct bind_conn *bind_conn_of(struct bind *b, uint32_t domain, uint32_t handle)
{
	uint32_t i = BIND_PLACE(handle);
	struct bind_conn *c = &b->memory.conns[i < b->memory.conn_count ? i : 0];

	if (i >= b->memory.conn_count || c->state == CONN_FREE || c->domain != domain ||
	    c->generation != handle >> 16 || c->state == CONN_ABANDONED ||
	    c->state == CONN_DROPPED)
		return NULL;
	return c;
}

struct bind_conn *bind_find_client(struct bind *b, uint64_t number)
{
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];

		if (!c->server && c->number == number &&
		    (c->state == CONN_ASKED || c->state == CONN_ABANDONED))
			return c;
	}
	return NULL;
}

/* The server's end of what node @peer, in its life of now, calls @number; in whatever state. */
struct bind_conn *bind_find_server(struct bind *b, uint32_t peer, uint64_t number)
{
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];

		if (c->state != CONN_FREE && c->server && c->peer == peer &&
		    c->peer_epoch == b->epoch[peer] && c->number == number)
			return c;
	}
	return NULL;
}

/* May the domain have one more? What was given up counts until it is over. */
uint32_t bind_domain_error(const struct bind *b, uint32_t domain, bool client)
{
	uint32_t all = 0, asked = 0;

	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		const struct bind_conn *c = &b->memory.conns[i];

		if (c->state == CONN_FREE || c->domain != domain)
			continue;
		all++;
		asked += !c->server && c->state != CONN_OPEN;
	}
	if (client && asked >= b->limits.connects)
		return BIND_E_CONNECTS;
	return all >= b->limits.channels ? BIND_E_CHANNELS : BIND_OK;
}

bool bind_peer_gone(const struct bind *b, uint32_t node, uint32_t epoch)
{
	return !protocol_set_has(&b->members, node) || b->epoch[node] != epoch;
}

/* Messages that only node 0 sends, and at node 0 those that only others do. */
static int take_open(void *ctx, uint32_t from, const struct bind_open *m)
{
	return from ? -URPC_EPROTO : bind_on_open(ctx, m);
}

static int take_closed(void *ctx, uint32_t from, const struct bind_closed *m)
{
	return from ? -URPC_EPROTO : bind_on_closed(ctx, m);
}

static int take_make(void *ctx, uint32_t from, const struct bind_make *m)
{
	return ((struct bind *)ctx)->self ? -URPC_EPROTO : bind_on_make(ctx, from, m);
}

static int take_close(void *ctx, uint32_t from, const struct bind_close *m)
{
	return ((struct bind *)ctx)->self ? -URPC_EPROTO : bind_on_close(ctx, from, m);
}

static const struct bind_handlers handlers = {
	.connect = bind_on_connect,
	.abandon = bind_on_abandon,
	.refused = bind_on_refused,
	.make = take_make,
	.open = take_open,
	.close = take_close,
	.closed = take_closed,
};

int bind_message(struct bind *b, uint32_t from, uint16_t type, const void *payload,
		 uint32_t bytes, uint64_t now)
{
	b->now = now;
	if (b->stopped || from == b->self || !protocol_set_has(&b->members, from)) {
		b->strangers++;
		return 0;
	}
	return bind_dispatch(&handlers, b, from, type, payload, bytes);
}

#define SEND(name, to_is_self, on_self)                                                            \
	do {                                                                                       \
		if (to_is_self)                                                                    \
			on_self;                                                                   \
		else                                                                               \
			bind_##name##_out(&b->port, to, m);                                        \
	} while (0)

void bind_send_connect(struct bind *b, uint32_t to, const struct bind_connect *m)
{
	SEND(connect, to == b->self, bind_on_connect(b, to, m));
}

void bind_send_abandon(struct bind *b, uint32_t to, const struct bind_abandon *m)
{
	SEND(abandon, to == b->self, bind_on_abandon(b, to, m));
}

void bind_send_refused(struct bind *b, uint32_t to, const struct bind_refused *m)
{
	SEND(refused, to == b->self, bind_on_refused(b, to, m));
}

void bind_send_make(struct bind *b, const struct bind_make *m)
{
	uint32_t to = 0;

	SEND(make, to == b->self, bind_on_make(b, to, m));
}

void bind_send_open(struct bind *b, uint32_t to, const struct bind_open *m)
{
	SEND(open, to == b->self, bind_on_open(b, m));
}

void bind_send_close(struct bind *b, const struct bind_close *m)
{
	uint32_t to = 0;

	SEND(close, to == b->self, bind_on_close(b, to, m));
}

void bind_send_closed(struct bind *b, uint32_t to, const struct bind_closed *m)
{
	SEND(closed, to == b->self, bind_on_closed(b, m));
}

void bind_view(struct bind *b, const struct protocol_set *members, const uint32_t *epoch,
	       uint64_t now)
{
	uint32_t node;

	b->now = now;
	b->members = *members;
	__builtin_memset(b->epoch, 0, sizeof(b->epoch));
	protocol_set_each(node, members)
		b->epoch[node] = epoch[node];
	if (!protocol_set_has(members, b->self)) {
		bind_stop(b);
		return;
	}
	b->stopped = false;
	if (!b->self)
		bind_view_broker(b);
	bind_view_ends(b);
}

void bind_freeze(struct bind *b)
{
	b->frozen = true;
}

/* Every member has this view by now, and takes what comes from any other. */
void bind_thaw(struct bind *b, uint64_t now)
{
	b->now = now;
	b->frozen = false;
	bind_tick_clients(b);
}

uint64_t bind_tick(struct bind *b, uint64_t now)
{
	uint64_t next, other;

	b->now = now;
	next = bind_tick_clients(b);
	other = bind_tick_broker(b);
	return other < next ? other : next;
}

/* It may be the other end, too: whatever comes of this, it is told nothing. */
void bind_domain_end(struct bind *b, uint32_t domain)
{
	b->ending = domain;
	for (uint32_t i = 0; i < b->memory.offer_count; i++)
		if (b->memory.offers[i].used && b->memory.offers[i].domain == domain)
			bind_offer_end(b, i, BIND_E_ENDED);
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		struct bind_conn *c = &b->memory.conns[i];

		if (c->domain == domain)
			bind_let_go(b, c, BIND_E_ENDED);
	}
	b->ending = NAMES_NOBODY;
}

int bind_close(struct bind *b, uint32_t domain, uint32_t handle)
{
	struct bind_conn *c = bind_conn_of(b, domain, handle);

	if (!c)
		return BIND_E_HANDLE;
	bind_let_go(b, c, c->state == CONN_OPEN ? BIND_E_CLOSED : BIND_E_ABANDONED);
	return BIND_OK;
}

bool bind_quiet(const struct bind *b, uint32_t *open)
{
	bool quiet = true;

	*open = 0;
	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		uint8_t state = b->memory.conns[i].state;

		*open += state == CONN_OPEN;
		quiet &= state == CONN_FREE || state == CONN_OPEN;
	}
	for (uint32_t i = 0; i < b->memory.channel_count; i++) {
		const struct bind_channel *c = &b->memory.channels[i];

		*open += c->state == CHANNEL_OPEN;
		quiet &= c->state == CHANNEL_FREE ||
			 (c->state == CHANNEL_OPEN && !c->closed[0] && !c->closed[1]);
	}
	return quiet;
}

const char *bind_sentence(uint32_t error)
{
	static const char *const sentences[BIND_E_COUNT] = {
		[BIND_OK] = "done",
#define SENTENCE(name, sentence) [BIND_E_##name] = sentence,
		BIND_ERRORS(SENTENCE)
	};

	return error < BIND_E_COUNT ? sentences[error] : "no known error";
}
