// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Node 0: the queue of requests, and their order. The queue holds NAMES_OUTSTANDING of each node
 * and the end of each, so it never overflows; the log waits for the slowest member, and says who
 * that is when it has been waiting for too long.
 */
#include "names_priv.h"

static struct names_entry *queue_at(struct names *n, uint32_t i)
{
	return &n->memory.queue[(n->queue_first + i) % n->memory.queue_count];
}

static void enqueue(struct names *n, const struct names_entry *e)
{
	*queue_at(n, n->queue_used++) = *e;
}

/*
 * A request came: the next one of its node, or one that came before, or one behind a lost one,
 * which will come again. More than the node may have: it broke the protocol.
 */
int names_enter(struct names *n, uint32_t from, const struct names_entry *e)
{
	struct names_peer *peer = &n->memory.peers[from];

	if (e->number <= peer->requested) {
		n->counts.repeated++;
		return 0;
	}
	if (e->number != peer->requested + 1) {
		n->counts.gaps++;
		return 0;
	}
	if (peer->queued >= NAMES_OUTSTANDING || n->queue_used >= n->memory.queue_count)
		return -URPC_EPROTO;
	peer->requested++;
	peer->queued++;
	enqueue(n, e);
	return 0;
}

/*
 * A member without room for another entry, or a joining one for whom the log waits: NULL if none.
 */
static struct names_peer *in_the_way(struct names *n)
{
	uint32_t node;

	protocol_set_each(node, &n->members) {
		struct names_peer *peer = &n->memory.peers[node];

		if (node == n->self)
			continue;
		if (peer->state == PEER_LIVE && n->counts.applied - peer->acked >= NAMES_WINDOW)
			return peer;
		if (peer->state == PEER_JOINING && peer->passes > NAMES_PASSES)
			return peer;
	}
	return NULL;
}

static void send_entry(struct names *n, const struct names_entry *e)
{
	struct names_apply m = {
		.sequence = n->counts.applied + 1,
		.node = e->node,
		.domain = e->domain,
		.op = e->ask.op,
		.flags = e->ask.flags,
		.number = e->number,
		.cancels = e->cancels,
		.value_count = names_values(e->ask.value),
	};
	uint32_t node;

	__builtin_memcpy(m.value, e->ask.value, sizeof(m.value));
	__builtin_memcpy(m.name, e->ask.name, sizeof(m.name));
	protocol_set_each(node, &n->members) {
		if (node == n->self || n->memory.peers[node].state != PEER_LIVE)
			continue;
		m.epoch = n->memory.peers[node].epoch;
		names_apply_out(&n->port, node, &m);
	}
}

/*
 * Put into order what may be. Bounded by the queue and what this node's own domains have waiting.
 */
void names_order(struct names *n)
{
	while (!n->frozen && n->queue_used) {
		struct names_peer *slow = in_the_way(n);
		struct names_entry e;

		if (slow) {
			if (!slow->since)
				slow->since = n->now + 1;
			break;
		}
		e = *queue_at(n, 0);
		n->queue_first = (n->queue_first + 1) % n->memory.queue_count;
		n->queue_used--;
		if (e.number)
			n->memory.peers[e.node].queued--;
		send_entry(n, &e);
		names_apply_entry(n, &e);
		if (e.node == n->self)
			names_pump(n);
	}
}

/* Acknowledging what was not sent is a lie; the last one comes again after a change of view. */
int names_acked(struct names *n, uint32_t from, uint64_t sequence)
{
	struct names_peer *peer = &n->memory.peers[from];

	if (peer->state != PEER_LIVE || sequence < peer->acked || sequence > n->counts.applied)
		return -URPC_EPROTO;
	peer->acked = sequence;
	peer->since = 0;
	return 0;
}

/*
 * A node is no member any more. Its requests that are not in the log never will be: nobody waits
 * for them. Then what it had is removed, by an entry of the log; one suffices if it came back and
 * went.
 */
void names_gone(struct names *n, uint32_t node)
{
	struct names_entry end = { .ask.op = NAMES_OP_NODE_END, .node = node };
	uint32_t kept = 0;
	bool ends = false;

	for (uint32_t i = 0; i < n->queue_used; i++) {
		const struct names_entry *e = queue_at(n, i);

		if (e->node == node && e->number)
			continue;
		ends |= e->node == node;
		*queue_at(n, kept++) = *e;
	}
	n->queue_used = kept;
	n->memory.peers[node].state = PEER_NONE;
	if (!ends)
		enqueue(n, &end);
}

void names_come(struct names *n, uint32_t node)
{
	struct names_peer *peer = &n->memory.peers[node];

	__builtin_memset(peer, 0, sizeof(*peer));
	peer->state = PEER_JOINING;
	peer->epoch = n->view;
	peer->to = n->counts.applied;
	n->counts.snapshots++;
	names_feed(n, node);
}

/* Who has kept the log, or its own snapshot, waiting for too long: told once. */
uint64_t names_stuck(struct names *n)
{
	uint64_t next = PROTOCOL_NEVER, at;
	uint32_t node;

	protocol_set_each(node, &n->members) {
		struct names_peer *peer = &n->memory.peers[node];

		if (node == n->self || !peer->since || peer->reported)
			continue;
		at = peer->since + NAMES_STUCK_US;
		if (at > n->now) {
			next = at < next ? at : next;
			continue;
		}
		peer->reported = true;
		n->hooks.stuck(n->ctx, node);
	}
	return next;
}
