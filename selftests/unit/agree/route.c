// SPDX-License-Identifier: GPL-2.0-only
/* Routing: every root's tree reaches each member once, along agreed edges, in the stated order. */
#include <urpc/chan.h>

#include "unit.h"

#define NODES 64u

static uint16_t rooms[NODES][ROUTE_ROOM(NODES, NODES)];
static struct route routes[NODES];
static uint16_t package[NODES];

static int build(uint32_t nodes, uint32_t packages, enum route_kind kind,
		 const struct protocol_set *members, const uint32_t *distance)
{
	struct route_topology t = { nodes, packages, package, distance };
	uint32_t node;
	int rc = 0;

	protocol_set_each(node, members)
		rc |= route_build(&routes[node], rooms[node], &t, kind, node, members);
	return rc;
}

/* Follow the tree from its root: every member once, every child's parent is who named it. */
static void tree_check(uint32_t root, const struct protocol_set *members)
{
	struct protocol_set seen = protocol_set_only(root);
	uint32_t queue[NODES] = { root }, first = 0, last = 1, child, other;

	assert_int_equal(route_parent(&routes[root], root), PROTOCOL_NODE_NONE);
	for (; first < last; first++) {
		struct protocol_set named;

		protocol_set_clear(&named);
		for (uint32_t i = 0; (child = route_child(&routes[queue[first]], root, i)) !=
				     PROTOCOL_NODE_NONE; i++) {
			assert_true(protocol_set_has(members, child));
			assert_false(protocol_set_has(&seen, child));
			assert_int_equal(route_parent(&routes[child], root), queue[first]);
			protocol_set_add(&seen, child);
			protocol_set_add(&named, child);
			queue[last++] = child;
		}
		for (other = 0; other < NODES; other++)
			assert_int_equal(route_is_child(&routes[queue[first]], root, other),
					 protocol_set_has(&named, other));
	}
	assert_true(protocol_set_equal(&seen, members));
}

static void trees(void **state)
{
	struct protocol_set members;
	uint32_t random = 1, node;

	(void)state;
	for (uint32_t n = 0; n < 600; n++) {
		uint32_t nodes = 1 + n % NODES, packages = 1 + (n / 7) % nodes;

		protocol_set_clear(&members);
		for (node = 0; node < nodes; node++) {
			random = random * 1664525 + 1013904223;
			package[node] = (uint16_t)((random >> 8) % packages);
			if (random >> 30)
				protocol_set_add(&members, node);
		}
		protocol_set_add(&members, n % nodes);
		assert_int_equal(build(nodes, packages, (enum route_kind)(1 + n % 4), &members,
				       NULL), 0);
		protocol_set_each(node, &members)
			tree_check(node, &members);
	}
}

/* Three packages of four: what goes where, and the farthest first. */
static void shape(void **state)
{
	static const uint32_t distance[9] = { 10, 20, 40, 20, 10, 30, 40, 30, 10 };
	static const uint32_t numa[] = { 8, 4, 1, 2, 3 }, plain[] = { 4, 8, 1, 2, 3 };
	struct protocol_set members;

	(void)state;
	protocol_set_clear(&members);
	for (uint32_t i = 0; i < 12; i++) {
		package[i] = (uint16_t)(i / 4);
		protocol_set_add(&members, i);
	}
	assert_int_equal(build(12, 3, ROUTE_NUMA, &members, distance), 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(route_child(&routes[0], 0, i), numa[i]);
	assert_int_equal(route_child(&routes[0], 0, 5), PROTOCOL_NODE_NONE);
	assert_int_equal(route_child(&routes[8], 0, 0), 9);
	assert_int_equal(route_parent(&routes[11], 0), 8);
	assert_int_equal(route_child(&routes[9], 0, 0), PROTOCOL_NODE_NONE);
	assert_int_equal(build(12, 3, ROUTE_MULTICAST, &members, distance), 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(route_child(&routes[0], 0, i), plain[i]);
	assert_int_equal(build(12, 3, ROUTE_UNICAST, &members, distance), 0);
	for (uint32_t i = 0; i < 11; i++)
		assert_int_equal(route_child(&routes[3], 3, i), i < 3 ? i : i + 1);
	assert_int_equal(route_child(&routes[3], 0, 0), PROTOCOL_NODE_NONE);
}

static void refusals(void **state)
{
	struct protocol_set members = protocol_set_only(3);
	struct route_topology t = { 8, 2, package, NULL };
	struct route r;

	(void)state;
	memset(package, 0, sizeof(package));
	assert_int_equal(route_build(&r, rooms[0], &t, ROUTE_NUMA, 3, &members), 0);
	assert_int_equal(route_build(&r, rooms[0], &t, ROUTE_NUMA, 2, &members), -URPC_EINVAL);
	assert_int_equal(route_build(&r, rooms[0], &t, 0, 3, &members), -URPC_EINVAL);
	assert_int_equal(route_build(&r, rooms[0], &t, 5, 3, &members), -URPC_EINVAL);
	package[3] = 2;
	assert_int_equal(route_build(&r, rooms[0], &t, ROUTE_NUMA, 3, &members), -URPC_EINVAL);
	package[3] = 0;
	protocol_set_add(&members, 8);
	assert_int_equal(route_build(&r, rooms[0], &t, ROUTE_NUMA, 3, &members), -URPC_EINVAL);
	t.nodes = 0;
	assert_int_equal(route_build(&r, rooms[0], &t, ROUTE_NUMA, 3, &members), -URPC_EINVAL);
}

static void distances(void **state)
{
	static const uint8_t slit[4] = { 10, 21, 21, 10 };
	static const uint32_t measured[4] = { 200, 0, 0, 0 };
	uint32_t distance[4];

	(void)state;
	route_distances(distance, 2, slit, NULL);
	assert_int_equal(distance[1], 21);
	route_distances(distance, 2, slit, measured);
	assert_int_equal(distance[0], 200);
	assert_int_equal(distance[1], 420); /* 20 cycles a unit */
	route_distances(distance, 2, NULL, NULL);
	assert_int_equal(distance[2], distance[3]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trees),
		cmocka_unit_test(shape),
		cmocka_unit_test(refusals),
		cmocka_unit_test(distances),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
