// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and taking away the links between monitors.
 *
 * A link's rings are freed when neither core can write them: it has confirmed that it forgot them, or
 * was seen under p->lock not to run in that epoch, which means that it is silent. A call that failed
 * because the core is dying says neither: the kick that its death brings looks again.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/printk.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include "mesh.h"
#include "monitor.h"
#include "partition.h"

#define BIND_MS 2000u
#define UNBIND_MS 1000u

static_assert(ABI_CHANNEL_MONITOR(ABI_NODES_MAX - 1) < ABI_CHANNEL_NUMBERS);

/**
 * struct remora_link - between two nodes, the lower one first; 0 is Linux
 * @epoch: of their control nodes
 * @ring:  by who reads it
 * @bound: the core may know its end
 */
struct remora_link {
	struct list_head list;
	unsigned int node[2];
	u32 epoch[2];
	struct remora_region ring[2];
	bool bound[2];
};

/** struct running - the cores that run, by node: the epoch, 0 for the others */
struct running {
	u32 epoch[ABI_NODES_MAX];
	u32 apic_id[ABI_NODES_MAX];
	int numa[ABI_NODES_MAX];
};

static void look_at_cores(struct remora_partition *p, struct running *r)
{
	struct remora_core *core;

	memset(r, 0, sizeof(*r));
	r->numa[0] = p->places.place[p->places.of[0]].numa;
	mutex_lock(&p->lock);
	remora_for_each_core(core, p) {
		if (core->state != REMORA_RUNNING)
			continue;
		r->epoch[core->node] = core->control_node.epoch;
		r->apic_id[core->node] = core->cpu.apic_id;
		r->numa[core->node] = core->cpu.numa;
	}
	mutex_unlock(&p->lock);
}

/* ---- one end ---- */

static struct remora_core *end_core(struct remora_partition *p, const struct remora_link *l,
				    unsigned int i)
{
	return &p->cores[l->node[i] - 1];
}

/* Return: 0, or an errno; l->bound[i] says whether the core may know the rings. */
static int end_bind(struct remora_partition *p, struct remora_link *l, unsigned int i,
		    const struct running *r)
{
	unsigned int peer = l->node[!i];
	struct abi_ctl_bind request = {
		.channel = ABI_CHANNEL_MONITOR(peer),
		.tx = l->ring[!i].phys,
		.rx = l->ring[i].phys,
		.slots = ABI_MONITOR_SLOTS,
		.service = ABI_SERVICE_MONITOR,
		.peer = peer,
		.peer_apic_id = peer ? r->apic_id[peer] : 0,
	};
	struct remora_call call = {
		.type = ABI_CTL_BIND,
		.epoch = l->epoch[i],
		.uninterrupted = true,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(struct abi_ctl_status),
		.timeout_ms = BIND_MS,
	};
	int ret = remora_node_call(end_core(p, l, i), &call, NULL);

	/* A definite refusal leaves nothing behind. */
	l->bound[i] = !ret || (call.sent && call.result);
	return ret;
}

/* Return: whether the core does not know the rings any more. */
static bool end_unbind(struct remora_partition *p, struct remora_link *l, unsigned int i,
		       const struct running *r)
{
	struct abi_ctl_unbind request = { .channel = ABI_CHANNEL_MONITOR(l->node[!i]) };
	struct remora_call call = {
		.type = ABI_CTL_UNBIND,
		.epoch = l->epoch[i],
		.uninterrupted = true,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(struct abi_ctl_status),
		.timeout_ms = UNBIND_MS,
	};

	if (!l->bound[i])
		return true;
	if (r->epoch[l->node[i]] == l->epoch[i] &&
	    (remora_node_call(end_core(p, l, i), &call, NULL) == -EPROTO || call.result))
		return false;
	l->bound[i] = false;
	return true;
}

/* ---- a link ---- */

static bool link_whole(const struct remora_link *l, const struct running *r)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (l->node[i] && (!l->bound[i] || r->epoch[l->node[i]] != l->epoch[i]))
			return false;
	return true;
}

static void link_free(struct remora_partition *p, struct remora_link *l)
{
	mutex_lock(&p->shared_memory.lock);
	remora_shared_free(p, &l->ring[1]);
	remora_shared_free(p, &l->ring[0]);
	mutex_unlock(&p->shared_memory.lock);
	remora_ledger_add(&p->ledger, REMORA_LEDGER_LINKS, -1);
	list_del(&l->list);
	kfree(l);
}

/* In mirror order; what a core has not confirmed yet stays. */
static void link_drop(struct remora_partition *p, struct remora_link *l, const struct running *r)
{
	bool upper, lower;

	if (!l->node[0])
		remora_monitor_unlink(p, l->node[1]);
	upper = end_unbind(p, l, 1, r);
	lower = end_unbind(p, l, 0, r);
	if (upper && lower)
		link_free(p, l);
}

static struct remora_link *link_alloc(struct remora_partition *p, unsigned int a, unsigned int b,
				      const struct running *r)
{
	struct remora_link *l = kzalloc(sizeof(*l), GFP_KERNEL);
	size_t bytes = urpc_ring_bytes(ABI_MONITOR_SLOTS);
	int ret;

	if (!l)
		return NULL;
	l->node[0] = a;
	l->node[1] = b;
	l->epoch[0] = r->epoch[a];
	l->epoch[1] = r->epoch[b];
	mutex_lock(&p->shared_memory.lock);
	ret = remora_shared_alloc(p, bytes, r->numa[a], &l->ring[0]);
	if (!ret && remora_shared_alloc(p, bytes, r->numa[b], &l->ring[1])) {
		remora_shared_free(p, &l->ring[0]);
		ret = -ENOSPC;
	}
	mutex_unlock(&p->shared_memory.lock);
	if (ret) {
		kfree(l);
		return NULL;
	}
	remora_ledger_add(&p->ledger, REMORA_LEDGER_LINKS, 1);
	list_add_tail(&l->list, &p->mesh.links);
	return l;
}

static void link_make(struct remora_partition *p, unsigned int a, unsigned int b,
		      const struct running *r)
{
	struct remora_link *l = link_alloc(p, a, b, r);
	unsigned int i;

	if (!l) {
		pr_warn_ratelimited("%s: no memory for a link between the monitors of nodes %u and %u\n",
				    p->name, a, b);
		p->mesh.deaf[b] = r->epoch[b];
		return;
	}
	for (i = 0; i < 2; i++) {
		if (!l->node[i] || !end_bind(p, l, i, r))
			continue;
		p->mesh.deaf[l->node[i]] = l->epoch[i];
		link_drop(p, l, r);
		return;
	}
	if (!a)
		remora_monitor_link(p, b, l->epoch[1], l->ring[1].virt, l->ring[0].virt);
}

/* ---- all of them ---- */

static struct remora_link *link_find(const struct remora_partition *p, unsigned int a,
				     unsigned int b)
{
	struct remora_link *l;

	list_for_each_entry(l, &p->mesh.links, list)
		if (l->node[0] == a && l->node[1] == b)
			return l;
	return NULL;
}

static bool takes_links(const struct remora_partition *p, const struct running *r,
			unsigned int node)
{
	return !node || (r->epoch[node] && p->mesh.deaf[node] != r->epoch[node]);
}

static void mesh_make(struct remora_partition *p, const struct running *r)
{
	unsigned int a, b;

	for (b = 1; b < ABI_NODES_MAX; b++)
		for (a = 0; a < b && !READ_ONCE(p->mesh.ending); a++)
			if (takes_links(p, r, a) && takes_links(p, r, b) && !link_find(p, a, b))
				link_make(p, a, b, r);
	/* A core is a member only when it can talk to all that are. */
	for (b = 1; b < ABI_NODES_MAX; b++)
		if (r->epoch[b] && takes_links(p, r, b) && link_find(p, 0, b))
			remora_monitor_join(p, b, r->epoch[b]);
}

static void mesh_work(struct work_struct *work)
{
	struct remora_mesh *mesh = container_of(work, struct remora_mesh, work);
	struct remora_partition *p = container_of(mesh, struct remora_partition, mesh);
	struct running *r = kmalloc(sizeof(*r), GFP_KERNEL);
	struct remora_link *l, *next;

	if (!r)
		return;
	mutex_lock(&mesh->lock);
	if (!READ_ONCE(mesh->ending)) {
		look_at_cores(p, r);
		list_for_each_entry_safe_reverse(l, next, &mesh->links, list)
			if (!link_whole(l, r))
				link_drop(p, l, r);
		mesh_make(p, r);
	}
	mutex_unlock(&mesh->lock);
	kfree(r);
}

void remora_mesh_init(struct remora_partition *p)
{
	mutex_init(&p->mesh.lock);
	INIT_LIST_HEAD(&p->mesh.links);
	INIT_WORK(&p->mesh.work, mesh_work);
}

void remora_mesh_kick(struct remora_partition *p)
{
	queue_work(system_long_wq, &p->mesh.work);
}

void remora_mesh_end(struct remora_partition *p)
{
	static const struct running nobody;
	struct remora_link *l, *next;

	WRITE_ONCE(p->mesh.ending, true);
	cancel_work_sync(&p->mesh.work);
	mutex_lock(&p->mesh.lock);
	list_for_each_entry_safe_reverse(l, next, &p->mesh.links, list)
		link_drop(p, l, &nobody);
	mutex_unlock(&p->mesh.lock);
	remora_monitor_end(p);
}
