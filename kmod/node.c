// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control requests to a core.
 *
 * There is no reader thread: the doorbell's handler, and each caller that waits, take whatever has come
 * and hand answers out by tag, under the node's lock. The end is armed from its opening on, and again
 * by whoever found the ring empty, so that the core always rings.
 */
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include "arch/x86/wake.h"
#include "channel.h"
#include "node.h"
#include "partition.h"
#include "trace.h"
#include "watch.h"

/*
 * The most messages that an honest core has for one look: an answer to each request of a window and
 * to a ping that still runs, and an event for each channel.
 */
#define NODE_BUDGET (REMORA_CONTROL_SLOTS + 1 + ABI_CHANNEL_NUMBERS)

void remora_node_init(struct remora_core *core)
{
	struct remora_node *node = &core->control_node;

	memset(node, 0, sizeof(*node));
	init_waitqueue_head(&node->wait);
	spin_lock_init(&node->lock);
	INIT_LIST_HEAD(&node->calls);
}

int remora_node_open(struct remora_core *core, struct urpc_ring *tx, struct urpc_ring *rx, u32 slots)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&node->lock, flags);
	ret = urpc_chan_init(&node->chan, tx, rx, slots);
	if (!ret) {
		node->epoch++;
		node->open = true;
		node->broken = false;
		node->silent = false;
		node->muted = false;
		node->fenced = false;
		node->stale = 0;
		urpc_arm(&node->chan);
	}
	spin_unlock_irqrestore(&node->lock, flags);
	return ret ? -EINVAL : 0;
}

/* Every waiting caller gets @result. */
static void node_fail_all(struct remora_node *node, int result)
{
	struct remora_call *call;

	lockdep_assert_held(&node->lock);
	list_for_each_entry(call, &node->calls, link)
		if (call->result == -EINPROGRESS)
			call->result = result;
}

void remora_node_close(struct remora_core *core)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	node->open = false;
	node_fail_all(node, -EHOSTDOWN);
	spin_unlock_irqrestore(&node->lock, flags);
	wake_up_all(&node->wait);
}

static void node_ring(struct remora_core *core)
{
	lockdep_assert_held(&core->control_node.lock);
	remora_trace_rang(core, ABI_TRACE_CHANNEL_CONTROL, core->control_node.chan.tx_next - 1);
	remora_wake_ipi(core->cpu.apic_id, ABI_VECTOR_DOORBELL);
}

void remora_node_mute(struct remora_core *core)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	if (node->open && !node->muted) {
		node->muted = true;
		remora_wake_silence(core->cpu.apic_id);
	}
	spin_unlock_irqrestore(&node->lock, flags);
}

bool remora_node_fence(struct remora_core *core, u32 epoch)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	bool ran;

	spin_lock_irqsave(&node->lock, flags);
	ran = node->open && node->epoch == epoch;
	if (ran && !node->fenced) {
		node->fenced = true;
		remora_wake_silence(core->cpu.apic_id);
	}
	spin_unlock_irqrestore(&node->lock, flags);
	return ran;
}

bool remora_node_runs(struct remora_core *core, u32 epoch)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	bool runs;

	spin_lock_irqsave(&node->lock, flags);
	runs = node->open && node->epoch == epoch;
	spin_unlock_irqrestore(&node->lock, flags);
	return runs;
}

void remora_node_doorbell(struct remora_core *core)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;

	spin_lock_irqsave(&node->lock, flags);
	if (node->open)
		node_ring(core);
	spin_unlock_irqrestore(&node->lock, flags);
}

/* Hand one answer to its caller. Answers to callers that gave up are dropped. */
static void node_deliver(struct remora_node *node, const struct urpc_msg *m)
{
	struct remora_call *call;
	u32 tag = (u32)m->payload[0];

	if (m->len >= sizeof(tag))
		list_for_each_entry(call, &node->calls, link)
			if (call->tag == tag && call->result == -EINPROGRESS) {
				call->answer = *m;
				call->result = 0;
				return;
			}
	node->stale++;
}

static void node_closed(struct remora_core *core, const struct urpc_msg *m)
{
	const struct abi_ctl_closed *event = (const void *)m->payload;

	if (m->len >= sizeof(*event))
		remora_channels_closed(core, event->channel);
}

static void node_break(struct remora_node *node)
{
	node->broken = true;
	node_fail_all(node, -EPROTO);
}

/* Take all there is; arm for more when none is left. A core that never ends broke the protocol. */
static void node_drain(struct remora_core *core)
{
	struct remora_node *node = &core->control_node;
	unsigned int budget = NODE_BUDGET;
	struct urpc_msg m;
	int ret;

	while (!node->broken) {
		ret = urpc_recv(&node->chan, &m);
		if (!ret)
			remora_trace_received(core, ABI_TRACE_CHANNEL_CONTROL,
					      node->chan.rx_next - 1, m.type, m.len);
		if (!ret && !budget--)
			node_break(node);
		else if (!ret && m.type == ABI_CTL_CLOSED)
			node_closed(core, &m);
		else if (!ret)
			node_deliver(node, &m);
		else if (ret != -URPC_EAGAIN)
			node_break(node);
		else if (urpc_arm(&node->chan))
			break;
	}
	if (urpc_ack_notify_needed(&node->chan))
		node_ring(core);
}

/*
 * Look at the ring, and wake other callers if there was something for them. The core page is
 * looked at only while the node is open, that is, while it exists.
 * Return: whether the wait for @call is over.
 */
static bool node_poll(struct remora_core *core, struct remora_call *call)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	bool news = false, over;
	u64 before;

	spin_lock_irqsave(&node->lock, flags);
	if (node->open) {
		before = node->chan.rx_next;
		node_drain(core);
		news = node->broken || node->chan.rx_next != before;
		if (READ_ONCE(core->page->state) != ABI_CORE_RUNNING)
			node_fail_all(node, -EHOSTDOWN);
	}
	over = call->result != -EINPROGRESS;
	spin_unlock_irqrestore(&node->lock, flags);
	if (news)
		wake_up_all(&node->wait);
	return over;
}

void remora_node_look(struct remora_core *core)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	bool broken;

	spin_lock_irqsave(&node->lock, flags);
	broken = node->broken;
	if (node->open)
		node_drain(core);
	broken = node->broken && !broken;
	spin_unlock_irqrestore(&node->lock, flags);
	wake_up_all(&node->wait);
	if (broken)
		remora_watch_kick(core->partition);
}

/*
 * The request into the ring; the end is armed for room as long as somebody waits for that. Who was
 * sent disarms it, and arms for answers when he begins to wait.
 */
static int node_put(struct remora_node *node, const struct remora_call *call)
{
	int ret;

	lockdep_assert_held(&node->lock);
	ret = urpc_send(&node->chan, call->type, call->request, call->request_bytes);
	if (ret == -URPC_EAGAIN && !urpc_arm_send(&node->chan))
		ret = urpc_send(&node->chan, call->type, call->request, call->request_bytes);
	if (!ret && (node->chan.armed & URPC_ARMED_SEND))
		urpc_disarm(&node->chan);
	return ret;
}

/* Enqueue the caller, send its request. Return: 0, -EAGAIN (a window is unread), or why it cannot be sent. */
static int node_send(struct remora_core *core, struct remora_call *call)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	u64 stamp;
	int ret;

	spin_lock_irqsave(&node->lock, flags);
	if (!node->open || (call->epoch && call->epoch != node->epoch)) {
		ret = -EHOSTDOWN;
		goto out;
	}
	if (node->broken) {
		ret = -EPROTO;
		goto out;
	}
	call->tag = ++node->tag;
	memcpy(call->request, &call->tag, sizeof(call->tag));
	stamp = remora_trace_stamp_send();
	ret = node_put(node, call);
	if (ret) {
		node->broken = ret == -URPC_EPROTO;
		goto out;
	}
	remora_trace_sent(core, ABI_TRACE_CHANNEL_CONTROL, node->chan.tx_next - 1, call->type,
			  call->request_bytes, stamp);
	call->sent = true;
	call->result = -EINPROGRESS;
	list_add_tail(&call->link, &node->calls);
	if (urpc_notify_needed(&node->chan))
		node_ring(core);
out:
	spin_unlock_irqrestore(&node->lock, flags);
	return ret;
}

/* The caller goes. Return: its result so far. */
static int node_leave(struct remora_core *core, struct remora_call *call)
{
	struct remora_node *node = &core->control_node;
	unsigned long flags;
	int result;

	spin_lock_irqsave(&node->lock, flags);
	list_del(&call->link);
	result = call->result;
	if (result == 0)
		node->silent = false;
	spin_unlock_irqrestore(&node->lock, flags);
	return result;
}

/* Other callers' requests may fill the window: wait for room, which the core's doorbell tells of. */
static int node_send_wait(struct remora_core *core, struct remora_call *call)
{
	wait_queue_head_t *wait = &core->control_node.wait;
	unsigned long timeout = msecs_to_jiffies(call->timeout_ms);
	long left = 0;
	int ret = node_send(core, call);

	if (ret != -EAGAIN)
		return ret;
	if (call->uninterrupted)
		wait_event_timeout(*wait, (ret = node_send(core, call)) != -EAGAIN, timeout);
	else
		left = wait_event_killable_timeout(*wait,
						   (ret = node_send(core, call)) != -EAGAIN,
						   timeout);
	if (ret != -EAGAIN)
		return ret;
	return left < 0 ? -EINTR : -ETIMEDOUT;
}

static int node_wait(struct remora_core *core, struct remora_call *call)
{
	wait_queue_head_t *wait = &core->control_node.wait;
	unsigned long timeout = msecs_to_jiffies(call->timeout_ms);
	u64 since = remora_trace_block(core, ABI_TRACE_CHANNEL_CONTROL, call->tag);
	long left;
	int ret;

	if (call->uninterrupted)
		left = wait_event_timeout(*wait, node_poll(core, call), timeout);
	else
		left = wait_event_killable_timeout(*wait, node_poll(core, call), timeout);
	remora_trace_wake(core, ABI_TRACE_CHANNEL_CONTROL, call->tag, since);
	ret = node_leave(core, call);
	if (ret != -EINPROGRESS)
		return ret;
	return left < 0 ? -EINTR : -ETIMEDOUT;
}

/* Type and length of the answer; the status of a refusal. */
static int node_check(const struct remora_call *call)
{
	const struct urpc_msg *m = &call->answer;
	const struct abi_ctl_status *status = (const void *)m->payload;

	if (m->type != (call->type | ABI_CTL_REPLY) || m->len < sizeof(*status))
		return -EPROTO;
	if (status->status < 0)
		return status->status >= -MAX_ERRNO ? status->status : -EPROTO;
	return m->len < call->reply_bytes ? -EPROTO : 0;
}

static int node_explain(struct remora_core *core, int ret, struct remora_error *err)
{
	switch (ret) {
	case -EHOSTDOWN:
		return remora_fail(err, REMORA_R_CORE_DEAD,
				   "core %u has crashed or does not run", core->node);
	case -ETIMEDOUT:
		return remora_fail(err, REMORA_R_CORE_NO_ANSWER,
				   "core %u does not answer", core->node);
	case -EPROTO:
		return remora_fail(err, REMORA_R_CORE_DEAD,
				   "core %u broke the protocol of its control channel and counts as dead",
				   core->node);
	case -EINTR:
		return remora_fail(err, REMORA_R_INTERRUPTED, NULL);
	default:
		return ret;
	}
}

int remora_node_call(struct remora_core *core, struct remora_call *call, struct remora_error *err)
{
	struct remora_node *node = &core->control_node;
	int ret;

	ret = node_send_wait(core, call);
	if (!ret)
		ret = node_wait(core, call);
	call->result = ret;
	if (ret == -ETIMEDOUT)
		WRITE_ONCE(node->silent, true);
	if (ret == -ETIMEDOUT || ret == -EHOSTDOWN || ret == -EPROTO)
		remora_watch_kick(core->partition);
	remora_trace_settle(core);
	if (ret)
		return node_explain(core, ret, err);
	return node_check(call);
}
