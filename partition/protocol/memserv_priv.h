/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause) */
/* What the files of the memory server share. */
#ifndef PROTOCOL_MEMSERV_PRIV_H
#define PROTOCOL_MEMSERV_PRIV_H

#include <abi/if/memory.h>
#include <abi/protocol/memserv.h>
#include <urpc/chan.h>

/*
 * struct memserv_piece.state. Of this node's own memory FREE, USED, LENDING, LENT, TAKEN; of a
 * grant CACHED, BORROWED, RETURNING. At node 0 KEPT: .node has it of one that is gone.
 */
enum {
	PIECE_NONE,
	PIECE_FREE,
	PIECE_USED,     /* by a domain of this node */
	PIECE_LENDING,  /* the capability is on its way to .node */
	PIECE_LENT,
	PIECE_KEPT,
	PIECE_TAKEN,    /* free, and about to be Linux's */
	PIECE_CACHED,
	PIECE_BORROWED, /* used by a domain of this node; .node is the owner */
	PIECE_RETURNING,
};

/* Entries for what was asked of others to come, and two to cut a piece. */
#define MEMSERV_SPARE (2u + 2u * MEMSERV_ASKS)

static inline bool memserv_inside(const struct memserv_piece *p, uint64_t base, uint64_t bytes)
{
	return p->state && p->base < base + bytes && base < p->base + p->bytes;
}

static inline bool memserv_good(uint64_t base, uint64_t bytes)
{
	return bytes && !((base | bytes) & (MEMSERV_PAGE - 1)) && base + bytes > base;
}

/* memserv_piece.c */
struct memserv_piece *memserv_new(struct memserv *m);
uint32_t memserv_spare(const struct memserv *m);
struct memserv_piece *memserv_at(struct memserv *m, uint64_t base, uint8_t state);
struct memserv_piece *memserv_overlap(struct memserv *m, uint64_t base, uint64_t bytes);
struct memserv_piece *memserv_cut(struct memserv *m, struct memserv_piece *p, uint64_t base,
				  uint64_t bytes);
struct memserv_piece *memserv_find(struct memserv *m, uint8_t state, uint64_t bytes,
				   uint64_t align, uint16_t numa);
void memserv_join(struct memserv *m, struct memserv_piece *p);
uint64_t memserv_sum(const struct memserv *m, uint8_t state, uint32_t node);

/* memserv_peer.c */
int memserv_on_ask(void *ctx, uint32_t from, const struct memory_ask *a);
int memserv_on_grant(void *ctx, uint32_t from, const struct memory_grant *g);
int memserv_on_none(void *ctx, uint32_t from, const struct memory_none *a);
int memserv_on_back(void *ctx, uint32_t from, const struct memory_back *a);
int memserv_on_recall(void *ctx, uint32_t from, const struct memory_recall *a);
int memserv_on_keep(void *ctx, uint32_t from, const struct memory_keep *a);
int memserv_on_kept(void *ctx, uint32_t from, const struct memory_kept *a);
void memserv_ask_others(struct memserv *m, struct memserv_ask *a);
void memserv_trim(struct memserv *m);
void memserv_gone(struct memserv *m, uint32_t node, const struct protocol_set *stay);
void memserv_told(struct memserv *m, uint32_t from, uint32_t owner);
void memserv_stop(struct memserv *m);

/* memserv_linux.c */
int memserv_on_add(void *ctx, uint32_t from, const struct memory_add *a);
int memserv_on_take(void *ctx, uint32_t from, const struct memory_take *a);
int memserv_on_held(void *ctx, uint32_t from, const struct memory_held *a);
int memserv_on_done(void *ctx, uint32_t from, const struct memory_done *a);
void memserv_take_on(struct memserv *m);
void memserv_jobs_gone(struct memserv *m, uint32_t node);

#endif
