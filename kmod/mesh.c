// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and taking away the links between monitors.
 *
 * A link's rings are freed when neither core can write them: it has confirmed that it forgot them, or
 * was seen under p->lock not to run in that epoch, which means that it is silent. A call that failed
 * because the core is dying says neither: the kick that its death brings looks again.
 */
#define pr_fmt(fmt) "remora: " fmt

#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include "latency.h"
#include "mesh.h"
#include "monitor.h"
#include "partition.h"
#include "steps.h"

#define BIND_MS 2000u
#define UNBIND_MS 1000u
#define RETRY_MS 500u
#define RETRY_MS_MAX 60000u

#define SHARE 4u /* of the channel memory, for either kind of links */

static_assert(ABI_CHANNEL_MONITOR(ABI_NODES_MAX - 1) < ABI_CHANNEL_NUMBERS);
static_assert(ABI_NODES_MAX <= BITS_PER_LONG);

/**
 * struct remora_link - between two nodes, the lower one first; 0 is Linux
 * @epoch: of their control nodes
 * @ring:  by who reads it
 * @bound: the core may know its end
 * @made:  both ends know it, and neither has closed it
 */
struct remora_link {
	struct list_head list;
	unsigned int node[2];
	u32 epoch[2];
	struct remora_region ring[2];
	bool bound[2];
	bool made;
};

static void look_at_cores(struct remora_partition *p, struct remora_running *r)
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
		r->joined[core->node] = core->joined;
	}
	mutex_unlock(&p->lock);
}

/* ---- one end ---- */

static struct remora_core *end_core(struct remora_partition *p, const struct remora_link *l,
				    unsigned int i)
{
	return &p->cores[l->node[i] - 1];
}

/*
 * An answer came, and it was a lasting one. A core whose monitor did not answer it says -ETIMEDOUT, and
 * keeps what it was asked for until it is unbound.
 */
static bool refused(const struct remora_call *call, int ret)
{
	return call->sent && !call->result && ret && ret != -EPROTO && ret != -ETIMEDOUT &&
	       ret != -ENOMEM;
}

/* Return: 0, or an errno; l->bound[i] says whether the core may know the rings. */
static int end_bind(struct remora_partition *p, struct remora_link *l, unsigned int i,
		    const struct remora_running *r)
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
	int ret;

	/* As if it did not answer. */
	if (remora_steps_fault("mesh-bind"))
		return -ETIMEDOUT;
	/* What was said of this number was of an earlier link: before the answer to its unbind. */
	clear_bit(peer, &p->mesh.closed[l->node[i]]);
	ret = remora_node_call(end_core(p, l, i), &call, NULL);
	if (refused(&call, ret))
		p->mesh.deaf[l->node[i]] = l->epoch[i];
	/* A definite refusal leaves nothing behind; an ill-formed answer says nothing. */
	l->bound[i] = !ret || (call.sent && (call.result || ret == -ETIMEDOUT || ret == -EPROTO));
	return ret;
}

/* Return: whether the core does not know the rings any more. */
static bool end_unbind(struct remora_partition *p, struct remora_link *l, unsigned int i,
		       const struct remora_running *r)
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

static bool link_whole(const struct remora_partition *p, const struct remora_link *l,
		       const struct remora_running *r)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (l->node[i] && (r->epoch[l->node[i]] != l->epoch[i] ||
				   p->mesh.lost[l->node[i]] == l->epoch[i]))
			return false;
	return l->made;
}

/* What @l counts against. */
static u64 *link_account(struct remora_partition *p, const struct remora_link *l)
{
	return &p->mesh.bytes[!l->node[0]];
}

static void link_free(struct remora_partition *p, struct remora_link *l)
{
	*link_account(p, l) -= l->ring[0].bytes + l->ring[1].bytes;
	mutex_lock(&p->shared_memory.lock);
	remora_shared_free(p, &l->ring[1]);
	remora_shared_free(p, &l->ring[0]);
	mutex_unlock(&p->shared_memory.lock);
	remora_ledger_add(&p->ledger, REMORA_LEDGER_LINKS, -1);
	list_del(&l->list);
	kfree(l);
}

/* In mirror order; what a core has not confirmed yet stays. */
static void link_drop(struct remora_partition *p, struct remora_link *l, const struct remora_running *r)
{
	bool upper, lower;

	l->made = false;
	if (!l->node[0])
		remora_monitor_unlink(p, l->node[1]);
	upper = end_unbind(p, l, 1, r);
	lower = end_unbind(p, l, 0, r);
	if (upper && lower)
		link_free(p, l);
}

/* Rings for a link, within the share that links of its kind may have. */
static int link_rings(struct remora_partition *p, struct remora_link *l,
		      const struct remora_running *r)
{
	size_t bytes = PAGE_ALIGN(urpc_ring_bytes(ABI_MONITOR_SLOTS));
	u64 *account = link_account(p, l);
	int ret;

	if (*account + 2 * bytes > div_u64(remora_shared_bytes(p), SHARE))
		return -ENOSPC;
	mutex_lock(&p->shared_memory.lock);
	ret = remora_shared_alloc(p, bytes, r->numa[l->node[0]], &l->ring[0]);
	if (!ret && remora_shared_alloc(p, bytes, r->numa[l->node[1]], &l->ring[1])) {
		remora_shared_free(p, &l->ring[0]);
		ret = -ENOSPC;
	}
	mutex_unlock(&p->shared_memory.lock);
	if (!ret)
		*account += 2 * bytes;
	return ret;
}

static struct remora_link *link_alloc(struct remora_partition *p, unsigned int a, unsigned int b,
				      const struct remora_running *r)
{
	struct remora_link *l = kzalloc(sizeof(*l), GFP_KERNEL);

	if (!l)
		return NULL;
	l->node[0] = a;
	l->node[1] = b;
	l->epoch[0] = r->epoch[a];
	l->epoch[1] = r->epoch[b];
	if (link_rings(p, l, r)) {
		kfree(l);
		return NULL;
	}
	remora_ledger_add(&p->ledger, REMORA_LEDGER_LINKS, 1);
	list_add_tail(&l->list, &p->mesh.links);
	return l;
}

static void link_make(struct remora_partition *p, unsigned int a, unsigned int b,
		      struct remora_running *r)
{
	struct remora_link *l = link_alloc(p, a, b, r);
	unsigned int i;

	if (!l) {
		pr_warn_ratelimited("%s: no channel memory for a link between nodes %u and %u\n",
				    p->name, a, b);
		r->skip[b] = true;
		return;
	}
	for (i = 0; i < 2; i++) {
		if (!l->node[i] || !end_bind(p, l, i, r))
			continue;
		r->skip[l->node[i]] = true;
		r->silent |= p->mesh.deaf[l->node[i]] != l->epoch[i];
		link_drop(p, l, r);
		return;
	}
	if (!a && remora_monitor_link(p, b, l->epoch[1], l->ring[1].virt, l->ring[0].virt)) {
		r->skip[b] = true;
		link_drop(p, l, r);
		return;
	}
	l->made = true;
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

static bool takes_links(const struct remora_partition *p, const struct remora_running *r,
			unsigned int node)
{
	u32 epoch = r->epoch[node];

	return !node || (epoch && !r->skip[node] && p->mesh.deaf[node] != epoch &&
			 p->mesh.lost[node] != epoch);
}

static bool linked(const struct remora_partition *p, unsigned int a, unsigned int b)
{
	const struct remora_link *l = link_find(p, min(a, b), max(a, b));

	return l && l->made;
}

/* To node 0, and to all that are to be members. */
static bool linked_to_members(const struct remora_partition *p, const struct remora_running *r,
			      unsigned int node)
{
	unsigned int a;

	for (a = 1; a < ABI_NODES_MAX; a++)
		if (a != node && r->epoch[a] &&
		    READ_ONCE(p->monitor.wanted[a]) == r->epoch[a] && !linked(p, a, node))
			return false;
	return linked(p, 0, node);
}

/* A core that closed a link can talk to its peers no more: it loses all, and its place in the view. */
static void take_closed(struct remora_partition *p, const struct remora_running *r)
{
	struct remora_mesh *mesh = &p->mesh;
	struct remora_link *l;
	unsigned int i;

	list_for_each_entry(l, &mesh->links, list) {
		for (i = 0; i < 2; i++) {
			unsigned int node = l->node[i], peer = l->node[!i];

			if (!node || r->epoch[node] != l->epoch[i] ||
			    !test_and_clear_bit(peer, &mesh->closed[node]))
				continue;
			pr_warn_ratelimited("%s: core %u closed the link of its monitor to node %u; it is taken out of the view\n",
					    p->name, node, peer);
			mesh->lost[node] = l->epoch[i];
		}
	}
}

/* Once when cores start: they are all there, and none is a member yet. */
static void measure(struct remora_partition *p, const struct remora_running *r)
{
	unsigned int node;

	for (node = 1; node < ABI_NODES_MAX && !r->epoch[node]; node++)
		;
	if (node < ABI_NODES_MAX && !p->mesh.measured)
		remora_latency_measure(p, r);
	p->mesh.measured = node < ABI_NODES_MAX;
}

static void mesh_make(struct remora_partition *p, struct remora_running *r)
{
	unsigned int a, b;

	for (b = 1; b < ABI_NODES_MAX; b++)
		for (a = 0; a < b && !READ_ONCE(p->mesh.ending); a++)
			if (takes_links(p, r, a) && takes_links(p, r, b) && !link_find(p, a, b))
				link_make(p, a, b, r);
	measure(p, r);
	/* A core is a member only when it can talk to all that are. */
	for (b = 1; b < ABI_NODES_MAX; b++)
		if (takes_links(p, r, b) && linked_to_members(p, r, b))
			remora_monitor_join(p, b, r->epoch[b]);
}

/* A kick meanwhile comes first, and may find the same again. */
static void try_again(struct remora_mesh *mesh)
{
	unsigned int ms = READ_ONCE(mesh->retry_ms);

	WRITE_ONCE(mesh->retry_ms, min(2 * ms, RETRY_MS_MAX));
	queue_delayed_work(system_long_wq, &mesh->work, msecs_to_jiffies(ms));
}

static void mesh_work(struct work_struct *work)
{
	struct remora_mesh *mesh = container_of(to_delayed_work(work), struct remora_mesh, work);
	struct remora_partition *p = container_of(mesh, struct remora_partition, mesh);
	struct remora_running *r = &mesh->running;
	struct remora_link *l, *next;

	mutex_lock(&mesh->lock);
	if (!READ_ONCE(mesh->ending)) {
		look_at_cores(p, r);
		take_closed(p, r);
		list_for_each_entry_safe_reverse(l, next, &mesh->links, list)
			if (!link_whole(p, l, r))
				link_drop(p, l, r);
		mesh_make(p, r);
		if (r->silent)
			try_again(mesh);
	}
	mutex_unlock(&mesh->lock);
}

void remora_mesh_init(struct remora_partition *p)
{
	mutex_init(&p->mesh.lock);
	INIT_LIST_HEAD(&p->mesh.links);
	INIT_DELAYED_WORK(&p->mesh.work, mesh_work);
}

void remora_mesh_kick(struct remora_partition *p)
{
	WRITE_ONCE(p->mesh.retry_ms, RETRY_MS);
	mod_delayed_work(system_long_wq, &p->mesh.work, 0);
}

void remora_mesh_closed(struct remora_partition *p, unsigned int node, unsigned int peer)
{
	/* Once for each bind: what it says about links that it has not got costs nothing. */
	if (!test_and_set_bit(peer, &p->mesh.closed[node]))
		remora_mesh_kick(p);
}

void remora_mesh_end(struct remora_partition *p)
{
	static const struct remora_running nobody;
	struct remora_link *l, *next;

	WRITE_ONCE(p->mesh.ending, true);
	cancel_delayed_work_sync(&p->mesh.work);
	mutex_lock(&p->mesh.lock);
	list_for_each_entry_safe_reverse(l, next, &p->mesh.links, list)
		link_drop(p, l, &nobody);
	mutex_unlock(&p->mesh.lock);
	/* First the machine, which wants channels made and taken away, then the channels. */
	remora_monitor_end(p);
	remora_bounds_end(p);
}
