// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * The table of names, and its index. The table is what replicas have in common, to the bit: which
 * slot is taken follows from the table alone. The index is each replica's own.
 */
#include "names_priv.h"

static uint32_t name_bucket(const struct names *n, const char *name)
{
	uint32_t hash = 2166136261u;

	for (uint32_t i = 0; i < NAMES_NAME_BYTES && name[i]; i++)
		hash = (hash ^ (uint8_t)name[i]) * 16777619u;
	return (hash ^ hash >> 15) & (n->limits.slots - 1);
}

static uint32_t owner_bucket(const struct names *n, uint32_t node, uint32_t domain)
{
	uint32_t hash = (node * 2654435761u) ^ (domain * 2246822519u);

	return (hash ^ hash >> 16) & (n->limits.slots - 1);
}

static bool same_name(const char *a, const char *b)
{
	for (uint32_t i = 0; i < NAMES_NAME_BYTES; i++) {
		if (a[i] != b[i])
			return false;
		if (!a[i])
			break;
	}
	return true;
}

uint16_t names_find(const struct names *n, const char *name)
{
	uint16_t i = n->memory.index[name_bucket(n, name)].name;

	while (i != NAMES_NONE && !same_name(n->memory.slots[i].name, name))
		i = n->memory.index[i].name_next;
	return i;
}

/* Chains are short, and a slot leaves its chain by a walk from the bucket. */
static void unlink_name(struct names *n, uint16_t i)
{
	struct names_index *index = n->memory.index;
	uint16_t *at = &index[name_bucket(n, n->memory.slots[i].name)].name;

	while (*at != i)
		at = &index[*at].name_next;
	*at = index[i].name_next;
}

static void link_name(struct names *n, uint16_t i)
{
	struct names_index *bucket =
		&n->memory.index[name_bucket(n, n->memory.slots[i].name)];

	n->memory.index[i].name_next = bucket->name;
	bucket->name = i;
}

static void unlink_owner(struct names *n, uint16_t i)
{
	const struct names_slot *s = &n->memory.slots[i];
	struct names_index *index = n->memory.index;
	uint16_t *at = &index[owner_bucket(n, s->node, s->domain)].owner;

	while (*at != i)
		at = &index[*at].owner_next;
	*at = index[i].owner_next;
	n->owned[s->node]--;
}

static void link_owner(struct names *n, uint16_t i)
{
	const struct names_slot *s = &n->memory.slots[i];
	struct names_index *bucket = &n->memory.index[owner_bucket(n, s->node, s->domain)];

	n->memory.index[i].owner_next = bucket->owner;
	bucket->owner = i;
	n->owned[s->node]++;
}

void names_touch(struct names *n, uint16_t i)
{
	n->memory.index[i].touched = n->counts.applied;
}

/* The lowest free slot, without a name yet; NAMES_NONE: the table is full. */
uint16_t names_take(struct names *n, uint8_t kind, uint32_t node, uint32_t domain)
{
	struct names_slot *slots = n->memory.slots;
	uint32_t i = n->free_hint;

	while (i < n->limits.slots && slots[i].kind)
		i++;
	n->free_hint = i;
	if (i == n->limits.slots)
		return NAMES_NONE;
	n->free_hint = i + 1;
	slots[i].kind = kind;
	slots[i].first = slots[i].last = slots[i].next = NAMES_NONE;
	slots[i].node = node;
	slots[i].domain = domain;
	slots[i].version = n->counts.applied;
	link_owner(n, (uint16_t)i);
	names_touch(n, (uint16_t)i);
	return (uint16_t)i;
}

/* @name has a 0 byte; what lies behind it does not get into the table. */
void names_call(struct names *n, uint16_t i, const char *name)
{
	char *to = n->memory.slots[i].name;

	for (uint32_t at = 0; at < NAMES_NAME_BYTES - 1 && name[at]; at++)
		to[at] = name[at];
	link_name(n, i);
}

void names_drop(struct names *n, uint16_t i)
{
	if (n->memory.slots[i].kind != NAMES_WAITER)
		unlink_name(n, i);
	unlink_owner(n, i);
	__builtin_memset(&n->memory.slots[i], 0, sizeof(n->memory.slots[i]));
	if (i < n->free_hint)
		n->free_hint = i;
	names_touch(n, i);
}

void names_own(struct names *n, uint16_t i, uint32_t node, uint32_t domain)
{
	unlink_owner(n, i);
	n->memory.slots[i].node = node;
	n->memory.slots[i].domain = domain;
	link_owner(n, i);
	names_touch(n, i);
}

void names_count(const struct names *n, uint32_t node, uint32_t domain, uint32_t *records,
		 uint32_t *waits)
{
	const struct names_slot *slots = n->memory.slots;
	uint16_t i = n->memory.index[owner_bucket(n, node, domain)].owner;

	*records = *waits = 0;
	for (; i != NAMES_NONE; i = n->memory.index[i].owner_next) {
		if (slots[i].node != node || slots[i].domain != domain)
			continue;
		if (slots[i].kind == NAMES_WAITER)
			++*waits;
		else
			++*records;
	}
}

/* Of a table of which every slot by itself is sane. */
void names_reindex(struct names *n)
{
	__builtin_memset(n->owned, 0, sizeof(n->owned));
	n->free_hint = 0;
	for (uint32_t i = 0; i < n->limits.slots; i++) {
		n->memory.index[i].name = n->memory.index[i].name_next = NAMES_NONE;
		n->memory.index[i].owner = n->memory.index[i].owner_next = NAMES_NONE;
	}
	for (uint32_t i = 0; i < n->limits.slots; i++) {
		if (!n->memory.slots[i].kind)
			continue;
		link_owner(n, (uint16_t)i);
		if (n->memory.slots[i].kind != NAMES_WAITER)
			link_name(n, (uint16_t)i);
	}
}

const struct names_slot *names_get(const struct names *n, const char *name)
{
	uint16_t i = names_ready(n) && names_name_good(name) ? names_find(n, name) : NAMES_NONE;

	return i == NAMES_NONE ? NULL : &n->memory.slots[i];
}

const struct names_slot *names_list(const struct names *n, const char *prefix, uint32_t *at)
{
	while (names_ready(n) && *at < n->limits.slots) {
		const struct names_slot *s = &n->memory.slots[(*at)++];
		uint32_t i = 0;

		if (!s->kind || s->kind == NAMES_WAITER)
			continue;
		while (i < NAMES_NAME_BYTES && prefix[i] && prefix[i] == s->name[i])
			i++;
		if (i == NAMES_NAME_BYTES || !prefix[i])
			return s;
	}
	return NULL;
}
