// SPDX-License-Identifier: GPL-2.0-only
/* The memory server as a part of the node. */
#include <base/string.h>

#include <member.h>
#include <memory.h>
#include <memory_node.h>
#include <memory_parts.h>

#define PIECES 256u /* known to the server: free, used, lent, borrowed */
#define QUOTA_TIMES 4u /* what a program began with */
#define CHUNK_BYTES (2ull << 20)
#define CACHE_BYTES (8ull << 20)

static struct memserv server;
static struct memserv_piece pieces[PIECES];
static struct node *node;

/* ---- hooks of the machine ---- */

static void on_granted(void *ctx, uint32_t domain, uint64_t tag, uint64_t base, uint64_t bytes)
{
	(void)ctx, (void)domain;
	memory_parts_granted(tag, base, bytes);
}

static void on_failed(void *ctx, uint32_t domain, uint64_t tag, uint32_t error)
{
	(void)ctx, (void)domain;
	memory_parts_failed(tag, error);
}

static uint64_t distance(uint32_t to)
{
	const struct node_memory *m = &node->memory;
	uint32_t here = m->package[server.self], there = m->package[to];
	uint64_t far = m->distance && here < m->packages && there < m->packages ?
			       m->distance[here * m->packages + there] : 0;

	/* Of those that are as near, each node begins with another one. */
	return far << 8 | ((to - server.self) & 63);
}

/* Node 0 has no memory. */
static uint32_t on_nearest(void *ctx, uint32_t rank)
{
	uint32_t other, found = PROTOCOL_NODE_NONE;
	uint64_t last = 0, best;

	(void)ctx;
	for (uint32_t i = 0; i <= rank; i++) {
		found = PROTOCOL_NODE_NONE;
		best = UINT64_MAX;
		protocol_set_each(other, &server.members) {
			if (!other || other == server.self || distance(other) <= last ||
			    distance(other) >= best)
				continue;
			best = distance(other);
			found = other;
		}
		if (found == PROTOCOL_NODE_NONE)
			break;
		last = best;
	}
	return found;
}

static void on_lend(void *ctx, uint32_t to, uint64_t base, uint64_t bytes)
{
	(void)ctx;
	memory_parts_lend(to, base, bytes);
}

static void on_home(void *ctx, uint64_t base, uint64_t bytes)
{
	(void)ctx, (void)bytes;
	memory_parts_home(base);
}

static void on_give_back(void *ctx, uint32_t owner, uint64_t base, uint64_t bytes)
{
	(void)ctx, (void)owner, (void)bytes;
	memory_parts_give_back(base);
}

uint64_t memory_node_quota(uint32_t domain)
{
	const struct domain *d = domain_find(domain);

	return d ? QUOTA_TIMES * d->plan.ram : 0;
}

static uint64_t on_quota(void *ctx, uint32_t domain)
{
	(void)ctx;
	return memory_node_quota(domain);
}

static bool on_added(void *ctx, uint64_t base, uint64_t bytes)
{
	(void)ctx;
	return memory_extent_added(base, bytes);
}

static void on_removed(void *ctx, uint64_t base, uint64_t bytes)
{
	(void)ctx;
	memory_extent_removed(base, bytes);
}

static const struct memserv_hooks hooks = {
	.granted = on_granted,
	.failed = on_failed,
	.nearest = on_nearest,
	.lend = on_lend,
	.give_back = on_give_back,
	.added = on_added,
	.removed = on_removed,
	.home = on_home,
	.quota = on_quota,
};

/* ---- a part of the node ---- */

static int part_message(void *ctx, uint32_t from, uint16_t type, const void *payload,
			uint32_t bytes, uint64_t now)
{
	(void)now;
	return memserv_message(ctx, from, type, payload, bytes);
}

static void part_freeze(void *ctx)
{
	memserv_freeze(ctx);
}

static void part_thaw(void *ctx)
{
	memserv_thaw(ctx);
}

static void part_install(void *ctx, const struct view *old, const struct view *now, uint64_t time)
{
	uint32_t gone;

	(void)time;
	protocol_set_each(gone, &old->members) {
		if (!protocol_set_has(&now->members, gone))
			memory_parts_node_gone(gone);
	}
	memserv_view(ctx, &now->members);
}

/* An eighth stays for this core's own programs; none of the others gets more than half. */
static struct memserv_limits limits(void)
{
	return (struct memserv_limits){ .cache = CACHE_BYTES, .chunk = CHUNK_BYTES,
					.reserve = memory_total() / 8, .lend = memory_total() / 2 };
}

int memory_node_init(struct node *n)
{
	static const struct node_part part = {
		.interface = PROTOCOL_MEMORY,
		.ctx = &server,
		.message = part_message,
		.freeze = part_freeze,
		.thaw = part_thaw,
		.install = part_install,
	};
	const struct memserv_limits most = limits();
	struct memory_extent e;

	node = n;
	memset(pieces, 0, sizeof(pieces));
	memory_parts_init(&server);
	if (memserv_init(&server, n->view.self, &most, pieces, PIECES, NULL, &n->port, &hooks, &server) ||
	    node_add(n, &part))
		return -MON_EINVAL;
	for (uint32_t i = 0; memory_extent(i, &e); i++) {
		if (e.bytes && memserv_extent(&server, e.base, e.bytes, e.numa))
			return -MON_EINVAL;
	}
	return 0;
}

/* ---- own memory ---- */

int memory_node_own(uint32_t domain, uint64_t bytes, uint64_t align, uint64_t *base)
{
	return memserv_own(&server, domain, bytes, align, MEMSERV_ANY, false, false, base);
}

void memory_node_free(uint32_t domain, uint64_t base)
{
	/* Perhaps in a hook of the node, which must not be entered again; the server needs no time. */
	memserv_free(&server, domain, base);
	member_leave();
}

uint64_t memory_free(void)
{
	uint64_t own, cached;

	memserv_left(&server, &own, &cached);
	return own;
}

uint64_t memory_largest(void)
{
	return memserv_largest(&server, MON_BIG_PAGE);
}
