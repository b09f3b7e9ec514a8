// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of bound channels: memory, number, binding, hang-up, revocation.
 *
 * Rings are freed only when the core cannot write them any more: it has answered the unbinding, or
 * it has been silenced. A channel that is closed while its live core does not answer therefore
 * stays, without file, until the core is silenced.
 */
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>
#include <linux/topology.h>

#include "channel.h"
#include "channel_priv.h"

#define CHAN_SLOTS_DEFAULT 64u
#define CHAN_BIND_MS 2000u
#define CHAN_UNBIND_MS 1000u
#define CHAN_FLAGS (REMORA_BIND_MAPPED | REMORA_BIND_CLOEXEC | REMORA_BIND_NONBLOCK)

void remora_channels_init(struct remora_partition *p)
{
	spin_lock_init(&p->channels_lock);
	INIT_LIST_HEAD(&p->channels);
	INIT_LIST_HEAD(&p->shared_memory.users);
	mutex_init(&p->shared_memory.lock);
}

int remora_channels_open(struct remora_partition *p, struct remora_error *err)
{
	return remora_shared_open(p, err);
}

void remora_channels_close(struct remora_partition *p)
{
	remora_channels_revoke(p);
	mutex_lock(&p->shared_memory.lock);
	remora_shared_close(p);
	mutex_unlock(&p->shared_memory.lock);
}

/* ---- rings ---- */

/*
 * Each ring near who reads it: the transmit ring near the core, the receive ring near the CPU that
 * binds, which is taken for the one that will read.
 */
static int rings_alloc(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;

	lockdep_assert_held(&p->shared_memory.lock);
	if (remora_shared_alloc(p, chan->ring_bytes, chan->core->cpu.numa, &chan->tx_memory))
		return -ENOSPC;
	if (remora_shared_alloc(p, chan->ring_bytes, numa_node_id(), &chan->rx_memory)) {
		remora_shared_free(p, &chan->tx_memory);
		return -ENOSPC;
	}
	chan->tx = chan->tx_memory.virt;
	chan->rx = chan->rx_memory.virt;
	chan->tx_phys = chan->tx_memory.phys;
	chan->rx_phys = chan->rx_memory.phys;
	chan->tx_numa = chan->tx_memory.numa;
	chan->rx_numa = chan->rx_memory.numa;
	remora_ledger_add(&p->ledger, REMORA_LEDGER_CHANNELS, 1);
	return 0;
}

/* Does nothing when they were revoked. */
static void rings_free(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	unsigned long flags;

	lockdep_assert_held(&p->shared_memory.lock);
	spin_lock_irqsave(&chan->lock, flags);
	chan->tx = NULL;
	chan->rx = NULL;
	spin_unlock_irqrestore(&chan->lock, flags);
	if (!chan->tx_memory.bytes)
		return;
	remora_shared_free(p, &chan->tx_memory);
	remora_shared_free(p, &chan->rx_memory);
	remora_ledger_add(&p->ledger, REMORA_LEDGER_CHANNELS, -1);
}

/* ---- list and numbers ---- */

/* Take a number of the core and go on the list. */
static int chan_enlist(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	struct remora_core *core = chan->core;
	unsigned long flags;
	u32 id = 0;

	lockdep_assert_held(&p->shared_memory.lock);
	spin_lock_irqsave(&p->channels_lock, flags);
	while (id < ABI_CHANNELS_MAX && (core->channel[id] || core->bound >> id & 1))
		id++;
	if (id == ABI_CHANNELS_MAX) {
		spin_unlock_irqrestore(&p->channels_lock, flags);
		return -ENOSPC;
	}
	chan->id = id;
	core->channel[id] = chan;
	core->channels++;
	chan->counted = true;
	chan->serial = p->channel_serial++;
	p->channel_count++;
	list_add_tail(&chan->link, &p->channels);
	spin_unlock_irqrestore(&p->channels_lock, flags);
	return 0;
}

/* The core serves it no more. */
static void chan_uncount(struct remora_chan *chan)
{
	lockdep_assert_held(&chan->partition->channels_lock);
	if (!chan->counted)
		return;
	chan->counted = false;
	chan->core->channels--;
	chan->core->channel[chan->id] = NULL;
}

/* The end of a channel: the core does not know it, no file refers to it. */
static void chan_free_locked(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	unsigned long flags;

	lockdep_assert_held(&p->shared_memory.lock);
	spin_lock_irqsave(&p->channels_lock, flags);
	list_del(&chan->link);
	chan_uncount(chan);
	spin_unlock_irqrestore(&p->channels_lock, flags);
	rings_free(chan);
	remora_usage_uncharge(chan);
	mutex_destroy(&chan->read_lock);
	mutex_destroy(&chan->map_lock);
	kfree(chan);
}

/* ---- create and bind ---- */

struct remora_chan *remora_chan_alloc(struct remora_partition *p, const struct remora_bind *request)
{
	struct remora_chan *chan = kzalloc(sizeof(*chan), GFP_KERNEL_ACCOUNT);

	if (!chan)
		return NULL;
	chan->partition = p;
	chan->service = request->service;
	chan->slots = request->slots ?: CHAN_SLOTS_DEFAULT;
	chan->ring_bytes = urpc_ring_bytes(chan->slots);
	chan->mapped = request->flags & REMORA_BIND_MAPPED;
	init_waitqueue_head(&chan->wait);
	spin_lock_init(&chan->lock);
	mutex_init(&chan->read_lock);
	mutex_init(&chan->map_lock);
	INIT_LIST_HEAD(&chan->link);
	return chan;
}

/* Rings and number. */
static int chan_place(struct remora_chan *chan)
{
	int ret = rings_alloc(chan);

	if (!ret) {
		urpc_chan_init(&chan->end, chan->tx, chan->rx, chan->slots);
		ret = chan_enlist(chan);
		if (ret)
			rings_free(chan);
	}
	if (ret)
		remora_usage_uncharge(chan);
	return ret;
}

/* Under p->lock: the core is there and runs; then rings and number. */
static int chan_attach(struct remora_chan *chan, unsigned int node, struct remora_error *err)
{
	struct remora_partition *p = chan->partition;
	struct remora_core *core;
	int ret;

	lockdep_assert_held(&p->lock);
	if (p->dead)
		return remora_fail(err, REMORA_R_PARTITION_DEAD, "the partition %s was destroyed",
				   p->name);
	core = remora_partition_core(p, node);
	if (!core)
		return remora_core_unknown(p, node, REMORA_R_CORE_UNKNOWN, err);
	if (p->state != REMORA_RUNNING && p->state != REMORA_CRASHED)
		return remora_fail(err, REMORA_R_PARTITION_DEAD, "the partition %s is %s",
				   p->name, remora_state_name(p->state));
	if (core->state != REMORA_RUNNING)
		return remora_fail(err, REMORA_R_CORE_DEAD, "core %u is %s", node,
				   remora_state_name(core->state));
	chan->core = core;
	chan->epoch = core->control_node.epoch;
	chan->poll_cycles = READ_ONCE(p->poll_cycles);

	mutex_lock(&p->shared_memory.lock);
	ret = remora_usage_charge(chan, err);
	if (!ret)
		ret = chan_place(chan);
	mutex_unlock(&p->shared_memory.lock);
	if (ret == -ENOSPC)
		return remora_fail(err, REMORA_R_CHANNELS_EXHAUSTED,
				   "core %u has no channel or memory left: at most %u channels, two rings of %llu bytes each",
				   node, ABI_CHANNELS_MAX, chan->ring_bytes);
	return ret;
}

static struct remora_chan *chan_create(struct remora_partition *p, struct file *partition_file,
				       const struct remora_bind *request, struct remora_error *err)
{
	struct remora_chan *chan = remora_chan_alloc(p, request);
	int ret;

	if (!chan) {
		remora_fail(err, REMORA_R_NO_MEMORY, NULL);
		return ERR_PTR(-ENOMEM);
	}
	if (mutex_lock_killable(&p->lock)) {
		ret = remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	} else {
		ret = chan_attach(chan, request->node, err);
		mutex_unlock(&p->lock);
	}
	if (ret) {
		kfree(chan);
		return ERR_PTR(ret);
	}
	chan->partition_file = get_file(partition_file);
	return chan;
}

/* The core's refusals, in the module's words. */
static int chan_refused(const struct remora_chan *chan, int status, struct remora_error *err)
{
	switch (status) {
	case -ENOENT:
		return remora_fail(err, REMORA_R_SERVICE_UNKNOWN,
				   "core %u offers no service %u", chan->core->node, chan->service);
	case -EBUSY:
	case -ENOSPC:
	case -ENOMEM:
		return remora_fail(err, REMORA_R_CHANNELS_EXHAUSTED, NULL);
	case -ETIMEDOUT:
		return remora_fail(err, REMORA_R_CORE_NO_ANSWER,
				   "the monitor of core %u does not answer", chan->core->node);
	default:
		return remora_fail(err, REMORA_R_CORE_REFUSED_ABI,
				   "core %u refused the channel with error %d", chan->core->node,
				   -status);
	}
}

static int chan_ask(struct remora_chan *chan, struct remora_error *err)
{
	struct abi_ctl_bind request = {
		.channel = chan->id,
		.tx = chan->rx_phys, /* what the core writes, Linux reads */
		.rx = chan->tx_phys,
		.slots = chan->slots,
		.service = chan->service,
	};
	struct remora_call call = {
		.type = ABI_CTL_BIND,
		.epoch = chan->epoch,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(struct abi_ctl_status),
		.timeout_ms = CHAN_BIND_MS,
	};
	int ret = remora_node_call(chan->core, &call, err);

	return ret && !call.result ? chan_refused(chan, ret, err) : ret;
}

/* Does the core still know the channel? Only its own answer counts. */
static bool chan_forgotten(struct remora_chan *chan)
{
	struct abi_ctl_unbind request = { .channel = chan->id };
	struct remora_call call = {
		.type = ABI_CTL_UNBIND,
		.epoch = chan->epoch,
		.uninterrupted = true,
		.request = &request,
		.request_bytes = sizeof(request),
		.reply_bytes = sizeof(struct abi_ctl_status),
		.timeout_ms = CHAN_UNBIND_MS,
	};

	if (READ_ONCE(chan->hung))
		return true;
	return remora_node_call(chan->core, &call, NULL) != -EPROTO && !call.result;
}

void remora_chan_dispose(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	struct file *partition_file = chan->partition_file;
	unsigned long flags;
	bool forgotten;

	if (chan->binding) {
		remora_chan_bound_dispose(chan);
		return;
	}
	forgotten = chan_forgotten(chan);
	mutex_lock(&p->shared_memory.lock);
	spin_lock_irqsave(&p->channels_lock, flags);
	p->channel_count--;
	chan->partition_file = NULL;
	/* hung is written under shared_memory.lock: either seen here, or left is seen there. */
	chan->left = !forgotten && !chan->hung;
	spin_unlock_irqrestore(&p->channels_lock, flags);
	if (!chan->left)
		chan_free_locked(chan);
	mutex_unlock(&p->shared_memory.lock);
	fput(partition_file);
}

int remora_chan_slots(u32 slots, struct remora_error *err)
{
	if (!slots || urpc_slots_valid(slots))
		return 0;
	return remora_fail(err, REMORA_R_SLOTS_INVALID,
			   "%u slots; a power of two from %u to %u was expected", slots,
			   URPC_SLOTS_MIN, URPC_SLOTS_MAX);
}

static int bind_check(const struct remora_bind *request, struct remora_error *err)
{
	if (request->flags & ~CHAN_FLAGS)
		return remora_fail(err, REMORA_R_FLAGS_UNKNOWN, "flags %#x of bind are not known",
				   request->flags & ~CHAN_FLAGS);
	if (request->reserved)
		return remora_fail(err, REMORA_R_RESERVED_FIELD, NULL);
	/* Programs are bound by name, monitors by the module itself. */
	if (request->service == REMORA_SERVICE_PROGRAM || request->service == ABI_SERVICE_MONITOR)
		return remora_fail(err, REMORA_R_SERVICE_UNKNOWN, NULL);
	return remora_chan_slots(request->slots, err);
}

int remora_chan_reserve(u32 flags)
{
	return get_unused_fd_flags(flags & REMORA_BIND_CLOEXEC ? O_CLOEXEC : 0);
}

int remora_chan_install(struct remora_chan *chan, int fd, u32 flags, struct remora_error *err)
{
	struct file *file;

	file = anon_inode_getfile("[remora-channel]", &remora_chan_fops, chan,
				  O_RDWR | (flags & REMORA_BIND_NONBLOCK ? O_NONBLOCK : 0));
	if (IS_ERR(file))
		return remora_fail(err, REMORA_R_NO_MEMORY, NULL);
	file->f_mapping = chan->partition_file->f_mapping;
	fd_install(fd, file);
	return fd;
}

int remora_channel_bind(struct remora_partition *p, struct file *partition_file,
			const struct remora_bind *request, struct remora_error *err)
{
	struct remora_chan *chan;
	int fd, ret;

	ret = bind_check(request, err);
	if (ret)
		return ret;
	fd = remora_chan_reserve(request->flags);
	if (fd < 0)
		return fd;
	chan = chan_create(p, partition_file, request, err);
	if (IS_ERR(chan)) {
		ret = PTR_ERR(chan);
		goto unreserve;
	}
	ret = chan_ask(chan, err);
	if (!ret)
		ret = remora_chan_install(chan, fd, request->flags, err);
	if (ret >= 0)
		return ret;
	remora_chan_dispose(chan);
unreserve:
	put_unused_fd(fd);
	return ret;
}

/* ---- news, hang-up, revocation ---- */

void remora_channels_wake(struct remora_partition *p)
{
	struct remora_chan *chan;
	unsigned long flags;
	bool news;

	spin_lock_irqsave(&p->channels_lock, flags);
	list_for_each_entry(chan, &p->channels, link) {
		if (!wq_has_sleeper(&chan->wait))
			continue;
		spin_lock(&chan->lock);
		news = remora_chan_news(chan);
		spin_unlock(&chan->lock);
		if (news)
			wake_up_all(&chan->wait);
	}
	spin_unlock_irqrestore(&p->channels_lock, flags);
}

void remora_channels_closed(struct remora_core *core, u32 number)
{
	struct remora_partition *p = core->partition;
	struct remora_chan *chan;
	unsigned long flags;

	if (number >= ABI_CHANNEL_NUMBERS)
		return;
	if (number >= ABI_CHANNELS_MAX) {
		remora_mesh_closed(p, core->node, number - ABI_CHANNELS_MAX);
		return;
	}
	spin_lock_irqsave(&p->channels_lock, flags);
	chan = core->channel[number];
	if (chan) {
		spin_lock(&chan->lock);
		chan->closed = true;
		spin_unlock(&chan->lock);
		wake_up_all(&chan->wait);
	}
	spin_unlock_irqrestore(&p->channels_lock, flags);
	if (!chan)
		remora_bounds_closed(core, number);
}

static void chan_hangup(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	unsigned long flags;

	spin_lock_irqsave(&p->channels_lock, flags);
	spin_lock(&chan->lock);
	chan->hung = true;
	spin_unlock(&chan->lock);
	chan_uncount(chan);
	spin_unlock_irqrestore(&p->channels_lock, flags);
	wake_up_all(&chan->wait);
	if (chan->left)
		chan_free_locked(chan);
}

void remora_channels_hangup(struct remora_partition *p, unsigned int node)
{
	struct remora_chan *chan, *next;

	mutex_lock(&p->shared_memory.lock);
	list_for_each_entry_safe(chan, next, &p->channels, link)
		if (!node || chan->core->node == node)
			chan_hangup(chan);
	mutex_unlock(&p->shared_memory.lock);
}

void remora_channels_revoke(struct remora_partition *p)
{
	struct remora_chan *chan;

	remora_channels_hangup(p, 0);
	mutex_lock(&p->shared_memory.lock);
	list_for_each_entry(chan, &p->channels, link) {
		remora_chan_unmap(chan);
		rings_free(chan);
	}
	mutex_unlock(&p->shared_memory.lock);
}
