// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
#include <abi/protocol/route.h>
#include <urpc/chan.h>

static bool is_multicast(const struct route *r)
{
	return r->kind == ROUTE_MULTICAST || r->kind == ROUTE_NUMA;
}

static uint32_t package_of(const struct route *r, uint32_t node)
{
	return r->topology.package[node];
}

/* All of these are members, sorted: a package without members has start[p] == start[p + 1]. */
static uint32_t leader(const struct route *r, uint32_t package)
{
	return r->order[r->start[package]];
}

/* A member's place in its package's part of the order; PROTOCOL_NODE_NONE: it is no member. */
static uint32_t place_of(const struct route *r, uint32_t node)
{
	uint32_t package, low, high;

	if (node >= r->topology.nodes)
		return PROTOCOL_NODE_NONE;
	package = package_of(r, node);
	low = r->start[package];
	high = r->start[package + 1];
	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (r->order[middle] < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low < r->start[package + 1] && r->order[low] == node ? low : PROTOCOL_NODE_NONE;
}

static int check(const struct route_topology *t, uint32_t kind, uint32_t self,
		 const struct protocol_set *members)
{
	uint32_t node;

	if (kind < ROUTE_UNICAST || kind > ROUTE_NUMA || !t->nodes ||
	    t->nodes > PROTOCOL_NODES_MAX || !t->packages || t->packages > t->nodes ||
	    self >= t->nodes || !protocol_set_has(members, self))
		return -URPC_EINVAL;
	protocol_set_each(node, members) {
		if (node >= t->nodes || t->package[node] >= t->packages)
			return -URPC_EINVAL;
	}
	return 0;
}

/* Members by package: count them, turn counts into places, put them there in order of number. */
static void sort_members(struct route *r, const struct protocol_set *members)
{
	uint32_t node, packages = r->topology.packages;

	for (uint32_t p = 0; p <= packages; p++)
		r->start[p] = 0;
	protocol_set_each(node, members)
		r->start[package_of(r, node) + 1]++;
	for (uint32_t p = 0; p < packages; p++)
		r->start[p + 1] += r->start[p];
	r->members = r->start[packages];
	protocol_set_each(node, members)
		r->order[r->start[package_of(r, node)]++] = (uint16_t)node;
	/* Each start has moved to its package's end. */
	for (uint32_t p = packages; p > 0; p--)
		r->start[p] = r->start[p - 1];
	r->start[0] = 0;
}

/* The other packages; by insertion, the farthest first, where that counts. */
static void sort_packages(struct route *r)
{
	uint32_t own = package_of(r, r->self), packages = r->topology.packages;
	const uint32_t *row = NULL;

	if (r->kind == ROUTE_NUMA && r->topology.distance)
		row = r->topology.distance + own * packages;
	r->others = 0;
	for (uint32_t p = 0; p < packages; p++) {
		uint32_t at;

		if (p == own || r->start[p] == r->start[p + 1])
			continue;
		for (at = r->others++; row && at && row[r->far[at - 1]] < row[p]; at--)
			r->far[at] = r->far[at - 1];
		r->far[at] = (uint16_t)p;
	}
}

int route_build(struct route *r, uint16_t *room, const struct route_topology *topology,
		enum route_kind kind, uint32_t self, const struct protocol_set *members)
{
	int rc = check(topology, kind, self, members);

	if (rc)
		return rc;
	__builtin_memset(r, 0, sizeof(*r));
	r->topology = *topology;
	r->kind = kind;
	r->self = self;
	r->order = room;
	r->start = room + topology->nodes;
	r->far = r->start + topology->packages + 1;
	sort_members(r, members);
	sort_packages(r);
	r->place = place_of(r, self);
	return 0;
}

uint32_t route_parent(const struct route *r, uint32_t root)
{
	uint32_t own = package_of(r, r->self);

	if (root == r->self || place_of(r, root) == PROTOCOL_NODE_NONE)
		return PROTOCOL_NODE_NONE;
	if (!is_multicast(r) || package_of(r, root) == own || leader(r, own) == r->self)
		return root;
	return leader(r, own);
}

/* The @index-th of @self's package, without itself. */
static uint32_t neighbour(const struct route *r, uint32_t index)
{
	uint32_t own = package_of(r, r->self), at = r->start[own] + index;

	if (at >= r->place)
		at++;
	return at < r->start[own + 1] ? r->order[at] : PROTOCOL_NODE_NONE;
}

uint32_t route_child(const struct route *r, uint32_t root, uint32_t index)
{
	if (!is_multicast(r)) {
		if (root != r->self || index >= r->members - 1)
			return PROTOCOL_NODE_NONE;
		return r->order[index < r->place ? index : index + 1];
	}
	if (root == r->self)
		return index < r->others ? leader(r, r->far[index]) :
					   neighbour(r, index - r->others);
	/* A leader passes on what comes from other packages. */
	if (place_of(r, root) == PROTOCOL_NODE_NONE ||
	    package_of(r, root) == package_of(r, r->self) ||
	    leader(r, package_of(r, r->self)) != r->self)
		return PROTOCOL_NODE_NONE;
	return neighbour(r, index);
}

uint32_t route_children(const struct route *r, uint32_t root)
{
	uint32_t own = package_of(r, r->self), neighbours = r->start[own + 1] - r->start[own] - 1;

	if (!is_multicast(r))
		return root == r->self ? r->members - 1 : 0;
	if (root == r->self)
		return r->others + neighbours;
	if (place_of(r, root) == PROTOCOL_NODE_NONE || package_of(r, root) == own ||
	    leader(r, own) != r->self)
		return 0;
	return neighbours;
}

bool route_is_child(const struct route *r, uint32_t root, uint32_t node)
{
	uint32_t own = package_of(r, r->self), theirs;

	if (node == r->self || place_of(r, node) == PROTOCOL_NODE_NONE)
		return false;
	theirs = package_of(r, node);
	if (!is_multicast(r))
		return root == r->self;
	if (root == r->self)
		return theirs == own || leader(r, theirs) == node;
	return place_of(r, root) != PROTOCOL_NODE_NONE && package_of(r, root) != own &&
	       theirs == own && leader(r, own) == r->self;
}

/* Cycles for a unit of the SLIT, times 16, as far as both are known; 0: nothing is. */
static uint64_t cycles_by_unit(uint32_t count, const uint8_t *slit, const uint32_t *measured)
{
	uint64_t cycles = 0, units = 0;

	for (uint32_t i = 0; i < count; i++) {
		if (measured && measured[i]) {
			cycles += measured[i];
			units += slit ? slit[i] : 10;
		}
	}
	return units ? cycles * 16 / units : 0;
}

void route_distances(uint32_t *distance, uint32_t packages, const uint8_t *slit,
		     const uint32_t *measured)
{
	uint32_t count = packages * packages;
	uint64_t rate = cycles_by_unit(count, slit, measured);

	for (uint32_t i = 0; i < count; i++) {
		uint32_t units = slit ? slit[i] : 10;

		if (measured && measured[i])
			distance[i] = measured[i];
		else
			distance[i] = rate ? (uint32_t)(units * rate / 16) : units;
	}
}
