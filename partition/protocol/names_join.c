// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * A node joins: node 0 sends it the table slot by slot, a piece at a time, while the log goes on. A
 * pass sends all that has changed since the pass before began, the first one all. When a pass
 * ends and nothing has changed meanwhile, the table there is the table here, and the node follows
 * the log from that entry on. After NAMES_PASSES passes the log waits, so this ends.
 */
#include "names_priv.h"

URPC_STATIC_ASSERT(sizeof(((struct names_piece *)0)->index) == 8 * NAMES_PIECE_SLOTS, "a piece");
URPC_STATIC_ASSERT(NAMES_PIECE_MAX <= sizeof(((struct names *)0)->message), "a piece");

/* Go on with the pass until the piece is full; false: it is not, the pass is at its end. */
static bool fill(struct names *n, struct names_peer *peer, struct names_piece *m)
{
	for (; peer->cursor < n->limits.slots; peer->cursor++) {
		if (n->memory.index[peer->cursor].touched <= peer->from)
			continue;
		if (m->index_count == NAMES_PIECE_SLOTS)
			return true;
		m->index[m->index_count++] = peer->cursor;
		__builtin_memcpy(n->piece + m->data_count, &n->memory.slots[peer->cursor],
				 sizeof(struct names_slot));
		m->data_count += sizeof(struct names_slot);
	}
	return false;
}

static void send_piece(struct names *n, uint32_t node, struct names_piece *m)
{
	struct names_peer *peer = &n->memory.peers[node];

	m->epoch = peer->epoch;
	m->piece = ++peer->piece;
	m->data = n->piece;
	names_piece_out(&n->port, node, m, n->message);
}

static void finish(struct names *n, uint32_t node)
{
	struct names_peer *peer = &n->memory.peers[node];
	struct names_snapshot m = {
		.epoch = peer->epoch,
		.sequence = n->counts.applied,
		.hash = names_hash(n),
		.slots = n->limits.slots,
		.records = n->limits.records,
		.waits = n->limits.waits,
		.node = n->limits.node,
	};

	peer->state = PEER_LIVE;
	peer->acked = n->counts.applied;
	peer->waiting = false;
	peer->since = 0;
	names_snapshot_out(&n->port, node, &m);
}

/*
 * The next piece for a joining node, or the last and the end of the snapshot. A turn of the loop
 * that does not return begins a pass that looks at what has changed since the one before: at most
 * three.
 */
void names_feed(struct names *n, uint32_t node)
{
	struct names_peer *peer = &n->memory.peers[node];
	struct names_piece m = { .index_count = 0 };

	while (!fill(n, peer, &m)) {
		peer->from = peer->to;
		if (peer->from == n->counts.applied) {
			if (m.index_count)
				send_piece(n, node, &m);
			finish(n, node);
			return;
		}
		peer->to = n->counts.applied;
		peer->cursor = 0;
		peer->passes++;
	}
	peer->waiting = true;
	peer->since = n->now + 1;
	send_piece(n, node, &m);
}

int names_piece_acked(struct names *n, uint32_t from, uint32_t piece)
{
	struct names_peer *peer = &n->memory.peers[from];

	/* Nobody waits for the last one, and one may come again after a change of view. */
	if (piece && (piece < peer->piece || (peer->state == PEER_LIVE && piece == peer->piece)))
		return 0;
	if (peer->state != PEER_JOINING || !peer->waiting || piece != peer->piece)
		return -URPC_EPROTO;
	peer->waiting = false;
	peer->since = 0;
	names_feed(n, from);
	return 0;
}

int names_take_piece(struct names *n, const struct names_piece *m)
{
	struct names_piece_ack ack = { .epoch = n->epoch, .piece = m->piece };

	if (n->state != STATE_JOINING || m->piece != n->pieces + 1 || !m->index_count ||
	    m->data_count != m->index_count * sizeof(struct names_slot))
		return -URPC_EPROTO;
	for (uint32_t i = 0; i < m->index_count; i++)
		if (m->index[i] >= n->limits.slots)
			return -URPC_EPROTO;
	for (uint32_t i = 0; i < m->index_count; i++)
		__builtin_memcpy(&n->memory.slots[m->index[i]],
				 m->data + i * sizeof(struct names_slot),
				 sizeof(struct names_slot));
	n->pieces++;
	names_piece_ack_out(&n->port, 0, &ack);
	return 0;
}

/* The table is whole: believed when every slot, every queue and the sum over all are right. */
int names_take_snapshot(struct names *n, const struct names_snapshot *m)
{
	if (n->state != STATE_JOINING || m->slots != n->limits.slots)
		return -URPC_EPROTO;
	for (uint32_t i = 0; i < n->limits.slots; i++)
		if (!names_slot_sane(n, &n->memory.slots[i]))
			return -URPC_EPROTO;
	n->limits.records = m->records;
	n->limits.waits = m->waits;
	n->limits.node = m->node;
	n->counts.applied = m->sequence;
	n->acknowledged = m->sequence;
	names_reindex(n);
	if (names_hash(n) != m->hash || !names_check(n))
		return -URPC_EPROTO;
	n->state = STATE_READY;
	n->counts.snapshots++;
	names_watch_ready(n);
	names_pump(n);
	return 0;
}
