// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * abi/protocol/node.h: who is told of what, and in which order.
 *
 * The leader's outcome of a change has two parts: a word with the bytes of agreement's, these bytes,
 * and the package of each newcomer, in the order of their numbers. A newcomer has the packages of the
 * others from PLACES before.
 */
#include <abi/if/node.h>
#include <abi/protocol/node.h>
#include <urpc/chan.h>

URPC_STATIC_ASSERT(VIEW_REMOVED_MAX <= AGREE_DEPART_MAX, "agreement can account for all who go");
URPC_STATIC_ASSERT(4 + AGREE_BLOB_MAX + 2 * PROTOCOL_NODES_MAX <= VIEW_BLOB_MAX,
		   "the outcome has room");

/* ---- what the machines send ---- */

static void send_watched(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct node *n = ctx;

	view_sent(&n->view, to, n->now);
	protocol_send(&n->batcher.port, to, type, payload, bytes);
}

/* Of the view machine: behind what was sent before. */
static void send_view(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct node *n = ctx;

	batch_flush_to(&n->batcher, to);
	protocol_send(&n->batcher.out, to, type, payload, bytes);
}

/* ---- hooks of the view machine ---- */

static void on_freeze(void *ctx)
{
	struct node *n = ctx;

	if (n->runs_agree)
		agree_freeze(&n->agree);
	if (n->runs_names)
		names_freeze(&n->names);
	for (uint32_t i = 0; i < n->part_count; i++)
		if (n->parts[i]->freeze)
			n->parts[i]->freeze(n->parts[i]->ctx);
}

static uint32_t on_report(void *ctx, const struct view *proposed, uint8_t *blob, uint32_t max)
{
	struct node *n = ctx;

	return n->runs_agree ? agree_report(&n->agree, &proposed->members, blob, max) : 0;
}

static void on_begin(void *ctx, const struct view *proposed)
{
	struct node *n = ctx;

	agree_merge_begin(&n->merger, &view_current(&n->view)->members, &proposed->members);
}

static int on_merge(void *ctx, uint32_t from, const uint8_t *blob, uint32_t bytes)
{
	struct node *n = ctx;

	(void)from;
	if (n->runs_agree)
		return agree_merge(&n->merger, blob, bytes);
	return bytes ? -URPC_EPROTO : 0;
}

static uint32_t on_outcome(void *ctx, uint8_t *blob, uint32_t max)
{
	struct node *n = ctx;
	struct protocol_set came = n->view.next.members;
	uint32_t bytes = 0, node;

	protocol_set_without(&came, &n->view.now.members);
	if (n->runs_agree)
		bytes = agree_outcome(&n->merger, blob + 4, max - 4);
	__builtin_memcpy(blob, &bytes, 4);
	bytes += 4;
	protocol_set_each(node, &came) {
		__builtin_memcpy(blob + bytes, &n->memory.package[node], 2);
		bytes += 2;
	}
	return bytes;
}

static void send_places(struct node *n, uint32_t to)
{
	struct node_places m = { .packages = n->memory.packages };

	while (m.first < n->memory.nodes) {
		m.package_count = n->memory.nodes - m.first;
		if (m.package_count > 128)
			m.package_count = 128;
		__builtin_memcpy(m.package, n->memory.package + m.first, 2 * m.package_count);
		node_places_out(&n->port, to, &m);
		m.first += m.package_count;
	}
}

static void send_distances(struct node *n, uint32_t to)
{
	uint32_t packages = n->memory.packages;
	struct node_distances m = { .packages = packages };

	for (m.row = 0; m.row < packages; m.row++)
		for (m.first = 0; m.first < packages; m.first += m.distance_count) {
			m.distance_count = packages - m.first > 64 ? 64 : packages - m.first;
			__builtin_memcpy(m.distance,
					 n->memory.distance + m.row * packages + m.first,
					 4 * m.distance_count);
			node_distances_out(&n->port, to, &m);
		}
}

static void on_welcome(void *ctx, uint32_t node, const struct view *next)
{
	struct node *n = ctx;

	(void)next;
	send_places(n, node);
	if (n->memory.distance)
		send_distances(n, node);
	for (uint32_t i = 0; i < n->part_count; i++)
		if (n->parts[i]->welcome)
			n->parts[i]->welcome(n->parts[i]->ctx, node);
}

/* The packages of those who came, in the leader's outcome. Return: 0, -URPC_EPROTO. */
static int take_packages(struct node *n, const struct view *now, const uint8_t *at, uint32_t bytes)
{
	const uint8_t *end = at + bytes;
	uint16_t package;
	uint32_t node;

	protocol_set_each(node, &now->members) {
		if (view_epoch(&n->view, node) != now->number)
			continue;
		if (end - at < 2 || node >= n->memory.nodes)
			return -URPC_EPROTO;
		__builtin_memcpy(&package, at, 2);
		at += 2;
		if (package >= n->memory.packages)
			return -URPC_EPROTO;
		n->memory.package[node] = package;
	}
	return at == end ? 0 : -URPC_EPROTO;
}

/* Somebody went: each who stays says when nothing of its memory is left there. */
static void settle_begin(struct node *n, const struct view *old, const struct view *now)
{
	struct protocol_set gone = old->members;

	protocol_set_without(&gone, &now->members);
	if (!n->runs_agree || !old->number || protocol_set_empty(&gone))
		return;
	n->settling = now->number;
	n->settle_view = now->number;
	n->unsettled = old->members;
	protocol_set_and(&n->unsettled, &now->members);
}

/* First the place of each node, then who uses it, then the runner. */
static int on_install(void *ctx, const struct view *old, const struct view *now,
		      const uint8_t *blob, uint32_t bytes)
{
	struct node *n = ctx;
	uint32_t agreed;

	if (bytes < 4 || (!old->number && n->placed != n->memory.nodes))
		return -URPC_EPROTO;
	__builtin_memcpy(&agreed, blob, 4);
	if (agreed > bytes - 4 || take_packages(n, now, blob + 4 + agreed, bytes - 4 - agreed))
		return -URPC_EPROTO;
	if (n->runs_agree &&
	    agree_install(&n->agree, now->number, &now->members, blob + 4, agreed))
		return -URPC_EPROTO;
	settle_begin(n, old, now);
	if (n->runs_names)
		names_view(&n->names, now->number, &now->members, n->now);
	for (uint32_t i = 0; i < n->part_count; i++)
		if (n->parts[i]->install)
			n->parts[i]->install(n->parts[i]->ctx, old, now, n->now);
	if (n->events->changed)
		n->events->changed(n->ctx, old, now);
	return 0;
}

static void on_thaw(void *ctx, const struct view *now)
{
	struct node *n = ctx;

	if (n->runs_agree)
		agree_thaw(&n->agree);
	for (uint32_t i = 0; i < n->part_count; i++)
		if (n->parts[i]->thaw)
			n->parts[i]->thaw(n->parts[i]->ctx);
	if (n->events->operates)
		n->events->operates(n->ctx, now);
}

static void on_drain(void *ctx, uint64_t us)
{
	struct node *n = ctx;

	if (n->events->drain)
		n->events->drain(n->ctx, us);
	else
		view_drained(&n->view);
}

static void on_gone(void *ctx, bool left)
{
	struct node *n = ctx;

	if (n->events->gone)
		n->events->gone(n->ctx, left);
}

static bool on_confirm(void *ctx, uint32_t node, enum view_reason why)
{
	struct node *n = ctx;

	return !n->events->confirm || n->events->confirm(n->ctx, node, why);
}

static void on_fence(void *ctx, uint32_t node)
{
	struct node *n = ctx;

	if (n->events->fence)
		n->events->fence(n->ctx, node);
}

static bool on_asleep(void *ctx, uint32_t node)
{
	struct node *n = ctx;

	return n->events->asleep && n->events->asleep(n->ctx, node);
}

static void on_done(void *ctx, uint32_t node, int error)
{
	struct node *n = ctx;

	if (n->events->done)
		n->events->done(n->ctx, node, error);
}

static const struct view_hooks view_hooks = {
	.freeze = on_freeze,
	.report = on_report,
	.begin = on_begin,
	.merge = on_merge,
	.outcome = on_outcome,
	.welcome = on_welcome,
	.install = on_install,
	.thaw = on_thaw,
	.drain = on_drain,
	.gone = on_gone,
	.confirm = on_confirm,
	.fence = on_fence,
	.asleep = on_asleep,
	.done = on_done,
};

/* ---- hooks of the name service ---- */

static void on_answer(void *ctx, uint32_t domain, uint64_t tag, uint32_t error,
		      const struct names_slot *slot)
{
	struct node *n = ctx;

	n->names_hooks.answer(n->ctx, domain, tag, error, slot);
}

static bool on_changed(void *ctx, uint32_t domain, uint64_t tag, enum names_what what,
		       const struct names_slot *slot)
{
	struct node *n = ctx;

	return n->names_hooks.changed(n->ctx, domain, tag, what, slot);
}

static void on_ended(void *ctx, uint32_t domain)
{
	struct node *n = ctx;

	n->names_hooks.ended(n->ctx, domain);
}

/* It may live, but others cannot wait for it. */
static void on_stuck(void *ctx, uint32_t node)
{
	struct node *n = ctx;

	view_failed(&n->view, node);
}

static const struct names_hooks names_hooks = {
	.answer = on_answer,
	.changed = on_changed,
	.ended = on_ended,
	.stuck = on_stuck,
};

/* ---- what a newcomer is told ---- */

/* In order and whole: what is missing when the view comes is found in on_install(). */
static int on_places(void *ctx, uint32_t from, const struct node_places *m)
{
	struct node *n = ctx;

	if (from != VIEW_LEADER || n->view.now.number || m->packages != n->memory.packages ||
	    m->first != n->placed || m->package_count > n->memory.nodes - m->first)
		return -URPC_EPROTO;
	for (uint32_t i = 0; i < m->package_count; i++)
		if (m->package[i] >= n->memory.packages)
			return -URPC_EPROTO;
	__builtin_memcpy(n->memory.package + m->first, m->package, 2 * m->package_count);
	n->placed += m->package_count;
	return 0;
}

static int on_distances(void *ctx, uint32_t from, const struct node_distances *m)
{
	struct node *n = ctx;
	uint32_t packages = n->memory.packages;

	if (from != VIEW_LEADER || n->view.now.number || m->packages != packages ||
	    !n->memory.distance || m->row >= packages || m->first >= packages ||
	    m->distance_count > packages - m->first)
		return -URPC_EPROTO;
	__builtin_memcpy(n->memory.distance + m->row * packages + m->first, m->distance,
			 4 * m->distance_count);
	return 0;
}

/* ---- who has forgotten those who went ---- */

static int on_settled(void *ctx, uint32_t from, const struct node_settled *m)
{
	struct node *n = ctx;

	if (n->view.self != VIEW_LEADER || m->view > n->settle_view)
		return -URPC_EPROTO;
	/* More have gone since: it says so again. */
	if (m->view < n->settle_view)
		return 0;
	if (!protocol_set_has(&n->unsettled, from))
		return -URPC_EPROTO;
	protocol_set_remove(&n->unsettled, from);
	if (protocol_set_empty(&n->unsettled) && n->events->settled)
		n->events->settled(n->ctx);
	return 0;
}

static void settle(struct node *n)
{
	struct node_settled m = { n->settling };

	if (!n->settling || !agree_forgot(&n->agree))
		return;
	n->settling = 0;
	if (n->view.self == VIEW_LEADER)
		on_settled(n, VIEW_LEADER, &m);
	else
		node_settled_out(&n->port, VIEW_LEADER, &m);
}

static const struct node_handlers handlers = {
	.places = on_places,
	.distances = on_distances,
	.settled = on_settled,
};

/* ---- the runner's calls ---- */

static bool is_usable(const struct node_setup *s)
{
	const struct node_memory *m = s->memory;

	return s->events && m && s->port.send && m->nodes && m->nodes <= PROTOCOL_NODES_MAX &&
	       s->self < m->nodes && m->packages && m->packages <= m->nodes && m->package &&
	       (!m->agree.entries || (s->local && m->agree.nodes == m->nodes)) &&
	       (!m->names.slots || (s->names_hooks && s->names_limits));
}

static int start_machines(struct node *n, const struct node_setup *s)
{
	struct route_topology topology = { n->memory.nodes, n->memory.packages, n->memory.package,
					   n->memory.distance };
	struct protocol_set alone = protocol_set_only(s->self);
	int rc = 0;

	n->runs_agree = n->memory.agree.entries;
	n->runs_names = n->memory.names.slots;
	if (n->runs_agree)
		rc = agree_init(&n->agree, s->self, &n->memory.agree, &n->port, s->local, &topology,
				s->kind);
	if (!rc && n->runs_names)
		rc = names_init(&n->names, s->self, s->names_limits, &n->memory.names, &n->port,
				&names_hooks, n);
	if (rc || s->self != VIEW_LEADER || !n->runs_agree)
		return rc;
	/* The leader is in view 1, in which there is nothing to agree about. */
	agree_merge_begin(&n->merger, &alone, &alone);
	rc = agree_install(&n->agree, n->view.now.number, &alone, n->view.facts,
			   agree_outcome(&n->merger, n->view.facts, VIEW_BLOB_MAX));
	if (!rc)
		agree_thaw(&n->agree);
	return rc;
}

int node_init(struct node *n, const struct node_setup *setup, uint64_t now)
{
	if (!is_usable(setup))
		return -URPC_EINVAL;
	__builtin_memset(n, 0, sizeof(*n));
	n->now = now;
	n->ctx = setup->ctx;
	n->out.ctx = n;
	n->out.send = send_view;
	batch_init(&n->batcher, &setup->port, setup->memory->batches, setup->memory->nodes);
	n->events = setup->events;
	n->memory = *setup->memory;
	if (setup->names_hooks)
		n->names_hooks = *setup->names_hooks;
	n->port.ctx = n;
	n->port.send = send_watched;
	view_init(&n->view, setup->self, &view_hooks, n, &n->out, setup->settings, now);
	return start_machines(n, setup);
}

static const struct node_part *part_of(const struct node *n, uint32_t interface)
{
	for (uint32_t i = 0; i < n->part_count; i++)
		if (n->parts[i]->interface == interface)
			return n->parts[i];
	return NULL;
}

int node_add(struct node *n, const struct node_part *part)
{
	uint32_t interface = part->interface;

	if (n->part_count == NODE_PARTS_MAX || interface >= PROTOCOL_INTERFACES ||
	    interface <= PROTOCOL_NAMES || interface == PROTOCOL_NODE ||
	    interface == PROTOCOL_BATCH || !part->message || part_of(n, interface))
		return -URPC_EINVAL;
	n->parts[n->part_count++] = part;
	return 0;
}

static int dispatch(struct node *n, uint32_t from, uint16_t type, const void *payload,
		    uint32_t bytes)
{
	uint32_t interface = PROTOCOL_INTERFACE_OF(type);
	const struct node_part *part = part_of(n, interface);

	if (interface == PROTOCOL_NODE)
		return node_dispatch(&handlers, n, from, type, payload, bytes);
	if (interface == PROTOCOL_AGREE && n->runs_agree)
		return agree_message(&n->agree, from, type, payload, bytes);
	if (interface == PROTOCOL_NAMES && n->runs_names)
		return names_message(&n->names, from, type, payload, bytes, n->now);
	return part ? part->message(part->ctx, from, type, payload, bytes, n->now) : -URPC_EPROTO;
}

static int refuse(struct node *n, uint32_t from, uint16_t type)
{
	n->counts.broken++;
	if (n->events->broken)
		n->events->broken(n->ctx, from, type);
	view_suspect(&n->view, from, VIEW_BROKEN, n->now);
	return -URPC_EPROTO;
}

static int take(struct node *n, uint32_t from, uint16_t type, const void *payload, uint32_t bytes)
{
	int rc;

	if (PROTOCOL_INTERFACE_OF(type) == PROTOCOL_VIEW) {
		rc = view_message(&n->view, from, type, payload, bytes, n->now);
	} else if (!view_accepts(&n->view, from)) {
		n->counts.dropped++;
		return 0;
	} else {
		view_heard(&n->view, from, n->now);
		rc = dispatch(n, from, type, payload, bytes);
	}
	if (rc)
		return refuse(n, from, type);
	n->counts.taken++;
	return 0;
}

/* Each as if it had come alone; the view machine's never wait for others, so none is in it. */
static int take_batch(struct node *n, uint32_t from, const void *payload, uint32_t bytes)
{
	struct batch_reader r;
	int rc = 0;

	if (!view_accepts(&n->view, from)) {
		n->counts.dropped++;
		return 0;
	}
	if (batch_open(&r, payload, bytes))
		return refuse(n, from, BATCH_MESSAGE);
	while (batch_next(&r)) {
		if (PROTOCOL_INTERFACE_OF(r.type) == PROTOCOL_VIEW)
			rc |= refuse(n, from, r.type);
		else
			rc |= take(n, from, r.type, r.payload, r.bytes);
	}
	return rc ? -URPC_EPROTO : 0;
}

int node_message(struct node *n, uint32_t from, uint16_t type, const void *payload, uint32_t bytes,
		 uint64_t now)
{
	n->now = now;
	return type == BATCH_MESSAGE ? take_batch(n, from, payload, bytes) :
				       take(n, from, type, payload, bytes);
}

/* Local work, a bounded part of it. Return: true if there is more. */
static bool work(struct node *n)
{
	if (!n->runs_agree || n->view.phase == VIEW_GONE)
		return false;
	for (uint32_t i = 0; i < NODE_WORK_ROUNDS; i++)
		if (!agree_work(&n->agree))
			return false;
	return true;
}

static uint64_t tick(struct node *n, uint64_t now)
{
	uint64_t next, other;
	bool busy;

	next = view_tick(&n->view, now);
	if (n->view.phase == VIEW_GONE)
		return PROTOCOL_NEVER;
	if (n->runs_names) {
		other = names_tick(&n->names, now);
		next = other < next ? other : next;
	}
	for (uint32_t i = 0; i < n->part_count; i++) {
		other = n->parts[i]->tick ? n->parts[i]->tick(n->parts[i]->ctx, now) : next;
		next = other < next ? other : next;
	}
	busy = work(n);
	settle(n);
	if (busy)
		return now;
	/* What was sent here is watched from now on. */
	other = view_next(&n->view);
	return other < next ? other : next;
}

uint64_t node_tick(struct node *n, uint64_t now)
{
	uint64_t next;

	n->now = now;
	next = tick(n, now);
	batch_flush(&n->batcher);
	return next;
}

int node_join(struct node *n, uint32_t node, uint32_t package)
{
	int rc = node < n->memory.nodes && package < n->memory.packages ?
			 view_join(&n->view, node) : -VIEW_EINVAL;

	if (!rc)
		n->memory.package[node] = (uint16_t)package;
	return rc;
}
