// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/* The entries of attempts under way, and which of them stand in each other's way. */
#include "agree_priv.h"

static uint32_t index_of(const struct agree *a, const struct agree_entry *e)
{
	return (uint32_t)(e - a->memory.entries);
}

struct agree_entry *agree_entry_new(struct agree *a, uint32_t coordinator, uint32_t id)
{
	struct agree_entry *e = agree_at(a, a->free), *last = agree_at(a, a->last);
	uint16_t index = a->free;

	if (!e)
		return NULL;
	a->free = e->next;
	__builtin_memset(e, 0, sizeof(*e));
	e->coordinator = (uint16_t)coordinator;
	e->id = id;
	a->memory.peers[coordinator].entry[SLOT_OF(id)] = index;
	e->next = NONE;
	e->prev = a->last;
	e->parent = NONE;
	e->blocker = NONE;
	e->heir = NONE;
	if (last)
		last->next = index;
	else
		a->first = index;
	a->last = index;
	a->used++;
	agree_heard_none(a, e);
	return e;
}

void agree_entry_free(struct agree *a, struct agree_entry *e)
{
	struct agree_entry *next = agree_at(a, e->next), *prev = agree_at(a, e->prev);

	if (next)
		next->prev = e->prev;
	else
		a->last = e->prev;
	if (prev)
		prev->next = e->next;
	else
		a->first = e->next;
	e->state = ENTRY_FREE;
	if (a->free == NONE)
		a->wake = true; /* an attempt may wait for room */
	e->next = a->free;
	a->free = (uint16_t)index_of(a, e);
	a->used--;
}

struct agree_entry *agree_entry_find(struct agree *a, uint32_t coordinator, uint32_t id)
{
	struct agree_entry *e;

	if (coordinator >= a->memory.nodes)
		return NULL;
	e = &a->memory.entries[a->memory.peers[coordinator].entry[SLOT_OF(id)]];
	return e->state && e->coordinator == coordinator && e->id == id ? e : NULL;
}

static uint64_t *heard_of(const struct agree *a, const struct agree_entry *e)
{
	return a->memory.heard + (uint64_t)index_of(a, e) * AGREE_WORDS(a->memory.nodes);
}

void agree_heard_none(struct agree *a, const struct agree_entry *e)
{
	__builtin_memset(heard_of(a, e), 0, AGREE_WORDS(a->memory.nodes) * sizeof(uint64_t));
}

bool agree_has_heard(const struct agree *a, const struct agree_entry *e, uint32_t node)
{
	return heard_of(a, e)[node / 64] >> (node % 64) & 1;
}

bool agree_heard(struct agree *a, const struct agree_entry *e, uint32_t node)
{
	uint64_t *word = heard_of(a, e) + node / 64, bit = 1ull << (node % 64);
	bool before = *word & bit;

	*word |= bit;
	return before;
}

static bool overlap(const struct agree_entry *e, uint64_t first, uint64_t length)
{
	return e->first < first + length && first < e->first + e->length;
}

/*
 * A DELETE meets nothing but another one of the same object. Revocations that are being carried out
 * wait for DELETEs (of what dying objects hold), so these must wait for no revocation, or for what
 * waits for one.
 */
bool agree_conflict(const struct agree_entry *e, const struct agree_entry *f)
{
	if (e->kind == AGREE_DELETE || f->kind == AGREE_DELETE)
		return e->kind == f->kind && e->first == f->first && e->pages == f->pages &&
		       e->type == f->type;
	return overlap(e, f->first, f->length);
}

bool agree_give_conflict(const struct agree_object *object, const struct agree_entry *e)
{
	return overlap(e, object->base / PAGE, object->bytes / PAGE);
}

bool agree_locked(const struct agree *a, uint64_t base, uint64_t bytes)
{
	uint64_t first = base / PAGE, end = (base + bytes + PAGE - 1) / PAGE;

	for_each_entry(e, a) {
		if (agree_holds(e) && overlap(e, first, end - first))
			return true;
	}
	return false;
}

void agree_request_of(const struct agree_entry *e, struct agree_request *q)
{
	*q = (struct agree_request){
		.kind = e->kind,
		.into = e->into,
		.object = { (e->first - e->offset) * PAGE, e->pages * PAGE, e->type },
	};
	if (e->kind == AGREE_RETYPE) {
		q->piece = e->first * PAGE;
		q->piece_bytes = e->length * PAGE;
	}
}

void agree_request_into(struct agree_entry *e, const struct agree_request *q)
{
	bool retype = q->kind == AGREE_RETYPE;

	e->kind = (uint8_t)q->kind;
	e->type = (uint8_t)q->object.type;
	e->into = (uint8_t)q->into;
	e->pages = (uint32_t)(q->object.bytes / PAGE);
	e->first = (retype ? q->piece : q->object.base) / PAGE;
	e->offset = (uint32_t)(e->first - q->object.base / PAGE);
	e->length = retype ? (uint32_t)(q->piece_bytes / PAGE) : e->pages;
}

int agree_object_check(const struct agree_object *o)
{
	uint64_t end = 1ull << 52;

	if (o->type != ABI_CAP_PHYSADDR && o->type != ABI_CAP_RAM && o->type != ABI_CAP_DEVFRAME &&
	    o->type != ABI_CAP_FRAME)
		return -AGREE_E_KIND;
	if (o->base % PAGE || o->bytes % PAGE || !o->bytes || o->bytes / PAGE > AGREE_PAGES_MAX ||
	    o->base >= end || o->bytes > end - o->base)
		return -AGREE_E_RANGE;
	return 0;
}

uint8_t agree_rights_of(uint32_t type)
{
#define RIGHTS(name, space, unit, bytes, traits, rights) [ABI_CAP_##name] = (rights),
	static const uint8_t most[ABI_CAP_TYPE_COUNT] = { ABI_CAP_TYPES(RIGHTS) };

	return type < ABI_CAP_TYPE_COUNT ? most[type] : 0;
}

int agree_request_check(const struct agree_request *q)
{
#define INTO(x, from, to) || (q->object.type == ABI_CAP_##from && q->into == ABI_CAP_##to)
	int rc = agree_object_check(&q->object);
	uint64_t offset = q->piece - q->object.base;

	if (rc || q->kind < AGREE_RETYPE || q->kind > AGREE_DELETE)
		return rc ? rc : -AGREE_E_KIND;
	if (q->kind != AGREE_RETYPE)
		return q->into || q->piece || q->piece_bytes ? -AGREE_E_KIND : 0;
	/* Frames are cut without asking. */
	if ((q->object.type != ABI_CAP_PHYSADDR && q->object.type != ABI_CAP_RAM) ||
	    !(0 ABI_CAP_RETYPES(INTO, 0)))
		return -AGREE_E_KIND;
	if (q->piece < q->object.base || offset >= q->object.bytes || !q->piece_bytes ||
	    q->piece_bytes > q->object.bytes - offset || q->piece % PAGE || q->piece_bytes % PAGE)
		return -AGREE_E_RANGE;
	return 0;
}
