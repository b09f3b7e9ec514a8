// SPDX-License-Identifier: GPL-2.0-only
#include <arch.h>
#include <bootinfo.h>
#include <cold.h>
#include <console.h>
#include <control.h>
#include <crash.h>
#include <errors.h>
#include <link.h>
#include <loop.h>
#include <memory.h>
#include <ping.h>
#include <trace.h>
#include <userlink.h>

/* Messages taken from one link before the next one gets its turn. */
#define LINK_BATCH 32

#define LINKS_MAX (1 + ABI_NODES_MAX + ABI_CHANNEL_NUMBERS)

/*
 * The open links, densely: [0] control, then peers, then bound channels in any order. A bound link
 * that closes hands its place to the last one.
 */
static struct link *open_links[LINKS_MAX];
static uint32_t open_count;

/* The links of which @owes is set, each once; some may be closed by now. */
static struct link *owing[LINKS_MAX];
static uint32_t owing_count;

static struct link control_link;
static struct link peer_links[ABI_NODES_MAX];
static struct link bound_links[ABI_CHANNEL_NUMBERS];

/* Bound links that were closed here, and of which node 0 has not been told. */
static uint32_t untold;

static COLD int link_open(struct link *link, const struct link_ops *ops, const struct abi_channel *at)
{
	int rc;

	*link = (struct link){ .node = at->peer, .tx_base = at->tx, .rx_base = at->rx,
			       .owes = link->owes };
	rc = urpc_chan_init(&link->chan, memory_at(at->tx), memory_at(at->rx), at->slots);
	if (rc)
		return -ERR_INVAL;
	link->ops = ops;
	open_links[open_count++] = link;
	return 0;
}

static COLD void link_close(struct link *link)
{
	uint32_t i = 0;

	if (link->ops->close)
		link->ops->close(link);
	link->ops = NULL;
	while (open_links[i] != link)
		i++;
	open_links[i] = open_links[--open_count];
}

/*
 * Can two rings of that many slots be used by this core? Both must be inside shared memory,
 * aligned, apart from each other, from the rings of all open links and from the boot information's
 * pages.
 */
static COLD bool rings_valid(uint64_t tx, uint64_t rx, uint32_t slots)
{
	uint64_t bytes;

	if (!urpc_slots_valid(slots) || (tx | rx) % URPC_RING_ALIGN)
		return false;
	bytes = urpc_ring_bytes(slots);
	if (!memory_within(tx, bytes, ABI_EXTENT_SHARED) ||
	    !memory_within(rx, bytes, ABI_EXTENT_SHARED) || memory_overlap(tx, bytes, rx, bytes) ||
	    memory_reserved(tx, bytes) || memory_reserved(rx, bytes) ||
	    userlinks_overlap(tx, bytes) || userlinks_overlap(rx, bytes))
		return false;
	for (uint32_t i = 0; i < open_count; i++) {
		const struct link *l = open_links[i];
		uint64_t other = urpc_ring_bytes(l->chan.slots);

		if (memory_overlap(tx, bytes, l->tx_base, other) ||
		    memory_overlap(tx, bytes, l->rx_base, other) ||
		    memory_overlap(rx, bytes, l->tx_base, other) ||
		    memory_overlap(rx, bytes, l->rx_base, other))
			return false;
	}
	return true;
}

static COLD void open_fixed(struct link *link, const struct link_ops *ops, const struct abi_channel *at)
{
	check(rings_valid(at->tx, at->rx, at->slots),
	      "the %s channel to node %u is misplaced: rings at 0x%lx and 0x%lx, %u slots",
	      ops->name, at->peer, at->tx, at->rx, at->slots);
	check(!link_open(link, ops, at), "the %s channel to node %u cannot be opened", ops->name,
	      at->peer);
	link->label = at->peer ? ABI_TRACE_CHANNEL_PEER : ABI_TRACE_CHANNEL_CONTROL;
}

COLD void links_init(void)
{
	const struct abi_channel *peers;

	check(boot_info->control.slots && !boot_info->control.peer, "no control channel to node 0");
	open_fixed(&control_link, &control_ops, &boot_info->control);
	if (!boot_info->peers)
		return;
	peers = memory_at(boot_info->peers);
	for (uint32_t node = 1; node < boot_info->nodes; node++) {
		if (!peers[node].slots || node == boot_info->node)
			continue;
		check(peers[node].peer == node, "the table of peers has node %u in place %u",
		      peers[node].peer, node);
		open_fixed(&peer_links[node], &peer_ops, &peers[node]);
	}
}

COLD int links_bind_check(const struct abi_ctl_bind *bind)
{
	const struct link *link;

	if (bind->channel >= ABI_CHANNEL_NUMBERS)
		return -ERR_INVAL;
	link = &bound_links[bind->channel];
	if (link->ops || link->closed || userlink_taken(bind->channel))
		return -ERR_BUSY;
	return rings_valid(bind->tx, bind->rx, bind->slots) ? 0 : -ERR_INVAL;
}

COLD int links_bind(const struct abi_ctl_bind *bind, const struct link_ops *ops)
{
	struct abi_channel at = { .tx = bind->tx, .rx = bind->rx, .slots = bind->slots };
	int rc = links_bind_check(bind);
	struct link *link;

	if (rc)
		return rc;
	link = &bound_links[bind->channel];
	if (link_open(link, ops, &at))
		return -ERR_INVAL;
	link->number = bind->channel;
	link->label = bind->channel;
	return 0;
}

COLD int links_unbind(uint32_t number)
{
	struct link *link;

	if (number >= ABI_CHANNEL_NUMBERS)
		return -ERR_NOENT;
	link = &bound_links[number];
	if (link->ops)
		link_close(link);
	else if (!link->closed)
		return -ERR_NOENT;
	untold -= link->closed == LINK_UNTOLD;
	link->closed = LINK_NOT_CLOSED;
	return 0;
}

struct link *links_peer(uint32_t node)
{
	if (node >= ABI_NODES_MAX || !peer_links[node].ops)
		return NULL;
	return &peer_links[node];
}

COLD void links_each(void (*visit)(struct link *link))
{
	for (uint32_t i = 0; i < open_count; i++)
		visit(open_links[i]);
}

void links_each_bound(void (*visit)(struct link *link))
{
	for (uint32_t i = 0; i < ABI_CHANNEL_NUMBERS; i++) {
		if (bound_links[i].ops)
			visit(&bound_links[i]);
	}
}

bool link_has_room(struct link *link, uint32_t more)
{
	return link->promised + more <= link->chan.slots &&
	       urpc_has_room(&link->chan, link->promised + more);
}

bool link_ready_reply(struct link *link)
{
	return link_has_room(link, 1);
}

void link_owes(struct link *link)
{
	if (link->owes)
		return;
	link->owes = true;
	owing[owing_count++] = link;
}

/*
 * A broken channel takes no more messages and stays quiet; links_poll() closes it, so that nothing
 * is pulled away under a handler.
 */
static void link_sent(struct link *link, int rc, uint64_t stamp, uint16_t type, size_t bytes)
{
	if (rc == -URPC_EPROTO)
		return;
	check(!rc, "no room on a %s channel: error %d", link->ops->name, rc);
	link->sent = true;
	link_owes(link);
	core_page->count.sent++;
	if (stamp)
		trace_record(ABI_TRACE_SEND, stamp, link->node, link->label, link->chan.tx_next - 1,
			     abi_trace_message(type, (uint16_t)bytes));
}

void link_send(struct link *link, uint16_t type, const void *payload, size_t bytes)
{
	uint64_t stamp = trace_stamp(ABI_TRACE_SEND);

	link_sent(link, urpc_send(&link->chan, type, payload, bytes), stamp, type, bytes);
}

COLD void link_send_long(struct link *link, uint16_t type, const void *payload, size_t bytes)
{
	uint64_t stamp = trace_stamp(ABI_TRACE_SEND);

	link_sent(link, urpc_send_long(&link->chan, type, payload, bytes), stamp, type, bytes);
}

COLD void links_closed(uint32_t number, int status)
{
	bound_links[number].closed = LINK_UNTOLD;
	bound_links[number].status = status;
	untold++;
}

static COLD void link_broken(struct link *link)
{
	core_page->count.protocol_errors++;
	console_error("%s channel %u to node %u broke the protocol at message %lu; it is closed",
		      link->ops->name, link->number, link->node, link->chan.rx_next);
	link_close(link);
	if (link >= bound_links && link < bound_links + ABI_CHANNEL_NUMBERS)
		links_closed(link->number, -ERR_PROTO);
}

/* Tell node 0 which of its channels were closed, as far as there is room. */
static COLD void links_tell(void)
{
	for (uint32_t i = 0; untold && i < ABI_CHANNEL_NUMBERS; i++) {
		if (bound_links[i].closed != LINK_UNTOLD)
			continue;
		if (!control_link.ops || !link_has_room(&control_link, 1))
			return;
		control_tell_closed(&control_link, i, bound_links[i].status);
		bound_links[i].closed = LINK_TOLD;
		untold--;
	}
}

static void link_received(struct link *link, uint16_t type, size_t bytes)
{
	trace(ABI_TRACE_RECEIVE, link->node, link->label, link->chan.rx_next - 1,
	      abi_trace_message(type, (uint16_t)bytes));
	core_page->count.received++;
	link->messages++;
	link->bytes += bytes;
}

/*
 * A message over several slots: taken only when an answer as long has room. Should the peer make it
 * longer in between, it no longer fits.
 * Return: 0, -URPC_EAGAIN when it has to wait, -URPC_EPROTO also where none is expected.
 */
static COLD int link_take_long(struct link *link)
{
	static uint64_t buffer[URPC_LONG_BYTES / 8];
	uint16_t type;
	size_t len, most;
	int rc;

	if (!link->ops->long_message)
		return -URPC_EPROTO;
	rc = urpc_recv_long(&link->chan, &type, buffer, 0, &most);
	if (rc != -URPC_EMSGSIZE)
		return rc;
	if (!link_has_room(link, urpc_slots_of(most))) {
		link->wants = urpc_slots_of(most);
		return -URPC_EAGAIN;
	}
	rc = urpc_recv_long(&link->chan, &type, buffer, most, &len);
	if (rc)
		return rc;
	link_received(link, type, len);
	link->ops->long_message(link, type, buffer, len);
	return 0;
}

/* Take one message. Return: as link_take_long(). */
static int link_take(struct link *link)
{
	struct urpc_msg msg;
	int rc = urpc_recv(&link->chan, &msg);

	if (rc == -URPC_EMSGSIZE)
		return link_take_long(link);
	if (rc)
		return rc;
	link_received(link, msg.type, msg.len);
	link->ops->message(link, &msg);
	return 0;
}

/* Returns whether there was a message. */
static bool link_poll(struct link *link)
{
	unsigned int n;
	int rc;

	/* Taking messages acknowledges them at times. */
	link_owes(link);

	link->wants = 1;
	link->stalled = false;
	for (n = 0; n < LINK_BATCH && urpc_can_recv(&link->chan); n++) {
		if (!link->chan.broken && !link->ops->ready(link)) {
			link->stalled = true;
			break;
		}
		rc = link_take(link);
		if (rc == -URPC_EAGAIN) {
			link->stalled = true;
			break;
		}
		if (rc) {
			link_broken(link);
			return true;
		}
	}
	return n > 0;
}

/* Notify the peer if it waits for what was sent, or for what was acknowledged. */
static void link_flush(struct link *link)
{
	bool wake;

	if (link->sent)
		wake = urpc_notify_needed(&link->chan);
	else
		wake = urpc_ack_notify_needed(&link->chan);
	link->sent = false;
	if (wake)
		notify_node_about(link->node, link->label, link->chan.tx_next - 1);
}

bool links_poll(void)
{
	bool any = false;

	/*
	 * Backwards, so that closing the link in hand moves one that had its turn. The control
	 * link, whose handler closes others, comes last.
	 */
	for (uint32_t i = open_count; i-- > 0;) {
		struct link *link = open_links[i];

		if (link->stalled || urpc_can_recv(&link->chan))
			any |= link_poll(link);
	}
	return any;
}

void links_flush(void)
{
	if (untold)
		links_tell();
	while (owing_count) {
		struct link *link = owing[--owing_count];

		link->owes = false;
		if (link->ops)
			link_flush(link);
	}
}

/*
 * A stalled link waits for room, or for something that a timer ends: see link_ops.ready. Returns
 * whether the core may sleep as far as this link goes.
 */
static bool link_arm(struct link *link)
{
	if (!link->stalled)
		return urpc_arm(&link->chan);
	urpc_ack(&link->chan);
	if (!urpc_has_room(&link->chan, link->wants))
		return urpc_arm_room(&link->chan, link->wants);
	/* There is room by now; unless it is promised, the message can be taken after all. */
	return !link->chan.broken && !link->ops->ready(link);
}

bool links_arm(void)
{
	/* What is untold waits for room on the control link. */
	if (untold && control_link.ops &&
	    (link_has_room(&control_link, 1) || !urpc_arm_send(&control_link.chan))) {
		links_disarm();
		return false;
	}
	for (uint32_t i = 0; i < open_count; i++) {
		if (!link_arm(open_links[i])) {
			links_disarm();
			return false;
		}
	}
	/* Arming published acknowledgements: a peer may wait for those. */
	links_each(link_flush);
	return true;
}

void links_disarm(void)
{
	for (uint32_t i = 0; i < open_count; i++)
		urpc_disarm(&open_links[i]->chan);
}
