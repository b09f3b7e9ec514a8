// SPDX-License-Identifier: GPL-2.0-only
/* Who calls whom: small machines by hand, many random ones by rule. */
#include "unit.h"
#include "shootdown_tree.h"

static int distance_of[8][8];

static int distance(int from, int to)
{
	return distance_of[from][to];
}

/* Four packages in a row, a NUMA node each, three nodes of the multikernel in each; node 0 in the first. */
static void four_packages(struct remora_machine *m)
{
	int a, b;

	m->distance = distance;
	for (a = 0; a < 8; a++)
		for (b = 0; b < 8; b++)
			distance_of[a][b] = 10 + 10 * abs(a - b);
	for (a = 0; a < ABI_NODES_MAX; a++)
		m->package[a] = m->numa[a] = a / 3 % 4;
}

static void expect_edges(const struct remora_tree *tree, const struct remora_edge *want,
			 unsigned int count)
{
	unsigned int i;

	assert_int_equal(tree->count, count);
	for (i = 0; i < count; i++) {
		assert_int_equal(tree->edge[i].from, want[i].from);
		assert_int_equal(tree->edge[i].to, want[i].to);
	}
}

static void by_hand_flat(void **state)
{
	static const struct remora_edge want[] = { { 4, 1 }, { 4, 3 }, { 4, 11 } };
	struct remora_machine m;
	struct remora_tree tree;

	four_packages(&m);
	remora_tree_make(&m, REMORA_SHOOTDOWN_UNICAST, 4, 1 << 1 | 1 << 3 | 1 << 11, &tree);
	expect_edges(&tree, want, 3);
	remora_tree_make(&m, REMORA_SHOOTDOWN_BROADCAST, 4, 1 << 1 | 1 << 3 | 1 << 11, &tree);
	expect_edges(&tree, want, 3);
}

/* Node 0 and 1, 2 in package 0; 3 to 5 in 1; 6 to 8 in 2; 9 to 11 in 3. */
static void by_hand_multicast(void **state)
{
	static const struct remora_edge near_first[] = {
		{ 0, 3 }, { 0, 6 }, { 0, 9 }, { 0, 1 }, { 0, 2 }, { 3, 4 },
		{ 3, 5 }, { 6, 7 }, { 6, 8 }, { 9, 10 }, { 9, 11 },
	};
	static const struct remora_edge far_first[] = {
		{ 0, 9 }, { 0, 6 }, { 0, 3 }, { 0, 1 }, { 0, 2 }, { 9, 10 },
		{ 9, 11 }, { 6, 7 }, { 6, 8 }, { 3, 4 }, { 3, 5 },
	};
	struct remora_machine m;
	struct remora_tree tree;

	four_packages(&m);
	remora_tree_make(&m, REMORA_SHOOTDOWN_MULTICAST, 0, 0xffe, &tree);
	expect_edges(&tree, near_first, 11);
	remora_tree_make(&m, REMORA_SHOOTDOWN_NUMA_MULTICAST, 0, 0xffe, &tree);
	expect_edges(&tree, far_first, 11);
}

/* A package of two NUMA nodes: its aggregation core, too, calls the farther ones first. */
static void by_hand_far_inside(void **state)
{
	static const struct remora_edge want[] = { { 0, 2 }, { 2, 4 }, { 2, 3 } };
	struct remora_machine m = {
		.package = { 0, 0, 1, 1, 1 },
		.numa = { 0, 0, 1, 1, 2 },
		.distance = distance,
	};
	struct remora_tree tree;
	int a, b;

	for (a = 0; a < 8; a++)
		for (b = 0; b < 8; b++)
			distance_of[a][b] = 10 + 10 * abs(a - b);
	remora_tree_make(&m, REMORA_SHOOTDOWN_NUMA_MULTICAST, 0, 1 << 2 | 1 << 3 | 1 << 4, &tree);
	expect_edges(&tree, want, 3);
}

static void random_machine(struct remora_machine *m, uint64_t *seed)
{
	unsigned int packages = 1 + unit_random(seed) % 8;
	int a, b;

	m->distance = distance;
	for (a = 0; a < 8; a++)
		for (b = 0; b < 8; b++)
			distance_of[a][b] = a == b ? 10 : 10 + (int)(unit_random(seed) % 30);
	for (a = 0; a < ABI_NODES_MAX; a++) {
		m->package[a] = (unsigned int)(unit_random(seed) % packages) * 1000;
		m->numa[a] = (int)(unit_random(seed) % 8);
	}
}

/* Every recipient once, after its caller; no deeper than two; calls across packages to one node each. */
static void check_tree(const struct remora_machine *m, unsigned int protocol, unsigned int initiator,
		       u64 recipients, const struct remora_tree *tree)
{
	bool multicast = protocol == REMORA_SHOOTDOWN_MULTICAST ||
			 protocol == REMORA_SHOOTDOWN_NUMA_MULTICAST;
	unsigned int depth[ABI_NODES_MAX] = { 0 }, crossed = 0, packages[ABI_NODES_MAX];
	u64 reached = 1ull << initiator;
	unsigned int i, k;

	for (i = 0; i < tree->count; i++) {
		const struct remora_edge *e = &tree->edge[i];

		assert_true(reached >> e->from & 1);
		assert_false(reached >> e->to & 1);
		reached |= 1ull << e->to;
		depth[e->to] = depth[e->from] + 1;
		assert_true(depth[e->to] <= (multicast ? 2 : 1));
		if (!multicast || m->package[e->from] == m->package[e->to])
			continue;
		assert_int_equal(e->from, initiator);
		for (k = 0; k < crossed; k++)
			assert_int_not_equal(packages[k], m->package[e->to]);
		packages[crossed++] = m->package[e->to];
	}
	assert_true(reached == (recipients | 1ull << initiator));
}

static void check_order(const struct remora_machine *m, const struct remora_tree *tree)
{
	unsigned int i;

	for (i = 1; i < tree->count; i++) {
		const struct remora_edge *e = &tree->edge[i - 1], *next = e + 1;

		/* Within one package, or between packages, of one caller. */
		if (e->from != next->from || (m->package[e->to] == m->package[e->from]) !=
						     (m->package[next->to] == m->package[next->from]))
			continue;
		assert_true(distance(m->numa[e->from], m->numa[e->to]) >=
			    distance(m->numa[e->from], m->numa[next->to]));
	}
}

static void at_random(void **state)
{
	uint64_t seed = 20091011;
	unsigned int round, protocol;

	for (round = 0; round < 20000; round++) {
		unsigned int nodes = 2 + unit_random(&seed) % (ABI_NODES_MAX - 1);
		unsigned int initiator = unit_random(&seed) % nodes;
		u64 recipients = unit_random(&seed) | unit_random(&seed);
		struct remora_machine m;
		struct remora_tree tree;

		random_machine(&m, &seed);
		recipients &= ((u64)2 << (nodes - 1)) - 2;
		recipients &= ~(1ull << initiator);
		for (protocol = REMORA_SHOOTDOWN_BROADCAST;
		     protocol <= REMORA_SHOOTDOWN_NUMA_MULTICAST; protocol++) {
			remora_tree_make(&m, protocol, initiator, recipients, &tree);
			check_tree(&m, protocol, initiator, recipients, &tree);
			if (protocol == REMORA_SHOOTDOWN_NUMA_MULTICAST)
				check_order(&m, &tree);
		}
	}
}

static void nobody(void **state)
{
	struct remora_machine m;
	struct remora_tree tree;

	four_packages(&m);
	remora_tree_make(&m, REMORA_SHOOTDOWN_MULTICAST, 3, 0, &tree);
	assert_int_equal(tree.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_hand_flat),	     cmocka_unit_test(by_hand_multicast),
		cmocka_unit_test(by_hand_far_inside), cmocka_unit_test(at_random),
		cmocka_unit_test(nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
