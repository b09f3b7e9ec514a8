// SPDX-License-Identifier: GPL-2.0-only
/*
 * Making and taking away channels between programs of two nodes, one of which may be Linux.
 *
 * The machine's hooks run under monitor.lock and only note what is wanted. The work holds no lock
 * while it asks cores; it is the only one that removes entries, so one that it found stays.
 */
#include <linux/bitops.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include <abi/protocol/node.h>
#include "bound.h"
#include "bound_priv.h"
#include "channel_priv.h"
#include "monitor.h"
#include "partition.h"

#define BIND_MS 2000u
#define UNBIND_MS 1000u
#define SHARE 4u /* of the channel memory */

static_assert(ABI_CHANNELS_MAX <= 64);

/**
 * struct remora_bound - a channel; index 0 of an array is the client's end, 1 the server's
 * An end of node 0 is a program's of Linux: @number is the partition's, none of the rest says anything of it.
 * @id:     the machine's
 * @epoch:  of the control nodes, 0: that core did not run
 * @ring:   by who reads it
 * @number: at that core, if @numbered
 * @bound:  the core may know its end
 * @made:   the machine knows that it is there
 * @end:    it is to be taken away. Under bounds.lock
 * @closed: the core forgot its end, but not for being asked. Under bounds.lock
 * @chan:   Linux's end, while it has the rings. Under shared_memory.lock, and read by the work
 */
struct remora_bound {
	struct list_head list;
	u64 id;
	unsigned int node[2];
	u32 slots;
	u32 epoch[2];
	u32 apic_id[2];
	int numa[2];
	struct remora_region ring[2];
	u32 number[2];
	bool numbered[2];
	bool bound[2];
	bool made;
	bool end;
	bool closed[2];
	struct remora_chan *chan;
};

/* ---- numbers of channels at a core: those that channels of Linux do not have ---- */

static int number_take(struct remora_partition *p, struct remora_bound *c, unsigned int i)
{
	struct remora_core *core;
	unsigned long flags;
	u32 n;

	if (!c->node[i])
		return 0;
	core = &p->cores[c->node[i] - 1];
	spin_lock_irqsave(&p->channels_lock, flags);
	for (n = 0; n < ABI_CHANNELS_MAX; n++)
		if (!core->channel[n] && !(core->bound >> n & 1))
			break;
	if (n < ABI_CHANNELS_MAX) {
		core->bound |= BIT_ULL(n);
		c->number[i] = n;
		c->numbered[i] = true;
	}
	spin_unlock_irqrestore(&p->channels_lock, flags);
	return n < ABI_CHANNELS_MAX ? 0 : -ENOSPC;
}

static void number_free(struct remora_partition *p, struct remora_bound *c, unsigned int i)
{
	unsigned long flags;

	if (!c->numbered[i])
		return;
	spin_lock_irqsave(&p->channels_lock, flags);
	p->cores[c->node[i] - 1].bound &= ~BIT_ULL(c->number[i]);
	spin_unlock_irqrestore(&p->channels_lock, flags);
	c->numbered[i] = false;
}

/* ---- one end ---- */

static int end_call(struct remora_partition *p, const struct remora_bound *c, unsigned int i,
		    struct remora_call *call)
{
	call->epoch = c->epoch[i];
	call->uninterrupted = true;
	call->reply_bytes = sizeof(struct abi_ctl_status);
	return remora_node_call(&p->cores[c->node[i] - 1], call, NULL);
}

static int end_bind(struct remora_partition *p, struct remora_bound *c, unsigned int i)
{
	struct abi_ctl_bind request = {
		.channel = c->number[i],
		.tx = c->ring[!i].phys,
		.rx = c->ring[i].phys,
		.slots = c->slots,
		.service = ABI_SERVICE_PROGRAM,
		.peer = c->node[!i],
		.peer_apic_id = c->apic_id[!i],
	};
	struct remora_call call = {
		.type = ABI_CTL_BIND,
		.request = &request,
		.request_bytes = sizeof(request),
		.timeout_ms = BIND_MS,
	};
	int ret;

	if (!c->node[i])
		return 0;
	/* First: the core may say that it closed the channel before its answer is taken here. */
	WRITE_ONCE(c->bound[i], true);
	ret = end_call(p, c, i, &call);
	/* A definite refusal leaves nothing behind; an ill-formed answer says nothing. */
	c->bound[i] = !ret || (call.sent && (call.result || ret == -ETIMEDOUT || ret == -EPROTO));
	return ret;
}

/* Does the core run in the life that it was bound in? If not, it is silent. */
static bool end_lives(struct remora_partition *p, const struct remora_bound *c, unsigned int i)
{
	struct remora_core *core = &p->cores[c->node[i] - 1];
	bool lives;

	mutex_lock(&p->lock);
	lives = core->present && core->state == REMORA_RUNNING &&
		core->control_node.epoch == c->epoch[i];
	mutex_unlock(&p->lock);
	return lives;
}

/* Return: whether nobody at that core can write the rings any more. */
static bool end_unbind(struct remora_partition *p, struct remora_bound *c, unsigned int i)
{
	struct abi_ctl_unbind request = { .channel = c->number[i] };
	struct remora_call call = {
		.type = ABI_CTL_UNBIND,
		.request = &request,
		.request_bytes = sizeof(request),
		.timeout_ms = UNBIND_MS,
	};

	if (c->bound[i] && !READ_ONCE(p->bounds.ending) && end_lives(p, c, i) &&
	    (READ_ONCE(c->closed[i]) || end_call(p, c, i, &call) == -EPROTO || call.result))
		return false;
	c->bound[i] = false;
	number_free(p, c, i);
	return true;
}

/* ---- a channel ---- */

static int bound_look(struct remora_partition *p, struct remora_bound *c)
{
	unsigned int i;
	int ret = 0;

	mutex_lock(&p->lock);
	for (i = 0; i < 2 && !ret; i++) {
		struct remora_core *core;

		if (!c->node[i])
			continue;
		core = remora_partition_core(p, c->node[i]);
		if (!core || core->state != REMORA_RUNNING) {
			ret = -EHOSTDOWN;
			break;
		}
		c->epoch[i] = core->control_node.epoch;
		c->apic_id[i] = core->cpu.apic_id;
		c->numa[i] = core->cpu.numa;
	}
	mutex_unlock(&p->lock);
	return ret;
}

static int bound_rings(struct remora_partition *p, struct remora_bound *c)
{
	size_t bytes = PAGE_ALIGN(urpc_ring_bytes(c->slots));
	int ret;

	if (p->bounds.bytes + 2 * bytes > div_u64(remora_shared_bytes(p), SHARE))
		return -ENOSPC;
	mutex_lock(&p->shared_memory.lock);
	ret = remora_shared_alloc(p, bytes, c->numa[0], &c->ring[0]);
	if (!ret && remora_shared_alloc(p, bytes, c->numa[1], &c->ring[1])) {
		remora_shared_free(p, &c->ring[0]);
		ret = -ENOSPC;
	}
	mutex_unlock(&p->shared_memory.lock);
	if (ret)
		return ret;
	p->bounds.bytes += 2 * bytes;
	remora_ledger_add(&p->ledger, REMORA_LEDGER_BOUND, 1);
	return 0;
}

static void bound_rings_free(struct remora_partition *p, struct remora_bound *c)
{
	if (!c->ring[0].bytes)
		return;
	p->bounds.bytes -= c->ring[0].bytes + c->ring[1].bytes;
	mutex_lock(&p->shared_memory.lock);
	remora_shared_free(p, &c->ring[1]);
	remora_shared_free(p, &c->ring[0]);
	mutex_unlock(&p->shared_memory.lock);
	remora_ledger_add(&p->ledger, REMORA_LEDGER_BOUND, -1);
}

/* In mirror order. Return: whether no core has anything of it. */
static bool bound_unbind(struct remora_partition *p, struct remora_bound *c)
{
	bool server = end_unbind(p, c, 1), client = end_unbind(p, c, 0);

	return server && client;
}

static int bound_make(struct remora_partition *p, struct remora_bound *c)
{
	int ret = bound_look(p, c);
	unsigned int i;

	if (!ret)
		ret = bound_rings(p, c);
	for (i = 0; i < 2 && !ret; i++)
		ret = number_take(p, c, i);
	for (i = 0; i < 2 && !ret; i++)
		ret = end_bind(p, c, i);
	return ret;
}

/* ---- the work ---- */

static void tell_made(struct remora_partition *p, struct remora_bound *c, int ret)
{
	const uint32_t end[2] = { c->number[0], c->number[1] };
	struct node *n = remora_monitor_enter(p);

	if (!n)
		return;
	remora_broker_made(p->bounds.broker, c->id,
			   !ret ? BIND_OK : ret == -EHOSTDOWN ? BIND_E_NODE : BIND_E_MEMORY, end,
			   n->now);
	remora_monitor_exit(p);
}

static void tell_unmade(struct remora_partition *p, const struct remora_bound *c)
{
	struct node *n = remora_monitor_enter(p);

	if (!n)
		return;
	remora_broker_unmade(p->bounds.broker, c->id);
	remora_monitor_exit(p);
}

/*
 * It goes off the list when nothing is left of it. A program of Linux's may keep the rings of one that is over
 * for long: that does not count for the machine.
 */
static void bound_end(struct remora_partition *p, struct remora_bound *c)
{
	if (!bound_unbind(p, c))
		return;
	if (c->made)
		tell_unmade(p, c);
	c->made = false;
	if (READ_ONCE(c->chan))
		return;
	bound_rings_free(p, c);
	spin_lock_irq(&p->bounds.lock);
	list_del(&c->list);
	spin_unlock_irq(&p->bounds.lock);
	kfree(c);
}

static void bound_work_one(struct remora_partition *p, struct remora_bound *c, bool end)
{
	int ret;

	if (end) {
		bound_end(p, c);
		return;
	}
	if (c->made)
		return;
	ret = bound_make(p, c);
	/* First, so that a hook that wants it ended finds it there. */
	c->made = !ret;
	tell_made(p, c, ret);
	if (!ret)
		return;
	spin_lock_irq(&p->bounds.lock);
	c->end = true;
	spin_unlock_irq(&p->bounds.lock);
	bound_end(p, c);
}

static void bounds_work(struct work_struct *work)
{
	struct remora_bounds *b = container_of(work, struct remora_bounds, work);
	struct remora_partition *p = container_of(b, struct remora_partition, bounds);
	struct remora_bound *c, *next;
	bool end;

	/* The list is remora_bounds_end()'s then, who waited for an earlier run alone. */
	if (READ_ONCE(b->ending))
		return;
	/* Others only append: what is behind an entry while it is worked on is seen afterwards. */
	spin_lock_irq(&b->lock);
	list_for_each_entry_safe(c, next, &b->list, list) {
		end = c->end;
		spin_unlock_irq(&b->lock);
		if (!READ_ONCE(b->ending))
			bound_work_one(p, c, end);
		spin_lock_irq(&b->lock);
	}
	spin_unlock_irq(&b->lock);
}

/* ---- what the machine wants: under monitor.lock ---- */

void remora_bound_want(struct remora_partition *p, u64 id, const unsigned int node[2], u32 slots,
		       int numa)
{
	unsigned int i;
	/* Some hundred bytes; the machine has no way to hear of a failure here. */
	struct remora_bound *c = kzalloc(sizeof(*c), GFP_KERNEL | __GFP_NOFAIL);

	c->id = id;
	c->slots = slots;
	for (i = 0; i < 2; i++) {
		c->node[i] = node[i];
		c->numa[i] = numa;
		c->number[i] = node[i] ? 0 : ++p->bounds.number;
	}
	spin_lock_irq(&p->bounds.lock);
	list_add_tail(&c->list, &p->bounds.list);
	spin_unlock_irq(&p->bounds.lock);
	remora_bounds_kick(p);
}

void remora_bound_unwant(struct remora_partition *p, u64 id)
{
	struct remora_bound *c;

	spin_lock_irq(&p->bounds.lock);
	list_for_each_entry(c, &p->bounds.list, list)
		if (c->id == id && c->made)
			c->end = true;
	spin_unlock_irq(&p->bounds.lock);
	remora_bounds_kick(p);
}

/* ---- programs of Linux ---- */

/* One that is being told of: the work, which alone removes entries, waits for that. */
static struct remora_bound *bound_of(struct remora_partition *p, u32 end)
{
	struct remora_bound *c;
	bool found = false;

	spin_lock_irq(&p->bounds.lock);
	list_for_each_entry(c, &p->bounds.list, list) {
		found = (!c->node[0] && c->number[0] == end) || (!c->node[1] && c->number[1] == end);
		if (found)
			break;
	}
	spin_unlock_irq(&p->bounds.lock);
	return found ? c : NULL;
}

void remora_bound_attach(struct remora_partition *p, u32 end, struct remora_chan *chan)
{
	struct remora_bound *c = bound_of(p, end);
	unsigned int mine;

	lockdep_assert_held(&p->monitor.lock);
	if (WARN_ON_ONCE(!c))
		return;
	mine = c->node[0] ? 1 : 0;
	mutex_lock(&p->shared_memory.lock);
	WRITE_ONCE(c->chan, chan);
	chan->bound = c;
	remora_chan_join(chan, &(struct remora_chan_rings){
		.core = &p->cores[c->node[!mine] - 1],
		.epoch = c->epoch[!mine],
		.number = c->number[!mine],
		.tx = &c->ring[!mine],
		.rx = &c->ring[mine],
	});
	mutex_unlock(&p->shared_memory.lock);
}

void remora_bound_detach(struct remora_chan *chan)
{
	struct remora_bound *c = chan->bound;

	lockdep_assert_held(&chan->partition->shared_memory.lock);
	if (!c)
		return;
	chan->bound = NULL;
	/* From here on the work may free it. */
	WRITE_ONCE(c->chan, NULL);
	remora_bounds_kick(chan->partition);
}

/* Its rings are about to go. */
static void bound_revoke(struct remora_partition *p, struct remora_bound *c)
{
	mutex_lock(&p->shared_memory.lock);
	if (c->chan) {
		remora_chan_bound_revoke(c->chan);
		remora_bound_detach(c->chan);
	}
	mutex_unlock(&p->shared_memory.lock);
}

/* ---- what the others call ---- */

void remora_bounds_init(struct remora_partition *p)
{
	spin_lock_init(&p->bounds.lock);
	INIT_LIST_HEAD(&p->bounds.list);
	INIT_WORK(&p->bounds.work, bounds_work);
}

void remora_bounds_kick(struct remora_partition *p)
{
	if (!READ_ONCE(p->bounds.ending))
		queue_work(system_long_wq, &p->bounds.work);
}

void remora_bounds_closed(struct remora_core *core, u32 number)
{
	struct remora_bounds *b = &core->partition->bounds;
	struct remora_bound *c;
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&b->lock, flags);
	list_for_each_entry(c, &b->list, list)
		for (i = 0; i < 2; i++)
			if (c->node[i] == core->node && c->bound[i] && c->number[i] == number)
				WRITE_ONCE(c->closed[i], true);
	spin_unlock_irqrestore(&b->lock, flags);
}

/* The machine is gone: what it knew of is over. */
void remora_bounds_forget(struct remora_partition *p)
{
	struct remora_bound *c;

	spin_lock_irq(&p->bounds.lock);
	list_for_each_entry(c, &p->bounds.list, list)
		c->end = true;
	spin_unlock_irq(&p->bounds.lock);
	remora_bounds_kick(p);
}

void remora_bounds_end(struct remora_partition *p)
{
	struct remora_bounds *b = &p->bounds;
	struct remora_bound *c, *next;

	WRITE_ONCE(b->ending, true);
	cancel_work_sync(&b->work);
	/* Nobody answers any more: nothing is asked, and nobody is told. */
	list_for_each_entry_safe(c, next, &b->list, list) {
		bound_revoke(p, c);
		bound_unbind(p, c);
		bound_rings_free(p, c);
		list_del(&c->list);
		kfree(c);
	}
}
