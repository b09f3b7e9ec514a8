// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The server's end until the channel is open: offers, and the answers to who connects. */
#include "bind_priv.h"

int bind_offer_open(struct bind *b, uint32_t domain, uint64_t tag, uint32_t interface,
		    uint32_t version, uint32_t *offer)
{
	uint32_t have = 0, at = ~0u;

	if (b->stopped)
		return BIND_E_STOPPED;
	for (uint32_t i = 0; i < b->memory.offer_count; i++) {
		if (b->memory.offers[i].used)
			have += b->memory.offers[i].domain == domain;
		else if (at == ~0u)
			at = i;
	}
	if (have >= b->limits.offers)
		return BIND_E_OFFERS;
	if (at == ~0u)
		return BIND_E_TABLE;
	b->memory.offers[at] = (struct bind_offer){
		.used = true,
		.generation = (uint16_t)(b->memory.offers[at].generation + 1),
		.domain = domain,
		.tag = tag,
		.interface = interface,
		.version = version,
	};
	*offer = at | (uint32_t)b->memory.offers[at].generation << 16;
	return BIND_OK;
}

static struct bind_offer *offer_of(struct bind *b, uint32_t offer)
{
	uint32_t i = offer & 0xffff;

	if (i >= b->memory.offer_count || !b->memory.offers[i].used ||
	    b->memory.offers[i].generation != offer >> 16)
		return NULL;
	return &b->memory.offers[i];
}

void bind_record(uint32_t offer, uint32_t interface, uint32_t version,
		 uint64_t value[NAMES_VALUES])
{
	value[0] = offer;
	value[1] = (uint64_t)interface << 32 | version;
	value[2] = BIND_RECORD;
	value[3] = 0;
}

void bind_answer(struct bind *b, uint32_t to, uint64_t number, uint32_t error,
		 uint32_t detail)
{
	struct bind_refused m = { .number = number, .error = error, .detail = detail };

	bind_send_refused(b, to, &m);
}

static uint32_t backlog_error(const struct bind *b, uint32_t domain, uint32_t from)
{
	uint32_t waiting = 0, of_node = 0;

	for (uint32_t i = 0; i < b->memory.conn_count; i++) {
		const struct bind_conn *c = &b->memory.conns[i];

		if (c->state != CONN_OFFERED)
			continue;
		waiting += c->domain == domain;
		of_node += c->peer == from;
	}
	return waiting >= b->limits.backlog || of_node >= b->limits.node_backlog ? BIND_E_BUSY :
										  BIND_OK;
}

int bind_on_connect(void *ctx, uint32_t from, const struct bind_connect *m)
{
	struct bind *b = ctx;
	struct bind_offer *o = offer_of(b, m->offer);
	struct bind_conn *c = NULL;
	uint32_t error = BIND_OK, detail = 0;

	if (!m->number || bind_find_server(b, from, m->number) || m->slots < 4 ||
	    m->slots > BIND_SLOTS_MAX || (m->slots & (m->slots - 1)))
		return -URPC_EPROTO;
	if (!o || o->domain != m->server) {
		error = BIND_E_GONE;
	} else if (o->interface != m->interface) {
		error = BIND_E_INTERFACE;
		detail = o->interface;
	} else if (o->version != m->version) {
		error = BIND_E_VERSION;
		detail = o->version;
	} else if (from == b->self && !b->hooks.local) {
		error = BIND_E_WITHIN;
	} else {
		error = backlog_error(b, o->domain, from);
		error = error ? error : bind_domain_error(b, o->domain, false);
	}
	if (!error) {
		c = bind_conn_take(b, true, o->domain);
		error = c ? BIND_OK : BIND_E_TABLE;
	}
	if (error) {
		bind_answer(b, from, m->number, error, detail);
		return 0;
	}
	c->state = CONN_OFFERED;
	c->tag = o->tag;
	c->offer = m->offer;
	c->peer = from;
	c->peer_epoch = b->epoch[from];
	c->peer_domain = m->domain;
	c->number = m->number;
	c->ask.slots = m->slots;
	b->hooks.offered(b->ctx, c->domain, c->tag, bind_handle(b, c), from, m->domain);
	return 0;
}

/* Too late if the server has accepted: then the client's node lets go of the channel. */
int bind_on_abandon(void *ctx, uint32_t from, const struct bind_abandon *m)
{
	struct bind *b = ctx;
	struct bind_conn *c = bind_find_server(b, from, m->number);

	if (!c || c->state != CONN_OFFERED)
		return 0;
	bind_drop(b, c, BIND_E_ABANDONED);
	bind_answer(b, from, m->number, BIND_E_ABANDONED, 0);
	return 0;
}

/* Both ends are here. */
static void open_local(struct bind *b, struct bind_conn *server)
{
	struct bind_conn *client = bind_find_client(b, server->number);
	uint32_t end[2] = { 0, 0 };
	uint32_t error = (uint32_t)b->hooks.local(b->ctx, client, server, end);

	if (error) {
		uint64_t number = server->number;

		bind_drop(b, server, error);
		bind_answer(b, b->self, number, error, 0);
		return;
	}
	client->state = server->state = CONN_OPEN;
	client->end = end[0];
	server->end = end[1];
	client->twin = (uint32_t)(server - b->memory.conns);
	server->twin = (uint32_t)(client - b->memory.conns);
	b->hooks.opened(b->ctx, client->domain, client->tag, bind_handle(b, client), end[0]);
	b->hooks.opened(b->ctx, server->domain, server->tag, bind_handle(b, server), end[1]);
}

int bind_accept(struct bind *b, uint32_t domain, uint32_t handle, uint64_t tag, uint64_t now)
{
	struct bind_conn *c = bind_conn_of(b, domain, handle);
	struct bind_make m;

	b->now = now;
	if (!c || c->state != CONN_OFFERED)
		return BIND_E_HANDLE;
	c->tag = tag;
	if (c->peer == b->self) {
		open_local(b, c);
		return BIND_OK;
	}
	c->state = CONN_MAKING;
	m = (struct bind_make){
		.client = c->peer,
		.epoch = c->peer_epoch,
		.number = c->number,
		.conn = handle,
		.slots = c->ask.slots,
	};
	bind_send_make(b, &m);
	return BIND_OK;
}

int bind_refuse(struct bind *b, uint32_t domain, uint32_t handle, uint32_t reason)
{
	struct bind_conn *c = bind_conn_of(b, domain, handle);
	uint64_t number;
	uint32_t peer;

	if (!c || c->state != CONN_OFFERED)
		return BIND_E_HANDLE;
	number = c->number;
	peer = c->peer;
	bind_conn_free(c);
	bind_answer(b, peer, number, BIND_E_REFUSED, reason);
	return BIND_OK;
}

static int open_server(struct bind *b, const struct bind_open *m)
{
	uint32_t i = BIND_PLACE(m->conn);
	struct bind_conn *c = i < b->memory.conn_count ? &b->memory.conns[i] : NULL;
	struct bind_close close = { .channel = m->channel, .error = BIND_E_ENDED };

	if (!c || c->generation != m->conn >> 16 || c->peer != m->peer ||
	    (c->state != CONN_MAKING && c->state != CONN_DROPPED))
		c = NULL;
	if (m->error) {
		if (c && c->state == CONN_DROPPED)
			bind_conn_free(c);
		else if (c)
			bind_drop(b, c, m->error);
		return 0;
	}
	if (!c || c->state == CONN_DROPPED) {
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

int bind_on_open(struct bind *b, const struct bind_open *m)
{
	if (m->error >= BIND_E_COUNT)
		return -URPC_EPROTO;
	return m->server ? open_server(b, m) : bind_open_client(b, m);
}

/* An offer ends; who was not answered is told why, as is the server if it is there. */
void bind_offer_end(struct bind *b, uint32_t i, uint32_t error)
{
	uint32_t offer = i | (uint32_t)b->memory.offers[i].generation << 16;

	b->memory.offers[i].used = false;
	for (uint32_t at = 0; at < b->memory.conn_count; at++) {
		struct bind_conn *c = &b->memory.conns[at];

		if (c->state == CONN_OFFERED && c->offer == offer)
			bind_let_go(b, c, error);
	}
}

int bind_offer_close(struct bind *b, uint32_t domain, uint32_t offer)
{
	struct bind_offer *o = offer_of(b, offer);

	if (!o || o->domain != domain)
		return BIND_E_HANDLE;
	bind_offer_end(b, offer & 0xffff, BIND_E_GONE);
	return BIND_OK;
}
