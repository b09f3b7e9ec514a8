// SPDX-License-Identifier: GPL-2.0-only
/*
 * Node 0's machine for binding: it knows the channels between nodes, and those who offer and connect here: files
 * of names (binding.c, offer.c). All under monitor.lock.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <abi/boot.h>
#include <abi/protocol/node.h>
#include "binding.h"
#include "bound.h"
#include "bound_priv.h"
#include "partition.h"

#define CONNS 320u
#define OFFERS 64u
#define CHANNELS 512u
#define OWN_CHANNELS 256u
#define NODE_CHANNELS 32u /* half of a core's numbers: the others are for Linux */

struct remora_broker {
	struct remora_partition *p;
	struct node *node;
	struct bind bind;
	struct node_part part;
	struct bind_conn conns[CONNS];
	struct bind_offer offers[OFFERS];
	struct bind_channel channels[CHANNELS];
};

/* ---- hooks of the machine ---- */

/* Where the program of Linux's runs that has an end of it. */
static int numa_of(struct remora_broker *broker, const struct bind_channel *c)
{
	const struct bind_conn *conn = broker->conns, *end = conn + CONNS;

	if (!c->node[1])
		conn = &broker->conns[(c->conn & 0xffff) % CONNS];
	else
		while (conn < end && (conn->server || conn->number != c->number))
			conn++;
	return conn < end ? remora_binding_numa(broker->p, conn->domain, conn->tag) : NUMA_NO_NODE;
}

static void on_channel(void *ctx, uint64_t id, const struct bind_channel *c)
{
	struct remora_broker *broker = ctx;

	remora_bound_want(broker->p, id, c->node, c->slots,
			  c->node[0] && c->node[1] ? NUMA_NO_NODE : numa_of(broker, c));
}

static void on_unmake(void *ctx, uint64_t id, const struct bind_channel *c)
{
	struct remora_broker *broker = ctx;

	remora_bound_unwant(broker->p, id);
}

static void on_stuck(void *ctx, uint32_t node)
{
	struct remora_broker *broker = ctx;

	pr_warn_ratelimited("%s: the monitor of core %u does not let go of a closed channel\n",
			    broker->p->name, node);
	view_suspect(&broker->node->view, node, VIEW_STUCK, broker->node->now);
}

static void on_offered(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle,
		       uint32_t client_node, uint32_t client)
{
	struct remora_broker *broker = ctx;

	remora_offer_asked(broker->p, domain, tag, handle,
			   broker->conns[(handle & 0xffff) % CONNS].ask.slots, client_node, client);
}

static void on_opened(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t end)
{
	remora_binding_opened(((struct remora_broker *)ctx)->p, domain, tag, handle, end);
}

static void on_failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error, uint32_t detail)
{
	remora_binding_over(((struct remora_broker *)ctx)->p, domain, tag, error, detail);
}

/* Of one that was not accepted the tag is the offer's. */
static void on_closed(void *ctx, uint32_t domain, uint64_t tag, uint32_t handle, uint32_t error)
{
	struct remora_broker *broker = ctx;

	remora_offer_unasked(broker->p, domain, tag, handle);
	remora_binding_over(broker->p, domain, tag, error, 0);
}

/* Without local(): two programs of Linux have better means. */
static const struct bind_hooks hooks = {
	.offered = on_offered,
	.opened = on_opened,
	.failed = on_failed,
	.closed = on_closed,
	.channel = on_channel,
	.unmake = on_unmake,
	.stuck = on_stuck,
};

/* ---- as a part of the node ---- */

static int part_message(void *ctx, uint32_t from, uint16_t type, const void *payload,
			uint32_t bytes, uint64_t now)
{
	return bind_message(&((struct remora_broker *)ctx)->bind, from, type, payload, bytes, now);
}

static void part_freeze(void *ctx)
{
	bind_freeze(&((struct remora_broker *)ctx)->bind);
}

static void part_thaw(void *ctx)
{
	struct remora_broker *broker = ctx;

	bind_thaw(&broker->bind, broker->node->now);
}

static void part_install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	struct remora_broker *broker = ctx;

	bind_view(&broker->bind, &now->members, broker->node->view.epoch, time);
}

static uint64_t part_tick(void *ctx, uint64_t now)
{
	return bind_tick(&((struct remora_broker *)ctx)->bind, now);
}

int remora_bounds_part(struct remora_partition *p, struct node *n)
{
	static const struct bind_limits limits = {
		.connects = 8,
		.channels = 32,
		.offers = 8,
		.backlog = REMORA_OFFER_ASKS,
		.node_backlog = 32,
		.node_channels = NODE_CHANNELS,
		.own_channels = OWN_CHANNELS,
	};
	struct remora_broker *broker = kvzalloc(sizeof(*broker), GFP_KERNEL);
	int ret;

	if (!broker)
		return -ENOMEM;
	broker->p = p;
	broker->node = n;
	broker->part = (struct node_part){
		.interface = PROTOCOL_BIND,
		.ctx = broker,
		.message = part_message,
		.freeze = part_freeze,
		.thaw = part_thaw,
		.install = part_install,
		.tick = part_tick,
	};
	ret = bind_init(&broker->bind, 0, &n->names, &limits,
			&(struct bind_memory){ .conns = broker->conns,
					       .conn_count = CONNS,
					       .offers = broker->offers,
					       .offer_count = OFFERS,
					       .channels = broker->channels,
					       .channel_count = CHANNELS },
			&n->port, &hooks, broker);
	if (!ret)
		ret = node_add(n, &broker->part);
	if (ret) {
		kvfree(broker);
		return -EINVAL;
	}
	p->bounds.broker = broker;
	return 0;
}

void remora_bounds_unpart(struct remora_partition *p)
{
	if (!p->bounds.broker)
		return;
	remora_bounds_forget(p);
	kvfree(p->bounds.broker);
	p->bounds.broker = NULL;
}

struct bind *remora_broker_bind(struct remora_partition *p)
{
	lockdep_assert_held(&p->monitor.lock);
	return &p->bounds.broker->bind;
}

/* ---- what the work has done ---- */

void remora_broker_made(struct remora_broker *broker, u64 id, u32 error, const u32 end[2], u64 now)
{
	bind_made(&broker->bind, id, error, end, now);
}

void remora_broker_unmade(struct remora_broker *broker, u64 id)
{
	bind_unmade(&broker->bind, id);
}
