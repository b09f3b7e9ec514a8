/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What programs ask for (interfaces/monitor.if), each over its own rings. Nothing that a program does there
 * keeps the monitor or other programs: a turn's work for each is bounded, and a request is taken only when
 * there is room for its answer beside all that the program is still to be told. Who breaks the interface
 * is served no more, which the core's console tells.
 *
 * A service answers at once in its handler, by monitor_NAME_reply_send(), or later: then the handler
 * calls requests_owe() for each message of at most a slot that will come, and whoever has the answer
 * calls requests_pay(), and sends.
 */
#ifndef REQUESTS_H
#define REQUESTS_H

#include <abi/domain.h>
#include <abi/if/monitor_stub.h>

#include <mon.h>

#define REQUESTS_OWED_MAX 40u /* messages that a program is still to be told, at most */

/**
 * struct requests - a program's
 * @domain: its number; 0: none
 * @owed:   messages for which room is kept
 * @over:   it broke the interface: nothing is taken any more
 * @named:  it has used the name service
 * @watches: views; @news: there is one that it was not told; @asked: the core waits for it before it leaves
 * @full:   something that was not promised found no room: who wanted to tell it is woken once there is some
 * @told:   number of the first message of which it was not told by a notice
 */
struct requests {
	uint32_t domain;
	uint32_t owed;
	bool over;
	bool named;
	bool watches;
	bool news;
	bool asked;
	bool full;
	uint64_t told;
	struct urpc_chan chan;
	struct monitor_end end;
};

/** requests_init - there are none */
void requests_init(void);

/** requests_begin - of the domain at place @i; its rings are zero. requests_end - it is gone */
void requests_begin(uint32_t i, uint32_t domain, struct abi_requests *rings);
void requests_end(uint32_t i);

/** requests_work - a turn's worth for each. Return: true: another turn is due at once. */
bool requests_work(void);

/** requests_flush - tell those for whom there is something */
void requests_flush(void);

/** requests_arm - before sleeping. Return: false: something has come. requests_disarm - awake */
bool requests_arm(void);
void requests_disarm(void);

/* ---- for the services ---- */

/** requests_of - of a domain that is there, and is served; NULL: there is nobody to tell */
struct requests *requests_of(uint32_t domain);

/** requests_at - by place, likewise */
struct requests *requests_at(uint32_t i);

/** requests_owe - keep room for @count messages. Return: false: too many, refuse with PENDING */
bool requests_owe(struct requests *r, uint32_t count);

/** requests_pay - one of them is told now, or never will be */
void requests_pay(struct requests *r);

/** requests_view - tell those who watch of the view there is, and of its end for this core */
void requests_view(void);

/**
 * requests_leave - ask those who watch to hand over until @until (of the node's clock; 0: no more)
 * requests_leaving - is somebody not ready?
 */
void requests_leave(uint64_t until);
bool requests_leaving(void);

/** requests_room - is there room for a message of @bytes that was not promised? */
bool requests_room(struct requests *r, uint32_t bytes);

/* Handlers: @ctx is the struct requests, @from the domain. One file for each service. */
int request_hello(void *ctx, uint32_t from, const struct monitor_hello *m);

/* requests_names.c */
void request_names_init(void);
void request_names_end(struct requests *r);
int request_name_change(void *ctx, uint32_t from, const struct monitor_name_change *m);
int request_name_get(void *ctx, uint32_t from, const struct monitor_name_get *m);
int request_name_list(void *ctx, uint32_t from, const struct monitor_name_list *m);
int request_name_watch(void *ctx, uint32_t from, const struct monitor_name_watch *m);
int request_name_unwatch(void *ctx, uint32_t from, const struct monitor_name_unwatch *m);

/* requests_view.c */
int request_view_watch(void *ctx, uint32_t from, const struct monitor_view_watch *m);
int request_view_ready(void *ctx, uint32_t from, const struct monitor_view_ready *m);
/** request_view_end - it is gone: nobody waits for it */
void request_view_end(struct requests *r);
/** request_view_tell - what it was not told yet, if there is room */
void request_view_tell(struct requests *r);

/* images.c */
void request_spawn_end(struct requests *r);
int request_spawn(void *ctx, uint32_t from, const struct monitor_spawn *m);
int request_spawn_kill(void *ctx, uint32_t from, const struct monitor_spawn_kill *m);
int request_image_piece(void *ctx, uint32_t from, const struct monitor_image_piece *m);

/* share.c */
int request_cap_agreed(void *ctx, uint32_t from, const struct monitor_cap_agreed *m);
int request_cap_give(void *ctx, uint32_t from, const struct monitor_cap_give *m);
int request_cap_take(void *ctx, uint32_t from, const struct monitor_cap_take *m);

/* memory_requests.c */
int request_mem_alloc(void *ctx, uint32_t from, const struct monitor_mem_alloc *m);
int request_mem_free(void *ctx, uint32_t from, const struct monitor_mem_free *m);
int request_mem_info(void *ctx, uint32_t from, const struct monitor_mem_info *m);

#endif
