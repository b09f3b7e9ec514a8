// SPDX-License-Identifier: GPL-2.0-only
/*
 * Node 0's machines: their memory, what they know of the machine they run on, what they tell.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/cpumask.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/topology.h>

#include <abi/protocol/sizes.h>

#include "monitor_parts.h"
#include "monitor_priv.h"
#include "watch.h"

#define SETTLE_MS 10000u /* for those who stay to forget one that went */

#define REQUESTS 192u       /* of Linux's programs to the name service, unanswered */
#define REQUESTS_DOMAIN 16u /* of one */
#define DOMAINS 64u
#define WATCHES 128u
#define WATCHES_DOMAIN 8u

/**
 * struct remora_machines - the node and all that it is given
 * @slit, @distance: between packages, of ACPI; and what routes go by, in cycles when @measured
 * @physical: by package number of the nodes, what Linux calls it; @packages of them are known
 */
struct remora_machines {
	struct node node;
	int physical[SIZES_PACKAGES];
	unsigned int packages;
	u16 package[SIZES_NODES];
	u8 slit[SIZES_PACKAGES * SIZES_PACKAGES];
	u32 distance[SIZES_PACKAGES * SIZES_PACKAGES];
	bool measured;
	struct agree_entry entries[SIZES_ENTRIES];
	u64 heard[SIZES_ENTRIES * AGREE_WORDS(SIZES_NODES)];
	struct agree_peer agree_peers[SIZES_NODES];
	u16 room[ROUTE_ROOM(SIZES_NODES, SIZES_PACKAGES)];
	struct batch_peer batches[SIZES_NODES];
	struct names_slot slots[SIZES_NAMES];
	struct names_index index[SIZES_NAMES];
	struct names_pending pending[REQUESTS];
	struct names_watch watches[WATCHES];
	struct names_peer names_peers[SIZES_NODES];
	struct names_entry queue[SIZES_NODES * (NAMES_OUTSTANDING + 1)];
};

/* ---- packages ---- */

static u32 package_of(const struct remora_machines *h, int physical)
{
	unsigned int i;

	for (i = 0; i < h->packages; i++)
		if (h->physical[i] == physical)
			return i;
	return SIZES_PACKAGES - 1;
}

u32 remora_machines_package(const struct remora_monitor *m, const struct remora_core *core)
{
	return package_of(m->machines, core->cpu.package);
}

static u8 slit(int from, int to)
{
	if (from < 0 || to < 0 || from == to)
		return LOCAL_DISTANCE;
	return clamp_t(int, node_distance(from, to), LOCAL_DISTANCE, U8_MAX);
}

/* All that there are: who joins later is told what was known here at the beginning. */
static void find_packages(struct remora_machines *h)
{
	int numa[SIZES_PACKAGES] = { 0 };
	unsigned int i, k, cpu;

	for_each_present_cpu(cpu) {
		int physical = topology_physical_package_id(cpu);

		for (i = 0; i < h->packages && h->physical[i] != physical; i++)
			;
		if (i < h->packages || i == SIZES_PACKAGES)
			continue;
		h->physical[i] = physical;
		numa[i] = cpu_to_node(cpu);
		h->packages++;
	}
	for (i = 0; i < SIZES_PACKAGES; i++)
		for (k = 0; k < SIZES_PACKAGES; k++)
			h->slit[i * SIZES_PACKAGES + k] = slit(numa[i], numa[k]);
	route_distances(h->distance, SIZES_PACKAGES, h->slit, NULL);
	h->package[0] = package_of(h, topology_physical_package_id(cpumask_first(cpu_online_mask)));
}

void remora_monitor_measured(struct remora_partition *p, const u32 *cycles)
{
	struct remora_monitor *m = &p->monitor;

	mutex_lock(&m->lock);
	/* Who is a member routes by what it was told when it came in. */
	if (m->node && protocol_set_count(&view_current(&m->node->view)->members) == 1) {
		route_distances(m->machines->distance, SIZES_PACKAGES, m->machines->slit, cycles);
		m->machines->measured = memchr_inv(cycles, 0, sizeof(m->machines->distance));
	}
	mutex_unlock(&m->lock);
}

int remora_monitor_distances(struct remora_partition *p, char *buf, bool unit)
{
	struct remora_monitor *m = &p->monitor;
	struct remora_machines *h;
	unsigned int i, k;
	int at = 0;

	mutex_lock(&m->lock);
	h = m->machines;
	if (h && unit)
		at = sysfs_emit(buf, h->measured ? "cycles\n" : "acpi\n");
	for (i = 0; h && !unit && i < h->packages; i++)
		for (k = 0; k < h->packages; k++)
			at += sysfs_emit_at(buf, at, "%u%c", h->distance[i * SIZES_PACKAGES + k],
					    k + 1 < h->packages ? ' ' : '\n');
	mutex_unlock(&m->lock);
	return at;
}

/* ---- what the node tells: under monitor.lock ---- */

/* Of dead cores the watch tells, and nobody asked those who are not wanted any more. */
static void tell_taken_out(struct remora_monitor *m, const struct view *old, const struct view *now)
{
	static const char *const reasons[] = {
		[0] = "it wanted to leave",
		[VIEW_SILENT] = "its monitor is silent",
		[VIEW_BROKEN] = "it broke the protocol",
		[VIEW_STUCK] = "it held up a change of view",
	};
	unsigned int node;

	for (node = 1; node < ABI_NODES_MAX; node++) {
		struct remora_uplink *up = remora_uplink(m, node);

		if (up && m->wanted[node] && protocol_set_has(&old->members, node) &&
		    !protocol_set_has(&now->members, node))
			pr_warn_ratelimited("%s: core %u is out of view %u: %s\n",
					    remora_monitor_partition(m)->name, node, now->number,
					    reasons[up->why]);
	}
}

static void on_changed(void *ctx, const struct view *old, const struct view *now)
{
	struct remora_monitor *m = ctx;
	struct device *dev = &remora_monitor_partition(m)->dev;

	WRITE_ONCE(m->number, now->number);
	WRITE_ONCE(m->unsettled, node_unsettled(m->node)->bits[0]);
	smp_wmb(); /* pairs with is_forgotten() */
	WRITE_ONCE(m->members, now->members.bits[0]);
	wake_up_all(&m->wait);
	tell_taken_out(m, old, now);
	if (device_is_registered(dev))
		sysfs_notify(&dev->kobj, NULL, "view");
}

/*
 * The watch knows better than a silent monitor whether its core lives. What other cores say of one counts
 * as silence, until it does not answer itself or breaks the protocol here.
 */
static bool on_confirm(void *ctx, uint32_t node, enum view_reason why)
{
	struct remora_monitor *m = ctx;
	struct remora_uplink *up = remora_uplink(m, node);

	if (!up)
		return true;
	up->why = up->broken ? VIEW_BROKEN : why == VIEW_STUCK ? VIEW_STUCK : VIEW_SILENT;
	if (up->why != VIEW_SILENT || READ_ONCE(up->core->state) != REMORA_RUNNING)
		return true;
	remora_watch_kick(remora_monitor_partition(m));
	return false;
}

/*
 * A core without a link is dead already: links are taken away after that. The others are told when this has
 * returned, so it is stopped here, at once; the watch sees to the rest.
 */
static void on_fence(void *ctx, uint32_t node)
{
	struct remora_monitor *m = ctx;
	struct remora_uplink *up = remora_uplink(m, node);

	if (!up)
		return;
	up->broken = true;
	if (remora_node_fence(up->core, up->epoch))
		remora_watch_kick(remora_monitor_partition(m));
}

static bool on_asleep(void *ctx, uint32_t node)
{
	struct remora_monitor *m = ctx;
	const struct abi_core *page;
	bool asleep = false;

	if (!remora_uplink(m, node))
		return false;
	rcu_read_lock();
	page = READ_ONCE(remora_uplink(m, node)->core->page);
	if (page)
		asleep = READ_ONCE(page->sleeping) == 1 && READ_ONCE(page->state) == ABI_CORE_RUNNING;
	rcu_read_unlock();
	return asleep;
}

static void on_done(void *ctx, uint32_t node, int error)
{
	struct remora_monitor *m = ctx;

	wake_up_all(&m->wait);
}

static void on_settled(void *ctx)
{
	struct remora_monitor *m = ctx;

	WRITE_ONCE(m->unsettled, 0);
	wake_up_all(&m->wait);
}

/* Before on_confirm() is asked about it. */
static void on_broken(void *ctx, uint32_t from, uint16_t type)
{
	struct remora_monitor *m = ctx;
	struct remora_uplink *up = remora_uplink(m, from);

	if (!up || up->broken)
		return;
	up->broken = true;
	pr_warn_ratelimited("%s: the monitor of core %u broke the protocol with message 0x%x; it is taken out\n",
			    remora_monitor_partition(m)->name, from, type);
}

static const struct node_events events = {
	.changed = on_changed,
	.confirm = on_confirm,
	.fence = on_fence,
	.asleep = on_asleep,
	.done = on_done,
	.settled = on_settled,
	.broken = on_broken,
};

/* ---- who went ---- */

static bool is_forgotten(const struct remora_monitor *m, unsigned int node)
{
	if (READ_ONCE(m->members) >> node & 1)
		return false;
	smp_rmb(); /* pairs with on_changed() */
	return !READ_ONCE(m->unsettled);
}

/* The dead are not waited for: what tells node 0 of them otherwise may wait for p->lock. */
static bool take_out(struct remora_partition *p, bool unsettled)
{
	struct remora_monitor *m = &p->monitor;
	const struct remora_core *core;

	mutex_lock(&m->lock);
	if (!m->node) {
		mutex_unlock(&m->lock);
		return false;
	}
	remora_for_each_core(core, p) {
		if (core->state != REMORA_RUNNING && core->state != REMORA_BOOTING) {
			m->wanted[core->node] = 0;
			view_failed(&m->node->view, core->node);
		} else if (unsettled && protocol_set_has(node_unsettled(m->node), core->node)) {
			pr_err("%s: core %u keeps memory of a core that left; it is taken out\n",
			       p->name, core->node);
			view_failed(&m->node->view, core->node);
		}
	}
	remora_monitor_exit(p);
	return true;
}

void remora_monitor_bury(struct remora_partition *p)
{
	lockdep_assert_held(&p->lock);
	take_out(p, false);
}

void remora_monitor_forget(struct remora_core *core)
{
	struct remora_partition *p = core->partition;
	struct remora_monitor *m = &p->monitor;

	lockdep_assert_held(&p->lock);
	if (!take_out(p, false) ||
	    wait_event_timeout(m->wait, is_forgotten(m, core->node), msecs_to_jiffies(SETTLE_MS)))
		return;
	/* Stopped on the spot, so it touches nothing any more. */
	take_out(p, true);
}

void remora_monitor_counts(struct remora_partition *p, struct remora_monitor_counts *counts)
{
	struct remora_monitor *m = &p->monitor;
	u32 at = 0;

	memset(counts, 0, sizeof(*counts));
	mutex_lock(&m->lock);
	if (m->node) {
		counts->taken = m->node->counts.taken;
		counts->dropped = m->node->counts.dropped;
		counts->broken = m->node->counts.broken;
		counts->agreements = m->node->agree.used;
		while (names_list(&m->node->names, "", &at))
			counts->names++;
	}
	mutex_unlock(&m->lock);
}

/* ---- beginning and end ---- */

static struct node_memory give_memory(struct remora_machines *h)
{
	return (struct node_memory){
		.nodes = SIZES_NODES,
		.packages = SIZES_PACKAGES,
		.package = h->package,
		.distance = h->distance,
		.batches = h->batches,
		.agree = { .entries = h->entries,
			   .heard = h->heard,
			   .peers = h->agree_peers,
			   .room = h->room,
			   .count = SIZES_ENTRIES,
			   .nodes = SIZES_NODES },
		.names = { .slots = h->slots,
			   .index = h->index,
			   .pending = h->pending,
			   .pendings = REQUESTS,
			   .domains = DOMAINS,
			   .domain_pending = REQUESTS_DOMAIN,
			   .watches = h->watches,
			   .watch_count = WATCHES,
			   .domain_watches = WATCHES_DOMAIN,
			   .peers = h->names_peers,
			   .peer_count = SIZES_NODES,
			   .queue = h->queue,
			   .queue_count = ARRAY_SIZE(h->queue) },
	};
}

int remora_machines_begin(struct remora_monitor *m, const struct protocol_port *port)
{
	static const struct names_limits limits = SIZES_NAMES_LIMITS;
	static const struct view_settings settings = SIZES_SETTINGS;
	struct remora_machines *h = kvzalloc(sizeof(*h), GFP_KERNEL);
	struct node_memory memory;
	struct node_setup setup = {
		.self = VIEW_LEADER,
		.ctx = m,
		.port = *port,
		.settings = &settings,
		.events = &events,
		.memory = &memory,
		.local = &remora_agree_local,
		.kind = ROUTE_NUMA,
		.names_hooks = &remora_names_hooks,
		.names_limits = &limits,
	};
	int ret;

	lockdep_assert_held(&m->lock);
	if (!h)
		return -ENOMEM;
	find_packages(h);
	memory = give_memory(h);
	ret = node_init(&h->node, &setup, remora_monitor_us()) ? -EINVAL : 0;
	if (!ret)
		ret = remora_parts_init(remora_monitor_partition(m), &h->node);
	if (ret) {
		kvfree(h);
		return ret;
	}
	m->machines = h;
	m->node = &h->node;
	WRITE_ONCE(m->number, view_current(&h->node.view)->number);
	WRITE_ONCE(m->members, view_current(&h->node.view)->members.bits[0]);
	return 0;
}

void remora_machines_end(struct remora_monitor *m)
{
	lockdep_assert_held(&m->lock);
	if (m->node)
		remora_parts_exit(remora_monitor_partition(m));
	kvfree(m->machines);
	m->machines = NULL;
	m->node = NULL;
}
