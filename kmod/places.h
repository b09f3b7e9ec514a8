/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where rings lie: on the NUMA node of who reads them, as far as the partition has memory there.
 *
 * A place is one NUMA node of the partition's memory. It holds the control rings and rings between
 * cores whose receivers are near, and a part of the channel memory. Node 0's place is that of the
 * first CPU that Linux kept. Receivers without a place near them use the first.
 */
#ifndef REMORA_PLACES_H
#define REMORA_PLACES_H

#include <linux/mutex.h>

#include <abi/boot.h>
#include "memory.h"

struct gen_pool;
struct remora_core;
struct remora_partition;

#define REMORA_PLACES_MAX 8u

/**
 * struct remora_place - one of them
 * @numa:      the NUMA node
 * @receivers: nodes whose rings are here
 * @rings:     a row of rings each, by sender; where they came to lie is @rings.numa
 * @shared:    channel memory; 0 bytes: none here
 * @pool:      over @shared, by address of the module; NULL: none, or closed
 */
struct remora_place {
	int numa;
	unsigned int receivers;
	struct remora_region rings;
	struct remora_region shared;
	struct gen_pool *pool;
};

/** struct remora_places - all of a partition; constant from regions to regions freed, but pools */
struct remora_places {
	struct remora_place place[REMORA_PLACES_MAX];
	unsigned int count;
	unsigned int nodes; /* that have rings here: those of create, node 0 with them */
	u8 of[ABI_NODES_MAX];  /* by receiver: its place */
	u8 row[ABI_NODES_MAX]; /* and its row of rings there */
};

/**
 * remora_places_rings - find the places and allocate the rings; the CPUs are known
 * Return: 0, or -EINVAL with REMORA_R_MEMORY_TOO_SMALL; remora_places_free() frees what there is.
 */
int remora_places_rings(struct remora_partition *p, struct remora_error *err);
/** remora_places_shared - the same for the channel memory, afterwards */
int remora_places_shared(struct remora_partition *p, struct remora_error *err);
void remora_places_free(struct remora_partition *p);

/** remora_places_clear - zero all rings; no core runs */
void remora_places_clear(struct remora_partition *p);

/**
 * remora_control_alloc - control rings of a core that joins: of channel memory, which all cores know
 * Return: 0, -ENOSPC. Under p->lock.
 */
int remora_control_alloc(struct remora_core *core);
/** remora_control_free - the core is silent; nothing when it has none */
void remora_control_free(struct remora_core *core);

/** remora_ring_region - where the rings lie that node @to reads; 0: Linux */
const struct remora_region *remora_ring_region(const struct remora_partition *p, unsigned int to);

/** remora_shared_open - make the channel memory an allocator. -ENOMEM; all or nothing */
int remora_shared_open(struct remora_partition *p, struct remora_error *err);
/** remora_shared_close - everything was freed. Under shared_memory.lock, as the two below. */
void remora_shared_close(struct remora_partition *p);

/**
 * remora_shared_alloc - zeroed pages of channel memory
 * @numa: the wanted NUMA node, or -1; another one serves where there is none left; @r->numa tells
 * Return: 0, -ENOSPC (also once it is closed).
 */
int remora_shared_alloc(struct remora_partition *p, size_t bytes, int numa,
			struct remora_region *r);
/** remora_shared_bytes - all channel memory there is, used or not. Constant. */
u64 remora_shared_bytes(const struct remora_partition *p);
/** remora_shared_free - give back; nothing when @r is empty */
void remora_shared_free(struct remora_partition *p, struct remora_region *r);

#endif
