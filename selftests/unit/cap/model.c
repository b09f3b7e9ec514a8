// SPDX-License-Identifier: GPL-2.0-only
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "model.h"

#define BIT(error) (1u << ABI_CAP_E_##error)

struct record *model_find(struct model *m, const struct cap_entry *slot)
{
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->at[i].slot == slot)
			return &m->at[i];
	}
	return NULL;
}

static struct record *add(struct model *m, struct cap_entry *slot)
{
	struct record *r = &m->at[m->n++];

	assert(m->n <= MODEL_MAX);
	memset(r, 0, sizeof(*r));
	r->slot = slot;
	return r;
}

void model_add(struct model *m, struct cap_entry *slot, uint32_t type, uint64_t base, uint64_t end,
	       uint8_t rights)
{
	struct record *r = add(m, slot);

	r->type = type;
	r->base = base;
	r->end = end;
	r->rights = rights;
}

static bool same(const struct record *a, const struct record *b)
{
	return a->type == b->type && a->base == b->base && a->end == b->end;
}

static bool one_space(uint32_t a, uint32_t b)
{
	return cap_types[a].space == cap_types[b].space;
}

/* Types that can be made of a type, in any number of steps, at least one. */
static uint32_t reach_of(uint32_t type)
{
	static uint32_t known[ABI_CAP_TYPE_COUNT];
	uint32_t reach = type >= ABI_CAP_PML4 && type <= ABI_CAP_PT ? 1u << ABI_CAP_MAPPING : 0;

	if (known[type])
		return known[type];
	reach |= cap_types[type].into;
	for (uint32_t t = 0; t < ABI_CAP_TYPE_COUNT; t++) {
		if (t != type && (cap_types[type].into & 1u << t))
			reach |= reach_of(t);
	}
	return known[type] = reach;
}

/* Was b derived from a, by what the ranges and the list of retypes say? */
static bool derived(const struct record *a, const struct record *b)
{
	return one_space(a->type, b->type) && b->base >= a->base && b->end <= a->end &&
	       !same(a, b) && (reach_of(a->type) & 1u << b->type);
}

/* Can the operation see its slots at all, and fill the others? */
static uint32_t from_errors(struct model *m, const struct cap_slot *s, uint8_t rights)
{
	return (rights & ~s->rights ? BIT(RIGHTS) : 0) | (model_find(m, s->at) ? 0 : BIT(EMPTY));
}

static uint32_t to_errors(struct model *m, const struct cap_slot *s, uint64_t count)
{
	uint32_t errors = s->rights & ABI_CAP_WRITE ? 0 : BIT(RIGHTS);
	uint64_t first = 0, size = ABI_CAP_SLOT_BYTES;

	if (s->node) {
		first = (uint64_t)((unsigned char *)s->at - fake_ram) - s->node->base;
		size = s->node->end - s->node->base;
	}
	if (count > ABI_CAP_RETYPE_MAX || first + count * ABI_CAP_SLOT_BYTES > size)
		return errors | BIT(OCCUPIED);
	for (uint64_t i = 0; i < count; i++) {
		if (model_find(m, s->at + i))
			errors |= BIT(OCCUPIED);
	}
	return errors;
}

static uint32_t retype_errors(struct model *m, const struct cap_op *op, const struct record *r)
{
	const struct cap_type *t = &cap_types[op->type % ABI_CAP_TYPE_COUNT];
	uint64_t size = op->bytes ? op->bytes : t->bytes;
	struct record made = { .type = op->type, .base = r->base + op->offset };
	uint32_t errors = 0;

	if (op->type >= ABI_CAP_TYPE_COUNT || !(cap_types[r->type].into & 1u << op->type))
		return BIT(TYPE);
	if (!(r->rights & ABI_CAP_RETYPE))
		errors |= BIT(RIGHTS);
	if (!op->count || op->count > ABI_CAP_RETYPE_MAX)
		return errors | BIT(COUNT);
	if (!size || size % t->unit || (t->bytes && t->bytes != size))
		errors |= BIT(SIZE);
	if (op->type == ABI_CAP_CNODE && (__builtin_popcountll(size) != 1 || size > 4096 * 128))
		errors |= BIT(SIZE);
	if (made.base % t->unit)
		errors |= BIT(ALIGN);
	/* Values of the test are small enough not to wrap. */
	made.end = made.base + size * op->count;
	if (made.end > r->end || (r->type == ABI_CAP_DISPATCHER && op->offset < PAGE))
		errors |= BIT(RANGE);
	if (op->type == r->type && op->count == 1 && made.base == r->base && made.end == r->end)
		errors |= BIT(SAME);
	for (uint32_t i = 0; i < m->n; i++) {
		const struct record *o = &m->at[i];

		if (one_space(o->type, r->type) && o->base < made.end && o->end > made.base &&
		    !same(o, r) && !derived(o, r) && !cap_is(r->type, ABI_CAP_IS_SHARED))
			errors |= BIT(IN_USE);
	}
	return errors | to_errors(m, &op->to, op->count);
}

static uint32_t map_errors(struct model *m, const struct cap_op *op, const struct record *r)
{
	const struct record *t = model_find(m, op->table.at);
	uint32_t errors = from_errors(m, &op->table, ABI_CAP_READ) | to_errors(m, &op->to, 1);
	uint32_t entries, what = r->type == ABI_CAP_DEVFRAME ? ABI_CAP_FRAME : r->type;
	uint64_t page, base;

	if (!t)
		return errors;
	if (what == ABI_CAP_FRAME && t->type >= ABI_CAP_PDPT && t->type <= ABI_CAP_PT)
		page = PAGE << 9 * (ABI_CAP_PT - t->type);
	else if (t->type >= ABI_CAP_PML4 && t->type < ABI_CAP_PT && what == t->type + 1)
		page = 0;
	else
		return errors | BIT(TYPE);
	if (page == 1ull << 30 && !space.huge)
		errors |= BIT(TYPE);
	if (!(t->rights & ABI_CAP_WRITE) || !(r->rights & ABI_CAP_READ))
		errors |= BIT(RIGHTS);
	if (r->mate)
		errors |= BIT(MAPPED);
	if (!op->count || (!page && op->count != 1))
		errors |= BIT(COUNT);
	entries = t->type == ABI_CAP_PML4 ? 256 : 512;
	if (op->index >= entries || op->index + op->count > entries)
		errors |= BIT(ENTRY);
	base = t->base + op->index * 8;
	for (uint32_t i = 0; i < m->n; i++) {
		const struct record *o = &m->at[i];

		if (o->type == ABI_CAP_MAPPING && o->base < base + op->count * 8 && o->end > base)
			errors |= BIT(ENTRY);
	}
	if (!page)
		return errors | (op->rights ? BIT(RIGHTS) : 0) | (op->offset ? BIT(RANGE) : 0);
	if (r->base + op->offset + op->count * page > r->end)
		errors |= BIT(RANGE);
	if ((r->base + op->offset) % page)
		errors |= BIT(ALIGN);
	if (!(op->rights & ABI_CAP_READ) || (op->rights & ~(r->rights & ABI_CAP_RWX)))
		errors |= BIT(RIGHTS);
	if ((op->rights & ABI_CAP_WRITE) && (op->rights & ABI_CAP_EXECUTE))
		errors |= BIT(WRITE_EXECUTE);
	return errors;
}

static uint32_t mint_errors(const struct cap_op *op, const struct record *r)
{
	bool badged = r->type == ABI_CAP_ENDPOINT || r->type == ABI_CAP_URPC;

	return (op->rights & ~r->rights ? BIT(RIGHTS) : 0) |
	       (op->badge && (!badged || r->badge || op->badge == UINT64_MAX) ? BIT(BADGE) : 0);
}

uint32_t model_errors(struct model *m, const struct cap_op *op)
{
	const struct record *r = model_find(m, op->from.at);
	uint8_t rights = op->kind == ABI_CAP_DO_DELETE ? ABI_CAP_WRITE :
			 op->kind == ABI_CAP_DO_MOVE   ? ABI_CAP_READ | ABI_CAP_WRITE :
							 ABI_CAP_READ;
	uint32_t errors = from_errors(m, &op->from, rights);

	if (!r)
		return errors;
	switch (op->kind) {
	case ABI_CAP_DO_MINT:
		errors |= mint_errors(op, r);
		/* fall through */
	case ABI_CAP_DO_COPY:
		errors |= r->type == ABI_CAP_MAPPING ? BIT(SINGLE) : 0;
		/* fall through */
	case ABI_CAP_DO_MOVE:
		return errors | to_errors(m, &op->to, 1);
	case ABI_CAP_DO_RETYPE:
		return errors | retype_errors(m, op, r);
	case ABI_CAP_DO_MAP:
		return errors | map_errors(m, op, r);
	case ABI_CAP_DO_REVOKE:
		return errors | (r->rights & ABI_CAP_REVOKE ? 0 : BIT(RIGHTS));
	default:
		return errors;
	}
}

/* What goes with a record: its mapping, and what an object held whose last capability it was. */
static void drop(struct model *m, const struct cap_entry *slot)
{
	struct record *r = model_find(m, slot), gone;
	uint64_t at, slots;

	if (!r)
		return;
	gone = *r;
	if (gone.mate)
		model_find(m, gone.mate)->mate = NULL;
	*r = m->at[--m->n];
	if (gone.mate && gone.type != ABI_CAP_MAPPING)
		drop(m, gone.mate);
	if (gone.type != ABI_CAP_CNODE && gone.type != ABI_CAP_DISPATCHER)
		return;
	for (uint32_t i = 0; i < m->n; i++) {
		if (same(&m->at[i], &gone))
			return;
	}
	slots = gone.type == ABI_CAP_CNODE ? (gone.end - gone.base) / 128 : 8;
	for (uint32_t i = 0; i < m->n;) {
		at = (uint64_t)((unsigned char *)m->at[i].slot - fake_ram);
		if (at >= gone.base && at < gone.base + slots * 128) {
			drop(m, m->at[i].slot);
			i = 0;
		} else {
			i++;
		}
	}
}

static void sweep(struct model *m, const struct cap_entry *slot)
{
	struct record *r = model_find(m, slot), from = *r;

	for (uint32_t i = 0; i < m->n;) {
		const struct record *o = &m->at[i];

		if (o->slot != slot && (same(&from, o) || derived(&from, o))) {
			drop(m, o->slot);
			i = 0;
		} else {
			i++;
		}
	}
}

static void install(struct model *m, const struct cap_op *op, struct record *r)
{
	const struct record *t = model_find(m, op->table.at);
	struct record *made = add(m, op->to.at);

	made->type = ABI_CAP_MAPPING;
	made->base = t->base + op->index * 8;
	made->end = made->base + op->count * 8;
	made->table = t->type;
	made->mate = r->slot;
	made->pa = r->base + op->offset;
	made->page = cap_is(r->type, ABI_CAP_IS_MAPPABLE) ? PAGE << 9 * (ABI_CAP_PT - t->type) : 0;
	made->rights = made->page ? op->rights : ABI_CAP_RWX;
	r->mate = op->to.at;
}

void model_apply(struct model *m, const struct cap_op *op)
{
	struct record *r = model_find(m, op->from.at), *made;
	uint64_t size;

	switch (op->kind) {
	case ABI_CAP_DO_COPY:
	case ABI_CAP_DO_MINT:
		made = add(m, op->to.at);
		made->type = r->type;
		made->base = r->base;
		made->end = r->end;
		made->rights = op->kind == ABI_CAP_DO_MINT ? op->rights : r->rights;
		made->badge = op->kind == ABI_CAP_DO_MINT && op->badge ? op->badge : r->badge;
		break;
	case ABI_CAP_DO_MOVE:
		if (r->mate)
			model_find(m, r->mate)->mate = op->to.at;
		r->slot = op->to.at;
		break;
	case ABI_CAP_DO_RETYPE:
		size = op->bytes ? op->bytes : cap_types[op->type].bytes;
		for (uint64_t i = 0; i < op->count; i++)
			model_add(m, op->to.at + i, op->type, r->base + op->offset + i * size,
				  r->base + op->offset + (i + 1) * size,
				  r->rights & cap_types[op->type].rights);
		break;
	case ABI_CAP_DO_MAP:
		install(m, op, r);
		break;
	case ABI_CAP_DO_DELETE:
		drop(m, op->from.at);
		break;
	case ABI_CAP_DO_REVOKE:
		sweep(m, op->from.at);
		break;
	default:
		break;
	}
}

static const char *entries_differ(const struct record *r)
{
	for (uint64_t i = 0; i < (r->end - r->base) / 8; i++) {
		uint64_t entry = *(uint64_t *)arch_window(r->base + i * 8);

		if ((entry & PTE_ADDRESS) != r->pa + i * r->page || !(entry & PTE_PRESENT))
			return "an entry of a table does not hold what was mapped";
		if (!(entry & PTE_WRITE) != !(r->rights & ABI_CAP_WRITE) ||
		    !(entry & PTE_EXECUTE) != !(r->rights & ABI_CAP_EXECUTE) ||
		    !(entry & PTE_LEAF) != !r->page)
			return "an entry of a table has other rights than were asked for";
	}
	return NULL;
}

const char *model_differs(struct model *m, bool settled)
{
	for (uint32_t i = 0; i < m->n; i++) {
		const struct record *r = &m->at[i];
		const struct cap_entry *e = r->slot;

		if (e->type != r->type || e->base != r->base || e->end != r->end ||
		    e->rights != r->rights || (settled && e->mate != r->mate)) {
			printf("# type %u [%lx,%lx) rights %x mate %p\n", e->type, e->base,
			       e->end, e->rights, (void *)e->mate);
			printf("# expected %u [%lx,%lx) %x %p\n", r->type, r->base, r->end,
			       r->rights, (void *)r->mate);
			return "a slot differs";
		}
		if (r->type == ABI_CAP_MAPPING && entries_differ(r))
			return entries_differ(r);
		if (r->type != ABI_CAP_MAPPING && e->badge != r->badge)
			return "a badge differs";
	}
	return NULL;
}

bool model_kernel_memory(const struct model *m, uint64_t page)
{
	for (uint32_t i = 0; i < m->n; i++) {
		const struct record *r = &m->at[i];

		if (cap_is(r->type, ABI_CAP_IS_KERNEL) && r->base < page + PAGE && r->end > page)
			return true;
	}
	return false;
}
