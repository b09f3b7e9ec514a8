// SPDX-License-Identifier: GPL-2.0-only
/*
 * read(), write(), poll() and ioctls of a channel.
 *
 * Doorbells to the core are sent under the channel's lock and never once it is hung up, so that
 * no interrupt goes to a CPU that was given back. The end is armed for a direction from the moment
 * somebody was told that it is not ready, and as long as anybody is on the wait queue: what is
 * found ready disarms it only when the queue is empty, what is found wanting arms it when it is
 * not. So an edge-triggered epoll loses nothing.
 */
#include <linux/errno.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <asm/tsc.h>

#include "arch/x86/wake.h"
#include "channel_priv.h"
#include "ioctl.h"
#include "trace.h"

static_assert(sizeof(struct remora_message) == sizeof(struct urpc_msg));
static_assert(URPC_EAGAIN == EAGAIN && URPC_EPROTO == EPROTO && URPC_EMSGSIZE == EMSGSIZE);

static void chan_ring(struct remora_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (remora_chan_over(chan))
		return;
	/* The end of a mapped channel lives in the process: its messages are not known here. */
	remora_trace_rang(chan->core, chan->id, chan->mapped ? 0 : chan->end.tx_next - 1);
	remora_wake_ipi(chan->core->cpu.apic_id, ABI_VECTOR_DOORBELL);
}

/* Why nothing can be sent any more; what was told once stays true. */
static int chan_why(const struct remora_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (chan->closed)
		return -EPROTO;
	if (chan->ended)
		return -EPIPE;
	return remora_chan_over(chan) ? -EHOSTDOWN : 0;
}

/* ---- readiness, under chan->lock ---- */

/*
 * A mapped channel's end lives in the process; its own ring says what it sleeps for, and each word
 * of it is read once and is harmless whatever it is. An end that is not armed for a direction is
 * told to look for itself.
 */
static bool mapped_can_recv(const struct remora_chan *chan)
{
	return !(urpc_load_acquire(&chan->tx->armed) & URPC_ARMED_RECV) ||
	       urpc_ring_ready(chan->rx, chan->slots, urpc_load_relaxed(&chan->tx->armed_at));
}

static bool mapped_can_send(const struct remora_chan *chan)
{
	return !(urpc_load_acquire(&chan->tx->armed) & URPC_ARMED_SEND) ||
	       urpc_ring_acked(chan->rx, urpc_load_relaxed(&chan->tx->armed_ack));
}

bool remora_chan_news(struct remora_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (remora_chan_over(chan))
		return true;
	if (chan->mapped)
		return mapped_can_recv(chan) ||
		       ((urpc_load_acquire(&chan->tx->armed) & URPC_ARMED_SEND) &&
			mapped_can_send(chan));
	return urpc_can_recv(&chan->end) ||
	       ((chan->end.armed & URPC_ARMED_SEND) && urpc_can_send(&chan->end));
}

static bool recv_ready(struct remora_chan *chan)
{
	return chan->has_unread || urpc_can_recv(&chan->end);
}

static bool send_ready(struct remora_chan *chan)
{
	return urpc_can_send(&chan->end);
}

/* One direction of an unmapped channel: is it ready, and how to be told when it is. */
struct direction {
	bool (*ready)(struct remora_chan *chan);
	bool (*arm)(struct urpc_chan *end);
};

static const struct direction receiving = { recv_ready, urpc_arm };
static const struct direction sending = { send_ready, urpc_arm_send };

/* Is there nothing to be had, and will the doorbell tell? */
static bool must_wait_locked(struct remora_chan *chan, const struct direction *way)
{
	lockdep_assert_held(&chan->lock);
	if (remora_chan_over(chan) || way->ready(chan) || !way->arm(&chan->end))
		return false;
	/* Arming acknowledged what was received: the core may have slept for room. */
	if (urpc_ack_notify_needed(&chan->end))
		chan_ring(chan);
	return true;
}

static bool must_wait(struct remora_chan *chan, const struct direction *way)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&chan->lock, flags);
	ret = must_wait_locked(chan, way);
	spin_unlock_irqrestore(&chan->lock, flags);
	return ret;
}

static bool is_ready(struct remora_chan *chan, const struct direction *way)
{
	unsigned long flags;
	bool ret;

	spin_lock_irqsave(&chan->lock, flags);
	ret = remora_chan_over(chan) || way->ready(chan);
	spin_unlock_irqrestore(&chan->lock, flags);
	return ret;
}

/*
 * What one call carries at most, so that whoever asks for more comes back through the kernel's door, where
 * signals and other tasks are looked after.
 */
#define CHAN_CALL_MAX (URPC_SLOTS_MAX * sizeof(struct remora_message))

/* Poll for about the cost of a block and wake-up, then block. */
static int chan_wait(struct remora_chan *chan, const struct direction *way)
{
	u64 begin = rdtsc(), since;
	int ret;

	do {
		if (is_ready(chan, way))
			return 0;
		cpu_relax();
	} while (rdtsc() - begin < chan->poll_cycles && !need_resched() &&
		 !signal_pending(current));
	cond_resched();
	since = remora_trace_block(chan->core, chan->id, READ_ONCE(chan->end.rx_next));
	ret = wait_event_interruptible(chan->wait, !must_wait(chan, way));
	remora_trace_wake(chan->core, chan->id, READ_ONCE(chan->end.rx_next), since);
	return ret;
}

static void chan_settle(struct remora_chan *chan)
{
	lockdep_assert_held(&chan->lock);
	if (chan->end.armed && !wq_has_sleeper(&chan->wait))
		urpc_disarm(&chan->end);
}

/* ---- read ---- */

static int chan_recv(struct remora_chan *chan, struct urpc_msg *m)
{
	unsigned long flags;
	int ret;

	lockdep_assert_held(&chan->read_lock);
	spin_lock_irqsave(&chan->lock, flags);
	if (chan->has_unread) {
		*m = chan->unread;
		chan->has_unread = false;
		ret = 0;
		goto out;
	}
	if (!chan->tx) {
		ret = chan_why(chan);
		goto out;
	}
	ret = urpc_recv(&chan->end, m);
	if (ret == -EAGAIN && wq_has_sleeper(&chan->wait) && !remora_chan_over(chan) &&
	    !urpc_arm(&chan->end))
		ret = urpc_recv(&chan->end, m);
	if (!ret) {
		remora_trace_received(chan->core, chan->id, chan->end.rx_next - 1, m->type, m->len);
		chan_settle(chan);
		if (urpc_ack_notify_needed(&chan->end))
			chan_ring(chan);
	} else if (ret == -EAGAIN && remora_chan_over(chan)) {
		ret = chan_why(chan);
	}
out:
	spin_unlock_irqrestore(&chan->lock, flags);
	return ret;
}

/* The next reader gets it. */
static void chan_unrecv(struct remora_chan *chan, const struct urpc_msg *m)
{
	unsigned long flags;

	lockdep_assert_held(&chan->read_lock);
	spin_lock_irqsave(&chan->lock, flags);
	chan->unread = *m;
	chan->has_unread = true;
	spin_unlock_irqrestore(&chan->lock, flags);
}

/* As many messages as are there and fit. Return: bytes, or why there is not even one. */
static ssize_t chan_read_some(struct remora_chan *chan, char __user *to, size_t count)
{
	struct urpc_msg m;
	size_t done = 0;
	int ret;

	if (mutex_lock_interruptible(&chan->read_lock))
		return -ERESTARTSYS;
	do {
		ret = chan_recv(chan, &m);
		if (ret)
			break;
		if (copy_to_user(to + done, &m, sizeof(m))) {
			chan_unrecv(chan, &m);
			ret = -EFAULT;
			break;
		}
		done += sizeof(m);
	} while (count - done >= sizeof(m));
	mutex_unlock(&chan->read_lock);
	return done ? done : ret;
}

static ssize_t chan_read(struct file *file, char __user *to, size_t count, loff_t *offset)
{
	struct remora_chan *chan = file->private_data;
	ssize_t ret;

	if (chan->mapped)
		return -EBUSY;
	if (count < sizeof(struct remora_message))
		return -EMSGSIZE;
	count = min_t(size_t, count, CHAN_CALL_MAX);
	for (;;) {
		ret = chan_read_some(chan, to, count);
		if (ret != -EAGAIN || (file->f_flags & O_NONBLOCK))
			return ret;
		ret = chan_wait(chan, &receiving);
		if (ret)
			return ret;
	}
}

/* ---- write ---- */

static int chan_send(struct remora_chan *chan, const struct remora_message *m)
{
	unsigned long flags;
	u64 stamp;
	int ret;

	spin_lock_irqsave(&chan->lock, flags);
	ret = chan_why(chan);
	if (!ret) {
		stamp = remora_trace_stamp_send();
		ret = urpc_send(&chan->end, m->type, m->payload, m->length);
		if (ret == -EAGAIN && wq_has_sleeper(&chan->wait) && !urpc_arm_send(&chan->end))
			ret = urpc_send(&chan->end, m->type, m->payload, m->length);
		if (!ret) {
			remora_trace_sent(chan->core, chan->id, chan->end.tx_next - 1, m->type,
					  m->length, stamp);
			chan_settle(chan);
		}
	}
	spin_unlock_irqrestore(&chan->lock, flags);
	return ret;
}

/* After a burst. */
static void chan_notify(struct remora_chan *chan)
{
	unsigned long flags;

	spin_lock_irqsave(&chan->lock, flags);
	if (!remora_chan_over(chan) && urpc_notify_needed(&chan->end))
		chan_ring(chan);
	spin_unlock_irqrestore(&chan->lock, flags);
}

static int chan_write_one(struct file *file, const char __user *from)
{
	struct remora_chan *chan = file->private_data;
	struct remora_message m;
	int ret;

	if (copy_from_user(&m, from, sizeof(m)))
		return -EFAULT;
	if (m.length > URPC_PAYLOAD_BYTES)
		return -EMSGSIZE;
	if (m.reserved)
		return -EINVAL;
	for (;;) {
		ret = chan_send(chan, &m);
		if (ret != -EAGAIN || (file->f_flags & O_NONBLOCK))
			return ret;
		chan_notify(chan);
		ret = chan_wait(chan, &sending);
		if (ret)
			return ret;
	}
}

static ssize_t chan_write(struct file *file, const char __user *from, size_t count, loff_t *offset)
{
	struct remora_chan *chan = file->private_data;
	size_t done = 0;
	int ret = 0;

	if (chan->mapped)
		return -EBUSY;
	if (!count || count % sizeof(struct remora_message))
		return -EMSGSIZE;
	count = min_t(size_t, count, CHAN_CALL_MAX);
	while (done < count && !(done && signal_pending(current))) {
		ret = chan_write_one(file, from + done);
		if (ret)
			break;
		done += sizeof(struct remora_message);
	}
	if (done)
		chan_notify(chan);
	return done ? done : ret;
}

/* ---- poll ---- */

static __poll_t unmapped_events(struct remora_chan *chan, __poll_t wanted)
{
	__poll_t events = 0;

	if (chan->end.broken)
		events |= EPOLLERR;
	if ((wanted & EPOLLIN) && !must_wait_locked(chan, &receiving))
		events |= EPOLLIN | EPOLLRDNORM;
	if ((wanted & EPOLLOUT) && !must_wait_locked(chan, &sending))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static __poll_t mapped_events(struct remora_chan *chan)
{
	__poll_t events = 0;

	if (mapped_can_recv(chan))
		events |= EPOLLIN | EPOLLRDNORM;
	if (mapped_can_send(chan))
		events |= EPOLLOUT | EPOLLWRNORM;
	return events;
}

static __poll_t chan_poll(struct file *file, struct poll_table_struct *wait)
{
	struct remora_chan *chan = file->private_data;
	__poll_t wanted = poll_requested_events(wait);
	__poll_t events;
	unsigned long flags;

	if (wanted & EPOLLRDNORM)
		wanted |= EPOLLIN;
	if (wanted & EPOLLWRNORM)
		wanted |= EPOLLOUT;
	poll_wait(file, &chan->wait, wait);
	spin_lock_irqsave(&chan->lock, flags);
	if (remora_chan_over(chan))
		events = EPOLLHUP | EPOLLIN | EPOLLRDNORM | EPOLLRDHUP |
			 (chan->closed ? EPOLLERR : 0);
	else
		events = chan->mapped ? mapped_events(chan) : unmapped_events(chan, wanted);
	spin_unlock_irqrestore(&chan->lock, flags);
	return events;
}

/* ---- ioctls ---- */

static long chan_describe(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_chan *chan = file->private_data;
	struct remora_channel *c = arg;

	c->slots = chan->slots;
	c->node = chan->core->node;
	c->service = chan->service;
	c->ring_bytes = chan->ring_bytes;
	c->tx_offset = remora_chan_tx_offset(chan);
	c->rx_offset = remora_chan_rx_offset(chan);
	c->tsc_khz = tsc_khz;
	c->poll_cycles = chan->poll_cycles;
	c->tx_numa = chan->tx_numa;
	c->rx_numa = chan->rx_numa;
	return 0;
}

static long chan_bell(struct file *file, void *arg, struct remora_error *err)
{
	struct remora_chan *chan = file->private_data;
	unsigned long flags;
	long ret;

	spin_lock_irqsave(&chan->lock, flags);
	ret = chan_why(chan);
	chan_ring(chan);
	spin_unlock_irqrestore(&chan->lock, flags);
	return ret;
}

static const struct remora_ioctl chan_ioctls[] = {
	REMORA_IOCTL_ROW_GROWN(REMORA_IOC_CHANNEL, struct remora_channel, poll_cycles, 0,
			       chan_describe),
	{ .command = REMORA_IOC_NOTIFY, .error = REMORA_IOCTL_NO_ERROR, .handler = chan_bell },
};

static long chan_ioctl(struct file *file, unsigned int command, unsigned long arg)
{
	return remora_ioctl(file, command, arg, chan_ioctls, ARRAY_SIZE(chan_ioctls));
}

static int chan_release(struct inode *inode, struct file *file)
{
	remora_chan_dispose(file->private_data);
	return 0;
}

const struct file_operations remora_chan_fops = {
	.owner = THIS_MODULE,
	.release = chan_release,
	.read = chan_read,
	.write = chan_write,
	.poll = chan_poll,
	.unlocked_ioctl = chan_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = remora_chan_mmap,
	.llseek = noop_llseek,
};
