// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running node 0's machines: messages in and out, and the time.
 *
 * The doorbell's handler only sees whether a ring has what its end sleeps for; everything else is done
 * by the work, in bounded batches. Nothing that a core says is trusted: what breaks the protocol ends its
 * link and takes it out of the view, and is reported once.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include <abi/if/fault.h>
#include <abi/protocol/sizes.h>
#include <urpc/bulk.h>

#include "lend.h"
#include "monitor_priv.h"

#define BATCH 16u          /* messages of one node, before the next one has its turn */
#define FULL_MAX 8u        /* full batches of a node in a row, before Linux has a turn */
#define FULL_US 1000u      /* of that length at least */
#define RETRY_US 50000u    /* a number that is not free yet */
#define UNSENT_MAX (2 * SIZES_UNSENT) /* also of what is added to the node */
#define LEAVE_US 1000000u  /* to drain */
#define LEAVE_MS 8000u     /* and for the view without it: more than a member may hold it up */

/** struct waiting - a message that did not fit into the ring yet */
struct waiting {
	struct list_head list;
	u16 type;
	u32 bytes;
	u8 data[];
};

static void kick(struct remora_monitor *m)
{
	mod_delayed_work(system_long_wq, &m->work, 0);
}

static void uplink_break(struct remora_monitor *m, struct remora_uplink *up)
{
	if (up->broken)
		return;
	up->broken = true;
	pr_warn_ratelimited("%s: the monitor of core %u broke the protocol; it is taken out\n",
			    remora_monitor_partition(m)->name, up->core->node);
	view_suspect(&m->node->view, up->core->node, VIEW_BROKEN, remora_monitor_us());
}

/* ---- sending ---- */

static void queue_drop(struct remora_uplink *up)
{
	struct waiting *w, *next;

	list_for_each_entry_safe(w, next, &up->queue, list)
		kfree(w);
	INIT_LIST_HEAD(&up->queue);
	up->queued = 0;
}

/* More than the machines can have out means that the other end takes none. */
static void port_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct remora_monitor *m = ctx;
	struct remora_uplink *up = to < ABI_NODES_MAX ? remora_uplink(m, to) : NULL;
	struct waiting *w;

	if (!up || up->broken)
		return;
	w = up->queued < UNSENT_MAX ? kmalloc(sizeof(*w) + bytes, GFP_KERNEL) : NULL;
	if (!w) {
		up->overrun = true;
		return;
	}
	w->type = type;
	w->bytes = bytes;
	memcpy(w->data, payload, bytes);
	list_add_tail(&w->list, &up->queue);
	up->queued++;
}

/* Return: whether there is more to be done at once. */
static bool uplink_flush(struct remora_uplink *up)
{
	struct waiting *w, *next;
	bool again = false;

	if (up->broken)
		return false;
	list_for_each_entry_safe(w, next, &up->queue, list) {
		if (urpc_send_long(&up->end, w->type, w->data, w->bytes) == -URPC_EAGAIN) {
			again = !urpc_arm_room(&up->end, urpc_slots_of(w->bytes));
			break;
		}
		list_del(&w->list);
		kfree(w);
		up->queued--;
	}
	/* Who sends without end is not waited for, but looked at again later. */
	if (up->full < FULL_MAX)
		again |= !urpc_arm(&up->end);
	if (urpc_notify_needed(&up->end))
		remora_node_doorbell(up->core);
	return again;
}

/* ---- the work ---- */

/* Return: whether there may be more. */
static bool uplink_take(struct remora_monitor *m, struct remora_uplink *up)
{
	unsigned int i;

	urpc_disarm(&up->end);
	for (i = 0; i < BATCH && !up->broken; i++) {
		uint16_t type;
		size_t bytes;
		int ret = urpc_recv_long(&up->end, &type, m->buffer, URPC_LONG_BYTES, &bytes);

		if (ret == -URPC_EAGAIN) {
			up->full = 0;
			return false;
		}
		if (ret)
			uplink_break(m, up);
		else
			node_message(m->node, up->core->node, type, m->buffer, bytes,
				     remora_monitor_us());
	}
	up->full++;
	return !up->broken;
}

/* Return: whether somebody has to be asked again. */
static bool ask_to_join(struct remora_monitor *m)
{
	bool again = false;
	unsigned int node;

	for (node = 1; node < ABI_NODES_MAX; node++) {
		struct remora_uplink *up = remora_uplink(m, node);

		if (!up || up->broken || m->wanted[node] != up->epoch || m->asked[node] == up->epoch)
			continue;
		if (!remora_lend_may_join(remora_monitor_partition(m), node) ||
		    node_join(m->node, node, remora_machines_package(m, up->core)))
			again = true;
		else
			m->asked[node] = up->epoch;
	}
	return again;
}

static u64 monitor_turn(struct remora_monitor *m)
{
	struct remora_uplink *up;
	bool again = false, later = false;
	unsigned int node;
	u64 now, due;

	for (node = 1; node < ABI_NODES_MAX; node++) {
		up = remora_uplink(m, node);
		if (up && !up->broken && uplink_take(m, up)) {
			again |= up->full < FULL_MAX;
			later |= up->full >= FULL_MAX;
		}
		if (up && up->overrun)
			uplink_break(m, up);
	}
	due = ask_to_join(m) ? remora_monitor_us() + RETRY_US : PROTOCOL_NEVER;
	due = min_t(u64, due, node_tick(m->node, remora_monitor_us()));
	remora_names_turn(remora_monitor_partition(m), m->node);
	for (node = 1; node < ABI_NODES_MAX; node++) {
		up = remora_uplink(m, node);
		if (up)
			again |= uplink_flush(up);
	}
	now = remora_monitor_us();
	if (again || due <= now)
		return 0;
	if (later)
		return min_t(u64, due - now, FULL_US);
	return due == PROTOCOL_NEVER ? due : due - now;
}

static void monitor_work(struct work_struct *work)
{
	struct remora_monitor *m =
		container_of(to_delayed_work(work), struct remora_monitor, work);
	u64 us = PROTOCOL_NEVER;

	mutex_lock(&m->lock);
	if (!m->ending && m->node)
		us = monitor_turn(m);
	mutex_unlock(&m->lock);
	if (us != PROTOCOL_NEVER)
		queue_delayed_work(system_long_wq, &m->work,
				   usecs_to_jiffies(min_t(u64, us, USEC_PER_SEC)));
}

/* ---- what the others call ---- */

void remora_monitor_init(struct remora_partition *p)
{
	struct remora_monitor *m = &p->monitor;

	mutex_init(&m->lock);
	init_waitqueue_head(&m->wait);
	INIT_DELAYED_WORK(&m->work, monitor_work);
}

/* Return: 0, -ESHUTDOWN, -ENOMEM, -EINVAL. */
static int monitor_begin(struct remora_monitor *m)
{
	const struct protocol_port port = { .ctx = m, .send = port_send };
	int ret;

	lockdep_assert_held(&m->lock);
	if (m->ending)
		return -ESHUTDOWN;
	if (m->node)
		return 0;
	m->buffer = kvzalloc(URPC_LONG_BYTES, GFP_KERNEL);
	if (!m->buffer)
		return -ENOMEM;
	ret = remora_machines_begin(m, &port);
	if (ret) {
		kvfree(m->buffer);
		m->buffer = NULL;
	}
	return ret;
}

struct node *remora_monitor_enter(struct remora_partition *p)
{
	struct remora_monitor *m = &p->monitor;

	mutex_lock(&m->lock);
	if (!monitor_begin(m)) {
		node_at(m->node, remora_monitor_us());
		return m->node;
	}
	mutex_unlock(&m->lock);
	return NULL;
}

void remora_monitor_exit(struct remora_partition *p)
{
	kick(&p->monitor);
	mutex_unlock(&p->monitor.lock);
}

/* Before anything else that a new link carries. */
static void fault_tell(struct remora_monitor *m)
{
	const struct protocol_port port = { .ctx = m, .send = port_send };

	if (!m->fault_node || !remora_uplink(m, m->fault_node))
		return;
	fault_arm_out(&port, m->fault_node, &m->fault);
	m->fault_node = 0;
	kick(m);
}

void remora_monitor_fault(struct remora_partition *p, unsigned int node,
			  const struct fault_arm *fault)
{
	struct remora_monitor *m = &p->monitor;

	mutex_lock(&m->lock);
	m->fault = *fault;
	m->fault_node = node;
	fault_tell(m);
	mutex_unlock(&m->lock);
}

int remora_monitor_link(struct remora_partition *p, unsigned int node, u32 epoch,
			struct urpc_ring *tx, struct urpc_ring *rx)
{
	struct remora_uplink *up = kzalloc(sizeof(*up), GFP_KERNEL);
	struct remora_monitor *m = &p->monitor;
	int ret;

	if (!up)
		return -ENOMEM;
	up->core = &p->cores[node - 1];
	up->epoch = epoch;
	up->tx = tx;
	up->rx = rx;
	INIT_LIST_HEAD(&up->queue);
	mutex_lock(&m->lock);
	ret = monitor_begin(m);
	if (!ret && urpc_chan_init(&up->end, tx, rx, ABI_MONITOR_SLOTS))
		ret = -EINVAL;
	if (!ret) {
		urpc_arm(&up->end);
		rcu_assign_pointer(m->link[node], up);
		fault_tell(m);
	}
	mutex_unlock(&m->lock);
	if (ret)
		kfree(up);
	return ret;
}

void remora_monitor_unlink(struct remora_partition *p, unsigned int node)
{
	struct remora_monitor *m = &p->monitor;
	struct remora_uplink *up;

	mutex_lock(&m->lock);
	up = remora_uplink(m, node);
	if (up) {
		rcu_assign_pointer(m->link[node], NULL);
		queue_drop(up);
		m->wanted[node] = 0;
		m->asked[node] = 0;
		view_failed(&m->node->view, node);
		kick(m);
	}
	mutex_unlock(&m->lock);
	if (!up)
		return;
	synchronize_rcu();
	kfree(up);
}

void remora_monitor_join(struct remora_partition *p, unsigned int node, u32 epoch)
{
	struct remora_monitor *m = &p->monitor;

	mutex_lock(&m->lock);
	if (m->wanted[node] != epoch && remora_uplink(m, node)) {
		m->wanted[node] = epoch;
		kick(m);
	}
	mutex_unlock(&m->lock);
}

static bool is_member(const struct remora_monitor *m, unsigned int node)
{
	return READ_ONCE(m->members) >> node & 1;
}

static bool has_crashed(const struct remora_core *core)
{
	return smp_load_acquire(&core->page->state) == ABI_CORE_CRASHED;
}

void remora_monitor_leave(struct remora_core *core)
{
	struct remora_monitor *m = &core->partition->monitor;
	unsigned int node = core->node;
	bool leaving = false;

	mutex_lock(&m->lock);
	m->wanted[node] = 0;
	if (m->node && remora_uplink(m, node) && !remora_uplink(m, node)->broken)
		leaving = !view_leave(&m->node->view, node, LEAVE_US, remora_monitor_us());
	if (leaving)
		kick(m);
	mutex_unlock(&m->lock);
	if (!leaving ||
	    wait_event_killable_timeout(m->wait, !is_member(m, node) || has_crashed(core),
					msecs_to_jiffies(LEAVE_MS)) < 0 ||
	    !is_member(m, node))
		return;
	/* Of a crash the watch would tell, but it waits for who called here. */
	mutex_lock(&m->lock);
	if (m->node)
		view_failed(&m->node->view, node);
	kick(m);
	mutex_unlock(&m->lock);
	wait_event_killable_timeout(m->wait, !is_member(m, node), msecs_to_jiffies(LEAVE_MS));
}

void remora_monitor_look(struct remora_partition *p)
{
	struct remora_monitor *m = &p->monitor;
	unsigned int node;

	for (node = 1; node <= READ_ONCE(p->core_count); node++) {
		const struct remora_uplink *up = rcu_dereference(m->link[node]);
		u32 armed;

		if (!up)
			continue;
		armed = urpc_load_acquire(&up->tx->armed);
		if (((armed & URPC_ARMED_RECV) &&
		     urpc_ring_ready(up->rx, ABI_MONITOR_SLOTS,
				     urpc_load_relaxed(&up->tx->armed_at))) ||
		    ((armed & URPC_ARMED_SEND) &&
		     urpc_ring_acked(up->rx, urpc_load_relaxed(&up->tx->armed_ack)))) {
			kick(m);
			return;
		}
	}
}

void remora_monitor_end(struct remora_partition *p)
{
	struct remora_monitor *m = &p->monitor;

	mutex_lock(&m->lock);
	m->ending = true;
	mutex_unlock(&m->lock);
	cancel_delayed_work_sync(&m->work);
	mutex_lock(&m->lock);
	remora_machines_end(m);
	kvfree(m->buffer);
	m->buffer = NULL;
	mutex_unlock(&m->lock);
}
