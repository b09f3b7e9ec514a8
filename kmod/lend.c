// SPDX-License-Identifier: GPL-2.0-only
/* See lend.h. */
#include <linux/mm.h>
#include <linux/slab.h>

#include <abi/protocol/memserv.h>
#include <abi/protocol/node.h>

#include "lend.h"
#include "partition.h"

#define PIECES 1024 /* of cores that are gone, in use elsewhere */

struct remora_lend {
	struct remora_partition *p;
	struct node_part part;
	struct memserv memserv;
	struct protocol_set untold[PROTOCOL_NODES_MAX];
	struct memserv_piece pieces[PIECES];
};

/* ---- hooks of the machine; node 0 asks for nothing, lends nothing, has nothing ---- */

static void granted(void *ctx, u32 domain, u64 tag, u64 base, u64 bytes)
{
}

static void failed(void *ctx, u32 domain, u64 tag, u32 error)
{
}

static u32 nearest(void *ctx, u32 rank)
{
	return PROTOCOL_NODE_NONE;
}

static void no_piece(void *ctx, u32 node, u64 base, u64 bytes)
{
}

static bool added(void *ctx, u64 base, u64 bytes)
{
	return false;
}

static void removed(void *ctx, u64 base, u64 bytes)
{
}

static void done(void *ctx, u64 tag, u32 error, u32 node, u32 domain, u64 base)
{
	remora_grow_done(((struct remora_lend *)ctx)->p, tag, error, node, domain, base);
}

static void reclaim(void *ctx, u32 node)
{
}

static const struct memserv_hooks hooks = {
	.granted = granted,
	.failed = failed,
	.nearest = nearest,
	.lend = no_piece,
	.give_back = no_piece,
	.added = added,
	.removed = removed,
	.done = done,
	.reclaim = reclaim,
	.kept = no_piece,
	.returned = removed,
};

/* ---- as a part of the node ---- */

static int part_message(void *ctx, u32 from, u16 type, const void *payload, u32 bytes, u64 now)
{
	return memserv_message(&((struct remora_lend *)ctx)->memserv, from, type, payload, bytes);
}

static void part_freeze(void *ctx)
{
	memserv_freeze(&((struct remora_lend *)ctx)->memserv);
}

static void part_thaw(void *ctx)
{
	memserv_thaw(&((struct remora_lend *)ctx)->memserv);
}

static void part_install(void *ctx, const struct view *old, const struct view *now, u64 time)
{
	memserv_view(&((struct remora_lend *)ctx)->memserv, &now->members);
}

int remora_lend_part(struct remora_partition *p, struct node *n)
{
	static const struct memserv_limits limits;
	struct remora_lend *lend = kvzalloc(sizeof(*lend), GFP_KERNEL);
	int ret;

	if (!lend)
		return -ENOMEM;
	lend->p = p;
	lend->part = (struct node_part){
		.interface = PROTOCOL_MEMORY,
		.ctx = lend,
		.message = part_message,
		.freeze = part_freeze,
		.thaw = part_thaw,
		.install = part_install,
	};
	ret = memserv_init(&lend->memserv, 0, &limits, lend->pieces, PIECES, lend->untold, &n->port,
			   &hooks, lend);
	if (!ret)
		ret = node_add(n, &lend->part);
	if (ret) {
		kvfree(lend);
		return -EINVAL;
	}
	p->lend = lend;
	return 0;
}

void remora_lend_unpart(struct remora_partition *p)
{
	kvfree(p->lend);
	p->lend = NULL;
}

struct memserv *remora_memserv(struct remora_partition *p)
{
	return p->lend ? &p->lend->memserv : NULL;
}

bool remora_lend_may_join(struct remora_partition *p, unsigned int node)
{
	return !p->lend || !protocol_set_has(&p->lend->memserv.lost, node);
}
