// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The name service: its begin, its messages, changes of view, time. */
#include "names_priv.h"

/* names_check() walks chains of at most slots; before a snapshot is whole the index is empty. */
static void reset(struct names *n)
{
	__builtin_memset(n->memory.slots, 0, n->limits.slots * sizeof(struct names_slot));
	for (uint32_t i = 0; i < n->limits.slots; i++)
		n->memory.index[i].touched = 0;
	names_reindex(n);
	n->counts.applied = 0;
	n->acknowledged = 0;
	n->number = 0;
	n->pieces = 0;
}

static bool limits_good(const struct names_limits *l, const struct names_memory *m)
{
	return l->slots && l->slots <= NAMES_SLOTS_MAX && !(l->slots & (l->slots - 1)) &&
	       l->records && l->waits && l->node && m->pendings > m->domains &&
	       m->domain_pending && m->slots && m->index && m->pending;
}

int names_init(struct names *n, uint32_t self, const struct names_limits *limits,
	       const struct names_memory *memory, const struct protocol_port *port,
	       const struct names_hooks *hooks, void *ctx)
{
	if (self >= PROTOCOL_NODES_MAX || !limits_good(limits, memory))
		return -URPC_EINVAL;
	if (!self && (!memory->peer_count || memory->peer_count > PROTOCOL_NODES_MAX ||
		      memory->queue_count < memory->peer_count * (NAMES_OUTSTANDING + 1)))
		return -URPC_EINVAL;
	__builtin_memset(n, 0, sizeof(*n));
	n->self = self;
	n->limits = *limits;
	n->memory = *memory;
	n->port = *port;
	n->hooks = *hooks;
	n->ctx = ctx;
	n->state = self ? STATE_BEFORE : STATE_READY;
	if (!self)
		protocol_set_add(&n->members, 0);
	reset(n);
	return 0;
}

void names_go_on(struct names *n)
{
	names_pump(n);
	if (names_leads(n))
		names_order(n);
}

bool names_ready(const struct names *n)
{
	return n->state == STATE_READY;
}

static int on_request(void *ctx, uint32_t from, const struct names_request *m)
{
	struct names *n = ctx;
	struct names_entry e = {
		.ask = { .op = m->op, .flags = m->flags },
		.node = from,
		.domain = m->domain,
		.number = m->number,
		.cancels = m->cancels,
	};

	if (m->epoch != n->memory.peers[from].epoch)
		return 0;
	__builtin_memcpy(e.ask.value, m->value, m->value_count * sizeof(m->value[0]));
	__builtin_memcpy(e.ask.name, m->name, sizeof(e.ask.name));
	if (!names_entry_good(&e) || !e.number || n->memory.peers[from].state != PEER_LIVE)
		return -URPC_EPROTO;
	return names_enter(n, from, &e);
}

static int on_ack(void *ctx, uint32_t from, const struct names_ack *m)
{
	struct names *n = ctx;

	if (m->epoch != n->memory.peers[from].epoch)
		return 0;
	return names_acked(n, from, m->sequence);
}

static int on_piece_ack(void *ctx, uint32_t from, const struct names_piece_ack *m)
{
	struct names *n = ctx;

	if (m->epoch != n->memory.peers[from].epoch)
		return 0;
	return names_piece_acked(n, from, m->piece);
}

static void acknowledge(struct names *n)
{
	struct names_ack ack = { .epoch = n->epoch, .sequence = n->counts.applied };
	struct names_piece_ack piece = { .epoch = n->epoch, .piece = n->pieces };

	n->acknowledged = n->counts.applied;
	if (n->state == STATE_READY)
		names_ack_out(&n->port, 0, &ack);
	else if (n->pieces)
		names_piece_ack_out(&n->port, 0, &piece);
}

static int on_apply(void *ctx, uint32_t from, const struct names_apply *m)
{
	struct names *n = ctx;
	struct names_entry e = {
		.ask = { .op = m->op, .flags = m->flags },
		.node = m->node,
		.domain = m->domain,
		.number = m->number,
		.cancels = m->cancels,
	};

	(void)from;
	if (m->epoch != n->epoch)
		return 0;
	__builtin_memcpy(e.ask.value, m->value, m->value_count * sizeof(m->value[0]));
	__builtin_memcpy(e.ask.name, m->name, sizeof(e.ask.name));
	if (n->state != STATE_READY || m->sequence != n->counts.applied + 1 ||
	    !names_entry_good(&e))
		return -URPC_EPROTO;
	names_apply_entry(n, &e);
	if (n->counts.applied - n->acknowledged >= NAMES_WINDOW / 4)
		acknowledge(n);
	return 0;
}

static int on_piece(void *ctx, uint32_t from, const struct names_piece *m)
{
	struct names *n = ctx;

	(void)from;
	return m->epoch == n->epoch ? names_take_piece(n, m) : 0;
}

static int on_snapshot(void *ctx, uint32_t from, const struct names_snapshot *m)
{
	struct names *n = ctx;

	(void)from;
	return m->epoch == n->epoch ? names_take_snapshot(n, m) : 0;
}

static const struct names_handlers at_leader = {
	.request = on_request,
	.ack = on_ack,
	.piece_ack = on_piece_ack,
};

static const struct names_handlers at_others = {
	.apply = on_apply,
	.piece = on_piece,
	.snapshot = on_snapshot,
};

int names_message(struct names *n, uint32_t from, uint16_t type, const void *payload,
		  uint32_t bytes, uint64_t now)
{
	int error;

	n->now = now;
	if (!protocol_set_has(&n->members, from) || from == n->self ||
	    (n->state != STATE_JOINING && n->state != STATE_READY)) {
		n->counts.strangers++;
		return 0;
	}
	if (!names_leads(n) && from)
		return -URPC_EPROTO;
	error = names_dispatch(names_leads(n) ? &at_leader : &at_others, n, from, type, payload,
			       bytes);
	names_go_on(n);
	return error;
}

void names_freeze(struct names *n)
{
	n->frozen = true;
}

static void view_at_leader(struct names *n, const struct protocol_set *members)
{
	struct protocol_set gone = n->members, come = *members;
	uint32_t node;

	protocol_set_without(&gone, members);
	protocol_set_without(&come, &n->members);
	n->members = *members;
	protocol_set_add(&n->members, 0);
	protocol_set_each(node, &gone)
		if (node)
			names_gone(n, node);
	protocol_set_each(node, &come)
		if (node < n->memory.peer_count)
			names_come(n, node);
		else
			protocol_set_remove(&n->members, node);
	names_go_on(n);
}

static void view_at_others(struct names *n, const struct protocol_set *members)
{
	bool was = protocol_set_has(&n->members, n->self);
	bool is = protocol_set_has(members, n->self);

	n->members = *members;
	if (is && !was) {
		n->epoch = n->view;
		n->state = STATE_JOINING;
		reset(n);
	} else if (was && !is) {
		n->state = STATE_STOPPED;
		names_stop(n);
	} else if (is) {
		acknowledge(n);
		names_resend(n);
		names_go_on(n);
	}
}

void names_view(struct names *n, uint32_t view, const struct protocol_set *members, uint64_t now)
{
	n->now = now;
	n->view = view;
	n->frozen = false;
	if (names_leads(n))
		view_at_leader(n, members);
	else
		view_at_others(n, members);
}

uint64_t names_tick(struct names *n, uint64_t now)
{
	uint64_t next, other;

	n->now = now;
	next = names_overdue(n);
	other = names_watch_tick(n);
	next = other < next ? other : next;
	names_go_on(n);
	if (names_leads(n)) {
		other = names_stuck(n);
		next = other < next ? other : next;
	}
	return next;
}

bool names_quiet(const struct names *n)
{
	uint32_t node;

	if (n->unordered || n->queue_used || n->state == STATE_JOINING)
		return false;
	for (uint32_t i = 0; i < n->memory.pendings; i++)
		if (n->memory.pending[i].state == PENDING_NEW)
			return false;
	protocol_set_each(node, &n->members)
		if (names_leads(n) && node && n->memory.peers[node].state != PEER_LIVE)
			return false;
	return true;
}

const char *names_sentence(uint32_t error)
{
	static const char *const sentences[NAMES_ERROR_COUNT] = {
		[NAMES_OK] = "done",
#define SENTENCE(name, sentence) [NAMES_##name] = sentence,
		NAMES_ERRORS(SENTENCE)
	};

	return error < NAMES_ERROR_COUNT ? sentences[error] : "no known error";
}
