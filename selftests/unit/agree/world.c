// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "world.h"

struct world world;

static void send(void *ctx, uint32_t to, uint16_t type, const void *payload, uint32_t bytes)
{
	struct node *n = ctx;
	struct link *l = &world.links[n->agree.self][to];
	struct message *m = &l->queue[(l->first + l->count) % WORLD_QUEUE];

	assert(to != n->agree.self && to < world.count && bytes <= WORLD_MESSAGE);
	if (!world.nodes[to].alive)
		return;
	assert(l->count < WORLD_QUEUE && l->count < AGREE_UNSENT(world.entries));
	l->count++;
	m->type = type;
	m->bytes = (uint8_t)bytes;
	memcpy(m->payload, payload, bytes);
	world.sent++;
}

static void must(bool holds, const char *what, uint32_t node)
{
	if (holds)
		return;
	fprintf(stderr, "# node %u: %s\n", node, what);
	abort();
}

/* Only what was cut from a frame around or across it can be there after its revocation. */
static bool cut_again(struct local_node *n, const struct cap_range *o)
{
	for (uint32_t i = 0; i < LOCAL_SLOTS; i++) {
		const struct cap_entry *e = &n->slots[i];

		if (e->type == o->type && e->base < o->base + o->bytes && e->end > o->base &&
		    (e->base < o->base || e->end > o->base + o->bytes))
			return true;
	}
	return false;
}

static void done(void *ctx, uint32_t slot, uint32_t kind, const struct cap_range *o, int result,
		 uint32_t relations)
{
	struct node *n = ctx;

	(void)slot;
	n->dones++;
	n->result = result;
	n->relations = relations;
	for (uint32_t i = 0; i < world.count && !result; i++) {
		uint32_t has = cap_agree_relations(&local(i)->space, o);

		if (!world.nodes[i].alive)
			continue;
		if (kind == ABI_CAP_DO_DELETE && !relations && i != n->local.self)
			must(!has, "it has something of what nobody has", i);
		/* With a change of view in between the range may have been used again. */
		if (kind == ABI_CAP_DO_REVOKE && i != n->local.self && world.view == 1 &&
		    (has & (CAP_HAS_COPY | CAP_HAS_DESCENDANT)))
			must(o->type == ABI_CAP_FRAME && cut_again(local(i), o),
			     "it has something of what was revoked", i);
	}
}

/* All who know how an attempt ended know the same. */
static void outcomes_check(void)
{
	for (uint32_t c = 0; c < world.count; c++) {
		for (uint32_t slot = 0; slot < AGREE_SLOTS_MAX; slot++) {
			uint32_t id = 0, committed = 0;

			for (uint32_t i = 0; i < world.count; i++) {
				const struct agree_peer *p = &world.nodes[i].peers[c];

				if (!world.nodes[i].alive || !(p->ended >> slot & 1) || !p->id[slot])
					continue;
				if (id == p->id[slot])
					must(committed == (p->committed >> slot & 1),
					     "an attempt ended otherwise than elsewhere", i);
				if ((int32_t)(p->id[slot] - id) > 0)
					committed = p->committed >> slot & 1;
				if ((int32_t)(p->id[slot] - id) > 0)
					id = p->id[slot];
			}
		}
	}
}

static void given(void *ctx, uint32_t slot, int given_result)
{
	struct node *n = ctx;

	(void)slot;
	n->givens++;
	n->given_result = given_result;
}

static struct cap_range extent(void *ctx, uint32_t node)
{
	(void)ctx;
	return (struct cap_range){ NODE_RAM(node), NODE_PAGES * ABI_PAGE_SIZE, ABI_CAP_RAM };
}

static void node_begin(uint32_t i, enum route_kind kind)
{
	struct node *n = &world.nodes[i];
	struct agree_memory memory = { n->entries, n->heard, n->peers, n->room, world.entries,
				       world.count };
	struct protocol_port port = { n, send };
	struct agree_local hooks = local_hooks(&n->local);

	local_init(&n->local, i, &n->agree);
	n->local.ctx = n;
	n->local.done = done;
	n->local.given = given;
	n->local.extent = extent;
	n->world = &world;
	n->alive = true;
	assert(!agree_init(&n->agree, i, &memory, &port, &hooks, &world.topology, kind));
}

void world_begin(uint32_t count, uint32_t packages, enum route_kind kind, uint32_t entries)
{
	memset(&world, 0, sizeof(world));
	world.count = count;
	world.entries = entries;
	world.topology = (struct route_topology){ count, packages, world.package, NULL };
	for (uint32_t i = 0; i < count; i++) {
		world.package[i] = (uint16_t)(i * packages / count);
		protocol_set_add(&world.members, i);
	}
	world.view = 1;
	for (uint32_t i = 0; i < count; i++) {
		node_begin(i, kind);
		assert(!agree_install(&world.nodes[i].agree, 1, &world.members, NULL, 0));
	}
	for (uint32_t i = 0; i < count; i++)
		agree_thaw(&world.nodes[i].agree);
}

bool world_deliver(uint32_t from, uint32_t to)
{
	struct link *l = &world.links[from][to];
	struct message m;
	int rc;

	if (!l->count || !world.nodes[to].alive)
		return false;
	m = l->queue[l->first];
	l->first = (l->first + 1) % WORLD_QUEUE;
	l->count--;
	rc = agree_message(&world.nodes[to].agree, from, m.type, m.payload, m.bytes);
	if (rc) {
		fprintf(stderr, "# node %u refused message %x of node %u: %d\n", to, m.type, from,
			rc);
		abort();
	}
	return true;
}

void world_kill(uint32_t node, uint32_t lost)
{
	world.nodes[node].alive = false;
	protocol_set_remove(&world.members, node);
	for (uint32_t i = 0; i < world.count; i++) {
		struct link *l = &world.links[node][i];

		l->count = l->count > lost ? l->count - lost : 0;
		world.links[i][node].count = 0;
	}
}

bool world_links_empty(void)
{
	for (uint32_t i = 0; i < world.count; i++) {
		for (uint32_t j = 0; j < world.count; j++) {
			if (world.links[i][j].count && world.nodes[j].alive)
				return false;
		}
	}
	return true;
}

/* What does it wait for? */
static void show(void)
{
	for (uint32_t i = 0; i < world.count; i++) {
		const struct node *n = &world.nodes[i];

		if (!n->alive)
			continue;
		fprintf(stderr, "# node %u: dying %llu, revoking %d, orphans %u, open %d\n", i,
			(unsigned long long)n->local.space.dying_count, !!n->local.space.revoking,
			n->local.orphan_count, n->agree.open);
		for (uint32_t at = n->agree.first; at != 0xffff; at = n->entries[at].next)
			fprintf(stderr, "#   entry of %u id %x kind %u state %u flags %x vote %u, %u missing, page %llx, of %x (%x + %x) type %u\n",
				n->entries[at].coordinator, n->entries[at].id, n->entries[at].kind,
				n->entries[at].state, n->entries[at].flags, n->entries[at].vote,
				n->entries[at].missing, (unsigned long long)n->entries[at].first,
				n->entries[at].pages, n->entries[at].offset, n->entries[at].length,
				n->entries[at].type);
		for (uint32_t o = 0; o < AGREE_OPS_MAX + AGREE_DELETES_MAX; o++)
			if (n->agree.ops[o].state)
				fprintf(stderr, "#   op %u state %u id %x kind %u blocker %u %x outcome %u result %d attempts %llu\n",
					o, n->agree.ops[o].state, n->agree.ops[o].id,
					n->agree.ops[o].request.kind, n->agree.ops[o].blocker,
					n->agree.ops[o].blocker_id, n->agree.ops[o].outcome,
					n->agree.ops[o].result,
					(unsigned long long)n->agree.ops[o].attempts);
		for (uint32_t g = 0; g < AGREE_GIVES_MAX; g++)
			if (n->agree.gives[g].state)
				fprintf(stderr, "#   give %u state %u to %u\n", g,
					n->agree.gives[g].state, n->agree.gives[g].to);
	}
}

void world_settle(void)
{
	bool more = true;

	for (uint32_t turns = 0; more || !world_links_empty(); turns++) {
		more = false;
		for (uint32_t i = 0; i < world.count; i++) {
			for (uint32_t j = 0; j < world.count; j++)
				more |= world_deliver(i, j);
		}
		for (uint32_t i = 0; i < world.count; i++)
			more |= world.nodes[i].alive && local_work(local(i));
		world_check();
		if (turns == 10000) {
			fprintf(stderr, "# it does not come to rest\n");
			show();
			abort();
		}
	}
}

bool world_quiet(void)
{
	for (uint32_t i = 0; i < world.count; i++) {
		if (world.nodes[i].alive && !local_quiet(local(i)))
			return false;
	}
	return world_links_empty();
}

void world_check(void)
{
	const struct local_node *live[WORLD_NODES];
	const char *wrong = NULL;
	uint32_t count = 0;

	for (uint32_t i = 0; i < world.count && !wrong; i++) {
		if (!world.nodes[i].alive)
			continue;
		live[count++] = local(i);
		wrong = local_check(local(i));
	}
	outcomes_check();
	if (!wrong)
		wrong = local_check_all(live, count);
	if (wrong) {
		fprintf(stderr, "# %s\n", wrong);
		abort();
	}
}
