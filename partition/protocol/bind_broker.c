// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * Node 0: the channels between nodes. It knows both ends of each, tells them when it is there and
 * when the other end is closed, and takes it away when both have let go of it, or their nodes are
 * gone.
 */
#include "bind_priv.h"

static uint64_t id_of(const struct bind *b, const struct bind_channel *c)
{
	return (uint64_t)(c - b->memory.channels) | (uint64_t)c->generation << 32;
}

static struct bind_channel *channel_of(struct bind *b, uint64_t id)
{
	uint32_t i = (uint32_t)id;

	if (i >= b->memory.channel_count || b->memory.channels[i].state == CHANNEL_FREE ||
	    b->memory.channels[i].generation != id >> 32)
		return NULL;
	return &b->memory.channels[i];
}

static void release(struct bind_channel *c)
{
	uint16_t generation = c->generation;

	__builtin_memset(c, 0, sizeof(*c));
	c->generation = generation;
}

static bool gone(const struct bind *b, const struct bind_channel *c, uint32_t side)
{
	return bind_peer_gone(b, c->node[side], c->epoch[side]);
}

static void tell_side(struct bind *b, const struct bind_channel *c, uint64_t id, uint32_t side,
		      uint32_t error)
{
	struct bind_open m = {
		.server = side == 1,
		.peer = c->node[!side],
		.number = c->number,
		.conn = c->conn,
		.channel = id,
		.end = c->end[side],
		.error = error,
	};

	if (!gone(b, c, side))
		bind_send_open(b, c->node[side], &m);
}

/*
 * To both ends, as far as they are there; to this node last, since it may close its end at once,
 * and the other has to hear that it is open before it hears that it is closed.
 */
static void tell_open(struct bind *b, const struct bind_channel *c, uint64_t id, uint32_t error)
{
	struct bind_channel copy = *c;
	uint32_t first = copy.node[0] == b->self;

	tell_side(b, &copy, id, first, error);
	tell_side(b, &copy, id, !first, error);
}

static uint32_t most(const struct bind *b, uint32_t node)
{
	return node == b->self && b->limits.own_channels ? b->limits.own_channels :
							   b->limits.node_channels;
}

/* A free entry, unless one of the nodes has as many channels as it may have. */
static struct bind_channel *take(struct bind *b, uint32_t one, uint32_t other)
{
	struct bind_channel *found = NULL;
	uint32_t have[2] = { 0, 0 };

	for (uint32_t i = 0; i < b->memory.channel_count; i++) {
		struct bind_channel *c = &b->memory.channels[i];

		if (c->state == CHANNEL_FREE) {
			found = found ? found : c;
			continue;
		}
		have[0] += c->node[0] == one || c->node[1] == one;
		have[1] += c->node[0] == other || c->node[1] == other;
	}
	return have[0] < most(b, one) && have[1] < most(b, other) ? found : NULL;
}

int bind_on_make(struct bind *b, uint32_t from, const struct bind_make *m)
{
	struct bind_channel refused = {
		.node = { m->client, from },
		.epoch = { m->epoch, b->epoch[from] },
		.conn = m->conn,
		.slots = m->slots,
		.number = m->number,
	};
	struct bind_channel *c;
	uint32_t error = BIND_OK;

	if (m->client == from || m->client >= PROTOCOL_NODES_MAX || m->slots < 4 ||
	    m->slots > BIND_SLOTS_MAX || (m->slots & (m->slots - 1)) || !m->number)
		return -URPC_EPROTO;
	c = take(b, m->client, from);
	if (bind_peer_gone(b, m->client, m->epoch))
		error = BIND_E_NODE;
	else if (!c)
		error = BIND_E_TABLE;
	if (error) {
		tell_open(b, &refused, 0, error);
		return 0;
	}
	refused.generation = c->generation == 0xffff ? 1 : c->generation + 1;
	*c = refused;
	c->state = CHANNEL_MAKING;
	b->hooks.channel(b->ctx, id_of(b, c), c);
	return 0;
}

/* Both ends have let go: the memory can go. */
static void end_if_closed(struct bind *b, struct bind_channel *c)
{
	if (c->state != CHANNEL_OPEN || !c->closed[0] || !c->closed[1])
		return;
	c->state = CHANNEL_ENDING;
	b->hooks.unmake(b->ctx, id_of(b, c), c);
}

void bind_made(struct bind *b, uint64_t id, uint32_t error, const uint32_t end[2], uint64_t now)
{
	struct bind_channel *c = channel_of(b, id);

	b->now = now;
	if (!c || c->state != CHANNEL_MAKING)
		return;
	if (error) {
		tell_open(b, c, id, error);
		release(c);
		return;
	}
	c->end[0] = end[0];
	c->end[1] = end[1];
	c->state = CHANNEL_OPEN;
	if (gone(b, c, 0) || gone(b, c, 1)) {
		/* One died meanwhile: for the other it was never there. */
		tell_open(b, c, id, BIND_E_NODE);
		c->closed[0] = c->closed[1] = true;
	} else {
		tell_open(b, c, id, BIND_OK);
	}
	end_if_closed(b, c);
}

void bind_unmade(struct bind *b, uint64_t id)
{
	struct bind_channel *c = channel_of(b, id);

	if (c && c->state == CHANNEL_ENDING)
		release(c);
}

/* @side is closed, for whatever reason: the other one is told, once. */
static void close_side(struct bind *b, struct bind_channel *c, uint32_t side, uint32_t error)
{
	struct bind_closed m = { .channel = id_of(b, c), .error = error };

	c->closed[side] = true;
	if (!c->since)
		c->since = b->now + 1;
	if (!c->closed[!side] && !c->told[!side]) {
		c->told[!side] = true;
		bind_send_closed(b, c->node[!side], &m);
	}
}

int bind_on_close(struct bind *b, uint32_t from, const struct bind_close *m)
{
	struct bind_channel *c = channel_of(b, m->channel);
	uint32_t side, error = m->error ? m->error : BIND_E_CLOSED;

	if (!c || c->state != CHANNEL_OPEN || m->error >= BIND_E_COUNT)
		return -URPC_EPROTO;
	side = c->node[1] == from;
	if (c->node[side] != from || c->closed[side])
		return -URPC_EPROTO;
	close_side(b, c, side, error);
	end_if_closed(b, c);
	return 0;
}

void bind_view_broker(struct bind *b)
{
	for (uint32_t i = 0; i < b->memory.channel_count; i++) {
		struct bind_channel *c = &b->memory.channels[i];

		if (c->state != CHANNEL_OPEN)
			continue; /* bind_made() will see that they are gone */
		for (uint32_t side = 0; side < 2; side++)
			c->closed[side] |= gone(b, c, side);
		for (uint32_t side = 0; side < 2; side++)
			if (c->state == CHANNEL_OPEN && gone(b, c, side))
				close_side(b, c, side, BIND_E_NODE);
		end_if_closed(b, c);
	}
}

/* Who does not let go of what the other end has closed. */
uint64_t bind_tick_broker(struct bind *b)
{
	uint64_t next = PROTOCOL_NEVER;

	for (uint32_t i = 0; i < b->memory.channel_count; i++) {
		struct bind_channel *c = &b->memory.channels[i];

		if (c->state != CHANNEL_OPEN || !c->since || c->reported)
			continue;
		if (c->since + BIND_STUCK_US > b->now) {
			next = c->since + BIND_STUCK_US < next ? c->since + BIND_STUCK_US : next;
			continue;
		}
		c->reported = true;
		b->hooks.stuck(b->ctx, c->node[c->closed[0]]);
	}
	return next;
}
