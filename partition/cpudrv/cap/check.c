// SPDX-License-Identifier: GPL-2.0-only
/* The invariants of everything, for test builds. Of what it checks it uses types.c, and next. */
#include <cap_mdb.h>
#include <cap_type.h>

#define NESTED_MAX 256u

/*
 * A walk through one tree in order.
 *
 * @around: those that may not cross and reach past the present base, outermost first
 * @shared_end: how far the ranges that may cross reach, by type
 */
struct walk {
	const struct cap_space *space;
	const struct cap_entry *prev;
	const struct cap_entry *around[NESTED_MAX];
	uint32_t depth;
	uint64_t shared_end[ABI_CAP_TYPE_COUNT];
	uint64_t entries;
	uint64_t slots;
	uint64_t dying;
	uint64_t count[ABI_CAP_TYPE_COUNT];
	bool revoking;
};

static const char *node_check(const struct cap_entry *e)
{
	const struct cap_entry *child[2] = { e->left, e->right };
	uint64_t max_end = e->end, min_end = e->end;
	uint32_t types = 1u << e->type, height[2] = { 0, 0 };

	for (uint32_t i = 0; i < 2; i++) {
		if (!child[i])
			continue;
		if (child[i]->up != e)
			return "a child does not know its parent";
		height[i] = child[i]->height;
		max_end = child[i]->max_end > max_end ? child[i]->max_end : max_end;
		min_end = child[i]->min_end < min_end ? child[i]->min_end : min_end;
		types |= child[i]->types;
	}
	if (e->max_end != max_end || e->min_end != min_end || e->types != types)
		return "the sums of a subtree are wrong";
	if (e->height != 1 + (height[0] > height[1] ? height[0] : height[1]))
		return "the height of a subtree is wrong";
	if (height[0] > height[1] + 1 || height[1] > height[0] + 1)
		return "a subtree is out of balance";
	return NULL;
}

static const char *mapping_check(const struct cap_entry *e)
{
	uint32_t table = (uint32_t)e->badge;
	uint64_t last = (e->end - 1) % ABI_PAGE_SIZE / ABI_CAP_ENTRY_BYTES;

	if (e->base / ABI_PAGE_SIZE != (e->end - 1) / ABI_PAGE_SIZE)
		return "a mapping reaches past its table";
	if (table >= ABI_CAP_TYPE_COUNT || !cap_is(table, ABI_CAP_IS_TABLE) ||
	    last >= cap_table_entries(table))
		return "a mapping is in no table, or in entries that are not ring 3's";
	if (!e->mate || e->mate->mate != e || cap_page_bytes(table, e->mate->type) < 0)
		return "a mapping and what it maps do not know each other";
	if (cap_is(e->mate->type, ABI_CAP_IS_MAPPABLE) &&
	    ((e->rights & ~e->mate->rights) || !(~e->rights & (ABI_CAP_WRITE | ABI_CAP_EXECUTE))))
		return "a mapping has rights that it must not have";
	return NULL;
}

static const char *entry_check(const struct cap_entry *e)
{
	if (e->rights & ~cap_types[e->type].rights)
		return "a capability has rights that its type does not have";
	if (e->base >= e->end || cap_size_check(e->type, e->base, e->end - e->base))
		return "a capability's range is none for its type";
	if (e->type == ABI_CAP_MAPPING)
		return mapping_check(e);
	if (e->badge && !cap_is(e->type, ABI_CAP_IS_BADGED))
		return "a capability has a badge that its type does not have";
	if (e->mate && (e->mate->type != ABI_CAP_MAPPING || e->mate->mate != e))
		return "a mapped copy and its mapping do not know each other";
	return NULL;
}

static const char *order_check(const struct walk *w, const struct cap_entry *e)
{
	const struct cap_entry *p = w->prev;

	if (!p)
		return NULL;
	if (p->base == e->base && p->end == e->end && p->type == e->type)
		return e->state ? "a copy that is not the first has a state" : NULL;
	if (p->base > e->base || (p->base == e->base && p->end < e->end) ||
	    (p->base == e->base && p->end == e->end && p->type > e->type))
		return "the order is wrong";
	return NULL;
}

/* May a range of type @inner lie in one of type @outer? */
static bool fits(uint32_t outer, uint32_t inner)
{
	return (cap_below(outer) | cap_types[outer].into) & 1u << inner;
}

static const char *range_check(struct walk *w, const struct cap_entry *e)
{
	bool shared = cap_is(e->type, ABI_CAP_IS_SHARED);
	const struct cap_entry *outer;

	while (w->depth && w->around[w->depth - 1]->end <= e->base)
		w->depth--;
	outer = w->depth ? w->around[w->depth - 1] : NULL;
	if (outer && outer->end < e->end)
		return "two ranges cross";
	if (outer && !fits(outer->type, e->type) &&
	    !(outer->base == e->base && outer->end == e->end && outer->type == e->type))
		return "a range lies in one of an incompatible type";
	for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++) {
		if (w->shared_end[t] > e->base && t != e->type)
			return cap_is(e->type, ABI_CAP_IS_KERNEL) ?
				       "memory of the CPU driver can be mapped" :
				       "a range overlaps one that can be mapped";
	}
	if (shared) {
		if (e->end > w->shared_end[e->type])
			w->shared_end[e->type] = e->end;
		return NULL;
	}
	if (w->depth == NESTED_MAX)
		return "too many ranges within each other to check";
	w->around[w->depth++] = e;
	return NULL;
}

/* The slots of an object, counted at its first copy. */
static const char *slots_check(struct walk *w, const struct cap_entry *e)
{
	const struct cap_entry *slot;
	uint64_t slots;

	if (e->state & CAP_DYING)
		w->dying++;
	if (!cap_is(e->type, ABI_CAP_IS_SLOTS))
		return e->state & CAP_DYING ? "an object without slots is dying" : NULL;
	slot = cap_slots(e, &slots);
	if ((slot->type != ABI_CAP_NONE) != !!(e->state & CAP_DYING))
		return "a first slot is in use, or not where its object is dying";
	for (uint64_t i = 0; i < slots; i++)
		w->slots += slot[i].type != ABI_CAP_NONE;
	return NULL;
}

static const char *visit(struct walk *w, const struct cap_entry *e, uint32_t which)
{
	const struct cap_entry *p = w->prev;
	const char *wrong;

	if (e->type == ABI_CAP_NONE || e->type >= ABI_CAP_TYPE_COUNT ||
	    cap_types[e->type].space != which)
		return "a tree holds what does not belong there";
	w->entries++;
	w->count[e->type]++;
	w->revoking |= e == w->space->revoking;
	wrong = node_check(e);
	if (!wrong)
		wrong = entry_check(e);
	if (!wrong)
		wrong = order_check(w, e);
	if (!wrong)
		wrong = range_check(w, e);
	if (!wrong && (!p || p->base != e->base || p->end != e->end || p->type != e->type))
		wrong = slots_check(w, e);
	w->prev = e;
	return wrong;
}

static const char *tree_check(struct walk *w, uint32_t which)
{
	const struct cap_entry *root = w->space->roots[which];
	const char *wrong;

	if (root && root->up)
		return "a root has a parent";
	w->prev = NULL;
	w->depth = 0;
	for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++)
		w->shared_end[t] = 0;
	for (const struct cap_entry *e = cap_mdb_first(w->space, which); e; e = cap_mdb_next(e)) {
		wrong = visit(w, e, which);
		if (wrong)
			return wrong;
	}
	return NULL;
}

static const char *queue_check(const struct walk *w)
{
	const struct cap_space *space = w->space;
	const struct cap_entry *e, *last = NULL;
	uint64_t n = 0, slots;

	for (e = space->dying; e && n <= w->dying; e = e->next, n++) {
		if (!(e->state & CAP_DYING) || cap_slots(e, &slots) != e)
			return "the queue of the dying holds what is not dying";
		if (!e->cursor || e->cursor > slots)
			return "a dying object has lost its place";
		last = e;
	}
	if (n != w->dying || n != space->dying_count || (last && last != space->dying_last))
		return "the queue of the dying is not that of all dying objects";
	return NULL;
}

const char *cap_check(const struct cap_space *space, const struct cap_entry *own, uint64_t count)
{
	struct walk w = { .space = space };
	const char *wrong;

	for (uint32_t i = 0; i < ABI_CAP_SPACE_COUNT; i++) {
		wrong = tree_check(&w, i);
		if (wrong)
			return wrong;
	}
	for (uint64_t i = 0; i < count; i++)
		w.slots += own[i].type != ABI_CAP_NONE;
	if (w.slots != w.entries)
		return "slots in use and capabilities in the trees are not as many";
	for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++) {
		if (w.count[t] != space->count[t])
			return "a count by type is wrong";
	}
	if (space->revoking && !w.revoking)
		return "a capability that does not exist is being revoked";
	return queue_check(&w);
}
