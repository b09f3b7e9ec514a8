// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invariants that make the questions below simple (cap_check() holds them):
 *
 *   - ranges of types that are not SHARED never cross: two that overlap are equal or nested;
 *   - of two nested or equal ranges the inner one's type is below the outer one's, or the same when
 *     it can be retyped into itself;
 *   - ranges that cross are of one SHARED type, and what lies in any of them is of that type too.
 *
 * So everything inside an object's range is derived from it, and everything around it is what it
 * was derived from.
 */
#include <base/string.h>

#include <cap_agree.h>
#include <cap_type.h>

#include "tree.h"

struct cap_key cap_key_of(const struct cap_entry *e)
{
	return (struct cap_key){ e->base, e->end, e->type, cap_types[e->type].space };
}

static struct cap_entry **root_of(struct cap_space *space, const struct cap_entry *e)
{
	return &space->roots[cap_types[e->type].space];
}

static bool is_copy(const struct cap_entry *a, const struct cap_entry *b)
{
	return a && b && a->base == b->base && a->end == b->end && a->type == b->type;
}

struct cap_entry *cap_mdb_next(const struct cap_entry *e)
{
	if (e->right) {
		for (e = e->right; e->left; e = e->left)
			;
		return (struct cap_entry *)e;
	}
	while (e->up && e == e->up->right)
		e = e->up;
	return e->up;
}

struct cap_entry *cap_mdb_prev(const struct cap_entry *e)
{
	if (e->left) {
		for (e = e->left; e->right; e = e->right)
			;
		return (struct cap_entry *)e;
	}
	while (e->up && e == e->up->left)
		e = e->up;
	return e->up;
}

struct cap_entry *cap_mdb_first(const struct cap_space *space, uint32_t which)
{
	struct cap_entry *e = space->roots[which];

	while (e && e->left)
		e = e->left;
	return e;
}

void cap_mdb_insert(struct cap_space *space, struct cap_entry *e)
{
	cap_tree_insert(space, root_of(space, e), e);
	space->count[e->type]++;
}

void cap_mdb_remove(struct cap_space *space, struct cap_entry *e)
{
	struct cap_entry *next = cap_mdb_next(e);

	/* Only the first copy has a state, and then this one is it. */
	if (e->state && is_copy(e, next))
		next->state = e->state;
	cap_tree_remove(root_of(space, e), e);
	space->count[e->type]--;
	space->lost += e->held;
	memset(e, 0, sizeof(*e));
}

void cap_mdb_replace(struct cap_space *space, struct cap_entry *from, struct cap_entry *to)
{
	*to = *from;
	to->held = 0;
	space->lost += from->held;
	cap_tree_replace(root_of(space, from), from, to);
	memset(from, 0, sizeof(*from));
}

struct cap_entry *cap_mdb_find(struct cap_space *space, const struct cap_key *key)
{
	struct cap_entry *e = cap_tree_lower(space, key);

	return e && e->base == key->base && e->end == key->end && e->type == key->type ? e : NULL;
}

struct cap_entry *cap_mdb_other_copy(const struct cap_entry *e)
{
	struct cap_entry *other = cap_mdb_prev(e);

	if (is_copy(e, other))
		return other;
	other = cap_mdb_next(e);
	return is_copy(e, other) ? other : NULL;
}

struct cap_entry *cap_mdb_descendant(struct cap_space *space, const struct cap_entry *e)
{
	struct cap_key key = cap_key_of(e);

	/* Behind the copies, an end within the range means a base within it. */
	return cap_tree_behind(space, &key, (struct cap_probe){ CAP_END_WITHIN, e->end });
}

struct cap_entry *cap_mdb_ancestor(struct cap_space *space, const struct cap_entry *e)
{
	struct cap_key key = cap_key_of(e);

	return cap_tree_before(space, &key, (struct cap_probe){ CAP_END_PAST, e->end - 1 });
}

struct cap_entry *cap_mdb_overlap(struct cap_space *space, const struct cap_entry *e, uint64_t base,
				  uint64_t end)
{
	struct cap_key key = cap_key_of(e);
	struct cap_entry *found = cap_tree_behind(space, &key,
						  (struct cap_probe){ CAP_END_PAST, base });

	/* Bases only grow from here on. */
	return found && found->base < end ? found : NULL;
}

#define IF_SHARED(name, space, unit, bytes, traits, rights)                                        \
	| ((traits) & ABI_CAP_IS_SHARED ? 1u << ABI_CAP_##name : 0)

/* Types whose ranges may lie inside one of this type. */
static uint32_t inside(uint32_t type)
{
	return cap_below(type) | (cap_types[type].into & 1u << type);
}

/* Does something that begins before @key, and reaches in, forbid it? */
static bool conflict_before(struct cap_space *space, const struct cap_key *key)
{
	static const uint32_t shared = 0 ABI_CAP_TYPES(IF_SHARED);
	struct cap_probe reaches = { CAP_END_PAST, key->base };
	struct cap_entry *e = cap_tree_before(space, key, reaches);
	struct cap_key there;

	if (e && (shared & 1u << e->type) && e->type != key->type)
		return true;
	/*
	 * The innermost around it of those that may not cross: the last before it, or what is
	 * around that one. No shared range can be in between, it would have the last one inside.
	 */
	e = cap_tree_before(space, key, (struct cap_probe){ CAP_TYPE_IN, (uint32_t)~shared });
	if (e && e->end <= key->base) {
		there = cap_key_of(e);
		e = cap_tree_before(space, &there, reaches);
	}
	return e && (e->end < key->end || !(inside(e->type) & 1u << key->type));
}

bool cap_mdb_conflict(struct cap_space *space, const struct cap_key *key)
{
	struct cap_probe foreign = { CAP_TYPE_IN, (uint32_t)~inside(key->type) };
	struct cap_entry *e = cap_tree_behind(space, key, foreign);

	if (e && e->base < key->end)
		return true;
	/* Only ranges that may cross can begin inside and reach past the end. */
	e = cap_tree_behind(space, key, (struct cap_probe){ CAP_END_PAST, key->end });
	if (e && e->base < key->end && !cap_is(key->type, ABI_CAP_IS_SHARED))
		return true;
	return conflict_before(space, key);
}

uint32_t cap_relations(struct cap_space *space, const struct cap_entry *e)
{
	return (cap_mdb_other_copy(e) ? CAP_HAS_COPY : 0) |
	       (cap_mdb_ancestor(space, e) ? CAP_HAS_ANCESTOR : 0) |
	       (cap_mdb_descendant(space, e) ? CAP_HAS_DESCENDANT : 0);
}
