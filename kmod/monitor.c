// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running the leader's end of the membership protocol.
 *
 * The doorbell's handler only sees whether a ring has what its end sleeps for; everything else is done
 * by the work, in bounded batches. Nothing that a core says is trusted: what breaks the protocol ends its
 * link and takes it out of the view, and is reported once.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include <abi/protocol/view.h>
#include <urpc/bulk.h>
#include <urpc/chan.h>

#include "monitor.h"
#include "partition.h"
#include "watch.h"

#define BATCH 16u          /* messages of one node, before the next one has its turn */
#define FULL_MAX 8u        /* full batches of a node in a row, before Linux has a turn */
#define FULL_US 1000u      /* of that length at least */
#define RETRY_US 50000u    /* a number that is not free yet */
#define LEAVE_US 1000000u  /* to drain */
#define LEAVE_MS 3000u     /* and for the view without it */

/** struct waiting - a message that did not fit into the ring yet */
struct waiting {
	struct list_head list;
	u16 type;
	u32 bytes;
	u8 data[];
};

/**
 * struct remora_uplink - the link to one core's monitor
 * @tx, @rx: constant; also used under RCU
 * @end, @queue, @queued: under monitor.lock
 * @overrun: it takes no messages; the work looks at it
 * @broken:  it broke the protocol: nothing of it counts any more
 * @full:    batches in a row that it had more than
 * @why:     what it is or was suspected of; 0: nothing
 */
struct remora_uplink {
	struct remora_core *core;
	u32 epoch;
	struct urpc_ring *tx;
	struct urpc_ring *rx;
	struct urpc_chan end;
	struct list_head queue;
	unsigned int queued;
	bool overrun;
	bool broken;
	unsigned int full;
	enum view_reason why;
};

static struct remora_partition *partition_of(struct remora_monitor *m)
{
	return container_of(m, struct remora_partition, monitor);
}

static u64 now_us(void)
{
	return ktime_get_ns() / NSEC_PER_USEC;
}

static struct remora_uplink *uplink(struct remora_monitor *m, unsigned int node)
{
	return rcu_dereference_protected(m->link[node], lockdep_is_held(&m->lock));
}

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
			    partition_of(m)->name, up->core->node);
	view_suspect(m->view, up->core->node, VIEW_BROKEN, now_us());
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

/* The machine has at most VIEW_UNSENT_MAX messages out: more means that the other end takes none. */
static void port_send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct remora_monitor *m = ctx;
	struct remora_uplink *up = to < ABI_NODES_MAX ? uplink(m, to) : NULL;
	struct waiting *w;

	if (!up || up->broken)
		return;
	w = up->queued < 2 * VIEW_UNSENT_MAX ? kmalloc(sizeof(*w) + bytes, GFP_KERNEL) : NULL;
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

/* ---- hooks of the view machine: under monitor.lock ---- */

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
		struct remora_uplink *up = uplink(m, node);

		if (up && m->wanted[node] && protocol_set_has(&old->members, node) &&
		    !protocol_set_has(&now->members, node))
			pr_warn_ratelimited("%s: core %u is out of view %u: %s\n",
					    partition_of(m)->name, node, now->number,
					    reasons[up->why]);
	}
}

static int on_install(void *ctx, const struct view *old, const struct view *now, const uint8_t *blob,
		      uint32_t bytes)
{
	struct remora_monitor *m = ctx;
	struct device *dev = &partition_of(m)->dev;

	WRITE_ONCE(m->number, now->number);
	WRITE_ONCE(m->members, now->members.bits[0]);
	wake_up_all(&m->wait);
	tell_taken_out(m, old, now);
	if (device_is_registered(dev))
		sysfs_notify(&dev->kobj, NULL, "view");
	return 0;
}

/*
 * The watch knows better than a silent monitor whether its core lives. What other cores say of one counts
 * as silence, until it does not answer itself or breaks the protocol here.
 */
static bool on_confirm(void *ctx, uint32_t node, enum view_reason why)
{
	struct remora_monitor *m = ctx;
	struct remora_uplink *up = uplink(m, node);

	if (!up)
		return true;
	up->why = up->broken ? VIEW_BROKEN : why == VIEW_STUCK ? VIEW_STUCK : VIEW_SILENT;
	if (up->why != VIEW_SILENT || READ_ONCE(up->core->state) != REMORA_RUNNING)
		return true;
	remora_watch_kick(partition_of(m));
	return false;
}

static bool on_asleep(void *ctx, uint32_t node)
{
	struct remora_monitor *m = ctx;
	const struct abi_core *page;
	bool asleep = false;

	if (!uplink(m, node))
		return false;
	rcu_read_lock();
	page = READ_ONCE(uplink(m, node)->core->page);
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

static const struct view_hooks view_hooks = {
	.install = on_install,
	.confirm = on_confirm,
	.asleep = on_asleep,
	.done = on_done,
};

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
		if (!ret && PROTOCOL_INTERFACE_OF(type) != PROTOCOL_VIEW)
			ret = -URPC_EPROTO;
		if (!ret)
			ret = view_message(m->view, up->core->node, type, m->buffer, bytes, now_us());
		if (ret)
			uplink_break(m, up);
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
		struct remora_uplink *up = uplink(m, node);

		if (!up || up->broken || m->wanted[node] != up->epoch || m->asked[node] == up->epoch)
			continue;
		if (view_join(m->view, node))
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
		up = uplink(m, node);
		if (up && !up->broken && uplink_take(m, up)) {
			again |= up->full < FULL_MAX;
			later |= up->full >= FULL_MAX;
		}
		if (up && up->overrun)
			uplink_break(m, up);
	}
	due = ask_to_join(m) ? now_us() + RETRY_US : PROTOCOL_NEVER;
	due = min_t(u64, due, view_tick(m->view, now_us()));
	for (node = 1; node < ABI_NODES_MAX; node++) {
		up = uplink(m, node);
		if (up)
			again |= uplink_flush(up);
	}
	now = now_us();
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
	if (!m->ending && m->view)
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

static bool monitor_begin(struct remora_monitor *m)
{
	const struct protocol_port port = { .ctx = m, .send = port_send };

	lockdep_assert_held(&m->lock);
	if (m->view)
		return true;
	m->view = kvzalloc(sizeof(*m->view), GFP_KERNEL);
	m->buffer = kvzalloc(URPC_LONG_BYTES, GFP_KERNEL);
	if (!m->view || !m->buffer) {
		kvfree(m->view);
		kvfree(m->buffer);
		m->view = NULL;
		m->buffer = NULL;
		return false;
	}
	view_init(m->view, VIEW_LEADER, &view_hooks, m, &port, NULL, now_us());
	WRITE_ONCE(m->number, view_current(m->view)->number);
	WRITE_ONCE(m->members, view_current(m->view)->members.bits[0]);
	return true;
}

int remora_monitor_link(struct remora_partition *p, unsigned int node, u32 epoch,
			struct urpc_ring *tx, struct urpc_ring *rx)
{
	struct remora_uplink *up = kzalloc(sizeof(*up), GFP_KERNEL);
	struct remora_monitor *m = &p->monitor;
	int ret = 0;

	if (!up)
		return -ENOMEM;
	up->core = &p->cores[node - 1];
	up->epoch = epoch;
	up->tx = tx;
	up->rx = rx;
	INIT_LIST_HEAD(&up->queue);
	mutex_lock(&m->lock);
	if (m->ending)
		ret = -ESHUTDOWN;
	else if (!monitor_begin(m))
		ret = -ENOMEM;
	else if (urpc_chan_init(&up->end, tx, rx, ABI_MONITOR_SLOTS))
		ret = -EINVAL;
	if (!ret) {
		urpc_arm(&up->end);
		rcu_assign_pointer(m->link[node], up);
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
	up = uplink(m, node);
	if (up) {
		rcu_assign_pointer(m->link[node], NULL);
		queue_drop(up);
		m->wanted[node] = 0;
		m->asked[node] = 0;
		view_failed(m->view, node);
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
	if (m->wanted[node] != epoch && uplink(m, node)) {
		m->wanted[node] = epoch;
		kick(m);
	}
	mutex_unlock(&m->lock);
}

static bool is_member(const struct remora_monitor *m, unsigned int node)
{
	return READ_ONCE(m->members) >> node & 1;
}

void remora_monitor_leave(struct remora_core *core)
{
	struct remora_monitor *m = &core->partition->monitor;
	unsigned int node = core->node;
	bool leaving = false;

	mutex_lock(&m->lock);
	m->wanted[node] = 0;
	if (m->view && uplink(m, node) && !uplink(m, node)->broken)
		leaving = !view_leave(m->view, node, LEAVE_US, now_us());
	if (leaving)
		kick(m);
	mutex_unlock(&m->lock);
	if (leaving)
		wait_event_killable_timeout(m->wait, !is_member(m, node),
					    msecs_to_jiffies(LEAVE_MS));
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
	kvfree(m->view);
	kvfree(m->buffer);
	m->view = NULL;
	m->buffer = NULL;
	mutex_unlock(&m->lock);
}
