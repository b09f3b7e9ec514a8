/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Binding and names on the nodes of net.h. Servers answer, and node 0 makes channels, when the
 * test says so.
 */
#ifndef SERVICES_BIND_WORLD_H
#define SERVICES_BIND_WORLD_H

#include <abi/protocol/bind.h>

#include "names_world.h"

#define CONNS 16u
#define OFFERS 4u
#define CHANNELS 12u
#define ENDS 4096u

/* One end of a connection, as its domain knows it. */
struct end {
	uint32_t node, life, domain;
	bool server;
	uint64_t tag;
	uint32_t handle;
	uint32_t end;
	bool asked;    /* server: offered() was called; client: connect was well */
	bool accepted;
	bool opened;
	bool over;     /* failed(), closed(), or the domain let go itself */
	bool mute;     /* let go: nothing may come any more */
	uint32_t error, detail;
	uint32_t other_node, other_domain;
};

extern struct bind binds[NET_NODES];
extern struct end ends[ENDS];
extern uint32_t end_count;
extern uint32_t life_of[NET_NODES];
extern uint64_t making[64], unmaking[64];
extern uint32_t making_count, unmaking_count, local_pairs[NET_NODES], bind_errors, bind_stuck;
extern struct bind_limits bind_limits_used;
extern bool local_fails;

void bind_world(uint32_t nodes, uint64_t seed);
void bind_world_node(uint32_t node);
/* For cmocka: four nodes with limits that tests reach; in the end nothing may be left. */
int bind_setup(void **state);
int bind_teardown(void **state);
/* The view that there is, but with @node come or gone; all is delivered. */
void bind_in(uint32_t node);
void bind_out(uint32_t node);

/* @domain of @node offers interface 40, @version, and sets the record @name. */
uint32_t bind_serve(uint32_t node, uint32_t domain, const char *name, uint32_t version);
/* A connection; NULL: refused at once, with the reason in bind_refused_with. */
struct end *bind_go(uint32_t node, uint32_t domain, const char *name, uint32_t version, bool wait,
		    uint64_t deadline);
extern uint32_t bind_refused_with;
/* The server's end that was told last. */
struct end *bind_last_server(void);
void bind_end_accept(struct end *e);
void bind_end_close(struct end *e);
void bind_end_domain(uint32_t node, uint32_t domain);
/* Node 0 makes, and takes away, what it was asked to: of those one, or all. */
void bind_make_one(uint32_t at, uint32_t error);
void bind_unmake_one(uint32_t at);
void bind_make_all(void);
/* Everything arrives and is made, until nothing happens any more. */
void bind_settle(void);
/* Nothing is left anywhere but @open connections (ends of nodes, and channels of node 0). */
void bind_left(uint32_t open);

#endif
