// SPDX-License-Identifier: GPL-2.0-only
#include "shootdown_tree.h"

/* A set of nodes in an order. */
struct row {
	unsigned int count;
	u8 node[ABI_NODES_MAX];
};

static void row_add(struct row *row, unsigned int node)
{
	row->node[row->count++] = node;
}

/* Farthest from a node first; of equally far ones the order stays. */
static void row_sort(const struct remora_machine *m, unsigned int from, struct row *row)
{
	unsigned int i, k;

	for (i = 1; i < row->count; i++) {
		u8 node = row->node[i];
		int far = m->distance(m->numa[from], m->numa[node]);

		for (k = i; k && m->distance(m->numa[from], m->numa[row->node[k - 1]]) < far; k--)
			row->node[k] = row->node[k - 1];
		row->node[k] = node;
	}
}

static void tree_add(struct remora_tree *tree, unsigned int from, const struct row *row)
{
	unsigned int i;

	for (i = 0; i < row->count; i++) {
		tree->edge[tree->count].from = from;
		tree->edge[tree->count].to = row->node[i];
		tree->count++;
	}
}

/* Is a node of that package in the row? */
static bool row_has_package(const struct remora_machine *m, const struct row *row,
			    unsigned int package)
{
	unsigned int i;

	for (i = 0; i < row->count; i++)
		if (m->package[row->node[i]] == package)
			return true;
	return false;
}

static bool wanted(u64 recipients, unsigned int node)
{
	return recipients >> node & 1;
}

static void tree_make_flat(unsigned int initiator, u64 recipients, struct remora_tree *tree)
{
	struct row all = { 0 };
	unsigned int node;

	for (node = 1; node < ABI_NODES_MAX; node++)
		if (wanted(recipients, node))
			row_add(&all, node);
	tree_add(tree, initiator, &all);
}

/* The others of a head's package. */
static void tree_add_package(const struct remora_machine *m, unsigned int head, u64 recipients,
			     bool far_first, struct remora_tree *tree)
{
	struct row row = { 0 };
	unsigned int node;

	for (node = 1; node < ABI_NODES_MAX; node++)
		if (wanted(recipients, node) && node != head && m->package[node] == m->package[head])
			row_add(&row, node);
	if (far_first)
		row_sort(m, head, &row);
	tree_add(tree, head, &row);
}

static void tree_make_packages(const struct remora_machine *m, unsigned int initiator,
			       u64 recipients, bool far_first, struct remora_tree *tree)
{
	struct row heads = { 0 };
	unsigned int node, i;

	for (node = 1; node < ABI_NODES_MAX; node++)
		if (wanted(recipients, node) && m->package[node] != m->package[initiator] &&
		    !row_has_package(m, &heads, m->package[node]))
			row_add(&heads, node);
	if (far_first)
		row_sort(m, initiator, &heads);
	tree_add(tree, initiator, &heads);
	tree_add_package(m, initiator, recipients, far_first, tree);
	for (i = 0; i < heads.count; i++)
		tree_add_package(m, heads.node[i], recipients, far_first, tree);
}

void remora_tree_make(const struct remora_machine *machine, unsigned int protocol,
		      unsigned int initiator, u64 recipients, struct remora_tree *tree)
{
	tree->count = 0;
	if (protocol == REMORA_SHOOTDOWN_MULTICAST || protocol == REMORA_SHOOTDOWN_NUMA_MULTICAST)
		tree_make_packages(machine, initiator, recipients,
				   protocol == REMORA_SHOOTDOWN_NUMA_MULTICAST, tree);
	else
		tree_make_flat(initiator, recipients, tree);
}
