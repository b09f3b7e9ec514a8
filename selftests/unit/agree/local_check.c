// SPDX-License-Identifier: GPL-2.0-only
/* What must hold in one node, and between nodes. */
#include <stdio.h>
#include <stdlib.h>

#include <cap_mdb.h>
#include <cap_type.h>

#include "local.h"

/* An object of a node. */
struct held {
	const struct cap_entry *e;
	uint32_t node;
	uint8_t state;
};

const char *local_check(const struct local_node *n)
{
	const char *wrong = cap_check(&n->space, n->slots, LOCAL_SLOTS + 2);

	return wrong ? wrong : agree_check(n->agree);
}

static bool fits(const struct cap_entry *outer, const struct cap_entry *inner)
{
	return outer->base <= inner->base && inner->end <= outer->end &&
	       ((cap_below(outer->type) | cap_types[outer->type].into) & 1u << inner->type);
}

static bool equal(const struct cap_entry *a, const struct cap_entry *b)
{
	return a->base == b->base && a->end == b->end && a->type == b->type;
}

/* May two nodes have these, which overlap? */
static const char *pair_check(const struct held *x, const struct held *y)
{
	const struct cap_entry *a = x->e, *b = y->e;
	bool shared = a->type == b->type && cap_is(a->type, ABI_CAP_IS_SHARED);

	if (!equal(a, b) && !fits(a, b) && !fits(b, a) && !shared)
		return "two nodes have capabilities that must not overlap";
	if (equal(a, b) && !shared && !((x->state | y->state) & CAP_FOREIGN))
		return "two nodes own one object";
	if ((equal(a, b) || fits(a, b) || shared) && !(x->state & CAP_REMOTE))
		return "a node does not know that another one has a copy or descendant";
	if ((equal(a, b) || fits(b, a) || shared) && !(y->state & CAP_REMOTE))
		return "a node does not know that another one has a copy or descendant";
	return NULL;
}

static void show(const struct held *x)
{
	fprintf(stderr, "# node %u: type %u, %llx to %llx, state %x\n", x->node, x->e->type,
		(unsigned long long)x->e->base, (unsigned long long)x->e->end, x->state);
}

static int order(const void *a, const void *b)
{
	const struct held *x = a, *y = b;

	return x->e->base < y->e->base ? -1 : x->e->base > y->e->base;
}

static uint32_t collect(const struct local_node *n, struct held *to)
{
	const struct cap_entry *last = NULL;
	uint32_t count = 0;

	for (const struct cap_entry *e = cap_mdb_first(&n->space, ABI_CAP_SPACE_MEMORY); e;
	     last = e, e = cap_mdb_next(e)) {
		if (last && equal(last, e))
			continue; /* the first copy has the state */
		if (to)
			to[count] = (struct held){ e, n->self, e->state };
		count++;
	}
	return count;
}

const char *local_check_all(const struct local_node *const *nodes, uint32_t count)
{
	uint32_t total = 0, at = 0;
	const char *wrong = NULL;
	struct held *all;

	for (uint32_t i = 0; i < count; i++)
		total += collect(nodes[i], NULL);
	all = malloc((total + 1) * sizeof(*all));
	if (!all)
		return "no memory for the check";
	for (uint32_t i = 0; i < count; i++)
		at += collect(nodes[i], all + at);
	qsort(all, total, sizeof(*all), order);
	for (uint32_t i = 0; i < total && !wrong; i++) {
		for (uint32_t j = i + 1; j < total && all[j].e->base < all[i].e->end && !wrong; j++) {
			if (all[i].node == all[j].node)
				continue;
			wrong = pair_check(&all[i], &all[j]);
			if (wrong) {
				show(&all[i]);
				show(&all[j]);
			}
		}
	}
	free(all);
	return wrong;
}
