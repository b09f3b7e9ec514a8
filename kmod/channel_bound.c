// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux's end of a channel to a program on a core. Its rings are bound.c's, which keeps them until this end
 * has let go of them: so its process may read what had come after the other end is over.
 */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/slab.h>

#include <abi/ctl.h>
#include "binding.h"
#include "bound.h"
#include "channel.h"
#include "channel_priv.h"

static_assert(REMORA_SERVICE_PROGRAM == (int)ABI_SERVICE_PROGRAM);

struct remora_chan *remora_chan_bound_create(struct remora_partition *p, struct file *partition_file,
					     u32 slots, u32 flags, struct remora_error *err)
{
	const struct remora_bind request = {
		.flags = flags,
		.slots = slots,
		.service = REMORA_SERVICE_PROGRAM,
	};
	struct remora_chan *chan = remora_chan_alloc(p, &request);
	int ret;

	if (!chan) {
		remora_fail(err, REMORA_R_NO_MEMORY, NULL);
		return ERR_PTR(-ENOMEM);
	}
	mutex_lock(&p->shared_memory.lock);
	ret = remora_usage_charge(chan, err);
	mutex_unlock(&p->shared_memory.lock);
	if (ret) {
		kfree(chan);
		return ERR_PTR(ret);
	}
	chan->partition_file = get_file(partition_file);
	return chan;
}

/*
 * Once its node is closed a core is silenced, and then all its channels are hung up, under shared_memory.lock:
 * either that comes later and finds the channel on the list, or the node is seen closed here.
 */
void remora_chan_join(struct remora_chan *chan, const struct remora_chan_rings *rings)
{
	struct remora_partition *p = chan->partition;
	unsigned long flags;

	lockdep_assert_held(&p->shared_memory.lock);
	chan->core = rings->core;
	chan->epoch = rings->epoch;
	chan->id = rings->number;
	chan->poll_cycles = READ_ONCE(p->poll_cycles);
	chan->tx = rings->tx->virt;
	chan->rx = rings->rx->virt;
	chan->tx_phys = rings->tx->phys;
	chan->rx_phys = rings->rx->phys;
	chan->tx_numa = rings->tx->numa;
	chan->rx_numa = rings->rx->numa;
	urpc_chan_init(&chan->end, chan->tx, chan->rx, chan->slots);
	chan->hung = !remora_node_runs(rings->core, rings->epoch);
	spin_lock_irqsave(&p->channels_lock, flags);
	chan->serial = p->channel_serial++;
	p->channel_count++;
	list_add_tail(&chan->link, &p->channels);
	spin_unlock_irqrestore(&p->channels_lock, flags);
}

void remora_chan_ended(struct remora_chan *chan)
{
	unsigned long flags;

	spin_lock_irqsave(&chan->lock, flags);
	chan->ended = true;
	spin_unlock_irqrestore(&chan->lock, flags);
	wake_up_all(&chan->wait);
}

/* Off the list first, so that no doorbell looks at the rings any more. */
static void chan_part(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	unsigned long flags;

	lockdep_assert_held(&p->shared_memory.lock);
	if (!chan->core)
		return;
	spin_lock_irqsave(&p->channels_lock, flags);
	p->channel_count--;
	list_del(&chan->link);
	spin_unlock_irqrestore(&p->channels_lock, flags);
	remora_bound_detach(chan);
}

void remora_chan_bound_dispose(struct remora_chan *chan)
{
	struct remora_partition *p = chan->partition;
	struct file *partition_file = chan->partition_file;

	/* From here on the machine does not know it. */
	remora_binding_release(chan->binding);
	mutex_lock(&p->shared_memory.lock);
	chan_part(chan);
	remora_usage_uncharge(chan);
	mutex_unlock(&p->shared_memory.lock);
	mutex_destroy(&chan->read_lock);
	mutex_destroy(&chan->map_lock);
	kfree(chan);
	fput(partition_file);
}

void remora_chan_bound_revoke(struct remora_chan *chan)
{
	unsigned long flags;

	lockdep_assert_held(&chan->partition->shared_memory.lock);
	remora_chan_unmap(chan);
	spin_lock_irqsave(&chan->lock, flags);
	chan->tx = NULL;
	chan->rx = NULL;
	spin_unlock_irqrestore(&chan->lock, flags);
	wake_up_all(&chan->wait);
}
