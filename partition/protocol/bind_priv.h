/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the files of binding share. */
#ifndef PROTOCOL_BIND_PRIV_H
#define PROTOCOL_BIND_PRIV_H

#include <abi/if/bind.h>
#include <abi/protocol/bind.h>
#include <urpc/chan.h>

/* struct bind_conn.state */
enum {
	CONN_FREE,
	CONN_LOOKUP,    /* client: waits for the name */
	CONN_ASKED,     /* client: the server's node was asked */
	CONN_ABANDONED, /* client: the same, and nobody here wants it any more */
	CONN_OFFERED,   /* server: its domain was asked */
	CONN_MAKING,    /* server: accepted, node 0 was asked */
	CONN_DROPPED,   /* server: the same, and nobody here wants it any more */
	CONN_OPEN,
};

/* struct bind_channel.state */
enum {
	CHANNEL_FREE,
	CHANNEL_MAKING,
	CHANNEL_OPEN,   /* until both ends are closed */
	CHANNEL_ENDING,
};

/* bind.c: tables. */
struct bind_conn *bind_conn_take(struct bind *b, bool server, uint32_t domain);
void bind_conn_free(struct bind_conn *c);
uint32_t bind_handle(const struct bind *b, const struct bind_conn *c);
struct bind_conn *bind_conn_of(struct bind *b, uint32_t domain, uint32_t handle);
struct bind_conn *bind_find_client(struct bind *b, uint64_t number);
struct bind_conn *bind_find_server(struct bind *b, uint32_t peer, uint64_t number);
uint32_t bind_domain_error(const struct bind *b, uint32_t domain, bool client);
bool bind_peer_gone(const struct bind *b, uint32_t node, uint32_t epoch);

/* Each sends to node @to, or node 0, or calls the handler if that is this node. */
void bind_send_connect(struct bind *b, uint32_t to, const struct bind_connect *m);
void bind_send_abandon(struct bind *b, uint32_t to, const struct bind_abandon *m);
void bind_send_refused(struct bind *b, uint32_t to, const struct bind_refused *m);
void bind_send_make(struct bind *b, const struct bind_make *m);
void bind_send_open(struct bind *b, uint32_t to, const struct bind_open *m);
void bind_send_close(struct bind *b, const struct bind_close *m);
void bind_send_closed(struct bind *b, uint32_t to, const struct bind_closed *m);

/* bind_client.c */
int bind_on_refused(void *ctx, uint32_t from, const struct bind_refused *m);
int bind_open_client(struct bind *b, const struct bind_open *m);
void bind_abandon_client(struct bind *b, struct bind_conn *c);
uint64_t bind_tick_clients(struct bind *b);
void bind_view_client(struct bind *b, struct bind_conn *c);

/* bind_server.c */
int bind_on_connect(void *ctx, uint32_t from, const struct bind_connect *m);
int bind_on_abandon(void *ctx, uint32_t from, const struct bind_abandon *m);
int bind_on_open(struct bind *b, const struct bind_open *m);
void bind_answer(struct bind *b, uint32_t to, uint64_t number, uint32_t error,
		 uint32_t detail);
void bind_offer_end(struct bind *b, uint32_t i, uint32_t error);

/* bind_end.c: either end of an open channel, and ends of all kinds. */
void bind_drop(struct bind *b, struct bind_conn *c, uint32_t error);
int bind_on_closed(struct bind *b, const struct bind_closed *m);
void bind_let_go(struct bind *b, struct bind_conn *c, uint32_t error);
void bind_view_ends(struct bind *b);
void bind_stop(struct bind *b);

/* bind_broker.c: node 0. */
int bind_on_make(struct bind *b, uint32_t from, const struct bind_make *m);
int bind_on_close(struct bind *b, uint32_t from, const struct bind_close *m);
void bind_view_broker(struct bind *b);
uint64_t bind_tick_broker(struct bind *b);

#endif
