// SPDX-License-Identifier: GPL-2.0-only
#include <cap_type.h>

#include "tree.h"

int cap_order(const struct cap_key *a, const struct cap_key *b)
{
	if (a->base != b->base)
		return a->base < b->base ? -1 : 1;
	if (a->end != b->end)
		return a->end > b->end ? -1 : 1;
	return (int)a->type - (int)b->type;
}

static uint32_t height(const struct cap_entry *e)
{
	return e ? e->height : 0;
}

static void take_sums(struct cap_entry *e, const struct cap_entry *child)
{
	if (!child)
		return;
	if (child->height >= e->height)
		e->height = child->height + 1;
	if (child->max_end > e->max_end)
		e->max_end = child->max_end;
	if (child->min_end < e->min_end)
		e->min_end = child->min_end;
	e->types |= child->types;
}

static void sum(struct cap_entry *e)
{
	e->height = 1;
	e->max_end = e->end;
	e->min_end = e->end;
	e->types = 1u << e->type;
	take_sums(e, e->left);
	take_sums(e, e->right);
}

/* Hang @e, or nothing, where @old hangs below @up. */
static void hang(struct cap_entry **root, struct cap_entry *up, const struct cap_entry *old,
		 struct cap_entry *e)
{
	if (!up)
		*root = e;
	else if (up->left == old)
		up->left = e;
	else
		up->right = e;
	if (e)
		e->up = up;
}

/* The right child rises, or the left one; the one that rose is returned. */
static struct cap_entry *rotate(struct cap_entry **root, struct cap_entry *e, bool right_rises)
{
	struct cap_entry *riser = right_rises ? e->right : e->left;
	struct cap_entry *passed = right_rises ? riser->left : riser->right;

	hang(root, e->up, e, riser);
	if (right_rises) {
		e->right = passed;
		riser->left = e;
	} else {
		e->left = passed;
		riser->right = e;
	}
	e->up = riser;
	if (passed)
		passed->up = e;
	sum(e);
	sum(riser);
	return riser;
}

/* Right the sums and the balance from @e up to the root. */
static void settle(struct cap_entry **root, struct cap_entry *e)
{
	for (; e; e = e->up) {
		int lean = (int)height(e->right) - (int)height(e->left);

		sum(e);
		if (lean > 1) {
			if (height(e->right->left) > height(e->right->right))
				rotate(root, e->right, false);
			e = rotate(root, e, true);
		} else if (lean < -1) {
			if (height(e->left->right) > height(e->left->left))
				rotate(root, e->left, true);
			e = rotate(root, e, false);
		}
	}
}

void cap_tree_insert(struct cap_space *space, struct cap_entry **root, struct cap_entry *e)
{
	struct cap_entry **place = root, *up = NULL;
	struct cap_key key = cap_key_of(e);

	while (*place) {
		struct cap_key there = cap_key_of(*place);

		up = *place;
		space->visits++;
		place = cap_order(&key, &there) < 0 ? &up->left : &up->right;
	}
	e->left = NULL;
	e->right = NULL;
	e->up = up;
	*place = e;
	settle(root, e);
}

void cap_tree_replace(struct cap_entry **root, struct cap_entry *from, struct cap_entry *to)
{
	hang(root, from->up, from, to);
	if (to->left)
		to->left->up = to;
	if (to->right)
		to->right->up = to;
}

void cap_tree_remove(struct cap_entry **root, struct cap_entry *e)
{
	struct cap_entry *heir, *from;

	if (!e->left || !e->right) {
		from = e->up;
		hang(root, e->up, e, e->left ? e->left : e->right);
		settle(root, from);
		return;
	}
	for (heir = e->right; heir->left; heir = heir->left)
		;
	from = heir->up == e ? heir : heir->up;
	hang(root, heir->up, heir, heir->right);
	heir->left = e->left;
	heir->right = e->right;
	heir->up = e->up;
	cap_tree_replace(root, e, heir);
	settle(root, from);
}

static bool passes(const struct cap_entry *e, struct cap_probe probe)
{
	switch (probe.test) {
	case CAP_END_PAST:
		return e->end > probe.x;
	case CAP_END_WITHIN:
		return e->end <= probe.x;
	default:
		return probe.x & 1u << e->type;
	}
}

static bool may_pass(struct cap_space *space, const struct cap_entry *tree, struct cap_probe probe)
{
	space->visits++;
	if (!tree)
		return false;
	switch (probe.test) {
	case CAP_END_PAST:
		return tree->max_end > probe.x;
	case CAP_END_WITHIN:
		return tree->min_end <= probe.x;
	default:
		return probe.x & tree->types;
	}
}

/* The first, or the last, that passes in a subtree where one does. */
static struct cap_entry *extreme(struct cap_space *space, struct cap_entry *e,
				 struct cap_probe probe, bool last)
{
	for (;;) {
		struct cap_entry *near = last ? e->right : e->left;

		if (may_pass(space, near, probe))
			e = near;
		else if (passes(e, probe))
			return e;
		else
			e = last ? e->left : e->right;
	}
}

/* From @e on, in order or against it, the first that passes. */
static struct cap_entry *onward(struct cap_space *space, struct cap_entry *e,
				struct cap_probe probe, bool back)
{
	while (e) {
		struct cap_entry *far = back ? e->left : e->right;

		if (passes(e, probe))
			return e;
		if (may_pass(space, far, probe))
			return extreme(space, far, probe, back);
		while (e->up && e == (back ? e->up->left : e->up->right))
			e = e->up;
		e = e->up;
	}
	return NULL;
}

/*
 * The borders of the order at @key: the first whose place is at or behind it (@with) or behind it,
 * and the last before that.
 */
static struct cap_entry *border(struct cap_space *space, const struct cap_key *key, bool with,
				struct cap_entry **before)
{
	struct cap_entry *e = space->roots[key->space], *behind = NULL;

	*before = NULL;
	while (e) {
		struct cap_key there = cap_key_of(e);
		int order = cap_order(key, &there);

		space->visits++;
		if (order < 0 || (with && !order)) {
			behind = e;
			e = e->left;
		} else {
			*before = e;
			e = e->right;
		}
	}
	return behind;
}

struct cap_entry *cap_tree_lower(struct cap_space *space, const struct cap_key *key)
{
	struct cap_entry *before;

	return border(space, key, true, &before);
}

struct cap_entry *cap_tree_behind(struct cap_space *space, const struct cap_key *key,
				  struct cap_probe probe)
{
	struct cap_entry *before;

	return onward(space, border(space, key, false, &before), probe, false);
}

struct cap_entry *cap_tree_before(struct cap_space *space, const struct cap_key *key,
				  struct cap_probe probe)
{
	struct cap_entry *before;

	border(space, key, true, &before);
	return onward(space, before, probe, true);
}
